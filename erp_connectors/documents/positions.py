"""From everything heard about an order to the position of each of its lines. Pure.

Newest is the highest version (time, revision, control number); the order of arrival and repetitions never
matter: `positions_of` is a function of the set of documents.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.codec import to_json
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    DocumentKind,
    GoodsCondition,
    Invoice,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    OrderLine,
    OrderState,
    PurchaseOrder,
    Purpose,
    Receipt,
    ReceiptLine,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind, DocumentVersion, ItemIds, Price, Quantity
from erp_connectors.documents.matching import Match, NoMatch, has_number, match_line
from erp_connectors.documents.position import (
    AnswerFact,
    InvoiceFact,
    LinePosition,
    NoticeConflict,
    ReceiptFact,
    ShipmentFact,
    StatusFact,
)
from erp_connectors.documents.shipments import ShipmentHistory, statuses_of

Content = PurchaseOrder | Confirmation | ShipNotice | ShipmentStatus | Receipt | Invoice
NamedLine = ConfirmationLine | ShipNoticeLine | ReceiptLine | InvoiceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardDocument:
    """One revision of one document about the order, as it stands in the mirror.

    `key` is the same for all revisions of one document. `version` says when it was last said, `first_said_at`
    when this very content was first said (saying the same again does not make a new revision).
    """

    key: str
    version: DocumentVersion
    first_said_at: datetime
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedLine:
    """A document line that names this order and fits none of its lines, or more than one.

    A line that names no order is one of the first order its document names.
    """

    kind: DocumentKind
    key: str
    version: DocumentVersion
    index: int
    line_number: str | None
    ids: ItemIds
    reason: NoMatch
    first_said_at: datetime
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPositions:
    """The position of every line, in the order's own sequence, and the document lines that belong to none.

    Lines the newest revision of the order no longer has stand last, with `is_present` false.
    """

    lines: tuple[LinePosition, ...] = ()
    unmatched: tuple[UnmatchedLine, ...] = ()


def positions_of(heard: Iterable[HeardDocument]) -> OrderPositions:
    """Return the positions of one order from all that was heard of it, its own revisions among the rest.

    All revisions of every document may be given. Of ship notices, receipts and invoices the newest revision
    counts, of confirmations the newest word on each line, of shipment statuses every event; a cancelled
    document counts as never sent. Without any revision of the order there are no positions yet.
    """
    sent = _as_sent(heard)
    orders = OrderHistory([document for document in sent if isinstance(document.content, PurchaseOrder)])
    if not orders.revisions:
        return OrderPositions()
    desk = _Desk(orders)
    for document in sent:
        if isinstance(document.content, Confirmation):
            desk.file_confirmation(document, document.content)
    for document in _newest_of_each(sent):
        match document.content:
            case ShipNotice() as notice:
                desk.file_ship_notice(document, notice)
            case Receipt() as receipt:
                desk.file_receipt(document, receipt)
            case Invoice() as invoice:
                desk.file_invoice(document, invoice)
    desk.file_conflicts(sent)
    desk.file_statuses(sent)
    return OrderPositions(
        lines=tuple(desk.position(line) for line in orders.lines), unmatched=tuple(desk.unmatched)
    )


# --- which documents count ------------------------------------------------------------------------


def _as_sent(heard: Iterable[HeardDocument]) -> list[HeardDocument]:
    """Return what still counts as sent, each once, oldest version first."""
    revisions: dict[tuple[type, str], dict[tuple[DocumentVersion, bytes], HeardDocument]] = defaultdict(dict)
    for document in heard:
        identity = (document.version, to_json(document.content))
        known = revisions[type(document.content), document.key].get(identity)
        if known is None or document.first_said_at < known.first_said_at:
            revisions[type(document.content), document.key][identity] = document
    sent = []
    for of_one_document in revisions.values():
        sent += _since_cancelled(sorted(of_one_document.items(), key=lambda item: item[0]))
    return [document for _, document in sorted(sent, key=lambda item: (item[0][0], item[1].key, item[0][1]))]


Identified = tuple[tuple[DocumentVersion, bytes], HeardDocument]


def _since_cancelled(revisions: Sequence[Identified]) -> list[Identified]:
    """Return the revisions after the last cancellation: a cancelled document counts as never sent."""
    cancelled = [
        index
        for index, (_, document) in enumerate(revisions)
        if not isinstance(document.content, PurchaseOrder) and document.content.purpose is Purpose.CANCEL
    ]
    return list(revisions[cancelled[-1] + 1 :]) if cancelled else list(revisions)


def _newest_of_each(sent: Iterable[HeardDocument]) -> list[HeardDocument]:
    """Return the newest revision of each document, oldest document first."""
    newest: dict[tuple[type, str], HeardDocument] = {}
    for document in sent:
        newest.pop((type(document.content), document.key), None)
        newest[type(document.content), document.key] = document
    return list(newest.values())


# --- the order and its revisions ------------------------------------------------------------------


class OrderHistory:
    """The revisions of one order, oldest first: what it says now, and what it said at some moment."""

    def __init__(self, documents: Sequence[HeardDocument]) -> None:
        self.revisions: list[PurchaseOrder] = []
        self._said: list[tuple[datetime, PurchaseOrder]] = []
        for document in documents:
            if isinstance(document.content, PurchaseOrder):
                self.revisions.append(document.content)
                self._said.append((document.first_said_at, document.content))
                self._said.append((document.version.document_time, document.content))
        self._versions = [document.version for document in documents]
        self._said.sort(key=lambda said: said[0])

    @property
    def newest(self) -> PurchaseOrder:
        """The order as it is now."""
        return self.revisions[-1]

    @property
    def newest_version(self) -> DocumentVersion:
        """The version of the newest revision."""
        return self._versions[-1]

    @property
    def lines(self) -> list[OrderLine]:
        """The lines of the newest revision, then those only earlier revisions had, as they last were."""
        lines = {line.number: line for line in self.newest.lines}
        for revision in reversed(self.revisions):
            for line in revision.lines:
                lines.setdefault(line.number, line)
        return list(lines.values())

    def at(self, moment: datetime) -> PurchaseOrder:
        """Return the revision that was current at `moment`; the oldest known if none is that old."""
        current = self._said[0][1]
        for said_at, revision in self._said:
            if said_at > moment:
                break
            current = revision
        return current

    def asked_at(self, line: OrderLine) -> datetime | None:
        """Return since when the supplier has been asked for `line`: the release, or when it was added."""
        released_at = self.newest.released_at
        released = [said for said in self._said if said[1].state is not OrderState.DRAFT]
        for index, (said_at, revision) in enumerate(released):
            if _line_of(revision, line.number) is not None:
                return released_at if index == 0 or released_at is None else max(released_at, said_at)
        return released_at

    def unchanged_since(self, line: OrderLine) -> datetime:
        """Return since when the order has had `line` with the quantity it has now."""
        return self._since(line, lambda known: known.quantity == line.quantity)

    def scheduled_since(self, line: OrderLine) -> datetime:
        """Return since when the order has wanted `line` on the days it wants it now, however they are cut."""
        days = _days_of(line)
        return self._since(line, lambda known: _days_of(known) == days)

    def _since(self, line: OrderLine, is_same: Callable[[OrderLine], bool]) -> datetime:
        since = self._said[-1][0]
        for said_at, revision in reversed(self._said):
            known = _line_of(revision, line.number)
            if known is None or not is_same(known):
                break
            since = said_at
        return since

    def cancelled_since(self, line: OrderLine) -> datetime | None:
        """Return since when `line` is cancelled, by the order's own word or by our first sight of it."""
        since = None
        for said_at, revision in reversed(self._said):
            known = _line_of(revision, line.number)
            if revision.state is not OrderState.CANCELLED and known is not None and not known.cancelled:
                break
            since = said_at
        if since is not None and self.newest.state is OrderState.CANCELLED and self.newest.cancelled_at:
            return min(since, self.newest.cancelled_at)
        return since


def _days_of(line: OrderLine) -> dict[tuple[date, DateKind, str], Decimal]:
    """Return how much of a line is wanted on each day."""
    days: dict[tuple[date, DateKind, str], Decimal] = defaultdict(Decimal)
    for part in line.schedule:
        if part.quantity.value:
            days[part.date, part.date_kind, part.quantity.unit] += part.quantity.value
    return days


def _line_of(order: PurchaseOrder, number: str) -> OrderLine | None:
    return next((line for line in order.lines if line.number == number), None)


# --- filing what was heard under the lines ----------------------------------------------------------


class _Desk:
    """Collects, line by line, what the documents say of one order."""

    def __init__(self, orders: OrderHistory) -> None:
        self.orders = orders
        self.present = list(orders.newest.lines)
        self.removed = orders.lines[len(self.present) :]
        self.answers: dict[str, list[AnswerFact]] = defaultdict(list)
        self.shipments: dict[str, list[ShipmentFact]] = defaultdict(list)
        self.carried: dict[str, list[ShipNotice]] = {line.number: [] for line in orders.lines}
        self.statuses: dict[str, list[StatusFact]] = {}
        self.conflicts: dict[str, list[NoticeConflict]] = defaultdict(list)
        self.receipts: dict[str, list[ReceiptFact]] = defaultdict(list)
        self.invoices: dict[str, list[InvoiceFact]] = defaultdict(list)
        self._unmatched: dict[tuple[DocumentKind, str], list[UnmatchedLine]] = {}

    @property
    def unmatched(self) -> list[UnmatchedLine]:
        """The lines of the newest revisions that belong to no order line."""
        return [line for lines in self._unmatched.values() for line in lines]

    def position(self, line: OrderLine) -> LinePosition:
        """Return the position of `line` from all that was filed under it."""
        order = self.orders.newest
        answers = self.answers[line.number]
        first = min(answers, key=lambda answer: answer.first_said_at, default=None)
        newest_first = answers[::-1]
        return LinePosition(
            order_number=order.number,
            currency=order.currency,
            state=order.state,
            order_version=self.orders.newest_version,
            line=line,
            is_present=line in self.present,
            unchanged_since=self.orders.unchanged_since(line),
            scheduled_since=self.orders.scheduled_since(line),
            released_at=order.released_at,
            asked_at=self.orders.asked_at(line),
            cancelled_at=self.orders.cancelled_since(line),
            answer=newest_first[0] if newest_first else None,
            earlier_answers=tuple(newest_first[1:]),
            answered_at=first.first_said_at if first else None,
            first_promise=first.offered if first else None,
            shipments=tuple(self.shipments[line.number]),
            statuses=tuple(self.statuses[line.number]),
            conflicts=tuple(self.conflicts[line.number]),
            receipts=tuple(self.receipts[line.number]),
            invoices=tuple(self.invoices[line.number]),
        )

    def file_confirmation(self, document: HeardDocument, confirmation: Confirmation) -> None:
        """File the answer to every line the confirmation mentions, and to those its header answers."""
        if confirmation.order_number != self.orders.newest.number:
            return
        asked = self.orders.at(document.version.document_time)
        mentioned: dict[str, list[ConfirmationLine]] = defaultdict(list)
        matches = self._match(DocumentKind.CONFIRMATION, document, confirmation.lines)
        for line, match in zip(confirmation.lines, matches, strict=True):
            if match.line_number is not None:
                mentioned[match.line_number].append(line)
        for number, lines in mentioned.items():
            self.answers[number].append(_answer(document, confirmation, lines, _line_of(asked, number)))
        for ordered in asked.lines:
            unmentioned = _header_answer(document, confirmation, asked, ordered)
            if ordered.number not in mentioned and unmentioned is not None:
                self.answers[ordered.number].append(unmentioned)

    def file_ship_notice(self, document: HeardDocument, notice: ShipNotice) -> None:
        """File what the ship notice carries of each line."""
        matches = self._match(DocumentKind.SHIP_NOTICE, document, notice.lines)
        for line, match in zip(notice.lines, matches, strict=True):
            if match.line_number is not None:
                self.carried[match.line_number].append(notice)
                self.shipments[match.line_number].append(
                    ShipmentFact(
                        notice=notice.number,
                        version=document.version,
                        first_said_at=document.first_said_at,
                        shipped_on=notice.shipped_on,
                        expected_on=notice.expected_on,
                        shipped=line.shipped,
                        shipped_to_date=line.shipped_to_date,
                        final=line.final or _is_complete(line),
                        ordered=line.ordered,
                        ids=line.ids,
                        lot=line.lot,
                        expires_on=line.expires_on,
                    )
                )

    def file_conflicts(self, sent: Iterable[HeardDocument]) -> None:
        """File where a ship notice says another thing under the same number without correcting itself."""
        revisions: dict[str, list[ShipNotice]] = defaultdict(list)
        for document in sent:
            if isinstance(document.content, ShipNotice):
                revisions[document.key].append(document.content)
        for of_one in revisions.values():
            newest, others = of_one[-1], _uncorrected(of_one)
            said = [self._carried_by(notice) for notice in [*others, newest]]
            for number in sorted({number for notice in said for number in notice}):
                after = said[-1].get(number, ())
                before = next(
                    (one.get(number, ()) for one in said[:-1] if one.get(number, ()) != after), None
                )
                if before is not None:
                    self.conflicts[number].append(
                        NoticeConflict(
                            notice=newest.number,
                            version=newest.version,
                            before=_total([line.shipped for line in before if line.shipped]),
                            after=_total([line.shipped for line in after if line.shipped]),
                        )
                    )

    def _carried_by(self, notice: ShipNotice) -> dict[str, tuple[ShipNoticeLine, ...]]:
        """Return what a notice says of each order line, however its goods are packed."""
        carried: dict[str, list[ShipNoticeLine]] = defaultdict(list)
        for line in notice.lines:
            number = self._match_one(line).line_number
            if number is not None:
                carried[number].append(replace(line, order_number=None, line_number=None, package=None))
        return {number: tuple(sorted(lines, key=to_json)) for number, lines in carried.items()}

    def file_statuses(self, sent: Iterable[HeardDocument]) -> None:
        """File what carriers say of the shipments of each line, after all ship notices."""
        said: dict[str, list[tuple[DocumentVersion, ShipmentStatus]]] = defaultdict(list)
        for document in sent:
            if isinstance(document.content, ShipmentStatus):
                said[document.key].append((document.version, document.content))
        histories = [ShipmentHistory(of_one) for of_one in said.values()]
        self.statuses = statuses_of(histories, self.orders.newest.number, self.carried)

    def file_receipt(self, document: HeardDocument, receipt: Receipt) -> None:
        """File what the receipt booked of each line."""
        matches = self._match(DocumentKind.RECEIPT, document, receipt.lines)
        for line, match in zip(receipt.lines, matches, strict=True):
            if match.line_number is not None:
                self.receipts[match.line_number].append(
                    ReceiptFact(
                        number=receipt.number,
                        version=document.version,
                        received_on=receipt.received_on,
                        received=line.received,
                        damaged=line.damaged,
                        rejected=line.rejected,
                        returned=_in_question(line, GoodsCondition.RETURNED),
                        wrong_item=_in_question(line, GoodsCondition.WRONG_ITEM),
                        ids=line.ids,
                        item=line.item,
                        ship_notice=receipt.ship_notice,
                    )
                )

    def file_invoice(self, document: HeardDocument, invoice: Invoice) -> None:
        """File what the invoice or credit note bills of each line."""
        lines = [
            replace(line, order_number=line.order_number or invoice.order_number) for line in invoice.lines
        ]
        matches = self._match(DocumentKind.INVOICE, document, lines)
        for line, match in zip(lines, matches, strict=True):
            if match.line_number is not None:
                self.invoices[match.line_number].append(
                    InvoiceFact(
                        number=invoice.number,
                        kind=invoice.kind,
                        version=document.version,
                        issued_on=invoice.issued_on,
                        quantity=line.quantity,
                        price=line.price,
                        currency=invoice.currency,
                        corrects=invoice.corrects,
                    )
                )

    def _match(self, kind: DocumentKind, document: HeardDocument, lines: Sequence[NamedLine]) -> list[Match]:
        """Match every line, and keep those that name this order but fit no line of it."""
        numbers = [line.order_number for line in lines if not isinstance(line, ConfirmationLine)]
        own = self.orders.newest.number
        takes_unnamed = own == min((number for number in numbers if number is not None), default=own)
        matches = [self._match_one(line, takes_unnamed=takes_unnamed) for line in lines]
        self._unmatched[kind, document.key] = [
            UnmatchedLine(
                kind=kind,
                key=document.key,
                version=document.version,
                index=index,
                line_number=line.line_number,
                ids=line.ids,
                reason=match.reason,
                first_said_at=document.first_said_at,
                candidates=match.candidates,
            )
            for index, (line, match) in enumerate(zip(lines, matches, strict=True))
            if match.reason is not None
        ]
        return matches

    def _match_one(self, line: NamedLine, *, takes_unnamed: bool = False) -> Match:
        """Match against the lines the order has; what fits none of them, against those it once had.

        A number that only a line it once had goes by names that one, although its item be ordered elsewhere.
        """
        if not isinstance(line, ConfirmationLine):
            if line.order_number is None:
                return Match(reason=NoMatch.NO_ORDER_NAMED if takes_unnamed else None)
            if line.order_number != self.orders.newest.number:
                return Match()
        ids = line.ids
        if isinstance(line, ReceiptLine) and ids.buyer is None and line.line_number is None:
            ids = ItemIds(line.item, ids.supplier, ids.gtin, ids.manufacturer)
        match = match_line(self.present, line.line_number, ids)
        if not has_number(self.present, line.line_number) and has_number(self.removed, line.line_number):
            numbered = match_line(self.orders.lines, line.line_number, ids)
            match = numbered if numbered.line_number is not None else match
        if match.reason is not NoMatch.NO_SUCH_LINE:
            return match
        once = match_line(self.removed, line.line_number, ids)
        return once if once.line_number is not None else match


def _uncorrected(revisions: Sequence[ShipNotice]) -> list[ShipNotice]:
    """Return the revisions the newest one stands against: since the last correction, when it is none itself.

    A correction says so by its purpose, or by a higher revision of its own.
    """
    newest = revisions[-1]
    if newest.purpose is not Purpose.ORIGINAL:
        return []
    corrections = [index for index, one in enumerate(revisions) if one.purpose is not Purpose.ORIGINAL]
    since = revisions[corrections[-1] if corrections else 0 : -1]
    return [one for one in since if one.version.revision >= newest.version.revision]


def _in_question(line: ReceiptLine, condition: GoodsCondition) -> Quantity | None:
    """Return how much of a line is in a condition; all of it where the condition names no quantity."""
    concerned = [each for each in line.in_question if each.condition is condition]
    if any(each.quantity is None for each in concerned):
        return line.received
    return _total([each.quantity for each in concerned if each.quantity is not None])


def _is_complete(line: ShipNoticeLine) -> bool:
    """Say whether the supplier counts the line as shipped in full: to date as much as it has as ordered."""
    return line.shipped_to_date is not None and line.shipped_to_date == line.ordered


# --- answers ----------------------------------------------------------------------------------------


def _answer(
    document: HeardDocument,
    confirmation: Confirmation,
    lines: list[ConfirmationLine],
    asked: OrderLine | None,
) -> AnswerFact:
    """Return the answer that one confirmation gives to one order line, in however many lines of its own."""
    return AnswerFact(
        version=document.version,
        first_said_at=document.first_said_at,
        answers=tuple(sorted({answer for line in lines for answer in line.answers})),
        offered=_offered(lines),
        requested=asked.schedule if asked else (),
        rejected=_total([line.rejected for line in lines if line.rejected]),
        price=_common_price(lines),
        currency=confirmation.currency,
        substitute=next((line.substitute for line in lines if line.substitute), None),
        ids=next((line.ids for line in lines if line.ids != ItemIds()), ItemIds()),
        on_behalf_by=confirmation.on_behalf_by,
    )


def _offered(lines: list[ConfirmationLine]) -> tuple[OfferedPart, ...] | None:
    """Return all parts together; one line without a readable quantity makes the whole unreadable."""
    parts: list[OfferedPart] = []
    for line in lines:
        if line.offered is None:
            return None
        parts += line.offered
    return tuple(parts)


def _total(quantities: list[Quantity]) -> Quantity | None:
    """Return the sum; None when there is nothing to add, or units differ and only factors could tell."""
    units = {quantity.unit for quantity in quantities}
    if len(units) != 1:
        return None
    return Quantity(sum((quantity.value for quantity in quantities), Decimal(0)), units.pop())


def _common_price(lines: list[ConfirmationLine]) -> Price | None:
    """Return the price all lines agree on; several different prices for one order line are no price."""
    prices = {line.price for line in lines if line.price}
    return prices.pop() if len(prices) == 1 else None


def _header_answer(
    document: HeardDocument, confirmation: Confirmation, asked: PurchaseOrder, line: OrderLine
) -> AnswerFact | None:
    """Return what the confirmation says of a line it does not mention; None when it says nothing.

    Accepted means as ordered in the revision that was current then; lines added later are not answered.
    """
    match confirmation.unmentioned:
        case Unmentioned.UNANSWERED:
            return None
        case Unmentioned.ACCEPTED:
            answer = LineAnswer.ACCEPTED
        case Unmentioned.REJECTED:
            answer = LineAnswer.REJECTED
        case Unmentioned.HELD:
            answer = LineAnswer.HELD
    is_accepted = answer is LineAnswer.ACCEPTED
    as_ordered = tuple(OfferedPart(part.quantity, part.date, part.date_kind) for part in line.schedule)
    return AnswerFact(
        version=document.version,
        first_said_at=document.first_said_at,
        answers=(answer,),
        offered=as_ordered if is_accepted else () if answer is LineAnswer.REJECTED else None,
        requested=line.schedule,
        price=line.price if is_accepted else None,
        currency=asked.currency if is_accepted else confirmation.currency,
        as_ordered=is_accepted,
        on_behalf_by=confirmation.on_behalf_by,
    )
