"""An invoice as detection sees it: what it says, the orders it names, and the other invoices on them. Pure.

What an invoice bills of an order line is judged on the invoice, with the positions of its orders at hand: one
case holds all its lines, however many orders it names, and it is looked at whenever one of them moves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.documents import Charge, Invoice, InvoiceKind, PaymentTerms
from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.detection.subject import ACTIVE, SubjectSnapshot, SubjectView, counting
from exceptions_app.detection.view import LineView, OrderView, look


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledOrder:
    """An order the invoice names, with what was agreed beside its prices, and the decisions on its lines."""

    snapshot: OrderSnapshot
    agreements: tuple[Agreement, ...] = ()
    payment_terms: PaymentTerms | None = None
    charges: tuple[Charge, ...] = ()
    tax_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInvoice:
    """Another invoice or credit note on an order of the invoice, in its newest revision, not cancelled."""

    number: str
    kind: InvoiceKind
    issued_on: date
    said_at: datetime
    currency: str | None
    total: Decimal | None
    orders: frozenset[str]
    charges: tuple[Charge, ...] = ()
    corrects: str | None = None
    ship_notice: str | None = None

    @property
    def order(self) -> tuple[date, datetime, str]:
        """What is older and what is newer, whatever arrived first."""
        return (self.issued_on, self.said_at, self.number)


@dataclass(frozen=True, kw_only=True)
class InvoiceSnapshot(SubjectSnapshot):
    """One invoice or credit note of one supplier, in its newest revision.

    `orders` are those it names that are here and of its supplier; `named` are the numbers of all it names.
    `earlier`: revisions before the newest. `seen_until`: until when both the stream of invoices and that of
    orders would have told us; None is blind.
    """

    key: str
    invoice: Invoice
    supplier_number: str | None
    first_said_at: datetime
    said_at: datetime
    named: frozenset[str]
    orders: tuple[BilledOrder, ...] = ()
    others: tuple[OtherInvoice, ...] = ()
    earlier: tuple[Invoice, ...] = ()
    seen_until: datetime | None = None
    is_cancelled: bool = False

    def look(
        self, agreements: Iterable[Agreement], as_of: datetime, states: frozenset[AgreementState] = ACTIVE
    ) -> "InvoiceView":
        """Return the invoice as it is at `as_of`, with its orders."""
        return InvoiceView(
            snapshot=self,
            as_of=as_of,
            agreements=counting(self.calendar, agreements, as_of, states),
            orders=tuple(look(order.snapshot, order.agreements, as_of) for order in self.orders),
        )


@dataclass(frozen=True)
class InvoiceView(SubjectView):
    """One invoice at one moment, with its orders at that moment."""

    orders: tuple[OrderView, ...] = ()

    @property
    def is_bill(self) -> bool:
        """Whether it asks for money: neither a credit note, nor cancelled."""
        of_kind = self.snapshot.invoice.kind is InvoiceKind.INVOICE
        return bool(of_kind and not self.snapshot.is_cancelled)

    @property
    def group(self) -> str:
        """What groups all that is wrong with the invoice: it, among those of its supplier."""
        return f"{self.snapshot.supplier_number or ''}/{self.snapshot.key}"

    @property
    def billed_lines(self) -> list[LineView]:
        """The order lines of which it bills something."""
        number = self.snapshot.invoice.number
        return [
            line
            for order in self.orders
            for line in order.lines
            if any(fact.number == number for fact in line.position.invoices)
        ]

    def line_name(self, order_number: str, line_number: str) -> str:
        """Return how a line of an order is called on the invoice: with its order, where there are several."""
        return line_number if len(self.orders) == 1 else f"{order_number}/{line_number}"


def charges_of(invoice: Invoice) -> tuple[Charge, ...]:
    """Return every charge and allowance of an invoice, of its header and of its lines."""
    return (*invoice.charge_lines, *(charge for line in invoice.lines for charge in line.charges))
