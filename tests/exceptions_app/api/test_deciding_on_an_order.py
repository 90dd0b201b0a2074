"""One decision over several cases of one order, as a whole confirmation needs it: for all, or for none."""

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from erp_connectors.canonical.values import Price
from erp_connectors.connectors.base import Outcome
from erp_connectors.exchange.models import Command
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Role, User
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from tests.builders.factories import MembershipFactory, UserFactory, offer, order_line
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, with_token
from tests.exceptions_app.proposals.shortage import (
    LATER,
    NOWHERE,
    REQUESTED,
    Shortage,
    answer,
    late_and_dear,
    look,
    ready,
)

DATE, PRICE = "accept_date", "accept_price"


SCENE = partial(late_and_dear, NOWHERE)


@pytest.fixture
def changed(scene: Shortage, tmp_path: Path) -> Shortage:
    """An order with two cases: later in part, and dearer."""
    return ready(scene, tmp_path)


def caller(made: Shortage, name: str = "bea") -> Caller:
    return with_token(made.world.company, "cases:read", "cases:write", acts_as=made.person(name))


def auditor(made: Shortage) -> User:
    """Make somebody who sees every case and works on none."""
    made_up: User = UserFactory.create(username="ada")
    MembershipFactory.create(user=made_up, team=made.world.teams["FIN"], role=Role.AUDITOR)
    return made_up


def decisions() -> list[dict[str, Any]]:
    """Accept what the confirmation says in each case."""
    late, dear = Case.objects.get(type_code="backorder"), Case.objects.get(type_code="price_mismatch")
    return [
        {"case": late.number, "resolution": DATE, "expected_version": late.version},
        {"case": dear.number, "resolution": PRICE, "expected_version": dear.version},
    ]


def test_a_whole_confirmation_is_looked_at_and_accepted_at_once(changed: Shortage) -> None:
    mona, wanted = caller(changed, "mona"), {"decisions": decisions(), "reason": "As confirmed"}
    preview = json_of(mona.post("bundles/preview/", wanted))
    made = json_of(mona.post("bundles/", wanted), 201)

    assert preview["amount"] == made["amount"] == "3483.20"
    assert [each["resolution"] for each in made["proposals"]] == [DATE, PRICE]
    assert {each["state"] for each in made["proposals"]} == {"executing"}
    assert (made["incident"], made["resolution"], Command.objects.count()) == (None, "", 2)
    found = results(mona.get("bundles/", order=changed.line.order.number))
    assert [row["id"] for row in found] == [made["id"]]


def test_the_limit_is_held_against_the_whole(changed: Shortage) -> None:
    changed.person("bea").memberships.update(limit=3400)
    preview = json_of(caller(changed).post("bundles/preview/", {"decisions": decisions()}))
    made = json_of(caller(changed).post("bundles/", {"decisions": decisions()}), 201)

    assert [need["min_limit"] for need in preview["needs"]] == ["3483.20"]
    assert {each["state"] for each in made["proposals"]} == {"pending_approval"}
    assert not Command.objects.exists()


def test_it_is_for_all_or_for_none(changed: Shortage) -> None:
    late, dear = decisions()
    stale = [late, dear | {"expected_version": 0}]

    assert problem(caller(changed).post("bundles/", {"decisions": stale}), 409)
    assert not Bundle.objects.exists()
    assert not Proposal.objects.exists()


@pytest.fixture
def both(changed: Shortage) -> Shortage:
    """Line 10 comes later in part, and dearer: two cases on one line."""
    offer(changed.line, (82, REQUESTED), (18, LATER), price=Price(Decimal(200), "EUR"))
    look(changed.line)
    return changed


def test_what_changed_on_one_line_is_written_one_after_the_other(both: Shortage) -> None:
    mona, wanted = caller(both, "mona"), {"decisions": decisions()}
    parts = json_of(mona.post("bundles/preview/", wanted))["parts"]
    late, dear = [next(line for line in part["lines"] if line["line_number"] == "10") for part in parts]

    assert dear["before"] == late["after"]
    assert dear["after"]["schedule"] == late["after"]["schedule"]
    assert Decimal(dear["after"]["price"]["amount"]) == 200

    json_of(mona.post("bundles/", wanted), 201)
    for command in Command.objects.order_by("pk"):
        answer(command, Outcome.APPLIED)
        look(both.line)
    assert set(Proposal.objects.values_list("state", flat=True)) == {ProposalState.SETTLED}
    assert both.agreement_states() == ["active", "active", "active"]


def test_what_has_to_be_approved_is_not_stacked_up(both: Shortage) -> None:
    both.person("bea").memberships.update(limit=100)
    wanted = {"decisions": decisions()}
    late, dear = json_of(caller(both).post("bundles/preview/", wanted))["parts"]

    assert late["problems"] == []
    assert "Line 10 is changed by another part" in dear["problems"][0]
    assert problem(caller(both).post("bundles/", wanted), 400)
    assert not Bundle.objects.exists()


def test_it_is_about_one_order_each_case_once_and_ones_own_cases(changed: Shortage) -> None:
    elsewhere = order_line(changed.world, number="4500010099")
    offer(elsewhere, (82, REQUESTED), (18, LATER))
    look(elsewhere)
    late = Case.objects.filter(type_code="backorder").exclude(order=elsewhere.order).get()
    other = Case.objects.get(order=elsewhere.order)
    bea, one = caller(changed), {"case": late.number, "resolution": DATE}

    def refused(who: Caller, *wanted: dict[str, Any]) -> str:
        return str(problem(who.post("bundles/preview/", {"decisions": list(wanted)}), 403)["detail"])

    assert "one order" in refused(bea, one, {"case": other.number, "resolution": DATE})
    assert "once" in refused(bea, one, one)
    reader = with_token(changed.world.company, "cases:read", acts_as=auditor(changed))
    assert "may not propose" in refused(reader, one)
