"""Files as an ERP might write them, and what reading them gave."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook

from erp_connectors.connectors.base import ErpDocument, RowProblem
from erp_connectors.connectors.file_drop.reader import FullExtract, read
from erp_connectors.connectors.file_drop.settings import settings_from

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ORDER_HEADINGS = [
    "order",
    "supplier",
    "line",
    "item",
    "quantity",
    "unit",
    "price",
    "schedule_quantity",
    "schedule_date",
]


@dataclass(frozen=True)
class Reading:
    """All that came of a file."""

    documents: list[ErpDocument]
    problems: list[RowProblem]
    full: FullExtract | None

    @property
    def only(self) -> Any:
        """The one document there is."""
        assert [problem.message for problem in self.problems] == []
        (document,) = self.documents
        return document

    @property
    def problem(self) -> RowProblem:
        """The one problem there is."""
        (problem,) = self.problems
        return problem


def reading(payload: bytes, file_name: str, **settings: Any) -> Reading:
    """Read a file with these settings of the connection, in Berlin and in euros."""
    checked = settings_from({"folder": "/nowhere", **settings}, currency="EUR", time_zone="Europe/Berlin")
    parts = list(read(payload, file_name=file_name, settings=checked, received_at=NOW))
    groups = [part for part in parts if not isinstance(part, FullExtract)]
    return Reading(
        [document for group in groups for document in group.documents],
        [problem for group in groups for problem in group.problems],
        next((part for part in parts if isinstance(part, FullExtract)), None),
    )


def csv_of(*rows: Sequence[str], delimiter: str = ",") -> bytes:
    """Rows as plain CSV."""
    return "".join(delimiter.join(row) + "\n" for row in rows).encode()


def xlsx_of(*rows: Sequence[Any], merge: str = "", sheet: str = "Sheet") -> bytes:
    """Rows as a workbook of one sheet."""
    workbook = Workbook()
    worksheet = workbook.active
    assert worksheet is not None
    worksheet.title = sheet
    for row in rows:
        worksheet.append(list(row))
    if merge:
        worksheet.merge_cells(merge)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def orders(*rows: Sequence[str], headings: Sequence[str] = ORDER_HEADINGS, **settings: Any) -> Reading:
    """Read an extract of orders with these rows."""
    return reading(csv_of(headings, *rows), "orders.csv", **settings)


def order_row(**cells: str) -> list[str]:
    """One row of an order that is in order, but for these cells."""
    row = {
        "order": "4500010001",
        "supplier": "77",
        "line": "10",
        "item": "SEAL-1",
        "quantity": "100",
        "unit": "EA",
        "price": "182.40",
        "schedule_quantity": "",
        "schedule_date": "2026-12-02",
    }
    assert cells.keys() <= row.keys()
    return list((row | cells).values())
