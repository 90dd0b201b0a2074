"""What resolutions that change nothing in the ERP have in common. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.situation import AgreementPlan, LineFacts, LinePlan


def unchanged(
    line: LineFacts,
    kind: AgreementKind,
    *,
    until: date | None = None,
    money: Decimal | None = Decimal(0),
    note: str = "",
) -> LinePlan:
    """Return the line as the ERP has it, with an agreement on all that deviates."""
    return LinePlan(
        case_line_id=line.case_line_id,
        number=line.number,
        before=line.values,
        after=line.values,
        agreement=AgreementPlan(kind=kind, quantity=line.deviating, until=until),
        money=money,
        note=note,
    )


def named(lines: Iterable[LinePlan]) -> str:
    """Return what a decision on no order is about: its lines, with what was written of each."""
    return ", ".join(f"{line.number} ({line.note})" if line.note else line.number for line in lines)
