"""Dates, times and periods as EDIFACT writes them: DE 2380 in the format DE 2379 names."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

from erp_connectors.edi.values import is_sentinel

CENTURY_PIVOT = 70
FIRST_YEAR = 1900
END_OF_YEARS = 9999
FRIDAY = 5

FORMATS = {
    "2": r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d\d)",
    "3": r"(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d\d)",
    "4": r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{4})",
    "5": r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{4})(?P<time>\d{4})",
    "101": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    "102": r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    "103": r"(?P<y>\d\d)(?P<w>\d\d)(?P<weekday>\d)",
    "105": r"(?P<y>\d\d)(?P<day>\d{3})",
    "201": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})",
    "202": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{6})",
    "203": r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})",
    "204": r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{6})",
    "205": r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})(?P<zone>[+-]\d{4})",
    "301": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})(?P<zone>\w{1,4})",
    "302": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{6})(?P<zone>\w{1,4})",
    "303": r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})(?P<zone>\w{1,4})",
    "304": r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{6})(?P<zone>\w{1,4})",
    "609": r"(?P<y>\d\d)(?P<m>\d\d)",
    "610": r"(?P<y>\d{4})(?P<m>\d\d)",
    "615": r"(?P<y>\d\d)(?P<w>\d\d)",
    "616": r"(?P<y>\d{4})(?P<w>\d\d)",
    "711": r"\d{8}-?(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    "713": r"\d{10}-?(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})",
    "715": r"\d{4}-?(?P<y>\d\d)(?P<w>\d\d)",
    "716": r"\d{6}-?(?P<y>\d{4})(?P<w>\d\d)",
    "717": r"\d{6}-?(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    "718": r"\d{8}-?(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    "719": r"\d{12}-?(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<time>\d{4})",
}
"""DE 2379. Of a period the last day counts, of a week its Friday: by then it is kept."""

FORMAT_OF_LENGTH = {6: "101", 8: "102", 12: "203", 14: "204"}
"""What a value without a format is read by; no other length is guessed."""

PREPARED = {6: "201", 8: "203"}
"""What date and time of preparation (S004) are together, by the length of the date."""

ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "CET": 60, "MEZ": 60, "CEST": 120, "EET": 120}
"""Abbreviations of zones that mean one offset only, in minutes; all others leave the time as written."""

_PATTERNS = {code: re.compile(pattern, re.ASCII) for code, pattern in FORMATS.items()}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a value states: a day; a time of day on it, None where only a day; the time's own zone, if any.

    `runs_over`: the time was written 24:00, which is midnight of the day after.
    """

    day: date
    clock: time | None = None
    zone: tzinfo | None = None
    runs_over: bool = False

    def moment(self, zone: tzinfo) -> datetime:
        """Return the moment in UTC, by `zone` where the value has none of its own."""
        day = self.day + timedelta(days=self.runs_over)
        return datetime.combine(day, self.clock or time(), tzinfo=self.zone or zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def parse_day(text: str, code: str, zone: tzinfo) -> date | None:
    """Return the day that a date, a time in its own zone, or the end of a period falls on; else None."""
    stated = parse(text, code)
    if stated is None or stated.zone is None:
        return stated.day if stated else None
    return stated.moment(zone).astimezone(zone).date()


def parse_moment(text: str, code: str, zone: tzinfo) -> datetime | None:
    """Return the moment of a date with a time of day, in UTC; None where it has no time, or is none."""
    stated = parse(text, code)
    return stated.moment(zone) if stated is not None and stated.clock is not None else None


def interchange_time(date_text: str, time_text: str, zone: tzinfo) -> datetime | None:
    """Return the moment of S004 in UTC: YYMMDD or CCYYMMDD, and HHMM; midnight where the time is not one."""
    stated = parse(date_text, "") if len(date_text) in PREPARED else None
    if stated is None or is_sentinel(stated.day):
        return None
    timed = parse(date_text + time_text[:4], PREPARED[len(date_text)])
    return (timed or stated).moment(zone)


@lru_cache(maxsize=4096)
def parse(text: str, code: str) -> Stated | None:
    """Return what a value in the format `code` (without one: by its length) states, else None."""
    pattern = _PATTERNS.get(code or FORMAT_OF_LENGTH.get(len(text), ""))
    found = pattern.fullmatch(text) if pattern else None
    if found is None:
        return None
    values = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        day = _day(_year(values["y"]), values)
        clock = _clock(values["time"]) if "time" in values else None
    except (ValueError, OverflowError):
        return None
    if not FIRST_YEAR <= day.year < END_OF_YEARS:
        return None
    runs_over = values.get("time", "").startswith("24")
    return Stated(day, clock, _zone(values.get("zone", "")), runs_over)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (1900 if int(text) >= CENTURY_PIVOT else 2000)


def _day(year: int, values: dict[str, str]) -> date:
    """Return the day of a year; raises ValueError or OverflowError where there is none."""
    if "day" in values:
        day = date(year, 1, 1) + timedelta(days=int(values["day"]) - 1)
        if day.year != year:
            raise ValueError(f"{year} has no day {values['day']}.")
        return day
    if "w" in values:
        return date.fromisocalendar(year, int(values["w"]), int(values.get("weekday", FRIDAY)))
    first = date(year, int(values["m"]), int(values.get("d", 1)))
    if "d" in values:
        return first
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _clock(digits: str) -> time:
    """Return a time of day, midnight for 24:00; raises ValueError where there is none."""
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:6] or 0)
    return time() if (hour, minute, second) == (24, 0, 0) else time(hour, minute, second)


def _zone(text: str) -> tzinfo | None:
    if text[:1] in ("+", "-"):
        minutes = int(text[1:3]) * 60 + int(text[3:5])
        return (
            timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes)) if minutes < 1440 else None
        )
    offset = ZONES.get(text.upper())
    return timezone(timedelta(minutes=offset)) if offset is not None else None
