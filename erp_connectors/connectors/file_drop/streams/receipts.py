"""Goods receipts: one row per receipt line."""

from collections.abc import Sequence
from decimal import Decimal

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Purpose, Receipt, ReceiptLine
from erp_connectors.canonical.values import ItemIds, Quantity
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.columns import (
    VERSION_COLUMNS,
    Column,
    Extract,
    Layout,
    RowFault,
    SheetRow,
    natural,
    quantity,
    same_in_all,
)

RECEIPT_COLUMNS = (
    Column("receipt", values.text(64), required=True),
    Column("received_on", values.day, required=True),
    Column("ship_notice", values.text(64)),
    Column("warehouse", values.text(32)),
    Column("cancelled", values.yes_or_no("cancelled")),
    Column("entered_by", values.text(64)),
    *VERSION_COLUMNS,
)
LINE_COLUMNS = (
    Column("order", values.text(64)),
    Column("line", values.text(32)),
    Column("item", values.text(64)),
    Column("supplier_item", values.text(64)),
    Column("gtin", values.text(14)),
    Column("quantity", values.not_negative, required=True),
    Column("damaged", values.not_negative),
    Column("rejected", values.not_negative),
    Column("condition", values.choice("condition", {each.value: each for each in GoodsCondition})),
    Column("reason", values.words(300)),
    Column("unit", values.unit, required=True),
)


def build(rows: Sequence[SheetRow], extract: Extract) -> Receipt:
    """Return the receipt of these rows. Raises RowFault where they contradict each other."""
    row = same_in_all(rows, [column.name for column in RECEIPT_COLUMNS])
    in_order = sorted(
        rows, key=lambda each: (natural(each["order"]), natural(each["line"]), each["quantity"])
    )
    return Receipt(
        number=row["receipt"],
        version=extract.version(row),
        received_on=row["received_on"],
        lines=tuple(_line(each) for each in in_order),
        purpose=Purpose.CANCEL if row["cancelled"] else Purpose.ORIGINAL,
        ship_notice=row["ship_notice"],
        warehouse=row["warehouse"],
        entered_by=row["entered_by"],
    )


def _line(row: SheetRow) -> ReceiptLine:
    bad = (row["damaged"] or Decimal(0)) + (row["rejected"] or Decimal(0))
    if bad > row["quantity"]:
        column = "rejected" if row["damaged"] is None else "damaged"
        raise RowFault(
            row, column, "More is bad than was received; the quantity counts good and bad together."
        )
    return ReceiptLine(
        order_number=row["order"],
        line_number=row["line"],
        received=quantity(row, "quantity"),
        damaged=quantity(row, "damaged"),
        ids=ItemIds(supplier=row["supplier_item"], gtin=row["gtin"]),
        item=row["item"],
        rejected=quantity(row, "rejected"),
        in_question=_in_question(row, bad),
    )


def _in_question(row: SheetRow, bad: Decimal) -> tuple[InQuestion, ...]:
    """Return what the row says of the goods in words: of what is bad, else of all of it."""
    if row["condition"] is None and row["reason"] is None:
        return ()
    how_much = Quantity(bad or row["quantity"], row["unit"])
    condition = row["condition"] or GoodsCondition.OTHER
    return (InQuestion(condition=condition, quantity=how_much, reason=row["reason"] or ""),)


LAYOUT = Layout(stream=Stream.RECEIPTS, columns=RECEIPT_COLUMNS + LINE_COLUMNS, key=("receipt",), build=build)
