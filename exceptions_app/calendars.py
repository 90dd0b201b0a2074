"""Business calendars: which minutes count as working time. Pure.

Hours are local wall-clock times of the calendar's zone, so days around a change to or from summer time have
their true length. Moments go in aware and come out in UTC: adding hours to a moment in a local zone would
ignore such a change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from erp_connectors.errors import ConfigurationError

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)

Hours = tuple[tuple[time, time], ...]
Opening = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Opening hours by weekday (Monday is 0) in `zone`, less `holidays`. A day without hours is closed.

    Several intervals a day stand in order and do not overlap; one that ends at 00:00 ends at midnight.
    Raises ConfigurationError when they do not, or when no day of the week is open.
    """

    code: str
    zone: ZoneInfo
    hours: dict[int, Hours]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not any(self.hours.get(weekday) for weekday in range(7)):
            raise ConfigurationError(f"Calendar {self.code} is never open. Give one day opening hours.")
        for weekday, intervals in self.hours.items():
            if not _are_in_order(intervals):
                raise ConfigurationError(
                    f"Calendar {self.code}, weekday {weekday}: hours are empty, out of order or overlap."
                )

    # --- days -------------------------------------------------------------------------------------

    def is_business_day(self, day: date) -> bool:
        """Say whether the calendar is open at some time of `day`."""
        return bool(self.hours.get(day.weekday())) and day not in self.holidays

    def shift_days(self, day: date, count: int) -> date:
        """Return the business day `count` business days after `day`, or before it when negative.

        From a closed day the next (or previous) business day is the first. Zero returns `day` itself.
        """
        step = ONE_DAY if count > 0 else -ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def next_business_day(self, day: date) -> date:
        """Return `day`, or the first business day after it when it is closed."""
        while not self.is_business_day(day):
            day += ONE_DAY
        return day

    def business_days_between(self, first: date, second: date) -> int:
        """Return how many business days `second` is later than `first`; negative when it is earlier.

        A closed day counts as the next business day: nobody receives goods before then.
        """
        first, second = self.next_business_day(first), self.next_business_day(second)
        if second < first:
            return -self.business_days_between(second, first)
        count = 0
        while first < second:
            first = self.shift_days(first, 1)
            count += 1
        return count

    # --- moments ----------------------------------------------------------------------------------

    def local_date(self, moment: datetime) -> date:
        """Return the date of `moment` in the calendar's zone."""
        return moment.astimezone(self.zone).date()

    def start_of_business(self, day: date) -> datetime:
        """Return when business opens on `day`, or on the next business day when it is closed."""
        return self._openings(self.next_business_day(day))[0][0]

    def end_of_business(self, day: date) -> datetime:
        """Return when business closes on `day`, or on the next business day when it is closed."""
        return self._openings(self.next_business_day(day))[-1][1]

    def add_business_days(self, moment: datetime, count: int) -> datetime:
        """Return the same time of day `count` (not negative) business days later, within opening hours.

        A moment outside opening hours counts from the next opening. Where the target day opens later, closes
        earlier or pauses then, the result is its opening, its closing or the end of the pause.
        """
        if count < 0:
            raise ValueError("count must not be negative")
        local = self._next_open(moment).astimezone(self.zone)
        day = self.shift_days(local.date(), count)
        wanted = _instant(self.zone, day, local.time())
        openings = self._openings(day)
        for opens, closes in openings:
            if wanted <= closes:
                return max(wanted, opens)
        return openings[-1][1]

    def add_business_time(self, moment: datetime, duration: timedelta) -> datetime:
        """Return the moment when `duration` (not negative) of business time has passed since `moment`.

        The earliest such moment: a duration that is used up at closing time ends there, not next morning.
        """
        if duration < timedelta(0):
            raise ValueError("duration must not be negative")
        remaining = duration
        for opens, closes in self._openings_from(moment):
            if opens + remaining <= closes:
                return opens + remaining
            remaining -= closes - opens
        raise AssertionError("a calendar always opens again")

    def business_time_between(self, first: datetime, second: datetime) -> timedelta:
        """Return the business time from `first` to `second`; negative when `second` is earlier."""
        if second < first:
            return -self.business_time_between(second, first)
        passed = timedelta(0)
        for opens, closes in self._openings_from(first):
            if opens >= second:
                break
            passed += min(closes, second) - opens
        return passed

    # --- openings ---------------------------------------------------------------------------------

    def _next_open(self, moment: datetime) -> datetime:
        """Return `moment` in UTC if business is open (closing time included), else the next opening."""
        return next(self._openings_from(moment))[0]

    def _openings_from(self, moment: datetime) -> Iterator[Opening]:
        """Yield what is left of the opening `moment` falls into, then every later opening, without end."""
        moment = moment.astimezone(UTC)
        day = self.local_date(moment) - ONE_DAY
        while True:
            for opens, closes in self._openings(day):
                if closes >= moment:
                    yield max(opens, moment), closes
            day += ONE_DAY

    def _openings(self, day: date) -> tuple[Opening, ...]:
        if not self.is_business_day(day):
            return ()
        return tuple(
            (
                _instant(self.zone, day, opens),
                _instant(self.zone, day + ONE_DAY if closes == MIDNIGHT else day, closes),
            )
            for opens, closes in self.hours[day.weekday()]
        )


@lru_cache(maxsize=8192)
def _instant(zone: ZoneInfo, day: date, wall_time: time) -> datetime:
    """Return the moment the wall clock first shows this time; one it skips is the moment of the skip.

    Kept, because every clock of every case asks for the openings of the same few weeks.
    """
    first = datetime.combine(day, wall_time.replace(fold=0), zone).astimezone(UTC)
    if first.astimezone(zone).time() == wall_time.replace(fold=0):
        return first
    before = datetime.combine(day, wall_time.replace(fold=1), zone).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while first - before > ONE_SECOND:
        middle = before + (first - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            first = middle
    return first.replace(microsecond=0)


def _are_in_order(intervals: Hours) -> bool:
    spans = [(_second(opens), _second(closes) or 24 * 3600) for opens, closes in intervals]
    return all(opens < closes for opens, closes in spans) and all(
        earlier[1] <= later[0] for earlier, later in pairwise(spans)
    )


def _second(wall_time: time) -> int:
    return wall_time.hour * 3600 + wall_time.minute * 60 + wall_time.second
