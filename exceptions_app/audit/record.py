"""Writes events: the only way into the append-only table."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_connectors.companies import Company
from exceptions_app.audit.models import Event, EventCompany
from exceptions_app.cases.models import Case
from exceptions_app.people.models import User
from exceptions_app.policies.models import PolicyRelease


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where: a person, an integration, or (person None) Rightline itself."""

    person: User | None = None
    source: str = "worker"
    label: str = ""

    @property
    def name(self) -> str:
        """The name as the history shows it for ever."""
        if self.label:
            return self.label
        return str(self.person) if self.person else "Rightline"


RIGHTLINE = Actor()
#: What is about every company there is, and will be: for `record(companies=...)`.
ALL_COMPANIES: Collection[int | None] = (None,)

#: How many events have been told since somebody began to count; None: nobody does.
_told: ContextVar[int | None] = ContextVar("events told", default=None)


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Let whoever runs something ask how many events it told."""
    before = _told.set(0)
    try:
        yield lambda: _told.get() or 0
    finally:
        _told.reset(before)


def record(
    kind: str,
    *,
    at: datetime,
    summary: str,
    subject: tuple[str, str],
    actor: Actor = RIGHTLINE,
    case: Case | None = None,
    company: Company | None = None,
    companies: Collection[int | None] = (),
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    release: PolicyRelease | None = None,
) -> Event:
    """Add one event, in the transaction of what it tells.

    `subject` is (kind, id), for example ("case", "EX-1042"). `before` and `after` are plain JSON.
    `company` is needed only where there is no case to tell it; without both, the installation is meant.
    `companies` are the keys of those it is about where that may be several, None among them: every company.
    """
    added = event(
        kind,
        at=at,
        summary=summary,
        subject=subject,
        actor=actor,
        case=case,
        company=company,
        before=before,
        after=after,
        reason=reason,
        release=release,
    )
    if len(set(companies)) == 1:
        (added.company_id,) = set(companies)
    added.save(force_insert=True)
    if companies and added.company_id is None:
        _of_several(added, companies)
    return added


def _of_several(added: Event, companies: Collection[int | None]) -> None:
    """Note whose auditors see an event that has no company of its own."""
    named = {None} if None in companies else set(companies)
    EventCompany.objects.bulk_create(
        EventCompany(event=added, company_id=company, at=added.at) for company in named
    )


def event(
    kind: str,
    *,
    at: datetime,
    summary: str,
    subject: tuple[str, str],
    actor: Actor = RIGHTLINE,
    case: Case | None = None,
    company: Company | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    release: PolicyRelease | None = None,
) -> Event:
    """Return an event that is yet to be added, for those who add many at once; else as `record`."""
    told = _told.get()
    if told is not None:
        _told.set(told + 1)
    return Event(
        kind=kind,
        at=at,
        case=case,
        company_id=company.pk if company else case.company_id if case else None,
        subject_kind=subject[0],
        subject_id=subject[1],
        actor=actor.person,
        actor_name=actor.name,
        summary=summary[:500],
        before=before or {},
        after=after or {},
        reason=reason[:1000],
        source=actor.source,
        release=release,
    )
