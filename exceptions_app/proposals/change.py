"""The one way a proposal changes: lock, permission, move, save, event, effects, queues; all or nothing.

Always the case first, then the proposal: whoever holds a case reaches its proposals without a deadlock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django_fsm import TransitionNotAllowed

from erp_connectors import clock
from exceptions_app.audit.record import RIGHTLINE, Actor, record
from exceptions_app.cases import queue
from exceptions_app.cases.change import lock as lock_case
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.proposals.models import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move of a proposal: `transition` with its `arguments` (`at` is added), and how history tells it."""

    kind: str
    summary: str
    transition: Callable[..., None]
    arguments: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def change(proposal: Proposal, step: Step, *, by: Actor = RIGHTLINE, at: datetime | None = None) -> Proposal:
    """Make one move with a proposal and return it as it is then, at `at` (else now).

    Raises NotAllowed (permission or state).
    """
    locked = lock(proposal)
    at = at or clock.now()
    found = step.transition._django_fsm.get_transition(locked.state)  # type: ignore[attr-defined]
    if found is not None and not found.has_perm(locked, by):
        raise NotAllowed(f"{by.name} may not do this with the proposal “{locked}”.")
    was = locked.state
    try:
        step.transition(locked, at=at, **step.arguments)
    except TransitionNotAllowed as refused:
        raise NotAllowed(f"The proposal “{locked}” is {in_brief(locked)}.") from refused
    locked.save()
    note(
        locked,
        step.kind,
        step.summary,
        at=at,
        by=by,
        before={"state": was} | step.before,
        after={"state": locked.state} | step.after,
        reason=step.reason,
    )
    queue.sync(locked.case)
    return locked


def lock(proposal: Proposal) -> Proposal:
    """Lock the case of a proposal and the proposal, and return it as it is now."""
    case = lock_case(proposal.case)
    locked = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "release")
        .get(pk=proposal.pk)
    )
    locked.case = case
    return locked


def in_brief(proposal: Proposal) -> str:
    """Return the state of a proposal as part of a sentence."""
    return proposal.get_state_display().lower()


def note(
    proposal: Proposal,
    kind: str,
    summary: str,
    *,
    at: datetime,
    by: Actor = RIGHTLINE,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write into the history of the case what happened to a proposal."""
    record(
        f"proposal.{kind}",
        at=at,
        case=proposal.case,
        subject=("proposal", str(proposal.pk)),
        summary=summary,
        actor=by,
        before=before,
        after=after,
        reason=reason,
        release=proposal.release,
    )


def tell(
    proposal: Proposal, people: set[User], title: str, *, at: datetime, body: str = "", path: str = ""
) -> None:
    """Tell each of `people` something about a proposal, once.

    `path`: the page it leads to; empty: that of the case.
    """
    for person in sorted(people, key=lambda person: person.pk):
        Notification.objects.create(
            case=proposal.case,
            person=person,
            kind=NotificationKind.NEWS,
            title=title[:300],
            body=body,
            path=path,
            created_at=at,
            due_at=at,
        )


def concerned(proposal: Proposal) -> set[User]:
    """Return who wants to know what became of a proposal: who proposed it and who has the case."""
    return {proposal.proposed_by} | ({proposal.case.owner} if proposal.case.owner else set())
