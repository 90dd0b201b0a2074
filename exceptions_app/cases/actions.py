"""What people do with a case: every verb is one step, with its permission, its event and its effects."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from erp_connectors import clock
from exceptions_app import kept_apart
from exceptions_app.asking.ask import STATES as ASKABLE
from exceptions_app.asking.ask import ask
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases import lifecycle, queue
from exceptions_app.cases.change import StaleVersion, Step, change, lock, require, require_reason, states_of
from exceptions_app.cases.models import Case, CaseState, Task, TaskState
from exceptions_app.cases.overriding.clocks import CLOCKED, override_clock
from exceptions_app.cases.overriding.erp_results import commands_to_settle, settle_command
from exceptions_app.cases.overriding.positions import override_position
from exceptions_app.cases.overriding.standing import OPEN, override_owner, override_severity, override_state
from exceptions_app.cases.overriding.taking_back import ENDING, end_override
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.overrides.models import Override
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.people.permissions import NotAllowed, may, permitted_actions, works_in
from exceptions_app.policies.models import EscalationStep
from exceptions_app.proposals import settle

__all__ = [
    "AllowedAction",
    "NotAllowed",
    "StaleVersion",
    "allowed",
    "ask",
    "assign",
    "begin_work",
    "comment",
    "complete_task",
    "dismiss",
    "end_override",
    "escalate",
    "hand_over",
    "note_answer",
    "override_clock",
    "override_owner",
    "override_position",
    "override_severity",
    "override_state",
    "reopen",
    "resume",
    "settle_command",
    "start",
    "take",
    "wait_for_supplier",
]


@dataclass(frozen=True, slots=True)
class AllowedAction:
    """A verb somebody may use now: its name, what its button says, and which arguments it needs and takes."""

    code: str
    label: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


#: Every verb on a case, and the states in which it can be used.
VERBS: tuple[tuple[AllowedAction, frozenset[str]], ...] = (
    (AllowedAction("take", "Take"), states_of(lifecycle.take)),
    (AllowedAction("start", "Start work"), states_of(lifecycle.start)),
    (AllowedAction("assign", "Assign", ("to",)), states_of(lifecycle.assign)),
    (
        AllowedAction(
            "ask",
            "Ask the supplier",
            ("inquiry",),
            ("recipients", "cc", "subject", "body", "language", "cases"),
        ),
        ASKABLE,
    ),
    (AllowedAction("wait_for_supplier", "Wait for supplier"), states_of(lifecycle.wait_for_supplier)),
    (
        AllowedAction("note_answer", "Supplier answered", ("answer",)),
        frozenset({str(CaseState.WAITING_SUPPLIER)}),
    ),
    (AllowedAction("resume", "Resume"), states_of(lifecycle.resume)),
    (AllowedAction("comment", "Comment", ("text",)), OPEN | {str(state) for state in lifecycle.SETTLED}),
    (AllowedAction("escalate", "Escalate", ("reason",)), OPEN),
    (AllowedAction("override_severity", "Change severity", ("severity", "reason")), OPEN),
    (
        AllowedAction("override_state", "Set the status by hand", ("state", "reason")),
        states_of(lifecycle.set_by_hand),
    ),
    (
        AllowedAction("override_owner", "Set the owner by hand", ("to", "reason")),
        states_of(lifecycle.give_by_hand),
    ),
    (
        AllowedAction("override_clock", "Set a clock by hand", ("clock_kind", "deed", "reason"), ("due",)),
        CLOCKED,
    ),
    (
        AllowedAction(
            "override_position",
            "State a line by hand",
            ("line", "fact", "quantity", "reason"),
            ("on", "until"),
        ),
        OPEN,
    ),
    (
        AllowedAction("settle_command", "Set the ERP's result by hand", ("command", "outcome", "reason")),
        OPEN,
    ),
    (AllowedAction("end_override", "Take back what was set by hand", ("override", "reason")), OPEN),
    (AllowedAction("hand_over", "Hand over", ("team", "reason")), states_of(lifecycle.hand_over)),
    (AllowedAction("dismiss", "Dismiss", ("reason",)), states_of(lifecycle.dismiss)),
    (AllowedAction("reopen", "Reopen", ("reason",)), states_of(lifecycle.reopen)),
)


def allowed(case: Case, person: User) -> tuple[AllowedAction, ...]:
    """Return the verbs the person may use on the case in the state it is in, in the order of the buttons."""
    permitted = permitted_actions(person, case)
    return tuple(
        verb
        for verb, states in VERBS
        if verb.code in permitted and case.state in states and not _is_idle(verb, case, person)
    )


def _is_idle(verb: AllowedAction, case: Case, person: User) -> bool:
    """Say whether the verb is pointless: taking what one has, asking nobody, reopening what was replaced."""
    if verb.code == "take":
        return case.owner_id == person.pk
    if verb.code == "ask":
        return case.supplier_id is None
    if verb.code == "override_position":
        return case.order_id is None
    if verb.code == "settle_command":
        return not commands_to_settle(case).exists()
    if verb.code == "end_override":
        return not Override.objects.filter(case=case, ended_at=None, kind__in=ENDING).exists()
    return verb.code == "reopen" and not lifecycle.nothing_else_is_open(case)


# --- who has it ---------------------------------------------------------------------------------------------


def take(case: Case, *, by: Actor, expected_version: int | None = None) -> Case:
    """Make the case one's own."""
    step = Step(
        kind="taken",
        summary=f"Taken by {by.name}",
        transition=lifecycle.take,
        arguments={"person": by.person},
    )
    return change(case, step, by=by, expected_version=expected_version)


def assign(case: Case, *, to: User, by: Actor, expected_version: int | None = None) -> Case:
    """Give the case to somebody of the owning team, and tell them."""

    def tell(locked: Case, at: datetime) -> None:
        _tell(locked, at, f"{by.name} gave you {locked}", person=to)

    step = Step(
        kind="assigned",
        summary=f"Assigned to {to}",
        transition=lifecycle.assign,
        arguments={"person": to},
        check=lambda locked: require(works_in(to, locked.team), f"{to} does not work in {locked.team}."),
        effects=() if to == by.person else (tell,),
    )
    return change(case, step, by=by, expected_version=expected_version)


def hand_over(case: Case, *, team: Team, reason: str, by: Actor, expected_version: int | None = None) -> Case:
    """Pass the case to another team of the company, and tell it."""

    def check(locked: Case) -> None:
        require_reason(reason)
        require(team.company_id == locked.company_id, f"{team} is not a team of {locked.company}.")
        require(team.pk != locked.team_id, f"{locked.number} is with {team} already.")

    def tell(locked: Case, at: datetime) -> None:
        _tell(locked, at, f"{by.name} handed over {locked}", team=team, body=reason)

    step = Step(
        kind="handed_over",
        summary=f"Handed over to {team.name}",
        transition=lifecycle.hand_over,
        arguments={"team": team},
        check=check,
        reason=reason,
        effects=(tell,),
    )
    return change(case, step, by=by, expected_version=expected_version)


# --- work ---------------------------------------------------------------------------------------------------


def start(case: Case, *, by: Actor, expected_version: int | None = None) -> Case:
    """Begin to work on the case."""
    step = Step(
        kind="started",
        summary=f"{by.name} began to work on it",
        transition=lifecycle.start,
        arguments={"person": by.person},
    )
    return change(case, step, by=by, expected_version=expected_version)


def begin_work(case: Case, *, by: Actor) -> Case:
    """Begin to work unless somebody has begun: what comes with the first proposal, asked by no button."""
    if case.state in states_of(lifecycle.start):
        return start(case, by=by)
    return case


def wait_for_supplier(case: Case, *, by: Actor, expected_version: int | None = None) -> Case:
    """Wait for an answer the supplier owes; our clocks stand still meanwhile."""
    step = Step(
        kind="waiting_for_supplier",
        summary="Waiting for the supplier",
        transition=lifecycle.wait_for_supplier,
        arguments={"person": by.person},
    )
    return change(case, step, by=by, expected_version=expected_version)


def resume(case: Case, *, by: Actor, expected_version: int | None = None) -> Case:
    """Go on working on a case that waited."""
    step = Step(kind="resumed", summary="Work goes on", transition=lifecycle.resume)
    return change(case, step, by=by, expected_version=expected_version)


def note_answer(case: Case, *, answer: str, by: Actor, expected_version: int | None = None) -> Case:
    """Note what the supplier answered by telephone or mail: its clock stops, and work goes on."""

    def check(locked: Case) -> None:
        # The transition is also Rightline's own; what was said on the telephone only a person knows.
        is_theirs = by.person is not None and may(by.person, "note_answer", locked)
        require(is_theirs, f"{by.name} may not do this with {locked.number}.")
        require(bool(answer.strip()), "Write what the supplier answered.")

    step = Step(
        kind="answered",
        summary=f"The supplier answered: {answer}",
        transition=lifecycle.resume,
        states=frozenset({str(CaseState.WAITING_SUPPLIER)}),
        check=check,
        after={"answer": answer},
        is_answer=True,
    )
    return change(case, step, by=by, expected_version=expected_version)


def comment(case: Case, *, text: str, by: Actor, expected_version: int | None = None) -> Case:
    """Add a comment. It collides with no other change, so the version is neither asked for nor raised."""
    step = Step(
        kind="commented",
        summary=text,
        action="comment",
        keeps_version=True,
        check=lambda _: require(bool(text.strip()), "The comment is empty."),
        after={"text": text},
    )
    return change(case, step, by=by)


def escalate(case: Case, *, reason: str, by: Actor, expected_version: int | None = None) -> Case:
    """Raise the case one level, and tell those whom the team's ladder names for it."""

    def raise_level(locked: Case) -> None:
        locked.escalation_level += 1

    def tell(locked: Case, at: datetime) -> None:
        for person in _told_at(locked.team, locked.escalation_level):
            _tell(
                locked,
                at,
                f"{by.name} escalated {locked}",
                person=person,
                body=reason,
                kind=NotificationKind.ESCALATION,
            )

    step = Step(
        kind="escalated",
        summary="Escalated",
        action="escalate",
        states=OPEN,
        check=lambda _: require_reason(reason),
        set_fields=raise_level,
        reason=reason,
        effects=(tell,),
    )
    return change(case, step, by=by, expected_version=expected_version)


# --- the end, and after -------------------------------------------------------------------------------------


def dismiss(case: Case, *, reason: str, by: Actor, expected_version: int | None = None) -> Case:
    """End the case although it deviates, with what is proposed or unsent. It comes back with other values.

    Raises TransientError while a worker has just taken one of its commands.
    """
    step = Step(
        kind="dismissed",
        summary="Dismissed",
        transition=lifecycle.dismiss,
        arguments={"reason": reason},
        check=lambda _: require_reason(reason),
        reason=reason,
        effects=(lambda ended, _: settle.case_healed(ended, reason=f"The case was dismissed: {reason}"),),
    )
    return change(case, step, by=by, expected_version=expected_version)


def reopen(case: Case, *, reason: str, by: Actor, expected_version: int | None = None) -> Case:
    """Take up again a case that had ended, with new clocks."""
    step = Step(
        kind="reopened",
        summary=f"Reopened by {by.name}",
        transition=lifecycle.reopen,
        check=lambda _: require_reason(reason),
        reason=reason,
    )
    return change(case, step, by=by, expected_version=expected_version)


# --- tasks --------------------------------------------------------------------------------------------------


@transaction.atomic
def complete_task(task: Task, *, by: Actor, outcome: str = "") -> Task:
    """Note that a task is done, and what came of it.

    Raises NotAllowed: not one's team, no longer open, or kept apart from what one did before.
    """
    case = lock(task.case)
    locked = Task.objects.select_for_update(of=("self",)).select_related("team").get(pk=task.pk)
    if by.person is None or not works_in(by.person, locked.team):
        raise NotAllowed(f"This is a task of {locked.team}.")
    if locked.state != TaskState.OPEN:
        who = f" {locked.done_by} was faster." if locked.done_by else ""
        raise NotAllowed(f"The task is {locked.get_state_display().lower()} already.{who}")
    if locked.facts.get("pair") == kept_apart.COUNT.code:
        kept_apart.require_other(kept_apart.COUNT, by.person, kept_apart.who_counted(case))
    at = clock.now()
    locked.state, locked.outcome = TaskState.DONE, outcome[:500]
    locked.done_at, locked.done_by = at, by.person
    locked.save(update_fields=["state", "outcome", "done_at", "done_by"])
    record(
        "task.completed",
        at=at,
        case=case,
        subject=("task", str(locked.pk)),
        summary=f"{locked.team.name} did: {locked.title}",
        actor=by,
        after={"outcome": locked.outcome},
    )
    queue.sync(case)
    return locked


# --- small pieces -------------------------------------------------------------------------------------------


def _told_at(team: Team, level: int) -> list[User]:
    """Return whom the ladder names at `level`; above its top, or where the role is empty, the leaders."""
    role = EscalationStep.objects.filter(team=team, level=level).values_list("role", flat=True).first()
    for roles in ([role], [Role.LEAD, Role.MANAGER]):
        members = Membership.objects.filter(team=team, role__in=roles, user__is_active=True)
        people = [membership.user for membership in members.select_related("user").order_by("pk")]
        if people:
            return people
    return []


def _tell(
    case: Case,
    at: datetime,
    title: str,
    *,
    person: User | None = None,
    team: Team | None = None,
    body: str = "",
    kind: NotificationKind = NotificationKind.NEWS,
) -> None:
    Notification.objects.create(
        case=case,
        person=person,
        team=team,
        kind=kind,
        title=title[:300],
        body=body,
        created_at=at,
        due_at=at,
    )
