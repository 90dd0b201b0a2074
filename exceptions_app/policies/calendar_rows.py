"""The calendars that are kept as policies, read as business time with the public holidays."""

from datetime import date, time
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from erp_connectors.errors import ConfigurationError
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.policies.models import Calendar

#: Public holidays are known for these years; business time outside them has none.
HOLIDAY_YEARS = range(2020, 2041)


def business_calendar(row: Calendar) -> BusinessCalendar:
    """Return a calendar row as the pure calendar, with the public holidays of its country and subdivision.

    Raises ConfigurationError where its zone, hours, days or country cannot be read.
    """
    try:
        hours = {
            int(weekday): tuple(
                (time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in spans
            )
            for weekday, spans in row.hours.items()
        }
        closed = frozenset(date.fromisoformat(day) for day in row.closed_on)
        zone = ZoneInfo(row.zone)
        public = public_holidays(row.country, row.subdivision) if row.country else frozenset()
    except (ValueError, KeyError, NotImplementedError, AttributeError, TypeError) as error:
        raise ConfigurationError(f"Calendar {row.code} cannot be read: {error}") from error
    return BusinessCalendar(code=row.code, zone=zone, hours=hours, holidays=public | closed)


@cache
def public_holidays(country: str, subdivision: str) -> frozenset[date]:
    """Return the public holidays of HOLIDAY_YEARS. Raises NotImplementedError for a place that is unknown."""
    days = holidays.country_holidays(country, subdiv=subdivision or None, years=HOLIDAY_YEARS)
    return frozenset(days)
