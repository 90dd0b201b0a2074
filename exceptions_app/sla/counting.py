"""One clock on one calendar: what it has used, and when it will have used how much. No database.

`used_minutes` holds the segments that ended, `running_since` the start of the one that runs. A moment to come
is always what remains, laid onto the calendar from the start of the running segment: a pause, however long,
costs nothing.
"""

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Clock, Severity

#: How the time allowed at severity high is scaled (TAXONOMY, SLA).
SCALE = {
    Severity.CRITICAL: Decimal("0.5"),
    Severity.HIGH: Decimal(1),
    Severity.MEDIUM: Decimal(2),
    Severity.LOW: Decimal(4),
}
MICROSECONDS_A_MINUTE = 60_000_000
PRECISION = Decimal("0.0001")


def minutes_of(passed: timedelta) -> Decimal:
    """Return a span in minutes, a little less rather than a little more."""
    minutes = Decimal(passed // timedelta(microseconds=1)) / MICROSECONDS_A_MINUTE
    return minutes.quantize(PRECISION, rounding=ROUND_DOWN)


def used_by(clock: Clock, calendar: BusinessCalendar, at: datetime) -> Decimal:
    """Return the business minutes the clock has used by `at`."""
    if clock.running_since is None or at <= clock.running_since:
        return clock.used_minutes
    return clock.used_minutes + minutes_of(calendar.business_time_between(clock.running_since, at))


def moment_of_use(clock: Clock, calendar: BusinessCalendar, minutes: Decimal) -> datetime | None:
    """Return when the running clock will have used `minutes` in all; None while it does not run.

    The start of the running segment when they were used up before it.
    """
    if clock.running_since is None:
        return None
    remaining = minutes - clock.used_minutes
    if remaining <= 0:
        return clock.running_since
    return calendar.add_business_time(
        clock.running_since, timedelta(microseconds=int(remaining * MICROSECONDS_A_MINUTE))
    )


def keep_due_by_hand(clock: Clock, calendar: BusinessCalendar) -> None:
    """Allow a running clock just the minutes up to the due time that was set by hand, if one was."""
    if clock.due_by_hand is None or clock.running_since is None or clock.breached_at is not None:
        return
    passed = calendar.business_time_between(clock.running_since, max(clock.due_by_hand, clock.running_since))
    minutes = Decimal(passed // timedelta(microseconds=1)) / MICROSECONDS_A_MINUTE
    # A little more rather than a little less: the time that was said is what one reads.
    clock.allowed_minutes = clock.used_minutes + minutes.quantize(PRECISION, rounding=ROUND_UP)
