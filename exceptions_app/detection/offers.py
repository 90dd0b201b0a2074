"""The supplier's word on one order line, as far as it can be read. Pure.

What the newest answer leaves unsaid, or says in a unit nobody knows, is read from the answer before it: an
unreadable word neither opens nor clears anything, whatever the order in which documents arrive.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from erp_connectors.canonical.documents import LineAnswer, OfferedPart
from erp_connectors.canonical.values import DateKind, SchedulePart
from erp_connectors.documents.position import AnswerFact, LinePosition
from exceptions_app.detection.counting import NOTHING, Counter
from exceptions_app.detection.goods import goods_until
from exceptions_app.detection.snapshot import OrderSnapshot

ON_HOLD = frozenset({LineAnswer.HELD, LineAnswer.PRICE_PENDING})
#: Said without a quantity, it puts the whole line on hold.
PENDING = ON_HOLD | {LineAnswer.DATE_PENDING, LineAnswer.BACKORDERED}


class Day(NamedTuple):
    """A date and what it is about, delivery or shipping."""

    on: date
    kind: DateKind = DateKind.DELIVERY


class Firmness(StrEnum):
    """How sure a part of an offer is: promised for a day, still open, or under way when it was made."""

    FIRM = "firm"
    OPEN = "open"
    UNDER_WAY = "under_way"


class Supply(NamedTuple):
    """A counted part of an offer. `day` is known where the part is firm."""

    quantity: Decimal
    firmness: Firmness
    day: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The newest answer with a readable quantity, on total quantity, earliest parts first.

    `rejected` None: the answer does not say how much, if any, it rejects. `is_on_hold`: it names no
    quantity, and the whole line is on hold.
    """

    fact: AnswerFact
    supplies: tuple[Supply, ...]
    rejected: Decimal | None = None
    is_on_hold: bool = False

    @property
    def quantity(self) -> Decimal:
        """All that is offered, what was already under way included."""
        return sum((supply.quantity for supply in self.supplies), NOTHING)

    @property
    def rejects_the_rest(self) -> bool:
        """Say whether whatever is not offered is rejected."""
        return _rejects_all(self.fact)


def answers_of(position: LinePosition) -> Iterator[AnswerFact]:
    """Yield the answers to a line, newest first."""
    if position.answer is not None:
        yield position.answer
        yield from position.earlier_answers


def readable_answer(position: LinePosition, counter: Counter) -> AnswerFact | None:
    """Return the newest answer that gives quantities in known units, rejects the line, or puts it on hold."""
    return next((fact for fact in answers_of(position) if is_readable(fact, counter)), None)


def read_offer(
    snapshot: OrderSnapshot, position: LinePosition, counter: Counter, *, is_trusted: bool = False
) -> Offer | None:
    """Return what the newest answer offers that can be read and meant so; None when there is none.

    `is_trusted`: somebody has decided that an answer holds although it can hardly be meant so.
    """
    readable = (fact for fact in answers_of(position) if is_readable(fact, counter))
    fact = next(
        (one for one in readable if is_trusted or not doubtful_share(snapshot, position, one, counter)), None
    )
    if fact is None:
        return None
    if fact.offered is None:
        return Offer(fact=fact, supplies=(), is_on_hold=not PENDING.isdisjoint(fact.answers))
    return _read(snapshot, position, fact, fact.offered, counter)


def doubtful_share(
    snapshot: OrderSnapshot, position: LinePosition, fact: AnswerFact, counter: Counter
) -> Decimal:
    """Return by how much an answer cannot be meant as the supplier's answers are counted; mostly nothing.

    In all, it can be no less than what had been received when it was first said. What is still open can be no
    more than that, where the figure could be the total.
    """
    if not fact.offered or fact.as_ordered or not ON_HOLD.isdisjoint(fact.answers):
        return NOTHING
    if not position.receipts and (snapshot.terms.total_quantity or not position.shipments):
        return NOTHING
    said = sum((counter.count(part.quantity) for part in fact.offered), NOTHING)
    goods = goods_until(position, fact.first_said_at, counter, snapshot.calendar)
    if said <= 0 or goods.reached <= 0:
        return NOTHING
    if snapshot.terms.total_quantity:
        return max(goods.received - said, NOTHING)
    requested = [part.quantity for part in fact.requested] or [position.line.quantity]
    ordered = sum((counter.count(quantity) for quantity in requested), NOTHING)
    could_be_total = goods.reached <= said <= ordered
    return max(said + goods.reached - ordered, NOTHING) if could_be_total else NOTHING


def is_readable(fact: AnswerFact, counter: Counter) -> bool:
    """Say whether an answer gives quantities in known units, rejects the line, or puts it on hold."""
    if fact.offered is None:
        return not PENDING.isdisjoint(fact.answers) or _rejects_all(fact)
    quantities = [part.quantity for part in fact.offered] + [part.quantity for part in fact.requested]
    if fact.rejected is not None:
        quantities.append(fact.rejected)
    return all(counter.knows(quantity.unit) for quantity in quantities)


def _rejects_all(fact: AnswerFact) -> bool:
    return LineAnswer.REJECTED in fact.answers and fact.rejected is None


def _read(
    snapshot: OrderSnapshot,
    position: LinePosition,
    fact: AnswerFact,
    offered: tuple[OfferedPart, ...],
    counter: Counter,
) -> Offer:
    under_way = NOTHING
    if not snapshot.terms.total_quantity and not fact.as_ordered:
        goods = goods_until(position, fact.version.document_time, counter, snapshot.calendar)
        under_way = goods.reached
    is_on_hold = not ON_HOLD.isdisjoint(fact.answers)
    parts = list(_supplies(fact, offered, is_on_hold, counter))
    requested = _requested(fact.requested or position.line.schedule, under_way, counter)
    dated = [supply for supply in parts if supply.day or supply.firmness is not Firmness.FIRM]
    as_requested = sum((supply.quantity for supply in parts if supply not in dated), NOTHING)
    supplies = [*dated, *_first(requested, as_requested)]
    supplies.sort(key=lambda supply: (supply.day is None, supply.day or Day(date.max)))
    before = (Supply(under_way, Firmness.UNDER_WAY),) if under_way else ()
    return Offer(
        fact=fact,
        supplies=(*before, *supplies),
        rejected=counter.count(fact.rejected) if fact.rejected else None,
        is_on_hold=is_on_hold and not any(supply.quantity for supply in supplies),
    )


def _supplies(
    fact: AnswerFact, offered: Iterable[OfferedPart], is_on_hold: bool, counter: Counter
) -> Iterator[Supply]:
    is_pending = LineAnswer.DATE_PENDING in fact.answers
    for part in offered:
        is_open = is_on_hold or not part.firm or (is_pending and part.date is None)
        yield Supply(
            counter.count(part.quantity),
            Firmness.OPEN if is_open else Firmness.FIRM,
            Day(part.date, part.date_kind) if part.date and not is_open else None,
        )


def _requested(schedule: Iterable[SchedulePart], under_way: Decimal, counter: Counter) -> list[Supply]:
    """Return the schedule that was answered, without its earliest parts that were already under way."""
    left: list[Supply] = []
    for part in sorted(schedule, key=lambda part: part.date):
        quantity = counter.count(part.quantity)
        gone = min(under_way, quantity)
        under_way -= gone
        left.append(Supply(quantity - gone, Firmness.FIRM, Day(part.date, part.date_kind)))
    return left


def _first(requested: list[Supply], quantity: Decimal) -> Iterator[Supply]:
    """Yield the earliest `quantity` of what was requested; what exceeds it comes on the last day."""
    for index, part in enumerate(requested):
        is_last = index == len(requested) - 1
        taken = quantity if is_last else min(part.quantity, quantity)
        quantity -= taken
        if taken > 0:
            yield part._replace(quantity=taken)
