"""How a case stands, whose it is and how severe, set by hand."""

from datetime import datetime

from exceptions_app.audit.record import Actor
from exceptions_app.cases import lifecycle
from exceptions_app.cases.change import Step, require
from exceptions_app.cases.models import Case, CaseState, Severity
from exceptions_app.cases.overriding.marked import OVERRIDDEN, Mark, set_by_hand
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import OverrideKind
from exceptions_app.people.models import User
from exceptions_app.people.permissions import works_in

OPEN = frozenset(map(str, lifecycle.OPEN))


def override_state(
    case: Case, *, state: CaseState | str, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Say how the case stands. What is proposed or being written to the ERP goes on as it is."""
    wanted = CaseState(state)

    def look(locked: Case) -> Mark:
        was = CaseState(locked.state)
        require(wanted in lifecycle.BY_HAND, f"A case is not made {wanted.label.lower()} by hand.")
        require(wanted != was, f"{locked.number} is {wanted.label.lower()} already.")
        return Mark(
            kind=OverrideKind.STATE,
            words=f"Status: {was.label} → {wanted.label}",
            before={"state": str(was)},
            after={"state": str(wanted)},
        )

    step = Step(
        kind=OVERRIDDEN,
        summary=f"Status set by hand to {wanted.label.lower()}",
        transition=lifecycle.set_by_hand,
        arguments={"state": wanted},
    )
    return set_by_hand(case, step, look=look, reason=reason, by=by, expected_version=expected_version)


def override_owner(
    case: Case, *, to: User, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Say whose the case is, whoever has it: somebody who works in its team."""
    was: User | None = None

    def look(locked: Case) -> Mark:
        nonlocal was
        was = locked.owner
        require(works_in(to, locked.team), f"{to} does not work in {locked.team}.")
        require(to != was, f"{locked.number} is with {to} already.")
        return Mark(
            kind=OverrideKind.OWNER,
            words=f"Owner: {was or 'nobody'} → {to}",
            before={"owner": was.username if was else None},
            after={"owner": to.username},
        )

    def tell(locked: Case, at: datetime) -> None:
        for person in {to, was} - {None, by.person}:
            marks.tell(locked, person, f"{by.name} gave {locked} to {to}", body=reason, at=at)

    step = Step(
        kind=OVERRIDDEN,
        summary=f"Owner set by hand: {to}",
        transition=lifecycle.give_by_hand,
        arguments={"person": to},
        effects=(tell,),
    )
    return set_by_hand(case, step, look=look, reason=reason, by=by, expected_version=expected_version)


def override_severity(
    case: Case, *, severity: Severity | int, reason: str, by: Actor, expected_version: int | None = None
) -> Case:
    """Set the severity by hand; it stays until it is set by hand again. The clocks are scaled to it."""
    wanted = Severity(severity)

    def look(locked: Case) -> Mark:
        was = Severity(locked.severity)
        return Mark(
            kind=OverrideKind.SEVERITY,
            words=f"Severity: {was.label} → {wanted.label}",
            before={"severity": int(was)},
            after={"severity": int(wanted)},
        )

    def set_severity(locked: Case) -> None:
        locked.severity = wanted
        locked.severity_override_reason = reason[:500]

    step = Step(
        kind="severity_overridden",
        summary=f"Severity set to {wanted.label.lower()}",
        action="override_severity",
        states=OPEN,
        set_fields=set_severity,
    )
    return set_by_hand(case, step, look=look, reason=reason, by=by, expected_version=expected_version)
