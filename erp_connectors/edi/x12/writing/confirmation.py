"""A confirmation as an 855, a changed one as an 865."""

from collections.abc import Iterable
from decimal import Decimal

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind, Quantity
from erp_connectors.edi.writing import Segment, UnwritableValue, day
from erp_connectors.edi.x12.writing.codes import (
    PURPOSE_CODES,
    currency,
    id_pairs,
    measured,
    parties,
    priced,
    references,
)

STATUS_CODES = {
    LineAnswer.ACCEPTED: "IA",
    LineAnswer.CHANGED: "IQ",
    LineAnswer.BACKORDERED: "IB",
    LineAnswer.REJECTED: "IR",
    LineAnswer.SUBSTITUTED: "IS",
    LineAnswer.HELD: "IH",
    LineAnswer.DATE_PENDING: "SP",
    LineAnswer.PRICE_PENDING: "IE",
}
ANSWER_CODES = {
    Unmentioned.UNANSWERED: "AC",
    Unmentioned.ACCEPTED: "AD",
    Unmentioned.REJECTED: "RD",
    Unmentioned.HELD: "AH",
}
CHANGE_CODES = {LineAnswer.ACCEPTED: "NC", LineAnswer.REJECTED: "DI", LineAnswer.SUBSTITUTED: "RE"}
DATE_QUALIFIERS = {DateKind.DELIVERY: "067", DateKind.SHIP: "068"}
NO_UNIT = "EA"
"""Of nothing, any unit will do."""
IN_BEGINNING = frozenset({"supplier_order", "release", "contract"})


def confirmation_855(document: Confirmation) -> list[Segment]:
    """Return the inside of an 855. Raises UnwritableValue for an answer that has no code."""
    stated = _stated(document)
    beginning = (
        "BAK",
        PURPOSE_CODES[document.purpose],
        ANSWER_CODES[document.unmentioned],
        document.order_number,
        day(document.version.document_time),
        stated.get("release", ""),
        "",
        stated.get("contract", ""),
        document.number or "",
    )
    lines = [_line(document, line, change=False) for line in document.lines]
    return _document(document, beginning, lines)


def confirmation_865(document: Confirmation) -> list[Segment]:
    """Return the inside of an 865. Raises UnwritableValue for an answer that has no code."""
    stated, sequence = _stated(document), document.version.revision
    beginning = (
        "BCA",
        PURPOSE_CODES[document.purpose],
        ANSWER_CODES[document.unmentioned],
        document.order_number,
        stated.get("release", ""),
        str(sequence) if sequence else "",
        day(document.version.document_time),
        "",
        stated.get("contract", ""),
        document.number or "",
    )
    lines = [_line(document, line, change=True) for line in document.lines]
    return _document(document, beginning, lines)


def _stated(document: Confirmation) -> dict[str, str]:
    return {each.kind: each.value for each in document.references if each.kind in IN_BEGINNING}


def _document(document: Confirmation, beginning: Segment, lines: list[list[Segment]]) -> list[Segment]:
    money: list[Segment] = [("CUR", "SE", document.currency)] if document.currency else []
    notes: list[Segment] = [("MSG", note) for note in document.notes]
    return [
        beginning,
        *money,
        *references(each for each in document.references if each.kind not in IN_BEGINNING),
        *parties(document.parties),
        *notes,
        *(segment for line in lines for segment in line),
        ("CTT", str(len(lines))),
    ]


def _line(document: Confirmation, line: ConfirmationLine, *, change: bool) -> list[Segment]:
    """Return a line with a status for every part of what is offered, and for what is rejected."""
    if line.offered is None:
        raise UnwritableValue(f"Line {line.line_number}: an answer of unknown quantity cannot be written.")
    amounts = [part.quantity for part in line.offered] + ([line.rejected] if line.rejected else [])
    together = _together(amounts)
    amount, basis = priced(line.price)
    ids = id_pairs(line.ids)
    number, (value, unit) = line.line_number or "", measured(together)
    first: Segment = ("PO1", number, value, unit, amount, basis, *ids)
    if change:
        code = CHANGE_CODES.get(line.answers[0], "CA") if len(line.answers) == 1 else "CA"
        first = ("POC", number, code, value, value, unit, amount, basis, *ids)
    return [first, *currency(line.price, document.currency), *_statuses(line)]


def _together(amounts: list[Quantity]) -> Quantity | None:
    """Return what a line comes to; nothing where its parts are in different units."""
    if len({amount.unit for amount in amounts}) != 1:
        return None
    return Quantity(sum((amount.value for amount in amounts), Decimal(0)), amounts[0].unit)


def _statuses(line: ConfirmationLine) -> Iterable[Segment]:
    """Yield an ACK for every part, the last one of which is backordered where any is, then for the rest."""
    parts = line.offered or ()
    said = [answer for answer in line.answers if answer not in (LineAnswer.BACKORDERED, LineAnswer.REJECTED)]
    answers: list[LineAnswer] = [said[0] if said else LineAnswer.ACCEPTED] * len(parts)
    if LineAnswer.BACKORDERED in line.answers and parts:
        answers[-1] = LineAnswer.BACKORDERED
    substitute = id_pairs(line.substitute) if line.substitute else ()
    for part, answer in zip(parts, answers, strict=True):
        yield ("ACK", _code(answer), *measured(part.quantity), *_date(part), "", *substitute)
    if not parts and said:
        yield ("ACK", _code(said[0]), "0", NO_UNIT)
    for answer in said[1:]:
        yield ("ACK", _code(answer))
    if LineAnswer.REJECTED in line.answers:
        yield ("ACK", _code(LineAnswer.REJECTED), *measured(line.rejected))


def _code(answer: LineAnswer) -> str:
    if answer not in STATUS_CODES:
        raise UnwritableValue(f"No status says that a line is {answer}.")
    return STATUS_CODES[answer]


def _date(part: OfferedPart) -> tuple[str, str]:
    return (DATE_QUALIFIERS[part.date_kind], day(part.date)) if part.date else ("", "")
