"""What an administrator may enter, checked so that the answer names the place and the way out."""

from collections.abc import Mapping
from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError

from exceptions_app.policies.calendar_rows import public_holidays

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = time(0)
CURRENCY_LETTERS = 3
SPAN = '["08:00", "17:00"]'
HOURS_LOOK_LIKE = '{"0": [["08:00", "17:00"]]}, from 0 for Monday to 6 for Sunday'


def check_zone(name: str) -> str:
    """Return the name of a time zone. Raises ValidationError where there is none of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(f"There is no time zone {name!r}; write it like Europe/Berlin.") from error
    return name


def check_currency(code: str) -> str:
    """Return a currency code. Raises ValidationError for anything but three capital letters."""
    if len(code) != CURRENCY_LETTERS or not (code.isascii() and code.isalpha() and code.isupper()):
        raise ValidationError(f"{code!r} is no currency; write three capital letters, like EUR.")
    return code


def check_hours(hours: Any) -> dict[str, Any]:
    """Return opening hours by weekday. Raises ValidationError with every place that cannot be used."""
    if not isinstance(hours, dict):
        raise ValidationError(f"Write opening hours like {HOURS_LOOK_LIKE}.")
    problems = [problem for weekday, spans in hours.items() for problem in _of_weekday(weekday, spans)]
    if not problems and not any(hours.values()):
        problems = ["Never open: give at least one day opening hours."]
    if problems:
        raise ValidationError(problems)
    return hours


def check_days(days: Any) -> list[str]:
    """Return days off. Raises ValidationError with every place that is not a day."""
    if not isinstance(days, list):
        raise ValidationError('Write days off as a list, like ["2026-12-24"].')
    problems = [
        f"Place {place}: {day!r} is no day; write it like 2026-12-24."
        for place, day in enumerate(days, start=1)
        if not _is_day(day)
    ]
    if problems:
        raise ValidationError(problems)
    return days


def check_holidays(country: str, subdivision: str) -> None:
    """Raise ValidationError, by field, where the public holidays of a place are not known."""
    if not country:
        if subdivision:
            raise ValidationError({"country": "Name the country of the subdivision."})
        return
    try:
        public_holidays(country, "")
    except NotImplementedError as error:
        raise ValidationError(
            {"country": f"No holidays are known for {country!r}; write two letters, like DE."}
        ) from error
    try:
        public_holidays(country, subdivision)
    except NotImplementedError as error:
        raise ValidationError(
            {"subdivision": f"No holidays are known for {subdivision!r} in {country}."}
        ) from error


def check_same_company(rows: Mapping[str, Any], company: Any, *, told: str) -> None:
    """Raise ValidationError, by field, for every row that is there and of another company."""
    wrong = {
        name: told.format(row=row, company=row.company)
        for name, row in rows.items()
        if row is not None and company is not None and row.company != company
    }
    if wrong:
        raise ValidationError(wrong)


def _of_weekday(weekday: str, spans: Any) -> list[str]:
    if weekday not in {str(number) for number in range(len(DAYS))}:
        return [f"{weekday!r} is no weekday; use 0 for Monday to 6 for Sunday."]
    day = DAYS[int(weekday)]
    if not isinstance(spans, list):
        return [f"{day}: write a list of opening and closing times, like [{SPAN}]."]
    problems, read = [], []
    for place, span in enumerate(spans, start=1):
        times = [_time(each) for each in span] if isinstance(span, list) else []
        known = [each for each in times if each is not None]
        if len(times) != 2 or known != times:
            problems.append(f"{day}, place {place}: write opening and closing as HH:MM, like {SPAN}.")
            continue
        opens, closes = known
        if closes != MIDNIGHT and closes <= opens:
            problems.append(f"{day}, place {place}: it closes at {closes:%H:%M}, not after {opens:%H:%M}.")
        read.append((opens, closes))
    if not problems and any(one[1] == MIDNIGHT or one[1] > other[0] for one, other in pairwise(read)):
        problems.append(f"{day}: the hours overlap or are out of order.")
    return problems


def _time(text: Any) -> time | None:
    """Read HH:MM; None for anything else."""
    if not isinstance(text, str) or len(text) != len("08:00"):
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def _is_day(text: Any) -> bool:
    if not isinstance(text, str) or len(text) != len("2026-12-24"):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
