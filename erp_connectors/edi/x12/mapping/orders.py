"""The reading of a purchase order (850) and of its acknowledgment (855): what was sent, as it was sent."""

from typing import Any

import msgspec

from erp_connectors.edi.x12.mapping.source import Row
from erp_connectors.edi.x12.mapping.values import PADDING, id_pairs, parse_decimal


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
    """One PO1 loop."""

    at: int
    row: Row
    n: str
    qty: str
    uom: str
    price: str
    basis: str
    ids: dict[str, str]
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
    """One 850 or 855; `beginning` is its BEG or BAK segment, None where it has none."""

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

    def header(self, position: int) -> str:
        """Return an element of BEG or BAK without blanks at its ends, empty where it was not sent."""
        row = self.beginning
        return row[position].strip() if row is not None and position < len(row) else ""

    @property
    def currency(self) -> str:
        """Return the currency of the header, else the one that all lines name, else nothing."""
        named = {line.cur for line in self.lines}
        return self.cur or (named.pop() if len(named) == 1 else "")


def read_order(rows: list[Row], ignored: frozenset[str]) -> OrderReading:
    """Read the segments between ST and SE; what comes before the first PO1 belongs to the header."""
    reading = OrderReading()
    line: LineReading | None = None
    for at, row in enumerate(rows, start=1):
        tag = row[0]
        if tag in ignored:
            continue
        if tag == "PO1":
            line = _line(at, row)
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
        at, row, n.strip(), qty.strip(), uom.strip(), price.strip(), basis.strip(), id_pairs(row, 6)
    )


def _ack(at: int, row: Row) -> AckReading:
    padded = row + PADDING
    ids = id_pairs(row, 7, 26) if len(row) > 7 else {}
    reason = ":".join(element.strip() for element in padded[27:30]).strip(":") if len(row) > 27 else ""
    _, code, qty, uom, dtq, day = padded[:6]
    return AckReading(at, row, code.strip(), qty.strip(), uom.strip(), dtq.strip(), day.strip(), ids, reason)


def _read_rest(reading: OrderReading, line: LineReading | None, tag: str, at: int, row: Row) -> None:
    if tag == "N1":
        reading.n1.append(row)
    elif tag in ("BEG", "BAK"):
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


def order_facts(reading: OrderReading, set_code: str) -> dict[str, Any]:
    """Return the reading as plain values; what was not sent is not there."""
    header = reading.header
    facts: dict[str, Any] = {"purpose": header(1)}
    if set_code == "850":
        facts |= {"type": header(2), "po": header(3), "release": header(4), "date": header(5)}
    else:
        facts |= {
            "status": header(2),
            "po": header(3),
            "date": header(4),
            "release": header(5),
            "supplier_ref": header(8),
            "ack_date": header(9),
        }
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
    sent = {key: value for key, value in facts.items() if value or key in ("purpose", "po", "date")}
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
        "qty": line.qty,
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
