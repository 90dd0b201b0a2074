"""Suppliers: one row each."""

from collections.abc import Sequence

from erp_connectors.canonical.master import SupplierRecord
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
    Column("supplier", values.text(64), required=True),
    Column("name", values.words(200), required=True),
    Column("tier", values.choice("tier", {"a": "A", "b": "B", "c": "C"})),
    Column("country", values.country),
    Column("currency", values.currency),
    Column("email", values.text(254)),
    Column("buyer", values.text(64)),
    *VERSION_COLUMNS,
)


def build(rows: Sequence[SheetRow], extract: Extract) -> SupplierRecord:
    """Return the supplier of these rows; more than one must say the same. Raises RowFault."""
    row = same_in_all(rows, [column.name for column in COLUMNS])
    return SupplierRecord(
        number=row["supplier"],
        name=row["name"],
        version=extract.version(row),
        tier=row["tier"],
        country=row["country"],
        currency=row["currency"],
        email=row["email"],
        buyer=row["buyer"],
    )


LAYOUT = Layout(
    stream=Stream.SUPPLIERS, columns=COLUMNS, key=("supplier",), build=build, in_blocks=True, one_row=True
)
