"""An invoice or credit note as an 810, in positive numbers."""

from collections.abc import Iterable
from decimal import Decimal

from erp_connectors.canonical.documents import Charge, ChargeKind, Invoice, InvoiceKind, InvoiceLine
from erp_connectors.edi.writing import Segment, day, plain
from erp_connectors.edi.x12.mapping.invoice import ALL_TAXES
from erp_connectors.edi.x12.writing.codes import (
    PURPOSE_CODES,
    cents,
    currency,
    id_pairs,
    measured,
    priced,
)

CHARGE_CODES = {
    ChargeKind.FREIGHT: "D240",
    ChargeKind.PACKAGING: "F155",
    ChargeKind.SURCHARGE: "H550",
    ChargeKind.HANDLING: "D500",
    ChargeKind.INSURANCE: "D980",
    ChargeKind.MINIMUM_ORDER: "A010",
    ChargeKind.SMALL_ORDER: "G970",
    ChargeKind.OTHER: "F050",
}
CREDIT_MEMO = "CR"
FROM_INVOICE_DATE = "3"


def invoice_810(document: Invoice) -> list[Segment]:
    """Return the inside of an 810. Raises UnwritableValue for an amount that is not in cents."""
    kind = CREDIT_MEMO if document.kind is InvoiceKind.CREDIT else ""
    beginning: Segment = (
        "BIG",
        day(document.issued_on),
        document.number,
        "",
        document.order_number or "",
        "",
        "",
        kind,
        PURPOSE_CODES[document.purpose],
    )
    segments: list[Segment] = [beginning]
    if document.currency:
        segments.append(("CUR", "SE", document.currency))
    named = (("OI", document.corrects), ("SI", document.ship_notice))
    segments += [("REF", qualifier, value) for qualifier, value in named if value]
    segments += _terms(document)
    for line in document.lines:
        segments += _line(document, line)
    if document.total is not None:
        segments.append(("TDS", cents(document.total)))
    if document.tax is not None or document.tax_percent is not None:
        fraction = None if document.tax_percent is None else document.tax_percent.scaleb(-2)
        segments.append(("TXI", ALL_TAXES, plain(document.tax), plain(fraction)))
    return [*segments, *_charges(document.charge_lines), ("CTT", str(len(document.lines)))]


def _terms(document: Invoice) -> list[Segment]:
    terms = document.payment_terms
    if terms is None and document.due_on is None:
        return []
    percent = plain(terms.discount_percent) if terms else ""
    discount, net = _days(terms.discount_days if terms else None), _days(terms.net_days if terms else None)
    return [("ITD", "01", FROM_INVOICE_DATE, percent, "", discount, day(document.due_on), net)]


def _days(days: int | None) -> str:
    return "" if days is None else str(days)


def _line(document: Invoice, line: InvoiceLine) -> list[Segment]:
    order = None if line.order_number == document.order_number else line.order_number
    ids = id_pairs(line.ids, ("PO", order))
    first: Segment = ("IT1", line.line_number or "", *measured(line.quantity), *priced(line.price), *ids)
    return [first, *currency(line.price, document.currency), *_charges(line.charges)]


def _charges(charges: Iterable[Charge]) -> list[Segment]:
    return [
        (
            "SAC",
            "C" if charge.amount > 0 else "A",
            CHARGE_CODES[charge.kind],
            "",
            "",
            cents(abs(charge.amount)),
            *[""] * 9,
            charge.description,
        )
        for charge in charges
        if charge.amount != Decimal(0)
    ]
