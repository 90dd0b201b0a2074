"""A receipt as an 861: what came, and the quantities in question."""

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Receipt, ReceiptLine
from erp_connectors.edi.writing import Segment, UnwritableValue, backwards, day
from erp_connectors.edi.x12.mapping.receipt_codes import RECEIVING_CONDITIONS
from erp_connectors.edi.x12.writing.codes import (
    PURPOSE_CODES,
    id_pairs,
    measured,
)

MOST_QUESTIONS = 5
CONDITION_CODES = backwards(
    {code: condition for code, condition in RECEIVING_CONDITIONS.items() if condition}
)


def receipt_861(document: Receipt) -> list[Segment]:
    """Return the inside of an 861. Raises UnwritableValue for more in question than one line can hold."""
    written_on = document.version.document_time
    segments: list[Segment] = [
        ("BRA", document.number, day(written_on), PURPOSE_CODES[document.purpose], "1"),
        ("DTM", "050", day(document.received_on)),
    ]
    if document.ship_notice:
        segments.append(("REF", "SI", document.ship_notice))
    if document.warehouse:
        segments.append(("N1", "ST", "", "92", document.warehouse))
    for number, line in enumerate(document.lines, start=1):
        segments += _line(str(number), line)
    return [*segments, ("CTT", str(len(document.lines)))]


def _line(number: str, line: ReceiptLine) -> list[Segment]:
    returned: tuple[str, str] = ("", "")
    questions: list[str] = []
    for question in line.in_question or _derived(line):
        if question.condition is GoodsCondition.RETURNED and not question.code:
            returned = measured(question.quantity)
        else:
            code = question.code or CONDITION_CODES[question.condition]
            questions += [*measured(question.quantity), code]
    if len(questions) > 3 * MOST_QUESTIONS:
        raise UnwritableValue(f"Line {number}: no more than {MOST_QUESTIONS} quantities can be in question.")
    segments: list[Segment] = [
        ("RCD", number, *measured(line.received), *returned, *questions),
        ("LIN", "", *id_pairs(line.ids)),
    ]
    if line.order_number or line.line_number:
        segments.append(("PRF", line.order_number or "", "", "", "", line.line_number or ""))
    return segments


def _derived(line: ReceiptLine) -> list[InQuestion]:
    """Return what is in question of a line that only says how much is damaged or rejected."""
    stated = ((GoodsCondition.DAMAGED, line.damaged), (GoodsCondition.REJECTED, line.rejected))
    return [InQuestion(condition=condition, quantity=amount) for condition, amount in stated if amount]
