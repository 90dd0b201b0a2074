"""The disjoint buckets that an ordered quantity is split into, so that one problem opens one case. Pure.

Each piece sits in the furthest bucket it has reached (TAXONOMY, Buckets); each bucket has at most one
exception type that owns it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from exceptions_app.detection.bills import Bills
from exceptions_app.detection.counting import NOTHING, Counter
from exceptions_app.detection.goods import Goods, Shipment
from exceptions_app.detection.offers import Day, Offer


class Bucket(StrEnum):
    """Where a piece of the ordered quantity is, from nowhere to the shelf."""

    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"
    ANSWER_LATE = "answer_late"
    UNREADABLE = "unreadable"
    NOT_OFFERED = "not_offered"
    INCOMPLETE = "incomplete"
    LATE = "late"
    LATE_IN_PART = "late_in_part"
    EARLY = "early"
    CONFIRMED = "confirmed"
    NOTICE_MISSING = "notice_missing"
    OVERDUE = "overdue"
    LEFT_OUT = "left_out"
    UNDER_WAY = "under_way"
    DELAYED = "delayed"
    NOT_RECEIVED = "not_received"
    CREDITED = "credited"
    DAMAGED = "damaged"
    RECEIVED = "received"
    AGREED = "agreed"


#: The exception type that owns each bucket; pieces in the others are as they should be, or nobody's.
OWNERS = {
    Bucket.REJECTED: "line_rejected",
    Bucket.ANSWER_LATE: "confirmation_late",
    Bucket.NOT_OFFERED: "quantity_short",
    Bucket.INCOMPLETE: "answer_incomplete",
    Bucket.LATE: "date_later",
    Bucket.LATE_IN_PART: "backorder",
    Bucket.EARLY: "date_earlier",
    Bucket.NOTICE_MISSING: "ship_notice_missing",
    Bucket.OVERDUE: "delivery_overdue",
    Bucket.LEFT_OUT: "ship_notice_short",
    Bucket.DELAYED: "shipment_delayed",
    Bucket.NOT_RECEIVED: "receipt_short",
    Bucket.DAMAGED: "receipt_damaged",
}
LADDER = tuple(Bucket)


class Move(NamedTuple):
    """Just after that moment time alone moves a piece into another bucket."""

    at: datetime
    to: Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some of the ordered quantity (counted in the base unit) that shares one fate.

    `wanted`: the day the ERP asks for; `promised`: the day that was promised or agreed instead. `since`: when
    it came to be missing. `moves`: when time alone would move it, and where. `hidden`: the buckets it may be
    in by now, could we see further than `blind_since`.
    """

    bucket: Bucket
    quantity: Decimal
    wanted: Day | None = None
    promised: Day | None = None
    shipment: Shipment | None = None
    since: datetime | None = None
    moves: tuple[Move, ...] = ()
    hidden: tuple[Bucket, ...] = ()
    blind_since: datetime | None = None

    @property
    def due(self) -> Day | None:
        """The promised day, else the day that is wanted."""
        return self.promised or self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBuckets:
    """The pieces of one order line at one moment, with what they were judged from.

    `bills` None: a billed quantity cannot be read.
    """

    counter: Counter
    ordered: Decimal
    goods: Goods
    offer: Offer | None
    bills: Bills | None
    pieces: tuple[Piece, ...]

    def inside(self, *buckets: Bucket) -> list[Piece]:
        """Return the pieces in any of `buckets`."""
        return [piece for piece in self.pieces if piece.bucket in buckets]

    def counted(self, *buckets: Bucket) -> Decimal:
        """Return how much is in `buckets`, in the base unit."""
        return sum((piece.quantity for piece in self.inside(*buckets)), NOTHING)

    def quantity(self, *buckets: Bucket) -> Decimal:
        """Return how much is in `buckets`, in the unit of the order line."""
        return self.counter.in_order_unit(self.counted(*buckets))
