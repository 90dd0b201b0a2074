"""Drafts tried on history over the API: asked for, stopped, and read within the caller's companies."""

from typing import Any

import pytest

from exceptions_app.backtest import job
from exceptions_app.backtest.models import Backtest, BacktestStatus
from exceptions_app.people.models import User
from exceptions_app.policies.draft_models import PolicyDraft
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground, ground
from tests.exceptions_app.api.callers import json_of, problem, results, signed_in, with_token
from tests.exceptions_app.policies.writing import administrator

pytestmark = pytest.mark.django_db
SCENE = ground
SINCE = "2026-11-01T00:00:00Z"


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def ada(world: Ground) -> User:
    return administrator("ada")


@pytest.fixture
def draft(world: Ground, ada: User) -> PolicyDraft:
    made: PolicyDraft = factories.PolicyChangeFactory.create(company=world.company).draft
    return made


def verdict(**values: Any) -> dict[str, Any]:
    return {
        "opened_at": "2026-11-20T09:00:00+00:00",
        "closed_at": None,
        "reason": "",
        "headline": "Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)",
        "lines": ["10"],
        "amount": "340.00",
        "expected_loss": "365.00",
        "severity": 3,
        "team": "Procurement",
        "due_at": None,
        "is_overdue": False,
        "level": 0,
    } | values


def test_a_draft_is_tried_and_read_when_it_is_done(world: Ground, draft: PolicyDraft, ada: User) -> None:
    caller = signed_in(ada)
    asked = json_of(caller.post("policies/backtests/", {"draft": draft.pk, "since": SINCE}), 201)
    assert (asked["draft"], asked["status"], asked["asked_by"]) == (draft.pk, "waiting", "ada")
    assert (asked["judged"]["looks"], asked["sums"], asked["approval_sums"]) == (0, [], [])
    job.sweep(TUESDAY_TEN.replace(year=2027), seconds=60)
    shown = json_of(caller.get(f"policies/backtests/{asked['id']}/"))
    assert (shown["status"], shown["percent"]) == ("done", 0)
    assert [each["id"] for each in results(caller.get("policies/backtests/", draft=draft.pk))] == [
        asked["id"]
    ]
    assert results(caller.get("policies/backtests/", status="running")) == []


def test_cases_and_proposals_come_with_their_sums_and_stay_in_the_company(
    world: Ground, draft: PolicyDraft
) -> None:
    backtest = factories.BacktestFactory.create(draft=draft)
    of = {"backtest": backtest, "company": world.company, "supplier": world.supplier}
    factories.BacktestCaseFactory.create(**of, number="1", case="EX-7", live=verdict())
    factories.BacktestCaseFactory.create(**of, number="2", effects=["opens"], tried=verdict())
    factories.BacktestCaseFactory.create(backtest=backtest, number="of others")
    case = factories.CaseFactory.create(company=world.company)
    factories.BacktestProposalFactory.create(backtest=backtest, proposal__case=case)
    factories.BacktestProposalFactory.create(backtest=backtest)
    caller = with_token(world.company, "policies:read")
    here = f"policies/backtests/{backtest.pk}/"

    sums = json_of(caller.get(here))
    assert [(each["effect"], each["cases"]) for each in sums["sums"]] == [("opens", 1), ("not_opened", 1)]
    assert sums["approval_sums"] == [
        {"effect": "needs_more", "currency": "EUR", "proposals": 1, "amount": "3283.20"}
    ]
    second, first = results(caller.get(f"{here}cases/"))
    assert (first["case"], first["live"]["severity"], first["tried"]) == ("EX-7", "high", None)
    assert (second["case"], second["tried"]["amount"]) == (None, "340.00")
    assert [each["number"] for each in results(caller.get(f"{here}cases/", effect="opens"))] == ["2"]
    (listed,) = results(caller.get(f"{here}approvals/"))
    assert (listed["case"], listed["tried"][-1]) == (case.number, "Finance: Large decisions")


def test_one_is_stopped_by_who_may_try_the_draft(world: Ground, draft: PolicyDraft, ada: User) -> None:
    backtest = factories.BacktestFactory.create(draft=draft, status="waiting", due_at=TUESDAY_TEN)
    stop = f"policies/backtests/{backtest.pk}/actions/stop/"
    assert problem(signed_in(world.people["paul"]).post(stop), 403)
    assert json_of(signed_in(ada).post(stop))["status"] == "stopped"
    assert Backtest.objects.get().status == BacktestStatus.STOPPED


def test_who_may_not_try_it_is_refused_and_a_token_stays_in_its_company(
    world: Ground, draft: PolicyDraft, ada: User
) -> None:
    body = {"draft": draft.pk, "since": SINCE}
    assert problem(signed_in(world.people["paul"]).post("policies/backtests/", body), 403)
    factories.CompanyFactory.create()
    factories.PolicyChangeFactory.create(draft=draft, company=None)
    token = with_token(world.company, "policies:write", acts_as=ada)
    assert "others too" in problem(token.post("policies/backtests/", body), 403)["detail"]
    assert not Backtest.objects.exists()


def test_a_time_that_makes_no_sense_is_refused_in_words(draft: PolicyDraft, ada: User) -> None:
    body = {"draft": draft.pk, "since": "2026-11-20T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
    refused = problem(signed_in(ada).post("policies/backtests/", body), 422)
    assert refused["detail"] == "Choose a first day that is before the last one."


def test_a_draft_nobody_sees_is_none(world: Ground, ada: User) -> None:
    refused = problem(signed_in(ada).post("policies/backtests/", {"draft": 999, "since": SINCE}), 400)
    assert "There is no draft 999." in str(refused["errors"])
