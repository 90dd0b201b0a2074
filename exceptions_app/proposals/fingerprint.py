"""What exactly an approver agrees to: the values of a proposal, however they are spelled."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.codec import content_hash, from_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from exceptions_app.playbook.schedules import plain
from exceptions_app.proposals.models import Proposal


def values_hash(proposal: Proposal) -> str:
    """Return the fingerprint of what an approver agrees to: resolution, inputs, amount, values of every line.

    Equal values give equal fingerprints, however their numbers are spelled.
    """
    known = list(proposal.lines.all())
    lines = [
        (line.case_line_id, from_builtins(line.before, LineValues), from_builtins(line.after, LineValues))
        for line in known
    ]
    added = [new for line in known if (new := line.new_line()) is not None]
    return hash_of(proposal.resolution, proposal.inputs, proposal.amount, lines, added)


def hash_of(
    resolution: str,
    inputs: dict[str, str],
    amount: Decimal | None,
    lines: Iterable[tuple[int, LineValues, LineValues]],
    added: Iterable[NewLine],
) -> str:
    """Return the fingerprint of these values (`values_hash`); each line with the key of its case line.

    Where no line is added it does not speak of added lines, so that older fingerprints stay what they were.
    """
    new_lines = {new.line_number: [new.item, new.warehouse, _spelled(new.values)] for new in added}
    return content_hash(
        {
            "resolution": resolution,
            "inputs": inputs,
            "amount": None if amount is None else plain(amount),
            "lines": {str(key): [_spelled(before), _spelled(after)] for key, before, after in lines},
        }
        | ({"added": new_lines} if new_lines else {})
    )


def same_values(one: LineValues, other: LineValues) -> bool:
    """Say whether two sets of values are the same, however they are spelled."""
    return _spelled(one) == _spelled(other)


def _spelled(values: LineValues) -> dict[str, Any]:
    """Return values so that equal content is equal, however an ERP spells it."""
    unit = values.quantity.unit
    parts: dict[tuple[str, str, str], Decimal] = {}
    for part in values.schedule:
        day = (part.date.isoformat(), part.date_kind.value, part.quantity.unit)
        parts[day] = parts.get(day, Decimal(0)) + part.quantity.value
    price = values.price
    return {
        "quantity": [plain(values.quantity.value), unit],
        "schedule": [[*day, plain(quantity)] for day, quantity in sorted(parts.items()) if quantity],
        "price": None
        if price is None
        else [
            plain(price.amount),
            price.currency,
            plain(price.per or Decimal(1)),
            price.per_unit or unit,
        ],
        "cancelled": values.cancelled,
    }
