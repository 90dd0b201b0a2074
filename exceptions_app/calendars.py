"""Business calendars: which minutes count as working time. Pure.

Hours are local wall-clock times of the calendar's zone, so days around a change to or from summer time have
their true length.
"""

from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Opening hours by weekday (Monday is 0) in `zone`, less `holidays`. A day without hours is closed."""

    code: str
    zone: ZoneInfo
    hours: dict[int, tuple[tuple[time, time], ...]]
    holidays: frozenset[date] = frozenset()
