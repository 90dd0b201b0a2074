"""From everything heard about an order to the position of each of its lines. Pure.

Newest is the highest version (time, revision, control number); the order of arrival and repetitions never
matter: `positions_of` is a function of the set of documents.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from erp_connectors.canonical.codec import to_json
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    DocumentKind,
    GoodsCondition,
    Invoice,
    InvoiceLine,
    OrderLine,
    PurchaseOrder,
    Purpose,
    Receipt,
    ReceiptLine,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
)
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Quantity
from erp_connectors.documents.answers import answer_of, header_answer
from erp_connectors.documents.heard import HeardDocument, as_sent, newest_of_each
from erp_connectors.documents.matching import Match, NoMatch, has_number, match_line
from erp_connectors.documents.order_history import OrderHistory, line_of
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
from erp_connectors.documents.units import total

NamedLine = ConfirmationLine | ShipNoticeLine | ReceiptLine | InvoiceLine


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
    sent = as_sent(heard)
    orders = OrderHistory([document for document in sent if isinstance(document.content, PurchaseOrder)])
    if not orders.revisions:
        return OrderPositions()
    desk = _Desk(orders)
    for document in sent:
        if isinstance(document.content, Confirmation):
            desk.file_confirmation(document, document.content)
    for document in newest_of_each(sent):
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
            self.answers[number].append(answer_of(document, confirmation, lines, line_of(asked, number)))
        for ordered in asked.lines:
            unmentioned = header_answer(document, confirmation, asked, ordered)
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
                            before=total([line.shipped for line in before if line.shipped]),
                            after=total([line.shipped for line in after if line.shipped]),
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
    return total([each.quantity for each in concerned if each.quantity is not None])


def _is_complete(line: ShipNoticeLine) -> bool:
    """Say whether the supplier counts the line as shipped in full: to date as much as it has as ordered."""
    return line.shipped_to_date is not None and line.shipped_to_date == line.ordered
