"""A case whose clocks are watched: on Tuesday at ten, four hours to respond and sixteen to resolve."""

from collections.abc import Callable
from datetime import date, datetime
from threading import Barrier, Thread

from django.db import connection

from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Clock, ClockKind, ClockSegment
from exceptions_app.notifications.models import Notification, NotificationKind
from tests.builders.factories import (
    CaseFactory,
    CompanyPolicyFactory,
    EscalationStepFactory,
    SupplierProfileFactory,
    berlin,
)

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
WEDNESDAY = date(2026, 11, 25)
THURSDAY = date(2026, 11, 26)
NEXT_MONDAY = date(2026, 11, 30)


def watched_case() -> Case:
    """Make a shortage of severity high, opened on Tuesday at 10:00, whose lead is told after an hour."""
    opened: Case = CaseFactory.create(opened_at=berlin(TUESDAY), state_since=berlin(TUESDAY))
    CompanyPolicyFactory.create(
        company=opened.company, calendar=opened.team.calendar, fallback_team=opened.team
    )
    SupplierProfileFactory.create(supplier=opened.supplier)
    EscalationStepFactory.create(team=opened.team, level=1, after_minutes=60, role="lead")
    return opened


def clock(case: Case, kind: ClockKind = ClockKind.RESPOND) -> Clock:
    """Return a clock of the case as it is now."""
    return Clock.objects.get(case=case, kind=kind)


def due(case: Case, kind: ClockKind = ClockKind.RESPOND) -> datetime | None:
    """Return when a clock of the case is due."""
    return clock(case, kind).due_at


def segments(case: Case, kind: ClockKind = ClockKind.RESPOND) -> list[tuple[int, datetime, datetime | None]]:
    """Return the segments of a clock: round, start, end."""
    rows = ClockSegment.objects.filter(clock__case=case, clock__kind=kind).order_by("pk")
    return list(rows.values_list("round", "started_at", "ended_at"))


def told(kind: NotificationKind) -> list[str]:
    """Say who was told so, in order."""
    rows = Notification.objects.filter(kind=kind).order_by("pk")
    return [str(row.person or row.team) for row in rows]


def happened(case: Case) -> list[str]:
    """Return what the clocks of the case came to, oldest first."""
    return [kind.removeprefix("clock.") for kind in _kinds(case)]


def _kinds(case: Case) -> list[str]:
    events = Event.objects.filter(case=case, kind__startswith="clock.").order_by("at", "id")
    return list(events.values_list("kind", flat=True))


def together(*calls: Callable[[], object]) -> None:
    """Make the calls at once, each in a thread and a connection of its own."""
    barrier = Barrier(len(calls))

    def meet(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        finally:
            connection.close()

    threads = [Thread(target=meet, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
