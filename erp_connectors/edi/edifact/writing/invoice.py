"""An invoice or credit note as an INVOIC, in positive numbers."""

from collections.abc import Iterable
from decimal import Decimal

from erp_connectors.canonical.documents import Charge, ChargeKind, Invoice, InvoiceKind, InvoiceLine
from erp_connectors.edi.edifact.mapping.invoice_codes import (
    ALLOWANCE,
    ALLOWANCES,
    CHARGE,
    CHARGES,
    DISCOUNT_TERMS,
)
from erp_connectors.edi.edifact.writing.codes import (
    PURPOSE_CODES,
    closing,
    cux,
    dtm,
    lin,
    moa,
    order_line,
    pri,
    qty,
    rff,
    written_at,
)
from erp_connectors.edi.writing import Segment, plain

INVOICE, CORRECTION, CREDIT_NOTE = "380", "384", "381"
INVOICED, LINE_AMOUNT, LINES_TOTAL, TAX, TOTAL, CHARGE_AMOUNT = "47", "203", "79", "176", "77", "8"
ISSUED_ON, DUE_ON, INVOICE_CURRENCY = "3", "13", "4"
CHARGE_CODES = {
    ChargeKind.FREIGHT: "FC",
    ChargeKind.PACKAGING: "PC",
    ChargeKind.SURCHARGE: "SC",
    ChargeKind.HANDLING: "HD",
    ChargeKind.INSURANCE: "IN",
    ChargeKind.MINIMUM_ORDER: "MAC",
    ChargeKind.SMALL_ORDER: "SOC",
    ChargeKind.OTHER: "ZZZ",
}


def invoice_message(document: Invoice) -> list[Segment]:
    """Return the inside of an INVOIC. Raises UnwritableValue for a price in a currency of its own."""
    return [
        ("BGM", _type(document), document.number, PURPOSE_CODES[document.purpose]),
        written_at(document.version.document_time),
        *dtm(ISSUED_ON, document.issued_on),
        *rff("ON", document.order_number),
        *rff("AAK", document.ship_notice),
        *rff("IV", document.corrects),
        *cux(document.currency, INVOICE_CURRENCY),
        *_terms(document),
        *_charges(document.charge_lines),
        *(
            segment
            for number, line in enumerate(document.lines, start=1)
            for segment in _line(document, str(number), line)
        ),
        *closing(len(document.lines)),
        *_summary(document),
    ]


def _type(document: Invoice) -> str:
    if document.kind is InvoiceKind.CREDIT:
        return CREDIT_NOTE
    return CORRECTION if document.corrects else INVOICE


def _terms(document: Invoice) -> list[Segment]:
    terms = document.payment_terms
    segments: list[Segment] = []
    if document.due_on is not None or (terms is not None and terms.net_days is not None):
        segments += [("PAT", "1", "", _days(terms.net_days if terms else None))]
        segments += dtm(DUE_ON, document.due_on)
    if terms is not None and (terms.discount_days is not None or terms.discount_percent is not None):
        segments.append(("PAT", DISCOUNT_TERMS, "", _days(terms.discount_days)))
        if terms.discount_percent is not None:
            segments.append(("PCD", ("12", plain(terms.discount_percent))))
    return segments


def _days(count: int | None) -> tuple[str, ...] | str:
    return "" if count is None else ("5", "1", "D", str(count))


def _line(document: Invoice, number: str, line: InvoiceLine) -> list[Segment]:
    return [
        *lin(number, line.ids),
        *qty(INVOICED, line.quantity),
        *moa(LINE_AMOUNT, line.amount),
        *pri(line.price, document.currency),
        *order_line(line.order_number, line.line_number),
        *_charges(line.charges),
    ]


def _charges(charges: Iterable[Charge]) -> list[Segment]:
    return [
        segment
        for charge in charges
        if charge.amount != Decimal(0)
        for segment in (
            (
                "ALC",
                CHARGE if charge.amount > 0 else ALLOWANCE,
                "",
                "",
                "",
                (CHARGE_CODES[charge.kind], "", "", charge.description),
            ),
            *moa(CHARGE_AMOUNT, abs(charge.amount)),
        )
    ]


def _summary(document: Invoice) -> list[Segment]:
    charged = document.charges
    kind = ALLOWANCES if charged is not None and charged < 0 else CHARGES
    rate = document.tax_percent
    return [
        *moa(LINES_TOTAL, document.lines_total),
        *moa(kind, None if charged is None else abs(charged)),
        *moa(TAX, document.tax),
        *moa(TOTAL, document.total),
        *([] if rate is None else [("TAX", "7", "VAT", "", "", ("", "", "", plain(rate)), "S")]),
    ]
