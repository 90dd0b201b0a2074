"""An 856 as its reading and as a canonical ship notice: levels, orders in their scope, items, packs."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from erp_connectors.canonical.documents import ShipNotice, ShipNoticeLine
from erp_connectors.canonical.values import Quantity
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.values import UnreadableValue, is_sentinel, quantity
from erp_connectors.edi.x12.dates import parse_date
from erp_connectors.edi.x12.mapping.mapper import Mapper
from erp_connectors.edi.x12.mapping.orders import grouped, pair, party_fact, quantity_sum
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.values import (
    PADDING,
    amount_in,
    id_of_kind,
    id_pairs,
    item_ids,
    line_number,
    mapping_error,
    missing_segment,
    party,
    references,
)

LEGAL_PARENTS = {"O": "S", "T": "OS", "P": "TOSI", "I": "PTOS"}
PACK_LEVELS = frozenset("TP")
CONTAINER_MARKS = frozenset({"GM", "AA"})


class ItemReading(msgspec.Struct):
    """One LIN/SN1 pair; `split` says that it divides the item above it and adds nothing."""

    at: int
    level: "Level | None"
    n: str = ""
    ids: dict[str, str] = {}
    sn1: Row | None = None
    sn1_at: int = 0
    split: bool = False
    refs: list[list[str]] = []
    dtm: list[list[str]] = []

    def stated(self, position: int) -> str:
        """Return an element of SN1 without blanks at its ends, empty where it was not sent."""
        return self.sn1[position].strip() if self.sn1 is not None and position < len(self.sn1) else ""


class Level(msgspec.Struct):
    """One HL loop with what stands in it; `prf` is its order, `marks` its container numbers."""

    at: int
    id: str
    code: str
    parent_id: str
    parent: "Level | None" = None
    depth: int = 1
    prf: Row | None = None
    marks: list[str] = []
    refs: list[list[str]] = []

    def nearest(self, codes: str) -> "Level | None":
        """Return the closest level of one of those codes, this one or above it."""
        level: Level | None = self
        while level is not None and level.code not in codes:
            level = level.parent
        return level

    def order(self) -> Row | None:
        """Return the PRF that applies here: its own, or that of the closest level above."""
        level: Level | None = self
        while level is not None and level.prf is None:
            level = level.parent
        return level.prf if level is not None else None


class ShipNoticeReading(msgspec.Struct):
    """One 856, level by level; `problems` are errors in its hierarchy."""

    bsn: Row | None = None
    bsn_at: int = 1
    levels: list[Level] = []
    items: list[ItemReading] = []
    ctt: str | None = None
    dtm: list[list[str]] = []
    refs: list[list[str]] = []
    n1: list[Row] = []
    td5: list[Row] = []
    orders: dict[str, None] = {}
    marks: list[str] = []
    notes: list[str] = []
    problems: list[Finding] = []

    def header(self, position: int) -> str:
        """Return an element of BSN without blanks at its ends, empty where it was not sent."""
        return self.bsn[position].strip() if self.bsn is not None and position < len(self.bsn) else ""


def read_ship_notice(rows: list[Row], source: Source) -> ShipNoticeReading:
    """Read the segments between ST and SE into levels and items."""
    return _Reader(source).read(rows)


class _Reader:
    """One pass over the segments of an 856: the level and the item it stands in."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found = ShipNoticeReading()
        self.level: Level | None = None
        self.item: ItemReading | None = None
        self.by_id: dict[str, Level] = {}
        self.latest: dict[str, Level] = {}

    def read(self, rows: list[Row]) -> ShipNoticeReading:
        ignored = self.source.tables.ignored_segments
        for at, row in enumerate(rows, start=1):
            tag = row[0]
            if tag in ignored:
                continue
            if tag == "HL":
                self._hl(at, row)
            elif tag == "LIN":
                self._lin(at, row)
            elif tag == "SN1":
                self._sn1(at, row)
            elif tag == "REF":
                self._ref(row)
            elif tag == "CTT":
                self.found.ctt = (row + PADDING)[1].strip()
                self.level = self.item = None
            else:
                self._other(tag, at, row)
        return self.found

    def _other(self, tag: str, at: int, row: Row) -> None:
        found = self.found
        if tag == "BSN" and found.bsn is None:
            found.bsn, found.bsn_at = row, at
        elif tag == "PRF":
            self._prf(row)
        elif tag == "MAN":
            self._man(row)
        elif tag == "DTM":
            (found if self.item is None else self.item).dtm.append(pair(row))
        elif tag == "N1":
            found.n1.append(row)
        elif tag == "TD5":
            found.td5.append(row)

    def _hl(self, at: int, row: Row) -> None:
        _, identifier, parent_id, code = (element.strip() for element in (row + PADDING)[:4])
        level = Level(at, identifier, code, parent_id)
        level.parent = self._parent(level, row)
        level.depth = level.parent.depth + 1 if level.parent else 1
        limit = self.source.rules.limits.hl_depth
        if level.depth > limit:
            text = f"HL {identifier} lies {level.depth} levels deep, no more than {limit} are read."
            self._refuse("LIMIT_HL_DEPTH", text, at, row, 2)
            level.parent, level.depth = None, 1
        self._remember(level)
        self.by_id[identifier] = level
        self.found.levels.append(level)
        self.level, self.item = level, None

    def _parent(self, level: Level, row: Row) -> Level | None:
        """Return the level HL02 names, else the nearest one before it that may hold this one."""
        if not level.parent_id:
            return self._nearest_legal_parent(level)
        parent = self.by_id.get(level.parent_id)
        if parent is None or level.parent_id == level.id:
            text = f"HL02 {level.parent_id!r} names no level before this one: the levels are circular."
            self._refuse("HL_PARENT", text, level.at, row, 2)
            return None
        return parent

    def _nearest_legal_parent(self, level: Level) -> Level | None:
        """Return the latest level that may hold this one.

        A pack inside an item holds no items, and where items stand in packs no pack stands in an item.
        """
        legal = [before for code in LEGAL_PARENTS.get(level.code, "") if (before := self.latest.get(code))]
        if level.code == "P":
            legal = [before for before in legal if before.code != "I" or not _stands_in_pack(before)]
        return max(legal, key=lambda before: before.at, default=None)

    def _remember(self, level: Level) -> None:
        is_sub_pack = level.code in PACK_LEVELS and level.parent is not None and level.parent.code == "I"
        if not is_sub_pack:
            self.latest[level.code] = level

    def _lin(self, at: int, row: Row) -> None:
        self.item = ItemReading(at, self.level, (row + PADDING)[1].strip(), id_pairs(row, 2))
        self.found.items.append(self.item)

    def _sn1(self, at: int, row: Row) -> None:
        if self.item is None or self.item.sn1 is not None:
            self.item = ItemReading(at, self.level)
            above = self.level.parent if self.level is not None else None
            self.item.split = (
                self.level is not None
                and self.level.code in PACK_LEVELS
                and above is not None
                and above.nearest("I") is not None
            )
            self.found.items.append(self.item)
        self.item.sn1, self.item.sn1_at = row, at

    def _prf(self, row: Row) -> None:
        number = (row + PADDING)[1].strip()
        if self.level is not None:
            self.level.prf = row
        if number:
            self.found.orders[number] = None

    def _man(self, row: Row) -> None:
        _, qualifier, mark = (element.strip() for element in (row + PADDING)[:3])
        if qualifier in CONTAINER_MARKS and mark:
            self.found.marks.append(mark)
            if self.level is not None:
                self.level.marks.append(mark)

    def _ref(self, row: Row) -> None:
        reference = pair(row)
        if self.item is not None:
            self.item.refs.append(reference)
            return
        self.found.refs.append(reference)
        if self.level is not None:
            self.level.refs.append(reference)

    def _refuse(self, code: str, text: str, at: int, row: Row, position: int) -> None:
        way_out = "Ask the sender for a notice whose levels follow one another."
        problem = mapping_error(code, text, at, row, position, element_code="7", way_out=way_out)
        self.found.problems.append(problem)


def _stands_in_pack(item: Level) -> bool:
    return item.parent is not None and item.parent.code in PACK_LEVELS


def ship_notice_facts(reading: ShipNoticeReading) -> dict[str, Any]:
    """Return the reading as plain values; what was not sent is not there."""
    td5 = reading.td5[0] + PADDING if reading.td5 else None
    facts: dict[str, Any] = {
        "purpose": reading.header(1),
        "doc": reading.header(2),
        "date": reading.header(3),
        "td5": [element.strip() for element in td5[2:5]] if td5 else None,
        "pos": list(reading.orders),
        "sscc": reading.marks,
        "ctt": reading.ctt,
        "ref": grouped(reading.refs),
        "dtm": reading.dtm,
        "n1": [party_fact(row) for row in reading.n1],
        "hl": "".join(level.code for level in reading.levels),
        "levels": [
            [level.id, level.parent.id if level.parent else "", level.code] for level in reading.levels
        ],
    }
    lines = [_item_facts(item) for item in reading.items]
    sent = {key: value for key, value in facts.items() if value or key in ("purpose", "date")}
    sums = quantity_sum([item.stated(2) for item in reading.items])
    counts = {"lines_n": len(lines), "items_n": sum(not item.split for item in reading.items)}
    return sent | counts | {"lines": lines} | sums


def _item_facts(item: ItemReading) -> dict[str, Any]:
    order = item.level.order() if item.level is not None and not item.split else None
    facts: dict[str, Any] = {
        "n": item.n,
        "ids": item.ids,
        "packlevel": item.split,
        "qty": item.stated(2),
        "uom": item.stated(3),
        "cum": item.stated(4),
        "ordered": item.stated(5),
        "status": item.stated(8),
        "po": order[1].strip() if order is not None and len(order) > 1 else "",
        "ref": grouped(item.refs),
    }
    return {key: value for key, value in facts.items() if value}


def map_ship_notice(rows: list[Row], source: Source) -> tuple[ShipNotice | None, list[Finding]]:
    """Return the ship notice an 856 holds and what was odd in it; None where an error forbids it."""
    reading = read_ship_notice(rows, source)
    if reading.bsn is None:
        return None, [missing_segment("BSN", rows)]
    if reading.problems:
        return None, reading.problems
    return _Mapper(reading, source).document()


class _Mapper(Mapper):
    """The mapping of one 856 and the findings so far."""

    def __init__(self, reading: ShipNoticeReading, source: Source) -> None:
        super().__init__(source)
        self.reading = reading

    def document(self) -> tuple[ShipNotice | None, list[Finding]]:
        """Return the notice, or None and the values that cannot be read."""
        reading, lines, errors = self.reading, [], []
        splits = self._splits()
        for item in reading.items:
            try:
                if not item.split:
                    lines.append(self._line(item, splits.get(id(item.level), [])))
            except UnreadableValue as unreadable:
                errors.append(unreadable.finding)
        if errors:
            return None, errors + self.findings
        carrier = next((found for row in reading.td5 if (found := self._carrier(row))), None)
        tracking = next((value for qualifier, value in reading.refs if qualifier == "CN" and value), None)
        notice = ShipNotice(
            number=self._number(),
            version=self.source.document_version(),
            lines=tuple(lines),
            purpose=self.purpose_of(reading.header(1), reading.bsn_at, "BSN", 1),
            shipped_on=self._day("011"),
            expected_on=self._day("017", "067", "371"),
            carrier=carrier,
            tracking=tracking,
            parties=tuple([party(row, self.tables) for row in reading.n1]),
            references=references(reading.refs, self.tables),
        )
        return notice, self.findings

    def _number(self) -> str:
        """Return the shipment's number: BSN02, else the bill of lading, else the control number."""
        number = self.reading.header(2)
        if number:
            return number
        stated = {qualifier: value for qualifier, value in reversed(self.reading.refs) if value}
        kinds = (kind for kind in ("SI", "BM", "PK") if kind in stated)
        number = next((stated[kind] for kind in kinds), self.source.control_number)
        text = f"BSN02, the shipment number, is empty; {number} stands for it."
        self.warn("SHIPMENT_NUMBER_MISSING", text, self.reading.bsn_at, "BSN", 2, None)
        return number

    def _carrier(self, row: Row) -> str | None:
        _, _, _, code, _, routing = (element.strip() for element in (row + PADDING)[:6])
        return code or routing or None

    def _day(self, *qualifiers: str) -> date | None:
        stated = {qualifier: text for qualifier, text in reversed(self.reading.dtm) if text}
        for qualifier in qualifiers:
            if qualifier in stated:
                day = parse_date(stated[qualifier])
                if day is not None and not is_sentinel(day):
                    return day
                text = f"DTM date {stated[qualifier][:20]!r} stands for no day."
                self.warn("DATE_UNREADABLE", text, self.reading.bsn_at, "DTM", 2, stated[qualifier])
        return None

    def _splits(self) -> dict[int, list[ItemReading]]:
        """Return the pack splits by the item level they divide."""
        splits: dict[int, list[ItemReading]] = {}
        for item in self.reading.items:
            if item.split and item.level is not None and item.level.parent is not None:
                splits.setdefault(id(item.level.parent.nearest("I")), []).append(item)
        return splits

    def _line(self, item: ItemReading, splits: list[ItemReading]) -> ShipNoticeLine:
        unit = self.unit(item.stated(3))
        shipped = self._shipped(item, splits, unit)
        to_date = self._amount(item, 4, unit)
        ordered = self._amount(item, 5, self.unit(item.stated(6)) or unit)
        order, line_number = self._order(item)
        return ShipNoticeLine(
            order_number=order,
            line_number=line_number,
            ids=item_ids(item.ids, self.tables),
            shipped=shipped,
            shipped_to_date=to_date,
            ordered=ordered,
            final=self._is_final(item, shipped, to_date, ordered),
            package=self._package(item, splits),
            lot=self._lot(item),
            expires_on=self._expiry(item),
        )

    def _amount(self, item: ItemReading, position: int, unit: str) -> Quantity | None:
        if item.sn1 is None:
            return None
        value = amount_in(item.sn1, position, item.sn1_at)
        return quantity(value, unit) if value is not None else None

    def _shipped(self, item: ItemReading, splits: list[ItemReading], unit: str) -> Quantity | None:
        """Return SN102, or the sum of the packs below where the item has none; never both together."""
        shipped = self._amount(item, 2, unit)
        packed = [self._amount(split, 2, self.unit(split.stated(3)) or unit) for split in splits]
        amounts = [amount for amount in packed if amount is not None]
        if not amounts or len({amount.unit for amount in amounts}) > 1:
            return shipped
        total = quantity(sum((amount.value for amount in amounts), Decimal(0)), amounts[0].unit)
        if shipped is None:
            return total
        if total.unit == shipped.unit and total.value != shipped.value:
            text = f"The packs of the item hold {total.value}, the item says {shipped.value}."
            self.warn("PACK_SUM", text, item.sn1_at, "SN1", 2, str(shipped.value))
        return shipped

    def _order(self, item: ItemReading) -> tuple[str | None, str | None]:
        """Return the order and its line: PRF in scope, else the ids of the item, else its references."""
        prf = (item.level.order() if item.level is not None else None) or []
        stated = [element.strip() for element in (prf + PADDING)[:6]]
        order_level = item.level.nearest("O") if item.level is not None else None
        named = [*item.refs, *(order_level.refs if order_level is not None else [])]
        orders = self.named("order", named)
        order = stated[1] or id_of_kind(item.ids, "order", self.tables) or next(iter(orders), None)
        line = stated[5] or line_number(item.n or item.stated(1), item.ids, item.refs, self.tables)
        return order or None, line or None

    def _is_final(
        self, item: ItemReading, shipped: Quantity | None, to_date: Quantity | None, ordered: Quantity | None
    ) -> bool:
        """Say whether nothing more will come: the status says so, or all that was ordered is shipped."""
        if item.stated(8) in self.tables.final_statuses:
            return True
        so_far = to_date or shipped
        return (
            ordered is not None
            and so_far is not None
            and so_far.unit == ordered.unit
            and so_far.value >= ordered.value > 0
        )

    def _package(self, item: ItemReading, splits: list[ItemReading]) -> str | None:
        level = item.level
        while level is not None:
            if level.marks:
                return level.marks[0]
            level = level.parent
        marks = [mark for split in splits if split.level is not None for mark in split.level.marks]
        return marks[0] if len(marks) == 1 else None

    def _lot(self, item: ItemReading) -> str | None:
        lot = id_of_kind(item.ids, "lot", self.tables)
        return lot or next((value for qualifier, value in item.refs if qualifier == "LT" and value), None)

    def _expiry(self, item: ItemReading) -> date | None:
        return next((parse_date(text) for qualifier, text in item.dtm if qualifier == "036"), None)
