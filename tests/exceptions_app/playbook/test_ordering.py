"""Lines that are ordered anew, goods brought again, customers told: what is made of what is entered."""

from dataclasses import replace
from decimal import Decimal

import pytest

from erp_connectors.canonical.commands import CommandKind, LineValues, NewLine
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import registry
from exceptions_app.playbook.amount import amount_of
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.situation import KnownItem, LikelyLine
from tests.exceptions_app.playbook.test_resolutions import (
    LATER,
    ORDERED_ANEW,
    REQUESTED,
    plan,
    problems,
    situation,
    values,
)

GASKET = KnownItem(number="GASKET", description="Gasket 40 mm", factors={"EA": Decimal(1), "CS": Decimal(12)})
LIKELY = LikelyLine(
    number="30",
    currency="EUR",
    item="GASKET",
    supplier_item="ND-78",
    quantity=Quantity(Decimal(18), "EA"),
    price=Price(Decimal("180.00"), None, None, None),
    on=LATER,
    warehouse="KS",
    find_item={"GASKET": GASKET}.get,
)
OTHER = replace(ORDERED_ANEW, likely=LIKELY)
NOTHING = LineValues(quantity=Quantity(Decimal(0), ""), schedule=(), price=None)
BEYOND = replace(OTHER, number="90", values=NOTHING, is_ordered=False)
TERMS: dict[str, object] = {"quantity": "18 EA", "price": "180.00", "date": "2026-12-16"}
ENTERED = TERMS | {"item": "GASKET"}


def added(quantity: str, unit: str, price: Price, *, instead_of: str | None = None) -> NewLine:
    much = Quantity(Decimal(quantity), unit)
    return NewLine(
        line_number="30",
        item="GASKET",
        supplier_item="ND-78",
        description="Gasket 40 mm",
        warehouse="KS",
        instead_of=instead_of,
        values=LineValues(quantity=much, schedule=(SchedulePart(much, LATER),), price=price),
    )


def test_what_nobody_ordered_is_added_as_it_was_said() -> None:
    made = plan("add_to_order", ENTERED, BEYOND)
    (line,) = made.lines
    assert line.added == added("18", "EA", Price(Decimal("180.00"), "EUR", Decimal(1), "EA"))
    assert (line.before, line.is_ordered) == (line.after, False)
    assert made.command is CommandKind.ADD_LINE
    assert made.summary == "Order 18 EA of GASKET as line 30"
    assert amount_of(made.lines, situation(BEYOND)) == Decimal("3240.00")


def test_a_price_for_several_units_is_taken_as_it_is_written() -> None:
    made = plan("add_to_order", ENTERED | {"quantity": "2 CS", "price": "1250.00 EUR per 100"}, BEYOND)
    price = Price(Decimal("1250.00"), "EUR", Decimal(100), "CS")
    assert made.lines[0].added == added("2", "CS", price)
    assert amount_of(made.lines, situation(BEYOND)) == Decimal("25.00")


def test_an_amount_in_another_currency_is_converted_or_unknown() -> None:
    dollars = replace(BEYOND, likely=replace(LIKELY, currency="USD"))
    made = plan("add_to_order", ENTERED, dollars)
    known = situation(dollars, order_currency="USD", rates={"USD": Decimal("0.5")})
    assert amount_of(made.lines, known) == Decimal("1620.00")
    assert amount_of(made.lines, situation(dollars, order_currency="USD")) is None


@pytest.mark.parametrize(
    ("field", "entered", "message"),
    [
        ("item", "RING", "Line 90: the ERP has no item RING. It has to be made there first."),
        ("item", "", "Item to order: write a few words."),
        ("quantity", "18", "Quantity to order: enter a quantity with its unit, such as 20 CS."),
        ("quantity", "18 BX", "Quantity to order: “BX” cannot be converted for this item; known are CS, EA."),
        ("quantity", "0 EA", "Quantity to order: enter more than zero, with at most six decimals."),
        (
            "quantity",
            "a few EA",
            "Quantity to order: “few EA” cannot be converted for this item; known are CS, EA.",
        ),
        ("price", "", "Price: enter a price in EUR, such as 12.50, or 1250.00 per 100."),
        ("price", "-1", "Price: enter a price in EUR, such as 12.50, or 1250.00 per 100."),
        ("price", "0.00", "Price: enter more than zero, with at most six decimals."),
        ("price", "12.50 USD", "Price: the order is in EUR, not in USD."),
        ("date", "2026-11-23", "Delivery on: 2026-11-23 has passed; today is 2026-11-24."),
    ],
)
def test_what_is_not_known_is_asked_for_and_never_guessed(field: str, entered: str, message: str) -> None:
    assert problems("add_to_order", ENTERED | {field: entered}, BEYOND) == [(field, message)]


def test_nothing_is_added_where_no_order_is_known() -> None:
    assert problems("add_to_order", {}, replace(BEYOND, likely=None)) == [
        ("", "Line 90: no order is known to add it to; match it by hand first.")
    ]


@pytest.mark.parametrize(
    ("said", "initial"),
    [
        (LIKELY, {"item": "GASKET", "quantity": "18 EA", "price": "180", "date": "2026-12-16"}),
        (replace(LIKELY, item="", price=None, quantity=None, on=None), dict.fromkeys(ENTERED, "")),
        (replace(LIKELY, price=Price(Decimal(9), "EUR", Decimal(1), "CS")), None),
        (replace(LIKELY, price=Price(Decimal(950), "EUR", Decimal(100), "EA")), None),
    ],
)
def test_the_form_begins_with_what_was_said(said: LikelyLine, initial: dict[str, str] | None) -> None:
    fields = registry.get("add_to_order").fields(replace(BEYOND, likely=said))
    begins = {field.name: field.initial for field in fields}
    if initial is not None:
        assert begins == initial
    else:
        price = said.price
        assert begins["price"] == ("950 per 100" if price and price.per_unit == "EA" else "")


# --- another item in its place ------------------------------------------------------------------------------


def test_a_substitute_takes_the_place_of_what_is_cancelled_in_one_command() -> None:
    made = plan("accept_substitute", ENTERED, OTHER)
    (line,) = made.lines
    assert line.after == values(("82", REQUESTED))
    price = Price(Decimal("180.00"), "EUR", Decimal(1), "EA")
    assert line.added == added("18", "EA", price, instead_of="10")
    assert made.command is CommandKind.REPLACE_LINE
    assert made.tasks == ()


@pytest.mark.parametrize(
    ("price", "amount"),
    [("182.40", "3283.20"), ("200.00", "3600.00"), ("100.00", "4766.40")],
    ids=["as dear", "dearer: the difference on top", "cheaper: the difference on top, too"],
)
def test_a_substitute_costs_what_it_replaces_and_the_difference(price: str, amount: str) -> None:
    made = plan("accept_substitute", ENTERED | {"price": price}, OTHER)
    assert amount_of(made.lines, situation(OTHER)) == Decimal(amount)


def test_a_substitute_that_has_come_is_booked_on_its_line_by_the_warehouse() -> None:
    here = situation(OTHER, type_code="receipt_wrong_item")
    made = registry.get("accept_substitute").plan(here, Inputs(ENTERED, today=here.today))
    assert made is not None
    assert [(task.team, task.title) for task in made.tasks] == [
        ("WHS", "Book 18 EA of GASKET on line 30 of order 4500010001")
    ]


def test_the_ordered_item_is_no_substitute_for_itself() -> None:
    same = replace(OTHER, item="GASKET")
    assert problems("accept_substitute", ENTERED, same) == [
        ("item", "Line 10: GASKET is what is ordered already.")
    ]


# --- ordered again, brought again ---------------------------------------------------------------------------


def test_lost_goods_are_cancelled_and_ordered_again() -> None:
    made = plan("reorder", TERMS, OTHER)
    (line,) = made.lines
    assert line.after == values(("82", REQUESTED))
    assert line.added is not None
    assert (line.added.item, line.added.instead_of) == ("SEAL-KIT", "10")
    assert made.command is CommandKind.REPLACE_LINE


def test_what_is_here_is_not_cancelled_with_what_was_lost() -> None:
    lost = replace(OTHER, deviating=Decimal(100), delivered=Decimal(140))
    assert plan("reorder", TERMS, lost).lines[0].after == values(("40", REQUESTED))


def test_goods_brought_again_wait_for_their_day_in_the_order() -> None:
    made = plan("redeliver", {"date": "2026-12-16", "cost": "120.00"}, OTHER)
    (line,) = made.lines
    assert line.after == values(("82", REQUESTED), ("18", LATER))
    assert line.agreement is not None
    assert (line.agreement.kind, line.agreement.until) == (AgreementKind.WAIT_UNTIL, LATER)
    assert made.command is CommandKind.SPLIT_SCHEDULE
    assert amount_of(made.lines, situation(OTHER)) == Decimal("3283.20") + Decimal("120.00")


def test_goods_brought_again_on_the_day_they_are_ordered_for_change_nothing() -> None:
    made = plan("redeliver", {"date": f"{REQUESTED}"}, OTHER)
    assert (made.command, amount_of(made.lines, situation(OTHER))) == (None, Decimal(0))


# --- customers told -----------------------------------------------------------------------------------------


def test_customers_who_wait_are_named_with_the_words_they_hear() -> None:
    told = {"orders": "SO-881", "text": "It comes a week later.", "until": "2026-12-16"}
    made = plan("inform_customers", told, OTHER)
    assert made.summary == "Inform customers, line 10: SO-881 (Kern): “It comes a week later.”"
    assert [(task.team, task.title) for task in made.tasks] == [
        ("CSR", "Tell SO-881 (Kern): “It comes a week later.”")
    ]
    assert made.command is None


def test_a_customer_order_that_does_not_wait_cannot_be_told() -> None:
    told = {"orders": "SO-881, SO-999", "text": "Late.", "until": "2026-12-16"}
    assert problems("inform_customers", told, OTHER) == [
        ("orders", "Line 10: SO-999 does not wait for SEAL-KIT; waiting are SO-881.")
    ]
