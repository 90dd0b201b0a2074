"""Marks what was set by hand, and ends such marks. Each is written in the transaction of its cause."""

from datetime import datetime
from typing import Any

from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import Case
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.people.models import User


def mark(
    case: Case,
    kind: OverrideKind,
    *,
    words: str,
    reason: str,
    by: Actor,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **about: Any,
) -> Override:
    """Keep for ever that `by` set something by hand. `about`: until, order_line, command."""
    assert by.person is not None
    return Override.objects.create(
        case=case,
        kind=kind,
        words=words[:300],
        reason=reason[:1000],
        before=before or {},
        after=after or {},
        made_by=by.person,
        made_by_name=by.name[:200],
        made_at=at,
        **about,
    )


def end(
    override: Override,
    *,
    why: str,
    at: datetime,
    is_contradicted: bool = False,
) -> Override:
    """End a mark, and tell its case why; the owner and who set it hear of a contradiction."""
    close(override, why=why, at=at, is_contradicted=is_contradicted)
    case = override.case
    record(
        "case.override_contradicted" if is_contradicted else "case.override_ended",
        at=at,
        case=case,
        subject=("override", str(override.pk)),
        summary=f"No longer by hand: {override.words}. {why}",
        before=override.after,
    )
    if is_contradicted:
        for person in {override.made_by, case.owner} - {None}:
            tell(case, person, f"Contradicted: {override.words} ({case.number})", body=why, at=at)
    return override


def close(override: Override, *, why: str, at: datetime, is_contradicted: bool = False) -> None:
    """End a mark in the step of somebody who tells the history of it."""
    override.ended_at, override.end_reason, override.is_contradicted = at, why[:300], is_contradicted
    override.save(update_fields=["ended_at", "end_reason", "is_contradicted"])


def replace(case: Case, kind: OverrideKind, *, at: datetime, **about: Any) -> None:
    """End what is in force of this kind, since the same thing is set by hand anew."""
    for override in Override.objects.filter(case=case, kind=kind, ended_at=None, **about):
        close(override, why="Set by hand again", at=at)


def contradict(case: Case, kind: OverrideKind, *, why: str, at: datetime) -> None:
    """End what is in force of this kind, since what was heard later says otherwise."""
    for override in Override.objects.filter(case=case, kind=kind, ended_at=None).select_related(
        "case__owner", "made_by"
    ):
        end(override, why=why, at=at, is_contradicted=True)


def tell(case: Case, person: User | None, title: str, *, body: str, at: datetime) -> None:
    """Tell somebody about what was set by hand."""
    Notification.objects.create(
        case=case,
        person=person,
        kind=NotificationKind.NEWS,
        title=title[:300],
        body=body,
        created_at=at,
        due_at=at,
    )
