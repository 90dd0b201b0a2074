"""An 861 as its reading and as a canonical receipt: what came, and what is wrong with it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Receipt, ReceiptLine
from erp_connectors.canonical.values import Quantity
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.goods import AT_THE_DOCK, DAMAGED, REJECTED
from erp_connectors.edi.values import UnreadableValue, is_sentinel, quantity
from erp_connectors.edi.x12.dates import parse_date
from erp_connectors.edi.x12.mapping.mapper import Mapper
from erp_connectors.edi.x12.mapping.orders import grouped, pair, party_fact, quantity_sum
from erp_connectors.edi.x12.mapping.receipt_codes import Counted
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
)

QUESTIONS = (6, 9, 12, 15, 18)
"""Where RCD has its five quantities in question, each with its unit and its condition."""
RETURNED = 4
CUMULATIVE = 21
RECEIVED_ON = "050"
ASSIGNED_BY_BUYER = "92"
NOTHING = Decimal(0)


class _Question(NamedTuple):
    """A quantity and its condition; None is good."""

    condition: GoodsCondition | None
    quantity: Quantity | None
    code: str


class ReceivedReading(msgspec.Struct):
    """One RCD loop; the ids of its item come after it, in LIN."""

    at: int
    row: Row
    n: str
    qty: str
    uom: str
    returned: str
    quest: list[list[str]] = []
    ids: dict[str, str] = {}
    order_line: str = ""
    prf: Row | None = None
    refs: list[list[str]] = []
    dtm: list[list[str]] = []
    description: str = ""


class ReceiptReading(msgspec.Struct):
    """One 861; `bra` is its beginning, None where it has none."""

    bra: Row | None = None
    bra_at: int = 1
    prf: list[Row] = []
    refs: list[list[str]] = []
    dtm: list[list[str]] = []
    n1: list[Row] = []
    td5: list[str] | None = None
    ctt: str | None = None
    lines: list[ReceivedReading] = []

    def header(self, position: int) -> str:
        """Return an element of BRA without blanks at its ends, empty where it was not sent."""
        return self.bra[position].strip() if self.bra is not None and position < len(self.bra) else ""


def read_receipt(rows: list[Row], ignored: frozenset[str]) -> ReceiptReading:
    """Read the segments between ST and SE; what comes before the first RCD belongs to the header."""
    reading = ReceiptReading()
    line: ReceivedReading | None = None
    for at, row in enumerate(rows, start=1):
        tag = row[0]
        if tag in ignored:
            continue
        if tag == "RCD":
            line = _received(at, row)
            reading.lines.append(line)
        elif tag == "CTT":
            reading.ctt = (row + PADDING)[1].strip()
            line = None
        elif tag == "REF":
            (reading if line is None else line).refs.append(pair(row))
        elif tag == "DTM":
            (reading if line is None else line).dtm.append(pair(row))
        elif line is not None:
            _read_line(line, tag, row)
        else:
            _read_header(reading, tag, at, row)
        if tag == "N1":
            reading.n1.append(row)
    return reading


def _received(at: int, row: Row) -> ReceivedReading:
    values = [element.strip() for element in (row + PADDING)[:CUMULATIVE]]
    _, n, qty, uom, returned = values[:5]
    quest = [stated for place in QUESTIONS if any(stated := values[place : place + 3])]
    return ReceivedReading(at, row, n, qty, uom, returned, quest)


def _read_line(line: ReceivedReading, tag: str, row: Row) -> None:
    if tag == "LIN":
        line.ids = id_pairs(row, 2)
        line.order_line = line.order_line or (row + PADDING)[1].strip()
    elif tag == "SN1":
        line.order_line = line.order_line or (row + PADDING)[1].strip()
    elif tag == "PRF":
        line.prf = row
    elif tag == "PID" and not line.description:
        line.description = (row + PADDING)[5].strip()


def _read_header(reading: ReceiptReading, tag: str, at: int, row: Row) -> None:
    if tag == "BRA" and reading.bra is None:
        reading.bra, reading.bra_at = row, at
    elif tag == "PRF":
        reading.prf.append(row)
    elif tag == "TD5" and reading.td5 is None:
        reading.td5 = [element.strip() for element in (row + PADDING)[2:5]]


def receipt_facts(reading: ReceiptReading) -> dict[str, Any]:
    """Return the reading as plain values; what was not sent is not there."""
    named = [*reading.prf, *(line.prf for line in reading.lines if line.prf)]
    orders = dict.fromkeys((row + PADDING)[1].strip() for row in named)
    facts: dict[str, Any] = {
        "doc": reading.header(1),
        "date": reading.header(2),
        "purpose": reading.header(3),
        "type": reading.header(4),
        "time": reading.header(5),
        "pos": [number for number in orders if number],
        "ref": grouped(reading.refs),
        "dtm": reading.dtm,
        "n1": [party_fact(row) for row in reading.n1],
        "td5": reading.td5,
        "ctt": reading.ctt,
    }
    lines = [_line_facts(line) for line in reading.lines]
    sent = {key: value for key, value in facts.items() if value or key in ("doc", "date")}
    return sent | {"lines_n": len(lines), "lines": lines} | quantity_sum([line.qty for line in reading.lines])


def _line_facts(line: ReceivedReading) -> dict[str, Any]:
    prf = [element.strip() for element in ((line.prf or []) + PADDING)[:6]]
    facts: dict[str, Any] = {
        "n": line.n,
        "qty": line.qty,
        "uom": line.uom,
        "returned": line.returned,
        "quest": line.quest,
        "cum": (line.row + PADDING)[CUMULATIVE].strip(),
        "ids": line.ids,
        "po": prf[1],
        "po_line": prf[5] or line.order_line,
        "ref": grouped(line.refs),
        "dtm": line.dtm,
        "description": line.description,
    }
    return {key: value for key, value in facts.items() if value}


def map_receipt(rows: list[Row], source: Source) -> tuple[Receipt | None, list[Finding]]:
    """Return the receipt an 861 holds and what was odd in it; None where an error forbids it."""
    reading = read_receipt(rows, source.tables.ignored_segments)
    if reading.bra is None:
        return None, [missing_segment("BRA", rows)]
    if not reading.header(1):
        text = "BRA01, the number of the receipt, is empty."
        way_out = "Ask the sender for a document with its number."
        code = "RECEIPT_NUMBER_MISSING"
        return None, [
            mapping_error(code, text, reading.bra_at, reading.bra, 1, element_code="1", way_out=way_out)
        ]
    return _Mapper(reading, source).document()


class _Mapper(Mapper):
    """The mapping of one 861 and the findings so far."""

    way_out = "Ask the sender, or add the meaning to the partner's profile."

    def __init__(self, reading: ReceiptReading, source: Source) -> None:
        super().__init__(source)
        self.reading = reading
        self.counted = self.tables.receipt_types.get(reading.header(4), Counted.RECEIVED)
        self.order = self._only([(row + PADDING)[1] for row in reading.prf]) or self._only(
            self.named("order", reading.refs)
        )

    def document(self) -> tuple[Receipt | None, list[Finding]]:
        """Return the receipt, or None and the values that cannot be read."""
        reading, lines, errors = self.reading, [], []
        for line in reading.lines:
            try:
                lines.append(self._line(line))
            except UnreadableValue as unreadable:
                errors.append(unreadable.finding)
        received_on = self._received_on()
        if received_on is None:
            errors.append(self._no_day())
        if errors or received_on is None:
            return None, errors + self.findings
        shipments = self.named("shipment", reading.refs)
        for line in reading.lines:
            shipments += self.named("shipment", line.refs)
        receipt = Receipt(
            number=reading.header(1),
            version=self.source.document_version(),
            received_on=received_on,
            lines=tuple(lines),
            purpose=self.purpose_of(reading.header(3), reading.bra_at, "BRA", 3),
            ship_notice=self._only(shipments),
            warehouse=self._warehouse(),
        )
        return receipt, self.findings

    # --- header ---------------------------------------------------------------------------

    def _received_on(self) -> date | None:
        """Return the day of receipt: of the header, else the one all lines state, else of the document."""
        stated = [text for qualifier, text in self.reading.dtm if qualifier == RECEIVED_ON]
        if not stated:
            dates = [text for line in self.reading.lines for kind, text in line.dtm if kind == RECEIVED_ON]
            stated = [text] if (text := self._only(dates)) else []
        for text in stated[:1]:
            day = parse_date(text)
            if day is not None and not is_sentinel(day):
                return day
            what = f"DTM date {text[:20]!r} stands for no day; the date of the document stands for it."
            self.warn("DATE_UNREADABLE", what, self.reading.bra_at, "DTM", 2, text)
        day = parse_date(self.reading.header(2))
        return None if day is None or is_sentinel(day) else day

    def _no_day(self) -> Finding:
        return mapping_error(
            "DATE_UNREADABLE",
            f"BRA02 {self.reading.header(2)[:20]!r} stands for no day, and no DTM 050 says when it came.",
            self.reading.bra_at,
            self.reading.bra or [],
            2,
            element_code="8",
            way_out="Ask the sender for a document with the day of receipt.",
        )

    def _warehouse(self) -> str | None:
        """Return the buyer's own number of the place it was shipped to."""
        for row in self.reading.n1:
            _, role, _, scheme, number = (element.strip() for element in (row + PADDING)[:5])
            if role == "ST" and scheme == ASSIGNED_BY_BUYER and number:
                return number
        return None

    def _only(self, values: Iterable[str]) -> str | None:
        """Return what all values agree on; several different ones name nothing."""
        different = {text for value in values if (text := value.strip())}
        return different.pop() if len(different) == 1 else None

    # --- lines ----------------------------------------------------------------------------

    def _line(self, line: ReceivedReading) -> ReceiptLine:
        unit = self.unit(line.uom)
        value = amount_in(line.row, 2, line.at)
        stated = quantity(value, unit) if value is not None else None
        questions = self._questions(line, unit)
        order, number = self._order(line)
        return ReceiptLine(
            order_number=order,
            line_number=number,
            received=self._received(line, stated, questions),
            damaged=self._sum(line, questions, DAMAGED),
            ids=item_ids(line.ids, self.tables),
            rejected=self._sum(line, questions, REJECTED),
            in_question=tuple(
                [
                    InQuestion(condition=question.condition, quantity=question.quantity, code=question.code)
                    for question in questions
                    if question.condition is not None
                ]
            ),
        )

    def _questions(self, line: ReceivedReading, unit: str) -> list[_Question]:
        """Return what RCD says of the condition of the goods, and what went back of them."""
        questions = []
        for place in QUESTIONS:
            if place >= len(line.row):
                break
            _, uom, code = (element.strip() for element in (line.row + PADDING)[place : place + 3])
            value = amount_in(line.row, place, line.at)
            if value is None and not code:
                continue
            amount = quantity(value, self.unit(uom) or unit) if value is not None else None
            questions.append(_Question(self._condition(line, place + 2, code), amount, code))
        value = amount_in(line.row, RETURNED, line.at)
        if value:
            uom = (line.row + PADDING)[RETURNED + 1].strip()
            amount = quantity(value, self.unit(uom) or unit)
            questions.append(_Question(GoodsCondition.RETURNED, amount, ""))
        return questions

    def _condition(self, line: ReceivedReading, place: int, code: str) -> GoodsCondition | None:
        """Return what a condition code says is wrong, None for good."""
        if code not in self.tables.receiving_conditions:
            text = f"RCD{place:02} {code!r} is not a known condition."
            self.warn("UNKNOWN_CODE", text, line.at, "RCD", place, code)
        return self.tables.receiving_conditions.get(code, GoodsCondition.OTHER)

    def _received(
        self, line: ReceivedReading, stated: Quantity | None, questions: list[_Question]
    ) -> Quantity | None:
        """Return all that came, good or not: RCD02, with the others where that counts the accepted."""
        beside = [question for question in questions if question.condition in AT_THE_DOCK]
        if stated is None:
            good = [question for question in questions if question.condition is None]
            return self._total(line, good + beside) if good else None
        if self.counted is Counted.RECEIVED:
            units = {question.quantity.unit for question in beside if question.quantity is not None}
            in_question = self._total(line, beside) if units == {stated.unit} else None
            if in_question is None or in_question.value <= stated.value:
                return stated
            text = f"RCD02 {stated.value} is less than what is in question: it is read as what was accepted."
            self.warn("RECEIVED_IS_ACCEPTED", text, line.at, "RCD", 2, line.qty)
        accepted = _Question(None, stated, "")
        return self._total(line, [accepted, *beside])

    def _sum(
        self, line: ReceivedReading, questions: list[_Question], conditions: frozenset[GoodsCondition]
    ) -> Quantity | None:
        """Return how much is in one of the conditions, None where nothing is or nobody can tell."""
        concerned = [question for question in questions if question.condition in conditions]
        return self._total(line, concerned) if concerned else None

    def _total(self, line: ReceivedReading, questions: list[_Question]) -> Quantity | None:
        """Return the quantities together; None where one is unknown, or their units differ."""
        amounts = [question.quantity for question in questions if question.quantity is not None]
        units = {amount.unit for amount in amounts}
        if len(units) > 1:
            text = f"Quantities of one line are in different units ({', '.join(sorted(units))})."
            self.warn("UNITS_DIFFER", text, line.at, "RCD", None, None)
        if len(units) != 1 or len(amounts) < len(questions):
            return None
        return quantity(sum((amount.value for amount in amounts), NOTHING), units.pop())

    def _order(self, line: ReceivedReading) -> tuple[str | None, str | None]:
        """Return the order and its line: PRF of the line, the ids, its references, PRF of the header."""
        prf = [element.strip() for element in ((line.prf or []) + PADDING)[:6]]
        order = (
            prf[1]
            or id_of_kind(line.ids, "order", self.tables)
            or next(iter(self.named("order", line.refs)), None)
            or self.order
        )
        own = line.order_line or line.n
        return order, prf[5] or line_number(own, line.ids, line.refs, self.tables)
