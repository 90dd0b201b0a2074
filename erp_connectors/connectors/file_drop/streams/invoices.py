"""Invoices and credit notes: one row per billed line; one row without a line for one that bills no goods."""

from collections.abc import Sequence

from erp_connectors.canonical.documents import Invoice, InvoiceKind, InvoiceLine, Purpose
from erp_connectors.canonical.values import ItemIds, Price
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.columns import (
    CHARGE_COLUMNS,
    TERM_COLUMNS,
    VERSION_COLUMNS,
    Column,
    Extract,
    Layout,
    RowFault,
    SheetRow,
    charges,
    natural,
    payment_terms,
    quantity,
    same_in_all,
)

INVOICE_COLUMNS = (
    Column("supplier", values.text(64), required=True),
    Column("invoice", values.text(64), required=True),
    Column("kind", values.choice("kind", {kind.value: kind for kind in InvoiceKind})),
    Column("issued_on", values.day, required=True),
    Column("due_on", values.day),
    Column("currency", values.currency),
    Column("corrects", values.text(64)),
    Column("ship_notice", values.text(64)),
    Column("lines_total", values.number),
    Column("charges", values.number),
    Column("tax", values.number),
    Column("total", values.number),
    Column("cancelled", values.yes_or_no("cancelled")),
    Column("entered_by", values.text(64)),
    *CHARGE_COLUMNS,
    *TERM_COLUMNS,
    *VERSION_COLUMNS,
)
LINE_COLUMNS = (
    Column("order", values.text(64)),
    Column("line", values.text(32)),
    Column("item", values.text(64)),
    Column("supplier_item", values.text(64)),
    Column("gtin", values.text(14)),
    Column("quantity", values.not_negative),
    Column("unit", values.unit),
    Column("price", values.not_negative),
    Column("price_per", values.positive),
    Column("price_unit", values.unit),
    Column("amount", values.number),
)


def build(rows: Sequence[SheetRow], extract: Extract) -> Invoice:
    """Return the invoice or credit note of these rows. Raises RowFault where they contradict each other."""
    row = same_in_all(rows, [column.name for column in INVOICE_COLUMNS])
    bills_goods = len(rows) > 1 or any(row[column.name] is not None for column in LINE_COLUMNS[1:])
    in_order = sorted(rows, key=lambda each: (natural(each["order"]), natural(each["line"])))
    return Invoice(
        number=row["invoice"],
        version=extract.version(row),
        issued_on=row["issued_on"],
        lines=tuple(_line(each) for each in in_order) if bills_goods else (),
        kind=row["kind"] or InvoiceKind.INVOICE,
        currency=row["currency"] or extract.settings.currency or None,
        charges=row["charges"],
        tax=row["tax"],
        total=row["total"],
        purpose=Purpose.CANCEL if row["cancelled"] else Purpose.ORIGINAL,
        order_number=None if bills_goods else row["order"],
        ship_notice=row["ship_notice"],
        corrects=row["corrects"],
        charge_lines=charges(row),
        lines_total=row["lines_total"],
        tax_percent=row["tax_percent"],
        payment_terms=payment_terms(row),
        due_on=row["due_on"],
        entered_by=row["entered_by"],
    )


def _line(row: SheetRow) -> InvoiceLine:
    if row["quantity"] is not None and row["unit"] is None:
        raise RowFault(row, "unit", "A value is missing.")
    price = None
    if row["price"] is not None:
        price = Price(row["price"], None, row["price_per"], row["price_unit"])
    return InvoiceLine(
        order_number=row["order"],
        line_number=row["line"],
        quantity=quantity(row, "quantity"),
        price=price,
        ids=ItemIds(buyer=row["item"], supplier=row["supplier_item"], gtin=row["gtin"]),
        amount=row["amount"],
    )


LAYOUT = Layout(
    stream=Stream.INVOICES,
    columns=INVOICE_COLUMNS + LINE_COLUMNS,
    key=("supplier", "invoice"),
    build=build,
    speaker="supplier",
)
