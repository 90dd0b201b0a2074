"""An invoice names no order we know."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from erp_connectors.canonical.documents import Invoice
from exceptions_app.detection import examples as world
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.documents import matched_by
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceView
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.invoice import InvoiceType
from exceptions_app.deviation import Deviation


class InvoiceUnordered(InvoiceType):
    """None of the orders an invoice or credit note names is here and its supplier's, a business day after it.

    Judged as far as both the stream of invoices and that of orders would have told us.
    """

    code = "invoice_unordered"
    label = "Invoice without order"
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(8, 40)
    resolutions = ("return_document", "hold_until")
    is_live = True
    heals_by = (Healing.MATCHED,)

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield the invoice once its order should be here."""
        deadline = matched_by(view.snapshot)
        if self._is_without_order(view) and deadline.is_missed(view.as_of):
            yield self.deviation(
                view,
                expected={"order": None},
                actual={"orders": sorted(view.snapshot.named)},
                amount=view.snapshot.invoice.total,
                since=deadline.at,
            )

    def hidden(self, view: InvoiceView) -> dict[str, datetime]:
        """Return the invoice whose time is over while its order could not have been seen."""
        deadline = matched_by(view.snapshot)
        if not self._is_without_order(view) or not deadline.is_over(view.as_of):
            return {}
        return {} if deadline.is_missed(view.as_of) else {self.key(): deadline.seen_until or deadline.at}

    def next_look(self, view: InvoiceView) -> datetime | None:
        """Return when its time is over, or a wait ends."""
        deadline, ends = matched_by(view.snapshot), super().next_look(view)
        is_waiting = self._is_without_order(view) and not deadline.is_over(view.as_of)
        over = deadline.at + JUST_AFTER if is_waiting else None
        return min((moment for moment in (over, ends) if moment is not None), default=None)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1 names 4711, which is no order we know."""
        named = ", ".join(deviation.actual["orders"])
        words = f"names {named}, no order we know" if named else "names no order"
        return f"Invoice {deviation.actual['invoice']} {words}"

    @staticmethod
    def _is_without_order(view: InvoiceView) -> bool:
        return not view.snapshot.orders and not view.snapshot.is_cancelled

    @classmethod
    def examples(cls) -> list[Example]:
        """Return an invoice before and after its time, one whose order came, and a blind stream."""
        said, ordered = world.invoice(100, on="2026-12-01"), world.order((100, "2026-12-01"))
        assert isinstance(said.content, Invoice)
        unnamed = replace(
            said, content=replace(said.content, lines=(replace(said.content.lines[0], order_number=None),))
        )
        over = world.at("2026-12-02 12:01")
        blind = world.invoiced(said, sight=world.hides("invoices", "2026-12-02 11:00"))
        found = {"line_number": None, "key": "invoice_unordered"}
        return [
            Example("a business day is granted", world.invoiced(said), world.at("2026-12-02 12:00"), ()),
            Example("no more", world.invoiced(said), over, (found,)),
            Example("it names none at all", world.invoiced(unnamed), over, (found,)),
            Example("the order is here", world.invoiced(said, ordered), over, ()),
            Example("nobody could have seen the order", blind, over, ()),
        ]
