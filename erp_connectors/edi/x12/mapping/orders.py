"""The reading of an order (850), its change (860) and the answers to both (855, 865): all as it was sent."""

from typing import Any, NamedTuple

import msgspec

from erp_connectors.edi.x12.mapping.source import Row
from erp_connectors.edi.x12.mapping.values import PADDING, id_pairs, parse_decimal

BEGINNINGS = {
    "BEG": {"purpose": 1, "type": 2, "po": 3, "release": 4, "date": 5},
    "BAK": {
        "purpose": 1,
        "status": 2,
        "po": 3,
        "date": 4,
        "release": 5,
        "contract": 7,
        "supplier_ref": 8,
        "ack_date": 9,
    },
    "BCH": {"purpose": 1, "type": 2, "po": 3, "release": 4, "chg_seq": 5, "date": 6, "contract": 8},
    "BCA": {
        "purpose": 1,
        "status": 2,
        "po": 3,
        "release": 4,
        "chg_seq": 5,
        "date": 6,
        "contract": 8,
        "supplier_ref": 9,
        "ack_date": 10,
    },
}
"""What the elements of each beginning segment say."""


class LineLayout(NamedTuple):
    """Where a line segment has its values; the ids follow in pairs from `ids` on."""

    qty: int
    uom: int
    price: int
    basis: int
    ids: int


ALWAYS_NAMED = ("purpose", "po", "date")
PO1 = LineLayout(2, 3, 4, 5, 6)
POC = LineLayout(3, 5, 6, 7, 8)
LEFT_TO_RECEIVE = 4


class AckReading(msgspec.Struct):
    """One ACK segment; `at` is its segment number, its elements are kept for findings."""

    at: int
    row: Row
    code: str
    qty: str
    uom: str
    dtq: str
    date: str
    ids: dict[str, str]
    reason: str


class ScheduleReading(msgspec.Struct):
    """One SCH segment."""

    at: int
    row: Row
    qty: str
    uom: str
    dtq: str
    date: str


class LineReading(msgspec.Struct):
    """One PO1 or POC loop. Of a POC, `chg` is the change code and `left` the quantity left to receive."""

    at: int
    row: Row
    layout: LineLayout
    n: str
    qty: str
    uom: str
    price: str
    basis: str
    ids: dict[str, str]
    chg: str = ""
    left: str = ""
    ack: list[AckReading] = []
    sch: list[ScheduleReading] = []
    dtm: list[list[str]] = []
    ctp: list[tuple[int, Row]] = []
    refs: list[list[str]] = []
    cur: str = ""
    description: str = ""
    notes: list[str] = []
    sublines: int = 0


class OrderReading(msgspec.Struct):
    """One 850, 855, 860 or 865; `beginning` is its BEG, BAK, BCH or BCA segment, None where it has none."""

    beginning: Row | None = None
    beginning_at: int = 1
    cur: str = ""
    ctt: str | None = None
    amt_tt: str | None = None
    dtm: list[list[str]] = []
    refs: list[list[str]] = []
    n1: list[Row] = []
    sac: list[list[str]] = []
    td5: list[str] | None = None
    notes: list[str] = []
    lines: list[LineReading] = []

    def header(self, name: str) -> str:
        """Return what the beginning says under a name of BEGINNINGS, empty where it was not sent."""
        row = self.beginning
        position = BEGINNINGS[row[0]].get(name, 0) if row is not None else 0
        return row[position].strip() if row is not None and 0 < position < len(row) else ""

    @property
    def currency(self) -> str:
        """Return the currency of the header, else the one that all lines name, else nothing."""
        named = {line.cur for line in self.lines}
        return self.cur or (named.pop() if len(named) == 1 else "")


def read_order(rows: list[Row], ignored: frozenset[str]) -> OrderReading:
    """Read the segments between ST and SE; what comes before the first line belongs to the header."""
    reading = OrderReading()
    line: LineReading | None = None
    for at, row in enumerate(rows, start=1):
        tag = row[0]
        if tag in ignored:
            continue
        if tag == "PO1":
            line = _line(at, row)
            reading.lines.append(line)
        elif tag == "POC":
            line = _changed_line(at, row)
            reading.lines.append(line)
        elif line is not None and tag == "ACK":
            line.ack.append(_ack(at, row))
        elif line is not None and tag == "SCH":
            _, qty, uom, _, _, dtq, day = (row + PADDING)[:7]
            line.sch.append(ScheduleReading(at, row, qty.strip(), uom.strip(), dtq.strip(), day.strip()))
        elif tag == "PID" and line is not None:
            line.description = line.description or (row[5].strip() if len(row) > 5 else "")
        elif tag == "DTM":
            (reading if line is None else line).dtm.append(pair(row))
        elif tag == "REF":
            (reading if line is None else line).refs.append(pair(row))
        elif tag == "CTP" and line is not None:
            line.ctp.append((at, row))
        elif tag == "CTT":
            reading.ctt = (row + PADDING)[1].strip()
            line = None
        else:
            _read_rest(reading, line, tag, at, row)
    return reading


def pair(row: Row) -> list[str]:
    """Return the first two elements of a segment: a qualifier and what it qualifies."""
    return [element.strip() for element in (row + PADDING)[1:3]]


def _line(at: int, row: Row) -> LineReading:
    _, n, qty, uom, price, basis = (row + PADDING)[:6]
    return LineReading(
        at,
        row,
        PO1,
        n.strip(),
        qty.strip(),
        uom.strip(),
        price.strip(),
        basis.strip(),
        id_pairs(row, PO1.ids),
    )


def _changed_line(at: int, row: Row) -> LineReading:
    values = [element.strip() for element in (row + PADDING)[: POC.ids]]
    _, n, chg, qty, left, uom, price, basis = values
    return LineReading(at, row, POC, n, qty, uom, price, basis, id_pairs(row, POC.ids), chg, left)


def _ack(at: int, row: Row) -> AckReading:
    padded = row + PADDING
    ids = id_pairs(row, 7, 26) if len(row) > 7 else {}
    reason = ":".join(element.strip() for element in padded[27:30]).strip(":") if len(row) > 27 else ""
    _, code, qty, uom, dtq, day = padded[:6]
    return AckReading(at, row, code.strip(), qty.strip(), uom.strip(), dtq.strip(), day.strip(), ids, reason)


def _read_rest(reading: OrderReading, line: LineReading | None, tag: str, at: int, row: Row) -> None:
    if tag == "N1":
        reading.n1.append(row)
    elif tag in BEGINNINGS:
        if reading.beginning is None:
            reading.beginning, reading.beginning_at = row, at
    elif tag == "SAC":
        _, indicator, code, _, _, amount = (element.strip() for element in (row + PADDING)[:6])
        reading.sac.append([indicator, code, amount])
    elif tag == "CUR":
        place = reading if line is None else line
        place.cur = place.cur or (row + PADDING)[2].strip()
    elif tag == "TD5" and reading.td5 is None:
        reading.td5 = [element.strip() for element in (row + PADDING)[2:5]]
    elif tag == "AMT" and (row + PADDING)[1].strip() == "TT":
        reading.amt_tt = (row + PADDING)[2].strip()
    elif tag in ("MSG", "NTE"):
        text = (row + PADDING)[1 if tag == "MSG" else 2].strip()
        (reading if line is None else line).notes.append(text)
    elif tag == "SLN" and line is not None:
        line.sublines += 1


def order_facts(reading: OrderReading) -> dict[str, Any]:
    """Return the reading as plain values; what was not sent is not there."""
    stated = BEGINNINGS[reading.beginning[0]] if reading.beginning is not None else ALWAYS_NAMED
    facts: dict[str, Any] = {name: reading.header(name) for name in stated}
    facts |= {
        "cur": reading.currency,
        "ctt": reading.ctt,
        "amt_tt": reading.amt_tt,
        "dtm": reading.dtm,
        "ref": grouped(reading.refs),
        "n1": [party_fact(row) for row in reading.n1],
        "td5": reading.td5,
        "sac": reading.sac,
        "notes": reading.notes,
    }
    lines = [_line_facts(line) for line in reading.lines]
    sent = {key: value for key, value in facts.items() if value or key in ALWAYS_NAMED}
    return sent | {"lines_n": len(lines), "lines": lines} | quantity_sum([line.qty for line in reading.lines])


def quantity_sum(quantities: list[str]) -> dict[str, Any]:
    """Return the sum of the quantities that are numbers, as a control total; nothing where none is."""
    numbers = [number for text in quantities if (number := parse_decimal(text)) is not None]
    return {"qty_sum": sum(numbers)} if numbers else {}


def grouped(pairs: list[list[str]]) -> dict[str, Any]:
    """Return qualifier to value, or to the list of values where a qualifier repeats."""
    values: dict[str, list[str]] = {}
    for qualifier, value in pairs:
        values.setdefault(qualifier, []).append(value)
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def party_fact(row: Row) -> str:
    """Return an N1 segment as role and number, or name where it has no number."""
    _, role, name, _, number = (element.strip() for element in (row + PADDING)[:5])
    return f"{role}={number or name}"


def _line_facts(line: LineReading) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "n": line.n,
        "chg": line.chg,
        "qty": line.qty,
        "qty_left": line.left,
        "uom": line.uom,
        "price": line.price,
        "basis": line.basis,
        "ids": line.ids,
        "ack": [_ack_facts(ack) for ack in line.ack],
        "sch": [[part.qty, part.uom, part.dtq, part.date] for part in line.sch],
        "dtm": line.dtm,
        "cur": line.cur,
        "ref": grouped(line.refs),
        "description": line.description,
        "notes": line.notes,
        "sublines": line.sublines,
    }
    return {key: value for key, value in facts.items() if value}


def _ack_facts(ack: AckReading) -> dict[str, Any]:
    facts = {
        "code": ack.code,
        "qty": ack.qty,
        "uom": ack.uom,
        "dtq": ack.dtq,
        "date": ack.date,
        "ids": ack.ids,
        "reason": ack.reason,
    }
    return {key: value for key, value in facts.items() if value}
