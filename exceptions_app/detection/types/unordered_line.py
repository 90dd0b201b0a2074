"""A line of a document names an order and fits none of its lines, or the order is not here at all."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.matching import NoMatch
from erp_connectors.documents.positions import UnmatchedLine
from exceptions_app.detection import examples as world
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, earliest, earliest_sight
from exceptions_app.detection.documents import OTHER_SUPPLIER, WITHOUT_ORDER, DocumentView, LooseLine
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import Example, ExceptionType, ServiceLevel, SubjectKind, TeamCode
from exceptions_app.detection.view import OrderView
from exceptions_app.detection.words import HEARD, item_words
from exceptions_app.deviation import Deviation, OpenLine

SPOKEN = {
    DocumentKind.CONFIRMATION: "Confirmation",
    DocumentKind.SHIP_NOTICE: "Ship notice",
    DocumentKind.RECEIPT: "Receipt",
    DocumentKind.INVOICE: "Invoice",
}
#: Kinds of documents whose lines without any order have types of their own.
ELSEWHERE = (DocumentKind.RECEIPT, DocumentKind.INVOICE)
#: Kinds of documents that are of no use to anybody without their order.
OF_AN_ORDER = (DocumentKind.CONFIRMATION, DocumentKind.SHIP_NOTICE)


class UnorderedLine(ExceptionType):
    """A document line that fits no order line one business day after it was said, both streams being read.

    Judged on the order it names; where there is none here, on the document. Receipts and invoices without
    any order are a matter of their own.
    """

    code = "unordered_line"
    label = "Unordered line"
    also_in = frozenset({SubjectKind.DOCUMENT})
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(8, 24)
    resolutions = ("add_to_order", "reject_line")
    is_live = True
    heals_by = (Healing.MATCHED, Healing.CANCELLED)

    def detect(self, view: OrderView | DocumentView) -> list[Deviation]:
        """Return the lines that have waited too long, but for those that were decided."""
        return [
            deviation
            for deviation, deadline in self._waiting(view)
            if deadline.is_missed(view.as_of) and not view.is_settled(deviation)
        ]

    def hidden(self, view: OrderView | DocumentView) -> dict[str, datetime]:
        """Return the lines whose time is over while orders or such documents could not be seen."""
        return {
            deviation.key: deadline.seen_until or deadline.at
            for deviation, deadline in self._waiting(view)
            if deadline.is_over(view.as_of) and not deadline.is_missed(view.as_of)
        }

    def next_look(self, view: OrderView | DocumentView) -> datetime | None:
        """Return when the next line has waited too long, or a wait ends."""
        over = [
            deadline.at + JUST_AFTER
            for _, deadline in self._waiting(view)
            if not deadline.is_over(view.as_of)
        ]
        return earliest(*over, view.next_end(self.code))

    def healed_by(self, line: OpenLine, view: OrderView | DocumentView) -> Healing:
        """Return why it does not deviate any more: cancelled, decided, else matched or taken back."""
        if isinstance(view, OrderView) and all(each.is_unwanted for each in view.lines):
            return Healing.CANCELLED
        if any(deviation.key == line.key for deviation, _ in self._waiting(view)):
            return Healing.AGREED
        return Healing.MATCHED

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1: line 99 (GASKET) fits no line of the order."""
        actual = deviation.actual
        spoken = SPOKEN.get(actual["kind"], "Document")
        if "order" in actual:
            return f"{spoken} {_of_no_order(actual['document'], actual['order'], actual['reason'])}"
        item = f" ({actual['item']})" if actual["item"] else ""
        return f"{spoken} {actual['document']}: line {actual['line']}{item} fits no line of the order"

    def _waiting(self, view: OrderView | DocumentView) -> Iterator[tuple[Deviation, Deadline]]:
        """Yield what fits none, and until when it may wait."""
        return self._unplaced(view) if isinstance(view, DocumentView) else self._unfitting(view)

    # --- the order is not here ---------------------------------------------------------------------

    def _unplaced(self, view: DocumentView) -> Iterator[tuple[Deviation, Deadline]]:
        """Yield each order a document names that is not here, or is not of the supplier who speaks."""
        snapshot = view.snapshot
        if snapshot.kind not in OF_AN_ORDER or snapshot.is_cancelled:
            return
        reasons = {line.order: line.reason for line in snapshot.loose if _is_of_no_order(line)}
        for order, reason in sorted(reasons.items()):
            yield self._naming(view, order, reason), view.deadline

    def _naming(self, view: DocumentView, order: str, reason: str) -> Deviation:
        number = view.snapshot.number
        return Deviation(
            type_code=self.code,
            key=":".join((self.code, "", _short(order))),
            group=view.group,
            line_number=None,
            since=view.deadline.at,
            expected={"order": None},
            actual={"kind": view.snapshot.kind.value, "document": number, "order": order, "reason": reason},
            evidence={HEARD: view.heard},
        )

    # --- it fits no line of the order --------------------------------------------------------------

    def _unfitting(self, view: OrderView) -> Iterator[tuple[Deviation, Deadline]]:
        """Yield the lines that fit none of an order that is still wanted."""
        if all(line.is_unwanted for line in view.lines):
            return
        sight = view.snapshot.sight
        streams = {
            DocumentKind.CONFIRMATION: sight.confirmations,
            DocumentKind.SHIP_NOTICE: sight.ship_notices,
            DocumentKind.RECEIPT: sight.receipts,
            DocumentKind.INVOICE: sight.invoices,
        }
        for line in view.snapshot.unmatched:
            if line.reason is NoMatch.NO_ORDER_NAMED and line.kind in ELSEWHERE:
                continue
            at = view.snapshot.calendar.add_business_days(line.first_said_at, 1)
            deadline = Deadline(at, earliest_sight(sight.orders, streams[line.kind]))
            yield self._deviation(view, line, deadline), deadline

    def _deviation(self, view: OrderView, line: UnmatchedLine, deadline: Deadline) -> Deviation:
        return Deviation(
            type_code=self.code,
            key=self._key(line),
            group=view.snapshot.number,
            line_number=line.line_number,
            currency=view.snapshot.currency,
            since=deadline.at,
            expected={"lines": [each.number for each in view.lines if not each.is_unwanted]},
            actual=_words(line),
            evidence={"said": line.version.document_time.isoformat(), "index": line.index},
        )

    def _key(self, line: UnmatchedLine) -> str:
        document = _short(f"{line.kind.value} {line.key}")
        return ":".join((self.code, line.line_number or "", line.kind.value, document, str(line.index)))

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a line before and after its day, one that fits after all, unseen, cancelled, and decided."""
        first = world.order((100, "2026-12-02"))
        more = world.order(
            lines=(
                world.order_line((100, "2026-12-02")),
                world.order_line((5, "2026-12-09"), number="99", item="GASKET"),
            ),
            said="2026-11-25 09:00",
            revision=1,
        )
        gone = world.order(
            (100, "2026-12-02"), said="2026-11-25 09:00", revision=1, state=world.OrderState.CANCELLED
        )
        full = world.answer((100, "2026-12-02"), said="2026-11-20 10:00")
        bill = world.invoice(5, on="2026-11-24", line="99")
        said = (first, full, bill)
        booked = world.receipt(5, on="2026-11-24", order_number=None)
        blind = world.snapshot(*said, sight=world.hides("orders", "2026-11-25 11:00"))
        after = world.at("2026-11-25 12:01")
        unknown = {"4711": "order_unknown"}
        notice = world.ship_notice(5, said="2026-11-24 12:00")
        unseen = world.loose(notice, unknown, seen_until=world.at("2026-11-25 11:00"))
        return [
            Example("a business day is granted", world.snapshot(*said), world.at("2026-11-25 12:00"), ()),
            Example("no more", world.snapshot(*said), after, ({"group": world.ORDER_NUMBER},)),
            Example("the ERP has added the line", world.snapshot(*said, more), after, ()),
            Example("nobody has read orders since 11:00", blind, after, ()),
            Example("a receipt that names no order", world.snapshot(first, full, booked), after, ()),
            Example("the order is cancelled", world.snapshot(*said, gone), after, ()),
            Example("no order at all", world.loose(notice, unknown), after, ({"line_number": None},)),
            Example("which may come yet", world.loose(notice, unknown), world.at("2026-11-25 12:00"), ()),
            Example("nobody could have seen it", unseen, after, ()),
            Example("an order without such a line", world.loose(notice, {"1": "no_such_line"}), after, ()),
            Example(
                "no order beside a line that names one",
                world.loose(notice, {"1": "no_order_named"}),
                after,
                (),
            ),
            Example("a receipt is for others", world.loose(booked, unknown), after, ()),
        ]


def _of_no_order(document: str, order: str, reason: str) -> str:
    """A confirmation has no name but that of its order."""
    if not order:
        return f"{document} names no order"
    named = f"of {order}" if document == order else f"{document} names {order}"
    return f"{named}, {'an order of another supplier' if reason == OTHER_SUPPLIER else 'no order we know'}"


def _is_of_no_order(line: LooseLine) -> bool:
    """A line that names none beside others that do is judged on the order of the others."""
    names_none_beside_others = line.reason == NoMatch.NO_ORDER_NAMED and line.order != ""
    return line.reason in WITHOUT_ORDER and not names_none_beside_others


def _short(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _words(line: UnmatchedLine) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "document": line.key,
        "line": line.line_number or str(line.index + 1),
        "item": item_words(line.ids),
        "reason": line.reason.value,
        "candidates": list(line.candidates),
    }
