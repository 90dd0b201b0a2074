"""How the clocks of cases stand: what of a promise is used, what is left, and whether it was broken."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from exceptions_app import sla
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import OUR_CLOCKS, Clock
from exceptions_app.policies.calendar_rows import business_calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """A promise as it stands now. `left` is what remains of it in business minutes, negative when overdue."""

    kind: str
    state: str
    allowed: Decimal
    used: Decimal
    left: Decimal
    used_percent: int
    running_since: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None

    @property
    def is_breached(self) -> bool:
        """True when the promise was broken, whether or not somebody has acted since."""
        return self.breached_at is not None

    @property
    def is_ours(self) -> bool:
        """True for what we promise, False for what the supplier owes."""
        return self.kind in OUR_CLOCKS


def clock_view(clock: Clock, calendar: BusinessCalendar, *, now: datetime) -> ClockView:
    """Return how the clock, which runs on `calendar`, stands at `now`."""
    used = sla.used_by(clock, calendar, now)
    allowed = clock.allowed_minutes
    if clock.stopped_at is not None:
        state = "stopped"
    elif clock.running_since is None:
        state = "paused"
    else:
        state = "breached" if used > allowed or clock.breached_at else "running"
    return ClockView(
        kind=clock.kind,
        state=state,
        allowed=allowed,
        used=used,
        left=allowed - used,
        used_percent=100 if allowed <= 0 else min(100, int(used * 100 / allowed)),
        running_since=clock.running_since,
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        stopped_at=clock.stopped_at,
    )


def clock_views(clocks: QuerySet[Clock], *, now: datetime) -> dict[int, list[ClockView]]:
    """Return, by case, how its clocks stand at `now`."""
    views: dict[int, list[ClockView]] = {}
    calendars: dict[int, BusinessCalendar] = {}
    for clock in clocks.select_related("calendar").order_by("case_id", "id"):
        if clock.calendar_id not in calendars:
            calendars[clock.calendar_id] = business_calendar(clock.calendar)
        view = clock_view(clock, calendars[clock.calendar_id], now=now)
        views.setdefault(clock.case_id, []).append(view)
    return views
