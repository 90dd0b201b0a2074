"""Goods receipts: one row per receipt line."""

from collections.abc import Sequence

from erp_connectors.canonical.documents import Purpose, Receipt, ReceiptLine
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
    *VERSION_COLUMNS,
)
LINE_COLUMNS = (
    Column("order", values.text(64)),
    Column("line", values.text(32)),
    Column("item", values.text(64)),
    Column("quantity", values.not_negative, required=True),
    Column("damaged", values.not_negative),
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
    )


def _line(row: SheetRow) -> ReceiptLine:
    if row["damaged"] is not None and row["damaged"] > row["quantity"]:
        raise RowFault(
            row, "damaged", "More is damaged than was received; the quantity counts both together."
        )
    return ReceiptLine(
        order_number=row["order"],
        line_number=row["line"],
        received=quantity(row, "quantity"),
        damaged=quantity(row, "damaged"),
        item=row["item"],
    )


LAYOUT = Layout(stream=Stream.RECEIPTS, columns=RECEIPT_COLUMNS + LINE_COLUMNS, key=("receipt",), build=build)
