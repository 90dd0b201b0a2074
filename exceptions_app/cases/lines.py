"""Case lines: from a deviation to the row of a case and back, and how each change is told."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.documents.models import OrderLine
from exceptions_app.cases.damping import DOUBT, has_doubt
from exceptions_app.cases.models import CaseLine
from exceptions_app.detection.reconcile import OpenLine
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation
from exceptions_app.policies.models import PolicyRelease


def new_line(
    deviation: Deviation, order_line: OrderLine | None, *, release: PolicyRelease, at: datetime
) -> CaseLine:
    """Return a line, not yet saved and of no case, for something that deviates since `at`."""
    line = CaseLine(
        key=deviation.key,
        order_line=order_line,
        line_number=deviation.line_number or "",
        opened_at=at,
    )
    take_over(line, deviation, release=release)
    return line


def take_over(line: CaseLine, deviation: Deviation, *, release: PolicyRelease) -> None:
    """Give a line the values of the deviation as it is now, judged under `release`; not yet saved."""
    line.quantity = deviation.quantity
    line.unit = deviation.unit or ""
    line.amount = deviation.amount
    line.currency = deviation.currency or ""
    line.expected = to_builtins(deviation.expected)
    line.actual = to_builtins(deviation.actual)
    line.evidence = _evidence(deviation)
    line.tolerance_id = deviation.tolerance_id
    line.release = release


def keep_evidence(line: CaseLine, deviation: Deviation) -> None:
    """Save what shows the same values now, where that is newer; a doubt stays (`damping`)."""
    newer = _evidence(deviation) | {DOUBT: line.evidence[DOUBT]} if has_doubt(line) else _evidence(deviation)
    if newer != line.evidence:
        line.evidence = newer
        line.save(update_fields=["evidence"])


def _evidence(deviation: Deviation) -> dict[str, Any]:
    since = {} if deviation.since is None else {"since": deviation.since.isoformat()}
    evidence: dict[str, Any] = to_builtins(deviation.evidence)
    return evidence | since


def deviation_of(line: CaseLine) -> Deviation:
    """Return the deviation a line holds, as it was last seen."""
    return Deviation(
        type_code=line.key.partition(":")[0],
        key=line.key,
        group="",
        line_number=line.line_number or None,
        quantity=_trimmed(line.quantity),
        unit=line.unit or None,
        amount=line.amount,
        currency=line.currency or None,
        expected=line.expected,
        actual=line.actual,
        evidence=line.evidence,
        tolerance_id=line.tolerance_id,
    )


def open_line_of(line: CaseLine, type_code: str) -> OpenLine:
    """Return a line of a case of that type as reconciliation looks at it."""
    return OpenLine(
        key=line.key,
        type_code=type_code,
        line_number=line.line_number or None,
        quantity=line.quantity,
        amount=line.amount,
        expected=line.expected,
        actual=line.actual,
        evidence=line.evidence,
    )


def figures_of(line: CaseLine) -> dict[str, Any]:
    """Return what the history shows of a line: its number, how much deviates, and the money."""
    return {
        "line": line.line_number,
        "key": line.key,
        "quantity": None if line.quantity is None else plain(line.quantity),
        "unit": line.unit,
        "amount": None if line.amount is None else str(line.amount),
        "currency": line.currency,
    }


def how_much(line: CaseLine) -> str:
    """Return how much of a line deviates, in words: 18 EA."""
    return f"{plain(line.quantity)} {line.unit}" if line.quantity is not None else "open"


def told(line: CaseLine, words: str) -> str:
    """Return what happened to a line as the history says it: `Line 10: 18 EA`, or just `Open` without one."""
    return f"Line {line.line_number}: {words}" if line.line_number else words[:1].upper() + words[1:]


def _trimmed(quantity: Decimal | None) -> Decimal | None:
    """Return a quantity without the zeros its column adds."""
    return None if quantity is None else Decimal(plain(quantity))
