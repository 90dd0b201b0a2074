"""What the supplier bills for one order line, invoice by invoice. Pure.

A credit note names no invoice we could rely on: it is set against the newest invoices of the line first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.documents import InvoiceKind
from erp_connectors.documents.position import InvoiceFact
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.prices import UnitPrice, money, unit_price
from exceptions_app.detection.view import LineView


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one invoice bills of the line and no credit note has given back, counted."""

    number: str
    issued_on: date
    said_at: datetime
    quantity: Decimal
    price: UnitPrice | None

    def amount(self, quantity: Decimal) -> Decimal | None:
        """Return a counted quantity at the price of the invoice; None when it is unknown."""
        return money(quantity, self.price.amount) if self.price else None


def open_bills(line: LineView) -> list[Bill] | None:
    """Return the bills of a line, newest first; None when a billed quantity cannot be read."""
    if any(line.counted(fact) is None for fact in line.position.invoices):
        return None
    credited = sum((line.counted(fact) or NOTHING for fact in _of_kind(line, InvoiceKind.CREDIT)), NOTHING)
    bills: dict[str, Bill] = {}
    for fact in _of_kind(line, InvoiceKind.INVOICE):
        bill = _bill(line, fact)
        known = bills.get(fact.number)
        bills[fact.number] = replace(known, quantity=known.quantity + bill.quantity) if known else bill
    newest_first = sorted(bills.values(), key=lambda bill: (bill.issued_on, bill.said_at, bill.number))[::-1]
    left = []
    for bill in newest_first:
        taken = min(bill.quantity, credited)
        credited -= taken
        left.append(replace(bill, quantity=bill.quantity - taken))
    return left


def _of_kind(line: LineView, kind: InvoiceKind) -> Iterator[InvoiceFact]:
    return (fact for fact in line.position.invoices if fact.kind is kind)


def _bill(line: LineView, fact: InvoiceFact) -> Bill:
    unit = fact.quantity.unit if fact.quantity else line.unit
    currency = fact.currency or line.snapshot.currency
    return Bill(
        number=fact.number,
        issued_on=fact.issued_on,
        said_at=fact.version.document_time,
        quantity=line.counted(fact) or NOTHING,
        price=unit_price(fact.price, unit, currency, line.counter) or line.price,
    )
