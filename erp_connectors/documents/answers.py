"""What a confirmation answers to one order line: in its lines, or by its header. Pure."""

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
    Unmentioned,
)
from erp_connectors.canonical.values import ItemIds, Price
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.position import AnswerFact
from erp_connectors.documents.units import total


def answer_of(
    document: HeardDocument,
    confirmation: Confirmation,
    lines: list[ConfirmationLine],
    asked: OrderLine | None,
) -> AnswerFact:
    """Return the answer that one confirmation gives to one order line, in however many lines of its own."""
    return AnswerFact(
        version=document.version,
        first_said_at=document.first_said_at,
        answers=tuple(sorted({answer for line in lines for answer in line.answers})),
        offered=_offered(lines),
        requested=asked.schedule if asked else (),
        rejected=total([line.rejected for line in lines if line.rejected]),
        price=_common_price(lines),
        currency=confirmation.currency,
        substitute=next((line.substitute for line in lines if line.substitute), None),
        ids=next((line.ids for line in lines if line.ids != ItemIds()), ItemIds()),
        on_behalf_by=confirmation.on_behalf_by,
    )


def header_answer(
    document: HeardDocument, confirmation: Confirmation, asked: PurchaseOrder, line: OrderLine
) -> AnswerFact | None:
    """Return what the confirmation says of a line it does not mention; None when it says nothing.

    Accepted means as ordered in the revision that was current then; lines added later are not answered.
    """
    match confirmation.unmentioned:
        case Unmentioned.UNANSWERED:
            return None
        case Unmentioned.ACCEPTED:
            answer = LineAnswer.ACCEPTED
        case Unmentioned.REJECTED:
            answer = LineAnswer.REJECTED
        case Unmentioned.HELD:
            answer = LineAnswer.HELD
    is_accepted = answer is LineAnswer.ACCEPTED
    as_ordered = tuple(OfferedPart(part.quantity, part.date, part.date_kind) for part in line.schedule)
    return AnswerFact(
        version=document.version,
        first_said_at=document.first_said_at,
        answers=(answer,),
        offered=as_ordered if is_accepted else () if answer is LineAnswer.REJECTED else None,
        requested=line.schedule,
        price=line.price if is_accepted else None,
        currency=asked.currency if is_accepted else confirmation.currency,
        as_ordered=is_accepted,
        on_behalf_by=confirmation.on_behalf_by,
    )


def _offered(lines: list[ConfirmationLine]) -> tuple[OfferedPart, ...] | None:
    """Return all parts together; one line without a readable quantity makes the whole unreadable."""
    parts: list[OfferedPart] = []
    for line in lines:
        if line.offered is None:
            return None
        parts += line.offered
    return tuple(parts)


def _common_price(lines: list[ConfirmationLine]) -> Price | None:
    """Return the price all lines agree on; several different prices for one order line are no price."""
    prices = {line.price for line in lines if line.price}
    return prices.pop() if len(prices) == 1 else None
