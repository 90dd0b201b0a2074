"""What the demo's ERP and suppliers write: extracts as CSV, confirmations as X12 855."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from erp_connectors.canonical.documents import Demand, OrderLine, PurchaseOrder, Stock
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.edi.x12.writer import (
    Element,
    OutgoingEnvelope,
    OutgoingGroup,
    OutgoingTransaction,
    Style,
    write_interchange,
)
from exceptions_app.demo.catalogue import DemoCompany, DemoSupplier
from exceptions_app.demo.world import Answer, AnswerLine

X12_UNITS = {"EA": "EA", "CS": "CA"}
GLN = "UL"
Segment = Sequence[Element]


def _sheet(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode()


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def suppliers_csv(suppliers: Iterable[SupplierRecord]) -> bytes:
    """Return the extract of suppliers."""
    headings = ("supplier", "name", "tier", "country", "currency", "email", "buyer")
    return _sheet(
        headings,
        ([getattr(row, "number" if name == "supplier" else name) for name in headings] for row in suppliers),
    )


def items_csv(items: Iterable[ItemRecord]) -> bytes:
    """Return the extract of items; a supplier's name for an item takes a row of its own."""
    headings = (
        "item",
        "description",
        "base_unit",
        "category",
        "abc_class",
        "pack_unit",
        "pack_factor",
        "supplier",
        "supplier_item",
    )
    rows = []
    for item in items:
        own = (item.number, item.description, item.base_unit, item.category, item.abc_class)
        packs = [(pack.unit, pack.factor) for pack in item.packs] or [("", "")]
        names = [(name.supplier, name.number) for name in item.supplier_items] or [("", "")]
        rows += [(*own, *packs[0], *name) for name in names]
    return _sheet(headings, rows)


def orders_csv(orders: Iterable[PurchaseOrder]) -> bytes:
    """Return the extract of orders, a row for each schedule line."""
    headings = (
        "order",
        "order_state",
        "supplier",
        "currency",
        "buyer",
        "released_at",
        "line",
        "item",
        "supplier_item",
        "description",
        "quantity",
        "unit",
        "price",
        "price_per",
        "warehouse",
        "schedule_quantity",
        "schedule_date",
        "changed_at",
        "version",
    )
    rows = [row for order in orders for line in order.lines for row in _order_rows(order, line)]
    return _sheet(headings, rows)


def _order_rows(order: PurchaseOrder, line: OrderLine) -> list[tuple[object, ...]]:
    price, per = (line.price.amount, line.price.per) if line.price else ("", "")
    head = (
        order.number,
        order.state.value,
        order.supplier,
        order.currency,
        order.buyer,
        _moment(order.released_at),
    )
    body = (
        line.number,
        line.item,
        line.supplier_item,
        line.description,
        line.quantity.value,
        line.quantity.unit,
        price,
        per,
        line.warehouse,
    )
    tail = (_moment(order.version.document_time), order.version_token)
    return [(*head, *body, part.quantity.value, part.date.isoformat(), *tail) for part in line.schedule]


def stock_csv(stock: Iterable[Stock]) -> bytes:
    """Return the extract of what is on hand."""
    headings = ("item", "warehouse", "on_hand", "unit", "changed_at")
    rows = (
        (row.item, row.warehouse, row.on_hand.value, row.on_hand.unit, _moment(row.version.document_time))
        for row in stock
    )
    return _sheet(headings, rows)


def demand_csv(demand: Iterable[Demand]) -> bytes:
    """Return the extract of open customer orders."""
    headings = (
        "order",
        "customer",
        "customer_class",
        "line",
        "item",
        "warehouse",
        "open_quantity",
        "unit",
        "due_on",
        "changed_at",
    )
    rows = (
        (
            order.number,
            order.customer,
            order.customer_class,
            line.number,
            line.item,
            line.warehouse,
            line.open.value,
            line.open.unit,
            line.due_on.isoformat(),
            _moment(order.version.document_time),
        )
        for order in demand
        for line in order.lines
    )
    return _sheet(headings, rows)


def confirmations_855(
    company: DemoCompany, supplier: DemoSupplier, answers: Sequence[Answer], *, control: int, at: datetime
) -> bytes:
    """Return one interchange of a supplier with an 855 for every answer; `at` is its local time."""
    group = OutgoingGroup(
        functional_code="PR",
        sender=supplier.edi_id,
        receiver=company.edi_id,
        control_number=control,
        version="004010",
        transactions=[
            OutgoingTransaction(set_code="855", control_number=f"{index:04}", segments=_855(company, answer))
            for index, answer in enumerate(answers, start=1)
        ],
    )
    envelope = OutgoingEnvelope(
        sender_qualifier=GLN,
        sender=supplier.edi_id,
        receiver_qualifier=GLN,
        receiver=company.edi_id,
        control_number=control,
        at=at,
    )
    return write_interchange(envelope, [group], Style(line_end=b"\n"))


def _855(company: DemoCompany, answer: Answer) -> list[Segment]:
    is_changed = any(said.quantity != said.line.quantity.value for said in answer.lines)
    segments: list[Segment] = [
        (
            "BAK",
            "00",
            "AC" if is_changed else "AD",
            answer.order.number,
            f"{answer.order.released_at:%Y%m%d}",
            "",
            "",
            "",
            f"{answer.supplier.number}-{answer.order.number[-5:]}",
            f"{answer.sent_at:%Y%m%d}",
        ),
        ("CUR", "SE", company.currency),
    ]
    for said in answer.lines:
        segments += _line(said)
    return [*segments, ("CTT", str(len(answer.lines)))]


def _line(said: AnswerLine) -> list[Segment]:
    line = said.line
    unit = X12_UNITS[line.quantity.unit]
    price = _plain(line.price.amount) if line.price else ""
    ids = [part for pair in (("BP", line.item), ("VP", line.supplier_item or "")) if pair[1] for part in pair]
    status = "IA" if said.quantity == line.quantity.value else "IQ"
    return [
        ("PO1", line.number, _plain(line.quantity.value), unit, price, "PE", *ids),
        ("PID", "F", "", "", "", line.description.replace("*", " ").replace("~", " ").replace(">", " ")),
        ("ACK", status, _plain(said.quantity), unit, "067", f"{said.day:%Y%m%d}"),
    ]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
