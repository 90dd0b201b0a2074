"""Whoever stands in for somebody sees the cases behind the approvals that wait for them, and no others."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.test import Client

from erp_connectors import clock
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Delegation, Membership
from exceptions_app.people.permissions import visible_cases
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders.factories import (
    TUESDAY_TEN,
    DelegationFactory,
    MembershipFactory,
    UserFactory,
    offer,
    order_line,
)
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, with_token
from tests.exceptions_app.proposals.shortage import (
    NOWHERE,
    REQUESTED,
    SPLIT,
    Shortage,
    look,
    ready,
    shortage,
)
from tests.exceptions_app.web.scenes import FRAGMENT, browser_of

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)
#: The orders of what waits for Lena, of what is beyond her limit, and of what nobody decides on.
WAITS, BEYOND, IDLE = "4500010002", "4500010003", "4500010004"


@pytest.fixture
def made(scene: Shortage, tmp_path: Path) -> Shortage:
    """Lena of integration acts for Paul up to 2,000; of three shortages two wait for him."""
    made = ready(scene, tmp_path)
    lena = UserFactory.create(username="lena", first_name="Lena")
    MembershipFactory.create(user=lena, team=made.world.teams["EDI"])
    made.world.people["lena"] = lena
    DelegationFactory.create(person=made.person("paul"), delegate=lena, limit=Decimal(2000))
    made.person("bea").memberships.update(limit=100)
    for number, confirmed in ((WAITS, 92), (BEYOND, 80), (IDLE, 92)):
        line = order_line(made.world, number=number, price=Decimal("182.40"))
        offer(line, (confirmed, REQUESTED))
        look(line)
    for number in (WAITS, BEYOND):
        propose(made, number)
    return made


def propose(made: Shortage, number: str) -> Proposal:
    return actions.propose(
        case_of(number), resolution="split", inputs=SPLIT, reason="They follow", by=made.by("bea")
    )


def case_of(number: str) -> Case:
    found: Case = Case.objects.get(order__number=number, type_code="quantity_short")
    return found


def seen_by(made: Shortage, name: str) -> set[str]:
    cases = visible_cases(made.person(name)).filter(type_code="quantity_short")
    return set(cases.values_list("order__number", flat=True))


def lena(made: Shortage) -> Client:
    return browser_of(made.person("lena"))


def lena_calls(made: Shortage) -> Caller:
    return with_token(made.world.company, "cases:read", "cases:write", acts_as=made.person("lena"))


def test_only_what_waits_for_her_is_in_sight(made: Shortage) -> None:
    assert seen_by(made, "lena") == {WAITS}
    assert seen_by(made, "paul") >= {WAITS, BEYOND, IDLE}


def test_pages_lists_search_and_exports_show_no_more(made: Shortage) -> None:
    browser = lena(made)
    for number, status in ((WAITS, 200), (BEYOND, 404), (IDLE, 404)):
        assert browser.get(f"/cases/{case_of(number).number}/").status_code == status, number
    listed = browser.get("/cases/?state=all").content.decode()
    assert case_of(WAITS).number in listed
    for number in (BEYOND, IDLE):
        assert case_of(number).number not in listed
        assert case_of(number).number not in browser.get(f"/search/?q={number}").content.decode()
    for path in ("/queues/weserland/PRO/", "/queues/weserland/PRO/export/csv/"):
        assert browser.get(path).status_code == 404, path
    waiting = browser.get("/approvals/").content.decode()
    assert (WAITS in waiting, BEYOND in waiting) == (True, False)


def test_the_api_shows_no_more(made: Shortage) -> None:
    caller = lena_calls(made)
    assert [row["number"] for row in results(caller.get("cases/"))] == [case_of(WAITS).number]
    assert [row["case"] for row in results(caller.get("proposals/"))] == [case_of(WAITS).number]
    assert [row["case"] for row in results(caller.get("approvals/"))] == [case_of(WAITS).number]
    assert json_of(caller.get(f"cases/{case_of(WAITS).number}/"))
    for number in (BEYOND, IDLE):
        assert problem(caller.get(f"cases/{case_of(number).number}/"), 404)
        assert problem(caller.get(f"cases/{case_of(number).number}/events/"), 404)
    beyond = Proposal.objects.get(case=case_of(BEYOND))
    assert problem(caller.get(f"proposals/{beyond.pk}/"), 404)


def test_reading_is_all_she_may_besides_the_approval(made: Shortage) -> None:
    case = case_of(WAITS)
    assert json_of(lena_calls(made).get(f"cases/{case.number}/"))["actions"] == []
    said = lena(made).post(f"/cases/{case.number}/do/comment/", {"text": "Hello", "version": case.version})
    assert said.status_code != 302
    assert not case.events.filter(kind="case.commented").exists()


def test_what_is_beyond_what_was_passed_on_is_refused_with_the_reason(made: Shortage) -> None:
    beyond = Proposal.objects.get(case=case_of(BEYOND))
    body = {"values_hash": values_hash(beyond)}
    refused = problem(lena_calls(made).post(f"proposals/{beyond.pk}/actions/approve/", body), 403)
    assert "acts for Paul Example up to 2,000.00 EUR" in refused["detail"]
    assert not Approval.objects.exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_once_she_has_said_yes_it_is_out_of_sight(made: Shortage, htmx: bool) -> None:
    proposal, browser = Proposal.objects.get(case=case_of(WAITS)), lena(made)
    sent = {"decision": "approve", "values_hash": values_hash(proposal)}
    answer = browser.post(f"/proposals/{proposal.pk}/decide/", sent, headers=FRAGMENT if htmx else {})
    assert answer.status_code == (204 if htmx else 302)
    assert Approval.objects.get().given_for == made.person("paul")
    assert Proposal.objects.get(pk=proposal.pk).state == ProposalState.EXECUTING
    assert seen_by(made, "lena") == set()
    again = lena_calls(made).post(
        f"proposals/{proposal.pk}/actions/approve/", {"values_hash": sent["values_hash"]}
    )
    assert json_of(again)["state"] == "executing"


@pytest.mark.parametrize("way", ["ended", "over", "other team", "rejected"])
def test_it_is_out_of_sight_once_it_does_not_wait_for_her(made: Shortage, way: str) -> None:
    if way == "ended":
        Delegation.objects.update(ended_at=TUESDAY_TEN)
    elif way == "over":
        clock.set_now(TUESDAY_TEN + timedelta(days=7))
    elif way == "other team":
        Delegation.objects.get().teams.set([made.world.teams["PLN"]])
        MembershipFactory.create(user=made.person("paul"), team=made.world.teams["PLN"])
    else:
        actions.reject(Proposal.objects.get(case=case_of(WAITS)), by=made.by("mona"), comment="no")
    assert seen_by(made, "lena") == set()


def test_her_own_team_and_what_it_oversees_stay_hers(made: Shortage) -> None:
    Membership.objects.filter(user=made.person("lena")).update(team=made.world.teams["PRO"])
    assert seen_by(made, "lena") >= {WAITS, BEYOND, IDLE}
