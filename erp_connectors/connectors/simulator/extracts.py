"""Canonical documents as the CSV extracts an ERP writes, under our own headings: the reader's counterpart."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import (
    Charge,
    Demand,
    Invoice,
    OrderLine,
    PaymentTerms,
    PurchaseOrder,
    Purpose,
    Receipt,
    Stock,
)
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop.streams import LAYOUTS

Row = dict[str, Any]
Table = Sequence[Row]


def suppliers_csv(suppliers: Iterable[SupplierRecord]) -> bytes:
    """Return the extract of suppliers, one row each."""
    return _csv(
        Stream.SUPPLIERS,
        [
            {
                "supplier": supplier.number,
                "name": supplier.name,
                "tier": supplier.tier,
                "country": supplier.country,
                "currency": supplier.currency,
                "email": supplier.email,
                "buyer": supplier.buyer,
            }
            | _version(supplier.version)
            for supplier in suppliers
        ],
    )


def items_csv(items: Iterable[ItemRecord]) -> bytes:
    """Return the extract of items: a row for each pack or name, whichever are more."""
    return _csv(Stream.ITEMS, [row for item in items for row in _item_rows(item)])


def orders_csv(orders: Iterable[PurchaseOrder]) -> bytes:
    """Return the extract of orders: a row for each schedule line."""
    return _csv(
        Stream.ORDERS, [row for order in orders for line in order.lines for row in _order_rows(order, line)]
    )


def receipts_csv(receipts: Iterable[Receipt]) -> bytes:
    """Return the extract of receipts: a row for each line."""
    return _csv(
        Stream.RECEIPTS,
        [
            {
                "receipt": receipt.number,
                "received_on": receipt.received_on,
                "ship_notice": receipt.ship_notice,
                "warehouse": receipt.warehouse,
                "cancelled": receipt.purpose is Purpose.CANCEL,
                "entered_by": receipt.entered_by,
                "order": line.order_number,
                "line": line.line_number,
                "item": line.item,
                "quantity": line.received.value if line.received else None,
                "supplier_item": line.ids.supplier,
                "gtin": line.ids.gtin,
                "damaged": line.damaged.value if line.damaged else None,
                "rejected": line.rejected.value if line.rejected else None,
                "condition": line.in_question[0].condition.value if line.in_question else None,
                "reason": line.in_question[0].reason if line.in_question else None,
                "unit": line.received.unit if line.received else None,
            }
            | _version(receipt.version)
            for receipt in receipts
            for line in receipt.lines
        ],
    )


def invoices_csv(invoices: Iterable[tuple[str, Invoice]]) -> bytes:
    """Return the extract of invoices and credit notes, each with its supplier: a row for each line."""
    return _csv(
        Stream.INVOICES, [row for supplier, invoice in invoices for row in _invoice_rows(supplier, invoice)]
    )


def stock_csv(stock: Iterable[Stock]) -> bytes:
    """Return the extract of what is on hand: a row for each item and warehouse."""
    return _csv(
        Stream.STOCK,
        [
            {
                "item": level.item,
                "warehouse": level.warehouse,
                "on_hand": level.on_hand.value,
                "unit": level.on_hand.unit,
                "demand_per_day": level.demand_per_day,
                "demand_sd": level.demand_sd,
            }
            | _version(level.version)
            for level in stock
        ],
    )


def demand_csv(demand: Iterable[Demand]) -> bytes:
    """Return the extract of customer orders: a row for each line, one without a line where it is done."""
    return _csv(Stream.DEMAND, [row for order in demand for row in _demand_rows(order)])


def _item_rows(item: ItemRecord) -> Table:
    own: Row = {
        "item": item.number,
        "description": item.description,
        "base_unit": item.base_unit,
        "category": item.category,
        "abc_class": item.abc_class,
        "gtin": item.gtin,
        "unit_margin": item.unit_margin,
        "sales_price": item.sales_price,
        "demand_per_day": item.demand_per_day,
        "demand_sd": item.demand_sd,
        "lead_days": item.lead_days,
        "criticality": item.criticality,
    }
    return [
        own
        | _version(item.version)
        | {
            "pack_unit": item.packs[index].unit if index < len(item.packs) else None,
            "pack_factor": item.packs[index].factor if index < len(item.packs) else None,
            "supplier": item.supplier_items[index].supplier if index < len(item.supplier_items) else None,
            "supplier_item": item.supplier_items[index].number if index < len(item.supplier_items) else None,
        }
        for index in range(max(1, len(item.packs), len(item.supplier_items)))
    ]


def _order_rows(order: PurchaseOrder, line: OrderLine) -> Table:
    price = line.price
    return [
        {
            "order": order.number,
            "order_state": order.state.value,
            "supplier": order.supplier,
            "currency": order.currency,
            "buyer": order.buyer,
            "released_at": order.released_at,
            "cancelled_at": order.cancelled_at,
            "line": line.number,
            "item": line.item,
            "supplier_item": line.supplier_item,
            "gtin": line.gtin,
            "description": line.description,
            "quantity": line.quantity.value,
            "unit": line.quantity.unit,
            "price": price.amount if price else None,
            "price_per": price.per if price else None,
            "price_unit": price.per_unit if price else None,
            "warehouse": line.warehouse,
            "cancelled": line.cancelled,
            "break_quantity": [each.from_quantity.value for each in line.price_breaks],
            "break_price": [each.price.amount for each in line.price_breaks],
            "schedule_quantity": part.quantity.value,
            "schedule_date": part.date,
            "changed_at": order.version.document_time,
            "version": order.version_token,
        }
        | _charges(order.charges)
        | _terms(order.payment_terms, order.tax_percent)
        for part in line.schedule
    ]


def _invoice_rows(supplier: str, invoice: Invoice) -> Table:
    own: Row = {
        "supplier": supplier,
        "invoice": invoice.number,
        "kind": invoice.kind.value,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "currency": invoice.currency,
        "corrects": invoice.corrects,
        "ship_notice": invoice.ship_notice,
        "lines_total": invoice.lines_total,
        "charges": invoice.charges,
        "tax": invoice.tax,
        "total": invoice.total,
        "cancelled": invoice.purpose is Purpose.CANCEL,
        "entered_by": invoice.entered_by,
    }
    own |= _charges(invoice.charge_lines) | _terms(invoice.payment_terms, invoice.tax_percent)
    own |= _version(invoice.version)
    lines: Table = [
        {
            "order": line.order_number,
            "line": line.line_number,
            "item": line.ids.buyer,
            "supplier_item": line.ids.supplier,
            "gtin": line.ids.gtin,
            "quantity": line.quantity.value if line.quantity else None,
            "unit": line.quantity.unit if line.quantity else None,
            "price": line.price.amount if line.price else None,
            "price_per": line.price.per if line.price else None,
            "price_unit": line.price.per_unit if line.price else None,
            "amount": line.amount,
        }
        for line in invoice.lines
    ]
    return [own | line for line in lines or [{"order": invoice.order_number}]]


def _charges(charges: Iterable[Charge]) -> Row:
    """Return the columns of charges: one for each kind, with all there is of it."""
    row: Row = {}
    for charge in charges:
        column = f"{charge.kind.value}_charge"
        row[column] = row.get(column, Decimal(0)) + charge.amount
    return row


def _terms(terms: PaymentTerms | None, tax_percent: Decimal | None) -> Row:
    row: Row = {"tax_percent": tax_percent}
    if terms is not None:
        row |= {
            "net_days": terms.net_days,
            "discount_percent": terms.discount_percent,
            "discount_days": terms.discount_days,
        }
    return row


def _demand_rows(order: Demand) -> Table:
    own: Row = {
        "order": order.number,
        "customer": order.customer,
        "customer_class": order.customer_class,
    } | _version(order.version)
    none: Row = dict.fromkeys(("line", "item", "warehouse", "open_quantity", "unit", "due_on"))
    lines: Table = [
        {
            "line": line.number,
            "item": line.item,
            "warehouse": line.warehouse,
            "open_quantity": line.open.value,
            "unit": line.open.unit,
            "due_on": line.due_on,
            "penalty_per_day": line.penalty_per_day,
            "penalty_flat": line.penalty_flat,
        }
        for line in order.lines
    ]
    return [own | line for line in lines or [none]]


def _version(version: DocumentVersion) -> Row:
    return {"changed_at": version.document_time, "version": version.revision or None}


def _csv(stream: Stream, rows: Table) -> bytes:
    """Write the rows under every heading the stream may have, so that an extract of nothing is one, too.

    A list is written side by side, under as many headings of the same name as the longest one needs.
    """
    names = [column.name for column in LAYOUTS[stream].columns]
    width = {name: max((len(row[name]) for row in rows if _is_list(row, name)), default=1) for name in names}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(name for name in names for _ in range(width[name]))
    writer.writerows([cell for name in names for cell in _cells(row, name, width[name])] for row in rows)
    return text.getvalue().encode()


def _is_list(row: Row, name: str) -> bool:
    return isinstance(row.get(name), list)


def _cells(row: Row, name: str, width: int) -> list[str]:
    values = row[name] if _is_list(row, name) else [row.get(name)]
    return [_written(value) for value in values] + [""] * (width - len(values))


def _written(value: Any) -> str:
    """Write a value unmistakably: three decimals alone could be thousands, so a zero follows them."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        number = format(value.normalize(), "f")
        return f"{number}0" if re.search(r"\.\d{3}$", number) else number
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
