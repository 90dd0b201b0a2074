"""Lets what is due on clocks happen, exactly once: the timers are rows, found by index.

The time is the database's (`rightline_now()`), so neither the clock of this machine nor a lost wake-up
changes what is due. A clock whose case somebody else holds is left for the next sweep.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, Clock
from exceptions_app.policies import calendar_rows
from exceptions_app.sla import notices
from exceptions_app.sla.clocks import rescale, show_next_due
from exceptions_app.sla.timers import Happening, fall_due, look_ahead

log = structlog.get_logger(__name__)

RETRY_AFTER = timedelta(minutes=5)
#: What a look changes on a clock, with the type of each column.
CHANGED = {
    "due_at": "timestamptz",
    "warned_at": "timestamptz",
    "reminders": "smallint",
    "breached_at": "timestamptz",
    "breached_minutes": "numeric",
    "level": "smallint",
    "sweep_at": "timestamptz",
}
STORE = (
    f"UPDATE exceptions_app_clock AS clock SET {', '.join(f'{name} = seen.{name}' for name in CHANGED)}"
    f" FROM unnest(%s::bigint[], {', '.join(f'%s::{kind}[]' for kind in CHANGED.values())})"
    f" AS seen(id, {', '.join(CHANGED)}) WHERE clock.id = seen.id"
)


RELATED = ("calendar", "release", "case__team__calendar", "case__owner", "case__supplier")


@transaction.atomic
def sweep(now: datetime, limit: int) -> int:
    """Let what is due by `now` happen on up to `limit` clocks, the longest due first; return on how many.

    One that cannot be computed (its calendar is wrong, say) is logged, waits five minutes and holds up no
    other.
    """
    # Mostly nothing is due, and this small question costs a tenth of the one that claims.
    if is_swept(now):
        return 0
    rows = Clock.objects.select_for_update(skip_locked=True, of=("self", "case"), no_key=True)
    due = rows.select_related(*RELATED).filter(sweep_at__lte=now).order_by("sweep_at", "pk")
    claimed = list(due[:limit])
    if claimed:
        _settle(claimed, now)
    return len(claimed)


def is_swept(now: datetime) -> bool:
    """Say whether nothing is due by `now` any more, not even what somebody holds at the moment."""
    return not Clock.objects.filter(sweep_at__lte=now).exists()


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
            calendars[clock.calendar_id] = calendar_rows.business_calendar(clock.calendar)
        was_due = clock.due_at
        happened += fall_due(clock, calendars[clock.calendar_id], now)
        look_ahead(clock, calendars[clock.calendar_id])
        if clock.due_at != was_due:
            changed.add(clock.case_id)
    notices.tell(happened, now)
    _store(clocks)
    for case_id in moved:
        rescale(cases[case_id], now)
    for case_id in changed - moved:
        show_next_due(cases[case_id])
    for case_id in changed | moved:
        cases[case_id].save(update_fields=["due_at"])


def _store(clocks: Sequence[Clock]) -> None:
    """Write what changed on all of them, in one statement."""
    columns = [[getattr(clock, name) for clock in clocks] for name in CHANGED]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [[clock.pk for clock in clocks], *columns])
