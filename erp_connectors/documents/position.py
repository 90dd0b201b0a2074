"""The position of one order line: what the ERP orders, and what each source last said, in its own units.

Pure values. `positions.positions_of` makes them from documents; the detection converts and compares them.
Equal sets of documents give equal positions, whatever order they arrived in. Positions are kept: what is
added to them needs a default, for those that were kept without it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from erp_connectors.canonical.documents import (
    InvoiceKind,
    LineAnswer,
    OfferedPart,
    OrderLine,
    OrderState,
    StatusEvent,
)
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Price, Quantity, SchedulePart


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFact:
    """One answer to the line.

    `offered` None: answered, but no quantity could be read. `as_ordered`: the supplier accepted without
    repeating quantities; `offered` and `price` then hold what was ordered in the revision it answered.
    `requested` is the schedule of that revision: what a firm part without a date of its own agrees to.
    `first_said_at`: when the supplier first said so; `version` is of the last time. `ids`: what it calls the
    item it answers for.
    """

    version: DocumentVersion
    first_said_at: datetime
    answers: tuple[LineAnswer, ...] = ()
    offered: tuple[OfferedPart, ...] | None = None
    requested: tuple[SchedulePart, ...] = ()
    rejected: Quantity | None = None
    price: Price | None = None
    currency: str | None = None
    substitute: ItemIds | None = None
    ids: ItemIds = ItemIds()
    as_ordered: bool = False
    on_behalf_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentFact:
    """What one ship notice, in its newest revision, carries of the line.

    `first_said_at`: when it first said so; `version` is of the last time. `ordered`: what the supplier takes
    to be ordered.
    """

    notice: str
    version: DocumentVersion
    first_said_at: datetime | None = None
    shipped_on: date | None = None
    expected_on: date | None = None
    shipped: Quantity | None = None
    shipped_to_date: Quantity | None = None
    final: bool = False
    ordered: Quantity | None = None
    ids: ItemIds = ItemIds()
    lot: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeConflict:
    """A ship notice that said something else of the line under the same number, and corrects nothing.

    `before` and `after` are the quantities of the two words, None where there is none that adds up.
    """

    notice: str
    version: DocumentVersion
    before: Quantity | None = None
    after: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFact:
    """What a carrier said of one shipment that carries something of the line.

    `notices` are the ship notices it is known by; empty where it only names the order. `events` in the order
    they happened, all that was told so far; `version` is of the newest word.
    """

    shipment: str
    version: DocumentVersion
    notices: tuple[str, ...] = ()
    tracking: str | None = None
    carrier: str | None = None
    events: tuple[StatusEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFact:
    """What one receipt, in its newest revision, booked of the line.

    `ids` and `item`: what was received, where it says; `wrong_item` is what is called wrong in so many words,
    `returned` what has gone back.
    """

    number: str
    version: DocumentVersion
    received_on: date
    received: Quantity | None
    damaged: Quantity | None = None
    rejected: Quantity | None = None
    returned: Quantity | None = None
    wrong_item: Quantity | None = None
    ids: ItemIds = ItemIds()
    item: str | None = None
    ship_notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFact:
    """What one invoice or credit note, in its newest revision, bills of the line.

    `corrects` names the invoice a credit note or a correction is about, where it says.
    """

    number: str
    kind: InvoiceKind
    version: DocumentVersion
    issued_on: date
    quantity: Quantity | None
    price: Price | None
    currency: str | None = None
    corrects: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePosition:
    """Everything known about one order line.

    `answer` is the newest answer, `earlier_answers` the ones before it, newest first: what the newest left
    unsaid is read from them. `answered_at`: when the first answer ever was given. `first_promise`: its parts.
    `asked_at`: since when the supplier owes an answer: the release, or the revision that added the line.
    `unchanged_since`: document time of the revision since which the ERP orders just this quantity,
    `scheduled_since` since which it wants it on just these days.
    `cancelled_at`: since when the order or this line is cancelled, where it is.
    `is_present` is false for a line the newest revision of the order no longer has; it counts as cancelled.
    Shipments, receipts and invoices: one fact per document line, oldest document first. Statuses: one fact
    per shipment. Conflicts: ship notices that contradict themselves.
    """

    order_number: str
    currency: str
    state: OrderState
    order_version: DocumentVersion
    line: OrderLine
    unchanged_since: datetime
    is_present: bool = True
    released_at: datetime | None = None
    asked_at: datetime | None = None
    cancelled_at: datetime | None = None
    scheduled_since: datetime | None = None
    answer: AnswerFact | None = None
    earlier_answers: tuple[AnswerFact, ...] = ()
    answered_at: datetime | None = None
    first_promise: tuple[OfferedPart, ...] | None = None
    shipments: tuple[ShipmentFact, ...] = ()
    statuses: tuple[StatusFact, ...] = ()
    conflicts: tuple[NoticeConflict, ...] = ()
    receipts: tuple[ReceiptFact, ...] = ()
    invoices: tuple[InvoiceFact, ...] = ()

    @property
    def has_other_price(self) -> bool:
        """Whether an answer may state another price than the order, now or before, whatever the tolerance.

        False only where each repeats it: the same money for the same unit and currency, without breaks.
        """
        stated = [fact for fact in (self.answer, *self.earlier_answers) if fact and fact.price]
        return bool(stated) and (bool(self.line.price_breaks) or not all(map(self._repeats_price, stated)))

    @property
    def may_offer_less(self) -> bool:
        """Whether an answer may offer less than is ordered, now or before, whatever the tolerance.

        False only where each offers all of it, day by day, in the unit of the order.
        """
        answers = [fact for fact in (self.answer, *self.earlier_answers) if fact is not None]
        return any(self._offered_by_day(fact) < self.line.quantity.value for fact in answers)

    def _offered_by_day(self, fact: AnswerFact) -> Decimal:
        """Return what an answer offers by days in the unit of the order; none where a part is otherwise."""
        unit, offered = self.line.quantity.unit, fact.offered or ()
        if any(part.date is None or part.quantity.unit != unit for part in offered):
            return Decimal(0)
        return sum((part.quantity.value for part in offered), Decimal(0))

    @property
    def price_gap(self) -> Fraction | None:
        """How much more the line costs at the price that was answered, in the order's currency.

        None where more than one answer was given, or one that is not about the very quantity that is ordered,
        day by day, at one price for its unit: then it takes more to say what the prices differ by.
        """
        fact, line = self.answer, self.line
        if fact is None or self.earlier_answers or not self._is_as_plain_as_ordered(fact):
            return None
        (ordered, unit, currency), (stated, *same) = (
            _for_one(price, line.quantity.unit, fact.currency or self.currency)
            for price in (line.price, fact.price)
            if price is not None
        )
        if ordered is None or stated is None or [unit, currency] != same or unit != line.quantity.unit:
            return None
        return (stated - ordered) * Fraction(line.quantity.value)

    def _is_as_plain_as_ordered(self, fact: AnswerFact) -> bool:
        """Say whether an answer repeats the quantity of the line, with days, and both name one price."""
        return (
            self.line.price is not None
            and fact.price is not None
            and not self.line.price_breaks
            and fact.rejected is None
            and (fact.currency or self.currency) == self.currency
            and self._offered_by_day(fact) == self.line.quantity.value > 0
        )

    def _repeats_price(self, fact: AnswerFact) -> bool:
        ordered, stated, unit = self.line.price, fact.price, self.line.quantity.unit
        if ordered is None or stated is None:
            return False
        answered = fact.offered[0].quantity.unit if fact.offered else unit
        return _for_one(ordered, unit, self.currency) == _for_one(
            stated, answered, fact.currency or self.currency
        )


def _for_one(price: Price, unit: str, currency: str) -> tuple[Fraction | None, str, str]:
    """Return a price as money for one of its unit; None where its basis makes no sense."""
    per = Fraction(1) if price.per is None else Fraction(price.per)
    amount = Fraction(price.amount) / per if per > 0 else None
    return amount, price.per_unit or unit, price.currency or currency
