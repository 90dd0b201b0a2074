"""A line of a document names the order and fits none of its lines."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.matching import NoMatch
from erp_connectors.documents.positions import UnmatchedLine
from exceptions_app.detection import examples as world
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, earliest_sight
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import (
    Example,
    ExceptionType,
    ServiceLevel,
    TeamCode,
    earliest,
)
from exceptions_app.detection.view import OrderView
from exceptions_app.detection.words import item_words
from exceptions_app.deviation import Deviation, OpenLine

SPOKEN = {
    DocumentKind.CONFIRMATION: "Confirmation",
    DocumentKind.SHIP_NOTICE: "Ship notice",
    DocumentKind.RECEIPT: "Receipt",
    DocumentKind.INVOICE: "Invoice",
}
#: Kinds of documents whose lines without any order have types of their own.
WITHOUT_ORDER = (DocumentKind.RECEIPT, DocumentKind.INVOICE)


class UnorderedLine(ExceptionType):
    """A document line that fits no order line one business day after it was said, both streams being read.

    Receipts and invoices that name no order at all are a matter of their own.
    """

    code = "unordered_line"
    label = "Unordered line"
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(8, 24)
    is_live = True
    heals_by = (Healing.MATCHED, Healing.CANCELLED)

    def detect(self, view: OrderView) -> list[Deviation]:
        """Return the lines that have waited too long, but for those that were decided."""
        found = []
        for line, deadline in self._waiting(view):
            deviation = self._deviation(view, line, deadline)
            if deadline.is_missed(view.as_of) and not view.is_settled(deviation):
                found.append(deviation)
        return found

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the lines whose time is over while orders or such documents could not be seen."""
        return {
            self._key(line): deadline.seen_until or deadline.at
            for line, deadline in self._waiting(view)
            if deadline.is_over(view.as_of) and not deadline.is_missed(view.as_of)
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next line has waited too long, or a wait ends."""
        over = [
            deadline.at + JUST_AFTER
            for _, deadline in self._waiting(view)
            if not deadline.is_over(view.as_of)
        ]
        return earliest(*over, view.next_end(self.code))

    def healed_by(self, line: OpenLine, view: OrderView) -> Healing:
        """Return why it does not deviate any more: cancelled, decided, else matched or taken back."""
        if all(each.is_unwanted for each in view.lines):
            return Healing.CANCELLED
        if any(self._key(each) == line.key for each in view.snapshot.unmatched):
            return Healing.AGREED
        return Healing.MATCHED

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1: line 99 (GASKET) fits no line of the order."""
        actual = deviation.actual
        named = f" ({actual['item']})" if actual["item"] else ""
        spoken = SPOKEN.get(actual["kind"], "Document")
        return f"{spoken} {actual['document']}: line {actual['line']}{named} fits no line of the order"

    def _waiting(self, view: OrderView) -> Iterator[tuple[UnmatchedLine, Deadline]]:
        """Yield the lines that fit none, of an order that is still wanted, and until when they may wait."""
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
            if line.reason is NoMatch.NO_ORDER_NAMED and line.kind in WITHOUT_ORDER:
                continue
            at = view.snapshot.calendar.add_business_days(line.first_said_at, 1)
            yield line, Deadline(at, earliest_sight(sight.orders, streams[line.kind]))

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
        document = hashlib.sha256(f"{line.kind.value} {line.key}".encode()).hexdigest()[:16]
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
        return [
            Example("a business day is granted", world.snapshot(*said), world.at("2026-11-25 12:00"), ()),
            Example("no more", world.snapshot(*said), after, ({"group": world.ORDER_NUMBER},)),
            Example("the ERP has added the line", world.snapshot(*said, more), after, ()),
            Example("nobody has read orders since 11:00", blind, after, ()),
            Example("a receipt that names no order", world.snapshot(first, full, booked), after, ()),
            Example("the order is cancelled", world.snapshot(*said, gone), after, ()),
        ]


def _words(line: UnmatchedLine) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "document": line.key,
        "line": line.line_number or str(line.index + 1),
        "item": item_words(line.ids),
        "reason": line.reason.value,
        "candidates": list(line.candidates),
    }
