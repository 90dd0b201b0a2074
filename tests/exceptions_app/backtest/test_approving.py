"""A draft of the approval rules says whom proposals of history would need, beside whom they need now."""

import json
from datetime import date
from decimal import Decimal
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from exceptions_app.backtest import job
from exceptions_app.backtest.approving import NeedsEffect
from exceptions_app.backtest.models import BacktestProposal, BacktestStatus
from exceptions_app.backtest.run import Run
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals.models import ApprovalNeed, ProposalState
from tests.builders.factories import (
    TUESDAY_TEN,
    ApprovalRuleFactory,
    PolicyDraftFactory,
    steps_asking,
)
from tests.exceptions_app.backtest.trying import SPAN, change_of, teams, tried
from tests.exceptions_app.proposals.shortage import NOWHERE, Shortage, ready, shortage

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)


@pytest.fixture
def short(scene: Shortage, tmp_path: Path) -> Shortage:
    """18 of 100 are short, which planning has to agree to; a proposal waits for procurement and planning."""
    scene = ready(scene, tmp_path)
    scene.propose()
    return scene


def asking(asks: str, **values: Any) -> ApprovalRule:
    """Return the rule there is, asking others."""
    rule = ApprovalRule.objects.get()
    rule.steps = steps_asking(asks)
    for name, value in values.items():
        setattr(rule, name, value)
    return rule


def test_another_approver_is_needed_and_who_was_asked_stands_beside(short: Shortage) -> None:
    (found,) = tried(asking("PLN and FIN"))
    assert found.effect == NeedsEffect.MORE
    assert found.proposal.case == short.case
    assert found.amount == found.proposal.amount
    assert teams(found.live) == ["Procurement", "Planning"]
    assert set(teams(found.tried)) == {"Procurement", "Planning", "Finance"}
    assert found.live == tuple(ApprovalNeed.objects.order_by("step", "place").values_list("label", flat=True))


def test_a_threshold_that_is_not_passed_any_more_needs_fewer(short: Shortage) -> None:
    (found,) = tried(asking("PLN", percent_above=Decimal(20)))
    assert (found.effect, teams(found.tried)) == (NeedsEffect.FEWER, ["Procurement"])
    assert tried(asking("PLN", percent_above=Decimal(17))) == []


def test_somebody_else_in_the_place_of_somebody_is_told_apart(short: Shortage) -> None:
    (found,) = tried(asking("FIN"))
    assert found.effect == NeedsEffect.OTHERS


def test_a_rule_that_only_has_another_name_needs_nobody_else(short: Shortage) -> None:
    assert tried(asking("PLN", name="Short by a tenth")) == []


def test_a_proposal_that_was_decided_is_told_of_too(short: Shortage) -> None:
    proposal = short.case.proposals.get()
    short.approve(short.approve(proposal, "paul"), "pia")
    (found,) = tried(asking("PLN and FIN"))
    assert found.proposal.state == ProposalState.EXECUTING


def test_days_later_are_counted_by_the_calendar_that_is_tried(short: Shortage) -> None:
    """The rest comes ten business days later; were the company closed for three of them, seven."""
    slow = ApprovalRuleFactory.create(
        company=None, name="Much later", days_above=8, asks="FIN", percent_above=None
    )
    calendar = short.world.company.policy.calendar
    calendar.closed_on = [date(2026, 12, day).isoformat() for day in (7, 8, 9)]
    (found,) = tried(calendar)
    assert slow.name in " ".join(found.live)
    assert found.effect == NeedsEffect.FEWER


def test_a_rule_of_others_looks_at_nothing(short: Shortage) -> None:
    run = Run.of([change_of(ApprovalRuleFactory.build(company=None, type_code="price_mismatch"))], SPAN)
    assert list(run.found()) == []
    assert run.counts.proposals == 0


def test_a_rule_that_nobody_could_fill_is_told_as_not_judged(short: Shortage) -> None:
    short.world.teams["FIN"].delete()
    run = Run.of([change_of(asking("FIN"))], SPAN)
    assert list(run.found()) == []
    assert run.counts.unjudged["unreadable"] == 1


def test_the_background_keeps_what_the_command_tells(short: Shortage) -> None:
    draft: PolicyDraft = PolicyDraftFactory.create()
    change = change_of(asking("PLN and FIN"))
    change.draft = draft
    change.save()
    backtest = job.ask(draft, since=SPAN.since, until=SPAN.until, by=None, at=TUESDAY_TEN)
    job.sweep(TUESDAY_TEN, seconds=60)
    backtest.refresh_from_db()
    assert (backtest.status, backtest.cases, backtest.counts["proposals"]) == (BacktestStatus.DONE, 0, 1)
    kept = BacktestProposal.objects.get()

    told = StringIO()
    call_command("backtest", f"--release=draft:{draft.pk}", "--since=2026-11-01", "--json", stdout=told)
    answer = json.loads(told.getvalue())
    (listed,) = answer["approvals"]
    assert (listed["case"], listed["effect"]) == (short.case.number, "needs_more")
    assert (listed["live"], listed["tried"]) == (kept.live, kept.tried)
    assert Decimal(listed["amount"]) == kept.amount
    assert answer["approval_sums"] == [
        {"effect": "needs_more", "currency": "EUR", "proposals": 1, "unknown": 0, "amount": listed["amount"]}
    ]
