"""Which customer orders cannot be covered from stock and what arrives in time. Pure.

All quantities are in one unit, the base unit of the item, of one item in one warehouse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.view import LineView

#: Classes whose uncovered orders make a task; others are only shown.
CLASSES_WITH_TASK = frozenset({"A", "B"})

COMING = (
    Bucket.UNANSWERED,
    Bucket.ANSWER_LATE,
    Bucket.UNREADABLE,
    Bucket.LATE,
    Bucket.LATE_IN_PART,
    Bucket.EARLY,
    Bucket.CONFIRMED,
    Bucket.NOTICE_MISSING,
    Bucket.UNDER_WAY,
    Bucket.DELAYED,
)


@dataclass(frozen=True, slots=True)
class Inbound:
    """So much arrives on that day."""

    quantity: Decimal
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a customer order still waits for. `customer_class` is A, B or C.

    The penalties for being late, for each day and once, are in the company's currency; None: not said.
    """

    order_number: str
    customer_class: str
    quantity: Decimal
    due_on: date
    customer: str = ""
    line_number: str = ""
    penalty_per_day: Decimal | None = None
    penalty_flat: Decimal | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A customer order that cannot be covered, and what is missing to it."""

    need: Need
    short: Decimal

    @property
    def makes_task(self) -> bool:
        """Whether somebody has to do something about it; class C is only shown."""
        return self.need.customer_class in CLASSES_WITH_TASK


def uncovered(on_hand: Decimal, inbound: Iterable[Inbound], needs: Iterable[Need]) -> tuple[Shortfall, ...]:
    """Return the needs that cannot be covered in full, in the order they were served.

    Class A is served before B before C, then by due date, then by order number. Each need takes what arrives
    latest but in time first, so that stock is left for those who cannot wait.
    """
    supplies = [Inbound(max(on_hand, Decimal(0)), date.min), *inbound]
    supplies.sort(key=lambda supply: supply.on, reverse=True)
    left = [supply.quantity for supply in supplies]
    shortfalls = []
    for need in sorted(needs, key=turn_of):
        short = need.quantity
        for index, supply in enumerate(supplies):
            if supply.on <= need.due_on:
                taken = min(short, left[index])
                left[index] -= taken
                short -= taken
        if short > 0:
            shortfalls.append(Shortfall(need, short))
    return tuple(shortfalls)


def inbound_of(line: LineView) -> tuple[Inbound, ...]:
    """Return what is still to come of an order line as it is now offered, counted in the base unit.

    What is rejected, not offered, left out, overdue or without a date does not count.
    """
    return tuple(coming.inbound for coming in coming_of(line))


class Coming(NamedTuple):
    """Some of what is to come, and where it is now."""

    bucket: Bucket
    inbound: Inbound


def coming_of(line: LineView) -> tuple[Coming, ...]:
    """Return what `inbound_of` returns, each part with its bucket."""
    return tuple(
        Coming(piece.bucket, Inbound(piece.quantity, day))
        for piece in line.buckets.inside(*COMING)
        if (day := arrives_on(line, piece)) is not None
    )


def without(coming: Sequence[Coming], quantity: Decimal) -> tuple[tuple[Coming, ...], tuple[Coming, ...]]:
    """Return the first `quantity` of what is to come, and the rest."""
    first: list[Coming] = []
    rest: list[Coming] = []
    for part in coming:
        taken = min(part.inbound.quantity, quantity)
        quantity -= taken
        if taken > 0:
            first.append(part._replace(inbound=Inbound(taken, part.inbound.on)))
        if part.inbound.quantity > taken:
            rest.append(part._replace(inbound=Inbound(part.inbound.quantity - taken, part.inbound.on)))
    return tuple(first), tuple(rest)


def arrives_on(line: LineView, piece: Piece) -> date | None:
    """Return the day a piece of an order line is expected; None for one without a day."""
    if piece.shipment is not None and piece.shipment.expected_on is not None:
        return piece.shipment.expected_on
    return line.deadlines.delivery_on(piece.due) if piece.due else None


def turn_of(need: Need) -> tuple[str, date, str, str]:
    """Return what customer orders are served by: class, due date, number, line."""
    return (need.customer_class or "~", need.due_on, need.order_number, need.line_number)
