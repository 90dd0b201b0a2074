"""Approvals in steps: each in its turn, one of several or all of them, by the rules it was proposed under."""

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from erp_connectors.exchange.models import Command
from exceptions_app.cases.models import QueueEntry, QueueRole
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Membership, Role
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals import actions, approvals
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import (
    ApprovalRuleFactory,
    MembershipFactory,
    UserFactory,
    steps_asking,
)
from tests.exceptions_app.proposals.shortage import NOWHERE, Shortage, ready, shortage, supplier_offers

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)


@pytest.fixture
def short(scene: Shortage, tmp_path: Path) -> Shortage:
    """18 of 100 are short."""
    return ready(scene, tmp_path)


def ask(asks: str) -> None:
    """Let the rule about shortages ask these."""
    ApprovalRule.objects.update(steps=steps_asking(asks))


def waits_for(proposal: Proposal) -> list[str]:
    return [need.team.code for need in approvals.open_needs(proposal)]


def test_a_later_step_is_asked_once_those_before_are_filled(short: Shortage) -> None:
    ask("PLN\nFIN")
    proposal = short.propose()
    assert waits_for(proposal) == ["PRO", "PLN"]
    with pytest.raises(NotAllowed, match="not your turn: first it needs Procurement"):
        short.approve(proposal, "finn")
    assert not approvals.open_approvals(short.person("finn")).exists()
    assert told_teams() == ["PLN", "PRO"]
    short.approve(short.approve(proposal, "paul"), "pia")
    assert waits_for(proposal) == ["FIN"]
    assert told_teams() == ["FIN", "PLN", "PRO"]
    assert Command.objects.count() == 0
    assert short.approve(proposal, "finn").state == ProposalState.EXECUTING


def told_teams() -> list[str]:
    wanted = Notification.objects.filter(kind=NotificationKind.APPROVAL)
    return sorted(wanted.values_list("team__code", flat=True))


def test_a_case_is_in_the_queue_of_a_team_only_when_it_is_its_turn(short: Shortage) -> None:
    ask("PLN\nFIN")
    proposal = short.propose()
    to_approve = QueueEntry.objects.filter(case=short.case, role=QueueRole.APPROVAL)
    assert [entry.team.code for entry in to_approve.all()] == ["PLN"]
    short.approve(short.approve(proposal, "paul"), "pia")
    assert [entry.team.code for entry in to_approve.all()] == ["FIN"]


@pytest.mark.parametrize("name", ["finn", "pia"])
def test_one_of_several_is_enough(short: Shortage, name: str) -> None:
    ask("PLN or FIN")
    proposal = short.approve(short.propose(), "paul")
    assert waits_for(proposal) == ["PLN", "FIN"]
    assert short.approve(proposal, name).state == ProposalState.EXECUTING
    assert Command.objects.count() == 1


def test_all_of_several_are_needed(short: Shortage) -> None:
    ask("PLN and FIN")
    proposal = short.approve(short.approve(short.propose(), "paul"), "pia")
    assert proposal.state == ProposalState.PENDING
    assert short.approve(proposal, "finn").state == ProposalState.EXECUTING


def test_two_of_one_team_are_two_people(short: Shortage) -> None:
    ask("PLN and PLN lead")
    paula = UserFactory.create(username="paula", first_name="Paula")
    short.world.people["paula"] = paula
    MembershipFactory.create(user=paula, team=short.world.teams["PLN"], role=Role.LEAD)
    proposal = short.approve(short.approve(short.propose(), "paul"), "paula")
    assert short.approve(proposal, "paula").state == ProposalState.PENDING
    assert short.approve(proposal, "pia").state == ProposalState.EXECUTING


def test_a_team_named_for_two_reasons_is_asked_once_for_both(short: Shortage) -> None:
    ask("PRO lead")
    proposal = short.propose()
    (need,) = proposal.needs.all()
    assert (need.team.code, need.role, need.min_limit) == ("PRO", "lead", Decimal("3283.20"))
    assert need.label == "Procurement: limit of 3,283.20 EUR or more; Short by more than 10 %"
    assert short.approve(proposal, "paul").state == ProposalState.EXECUTING


def test_two_reasons_keep_their_own_approvers_where_nobody_answers_to_both(short: Shortage) -> None:
    ask("PRO manager")
    Membership.objects.filter(user=short.person("mona")).update(limit=Decimal(100))
    proposal = short.approve(short.propose(), "mona")
    assert proposal.state == ProposalState.PENDING
    assert short.approve(proposal, "paul").state == ProposalState.EXECUTING


def test_a_minimum_limit_is_held_against_the_person(short: Shortage) -> None:
    ask("FIN from 3000")
    proposal = short.approve(short.propose(), "paul")
    with pytest.raises(NotAllowed, match="do not cover"):
        short.approve(proposal, "finn")
    Membership.objects.filter(user=short.person("finn")).update(limit=Decimal(3000))
    assert short.approve(proposal, "finn").state == ProposalState.EXECUTING


def test_rules_hold_as_they_were_when_it_was_proposed(short: Shortage) -> None:
    proposal = short.propose()
    ask("FIN manager")
    ApprovalRuleFactory.create(name="And Sam", asks="SUP")
    supplier_offers(short, 81)
    assert waits_for(Proposal.objects.get()) == ["PRO", "PLN"]
    proposal = actions.edit(proposal, inputs={"rest_on": "2027-01-20"}, by=short.by("bea"))
    assert waits_for(Proposal.objects.get()) == ["PRO", "PLN"]
    short.approve(proposal, "paul")
    assert short.approve(proposal, "pia").state == ProposalState.EXECUTING


def test_what_is_proposed_later_goes_by_the_later_rules(short: Shortage) -> None:
    actions.withdraw(short.propose(), by=short.by("bea"), reason="again")
    ask("FIN")
    assert waits_for(short.propose()) == ["PRO", "FIN"]
