"""Arithmetic on the schedule of an order line, and in words. Pure.

All parts of one line are in the unit of the line.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.values import DateKind, Quantity, SchedulePart
from exceptions_app.playbook.situation import Part

Schedule = tuple[SchedulePart, ...]
Day = tuple[date, DateKind]


def first(schedule: Schedule, quantity: Decimal) -> Schedule:
    """Return the earliest `quantity` of the schedule; all of it when it holds no more."""
    kept: list[SchedulePart] = []
    for part in _by_date(schedule):
        taken = min(part.quantity.value, quantity)
        if taken > 0:
            kept.append(replace(part, quantity=replace(part.quantity, value=taken)))
            quantity -= taken
    return tuple(kept)


def add(schedule: Schedule, part: SchedulePart) -> Schedule:
    """Return the schedule with `part`, in date order; parts of the same day and kind become one."""
    for position, other in enumerate(schedule):
        if (other.date, other.date_kind) == (part.date, part.date_kind):
            together = Quantity(other.quantity.value + part.quantity.value, part.quantity.unit)
            return (*schedule[:position], replace(other, quantity=together), *schedule[position + 1 :])
    return _by_date((*schedule, part))


def reduced(values: LineValues, quantity: Decimal) -> LineValues:
    """Return `values` with the quantity cut down to `quantity`, the latest parts first."""
    return replace(
        values,
        quantity=Quantity(quantity, values.quantity.unit),
        schedule=first(values.schedule, quantity),
    )


def total(schedule: Iterable[SchedulePart]) -> Decimal:
    """Return how much the schedule holds."""
    return sum((part.quantity.value for part in schedule), Decimal(0))


def rescheduled(parts: Iterable[Part], unit: str, day_of: Callable[[Part], Day | None]) -> Schedule:
    """Return the schedule with each part on the day `day_of` gives it; None leaves it where it is wanted.

    A part nobody wants on any day is left out: its day is not known.
    """
    schedule: Schedule = ()
    for part in parts:
        wanted = None if part.wanted is None else (part.wanted, part.wanted_kind)
        day = day_of(part) or wanted
        if day is not None and part.quantity:
            schedule = add(schedule, SchedulePart(Quantity(part.quantity, unit), *day))
    return schedule


def changed(before: LineValues, after: LineValues) -> Decimal:
    """Return how much of the line is moved to another day, added or taken away (TAXONOMY, Amount)."""
    was, becomes = _by_day(before), _by_day(after)
    kept = sum((min(quantity, becomes.get(day, Decimal(0))) for day, quantity in was.items()), Decimal(0))
    return max(sum(was.values(), Decimal(0)), sum(becomes.values(), Decimal(0))) - kept


def in_words(schedule: Iterable[SchedulePart]) -> str:
    """Return the schedule as people read it: `82 EA on 2026-12-02, 18 EA on 2026-12-16`."""
    return ", ".join(f"{quantity(part.quantity)} on {part.date}" for part in schedule)


def quantity(value: Quantity) -> str:
    """Return a quantity without trailing zeros: `82 EA`."""
    return f"{plain(value.value)} {value.unit}"


def plain(value: Decimal) -> str:
    """Return a number without trailing zeros and without an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _by_date(schedule: Iterable[SchedulePart]) -> Schedule:
    return tuple(sorted(schedule, key=lambda part: part.date))


def _by_day(values: LineValues) -> dict[tuple[date, str], Decimal]:
    days: dict[tuple[date, str], Decimal] = {}
    for part in () if values.cancelled else values.schedule:
        key = (part.date, part.date_kind.value)
        days[key] = days.get(key, Decimal(0)) + part.quantity.value
    return days
