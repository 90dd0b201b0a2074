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
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import OrderLine
from erp_connectors.documents.position import LinePosition, ReceiptFact, ShipmentFact
from exceptions_app.overrides.models import Override, OverrideKind

#: Stands where a document has its number.
BY_HAND = "by hand"


class StatedFact(StrEnum):
    """What can be stated of a line."""

    RECEIVED = "received"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement: how much of a line was received or shipped, instead of what the mirror said."""

    fact: StatedFact
    quantity: Quantity
    on: date
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
        on=date.fromisoformat(said["on"]),
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
    facts = position.receipts if fact is StatedFact.RECEIVED else position.shipments
    total: dict[str, Decimal] = {}
    for each in facts:
        said = each.received if isinstance(each, ReceiptFact) else each.shipped
        if said is not None:
            total[said.unit] = total.get(said.unit, Decimal(0)) + said.value
    return " + ".join(f"{value.normalize():f} {unit}" for unit, value in sorted(total.items())) or "0"


def _with(position: LinePosition, said: Statement) -> LinePosition:
    version = DocumentVersion(said.made_at)
    if said.fact is StatedFact.RECEIVED:
        booked = ReceiptFact(number=BY_HAND, version=version, received_on=said.on, received=said.quantity)
        return replace(position, receipts=(booked,))
    expected = [each.expected_on for each in position.shipments if each.expected_on is not None]
    sent = ShipmentFact(
        notice=BY_HAND,
        version=version,
        first_said_at=said.made_at,
        shipped_on=said.on,
        expected_on=max(expected, default=None),
        shipped=said.quantity,
    )
    return replace(position, shipments=(sent,))
