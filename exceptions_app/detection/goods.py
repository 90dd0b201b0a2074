"""What is under way and what has arrived of one order line, shipment by shipment. Pure.

Receipts that name their ship notice belong to it; others go to the oldest shipment that had left by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from erp_connectors.canonical.documents import ShipmentEvent
from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.position import LinePosition, ReceiptFact, ShipmentFact, StatusFact
from erp_connectors.documents.units import UnitUnknown
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.detection.counting import NOTHING, Counter

#: What happened to goods that do not go on to us by themselves.
STOPPED = frozenset(
    {ShipmentEvent.REFUSED, ShipmentEvent.DAMAGED, ShipmentEvent.LOST, ShipmentEvent.RETURNED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What one ship notice carries of the line and what has arrived of it, first on `first_receipt`.

    `expected_on`: the newest arrival that the supplier or a carrier stated, at `stated_at`.
    """

    notice: str
    noticed_at: datetime
    shipped_on: date | None
    expected_on: date | None
    stated_at: datetime
    shipped: Decimal
    received: Decimal = NOTHING
    first_receipt: date | None = None

    @property
    def outstanding(self) -> Decimal:
        """What was shipped and has not arrived."""
        return max(self.shipped - self.received, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Shipments (oldest first) and totals, counted.

    Quantities nobody can read are left out; `unread_notice_at` and `unread_receipt_at` are when the first of
    them was said. What was missing by then stays so, what came to be missing later may have come with them:
    an unknown quantity neither opens nor clears anything, in whatever order documents arrive.
    `damaged`: received and not fit for use, whether broken or refused; `returned`: received and sent back.
    `final_at`: when the newest notice that is final for the line said so first. `expected_on`: the newest
    arrival a carrier stated of goods for which there is no notice, at `stated_at`.
    """

    shipments: tuple[Shipment, ...] = ()
    received: Decimal = NOTHING
    damaged: Decimal = NOTHING
    returned: Decimal = NOTHING
    unread_notice_at: datetime | None = None
    unread_receipt_at: datetime | None = None
    final_at: datetime | None = None
    expected_on: date | None = None
    stated_at: datetime | None = None
    unknown_units: frozenset[str] = field(default=frozenset())

    @property
    def has_unread_notice(self) -> bool:
        """Whether a notice carries a quantity nobody can read."""
        return self.unread_notice_at is not None

    @property
    def has_unread_receipt(self) -> bool:
        """Whether a receipt booked a quantity nobody can read."""
        return self.unread_receipt_at is not None

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
    shipments = _shipments(position, reader, calendar)
    unread_notice = reader.take_failures()
    arrivals = [_Arrival.read(fact, reader) for fact in position.receipts]
    damaged = sum((_unfit(fact, reader) for fact in position.receipts), NOTHING)
    returned = [(fact.returned, fact.version.document_time) for fact in position.receipts if fact.returned]
    sent_back = sum((reader.amount(part, said) for part, said in returned), NOTHING)
    unread_receipt = reader.take_failures()
    without_notice = [status for status in position.statuses if not status.notices]
    stated = max(_arrivals_stated(without_notice, calendar), default=None)
    return Goods(
        shipments=_arrived(shipments, arrivals, calendar),
        received=sum((arrival.quantity for arrival in arrivals), NOTHING),
        damaged=damaged,
        returned=sent_back,
        unread_notice_at=unread_notice,
        unread_receipt_at=unread_receipt,
        final_at=max((said_at(fact) for fact in position.shipments if fact.final), default=None),
        expected_on=stated.on if stated else None,
        stated_at=stated.at if stated else None,
        unknown_units=frozenset(reader.unknown_units),
    )


def said_at(fact: ShipmentFact) -> datetime:
    """Return when a notice first said what it says: saying it again is no news."""
    return fact.first_said_at or fact.version.document_time


def surplus_of(goods: Goods, ordered: Decimal) -> list[tuple[Shipment, Decimal]]:
    """Return the shipments under way that carry more than was still open, and how much more each of them."""
    room = max(ordered - goods.received, NOTHING)
    surplus = []
    for shipment in goods.shipments:
        fits = min(room, shipment.outstanding)
        room -= fits
        if shipment.outstanding > fits:
            surplus.append((shipment, shipment.outstanding - fits))
    return surplus


def is_stopped(shipment: Shipment, statuses: Iterable[StatusFact]) -> bool:
    """Say whether the newest word of the carrier is that a shipment will not come as it is."""
    events = [event for each in statuses if shipment.notice in each.notices for event in each.events]
    newest = max(events, key=lambda event: event.at, default=None)
    return newest is not None and newest.kind in STOPPED


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
    """Counts quantities, and remembers since when there are some that nobody can read."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.unknown_units: set[str] = set()
        self._failed_at: datetime | None = None

    def amount(self, quantity: Quantity | None, said_at: datetime) -> Decimal:
        """Return a quantity said at that moment, counted; nothing when it cannot be read."""
        try:
            if quantity is not None:
                return self.counter.count(quantity)
        except UnitUnknown as unknown:
            self.unknown_units.add(unknown.unit)
        self._failed_at = min(self._failed_at or said_at, said_at)
        return NOTHING

    def take_failures(self) -> datetime | None:
        """Return when the first quantity was said that could not be read since this was asked last."""
        failed_at, self._failed_at = self._failed_at, None
        return failed_at


def _unfit(fact: ReceiptFact, reader: _Reader) -> Decimal:
    """Return what one receipt says is broken or refused."""
    parts = [part for part in (fact.damaged, fact.rejected) if part is not None]
    return sum((reader.amount(part, fact.version.document_time) for part in parts), NOTHING)


class _Stated(NamedTuple):
    """An arrival somebody stated, and when; what a carrier says at the same moment counts more."""

    at: datetime
    is_by_carrier: bool
    on: date


def _arrivals_stated(statuses: Iterable[StatusFact], calendar: BusinessCalendar) -> Iterator[_Stated]:
    """Yield the arrivals that carriers stated; goods that are delivered have arrived on that day."""
    for status in statuses:
        for event in status.events:
            arrived = calendar.local_date(event.at) if event.kind is ShipmentEvent.DELIVERED else None
            on = arrived or event.eta
            if on is not None:
                yield _Stated(event.at, is_by_carrier=True, on=on)


def _stated_of(
    newest: ShipmentFact, statuses: Iterable[StatusFact], calendar: BusinessCalendar
) -> _Stated | None:
    """Return the newest arrival that was stated of a shipment, in its notice or by its carrier."""
    stated = list(_arrivals_stated((s for s in statuses if newest.notice in s.notices), calendar))
    if newest.expected_on is not None:
        stated.append(_Stated(said_at(newest), is_by_carrier=False, on=newest.expected_on))
    return max(stated, default=None)


def _shipments(position: LinePosition, reader: _Reader, calendar: BusinessCalendar) -> list[Shipment]:
    """Return one shipment per notice. A cumulative figure above the sum stands for notices we missed."""
    shipments: list[Shipment] = []
    so_far = NOTHING
    for notice, group in groupby(position.shipments, key=lambda fact: fact.notice):
        of_notice = list(group)
        before = so_far
        for fact in of_notice:
            if fact.shipped is not None or fact.shipped_to_date is None:
                so_far += reader.amount(fact.shipped, said_at(fact))
        for fact in of_notice:
            if fact.shipped_to_date is not None:
                so_far = max(so_far, reader.amount(fact.shipped_to_date, said_at(fact)))
        newest = of_notice[-1]
        stated = _stated_of(newest, position.statuses, calendar)
        shipments.append(
            Shipment(
                notice=notice,
                noticed_at=said_at(newest),
                shipped_on=newest.shipped_on,
                expected_on=stated.on if stated else None,
                stated_at=stated.at if stated else said_at(newest),
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
        quantity = reader.amount(fact.received, fact.version.document_time)
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
