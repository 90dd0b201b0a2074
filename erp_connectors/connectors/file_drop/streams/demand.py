"""Customer orders that wait for stock: one row per line; an order whose one row names no line is done."""

from collections.abc import Sequence

from erp_connectors.canonical.documents import Demand, DemandLine
from erp_connectors.canonical.values import Quantity
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
    same_in_all,
)

LOWEST_CLASS = "C"

ORDER_COLUMNS = (
    Column("order", values.text(64), required=True),
    Column("customer", values.words(200), required=True),
    Column("customer_class", values.choice("customer_class", {"a": "A", "b": "B", "c": "C"})),
    *VERSION_COLUMNS,
)
LINE_COLUMNS = (
    Column("line", values.text(32)),
    Column("item", values.text(64)),
    Column("warehouse", values.text(32)),
    Column("open_quantity", values.not_negative),
    Column("unit", values.unit),
    Column("due_on", values.day),
)
PENALTY_COLUMNS = (
    Column("penalty_per_day", values.not_negative),
    Column("penalty_flat", values.not_negative),
)


def build(rows: Sequence[SheetRow], extract: Extract) -> Demand:
    """Return the customer order of these rows; without a class it counts as C. Raises RowFault."""
    row = same_in_all(rows, [column.name for column in ORDER_COLUMNS])
    is_done = len(rows) == 1 and row["line"] is None
    lines = (
        () if is_done else tuple(_line(each) for each in sorted(rows, key=lambda each: natural(each["line"])))
    )
    numbers = [line.number for line in lines]
    for each in rows:
        if numbers.count(each["line"]) > 1:
            raise RowFault(each, "line", "The line stands twice.")
    return Demand(
        number=row["order"],
        customer=row["customer"],
        customer_class=row["customer_class"] or LOWEST_CLASS,
        version=extract.version(row),
        lines=lines,
    )


def _line(row: SheetRow) -> DemandLine:
    for column in LINE_COLUMNS:
        if row[column.name] is None:
            raise RowFault(row, column.name, "A value is missing.")
    return DemandLine(
        number=row["line"],
        item=row["item"],
        warehouse=row["warehouse"],
        open=Quantity(row["open_quantity"], row["unit"]),
        due_on=row["due_on"],
        penalty_per_day=row["penalty_per_day"],
        penalty_flat=row["penalty_flat"],
    )


LAYOUT = Layout(
    stream=Stream.DEMAND,
    columns=ORDER_COLUMNS + LINE_COLUMNS + PENALTY_COLUMNS,
    key=("order",),
    build=build,
)
