"""A message cut into its heading, its lines and its summary, and what the segments of one of them say.

What a DTM, a QTY or an MOA is about depends on the segment before it: the date after an RFF is that of the
reference, the amount after an ALC that of the allowance. A section keeps each under what it belongs to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from erp_connectors.edi.edifact.mapping.invoice_codes import CHARGE_AMOUNTS, TAX_AMOUNTS
from erp_connectors.edi.edifact.mapping.tables import (
    ADDITIONAL_IDS,
    SUBSTITUTE_FOR,
    SUBSTITUTED_BY,
    QuantityKind,
    Tables,
)
from erp_connectors.edi.edifact.tokens import COMPONENT, part
from erp_connectors.edi.frame import Row

CONTAINER_MARKS = frozenset({"BJ", "AW"})
LOT_MARKS = frozenset({"BX", "BT"})
MAIN_CARRIAGE = "20"
IN_SCHEDULE = frozenset({"SCC", "LOC", "QTY", "DTM", "RFF", "FTX"})
IN_ALLOWANCE = frozenset({"ALC", "ALI", "DTM", "QTY", "RNG", "PCD", "MOA", "RTE", "TAX"})
IN_TAX = frozenset({"TAX", "MOA", "LOC"})
IN_TERMS = frozenset({"PAT", "DTM", "PCD", "MOA", "PAI"})
OTHERS_DATES = frozenset({"RFF", "PRI", "DOC", "CUX", "PAI", "ALC"})
"""Segments after which a date is theirs, unless it says when goods are delivered or shipped."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a message: the segments from `start` up to `stop`, counted from 0."""

    rows: Sequence[Row]
    start: int
    stop: int

    @property
    def opener(self) -> Row:
        """Return the segment that opens the block."""
        return self.rows[self.start]

    @property
    def at(self) -> int:
        """Return the number of the opening segment, counted from 1."""
        return self.start + 1

    def segments(self, skip: int = 0) -> Iterator[tuple[int, Row]]:
        """Yield every segment with its number, counted from 1, without the first `skip`."""
        for index in range(self.start + skip, self.stop):
            yield index + 1, self.rows[index]


@dataclass(frozen=True, slots=True)
class Message:
    """The parts of a message: heading, then lines (LIN) and packages (CPS) as they come, then summaries."""

    heading: Block
    body: tuple[Block, ...]
    summaries: tuple[Block, ...]

    @property
    def lines(self) -> list[Block]:
        """Return the lines, sub-lines included."""
        return [block for block in self.body if block.opener[0] == "LIN"]


def cut(rows: Sequence[Row]) -> Message:
    """Cut the segments between UNH and UNT into the parts of a message."""
    last = len(rows) - 1 if rows[-1][0] == "UNT" else len(rows)
    starts = [(1, "")]
    for index in range(1, last):
        tag = rows[index][0]
        if tag in ("LIN", "CPS"):
            starts.append((index, tag))
        elif (tag == "CNT" and starts[-1][1]) or (tag == "UNS" and part(rows[index], 1) != "D"):
            starts.append((index, ""))
    blocks = [
        (tag, Block(rows, start, stop))
        for (start, tag), (stop, _) in zip(starts, [*starts[1:], (last, "")], strict=True)
    ]
    (_, heading), *others = blocks
    return Message(
        heading=heading,
        body=tuple([block for tag, block in others if tag]),
        summaries=tuple([block for tag, block in others if not tag]),
    )


class Stated(msgspec.Struct, gc=False):
    """One segment with its number: the first two components of its first composite, and all of them."""

    at: int
    row: Row
    code: str
    value: str
    parts: list[str]

    def part(self, component: int) -> str:
        """Return a component of the first composite, empty where it was not sent."""
        return self.parts[component] if component < len(self.parts) else ""


class StatedQuantity(Stated, gc=False):
    """A QTY: its kind where the tables know it, its dates, and whether it is of a schedule or a pack."""

    kind: QuantityKind | None = None
    dates: list[Stated] = []
    scheduled: bool = False


Kinds = dict[QuantityKind | None, list[StatedQuantity]]


class Group(msgspec.Struct, gc=False):
    """A segment that others belong to: an allowance, a tax, terms of payment, a schedule.

    `members` are the tags that may stand in it; any other one ends it.
    """

    at: int
    row: Row
    members: frozenset[str]
    amounts: list[Stated] = []
    dates: list[Stated] = []
    percentages: list[Stated] = []


class Section(msgspec.Struct, gc=False):
    """What the segments of a part of a message say, each under what it belongs to.

    `quantities` are those of the section itself by their kind, `scheduled` those of its schedules; those of
    a pack are left out. `beginning` is the BGM.
    """

    tables: Tables
    ids: dict[str, str] = {}
    substitute_ids: dict[str, str] = {}
    replaced_ids: dict[str, str] = {}
    quantities: list[StatedQuantity] = []
    scheduled: list[StatedQuantity] = []
    dates: list[Stated] = []
    references: list[Stated] = []
    prices: list[Stated] = []
    amounts: list[Stated] = []
    allowances: list[Group] = []
    taxes: list[Group] = []
    terms: list[Group] = []
    discrepancies: list[Stated] = []
    parties: list[Row] = []
    texts: list[str] = []
    marks: list[str] = []
    lots: list[str] = []
    currencies: list[Stated] = []
    carrier: Row | None = None
    beginning: Row | None = None
    beginning_at: int = 0

    def read(self, block: Block, *, skip: int = 0) -> None:
        """Take the segments of a block, without the first `skip`, in one pass."""
        rows, tables = block.rows, self.tables
        ignored, kinds = tables.ignored_segments, tables.quantity_kinds
        before, is_packed = "", False
        group: Group | None = None
        quantity: StatedQuantity | None = None
        for index in range(block.start + skip, block.stop):
            row = rows[index]
            tag = row[0]
            if tag in ignored:
                continue
            if group is not None and tag not in group.members:
                group = None
            if tag == "DTM":
                self._take_date(stated(index + 1, row), before, group, quantity)
                continue
            before, quantity = tag, None
            if tag == "QTY":
                if group is None or group.members is IN_SCHEDULE:
                    is_scheduled = group is not None
                    quantity = stated_quantity(index + 1, row, kinds, is_scheduled)
                    if is_scheduled or not is_packed:
                        (self.scheduled if is_scheduled else self.quantities).append(quantity)
            elif tag == "PRI":
                self.prices.append(stated(index + 1, row))
            elif tag == "RFF":
                self.references.append(stated(index + 1, row))
            elif tag == "PIA":
                self._take_ids(row)
            elif tag in ("PAC", "PCI"):
                is_packed = True
            else:
                take = _OTHERS.get(tag)
                if take is not None:
                    group = take(self, index + 1, row, group)

    def _take_date(
        self, date: Stated, before: str, group: Group | None, quantity: StatedQuantity | None
    ) -> None:
        if group is not None and group.members is IN_TERMS:
            group.dates.append(date)
        elif before not in OTHERS_DATES or date.code in self.tables.date_kinds:
            self.dates.append(date)
            if quantity is not None:
                quantity.dates.append(date)

    def _take_ids(self, row: Row) -> None:
        purpose = part(row, 1)
        for element in row[2:]:
            value, _, rest = element.partition(COMPONENT)
            kind = rest.partition(COMPONENT)[0]
            if not value:
                continue
            if purpose == SUBSTITUTED_BY:
                self.substitute_ids.setdefault(kind, value)
            elif purpose == SUBSTITUTE_FOR:
                self.replaced_ids.setdefault(kind, value)
            elif purpose in ADDITIONAL_IDS or not purpose:
                self.ids.setdefault(kind, value)

    # --- segments that open a group, or belong to one -----------------------------------------------

    def _alc(self, at: int, row: Row, group: Group | None) -> Group | None:
        self.allowances.append(Group(at, row, IN_ALLOWANCE))
        return self.allowances[-1]

    def _tax(self, at: int, row: Row, group: Group | None) -> Group | None:
        if group is not None and group.members is IN_ALLOWANCE:
            return group
        self.taxes.append(Group(at, row, IN_TAX))
        return self.taxes[-1]

    def _pat(self, at: int, row: Row, group: Group | None) -> Group | None:
        self.terms.append(Group(at, row, IN_TERMS))
        return self.terms[-1]

    def _scc(self, at: int, row: Row, group: Group | None) -> Group | None:
        return Group(at, row, IN_SCHEDULE)

    def _moa(self, at: int, row: Row, group: Group | None) -> Group | None:
        amount = stated(at, row)
        if group is None or group.members is IN_SCHEDULE:
            self.amounts.append(amount)
        elif group.members is IN_ALLOWANCE:
            if amount.code in CHARGE_AMOUNTS:
                group.amounts.append(amount)
            elif amount.code not in TAX_AMOUNTS:
                self.amounts.append(amount)
        elif group.members is IN_TAX:
            (group.amounts if amount.code in TAX_AMOUNTS else self.amounts).append(amount)
        return group

    def _pcd(self, at: int, row: Row, group: Group | None) -> Group | None:
        if group is not None:
            group.percentages.append(stated(at, row))
        return group

    # --- segments that stand for themselves ----------------------------------------------------------

    def _ftx(self, at: int, row: Row, group: Group | None) -> Group | None:
        words = row[4].split(COMPONENT) if len(row) > 4 else []
        text = " ".join(filter(None, words)) or part(row, 3)
        if text:
            self.texts.append(text)
        return group

    def _gin(self, at: int, row: Row, group: Group | None) -> Group | None:
        kind = part(row, 1)
        marks = self.marks if kind in CONTAINER_MARKS else self.lots if kind in LOT_MARKS else None
        if marks is not None:
            marks += [value for place in range(2, len(row)) if (value := part(row, place))]
        return group

    def _qvr(self, at: int, row: Row, group: Group | None) -> Group | None:
        self.discrepancies.append(stated(at, row))
        return group

    def _bgm(self, at: int, row: Row, group: Group | None) -> Group | None:
        if self.beginning is None:
            self.beginning, self.beginning_at = row, at
        return group

    def _nad(self, at: int, row: Row, group: Group | None) -> Group | None:
        self.parties.append(row)
        return group

    def _tdt(self, at: int, row: Row, group: Group | None) -> Group | None:
        if self.carrier is None or part(row, 1) == MAIN_CARRIAGE:
            self.carrier = row
        return group

    def _cux(self, at: int, row: Row, group: Group | None) -> Group | None:
        self.currencies.append(stated(at, row))
        return group


class Line(Section, kw_only=True, gc=False):
    """One line: what its LIN says, and what the segments below it say."""

    at: int
    row: Row
    number: str
    action: str

    def by_kind(self) -> Kinds:
        """Return the quantities of the line itself by their kind."""
        found: Kinds = {}
        for stated in self.quantities:
            found.setdefault(stated.kind, []).append(stated)
        return found


def read_line(block: Block, tables: Tables) -> Line:
    """Read the LIN that opens a block, and the segments below it."""
    row = block.opener
    line = Line(tables, at=block.at, row=row, number=part(row, 1), action=part(row, 2))
    if len(row) > 3:
        item, _, rest = row[3].partition(COMPONENT)
        if item:
            line.ids[rest.partition(COMPONENT)[0]] = item
    line.read(block, skip=1)
    return line


def stated(at: int, row: Row) -> Stated:
    """Return a segment with its first composite split."""
    parts = row[1].split(COMPONENT) if len(row) > 1 else [""]
    return Stated(at, row, parts[0], parts[1] if len(parts) > 1 else "", parts)


def stated_quantity(
    at: int, row: Row, kinds: Mapping[str, QuantityKind], is_scheduled: bool
) -> StatedQuantity:
    """Return a QTY segment with its composite split."""
    parts = row[1].split(COMPONENT) if len(row) > 1 else [""]
    code = parts[0]
    value = parts[1] if len(parts) > 1 else ""
    return StatedQuantity(at, row, code, value, parts, kinds.get(code), [], is_scheduled)


Taker = Callable[[Section, int, Row, Group | None], Group | None]
_OTHERS: dict[str, Taker] = {
    "ALC": Section._alc,
    "BGM": Section._bgm,
    "CUX": Section._cux,
    "FTX": Section._ftx,
    "GIN": Section._gin,
    "LOC": Section._scc,
    "MOA": Section._moa,
    "NAD": Section._nad,
    "PAT": Section._pat,
    "PCD": Section._pcd,
    "QVR": Section._qvr,
    "SCC": Section._scc,
    "TAX": Section._tax,
    "TDT": Section._tdt,
}
