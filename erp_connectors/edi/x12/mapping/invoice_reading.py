"""The reading of an invoice (810): what was sent, as it was sent."""

from typing import Any

import msgspec

from erp_connectors.edi.x12.mapping.orders import grouped, pair, party_fact, quantity_sum
from erp_connectors.edi.x12.mapping.source import Row
from erp_connectors.edi.x12.mapping.values import PADDING, id_pairs

QTY, UOM, PRICE, BASIS, IDS = 2, 3, 4, 5, 6
"""Where IT1 has its values; the ids follow in pairs from IT106 on."""

Placed = tuple[int, Row]
"""A segment with its number, for findings."""


class BilledReading(msgspec.Struct):
    """One IT1 loop."""

    at: int
    row: Row
    n: str
    qty: str
    uom: str
    price: str
    basis: str
    ids: dict[str, str]
    sac: list[Placed] = []
    txi: list[Placed] = []
    ctp: list[Placed] = []
    refs: list[list[str]] = []
    dtm: list[list[str]] = []
    cur: str = ""
    description: str = ""
    sublines: int = 0


class InvoiceReading(msgspec.Struct):
    """One 810; `big` is its beginning, None where it has none. From TDS on all is of the whole invoice."""

    big: Row | None = None
    big_at: int = 1
    cur: str = ""
    refs: list[list[str]] = []
    dtm: list[list[str]] = []
    n1: list[Row] = []
    itd: list[Placed] = []
    sac: list[Placed] = []
    txi: list[Placed] = []
    tds: Row | None = None
    tds_at: int = 1
    td5: list[str] | None = None
    cad: list[str] | None = None
    ctt: str | None = None
    amt_tt: str | None = None
    notes: list[str] = []
    lines: list[BilledReading] = []

    def header(self, position: int) -> str:
        """Return an element of BIG without blanks at its ends, empty where it was not sent."""
        return self.big[position].strip() if self.big is not None and position < len(self.big) else ""


def read_invoice(rows: list[Row], ignored: frozenset[str]) -> InvoiceReading:
    """Read the segments between ST and SE; what stands between IT1 and the totals belongs to its line."""
    reading = InvoiceReading()
    line: BilledReading | None = None
    for at, row in enumerate(rows, start=1):
        tag = row[0]
        if tag in ignored:
            continue
        if tag == "IT1":
            line = _billed(at, row)
            reading.lines.append(line)
        elif tag == "PID":
            if line is not None:
                line.description = line.description or (row[5].strip() if len(row) > 5 else "")
        elif tag == "SAC":
            (reading if line is None else line).sac.append((at, row))
        elif tag == "TXI":
            (reading if line is None else line).txi.append((at, row))
        elif tag == "REF":
            (reading if line is None else line).refs.append(pair(row))
        elif tag == "DTM":
            (reading if line is None else line).dtm.append(pair(row))
        elif tag in ("TDS", "CAD", "ISS", "CTT"):
            line = None
            _read_summary(reading, tag, at, row)
        elif line is not None and tag in ("CTP", "CUR", "SLN"):
            _read_line(line, tag, at, row)
        else:
            _read_rest(reading, tag, at, row)
    return reading


def _billed(at: int, row: Row) -> BilledReading:
    _, n, qty, uom, price, basis = (row + PADDING)[:IDS]
    return BilledReading(
        at, row, n.strip(), qty.strip(), uom.strip(), price.strip(), basis.strip(), id_pairs(row, IDS)
    )


def _read_line(line: BilledReading, tag: str, at: int, row: Row) -> None:
    if tag == "CTP":
        line.ctp.append((at, row))
    elif tag == "CUR":
        line.cur = line.cur or (row + PADDING)[2].strip()
    else:
        line.sublines += 1


def _read_summary(reading: InvoiceReading, tag: str, at: int, row: Row) -> None:
    if tag == "TDS" and reading.tds is None:
        reading.tds, reading.tds_at = row, at
    elif tag == "CAD" and reading.cad is None:
        reading.cad = [element.strip() for element in row[1:]]
    elif tag == "CTT":
        reading.ctt = (row + PADDING)[1].strip()


def _read_rest(reading: InvoiceReading, tag: str, at: int, row: Row) -> None:
    if tag == "N1":
        reading.n1.append(row)
    elif tag == "ITD":
        reading.itd.append((at, row))
    elif tag == "BIG":
        if reading.big is None:
            reading.big, reading.big_at = row, at
    elif tag == "CUR":
        reading.cur = reading.cur or (row + PADDING)[2].strip()
    elif tag == "TD5" and reading.td5 is None:
        reading.td5 = [element.strip() for element in (row + PADDING)[2:5]]
    elif tag == "AMT" and (row + PADDING)[1].strip() == "TT":
        reading.amt_tt = (row + PADDING)[2].strip()
    elif tag in ("MSG", "NTE"):
        reading.notes.append((row + PADDING)[1 if tag == "MSG" else 2].strip())


def invoice_facts(reading: InvoiceReading) -> dict[str, Any]:
    """Return the reading as plain values; what was not sent is not there."""
    header = reading.header
    charges = [*reading.sac, *(charge for line in reading.lines for charge in line.sac)]
    taxes = [*reading.txi, *(tax for line in reading.lines for tax in line.txi)]
    facts: dict[str, Any] = {
        "inv_date": header(1),
        "doc": header(2),
        "po_date": header(3),
        "po": header(4),
        "release": header(5),
        "type": header(7),
        "purpose": header(8),
        "cur": reading.cur,
        "sac": [charge_fact(row) for _, row in sorted(charges, key=lambda placed: placed[0])],
        "txi": [_elements(row) for _, row in sorted(taxes, key=lambda placed: placed[0])],
        "itd": [_elements(row) for _, row in reading.itd],
        "total_cents": (reading.tds + PADDING)[1].strip() if reading.tds is not None else "",
        "ctt": reading.ctt,
        "amt_tt": reading.amt_tt,
        "ref": grouped(reading.refs),
        "dtm": reading.dtm,
        "n1": [party_fact(row) for row in reading.n1],
        "td5": reading.td5,
        "cad": reading.cad,
        "notes": reading.notes,
    }
    lines = [_line_facts(line) for line in reading.lines]
    sent = {key: value for key, value in facts.items() if value or key in ("inv_date", "doc")}
    return sent | {"lines_n": len(lines), "lines": lines} | quantity_sum([line.qty for line in reading.lines])


def charge_fact(row: Row) -> list[str]:
    """Return the indicator, the code and the amount of a SAC segment."""
    _, indicator, code, _, _, amount = (element.strip() for element in (row + PADDING)[:6])
    return [indicator, code, amount]


def _elements(row: Row) -> list[str]:
    return [element.strip() for element in row[1:]]


def _line_facts(line: BilledReading) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "n": line.n,
        "qty": line.qty,
        "uom": line.uom,
        "price": line.price,
        "basis": line.basis,
        "ids": line.ids,
        "sac": [charge_fact(row) for _, row in line.sac],
        "txi": [_elements(row) for _, row in line.txi],
        "ctp": [_elements(row) for _, row in line.ctp],
        "cur": line.cur,
        "ref": grouped(line.refs),
        "dtm": line.dtm,
        "description": line.description,
        "sublines": line.sublines,
    }
    return {key: value for key, value in facts.items() if value}
