"""The one way a case changes: lock, permission, version, move, save, event, clocks, queues; all or nothing.

`actions` holds the verbs of people, `upkeep` those of Rightline; nothing else calls this.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django_fsm import TransitionNotAllowed

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from exceptions_app import priority, sla
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import RIGHTLINE, Actor, record
from exceptions_app.cases import queue
from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import Case, CaseState, ClockKind
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, may, memberships_of, visible_cases, works_in
from exceptions_app.policies import rows

RELATED = ("company", "team__calendar", "owner", "supplier", "order", "release", "warehouse")
#: Of these, what a case may be without.
AROUND = ("owner", "supplier", "order", "warehouse")
#: What an event shows of a case before and after, besides team, owner and money.
SHOWN = ("state", "severity", "escalation_level", "headline", "close_reason")


class StaleVersion(ConflictError):
    """The case changed since the form was drawn; `changes` are the events since then, oldest first."""

    def __init__(self, case: Case, changes: list[Event]) -> None:
        told = "; ".join(f"{event.actor_name}: {event.summary} ({event.at:%H:%M} UTC)" for event in changes)
        super().__init__(f"{case.number} changed meanwhile. {told or 'Look at it again'}.")
        self.case = case
        self.changes = changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of a case: what happens to its fields, and how its history tells it.

    Either a `transition` of the lifecycle with its `arguments` (`at` is added), permitted as it says itself;
    or `set_fields`, permitted by `action` in the table of permissions (None: Rightline alone) and possible in
    `states` (None: all). `check` raises NotAllowed; `effects` write the rows that follow from the step.
    `is_answer`: whether the supplier has answered, where the case waited for it; None: whoever takes it says.
    """

    kind: str
    summary: str
    transition: Callable[..., None] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    set_fields: Callable[[Case], None] | None = None
    action: str | None = None
    states: frozenset[str] | None = None
    check: Callable[[Case], None] | None = None
    reason: str = ""
    keeps_version: bool = False
    effects: tuple[Callable[[Case, datetime], object], ...] = ()
    after: dict[str, Any] = field(default_factory=dict)
    is_answer: bool | None = None


def require(holds: bool, otherwise: str) -> None:
    """Raise NotAllowed with a sentence unless something holds."""
    if not holds:
        raise NotAllowed(otherwise)


def require_reason(reason: str) -> None:
    """Raise NotAllowed without a reason."""
    require(bool(reason.strip()), "Give a reason: it stays in the history.")


@transaction.atomic
def change(
    case: Case,
    step: Step,
    *,
    by: Actor = RIGHTLINE,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Case:
    """Take one step with a case and return it as it is then, at `at` (else now).

    Raises NotAllowed (permission, state or arguments) and StaleVersion (no longer at `expected_version`).
    """
    locked = lock(case)
    at = at or clock.now()
    is_stale = expected_version is not None and expected_version != locked.version
    if not _is_permitted(locked, step, by) and not (is_stale and _saw(by, locked, expected_version)):
        raise NotAllowed(f"{by.name} may not do this with {locked.number}.")
    if is_stale:
        raise StaleVersion(locked, changes_since(locked, expected_version or 0))
    if step.check is not None:
        step.check(locked)
    was = _Before(locked)
    _move(locked, step, at)
    first_response = _is_first_response(locked, was, by)
    _note(locked, step, was, at=at, first_response=first_response)
    is_answered = by.person is None if step.is_answer is None else step.is_answer
    with rows.held():
        _keep_clocks(locked, was, at=at, first_response=first_response, is_answered=is_answered)
        priority.follow(locked, at)
        locked.save()
        _tell(locked, step, was, at=at, by=by)
        for effect in step.effects:
            effect(locked, at)
        queue.sync(locked)
    return locked


def lock(case: Case) -> Case:
    """Lock the row of a case and return it as it is now, with everything around it.

    Whoever waits for the lock while the case gets another team or owner finds the new row joined with what
    was around the old one, or not at all; then it is read again.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related(*RELATED)
    found = rows.filter(pk=case.pk).first()
    if found is None or any(_is_torn(found, name) for name in AROUND):
        return rows.get(pk=case.pk)
    return found


def _is_torn(case: Case, name: str) -> bool:
    return (getattr(case, f"{name}_id") is None) != (getattr(case, name) is None)


def changes_since(case: Case, version: int) -> list[Event]:
    """Return the events that made the case newer than `version`, oldest first."""
    return list(Event.objects.filter(case=case, after__version__gt=version).order_by("at", "id"))


def _saw(by: Actor, case: Case, version: int | None) -> bool:
    """Say whether somebody sees a case, or saw it at `version`: then they are told what changed since."""
    if by.person is None:
        return False
    return may(by.person, "view", case) or passed_on_since(by.person, case.number, version) is not None


def passed_on_since(person: User, number: str, version: int | None) -> Event | None:
    """Return the event by which a case left the person's sight after they had seen it at `version`.

    None for a case they see, or had not seen: of it they learn nothing.
    """
    if version is None or visible_cases(person).filter(number=number).exists():
        return None
    left = Event.objects.filter(case__number=number, kind="case.handed_over", after__version__gt=version)
    event = left.select_related("case").order_by("at", "id").first()
    if event is None or event.case is None:
        return None
    teams = [(each.team.company_id, each.team.code) for each in memberships_of(person)]
    return event if (event.case.company_id, event.before.get("team")) in teams else None


def states_of(transition: Callable[..., None]) -> frozenset[str]:
    """Return the states in which a transition of the lifecycle can be made."""
    return frozenset(str(state) for state in transition._django_fsm.transitions)  # type: ignore[attr-defined]


class _Before:
    """What of a case has to be compared after a step."""

    def __init__(self, case: Case) -> None:
        self.state: str = case.state
        self.team = case.team
        self.severity = case.severity
        self.reopened_count = case.reopened_count
        self.shown = _shown(case)


def _shown(case: Case) -> dict[str, Any]:
    values = {name: getattr(case, name) for name in SHOWN}
    return values | {
        "state": str(case.state),
        "amount": None if case.amount is None else str(case.amount),
        "expected_loss": str(case.expected_loss),
        "team": case.team.code,
        "owner": case.owner.username if case.owner else None,
    }


def _is_permitted(case: Case, step: Step, by: Actor) -> bool:
    if step.transition is not None:
        found = step.transition._django_fsm.get_transition(case.state)  # type: ignore[attr-defined]
        # A state without this transition is told below, to everybody alike.
        return found is None or bool(found.has_perm(case, by))
    if step.action is None:
        return by.person is None
    return by.person is not None and may(by.person, step.action, case)


def _move(case: Case, step: Step, at: datetime) -> None:
    refusal = f"{case.number} is {case.get_state_display().lower()}: this is not possible now."
    if step.states is not None and case.state not in step.states:
        raise NotAllowed(refusal)
    if step.transition is not None:
        try:
            step.transition(case, at=at, **step.arguments)
        except TransitionNotAllowed as refused:
            raise NotAllowed(refusal) from refused
    if step.set_fields is not None:
        step.set_fields(case)


def _is_first_response(case: Case, was: _Before, by: Actor) -> bool:
    """Say whether somebody of the team that had the case acts on it for the first time since it opened."""
    if case.first_action_at is not None or was.state in SETTLED or by.person is None:
        return False
    return works_in(by.person, was.team)


def _note(case: Case, step: Step, was: _Before, *, at: datetime, first_response: bool) -> None:
    if case.state != was.state:
        case.state_since = at
    if first_response:
        case.first_action_at = at
    if case.reopened_count != was.reopened_count:
        case.first_action_at = None
    if not step.keeps_version:
        case.version += 1
    case.updated_at = at


def _tell(case: Case, step: Step, was: _Before, *, at: datetime, by: Actor) -> None:
    now = _shown(case)
    changed = [name for name, value in now.items() if value != was.shown[name]]
    record(
        f"case.{step.kind}",
        at=at,
        case=case,
        subject=("case", case.number),
        summary=step.summary,
        actor=by,
        before={name: was.shown[name] for name in changed},
        after={name: now[name] for name in changed} | step.after | {"version": case.version},
        reason=step.reason,
        release=case.release,
    )


def _keep_clocks(case: Case, was: _Before, *, at: datetime, first_response: bool, is_answered: bool) -> None:
    """Let the clocks follow: ours stand still exactly while the supplier's runs, and all end with the case.

    What Rightline itself takes up again was answered, or is decided; a person may merely not wait any longer,
    unless they note the answer.
    """
    if was.state in SETTLED and case.state not in SETTLED:
        (sla.go_on if case.reopened_count == was.reopened_count else sla.start)(case, at)
        return
    if case.state in SETTLED:
        if was.state not in SETTLED:
            sla.stop(case, at)
        return
    if first_response:
        sla.stop(case, at, ClockKind.RESPOND)
    if (case.severity, case.team) != (was.severity, was.team):
        sla.rescale(case, at, is_other_team=case.team != was.team)
    if case.state == was.state:
        return
    if case.state == CaseState.WAITING_SUPPLIER:
        sla.wait(case, at)
    elif was.state == CaseState.WAITING_SUPPLIER:
        sla.resume(case, at, is_answered=is_answered)
