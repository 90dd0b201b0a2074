"""Received files to canonical documents: rows that belong together go in together, or not at all.

The file is read twice, as a stream: first to count the rows of each document, so that a document is complete
when its last row has passed, wherever its rows stand; then to build. A row that cannot be read holds back its
document; a row of which one cannot even tell the document holds back the documents before and after it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from erp_connectors.connectors.base import ErpDocument, RowGroup, RowProblem, Stream, UnreadableFile
from erp_connectors.connectors.file_drop.columns import Column, Extract, Layout, RowFault, SheetRow
from erp_connectors.connectors.file_drop.settings import FileDropSettings
from erp_connectors.connectors.file_drop.streams import LAYOUTS
from erp_connectors.connectors.file_drop.table import Row, rows_of
from erp_connectors.connectors.file_drop.values import Cell, CellProblem, is_empty, plain_text, shown

BLOCK = 200
HEADING_WITHIN = 10
LARGEST_LEAD = timedelta(days=1)

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FullExtract:
    """Says that the file named every document there is: what is not among `keys` is gone since `said_at`."""

    stream: Stream
    keys: frozenset[str]
    said_at: datetime


def stream_of(file_name: str) -> Stream:
    """Return the stream a file is of, by the beginning of its name. Raises UnreadableFile."""
    name = file_name.casefold()
    fitting = [stream for stream in LAYOUTS if name.startswith(stream.value)]
    if not fitting or not name.endswith((".csv", ".xlsx")):
        raise UnreadableFile(
            f"{file_name} is not named <stream>*.csv or <stream>*.xlsx with one of: {', '.join(LAYOUTS)}."
        )
    return fitting[0]


def extract_time(file_name: str, settings: FileDropSettings) -> datetime | None:
    """Return the time in a name such as orders_20261124T101500.csv (in the connection's zone; Z: UTC)."""
    match = re.search(r"(?<!\d)(20\d{6})[T_-]?(\d{6})(Z?)(?!\d)", file_name)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC if match[3] else settings.zone).astimezone(UTC)


def read(
    payload: bytes, *, file_name: str, settings: FileDropSettings, received_at: datetime
) -> Iterator[RowGroup | FullExtract]:
    """Return the documents of a file in groups, lazily, and at the end whether the file was complete.

    The document time of rows that state none is the time in the file's name, else `received_at`.
    Raises UnreadableFile where nothing of the file can be used.
    """
    stream = stream_of(file_name)
    extract = Extract(extract_time(file_name, settings) or received_at, settings)
    yield from _File(payload, file_name, LAYOUTS[stream], extract, received_at).groups()


@dataclass(slots=True)
class _Census:
    """What the first reading found: the rows of each document, rows of none, and a last row cut off."""

    rows: Counter[Key] = field(default_factory=Counter)
    unplaced: dict[Key, int] = field(default_factory=dict)
    has_unplaced: bool = False
    cut_off: int = 0


class _File:
    """One file on its way through both readings."""

    def __init__(
        self, payload: bytes, file_name: str, layout: Layout, extract: Extract, received_at: datetime
    ) -> None:
        self.payload = payload
        self.name = file_name
        self.layout = layout
        self.extract = extract
        self.latest = received_at + LARGEST_LEAD
        self.places: dict[str, list[int]] = {}
        self.width = 0

    def groups(self) -> Iterator[RowGroup | FullExtract]:
        """Read twice: count, then build."""
        census = self._count()
        groups = self._built(census)
        yield from _in_blocks(groups) if self.layout.in_blocks else groups
        if (
            self.layout.stream in self.extract.settings.full_extracts
            and not census.has_unplaced
            and not census.cut_off
        ):
            keys = frozenset("/".join(key) for key in census.rows)
            yield FullExtract(stream=self.layout.stream, keys=keys, said_at=self.extract.said_at)

    # --- first reading

    def _count(self) -> _Census:
        census = _Census()
        last: Row | None = None
        before: Key | None = None
        stray: int | None = None
        for row in self._rows():
            key, last = self._key(row), row
            if key is None:
                census.has_unplaced, stray = True, row.number
                if before is not None:
                    census.unplaced.setdefault(before, row.number)
                continue
            if stray is not None:
                census.unplaced.setdefault(key, stray)
            census.rows[key] += 1
            before, stray = key, None
        if last is not None and len(last.cells) < self.width and self._ends_within_a_line():
            census.cut_off = last.number
        return census

    def _ends_within_a_line(self) -> bool:
        return self.name.casefold().endswith(".csv") and not self.payload.rstrip(b"\0").endswith(
            (b"\n", b"\r")
        )

    def _key(self, row: Row) -> Key | None:
        """The document the row belongs to, or None where that cannot be told."""
        parts = []
        for column in self.layout.key:
            cell = self._cell(row, self.places[column][0])
            try:
                parts.append("" if is_empty(cell) else plain_text(cell))
            except CellProblem:
                return None
        return tuple(parts) if all(parts) else None

    def _rows(self) -> Iterator[Row]:
        """The rows below the heading row."""
        settings = self.extract.settings
        sheet = settings.sheets.get(self.layout.stream)
        rows = rows_of(self.payload, file_name=self.name, sheet=sheet, settings=settings)
        self._find_heading(rows)
        yield from rows

    def _find_heading(self, rows: Iterator[Row]) -> None:
        """Take the first row that names every column we need; titles may stand above it."""
        fewest: list[str] | None = None
        for _, row in zip(range(HEADING_WITHIN), rows, strict=False):
            headings = [shown(cell).strip().casefold() for cell in row.cells]
            missing = [
                heading
                for column in self.layout.columns
                if column.required and (heading := self._heading(column)).casefold() not in headings
            ]
            if not missing:
                self.width = len(row.cells)
                self.places = {column.name: self._find(column, headings) for column in self.layout.columns}
                return
            if fewest is None or len(missing) < len(fewest):
                fewest = missing
        if fewest is None:
            raise UnreadableFile(f"{self.name} is empty.")
        raise UnreadableFile(f"{self.name} has no heading row with: {', '.join(fewest)}.")

    def _find(self, column: Column, headings: list[str]) -> list[int]:
        wanted = self._heading(column).casefold()
        places = [index for index, heading in enumerate(headings) if heading == wanted]
        if len(places) > 1 and not column.repeats:
            raise UnreadableFile(f"{self.name} has the heading {self._heading(column)} more than once.")
        return places

    def _heading(self, column: Column) -> str:
        return self.extract.settings.heading(self.layout.stream, column.name)

    @staticmethod
    def _cell(row: Row, place: int) -> Cell:
        return row.cells[place] if place < len(row.cells) else None

    # --- second reading

    def _built(self, census: _Census) -> Iterator[RowGroup]:
        waiting: dict[Key, list[Row]] = defaultdict(list)
        for row in self._rows():
            key = self._key(row)
            if key is None:
                yield self._unplaced(row)
                continue
            waiting[key].append(row)
            if len(waiting[key]) == census.rows[key]:
                yield self._group(key, waiting.pop(key), census)

    def _unplaced(self, row: Row) -> RowGroup:
        column = self.layout.key[0]
        problem = self._problem(
            row,
            "" if row.fault else column,
            row.fault
            or "This row does not say to what it belongs; what stands before and after it is held back.",
        )
        return self._as_group((), [row], (), (problem,))

    def _group(self, key: Key, rows: list[Row], census: _Census) -> RowGroup:
        problems: list[RowProblem] = []
        stray = census.unplaced.get(key)
        if rows[-1].number == census.cut_off:
            problems.append(self._problem(rows[-1], "", "The file ends in the middle of this row."))
        if stray is not None and not self.layout.one_row:
            held = f"{'/'.join(key)} is held back: row {stray} next to it may belong to it."
            problems.append(self._problem(rows[0], self.layout.key[0], held))
        read = [self._read(row, problems) for row in rows]
        if problems:
            return self._as_group(key, rows, (), tuple(problems))
        try:
            document = self.layout.build(read, self.extract)
            return self._as_group(key, rows, (document,), ())
        except RowFault as fault:
            row = next(row for row in rows if row.number == fault.row.number)
            return self._as_group(key, rows, (), (self._problem(row, fault.column, str(fault)),))

    def _read(self, row: Row, problems: list[RowProblem]) -> SheetRow:
        if len(row.cells) > self.width and not all(is_empty(cell) for cell in row.cells[self.width :]):
            problems.append(self._problem(row, "", "The row has more cells than there are headings."))
        values: dict[str, Any] = {}
        for column in self.layout.columns:
            read = tuple(self._value(row, column, place, problems) for place in self.places[column.name])
            values[column.name] = read if column.repeats else next(iter(read), None)
        changed_at = values["changed_at"]
        if changed_at is not None and changed_at > self.latest:
            problems.append(self._problem(row, "changed_at", "The time lies in the future."))
        return SheetRow(row.number, values)

    def _value(self, row: Row, column: Column, place: int, problems: list[RowProblem]) -> Any:
        cell = self._cell(row, place)
        if is_empty(cell):
            if column.required:
                problems.append(self._problem(row, column.name, "A value is missing."))
            return None
        try:
            return column.read(cell, self.extract.settings)
        except CellProblem as problem:
            problems.append(self._problem(row, column.name, str(problem), cell))
            return None

    # --- what comes of it

    def _problem(self, row: Row, column: str, message: str, cell: Cell = None) -> RowProblem:
        places = self.places.get(column, [])
        if cell is None and places:
            cell = self._cell(row, places[0])
        heading = self.extract.settings.heading(self.layout.stream, column) if column else ""
        return RowProblem(file=self.name, row=row.number, column=heading, value=shown(cell), message=message)

    def _as_group(
        self,
        key: Key,
        rows: Sequence[Row],
        documents: tuple[ErpDocument, ...],
        problems: tuple[RowProblem, ...],
    ) -> RowGroup:
        speaker = self.layout.speaker
        return RowGroup(
            stream=self.layout.stream,
            key="/".join(key),
            first_row=rows[0].number,
            last_row=rows[-1].number,
            documents=documents,
            problems=problems,
            supplier=key[self.layout.key.index(speaker)] if speaker and key else None,
        )


def _in_blocks(groups: Iterator[RowGroup]) -> Iterator[RowGroup]:
    """Put small documents together, so that a transaction carries many of them."""
    block: RowGroup | None = None
    for group in groups:
        if block is None:
            block = replace(group, key="")
        else:
            block = replace(
                block,
                first_row=min(block.first_row, group.first_row),
                last_row=max(block.last_row, group.last_row),
                documents=block.documents + group.documents,
                problems=block.problems + group.problems,
            )
        if len(block.documents) + len(block.problems) >= BLOCK:
            yield block
            block = None
    if block is not None:
        yield block
