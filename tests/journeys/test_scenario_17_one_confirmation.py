"""Golden scenario 17: one confirmation brings three problems; it is accepted by one decision.

One decision is a proposal for each of the three cases: looked at, measured by limits, approved, and carried
out by the ERP together.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.cases.models import Case
from exceptions_app.notifications.models import Notification
from exceptions_app.proposals.models import Bundle, ProposalState
from tests.builders import factories as make
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.house import WANTED, House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NUMBER = "4500010001"
LATER = date(2026, 12, 16)
ORDERED, DEARER = "25.00", Price(Decimal("30.00"), "EUR", Decimal(1))
#: What accepts each problem of the confirmation: the ERP is made to say what it says.
ACCEPTING = {
    "quantity_short": "cancel_remainder",
    "date_later": "accept_date",
    "price_mismatch": "accept_price",
}
#: 18 pieces less, 100 later, and 100 at 5.00 more.
OF_ALL = Decimal("3450.00")


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """Three lines of 100 pieces each are ordered at 25.00; another price needs finance."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    make.ApprovalRuleFactory.create(
        company=house.company,
        name="Another price needs finance",
        type_code="price_mismatch",
        percent_above=None,
        asks="FIN",
    )
    house.tell_orders(order(NUMBER, lines=3, price=ORDERED, released_at=clock.now()))
    live_until(on(date(2026, 11, 24), 10))
    return house


def test_a_confirmation_is_accepted_by_one_decision(weserland: House) -> None:
    house = weserland
    the_confirmation_comes_in(house)
    assert {case.type_code for case in house.open_cases()} == set(ACCEPTING)
    assert len(house.open_cases()) == 3

    bundle = bea_accepts_it(house)
    for name in ("paul", "pia"):
        approve_what_waits(house, name, bundle)
        assert not Command.objects.exists()
    approve_what_waits(house, "finn", bundle)
    assert {each.state for each in bundle.proposals.all()} == {ProposalState.EXECUTING}

    assert let_erp_work(house) == 1
    the_erp_did_it_as_one(house)
    assert house.open_cases() == []
    assert {case.state for case in Case.objects.all()} == {"closed"}
    the_erp_says_what_nordmann_says(house)


def test_what_the_erp_does_only_in_part_is_told_line_by_line(weserland: House) -> None:
    house = weserland
    the_confirmation_comes_in(house)
    bundle = bea_accepts_it(house)
    for name in ("paul", "pia", "finn"):
        approve_what_waits(house, name, bundle)
    house.erp.line_refusals["30"] = "The price list is locked."

    assert let_erp_work(house) == 1
    assert {case.type_code for case in house.open_cases()} == {"price_mismatch"}
    refused = bundle.proposals.get(state=ProposalState.REJECTED)
    assert (refused.case.type_code, refused.end_reason) == ("price_mismatch", "The price list is locked.")
    told = Notification.objects.get(person__username="bea", title__startswith="Partly carried out")
    assert set(told.body.split("\n")) == {
        "line 10 done",
        "line 20 done",
        "line 30 refused (The price list is locked.)",
    }
    assert let_erp_work(house) == 0
    assert len(house.erp.effects) == 2


def the_confirmation_comes_in(house: House) -> None:
    """Line 10 is short, line 20 late, line 30 dearer."""
    Partner(house).sends(
        answer(
            NUMBER,
            offered((82, WANTED), line="10", is_changed=True),
            offered((100, LATER), line="20"),
            offered((100, WANTED), line="30", price=DEARER),
        )
    )
    catch_up()


def bea_accepts_it(house: House) -> Bundle:
    """She sees what it comes to as a whole, and whom that needs: more than any part of it alone."""
    decisions = [
        {"case": case.number, "resolution": ACCEPTING[case.type_code]} for case in house.open_cases()
    ]
    status, would = house.call("bea", "bundles/preview/", {"decisions": decisions})
    assert (status, would["amount"]) == (200, f"{OF_ALL}")
    assert {need["team"] for need in would["needs"]} == {"PRO", "PLN", "FIN"}
    wanted = {"decisions": decisions, "reason": "As confirmed."}
    status, made = house.call("bea", "bundles/", wanted)
    assert status == 201, made
    assert {each["state"] for each in made["proposals"]} == {"pending_approval"}
    asked = [sorted(need["team"] for need in each["needs"]) for each in made["proposals"]]
    assert asked == [["FIN", "PLN", "PRO"]] * 3
    return Bundle.objects.get(pk=made["id"])


def approve_what_waits(house: House, name: str, bundle: Bundle) -> None:
    """Approve those parts of the decision that wait for a person, as they read."""
    waiting: list[dict[str, Any]] = house.call(name, "approvals/")[1]["results"]
    seen = {each["id"]: each["values_hash"] for each in waiting}
    assert seen
    status, given = house.call(name, f"bundles/{bundle.pk}/approve/", {"proposals": seen})
    assert status == 200, given
    assert all(each["is_given"] for each in given)


def the_erp_did_it_as_one(house: House) -> None:
    """It got one file, carried out each of its commands once, and its one answer is that of all of them."""
    commands = Command.objects.order_by("pk")
    (group,) = {command.group for command in commands}
    assert group is not None
    assert sorted(line for command in commands for line in lines_of(command)) == ["10", "20", "30"]
    assert house.erp.effects == [str(command.pk) for command in commands]
    assert house.erp.orders[NUMBER].version_token == "2"


def lines_of(command: Command) -> Iterator[str]:
    return (change["line_number"] for change in command.content["changes"])


def the_erp_says_what_nordmann_says(house: House) -> None:
    short, late, dear = house.erp.orders[NUMBER].lines
    assert short.quantity.value == Decimal(82)
    assert [part.date for part in late.schedule] == [LATER]
    assert dear.price is not None
    assert dear.price.amount == DEARER.amount
    assert {command.state for command in Command.objects.all()} == {CommandState.DONE}
