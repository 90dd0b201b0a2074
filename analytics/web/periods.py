"""The period a page is about; its state is the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(weeks=1)
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
LONGEST = 3 * 366
CHOICES: dict[int, str | Promise] = {
    4: _("4 weeks"),
    13: _("13 weeks"),
    26: _("26 weeks"),
    52: _("52 weeks"),
}
DEFAULT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days of the reader, both included; in time [since, until).

    `weeks`: the choice it is, if it is one; `problem`: why it is not what was asked for.
    """

    first_day: date
    last_day: date
    since: datetime
    until: datetime
    query: Mapping[str, str]
    weeks: int | None = None
    problem: str = ""

    @property
    def week_starts(self) -> list[date]:
        """The Mondays of the weeks the period touches, oldest first."""
        first = _monday(self.first_day)
        return [first + n * ONE_WEEK for n in range((self.last_day - first) // ONE_WEEK + 1)]


def read_period(query: Mapping[str, str], now: datetime) -> Period:
    """Return the period of an address: `since` and `until` (days, both included), or a number of `weeks`.

    Weeks are whole ones, of which the current one is the last. What cannot be read becomes the last four.
    """
    if query.get("since") or query.get("until"):
        return _between(query.get("since", ""), query.get("until", ""), now)
    chosen = query.get("weeks", "")
    return _last(int(chosen) if chosen.isdecimal() and int(chosen) in CHOICES else DEFAULT, now)


def week_from(monday: date, period: Period) -> Period:
    """Return the part of the period that is in the week from `monday` on."""
    return _of(max(monday, period.first_day), min(monday + 6 * ONE_DAY, period.last_day))


def _last(weeks: int, now: datetime, problem: str = "") -> Period:
    monday = _monday(timezone.localtime(now).date())
    period = _of(monday - (weeks - 1) * ONE_WEEK, monday + 6 * ONE_DAY)
    return replace(period, query={"weeks": str(weeks)}, weeks=weeks, problem=problem)


def _between(first: str, last: str, now: datetime) -> Period:
    since, until = _day(first), _day(last)
    if since is None or until is None:
        return _last(DEFAULT, now, gettext("Give both days, like 2026-11-02. These are the last four weeks."))
    if until < since:
        return _last(
            DEFAULT, now, gettext("The period ends before it begins. These are the last four weeks.")
        )
    if (until - since).days > LONGEST:
        return _last(
            DEFAULT, now, gettext("At most three years can be shown. These are the last four weeks.")
        )
    return _of(since, until)


def _of(first: date, last: date) -> Period:
    return Period(
        first_day=first,
        last_day=last,
        since=_midnight(first),
        until=_midnight(last + ONE_DAY),
        query={"since": first.isoformat(), "until": last.isoformat()},
    )


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and EARLIEST <= day < LATEST else None


def _monday(day: date) -> date:
    return day - day.weekday() * ONE_DAY


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0)))
