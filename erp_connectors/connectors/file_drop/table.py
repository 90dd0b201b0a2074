"""CSV and XLSX bytes to rows of cells, as a stream, within limits; nothing is interpreted here."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries

from erp_connectors.connectors.base import UnreadableFile
from erp_connectors.connectors.file_drop.settings import FileDropSettings
from erp_connectors.connectors.file_drop.values import BadCell, Cell, is_empty

DELIMITERS = ",;\t|"
SIGNIFICANT_DIGITS = 15
#: A sheet compresses ten- to fiftyfold; far beyond that somebody packed a bomb.
LARGEST_RATIO = 200
LARGEST_UNPACKED = 400_000_000
MEGABYTE = 1_000_000
MOST_COLUMNS = 500
MOST_AREAS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file. `fault`: the row as a whole could not be split into cells."""

    number: int
    cells: tuple[Cell, ...]
    fault: str = ""


def rows_of(
    payload: bytes, *, file_name: str, sheet: str | None, settings: FileDropSettings
) -> Iterator[Row]:
    """Return the rows of the file that are not empty, one by one.

    Raises UnreadableFile where it is not the format its name says, or larger than the settings allow.
    """
    if len(payload) > settings.max_megabytes * MEGABYTE:
        raise UnreadableFile(f"The file is larger than {settings.max_megabytes} MB.")
    is_workbook = file_name.casefold().endswith(".xlsx")
    rows = _workbook_rows(payload, sheet) if is_workbook else _text_rows(payload, settings)
    for count, row in enumerate(rows):
        if count > settings.max_rows:
            raise UnreadableFile(f"The file has more than {settings.max_rows} rows.")
        if row.fault or not all(is_empty(cell) for cell in row.cells):
            yield row


# --- CSV --------------------------------------------------------------------------------------


def _text_rows(payload: bytes, settings: FileDropSettings) -> Iterator[Row]:
    """Bytes that are not text in the encoding reach the cells as surrogates, and are refused there."""
    encoding = "utf-8-sig" if payload.startswith(codecs.BOM_UTF8) else settings.encoding
    lines = io.TextIOWrapper(io.BytesIO(payload), encoding, errors="surrogateescape", newline="")
    try:
        yield from _split(lines, settings.delimiter or _delimiter(payload, encoding))
    except UnicodeError as error:
        raise UnreadableFile(f"The file is not text in the encoding {encoding}.") from error


def _delimiter(payload: bytes, encoding: str) -> str:
    """The sign that occurs most in the first line that has any: the heading row names many columns."""
    for line in io.TextIOWrapper(io.BytesIO(payload), encoding, errors="surrogateescape"):
        best = max(DELIMITERS, key=line.count)
        if line.count(best):
            return best
    return DELIMITERS[0]


def _split(lines: io.TextIOWrapper, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, (), f"The row cannot be split into cells: {error}.")
        else:
            yield Row(number, tuple(cells))


# --- XLSX -------------------------------------------------------------------------------------


def _workbook_rows(payload: bytes, sheet: str | None) -> Iterator[Row]:
    try:
        _refuse_bombs(payload)
        workbook = load_workbook(io.BytesIO(payload), read_only=True, keep_links=False)
        try:
            worksheet = _sheet(workbook, sheet)
            areas = _merged_areas(payload, worksheet._worksheet_path)
            for number, cells in enumerate(worksheet.iter_rows(), start=1):
                yield _row(number, cells, [area for area in areas if area.touches(number)])
        finally:
            workbook.close()
    except UnreadableFile:
        raise
    # A damaged or hostile workbook makes the library stumble in whatever way it happens to.
    except Exception as error:
        raise UnreadableFile(f"The workbook cannot be read: {error}.") from error


def _refuse_bombs(payload: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        sizes = [(part.file_size, part.compress_size) for part in archive.infolist()]
    unpacked = sum(size for size, _ in sizes)
    bombs = [size for size, packed in sizes if size > MEGABYTE and size > LARGEST_RATIO * packed]
    if bombs or unpacked > LARGEST_UNPACKED:
        raise UnreadableFile(
            f"The workbook unpacks to {unpacked // MEGABYTE} MB, which is more than we open."
        )


def _sheet(workbook: Workbook, name: str | None) -> Any:
    if name is not None and name not in workbook.sheetnames:
        raise UnreadableFile(f"The workbook has no sheet named {name!r}.")
    worksheet = workbook[name or workbook.sheetnames[0]]
    # The size a file states for its sheet may be wrong; what counts is what is there.
    worksheet.reset_dimensions()
    return worksheet


@dataclass(frozen=True, slots=True)
class _Area:
    """A block of merged cells: only its first cell holds the value, so none of them can be trusted."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int

    def touches(self, row: int) -> bool:
        """Say whether the area has cells in this row."""
        return self.first_row <= row <= self.last_row

    def holds(self, column: int) -> bool:
        """Say whether the area has cells in this column."""
        return self.first_column <= column <= self.last_column


def _merged_areas(payload: bytes, part: str) -> list[_Area]:
    """Read the merged areas of a sheet: a streaming reader meets them only after the rows they concern."""
    areas = []
    with zipfile.ZipFile(io.BytesIO(payload)) as archive, archive.open(part) as source:
        for _, element in ElementTree.iterparse(source):
            if element.tag.endswith("}mergeCell"):
                areas.append(_Area(*range_boundaries(element.attrib["ref"])))
            element.clear()
            if len(areas) > MOST_AREAS:
                raise UnreadableFile(f"The sheet has more than {MOST_AREAS} merged areas. Export plain rows.")
    return areas


def _row(number: int, cells: tuple[Any, ...], areas: list[_Area]) -> Row:
    if len(cells) > MOST_COLUMNS:
        raise UnreadableFile(f"Row {number} has more than {MOST_COLUMNS} columns.")
    return Row(
        number,
        tuple(
            _cell(cell, any(area.holds(column) for area in areas))
            for column, cell in enumerate(cells, start=1)
        ),
    )


def _cell(cell: Any, is_merged: bool) -> Cell:
    value = cell.value
    if is_merged:
        return BadCell(str(value or ""), "is merged with others")
    if value is None or (isinstance(value, str | bool | date) and cell.data_type not in "fe"):
        return value
    if cell.data_type == "f":
        return BadCell(str(value), "holds a formula; export values")
    if cell.data_type == "e":
        return BadCell(str(value), "holds an error of the spreadsheet")
    if isinstance(value, int | float):
        return _exact(value)
    return BadCell(str(value), "holds neither text, number nor date")


def _exact(value: int | float) -> Cell:
    """Return the number with the 15 significant digits that a spreadsheet keeps, as an exact decimal."""
    if isinstance(value, int) and abs(value) >= 10**SIGNIFICANT_DIGITS:
        return BadCell(str(value), "holds a number of more than 15 digits; format the column as text")
    return Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}").normalize()
