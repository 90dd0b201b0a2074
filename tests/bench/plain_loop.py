"""The floor and the loop to compare with: document lines by COPY, and judged one order line after another.

The loop is written as plainly as one would write it first, and favoured: prepared statements, no ORM, no
case, no history, one transaction, and just the questions the planted world asks.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from erp_connectors.canonical.documents import (
    Confirmation,
    Invoice,
    PurchaseOrder,
    Receipt,
    ShipNotice,
)
from erp_connectors.canonical.values import Price, Quantity
from tests.bench.truth import Document, PlantedWorld, Truth

TABLES = """
    CREATE TEMPORARY TABLE plain_line (
        kind text, document text, order_number text, line_number text, item text, quantity numeric,
        unit text, price numeric, currency text, on_day date, said_at timestamptz, supplier text
    );
    CREATE UNIQUE INDEX ON plain_line (order_number, line_number, kind, document);
    CREATE INDEX ON plain_line (supplier, on_day);
    CREATE TEMPORARY TABLE plain_deviation (
        order_number text, line_number text, type_code text, quantity numeric,
        UNIQUE (order_number, line_number, type_code)
    );
"""
COPY = "COPY plain_line FROM STDIN"
ORDERED = """
    SELECT order_number, line_number, quantity, price, on_day FROM plain_line WHERE kind = 'order'
    ORDER BY order_number, line_number LIMIT %s
"""
SAID = """
    SELECT quantity, price, on_day FROM plain_line
    WHERE kind = %s AND order_number = %s AND line_number = %s
"""
FOUND = "INSERT INTO plain_deviation VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
#: Of goods wanted before this day a notice is due at the moment of judging.
LATER = date(2026, 12, 1)
Row = tuple[Any, ...]


class PlainTables:
    """Every document line of a world in one table, and what a loop over the order lines finds in it."""

    def __init__(self, world: PlantedWorld) -> None:
        self.rows = [row for document in world.documents for row in _rows(document)]
        with connection.cursor() as cursor:
            cursor.execute(TABLES)

    def copy(self) -> None:
        """Write all rows by COPY, in one transaction."""
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in self.rows:
                copy.write_row(row)

    def loop(self, most: int) -> int:
        """Judge up to `most` order lines one by one, and return how many it were."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ORDERED, [most])
            ordered = cursor.fetchall()
            for order, line, quantity, price, wanted_on in ordered:
                said = {}
                for kind in ("confirmation", "ship_notice", "receipt", "invoice"):
                    cursor.execute(SAID, [kind, order, line])
                    said[kind] = cursor.fetchone()
                for code, off in _judged(quantity, price, wanted_on, said):
                    cursor.execute(FOUND, [order, line, code, off])
        return len(ordered)

    def found(self) -> frozenset[Truth]:
        """Return what the loop has found."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT order_number, line_number, type_code, quantity FROM plain_deviation")
            return frozenset(cursor.fetchall())


def _judged(
    quantity: Decimal, price: Decimal, wanted_on: date, said: dict[str, Row | None]
) -> Iterator[tuple[str, Decimal]]:
    confirmed, shipped, received, billed = (
        said[kind] for kind in ("confirmation", "ship_notice", "receipt", "invoice")
    )
    if confirmed is None:
        yield "confirmation_late", quantity
    else:
        if confirmed[0] < quantity:
            yield "quantity_short", quantity - confirmed[0]
        if abs(confirmed[1] - price) * quantity > max(Decimal(25), price * quantity / 100):
            yield "price_mismatch", quantity
        if confirmed[2] > wanted_on:
            yield "date_later", quantity
    if shipped is None and wanted_on < LATER:
        yield "ship_notice_missing", quantity
    if received is not None and shipped is not None and received[0] < shipped[0]:
        yield "receipt_short", shipped[0] - received[0]
    if billed is not None and billed[0] > quantity:
        yield "invoice_quantity", billed[0] - quantity


def _rows(document: Document) -> Iterator[Row]:
    """Yield one row for each line, in the columns of the table."""
    at = document.version.document_time
    match document:
        case PurchaseOrder(number=number, lines=lines):
            for ordered in lines:
                price, day = ordered.price, ordered.schedule[0].date
                yield _row("order", number, number, ordered.number, ordered.quantity, at, price, day)
        case Confirmation(order_number=number, lines=answered):
            for answer in answered:
                (part,) = answer.offered or ()
                what, line = part.quantity, answer.line_number
                yield _row("confirmation", number, number, line, what, at, answer.price, part.date)
        case ShipNotice(number=number, lines=carried):
            for sent in carried:
                yield _row("ship_notice", number, sent.order_number, sent.line_number, sent.shipped, at)
        case Receipt(number=number, lines=booked):
            for came in booked:
                yield _row("receipt", number, came.order_number, came.line_number, came.received, at)
        case Invoice(number=number, lines=billed):
            for bill in billed:
                order, line = bill.order_number, bill.line_number
                yield _row("invoice", number, order, line, bill.quantity, at, bill.price)


def _row(
    kind: str,
    document: str,
    order: str | None,
    line: str | None,
    quantity: Quantity | None,
    at: datetime,
    price: Price | None = None,
    day: date | None = None,
) -> Row:
    value, unit = (quantity.value, quantity.unit) if quantity else (None, None)
    amount = price.amount if price else None
    return (kind, document, order, line, None, value, unit, amount, "EUR", day, at, "77")
