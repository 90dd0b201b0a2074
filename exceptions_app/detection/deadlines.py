"""By when something must have happened to a piece of an order line, and whether we can tell. Pure.

The supplier's duties (answering, sending a notice) run on the supplier's calendar; receiving, settling and
invoices on ours. A deadline that is only a date ends at close of business. Absence is judged strictly after
the deadline, and only as far as the stream that would have told us was read.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from erp_connectors.canonical.values import DateKind
from exceptions_app.detection.goods import Shipment, left_on
from exceptions_app.detection.offers import Day
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot
from exceptions_app.policies.values import Direction, Limit, LimitState, Tolerance

#: A deadline is missed strictly after it: the first moment at which looking again can tell.
JUST_AFTER = timedelta(microseconds=1)


def business_days(count: int) -> Tolerance:
    """Return the tolerance of so many business days."""
    return Tolerance(amount=Limit(LimitState.VALUE, Decimal(count)))


ONE_BUSINESS_DAY = business_days(1)
THREE_BUSINESS_DAYS = business_days(3)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, and until when the stream is seen that would have told us; `seen_until` None is blind."""

    at: datetime
    seen_until: datetime | None

    def is_over(self, as_of: datetime) -> bool:
        """Say whether the moment has passed, seen or not."""
        return as_of > self.at

    def is_missed(self, as_of: datetime) -> bool:
        """Say whether the moment has passed and we would know, had it been kept."""
        return self.is_over(as_of) and self.seen_until is not None and self.seen_until > self.at


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines of one order line (TAXONOMY: Terms, Settle, Tolerance)."""

    snapshot: OrderSnapshot
    line: LineSnapshot

    # --- days ---------------------------------------------------------------------------------------

    def days_late(self, wanted: Day, promised: Day) -> int | None:
        """Return by how many business days `promised` is after `wanted`; None when they cannot be compared.

        A ship date becomes a delivery date only by the lead time of the supplier's profile.
        """
        if wanted.kind is promised.kind:
            return self.snapshot.calendar.business_days_between(wanted.on, promised.on)
        wanted_on, promised_on = self._by_lead_time(wanted), self._by_lead_time(promised)
        if wanted_on is None or promised_on is None:
            return None
        return self.snapshot.calendar.business_days_between(wanted_on, promised_on)

    def is_late(self, type_code: str, wanted: Day, promised: Day) -> bool:
        """Say whether `promised` is later than `wanted` by more than the tolerance of that type."""
        days = self.days_late(wanted, promised)
        tolerance = self.line.tolerances.get(type_code, Direction.UNDER, ONE_BUSINESS_DAY)
        return days is not None and days > 0 and not tolerance.allows(Decimal(days), Decimal(0))

    def is_early(self, type_code: str, wanted: Day, promised: Day) -> bool:
        """Say whether `promised` is earlier than `wanted` by more than the tolerance of that type."""
        days = self.days_late(wanted, promised)
        tolerance = self.line.tolerances.get(type_code, Direction.OVER, THREE_BUSINESS_DAYS)
        return days is not None and days < 0 and not tolerance.allows(Decimal(-days), Decimal(0))

    def delivery_on(self, day: Day) -> date:
        """Return when goods are owed here: a ship date plus its lead time, else plus the transit term."""
        return self._by_lead_time(day) or self.snapshot.calendar.shift_days(
            day.on, self.snapshot.terms.transit_days
        )

    def _by_lead_time(self, day: Day) -> date | None:
        if day.kind is DateKind.DELIVERY:
            return day.on
        lead = self.snapshot.terms.ship_to_delivery_days
        return None if lead is None else self.snapshot.calendar.shift_days(day.on, lead)

    # --- deadlines ----------------------------------------------------------------------------------

    def answer(self) -> Deadline | None:
        """Return by when the line must be answered; None when no answer is owed."""
        asked_at = self.line.position.asked_at or self.line.position.released_at
        if asked_at is None or not self.snapshot.terms.expects_confirmation:
            return None
        due = self.snapshot.supplier_calendar.add_business_days(asked_at, self.snapshot.terms.confirm_days)
        return Deadline(due, self.snapshot.sight.confirmations)

    def notice(self, promised: Day) -> Deadline | None:
        """Return by when a ship notice must have come; None when the supplier sends none."""
        if not self.snapshot.terms.expects_ship_notice:
            return None
        calendar, day = self.snapshot.supplier_calendar, promised.on
        if promised.kind is DateKind.DELIVERY:
            day = calendar.shift_days(day, -self.snapshot.terms.transit_days)
        return Deadline(calendar.end_of_business(day), self.snapshot.sight.ship_notices)

    def delivery(self, promised: Day, shipment: Shipment | None = None) -> Deadline | None:
        """Return by when the goods must have arrived: the promise, or transit after a late departure."""
        calendar, day = self.snapshot.calendar, self.delivery_on(promised)
        if shipment is not None and left_on(shipment, calendar) > day:
            day = calendar.shift_days(left_on(shipment, calendar), self.snapshot.terms.transit_days)
        grace = whole_days(self.line.tolerances.get("delivery_overdue", Direction.UNDER, ONE_BUSINESS_DAY))
        if grace is None:
            return None
        return self.close_of(day, grace, self._goods_seen_until(shipment))

    def close_of(self, day: date, grace: int, seen_until: datetime | None) -> Deadline:
        """Return the close of business `grace` business days after `day`, or after the next open day."""
        calendar = self.snapshot.calendar
        last = calendar.shift_days(calendar.next_business_day(day), grace)
        return Deadline(calendar.end_of_business(last), seen_until)

    def settle(self, shipment: Shipment) -> Deadline | None:
        """Return when a shipment of which something has arrived counts as arrived; None before that."""
        if shipment.first_receipt is None:
            return None
        day = max(shipment.first_receipt, self.snapshot.calendar.local_date(shipment.noticed_at))
        return self.settle_on(day)

    def settle_on(self, day: date) -> Deadline:
        """Return when goods of which something arrived on `day` count as counted."""
        calendar = self.snapshot.calendar
        at = calendar.end_of_business(calendar.shift_days(day, self.snapshot.terms.settle_days))
        return Deadline(at, self.snapshot.sight.receipts)

    def _goods_seen_until(self, shipment: Shipment | None) -> datetime | None:
        """Both streams would have told of goods neither shipped nor received; of shipped goods, one."""
        sight = self.snapshot.sight
        if shipment is not None or not self.snapshot.terms.expects_ship_notice:
            return sight.receipts
        return earliest_sight(sight.receipts, sight.ship_notices)


def earliest_sight(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return until when both streams are seen; None when one is blind."""
    return min(one, other) if one is not None and other is not None else None


def whole_days(tolerance: Tolerance) -> int | None:
    """Return how many whole days a tolerance grants; None when it is not checked at all."""
    if tolerance.amount.state is LimitState.UNCHECKED:
        return None
    return int(tolerance.amount.value) if tolerance.amount.state is LimitState.VALUE else 0


def earliest(*moments: datetime | None) -> datetime | None:
    """Return the earliest of the moments that are known."""
    return min((moment for moment in moments if moment is not None), default=None)
