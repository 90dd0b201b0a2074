"""Splits the ordered quantity of a line into pieces, each in the furthest bucket it has reached. Pure.

The pieces of a line always add up to the ordered quantity.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.detection.agreements import Aspect, Holding
from exceptions_app.detection.bills import bills_of
from exceptions_app.detection.buckets import LADDER, Bucket, LineBuckets, Piece
from exceptions_app.detection.counting import NOTHING, counter_of
from exceptions_app.detection.deadlines import Deadlines
from exceptions_app.detection.goods import Goods, goods_of
from exceptions_app.detection.judge import Judge
from exceptions_app.detection.offers import Firmness, Offer, read_offer
from exceptions_app.detection.settling import settle
from exceptions_app.detection.slices import Slice, cut, demand_of, meet
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot


def split(
    snapshot: OrderSnapshot, line: LineSnapshot, agreements: Sequence[Holding], as_of: datetime
) -> LineBuckets:
    """Return the pieces of `line` at `as_of`, after what the `agreements` that hold have settled."""
    counter = counter_of(line)
    ordered = counter.count(line.position.line.quantity)
    goods = goods_of(line.position, counter, snapshot.calendar)
    offer = read_offer(snapshot, line.position, counter, is_trusted=_is_trusted(agreements))
    judge = Judge(snapshot, line, goods, offer, Deadlines(snapshot, line), as_of)
    curve = meet(demand_of(line, ordered, counter), offer.supplies if offer else ())
    curve = [judge.moved_along(part) for part in curve]
    received, rest = cut(curve, goods.received)
    under_way, rest = cut(rest, goods.reached - goods.received)
    pieces = [
        *_received(received, goods),
        *_shipped(under_way, goods, judge),
        *_open(rest, curve, offer, judge),
    ]
    bills = bills_of(line, counter)
    given_back = bills.credited if bills else NOTHING
    pieces = _credited(pieces, given_back)
    pieces = settle(pieces, agreements, judge, counter=counter, given_back=given_back)
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


# --- what has arrived, and what is under way --------------------------------------------------------------


def _received(slices: Sequence[Slice], goods: Goods) -> Iterator[Piece]:
    good, damaged = cut(slices, goods.received - goods.damaged)
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


def _shipped(slices: list[Slice], goods: Goods, judge: Judge) -> Iterator[Piece]:
    for shipment in goods.shipments:
        carried, slices = cut(slices, shipment.outstanding)
        for part in carried:
            yield judge.under_way(replace(_piece(Bucket.UNDER_WAY, part), shipment=shipment))


# --- what is neither here nor under way -------------------------------------------------------------------


def _open(slices: list[Slice], curve: list[Slice], offer: Offer | None, judge: Judge) -> Iterator[Piece]:
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
    rejected, unoffered = cut(missing, total if offer.rejects_the_rest else offer.rejected or NOTHING)
    pieces = [_piece(Bucket.REJECTED, part) for part in rejected]
    return pieces + [_piece(Bucket.NOT_OFFERED, part) for part in unoffered], offered


def _offered(slices: Iterable[Slice], curve: Iterable[Slice], judge: Judge) -> Iterator[Piece]:
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
