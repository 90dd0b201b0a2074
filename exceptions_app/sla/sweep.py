"""Lets what is due on clocks happen, exactly once: the timers are rows, found by index.

The time is the database's (`rightline_now()`), so neither the clock of this machine nor a lost wake-up
changes what is due. A clock whose case somebody else holds is left for the next sweep.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, Clock
from exceptions_app.policies import lookup
from exceptions_app.sla import notices
from exceptions_app.sla.clocks import rescale, show_next_due
from exceptions_app.sla.timers import Happening, fall_due, look_ahead

log = structlog.get_logger(__name__)

RETRY_AFTER = timedelta(minutes=5)
CHANGED = (
    "due_at",
    "warned_at",
    "reminders",
    "breached_at",
    "breached_minutes",
    "level",
    "sweep_at",
)


RELATED = ("calendar", "release", "case__team__calendar", "case__owner", "case__supplier")


@transaction.atomic
def sweep(now: datetime, limit: int) -> int:
    """Let what is due by `now` happen on up to `limit` clocks, the longest due first; return on how many.

    One that cannot be computed (its calendar is wrong, say) is logged, waits five minutes and holds up no
    other.
    """
    rows = Clock.objects.select_for_update(skip_locked=True, of=("self", "case"), no_key=True)
    due = rows.select_related(*RELATED).filter(sweep_at__lte=now).order_by("sweep_at", "pk")
    claimed = list(due[:limit])
    if claimed:
        _settle(claimed, now)
    return len(claimed)


def _settle(clocks: Sequence[Clock], now: datetime) -> None:
    """Look at clocks together; where that fails, at each alone, so that the one at fault is found."""
    keys = [clock.pk for clock in clocks]
    try:
        with transaction.atomic():
            _look(clocks, now)
    except Exception:
        if len(keys) > 1:
            for clock in Clock.objects.filter(pk__in=keys).select_related(*RELATED).order_by("sweep_at"):
                _settle([clock], now)
            return
        log.exception("clock_not_swept", clock=keys[0])
        Clock.objects.filter(pk=keys[0]).update(sweep_at=now + RETRY_AFTER)


def _look(clocks: Sequence[Clock], now: datetime) -> None:
    calendars: dict[int, BusinessCalendar] = {}
    cases: dict[int, Case] = {}
    happened: list[Happening] = []
    moved: set[int] = set()
    changed: set[int] = set()
    for clock in clocks:
        clock.case = cases.setdefault(clock.case_id, clock.case)
        if clock.is_ours and clock.calendar_id != clock.case.team.calendar_id:
            moved.add(clock.case_id)
            continue
        if clock.calendar_id not in calendars:
            calendars[clock.calendar_id] = lookup.business_calendar(clock.calendar)
        was_due = clock.due_at
        happened += fall_due(clock, calendars[clock.calendar_id], now)
        look_ahead(clock, calendars[clock.calendar_id])
        if clock.due_at != was_due:
            changed.add(clock.case_id)
    notices.tell(happened, now)
    Clock.objects.bulk_update(clocks, CHANGED)
    for case_id in moved:
        rescale(cases[case_id], now)
    for case_id in changed - moved:
        show_next_due(cases[case_id])
