"""What was set by hand is taken back: the rules and the documents count again."""

from datetime import datetime

from erp_connectors import clock
from exceptions_app import sla
from exceptions_app.audit.record import Actor
from exceptions_app.cases.change import Step, change, require, require_reason
from exceptions_app.cases.models import Case, ClockKind
from exceptions_app.cases.overriding.marked import look_at_order
from exceptions_app.cases.overriding.standing import OPEN
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import Override, OverrideKind

#: What can be taken back; of anything else, something else is set by hand.
ENDING = (OverrideKind.POSITION, OverrideKind.CLOCK, OverrideKind.SEVERITY)


def end_override(
    case: Case, *, override: int | str, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Take back what was set by hand: a clock goes by the rules again, a line by its documents."""
    kept: list[Override] = []

    def check(locked: Case) -> None:
        require_reason(reason)
        rows = Override.objects.select_related("case__owner", "made_by", "order_line")
        found = rows.filter(case=locked, pk=override, ended_at=None, kind__in=ENDING).first()
        require(found is not None, "There is nothing in force that could be taken back.")
        assert found is not None
        kept.append(found)

    def undo(locked: Case) -> None:
        if kept[0].kind == OverrideKind.CLOCK:
            sla.release_by_hand(locked, ClockKind(kept[0].after["clock"]), clock.now())
        elif kept[0].kind == OverrideKind.SEVERITY:
            locked.severity_override_reason = ""

    def end(locked: Case, at: datetime) -> None:
        marks.close(kept[0], why=f"Taken back by {by.name}", at=at)

    step = Step(
        kind="override_taken_back",
        summary=f"{by.name} took back what was set by hand",
        action="end_override",
        states=OPEN,
        check=check,
        set_fields=undo,
        reason=reason,
        effects=(end, look_at_order),
    )
    return change(case, step, by=by, expected_version=expected_version)
