"""Stock on hand: one row per item and warehouse."""

from collections.abc import Sequence

from erp_connectors.canonical.documents import Stock
from erp_connectors.canonical.values import Quantity
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.columns import (
    VERSION_COLUMNS,
    Column,
    Extract,
    Layout,
    SheetRow,
    same_in_all,
)

COLUMNS = (
    Column("item", values.text(64), required=True),
    Column("warehouse", values.text(32), required=True),
    Column("on_hand", values.number, required=True),
    Column("unit", values.unit, required=True),
    Column("demand_per_day", values.not_negative),
    Column("demand_sd", values.not_negative),
    *VERSION_COLUMNS,
)


def build(rows: Sequence[SheetRow], extract: Extract) -> Stock:
    """Return the stock of these rows; more than one must say the same. Raises RowFault."""
    row = same_in_all(rows, [column.name for column in COLUMNS])
    return Stock(
        item=row["item"],
        warehouse=row["warehouse"],
        on_hand=Quantity(row["on_hand"], row["unit"]),
        version=extract.version(row),
        demand_per_day=row["demand_per_day"],
        demand_sd=row["demand_sd"],
    )


LAYOUT = Layout(
    stream=Stream.STOCK, columns=COLUMNS, key=("item", "warehouse"), build=build, in_blocks=True, one_row=True
)
