"""What a person states of an order line, laid over its position beside the mirror, which is never edited.

A statement counts as long as the mirror still says what it said then. Once a document says anything else, the
document counts, be it the same that was stated or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import InvoiceKind, LineAnswer, OfferedPart
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import OrderLine
from erp_connectors.documents.position import (
    AnswerFact,
    InvoiceFact,
    LinePosition,
    ReceiptFact,
    ShipmentFact,
)
from exceptions_app.overrides.models import Override, OverrideKind

#: Stands where a document has its number.
BY_HAND = "by hand"


class StatedFact(StrEnum):
    """What can be stated of a line."""

    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    RECEIVED = "received"
    INVOICED = "invoiced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement: how much of a line was, say, received, instead of what the mirror said.

    `on` is the day of it; of what is confirmed, the day it is promised for (None: as requested).
    """

    fact: StatedFact
    quantity: Quantity
    on: date | None
    instead_of: str
    made_at: datetime
    until: datetime | None = None


def position_of(line: OrderLine, *, at: datetime | None = None) -> LinePosition:
    """Return the position of a line at `at` (else now), with what people state of it laid over.

    Lists prefetch `overrides` of their lines.
    """
    position = from_builtins(line.position, LinePosition)
    statements = statements_on(line.overrides.all())
    return lay_over(position, statements, at or clock.now()) if statements else position


def statements_on(overrides: Iterable[Override]) -> list[Statement]:
    """Return the statements among the overrides that are in force, oldest first."""
    found = [each for each in overrides if each.kind == OverrideKind.POSITION and each.is_in_force]
    return [statement_of(each) for each in sorted(found, key=lambda each: each.pk)]


def statement_of(override: Override) -> Statement:
    """Return the statement that an override of a position is."""
    said = override.after
    return Statement(
        fact=StatedFact(said["fact"]),
        quantity=Quantity(Decimal(said["quantity"]), said["unit"]),
        on=date.fromisoformat(said["on"]) if said["on"] else None,
        instead_of=override.before["said"],
        made_at=override.made_at,
        until=override.until,
    )


def lay_over(position: LinePosition, statements: Iterable[Statement], at: datetime) -> LinePosition:
    """Return the position as it is with the statements that count at `at`. Pure."""
    for each in statements:
        if counts(position, each, at):
            position = _with(position, each)
    return position


def counts(position: LinePosition, statement: Statement, at: datetime) -> bool:
    """Say whether a statement counts: it has not run out, and the mirror says what it said then."""
    has_run_out = statement.until is not None and at >= statement.until
    return not has_run_out and said_of(position, statement.fact) == statement.instead_of


def said_of(position: LinePosition, fact: StatedFact) -> str:
    """Return what the documents say of a line, as one reads it: “80 EA”, “0” where they say nothing."""
    if fact is StatedFact.CONFIRMED:
        return _confirmed(position.answer)
    total: dict[str, Decimal] = {}
    for said in _quantities(position, fact):
        total[said.unit] = total.get(said.unit, Decimal(0)) + said.value
    return " + ".join(f"{value.normalize():f} {unit}" for unit, value in sorted(total.items())) or "0"


def as_said(fact: StatedFact, quantity: Quantity, on: date | None) -> str:
    """Return what is stated in the words that `said_of` has for documents that say the same."""
    if not quantity.value:
        return "0"
    words = f"{quantity.value.normalize():f} {quantity.unit}"
    return f"{words} on {on}" if fact is StatedFact.CONFIRMED and on else words


def _confirmed(answer: AnswerFact | None) -> str:
    """Return the parts of an answer in words, earliest first; a date that is as requested is left out."""
    if answer is None or not answer.offered:
        return "0"
    total: dict[tuple[str, str], Decimal] = {}
    for part in answer.offered:
        key = (str(part.date or ""), part.quantity.unit)
        total[key] = total.get(key, Decimal(0)) + part.quantity.value
    parts = [(f"{value.normalize():f} {unit}", day) for (day, unit), value in sorted(total.items()) if value]
    return " + ".join(f"{words} on {day}" if day else words for words, day in parts) or "0"


def _quantities(position: LinePosition, fact: StatedFact) -> list[Quantity]:
    """Return what the documents say was shipped, received or invoiced; a credit note takes away."""
    if fact is StatedFact.RECEIVED:
        said = [each.received for each in position.receipts]
    elif fact is StatedFact.SHIPPED:
        said = [each.shipped for each in position.shipments]
    else:
        said = [_signed(each) for each in position.invoices]
    return [each for each in said if each is not None]


def _signed(invoice: InvoiceFact) -> Quantity | None:
    if invoice.quantity is None or invoice.kind is not InvoiceKind.CREDIT:
        return invoice.quantity
    return Quantity(-invoice.quantity.value, invoice.quantity.unit)


def _with(position: LinePosition, said: Statement) -> LinePosition:
    if said.fact is StatedFact.CONFIRMED:
        return _with_answer(position, said)
    version, on = DocumentVersion(said.made_at), said.on or said.made_at.date()
    if said.fact is StatedFact.RECEIVED:
        booked = ReceiptFact(number=BY_HAND, version=version, received_on=on, received=said.quantity)
        return replace(position, receipts=(booked,))
    if said.fact is StatedFact.INVOICED:
        billed = InvoiceFact(
            number=BY_HAND,
            kind=InvoiceKind.INVOICE,
            version=version,
            issued_on=on,
            quantity=said.quantity,
            price=None,
            currency=position.currency,
        )
        return replace(position, invoices=(billed,))
    expected = [each.expected_on for each in position.shipments if each.expected_on is not None]
    sent = ShipmentFact(
        notice=BY_HAND,
        version=version,
        first_said_at=said.made_at,
        shipped_on=on,
        expected_on=max(expected, default=None),
        shipped=said.quantity,
    )
    return replace(position, shipments=(sent,))


def _with_answer(position: LinePosition, said: Statement) -> LinePosition:
    """Let the statement be the newest answer, at the price of the one before."""
    before = position.answer
    parts = (OfferedPart(said.quantity, said.on),) if said.quantity.value else ()
    answer = AnswerFact(
        version=DocumentVersion(said.made_at),
        first_said_at=said.made_at,
        answers=(LineAnswer.CHANGED if parts else LineAnswer.REJECTED,),
        offered=parts,
        requested=position.line.schedule,
        price=before.price if before else None,
        currency=before.currency if before else None,
    )
    earlier = (before, *position.earlier_answers) if before else position.earlier_answers
    return replace(
        position,
        answer=answer,
        earlier_answers=earlier,
        answered_at=position.answered_at or said.made_at,
        first_promise=position.first_promise if position.first_promise is not None else parts,
    )
