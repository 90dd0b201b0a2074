"""The amount of a decision: moved or changed quantity x price, in the company's currency, or unknown."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.values import DateKind, Price, Quantity, SchedulePart
from exceptions_app.playbook.amount import amount_of, percent_of
from exceptions_app.playbook.schedules import add, changed, first, in_words, reduced
from exceptions_app.playbook.situation import LineFacts, LinePlan
from tests.exceptions_app.playbook.test_resolutions import SHORT, plan, situation, values

FIRST, SECOND, THIRD = date(2026, 12, 2), date(2026, 12, 9), date(2026, 12, 16)


def amount(price: Price | None, **facts: object) -> Decimal | None:
    line = replace(
        SHORT, values=replace(SHORT.values, price=price), factors={"EA": Decimal(1), "CS": Decimal(12)}
    )
    made = plan("split", {"rest_on": "2026-12-16"}, line)
    return amount_of(made.lines, situation(line, **facts))


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (Price(Decimal("182.40"), "EUR", Decimal(1)), "3283.20"),
        (Price(Decimal("182.40")), "3283.20"),
        (Price(Decimal("1250.00"), "EUR", Decimal(100)), "225.00"),
        (Price(Decimal("0.0042"), "EUR", None), "0.08"),
        (Price(Decimal("24.00"), "EUR", Decimal(1), "CS"), "36.00"),
        (Price(Decimal("100.00"), "USD", Decimal(1)), "1620.00"),
        (Price(Decimal(0), "EUR", Decimal(1)), "0.00"),
    ],
)
def test_the_amount_is_the_changed_quantity_at_the_price(price: Price, expected: str) -> None:
    assert amount(price, rates={"USD": Decimal("0.90")}) == Decimal(expected)


@pytest.mark.parametrize(
    "price",
    [None, Price(Decimal(5), "GBP"), Price(Decimal(5), "EUR", Decimal(1), "PAL")],
    ids=["no price", "no rate", "no factor for the price's unit"],
)
def test_the_amount_is_unknown_when_something_to_compute_it_is(price: Price | None) -> None:
    assert amount(price, rates={"USD": Decimal("0.90")}) is None


def test_one_unknown_line_makes_the_whole_amount_unknown() -> None:
    other = replace(SHORT, case_line_id=2, number="20", values=replace(SHORT.values, price=None))
    made = plan("cancel_remainder", {}, SHORT, other)
    assert amount_of(made.lines, situation(SHORT, other)) is None


def test_the_currency_of_the_order_counts_where_the_price_names_none() -> None:
    assert amount(Price(Decimal(100)), order_currency="USD", rates={"USD": Decimal("0.5")}) == 900


def test_a_percentage_just_above_a_round_one_stays_above_it() -> None:
    line = replace(SHORT, values=values(("300000", FIRST)), deviating=Decimal("30000.01"))
    assert percent_of(
        [LinePlan(case_line_id=1, number="10", before=line.values, after=line.values)], situation(line)
    ) == (Decimal("10.0001"))


def test_the_percentage_is_unknown_when_the_deviation_is() -> None:
    line = replace(SHORT, deviating=None)
    planned = LinePlan(case_line_id=1, number="10", before=line.values, after=line.values)
    assert percent_of([planned], situation(line)) is None


# --- schedules ----------------------------------------------------------------------------------------------

schedules = st.lists(
    st.tuples(st.integers(1, 500), st.sampled_from([FIRST, SECOND, THIRD])), min_size=1, max_size=5
)


def made_of(pairs: list[tuple[int, date]]) -> LineValues:
    schedule: tuple[SchedulePart, ...] = ()
    for quantity, day in pairs:
        schedule = add(schedule, SchedulePart(Quantity(Decimal(quantity), "EA"), day))
    total = sum((part.quantity.value for part in schedule), Decimal(0))
    return LineValues(quantity=Quantity(total, "EA"), schedule=schedule, price=None)


@given(schedules, schedules)
def test_changing_counts_the_same_in_both_directions_and_nothing_for_equal_values(
    one: list[tuple[int, date]], other: list[tuple[int, date]]
) -> None:
    left, right = made_of(one), made_of(other)
    assert changed(left, right) == changed(right, left)
    assert changed(left, left) == 0
    assert abs(left.quantity.value - right.quantity.value) <= changed(left, right)
    assert changed(left, right) <= max(left.quantity.value, right.quantity.value)


@given(schedules, st.integers(0, 3000))
def test_the_first_of_a_schedule_is_never_more_and_never_later(
    pairs: list[tuple[int, date]], quantity: int
) -> None:
    line = made_of(pairs)
    kept = reduced(line, Decimal(quantity))
    total = sum((part.quantity.value for part in kept.schedule), Decimal(0))
    assert total == min(Decimal(quantity), line.quantity.value)
    assert changed(line, replace(kept, quantity=Quantity(total, "EA"))) == line.quantity.value - total
    if kept.schedule:
        left = {part.date: part.quantity.value for part in line.schedule}
        assert all(part.quantity.value == left[part.date] for part in kept.schedule[:-1])


def test_parts_of_one_day_stay_apart_when_one_is_a_ship_date() -> None:
    shipping = SchedulePart(Quantity(Decimal(5), "EA"), FIRST, DateKind.SHIP)
    delivery = SchedulePart(Quantity(Decimal(7), "EA"), FIRST)
    assert add((delivery,), shipping) == (delivery, shipping)
    assert first((delivery, shipping), Decimal(100)) == (delivery, shipping)


def test_a_cancelled_line_counts_with_all_its_quantity() -> None:
    line = values(("100", FIRST))
    assert changed(line, replace(line, cancelled=True)) == 100


def test_a_schedule_reads_without_trailing_zeros() -> None:
    schedule = (SchedulePart(Quantity(Decimal("82.500000"), "EA"), FIRST),)
    assert in_words(schedule) == "82.5 EA on 2026-12-02"


def test_facts_know_their_unit_and_quantity() -> None:
    facts: LineFacts = SHORT
    assert (facts.unit, facts.ordered) == ("EA", Decimal(100))
