"""Splits the ordered quantity of a line into disjoint buckets, so that one problem opens one case. Pure.

Each piece sits in the furthest bucket it has reached (TAXONOMY, Buckets); each bucket has at most one
exception type that owns it. The pieces of a line always add up to the ordered quantity.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from erp_connectors.canonical.documents import OrderState
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.detection.agreements import Aspect, Holding
from exceptions_app.detection.bills import Bills, bills_of
from exceptions_app.detection.counting import NOTHING, Counter, counter_of
from exceptions_app.detection.deadlines import Deadline, Deadlines
from exceptions_app.detection.goods import Goods, Shipment, goods_of
from exceptions_app.detection.offers import Day, Firmness, Offer, Supply, read_offer
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot


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


def split(
    snapshot: OrderSnapshot, line: LineSnapshot, agreements: Sequence[Holding], as_of: datetime
) -> LineBuckets:
    """Return the pieces of `line` at `as_of`, after what the `agreements` that hold have settled."""
    counter = counter_of(line)
    ordered = counter.count(line.position.line.quantity)
    goods = goods_of(line.position, counter, snapshot.calendar)
    offer = read_offer(snapshot, line.position, counter, is_trusted=_is_trusted(agreements))
    judge = _Judge(snapshot, line, goods, offer, Deadlines(snapshot, line), as_of)
    curve = _meet(_demand(line, ordered, counter), offer.supplies if offer else ())
    curve = [judge.moved_along(part) for part in curve]
    received, rest = _cut(curve, goods.received)
    under_way, rest = _cut(rest, goods.reached - goods.received)
    pieces = [
        *_received(received, goods),
        *_shipped(under_way, goods, judge),
        *_open(rest, curve, offer, judge),
    ]
    bills = bills_of(line, counter)
    given_back = bills.credited if bills else NOTHING
    pieces = _credited(pieces, given_back)
    for agreed in sorted(agreements, key=_rung):
        if Aspect.QUANTITY not in agreed.aspects:
            continue
        covered = _covered(agreed, counter, judge)
        if agreed.agreement.kind is AgreementKind.CREDIT and covered is not None:
            kept = min(covered, given_back)
            covered, given_back = covered - kept, given_back - kept
        pieces = list(_settled(pieces, agreed, covered, judge))
    return LineBuckets(
        counter=counter,
        ordered=ordered,
        goods=goods,
        offer=offer,
        bills=bills,
        pieces=tuple(_joined(pieces)),
    )


def _is_trusted(agreements: Iterable[Holding]) -> bool:
    """Say whether it was decided that a doubtful answer holds as it is."""
    return any(
        agreed.agreement.type_code == "answer_conflict"
        and agreed.agreement.kind is not AgreementKind.WAIT_UNTIL
        and Aspect.QUANTITY in agreed.aspects
        for agreed in agreements
    )


# --- supply against demand ----------------------------------------------------------------------------


class Slice(NamedTuple):
    """A part of the demand and the part of the supply that meets it; None where nothing is offered."""

    quantity: Decimal
    wanted: Day | None
    supply: Supply | None

    @property
    def promised(self) -> Day | None:
        """The day that was promised for it."""
        return self.supply.day if self.supply else None


def _demand(line: LineSnapshot, ordered: Decimal, counter: Counter) -> list[tuple[Decimal, Day | None]]:
    """Return what the ERP wants by when; a schedule that does not add up is cut or filled at its end."""
    demand: list[tuple[Decimal, Day | None]] = []
    left = ordered
    for part in sorted(line.position.line.schedule, key=lambda part: part.date):
        taken = min(counter.count(part.quantity), left)
        left -= taken
        demand.append((taken, Day(part.date, part.date_kind)))
    last = demand[-1][1] if demand else None
    return [*demand, (left, last)]


def _meet(demand: Iterable[tuple[Decimal, Day | None]], supplies: Iterable[Supply]) -> list[Slice]:
    """Compare the supply curve with the demand curve: the first piece offered meets the first one wanted."""
    slices: list[Slice] = []
    waiting = list(supplies)
    for wanted, day in demand:
        while wanted > 0:
            if not waiting:
                slices.append(Slice(wanted, day, None))
                break
            supply = waiting[0]
            taken = min(wanted, supply.quantity)
            wanted -= taken
            waiting[0] = supply._replace(quantity=supply.quantity - taken)
            if waiting[0].quantity <= 0:
                del waiting[0]
            if taken > 0:
                slices.append(Slice(taken, day, supply))
    return slices


def _cut(slices: Iterable[Slice], quantity: Decimal) -> tuple[list[Slice], list[Slice]]:
    """Return the first `quantity` of the slices, and the rest."""
    first: list[Slice] = []
    rest: list[Slice] = []
    for part in slices:
        taken = max(min(part.quantity, quantity), NOTHING)
        quantity -= taken
        if taken > 0:
            first.append(part._replace(quantity=taken))
        if part.quantity > taken:
            rest.append(part._replace(quantity=part.quantity - taken))
    return first, rest


# --- what has arrived, and what is under way --------------------------------------------------------------


def _received(slices: Sequence[Slice], goods: Goods) -> Iterator[Piece]:
    good, damaged = _cut(slices, goods.received - goods.damaged)
    yield from (_piece(Bucket.RECEIVED, part) for part in good)
    yield from (_piece(Bucket.DAMAGED, part) for part in damaged)


def _credited(pieces: list[Piece], given_back: Decimal) -> list[Piece]:
    """Return the pieces with what was given back settled: goods that are missing first, then damaged ones."""
    if not given_back:
        return pieces
    for bucket in (Bucket.NOT_RECEIVED, Bucket.DAMAGED):
        settled = []
        for piece in pieces:
            taken = min(piece.quantity, given_back) if piece.bucket is bucket else NOTHING
            given_back -= taken
            settled.append(replace(piece, bucket=Bucket.CREDITED, quantity=taken, since=None))
            settled.append(replace(piece, quantity=piece.quantity - taken))
        pieces = settled
    return pieces


def _shipped(slices: list[Slice], goods: Goods, judge: "_Judge") -> Iterator[Piece]:
    for shipment in goods.shipments:
        carried, slices = _cut(slices, shipment.outstanding)
        for part in carried:
            yield judge.under_way(replace(_piece(Bucket.UNDER_WAY, part), shipment=shipment))


# --- what is neither here nor under way -------------------------------------------------------------------


def _open(slices: list[Slice], curve: list[Slice], offer: Offer | None, judge: "_Judge") -> Iterator[Piece]:
    position = judge.line.position
    if judge.is_unwanted:
        yield from (_piece(Bucket.CANCELLED, part) for part in slices)
    elif judge.is_final:
        refused, left = _refused(slices, offer)
        yield from refused
        yield from (_piece(Bucket.LEFT_OUT, part) for part in left)
    elif position.answer is None:
        yield from (judge.unanswered(_piece(Bucket.UNANSWERED, part)) for part in slices)
    elif offer is None:
        yield from (_piece(Bucket.UNREADABLE, part) for part in slices)
    elif offer.is_on_hold:
        yield from (_piece(Bucket.INCOMPLETE, part) for part in slices)
    else:
        refused, answered = _refused(slices, offer)
        yield from refused
        yield from _offered(answered, curve, judge)


def _refused(slices: Sequence[Slice], offer: Offer | None) -> tuple[list[Piece], list[Slice]]:
    """Return what a complete answer rejects or does not offer, and the slices it does offer."""
    if offer is None or offer.is_on_hold:
        return [], list(slices)
    offered = [part for part in slices if part.supply is not None]
    missing = [part for part in slices if part.supply is None]
    total = sum((part.quantity for part in missing), NOTHING)
    rejected, unoffered = _cut(missing, total if offer.rejects_the_rest else offer.rejected or NOTHING)
    pieces = [_piece(Bucket.REJECTED, part) for part in rejected]
    return pieces + [_piece(Bucket.NOT_OFFERED, part) for part in unoffered], offered


def _offered(slices: Iterable[Slice], curve: Iterable[Slice], judge: "_Judge") -> Iterator[Piece]:
    """Late when all of the whole answer is late; late in part when any of it is in time.

    Early is what is early in an answer of which nothing is late: of 150, 0, 150 for 100 a week 50 are late,
    and that is all there is to say.
    """
    firm = [part for part in curve if part.promised]
    is_all_late = all(judge.is_late("date_later", part) for part in firm)
    is_part_in_time = any(not judge.is_late("backorder", part) for part in firm)
    late = Bucket.LATE if is_all_late else Bucket.LATE_IN_PART
    type_code = "backorder" if is_part_in_time and not is_all_late else "date_later"
    is_any_late = any(judge.is_late(type_code, part) for part in firm)
    for part in slices:
        if part.supply is not None and part.supply.firmness is Firmness.OPEN:
            yield _piece(Bucket.INCOMPLETE, part)
        elif judge.is_late(type_code, part):
            yield _piece(late, part)
        else:
            is_early = judge.is_early(part) and not is_any_late
            yield judge.confirmed(_piece(Bucket.EARLY if is_early else Bucket.CONFIRMED, part))


def _piece(bucket: Bucket, part: Slice) -> Piece:
    return Piece(bucket=bucket, quantity=part.quantity, wanted=part.wanted, promised=part.promised)


# --- what time does to a piece ------------------------------------------------------------------------------


class Step(NamedTuple):
    """A deadline a piece waits for, and where it is after it; `unread_at`: when something may have come."""

    deadline: Deadline | None
    to: Bucket
    unread_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says where a piece is at one moment, by the deadlines of its line."""

    snapshot: OrderSnapshot
    line: LineSnapshot
    goods: Goods
    offer: Offer | None
    deadlines: Deadlines
    as_of: datetime

    @property
    def is_unwanted(self) -> bool:
        """Cancelled, closed in the ERP, or gone from the order: nothing more is expected."""
        position = self.line.position
        is_over = position.state in (OrderState.CANCELLED, OrderState.CLOSED)
        return is_over or position.line.cancelled or not position.is_present

    @property
    def is_final(self) -> bool:
        """A ship notice said that no more comes, and the supplier has said nothing new since."""
        if self.goods.final_at is None:
            return False
        answer = self.line.position.answer
        return answer is None or answer.first_said_at <= self.goods.final_at

    def is_late(self, type_code: str, part: Slice) -> bool:
        """Say whether a slice is promised for later than wanted, beyond the tolerance of the type."""
        if part.wanted is None or part.promised is None:
            return False
        return self.deadlines.is_late(type_code, part.wanted, part.promised)

    def is_early(self, part: Slice) -> bool:
        """Say whether a slice is promised for earlier than wanted, beyond tolerance."""
        if part.wanted is None or part.promised is None:
            return False
        return self.deadlines.is_early("date_earlier", part.wanted, part.promised)

    def moved_along(self, part: Slice) -> Slice:
        """Return a slice promised for the day it is wanted, where the ERP put that off after the answer."""
        scheduled_since = self.line.position.scheduled_since
        if self.offer is None or part.supply is None or part.wanted is None or part.promised is None:
            return part
        if scheduled_since is None or scheduled_since <= self.offer.fact.version.document_time:
            return part
        days = self.deadlines.days_late(part.wanted, part.promised)
        if days is None or days >= 0:
            return part
        return part._replace(supply=part.supply._replace(day=part.wanted))

    def unanswered(self, piece: Piece) -> Piece:
        """Late after its due time; where goods come anyway, or no answer is owed, as good as confirmed."""
        is_coming = self.goods.has_unread_notice or self.goods.has_unread_receipt
        if is_coming or not self.snapshot.terms.expects_confirmation:
            return self.confirmed(replace(piece, bucket=Bucket.CONFIRMED))
        return self._wait(piece, [Step(self.deadlines.answer(), Bucket.ANSWER_LATE)])

    def confirmed(self, piece: Piece) -> Piece:
        """To be announced by notice time and here by the promised day; delayed where a carrier says so."""
        if piece.due is None:
            return piece
        if self._is_delayed(piece.due, self.goods.expected_on, self.goods.stated_at):
            return replace(piece, bucket=Bucket.DELAYED, since=self.goods.stated_at)
        unread = [self.goods.unread_notice_at, self.goods.unread_receipt_at]
        unannounced_until = min((at for at in unread if at is not None), default=None)
        steps = [
            Step(self.deadlines.notice(piece.due), Bucket.NOTICE_MISSING, unannounced_until),
            Step(self.deadlines.delivery(piece.due), Bucket.OVERDUE, self.goods.unread_receipt_at),
        ]
        return self._wait(piece, steps)

    def under_way(self, piece: Piece) -> Piece:
        """Partly arrived: the rest is missing after settling. Not at all: delayed as stated, or overdue."""
        if piece.shipment is None or self._is_written_off:
            return piece
        unread_at = self.goods.unread_receipt_at
        settle = self.deadlines.settle(piece.shipment)
        if settle is not None:
            return self._wait(piece, [Step(settle, Bucket.NOT_RECEIVED, unread_at)])
        if piece.due is None:
            return piece
        if self._is_delayed(piece.due, piece.shipment.expected_on, piece.shipment.stated_at):
            return replace(piece, bucket=Bucket.DELAYED, since=piece.shipment.stated_at)
        delivery = self.deadlines.delivery(piece.due, piece.shipment)
        return self._wait(piece, [Step(delivery, Bucket.OVERDUE, unread_at)])

    def _is_delayed(self, due: Day, expected_on: date | None, stated_at: datetime | None) -> bool:
        """Say whether goods were stated to arrive late before anything came that nobody can read."""
        if expected_on is None or stated_at is None:
            return False
        unread_at = self.goods.unread_receipt_at
        is_known = unread_at is None or stated_at < unread_at
        return is_known and self.deadlines.is_late("shipment_delayed", due, Day(expected_on))

    @property
    def _is_written_off(self) -> bool:
        """A cancelled line waits for nothing; a closed one still for what was shipped."""
        return self.is_unwanted and self.line.position.state is not OrderState.CLOSED

    def _wait(self, piece: Piece, steps: Sequence[Step]) -> Piece:
        """Return the piece as far as missed deadlines have moved it; the last step goes furthest."""
        for deadline, bucket, unread_at in steps:
            if deadline is None or (unread_at is not None and unread_at <= deadline.at):
                continue
            if deadline.is_missed(self.as_of):
                piece = replace(piece, bucket=bucket, since=deadline.at, hidden=(), blind_since=None)
            elif deadline.is_over(self.as_of):
                piece = _hide(piece, bucket, deadline)
            else:
                piece = replace(piece, moves=(*piece.moves, Move(deadline.at, bucket)))
        return piece


def _hide(piece: Piece, bucket: Bucket, deadline: Deadline) -> Piece:
    """The deadline is over, and the stream was not read since: blind since its watermark, or the deadline."""
    blind_since = deadline.seen_until or deadline.at
    return replace(
        piece,
        hidden=(*piece.hidden, bucket),
        blind_since=min(piece.blind_since or blind_since, blind_since),
    )


# --- agreements ---------------------------------------------------------------------------------------------

#: Accepting one of these accepts the day that was promised.
DAY_BUCKETS = (Bucket.LATE, Bucket.LATE_IN_PART, Bucket.EARLY)
#: The type of goods on which a day can be agreed though it owns none of their buckets.
BROUGHT_AGAIN = "carrier_exception"
NOTICE_AND_DELIVERY = (Bucket.NOTICE_MISSING, Bucket.OVERDUE)


def _rung(agreed: Holding) -> tuple[int, int]:
    covers = _covers(agreed)
    return (LADDER.index(covers[0]) if covers else len(LADDER), agreed.agreement.id)


def _covers(agreed: Holding) -> tuple[Bucket, ...]:
    """Return the buckets an agreement takes pieces from; an agreed day holds for notice and delivery.

    The day on which a carrier brings goods again is agreed for their delivery.
    """
    if agreed.agreement.agreed_on and agreed.agreement.type_code == BROUGHT_AGAIN:
        return (Bucket.OVERDUE,)
    owned = tuple(bucket for bucket, owner in OWNERS.items() if owner == agreed.agreement.type_code)
    if agreed.agreement.agreed_on and owned and owned[0] in NOTICE_AND_DELIVERY:
        return NOTICE_AND_DELIVERY
    return owned


def _covered(agreed: Holding, counter: Counter, judge: _Judge) -> Decimal | None:
    """Return how much an agreement covers, counted; None: all of it."""
    quantity = agreed.agreement.quantity
    return (
        None
        if quantity is None
        else counter.count(replace(judge.line.position.line.quantity, value=quantity))
    )


def _settled(
    pieces: Iterable[Piece], agreed: Holding, left: Decimal | None, judge: _Judge
) -> Iterator[Piece]:
    """Yield the pieces with what the agreement covers moved on: to its agreed day, or out of sight.

    `left`: how much it covers, counted; None: all of it.
    """
    covers = _covers(agreed)
    for piece in pieces:
        taken = min(piece.quantity, piece.quantity if left is None else left)
        if piece.bucket not in covers or taken <= 0:
            yield piece
            continue
        if left is not None:
            left -= taken
        yield _with_moves_of(piece, _moved_on(replace(piece, quantity=taken), agreed, judge), agreed)
        if piece.quantity > taken:
            yield replace(piece, quantity=piece.quantity - taken)


def _moved_on(piece: Piece, agreed: Holding, judge: _Judge) -> Piece:
    agreed_on = agreed.agreement.agreed_on
    fresh = replace(piece, since=None, moves=(), hidden=(), blind_since=None)
    if agreed_on is not None:
        fresh = replace(fresh, promised=Day(agreed_on))
    elif piece.bucket is Bucket.DELAYED and (expected_on := _expected_on(piece, judge.goods)) is not None:
        fresh = replace(fresh, promised=Day(expected_on))
    elif piece.bucket not in DAY_BUCKETS:
        return replace(fresh, bucket=Bucket.AGREED)
    if piece.shipment is not None:
        return judge.under_way(replace(fresh, bucket=Bucket.UNDER_WAY))
    return judge.confirmed(replace(fresh, bucket=Bucket.CONFIRMED))


def _expected_on(piece: Piece, goods: Goods) -> date | None:
    """Return when a piece was stated to arrive."""
    return piece.shipment.expected_on if piece.shipment else goods.expected_on


def _with_moves_of(before: Piece, piece: Piece, agreed: Holding) -> Piece:
    """Add when time moves the piece out of the agreement: where it would have moved, or when a wait ends."""
    ends = (Move(agreed.ends_at, before.bucket),) if agreed.ends_at is not None else ()
    return replace(piece, moves=(*piece.moves, *before.moves, *ends))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces with equal fate as one, in order of the ladder and of their days."""
    fates: dict[Piece, Decimal] = {}
    for piece in pieces:
        fate = replace(piece, quantity=NOTHING)
        fates[fate] = fates.get(fate, NOTHING) + piece.quantity
    order = sorted(
        fates, key=lambda fate: (LADDER.index(fate.bucket), fate.wanted or (), fate.promised or ())
    )
    yield from (replace(fate, quantity=fates[fate]) for fate in order if fates[fate])
