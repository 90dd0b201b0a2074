"""The values of a decision against the values of the ERP."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.commands import LineChange, LineValues, OrderCommand, as_one
from erp_connectors.canonical.documents import OrderLine, OrderState, PurchaseOrder
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from erp_connectors.connectors.compare import differences_before, holds_after, values_of
from tests.builders.file_world import an_order, each, replaced, split, with_price

ORDER = an_order()


def before(values: LineValues) -> OrderCommand:
    """A command whose decision was made on these values of the line."""
    command = split(ORDER)
    return replace(command, changes=(replace(command.changes[0], before=values),))


def test_an_order_as_it_was_has_no_difference() -> None:
    assert differences_before(split(ORDER), ORDER) == ()
    assert not holds_after(split(ORDER), ORDER)


def test_an_order_as_it_shall_be_holds_every_value() -> None:
    change = split(ORDER).changes[0]
    line = replace(ORDER.lines[0], schedule=change.after.schedule)
    assert holds_after(split(ORDER), replace(ORDER, lines=(line,)))


@pytest.mark.parametrize(
    "price",
    [
        Price(Decimal("182.4"), "EUR", Decimal(1), "EA"),
        Price(Decimal("182.40"), "EUR", Decimal("1.0")),
        Price(Decimal("182.400"), "EUR"),
        Price(Decimal("182.4"), None, None, "EA"),
    ],
)
def test_a_price_that_leaves_out_the_usual_is_the_same_price(price: Price) -> None:
    assert differences_before(before(replace(values_of(ORDER.lines[0]), price=price)), ORDER) == ()


@pytest.mark.parametrize(
    "price",
    [
        None,
        Price(Decimal("182.41"), "EUR", Decimal(1), "EA"),
        Price(Decimal("182.40"), "USD", Decimal(1), "EA"),
        Price(Decimal("182.40"), "EUR", Decimal(100), "EA"),
        Price(Decimal("182.40"), "EUR", Decimal(1), "CS"),
    ],
)
def test_another_price_is_a_difference(price: Price | None) -> None:
    (difference,) = differences_before(before(replace(values_of(ORDER.lines[0]), price=price)), ORDER)
    assert (difference.what, difference.found) == ("the price", "182.4 EUR per 1 EA")


def test_parts_of_one_day_count_together_in_any_order() -> None:
    day, later = date(2026, 12, 2), date(2026, 12, 9)
    line = ORDER.lines[0]
    erp = replace(
        ORDER,
        lines=(replace(line, schedule=(SchedulePart(each(60), day), SchedulePart(each(40), later))),),
    )
    parts = (SchedulePart(each(40), later), SchedulePart(each(25), day), SchedulePart(each("35.0"), day))
    assert differences_before(before(replace(values_of(line), schedule=parts)), erp) == ()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (replace(values_of(ORDER.lines[0]), quantity=each(99)), "the quantity"),
        (
            replace(values_of(ORDER.lines[0]), quantity=Quantity(Decimal(100), "CS"), price=None),
            "the quantity",
        ),
        (
            replace(values_of(ORDER.lines[0]), schedule=(SchedulePart(each(100), date(2026, 12, 3)),)),
            "the schedule",
        ),
        (replace(values_of(ORDER.lines[0]), cancelled=True), "the state"),
    ],
)
def test_every_value_that_moved_is_named(values: LineValues, what: str) -> None:
    assert what in {difference.what for difference in differences_before(before(values), ORDER)}


def test_a_cancelled_order_has_cancelled_lines() -> None:
    (difference,) = differences_before(split(ORDER), replace(ORDER, state=OrderState.CANCELLED))
    assert str(difference) == "line 10: the state is cancelled, not open"


def test_a_line_that_is_gone_is_a_difference() -> None:
    (difference,) = differences_before(split(ORDER), replace(ORDER, lines=()))
    assert str(difference) == "line 10: the line is gone, not there"


def test_lines_the_command_does_not_touch_may_move() -> None:
    other = replace(ORDER.lines[0], number="20")
    moved = with_price(replace(ORDER, lines=(other,)), "1.00").lines[0]
    assert differences_before(split(ORDER), replace(ORDER, lines=(ORDER.lines[0], moved))) == ()


def test_all_lines_must_hold_not_only_one() -> None:
    change = split(ORDER).changes[0]
    two = replace(
        split(ORDER), changes=(change, LineChange(line_number="20", before=change.before, after=change.after))
    )
    line = replace(ORDER.lines[0], schedule=change.after.schedule)
    assert not holds_after(two, replace(ORDER, lines=(line, replace(ORDER.lines[0], number="20"))))


# --- lines that are new -------------------------------------------------------------------------------------


def with_line(number: str, item: str) -> PurchaseOrder:
    """The order with its line cancelled, and with the added one under this number and of this item."""
    (new,) = replaced(ORDER).additions
    values = new.values
    added = OrderLine(
        number=number, item=item, quantity=values.quantity, price=values.price, schedule=values.schedule
    )
    return replace(ORDER, lines=(replace(ORDER.lines[0], cancelled=True), added))


def test_an_order_without_the_new_line_is_as_it_was() -> None:
    assert differences_before(replaced(ORDER), ORDER) == ()
    assert not holds_after(replaced(ORDER), ORDER)


def test_an_order_with_the_new_line_holds_it() -> None:
    assert holds_after(replaced(ORDER), with_line("20", "GASKET"))


def test_a_line_of_that_number_that_somebody_else_made_is_a_difference() -> None:
    taken = with_line("20", "RING")
    assert not holds_after(replaced(ORDER), taken)
    words = [str(difference) for difference in differences_before(replaced(ORDER), taken)]
    assert "line 20: the line is there already, not new" in words


def test_a_new_line_under_another_number_is_not_the_one() -> None:
    assert not holds_after(replaced(ORDER), with_line("30", "GASKET"))


def test_commands_that_are_carried_out_together_add_all_of_their_lines() -> None:
    together = as_one([replaced(ORDER), replaced(ORDER, number="30")])
    assert [new.line_number for new in together.additions] == ["20", "30"]
    assert [change.line_number for change in together.changes] == ["10"]
