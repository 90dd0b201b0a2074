"""What a stream's files look like: its columns, which of them name a document, and how rows become one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.connectors.base import ErpDocument, Stream
from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.settings import FileDropSettings

HIGHEST_REVISION = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name is our heading for it. `repeats`: it may stand several times, side by side."""

    name: str
    read: values.Reader
    required: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row whose cells have been read; a column that is missing or empty is None, a repeated one a tuple."""

    number: int
    values: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


class RowFault(Exception):
    """The cells of a row can be read, but contradict each other or another row."""

    def __init__(self, row: SheetRow, column: str, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True)
class Extract:
    """The file a row stands in: when the ERP wrote it, and the settings it is read by."""

    said_at: datetime
    settings: FileDropSettings

    def version(self, row: SheetRow) -> DocumentVersion:
        """Return how new the row's document is: its own change time and version, else the extract's time.

        Of two extracts that name the same time and version the later extract holds.
        """
        changed_at: datetime | None = row["changed_at"]
        written = row["version"] or ""
        revision = int(written) if written.isascii() and written.isdigit() else 0
        return DocumentVersion(
            document_time=changed_at or self.said_at,
            revision=revision if revision <= HIGHEST_REVISION else 0,
            control_number=f"{self.said_at:%Y%m%dT%H%M%SZ}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One stream: the columns `key` name a document, `build` makes it of all its rows.

    `in_blocks`: documents are small and many, and travel many to a transaction. `one_row`: a document is one
    row, so that a row nobody can place cannot be a piece of its neighbours. `build` raises RowFault.
    """

    stream: Stream
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    build: Callable[[Sequence[SheetRow], Extract], ErpDocument]
    in_blocks: bool = False
    one_row: bool = False


#: Columns that every stream may have.
VERSION_COLUMNS = (Column("changed_at", values.moment), Column("version", values.text(200)))


def same_in_all(rows: Sequence[SheetRow], columns: Iterable[str]) -> SheetRow:
    """Return the first row, after making sure that all rows say the same in `columns`. Raises RowFault."""
    first = rows[0]
    for row in rows[1:]:
        for column in columns:
            if row[column] != first[column]:
                raise RowFault(row, column, f"Row {first.number} says something else here.")
    return first


def natural(number: str | None) -> tuple[int, str]:
    """Return a key that sorts 9 before 10: documents list their lines alike whatever order the rows had."""
    written = number or ""
    return (int(written) if written.isascii() and written.isdigit() else HIGHEST_REVISION, written)


def quantity(row: SheetRow, column: str, unit: str = "unit") -> Quantity | None:
    """Return the quantity of a column with the row's unit, or None where the cell is empty."""
    return None if row[column] is None else Quantity(row[column], row[unit])
