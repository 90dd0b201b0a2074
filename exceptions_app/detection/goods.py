"""What is under way and what has arrived of one order line, shipment by shipment. Pure.

Receipts that name their ship notice belong to it; others go to the oldest shipment that had left by then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.position import LinePosition, ReceiptFact, ShipmentFact
from erp_connectors.documents.units import UnitUnknown
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.detection.counting import NOTHING, Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What one ship notice carries of the line and what has arrived of it, first on `first_receipt`."""

    notice: str
    noticed_at: datetime
    shipped_on: date | None
    expected_on: date | None
    shipped: Decimal
    received: Decimal = NOTHING
    first_receipt: date | None = None

    @property
    def outstanding(self) -> Decimal:
        """What was shipped and has not arrived."""
        return max(self.shipped - self.received, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Shipments (oldest first) and totals, counted. Quantities no one can read are left out and flagged.

    `final_at`: when the newest notice that is final for the line said so first.
    """

    shipments: tuple[Shipment, ...] = ()
    received: Decimal = NOTHING
    damaged: Decimal = NOTHING
    has_unreadable_notice: bool = False
    has_unreadable_receipt: bool = False
    final_at: datetime | None = None
    unknown_units: frozenset[str] = field(default=frozenset())

    @property
    def shipped(self) -> Decimal:
        """Everything that was ever shipped."""
        return sum((shipment.shipped for shipment in self.shipments), NOTHING)

    @property
    def reached(self) -> Decimal:
        """Everything that has arrived or is under way."""
        return self.received + sum((shipment.outstanding for shipment in self.shipments), NOTHING)


def goods_of(position: LinePosition, counter: Counter, calendar: BusinessCalendar) -> Goods:
    """Return what is under way and what has arrived, in everything the position knows."""
    reader = _Reader(counter)
    shipments = _shipments(position.shipments, reader, calendar)
    unread_notice = reader.take_failures()
    arrivals = [_Arrival.read(fact, reader) for fact in position.receipts]
    damaged = sum((reader.amount(fact.damaged) for fact in position.receipts if fact.damaged), NOTHING)
    unread_receipt = reader.take_failures()
    return Goods(
        shipments=_arrived(shipments, arrivals, calendar),
        received=sum((arrival.quantity for arrival in arrivals), NOTHING),
        damaged=damaged,
        has_unreadable_notice=unread_notice,
        has_unreadable_receipt=unread_receipt,
        final_at=max((said_at(fact) for fact in position.shipments if fact.final), default=None),
        unknown_units=frozenset(reader.unknown_units),
    )


def said_at(fact: ShipmentFact) -> datetime:
    """Return when a notice first said what it says: saying it again is no news."""
    return fact.first_said_at or fact.version.document_time


def left_on(shipment: Shipment, calendar: BusinessCalendar) -> date:
    """Return the day a shipment left: as it says, else the day of its notice."""
    return shipment.shipped_on or calendar.local_date(shipment.noticed_at)


def goods_until(
    position: LinePosition, moment: datetime, counter: Counter, calendar: BusinessCalendar
) -> Goods:
    """Return what was under way or had arrived by documents not newer than `moment`."""
    return goods_of(
        replace(
            position,
            shipments=tuple(fact for fact in position.shipments if said_at(fact) <= moment),
            receipts=tuple(fact for fact in position.receipts if fact.version.document_time <= moment),
        ),
        counter,
        calendar,
    )


class _Reader:
    """Counts quantities and remembers what could not be read."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.unknown_units: set[str] = set()
        self._has_failed = False

    def amount(self, quantity: Quantity | None) -> Decimal:
        if quantity is None:
            self._has_failed = True
            return NOTHING
        try:
            return self.counter.count(quantity)
        except UnitUnknown as unknown:
            self.unknown_units.add(unknown.unit)
            self._has_failed = True
            return NOTHING

    def take_failures(self) -> bool:
        failed, self._has_failed = self._has_failed, False
        return failed


def _shipments(facts: Sequence[ShipmentFact], reader: _Reader, calendar: BusinessCalendar) -> list[Shipment]:
    """Return one shipment per notice. A cumulative figure above the sum stands for notices we missed."""
    shipments: list[Shipment] = []
    so_far = NOTHING
    for notice, group in groupby(facts, key=lambda fact: fact.notice):
        of_notice = list(group)
        before = so_far
        for fact in of_notice:
            if fact.shipped is not None or fact.shipped_to_date is None:
                so_far += reader.amount(fact.shipped)
        for fact in of_notice:
            if fact.shipped_to_date is not None:
                so_far = max(so_far, reader.amount(fact.shipped_to_date))
        newest = of_notice[-1]
        shipments.append(
            Shipment(
                notice=notice,
                noticed_at=said_at(newest),
                shipped_on=newest.shipped_on,
                expected_on=newest.expected_on,
                shipped=so_far - before,
            )
        )
    return sorted(shipments, key=lambda shipment: left_on(shipment, calendar))


@dataclass(slots=True)
class _Arrival:
    """A receipt that is still to be laid against shipments."""

    notice: str | None
    received_on: date
    quantity: Decimal
    left: Decimal

    @classmethod
    def read(cls, fact: ReceiptFact, reader: _Reader) -> "_Arrival":
        quantity = reader.amount(fact.received)
        return cls(fact.ship_notice, fact.received_on, quantity, quantity)


def _arrived(
    shipments: Iterable[Shipment], arrivals: Sequence[_Arrival], calendar: BusinessCalendar
) -> tuple[Shipment, ...]:
    """Return the shipments with what has arrived of each: first by name, then oldest first."""
    laid = [
        _lay(shipment, [arrival for arrival in arrivals if arrival.notice == shipment.notice])
        for shipment in shipments
    ]
    in_turn = sorted(arrivals, key=lambda arrival: arrival.received_on)
    return tuple(
        _lay(shipment, [arrival for arrival in in_turn if _could_hold(shipment, arrival, calendar)])
        for shipment in laid
    )


def _could_hold(shipment: Shipment, arrival: _Arrival, calendar: BusinessCalendar) -> bool:
    """Say whether the goods had left when the receipt was booked."""
    return left_on(shipment, calendar) <= arrival.received_on


def _lay(shipment: Shipment, arrivals: Iterable[_Arrival]) -> Shipment:
    for arrival in arrivals:
        taken = min(arrival.left, shipment.outstanding)
        if taken > 0:
            arrival.left -= taken
            first = min(shipment.first_receipt or arrival.received_on, arrival.received_on)
            shipment = replace(shipment, received=shipment.received + taken, first_receipt=first)
    return shipment
