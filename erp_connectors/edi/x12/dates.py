"""Dates and times as X12 writes them."""

from datetime import date, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from erp_connectors.errors import ConfigurationError

CENTURY_PIVOT = 70
FIRST_YEAR = 1900


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date | None:
    """Return the date of YYMMDD (70 and later are 19xx) or CCYYMMDD from 1900; else None."""
    if not text.isdecimal() or not text.isascii():
        return None
    if len(text) == 6:
        century = 1900 if int(text[:2]) >= CENTURY_PIVOT else 2000
        text = f"{century + int(text[:2])}{text[2:]}"
    if len(text) != 8 or int(text[:4]) < FIRST_YEAR:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def parse_time(text: str) -> time:
    """Return the time of HHMM, HHMMSS or HHMMSSD(D); midnight where it is absent or unreadable."""
    if not (text.isdecimal() and text.isascii() and len(text) in (4, 6, 7, 8)):
        return time()
    hundredths = text[6:].ljust(2, "0") if len(text) > 6 else "0"
    try:
        return time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0), int(hundredths) * 10_000)
    except ValueError:
        return time()


@lru_cache(maxsize=128)
def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name or of an offset as +05:30. Raises ConfigurationError for neither."""
    sign, hours, colon, minutes = name[:1], name[1:3], name[3:4], name[4:]
    if sign in "+-" and colon == ":" and hours.isdecimal() and minutes.isdecimal():
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(days=1):
            return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ConfigurationError(f"{name!r} is neither a time zone nor an offset.") from error
