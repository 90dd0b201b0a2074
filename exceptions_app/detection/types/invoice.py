"""What the types have in common that judge an invoice: by itself, or line by line against its orders."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceView
from exceptions_app.detection.types.base import Family, SubjectKind, TeamCode
from exceptions_app.detection.types.subject import SubjectType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import HEARD, evidence_of
from exceptions_app.deviation import Deviation, OpenLine


class InvoiceType(SubjectType):
    """A type that judges an invoice as a whole."""

    family = Family.INVOICE
    group_label = "invoice"
    subject = SubjectKind.INVOICE
    owner = TeamCode.FINANCE
    heals_by: ClassVar[tuple[Healing, ...]] = (Healing.CORRECTED,)

    def deviation(
        self,
        view: InvoiceView,
        *more: str,
        expected: dict[str, Any],
        actual: dict[str, Any],
        amount: Decimal | None = None,
        evidence: dict[str, Any] | None = None,
        tolerance_id: int | None = None,
        since: datetime | None = None,
    ) -> Deviation:
        """Return a deviation of this type on the invoice; `more` tells several on one invoice apart."""
        invoice = view.snapshot.invoice
        return Deviation(
            type_code=self.code,
            key=self.key(*more),
            group=view.group,
            line_number=None,
            amount=amount,
            currency=invoice.currency or self.currency_of(view),
            since=since or view.snapshot.said_at,
            expected=expected,
            actual={"invoice": invoice.number} | actual,
            evidence={HEARD: view.heard, "orders": sorted(view.snapshot.named)} | (evidence or {}),
            tolerance_id=tolerance_id,
        )

    @staticmethod
    def currency_of(view: InvoiceView) -> str | None:
        """Return the currency of its orders; None where they have several, or none is known."""
        currencies = {order.snapshot.currency for order in view.snapshot.orders}
        return currencies.pop() if len(currencies) == 1 else None


class InvoiceLineType(SubjectType):
    """A type that judges what an invoice bills of each order line, with the line's position at hand."""

    family = Family.INVOICE
    group_label = "invoice"
    subject = SubjectKind.INVOICE
    owner = TeamCode.FINANCE
    of_credit_notes: ClassVar[bool] = False

    @abstractmethod
    def judge_line(self, line: LineView, number: str) -> Iterable[Deviation]:
        """Yield what deviates in what the invoice of that number bills of one order line."""

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield what deviates on any line of its orders."""
        if view.is_bill:
            for line in self.lines(view):
                yield from (
                    self._on_invoice(view, line, found)
                    for found in self.judge_line(line, view.snapshot.invoice.number)
                )

    @staticmethod
    def lines(view: InvoiceView) -> list[LineView]:
        """Return the order lines of which the invoice bills something."""
        return view.billed_lines

    def key_of(self, line: LineView) -> str:
        """Return the key of what deviates on one order line."""
        return self.key(line.snapshot.number, line.number)

    def _on_invoice(self, view: InvoiceView, line: LineView, found: Deviation) -> Deviation:
        evidence = evidence_of(line) | {HEARD: view.heard, "order": line.snapshot.number} | found.evidence
        return Deviation(
            type_code=self.code,
            key=self.key_of(line),
            group=view.group,
            line_number=view.line_name(line.snapshot.number, line.number),
            quantity=found.quantity,
            unit=line.unit,
            amount=found.amount,
            currency=found.currency or line.snapshot.currency,
            since=found.since,
            expected=found.expected,
            actual={"invoice": view.snapshot.invoice.number} | found.actual,
            evidence=evidence,
            tolerance_id=found.tolerance_id,
        )

    @staticmethod
    def found(**values: Any) -> Deviation:
        """Return the figures of a deviation on one line, to be put on the invoice."""
        return Deviation(type_code="", key="", group="", line_number=None, **values)

    def healed_by(self, line: OpenLine, view: Any) -> Healing:
        """Return an agreement where one holds, else what has come since: goods, a credit, another order."""
        reason = super().healed_by(line, view)
        if reason is Healing.AGREED:
            return reason
        now = next((each for each in self.lines(view) if self.key_of(each) == line.key), None)
        if now is None or not view.is_bill:
            return Healing.CORRECTED
        evidence = evidence_of(now)
        if line.evidence.get("credited") != evidence["credited"]:
            return Healing.CREDITED
        if line.evidence.get("received") != evidence["received"] and Healing.RECEIVED in self.heals_by:
            return Healing.RECEIVED
        if line.evidence.get("order_revision") != evidence["order_revision"]:
            return Healing.ERP_CHANGED
        return Healing.CORRECTED
