"""An invoice has another currency, tax or term of payment than its order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from erp_connectors.canonical.documents import Invoice, PaymentTerms
from exceptions_app.detection import examples as world
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import BilledOrder, InvoiceView
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.invoice import InvoiceType
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation


class InvoiceTerms(InvoiceType):
    """Currency, tax rate or terms of payment differ from those of an order the invoice names.

    What either side does not say differs from nothing. A due date without terms says how many days there are.
    """

    code = "invoice_terms"
    label = "Invoice terms"
    told = (TeamCode.SUPPLIER_MANAGEMENT,)
    service = ServiceLevel(8, 40)
    resolutions = ("short_pay", "accept_as_billed", "return_document")
    is_live = True
    heals_by = (Healing.CORRECTED, Healing.ERP_CHANGED)

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield each thing that differs from the first order it differs from."""
        if not view.is_bill:
            return
        stated = _stated(view.snapshot.invoice)
        seen: set[str] = set()
        for order in view.snapshot.orders:
            for name, agreed in _agreed(order).items():
                asked = stated.get(name)
                if asked is None or asked == agreed or name in seen:
                    continue
                seen.add(name)
                yield self.deviation(
                    view,
                    name,
                    expected={"what": name, "value": agreed, "order": order.snapshot.number},
                    actual={"what": name, "value": asked},
                    amount=view.snapshot.invoice.total if name == "currency" else None,
                )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1: net days 14 instead of 30."""
        actual = deviation.actual
        what = actual["what"].replace("_", " ")
        return (
            f"Invoice {actual['invoice']}: {what} {actual['value']} instead of {deviation.expected['value']}"
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return terms as agreed and others, and what nobody says."""
        ordered, now = world.order((100, "2026-12-01")), world.at("2026-12-02 10:00")
        agreed = PaymentTerms(net_days=30, discount_percent=Decimal(2), discount_days=10)

        def stating(title: str, *found: dict[str, object], **more: object) -> Example:
            said = world.invoice(100, on="2026-12-01")
            assert isinstance(said.content, Invoice)
            content = replace(said.content, **more)  # type: ignore[arg-type]
            snapshot = world.invoiced(
                ordered, replace(said, content=content), payment=agreed, tax_percent=Decimal(19)
            )
            return Example(title, snapshot, now, found)

        return [
            stating("nothing is said"),
            stating("all is as agreed", payment_terms=agreed, tax_percent=Decimal("19.0")),
            stating("another currency", {"key": "invoice_terms:currency"}, currency="USD"),
            stating("another tax", {"key": "invoice_terms:tax_percent"}, tax_percent=Decimal(7)),
            stating("fewer days", {"key": "invoice_terms:net_days"}, payment_terms=PaymentTerms(net_days=14)),
            stating("due too early", {"key": "invoice_terms:net_days"}, due_on=date(2026, 12, 15)),
            stating("due as agreed", due_on=date(2026, 12, 31)),
        ]


def _agreed(order: BilledOrder) -> dict[str, str]:
    terms = order.payment_terms or PaymentTerms()
    return _said(order.snapshot.currency, order.tax_percent, terms)


def _stated(invoice: Invoice) -> dict[str, str]:
    terms = invoice.payment_terms or PaymentTerms()
    if terms.net_days is None and invoice.due_on is not None:
        terms = replace(terms, net_days=(invoice.due_on - invoice.issued_on).days)
    return _said(invoice.currency, invoice.tax_percent, terms)


def _said(currency: str | None, tax: Decimal | None, terms: PaymentTerms) -> dict[str, str]:
    """Return what is said, in words that are equal for equal values."""
    values: dict[str, Decimal | int | str | None] = {
        "currency": currency,
        "tax_percent": tax,
        "net_days": terms.net_days,
        "discount_percent": terms.discount_percent,
        "discount_days": terms.discount_days,
    }
    return {
        name: plain(value) if isinstance(value, Decimal) else str(value)
        for name, value in values.items()
        if value is not None
    }
