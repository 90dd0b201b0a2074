"""What a stream's files look like: its columns, which of them name a document, and how rows become one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_connectors.canonical.documents import Charge, ChargeKind, PaymentTerms
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
    row, so that a row nobody can place cannot be a piece of its neighbours. `speaker`: the column of `key`
    that says which supplier's word a document is. `build` raises RowFault.
    """

    stream: Stream
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    build: Callable[[Sequence[SheetRow], Extract], ErpDocument]
    in_blocks: bool = False
    one_row: bool = False
    speaker: str | None = None


#: Columns that every stream may have.
VERSION_COLUMNS = (Column("changed_at", values.moment), Column("version", values.text(200)))
#: What is charged beside the goods, one column for each kind; negative: allowed.
CHARGE_COLUMNS = tuple(Column(f"{kind.value}_charge", values.number) for kind in ChargeKind)
TERM_COLUMNS = (
    Column("net_days", values.days),
    Column("discount_percent", values.not_negative),
    Column("discount_days", values.days),
    Column("tax_percent", values.not_negative),
)


def same_in_all(rows: Sequence[SheetRow], columns: Iterable[str]) -> SheetRow:
    """Return the first row, after making sure that all rows say the same in `columns`. Raises RowFault."""
    first = rows[0]
    for row in rows[1:]:
        for column in columns:
            if row[column] != first[column]:
                raise RowFault(row, column, f"Row {first.number} says something else here.")
    return first


def charges(row: SheetRow) -> tuple[Charge, ...]:
    """Return what the row charges beside the goods; nothing is charged where a cell is empty or zero."""
    amounts = [(kind, row[f"{kind.value}_charge"]) for kind in ChargeKind]
    return tuple(Charge(kind, amount) for kind, amount in amounts if amount)


def payment_terms(row: SheetRow) -> PaymentTerms | None:
    """Return the terms of payment, or None where the row says nothing of them."""
    said = {name: row[name] for name in ("net_days", "discount_percent", "discount_days")}
    return None if set(said.values()) == {None} else PaymentTerms(**said)


def pairs(row: SheetRow, first: str, second: str) -> list[tuple[Any, Any]]:
    """Return what stands side by side in two columns that may be repeated. Raises RowFault."""
    found = list(zip(row[first], row[second], strict=False))
    if len(row[first]) != len(row[second]) or any((one is None) != (two is None) for one, two in found):
        raise RowFault(row, second, f"{first} and {second} must be filled together.")
    return [(one, two) for one, two in found if one is not None]


def natural(number: str | None) -> tuple[int, str]:
    """Return a key that sorts 9 before 10: documents list their lines alike whatever order the rows had."""
    written = number or ""
    return (int(written) if written.isascii() and written.isdigit() else HIGHEST_REVISION, written)


def quantity(row: SheetRow, column: str, unit: str = "unit") -> Quantity | None:
    """Return the quantity of a column with the row's unit, or None where the cell is empty."""
    return None if row[column] is None else Quantity(row[column], row[unit])
