"""The machine of a case: who has it, which moves there are, and who may make them.

Every move is a plain function that only sets fields of the case; `change.change` locks, calls it, saves and
writes the event. Overdue and escalated are clocks and levels, never states.
"""

from collections.abc import Callable
from datetime import datetime

from django_fsm import GET_STATE, transition

from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import may, works_in

STATE = Case._meta.get_field("state")

UNDER_WORK = [CaseState.NEW, CaseState.ASSIGNED, CaseState.IN_PROGRESS]
WAITING = [CaseState.WAITING_SUPPLIER, CaseState.MONITORING]
OPEN = [*UNDER_WORK, *WAITING, CaseState.RESOLVED]
SETTLED = [CaseState.RESOLVED, CaseState.CLOSED, CaseState.DISMISSED]
#: Where a case can be put by hand. To end one is to dismiss it, to take a settled one up again to reopen it.
BY_HAND = [CaseState.IN_PROGRESS, CaseState.WAITING_SUPPLIER, CaseState.MONITORING, CaseState.RESOLVED]

Permission = Callable[[Case, Actor], bool]


def _people(action: str, *, or_rightline: bool = False) -> Permission:
    """Permit those whom the permission table grants `action`, and Rightline itself where it says so."""

    def permitted(case: Case, by: Actor) -> bool:
        if by.person is None:
            return or_rightline
        return may(by.person, action, case)

    # Shown in the diagram.
    permitted.__doc__ = f"Permit people who may `{action}`{', and Rightline' if or_rightline else ''}."
    return permitted


def _rightline(case: Case, by: Actor) -> bool:
    """Permit Rightline alone."""
    return by.person is None


def all_lines_decided(case: Case) -> bool:
    """Say whether every line is settled by a decision or cleared."""
    return not case.lines.filter(cleared_at=None, settled_at=None).exists()


def all_lines_cleared(case: Case) -> bool:
    """Say whether nothing deviates any more."""
    return not case.lines.filter(cleared_at=None).exists()


def nothing_else_is_open(case: Case) -> bool:
    """Say whether no other case of the same type and group is open: there is one at most."""
    others = Case.objects.filter(company=case.company_id, type_code=case.type_code, group_key=case.group_key)
    return not others.exclude(pk=case.pk).exclude(state__in=[CaseState.CLOSED, CaseState.DISMISSED]).exists()


# --- somebody has it ----------------------------------------------------------------------------------------


@transition(STATE, source=UNDER_WORK, target=CaseState.ASSIGNED, permission=_people("take"))
@transition(STATE, source=WAITING, target=None, permission=_people("take"))
def take(case: Case, *, at: datetime, person: User) -> None:
    """A member of the owning team makes the case theirs."""
    case.owner = person


@transition(
    STATE, source=UNDER_WORK, target=CaseState.ASSIGNED, permission=_people("assign", or_rightline=True)
)
@transition(STATE, source=WAITING, target=None, permission=_people("assign"))
def assign(case: Case, *, at: datetime, person: User) -> None:
    """A lead, or the routing, gives the case to somebody."""
    case.owner = person


@transition(
    STATE,
    source=[*UNDER_WORK, *WAITING],
    target=CaseState.NEW,
    permission=_people("hand_over", or_rightline=True),
)
def hand_over(case: Case, *, at: datetime, team: Team) -> None:
    """Another team takes over; nobody in it has the case yet."""
    case.team = team
    case.owner = None


# --- work ---------------------------------------------------------------------------------------------------


@transition(
    STATE,
    source=[CaseState.NEW, CaseState.ASSIGNED],
    target=CaseState.IN_PROGRESS,
    permission=_people("start"),
)
def start(case: Case, *, at: datetime, person: User) -> None:
    """Work begins; a case nobody had belongs to whoever begins."""
    case.owner = case.owner or person


@transition(
    STATE,
    source=UNDER_WORK,
    target=CaseState.WAITING_SUPPLIER,
    permission=_people("wait_for_supplier"),
)
def wait_for_supplier(case: Case, *, at: datetime, person: User) -> None:
    """The supplier owes an answer."""
    case.owner = case.owner or person


@transition(
    STATE, source=WAITING, target=CaseState.IN_PROGRESS, permission=_people("resume", or_rightline=True)
)
def resume(case: Case, *, at: datetime) -> None:
    """The answer came, or nobody waits for it any longer."""


@transition(
    STATE,
    source=[*UNDER_WORK, CaseState.WAITING_SUPPLIER],
    target=CaseState.MONITORING,
    permission=_rightline,
)
def monitor(case: Case, *, at: datetime) -> None:
    """It is decided and being carried out."""


@transition(
    STATE,
    source=[CaseState.MONITORING, CaseState.RESOLVED],
    target=CaseState.IN_PROGRESS,
    permission=_rightline,
)
def back_to_work(case: Case, *, at: datetime) -> None:
    """What was decided could not be carried out, or does not hold any more."""
    case.resolved_at = None


def _as_wanted(case: Case, *, at: datetime, state: CaseState) -> CaseState:
    return state


@transition(
    STATE,
    source=[*UNDER_WORK, *WAITING],
    target=GET_STATE(_as_wanted, states=BY_HAND),
    permission=_people("override_state"),
)
def set_by_hand(case: Case, *, at: datetime, state: CaseState) -> None:
    """A lead says how it stands, whatever Rightline makes of it; what is heard later may say otherwise."""
    case.resolved_at = at if state == CaseState.RESOLVED else None


@transition(STATE, source=OPEN, target=None, permission=_people("override_owner"))
def give_by_hand(case: Case, *, at: datetime, person: User) -> None:
    """A lead says whose it is, whoever has it."""
    case.owner = person


# --- the end, and after -------------------------------------------------------------------------------------


@transition(
    STATE,
    source=[*UNDER_WORK, *WAITING],
    target=CaseState.RESOLVED,
    conditions=[all_lines_decided],
    permission=_rightline,
)
def resolve(case: Case, *, at: datetime) -> None:
    """Every line is settled or cleared; the mirror has yet to agree."""
    case.resolved_at = at


@transition(
    STATE, source=OPEN, target=CaseState.CLOSED, conditions=[all_lines_cleared], permission=_rightline
)
def close(case: Case, *, at: datetime, reason: str) -> None:
    """The mirror agrees: nothing deviates any more."""
    case.resolved_at = case.resolved_at or at
    case.closed_at = at
    case.close_reason = reason[:300]


@transition(STATE, source=OPEN, target=CaseState.DISMISSED, permission=_people("dismiss"))
def dismiss(case: Case, *, at: datetime, reason: str) -> None:
    """A lead decides that this is none; it comes back when its values change."""
    case.closed_at = at
    case.close_reason = reason[:300]


def _with_or_without_owner(case: Case, *, at: datetime) -> CaseState:
    return CaseState.ASSIGNED if case.owner_id else CaseState.NEW


@transition(
    STATE,
    source=SETTLED,
    target=GET_STATE(_with_or_without_owner, states=[CaseState.ASSIGNED, CaseState.NEW]),
    conditions=[nothing_else_is_open],
    permission=_people("reopen", or_rightline=True),
)
def reopen(case: Case, *, at: datetime) -> None:
    """It deviates again, or a lead wants it looked at once more; an owner who left the team lost it."""
    if case.owner is not None and not works_in(case.owner, case.team):
        case.owner = None
    case.resolved_at = case.closed_at = None
    case.close_reason = ""
    case.reopened_count += 1
