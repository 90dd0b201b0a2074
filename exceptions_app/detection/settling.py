"""What agreements do to the pieces of an order line: on to the agreed day, or out of sight. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.detection.agreements import Aspect, Holding
from exceptions_app.detection.buckets import LADDER, OWNERS, Bucket, Move, Piece
from exceptions_app.detection.counting import Counter
from exceptions_app.detection.goods import Goods
from exceptions_app.detection.judge import Judge
from exceptions_app.detection.offers import Day

#: Accepting one of these accepts the day that was promised.
DAY_BUCKETS = (Bucket.LATE, Bucket.LATE_IN_PART, Bucket.EARLY)
#: The type of goods on which a day can be agreed though it owns none of their buckets.
BROUGHT_AGAIN = "carrier_exception"
NOTICE_AND_DELIVERY = (Bucket.NOTICE_MISSING, Bucket.OVERDUE)


def settle(
    pieces: Iterable[Piece],
    agreements: Iterable[Holding],
    judge: Judge,
    *,
    counter: Counter,
    given_back: Decimal,
) -> list[Piece]:
    """Return the pieces after what was agreed on the quantity, the first bucket an agreement covers first.

    `given_back`: what credit notes gave back, counted; an agreed credit settles only what they have not yet.
    """
    pieces = list(pieces)
    for agreed in sorted(agreements, key=_rung):
        if Aspect.QUANTITY not in agreed.aspects:
            continue
        covered = _covered(agreed, counter, judge)
        if agreed.agreement.kind is AgreementKind.CREDIT and covered is not None:
            kept = min(covered, given_back)
            covered, given_back = covered - kept, given_back - kept
        pieces = list(_settled(pieces, agreed, covered, judge))
    return pieces


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


def _covered(agreed: Holding, counter: Counter, judge: Judge) -> Decimal | None:
    """Return how much an agreement covers, counted; None: all of it."""
    quantity = agreed.agreement.quantity
    if quantity is None:
        return None
    return counter.count(replace(judge.line.position.line.quantity, value=quantity))


def _settled(pieces: Iterable[Piece], agreed: Holding, left: Decimal | None, judge: Judge) -> Iterator[Piece]:
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


def _moved_on(piece: Piece, agreed: Holding, judge: Judge) -> Piece:
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
