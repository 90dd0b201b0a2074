"""Several approvals in one call: each by itself, for what was read, and said of each what became of it."""

from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from erp_connectors.exchange.models import Command
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Membership, Role
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders.factories import UserFactory, ground, offer, order_line
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

pytestmark = pytest.mark.django_db
SCENE = partial(shortage, NOWHERE)
PATH = "approvals/approve/"


@pytest.fixture
def two(scene: Shortage, tmp_path: Path) -> list[Proposal]:
    """Two proposals on two orders of which Paul is the only one asked."""
    made = ready(scene, tmp_path)
    elsewhere = order_line(made.world, number="4500010099")
    offer(elsewhere, (92, REQUESTED))
    look(elsewhere)
    # Short by no more than what planning is asked about.
    offer(made.line, (92, REQUESTED))
    look(made.line)
    made.person("bea").memberships.update(limit=100)
    for case in Case.objects.filter(type_code="quantity_short").order_by("pk"):
        actions.propose(case, resolution="split", inputs=SPLIT, reason="8 follow", by=made.by("bea"))
    return list(Proposal.objects.order_by("case_id"))


@pytest.fixture
def made(scene: Shortage) -> Shortage:
    return scene


def caller(made: Shortage, name: str, *scopes: str) -> Caller:
    return with_token(
        made.world.company, *(scopes or ("cases:read", "cases:write")), acts_as=made.person(name)
    )


def read(who: Caller) -> dict[str, str]:
    """Return what waits for somebody, each with the values they read."""
    return {row["id"]: row["values_hash"] for row in results(who.get("approvals/"))}


def approve(who: Caller, seen: dict[str, str], **headers: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json_of(who.post(PATH, {"proposals": seen, "comment": "fine"}, **headers))
    return rows


def test_what_waits_shows_every_amount_and_is_approved_in_one_call(
    two: list[Proposal], made: Shortage
) -> None:
    paul = caller(made, "paul")
    waiting = results(paul.get("approvals/"))
    assert [(row["amount"], row["currency"]) for row in waiting] == [("1459.20", "EUR")] * 2
    rows = approve(paul, read(paul))
    assert [(row["proposal"], row["is_given"], row["amount"], row["state"]) for row in rows] == [
        (str(each.pk), True, "1459.20", "executing") for each in two
    ]
    assert set(Approval.objects.values_list("comment", flat=True)) == {"fine"}
    assert Command.objects.count() == 2


def test_one_that_is_refused_says_why_and_holds_up_no_other(two: list[Proposal], made: Shortage) -> None:
    paul, (first, second) = caller(made, "paul"), two
    seen = read(paul)
    actions.edit(first, inputs={"rest_on": "2027-01-20"}, by=made.by("bea"))
    moved, given = approve(paul, seen)
    assert (moved["is_given"], moved["state"]) == (False, "pending_approval")
    assert "is not what you looked at any more" in moved["detail"]
    assert (given["proposal"], given["is_given"], given["detail"]) == (str(second.pk), True, "")
    assert Command.objects.get().proposal_id == second.pk


def test_ones_own_and_what_is_out_of_sight_is_refused_each_by_itself(
    two: list[Proposal], made: Shortage
) -> None:
    elsewhere = ground("elbland", supplier_number="78").people["mona"]
    seen = {str(each.pk): values_hash(each) for each in two}
    own = approve(caller(made, "bea"), seen)
    assert {row["detail"] for row in own} == {"Who proposed or edited a proposal does not approve it."}
    nowhere = with_token(made.world.company, "cases:read", "cases:write", acts_as=elsewhere)
    rows = approve(nowhere, seen | {str(uuid4()): "x", "no key": "x"})
    assert {(row["case"], row["detail"]) for row in rows} == {(None, "You see no proposal with this key.")}
    assert len(rows) == 4
    assert not Command.objects.exists()


def test_the_same_call_again_gives_the_first_answer_and_has_no_second_effect(
    two: list[Proposal], made: Shortage
) -> None:
    paul = caller(made, "paul")
    seen = read(paul)
    first = approve(paul, seen, Idempotency_Key="k")
    assert approve(paul, seen, Idempotency_Key="k") == first
    assert Approval.objects.count() == Command.objects.count() == 2
    # Without a key, too, approving again changes nothing.
    assert all(row["is_given"] for row in approve(paul, seen))
    assert Approval.objects.count() == Command.objects.count() == 2


def test_it_needs_a_person_the_scope_to_write_and_something_to_approve(
    two: list[Proposal], made: Shortage
) -> None:
    seen = {str(two[0].pk): values_hash(two[0])}
    assert problem(caller(made, "paul", "cases:read").post(PATH, {"proposals": seen}), 403)
    program = with_token(made.world.company, "cases:read", "cases:write")
    assert problem(program.post(PATH, {"proposals": seen}), 403)
    assert problem(caller(made, "paul").post(PATH, {"proposals": {}}), 400)
    assert problem(caller(made, "paul").post(PATH, {"proposals": {str(n): "x" for n in range(101)}}), 400)
    assert {each.state for each in Proposal.objects.all()} == {ProposalState.PENDING}


def test_an_auditor_who_sees_it_approves_nothing(two: list[Proposal], made: Shortage) -> None:
    ada = UserFactory.create(username="ada")
    Membership.objects.create(user=ada, team=made.world.teams["FIN"], role=Role.AUDITOR)
    auditor = with_token(made.world.company, "cases:read", "cases:write", acts_as=ada)
    rows = approve(auditor, {str(each.pk): values_hash(each) for each in two})
    assert [row["is_given"] for row in rows] == [False, False]
    assert "do not cover what it needs" in rows[0]["detail"]
