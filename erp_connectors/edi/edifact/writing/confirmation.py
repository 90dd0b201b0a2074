"""A supplier's answer as an ORDRSP."""

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind, Quantity
from erp_connectors.edi.edifact.writing.codes import (
    PURPOSE_CODES,
    closing,
    cux,
    dtm,
    ftx,
    lin,
    parties,
    pri,
    qty,
    references,
    rff,
    substitute,
    written_at,
)
from erp_connectors.edi.writing import Segment, UnwritableValue

ORDER_CURRENCY = "9"
RESPONSES = {Unmentioned.UNANSWERED: "", Unmentioned.ACCEPTED: "AI", Unmentioned.REJECTED: "RE"}
ACTIONS = {
    LineAnswer.ACCEPTED: "5",
    LineAnswer.CHANGED: "3",
    LineAnswer.REJECTED: "7",
    LineAnswer.SUBSTITUTED: "38",
    LineAnswer.BACKORDERED: "4",
}
CONFIRMED, BACKORDERED, REJECTED = "113", "83", "185"
DATE_QUALIFIERS = {DateKind.DELIVERY: "67", DateKind.SHIP: "79"}
NOTHING_NOW = [("QTY", (CONFIRMED, "0"))]


def order_response(document: Confirmation) -> list[Segment]:
    """Return the inside of an ORDRSP; what is rejected beside other quantities is told by its quantity alone.

    Raises UnwritableValue for an answer that has no code, and for parts whose dates cannot be told apart.
    """
    if document.unmentioned not in RESPONSES:
        raise UnwritableValue(f"No response type says that other lines are {document.unmentioned}.")
    beginning = (
        "BGM",
        "231",
        document.number or "",
        PURPOSE_CODES[document.purpose],
        RESPONSES[document.unmentioned],
    )
    named = [each for each in document.references if each.kind != "order"]
    return [
        beginning,
        written_at(document.version.document_time),
        *ftx("AAI", document.notes),
        *rff("ON", document.order_number),
        *references(named),
        *parties(document.parties),
        *cux(document.currency, ORDER_CURRENCY),
        *(segment for line in document.lines for segment in _line(document, line)),
        *closing(len(document.lines)),
    ]


def _line(document: Confirmation, line: ConfirmationLine) -> list[Segment]:
    if line.offered is None:
        raise UnwritableValue(f"Line {line.line_number}: an answer of unknown quantity cannot be written.")
    return [
        *lin(line.line_number or "", line.ids, _action(line)),
        *substitute(line.substitute),
        *_offered(line, line.offered),
        *qty(REJECTED, line.rejected),
        *ftx("AAI", line.reasons),
        *pri(line.price, document.currency),
    ]


def _action(line: ConfirmationLine) -> str:
    """Return the code of the first word that is not told by a quantity of its own."""
    answers = [answer for answer in line.answers if answer is not LineAnswer.BACKORDERED]
    answer = answers[0] if answers else LineAnswer.BACKORDERED
    if answer not in ACTIONS:
        raise UnwritableValue(f"Line {line.line_number}: no line action says that it is {answer}.")
    return ACTIONS[answer]


def _offered(line: ConfirmationLine, parts: tuple[OfferedPart, ...]) -> list[Segment]:
    """Return a quantity with its date for every part; the last one comes later where the answer says so."""
    is_late = LineAnswer.BACKORDERED in line.answers
    now, late = (parts[:-1], parts[-1:]) if is_late else (parts, ())
    dated = [part.date is not None for part in parts]
    if any(dated) and not all(dated[: len(now)]):
        raise UnwritableValue(f"Line {line.line_number}: a part without a date would get that of another.")
    if not now:
        return [*([] if line.rejected else NOTHING_NOW), *_quantities(late, BACKORDERED)]
    return [*_quantities(now, CONFIRMED), *_quantities(late, BACKORDERED)]


def _quantities(parts: tuple[OfferedPart, ...], qualifier: str) -> list[Segment]:
    return [
        segment
        for part in parts
        for segment in (
            *qty(qualifier, Quantity(part.quantity.value, part.quantity.unit)),
            *dtm(DATE_QUALIFIERS[part.date_kind], part.date),
        )
    ]
