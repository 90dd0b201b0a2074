"""Business calendars against answers worked out by hand, and against their own laws."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.errors import ConfigurationError
from exceptions_app.calendars import BusinessCalendar, Hours

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def week(hours: Hours, days: int = 5) -> dict[int, Hours]:
    return dict.fromkeys(range(days), hours)


DAY: Hours = ((time(8), time(17)),)
KASSEL = BusinessCalendar(
    "kassel",
    BERLIN,
    week(DAY),
    frozenset({date(2026, 12, 25), date(2026, 10, 3), date(2026, 4, 3), date(2026, 4, 6)}),
)
LUNCH = BusinessCalendar(
    "lunch", BERLIN, {**week(((time(8), time(12)), (time(13), time(17)))), 4: ((time(8), time(14)),)}
)
ROUND_THE_CLOCK = BusinessCalendar("always", BERLIN, week(((time(0), time(0)),), 7))
NIGHTS = BusinessCalendar("nights", BERLIN, week(((time(1), time(4)),), 7))
IN_THE_GAP = BusinessCalendar("gap", BERLIN, week(((time(2, 30), time(6)),), 7))
SUNDAYS = BusinessCalendar("sundays", NEW_YORK, {6: ((time(0), time(6)),)})

WATCH = BusinessCalendar("watch", BERLIN, week(((time(0), time(6)), (time(22), time(0))), 7))
HALF_HOURS = BusinessCalendar("half", ZoneInfo("Australia/Adelaide"), week(((time(8, 30), time(17)),)))
HALF_AN_HOUR_BACK = BusinessCalendar(
    "lord howe", ZoneInfo("Australia/Lord_Howe"), week(((time(0), time(4)), (time(10), time(16))), 7)
)
MIDNIGHT_SKIPPED = BusinessCalendar(
    "santiago", ZoneInfo("America/Santiago"), week(((time(0), time(6)), (time(20), time(0))), 7)
)

CALENDARS = [
    KASSEL,
    LUNCH,
    ROUND_THE_CLOCK,
    NIGHTS,
    IN_THE_GAP,
    SUNDAYS,
    WATCH,
    HALF_HOURS,
    HALF_AN_HOUR_BACK,
    MIDNIGHT_SKIPPED,
]
OFFICES = [KASSEL, LUNCH]


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("calendar", "day", "expected"),
    [
        (KASSEL, date(2026, 11, 23), True),
        (KASSEL, date(2026, 11, 28), False),
        (KASSEL, date(2026, 12, 25), False),
        (SUNDAYS, date(2026, 11, 29), True),
    ],
)
def test_it_knows_business_days(calendar: BusinessCalendar, day: date, expected: bool) -> None:
    assert calendar.is_business_day(day) is expected


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 27), -2, date(2026, 11, 25)),  # Friday back to Wednesday
        (date(2026, 11, 23), -1, date(2026, 11, 20)),  # Monday back to Friday
        (date(2026, 11, 19), 2, date(2026, 11, 23)),  # Thursday over the weekend to Monday
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # from a Saturday Monday is the first
        (date(2026, 11, 28), -1, date(2026, 11, 27)),
        (date(2026, 11, 28), 0, date(2026, 11, 28)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # over Christmas Day and a weekend
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 4, 7), -1, date(2026, 4, 2)),
        (date(2026, 11, 23), 10, date(2026, 12, 7)),
    ],
)
def test_it_shifts_days_over_closed_ones(day: date, count: int, expected: date) -> None:
    assert KASSEL.shift_days(day, count) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (date(2026, 12, 2), date(2026, 12, 2), 0),
        (date(2026, 12, 2), date(2026, 12, 3), 1),
        (date(2026, 12, 3), date(2026, 12, 2), -1),
        (date(2026, 12, 4), date(2026, 12, 7), 1),  # Friday to Monday
        (date(2026, 12, 4), date(2026, 12, 5), 1),  # a Saturday is as late as the Monday after
        (date(2026, 12, 5), date(2026, 12, 7), 0),  # asked for on Saturday, Monday is in time
        (date(2026, 12, 24), date(2026, 12, 28), 1),
        (date(2026, 12, 2), date(2026, 12, 16), 10),
    ],
)
def test_it_counts_business_days_between_dates(first: date, second: date, expected: int) -> None:
    assert KASSEL.business_days_between(first, second) == expected


@pytest.mark.parametrize(
    ("calendar", "moment", "count", "expected"),
    [
        (KASSEL, "2026-11-19T16:00", 2, "2026-11-23T16:00"),  # released Thursday, due Monday
        (KASSEL, "2026-11-19T16:00", 0, "2026-11-19T16:00"),
        (KASSEL, "2026-11-19T17:00", 1, "2026-11-20T17:00"),  # closing time still counts as open
        (KASSEL, "2026-11-19T17:01", 1, "2026-11-23T08:00"),  # a minute later is next morning, Friday
        (KASSEL, "2026-11-19T07:00", 1, "2026-11-20T08:00"),
        (KASSEL, "2026-11-21T12:00", 1, "2026-11-24T08:00"),  # Saturday counts from Monday 8:00
        (KASSEL, "2026-12-24T10:30", 1, "2026-12-28T10:30"),
        (KASSEL, "2026-03-27T09:15", 1, "2026-03-30T09:15"),  # over the change to summer time
        (KASSEL, "2026-10-23T09:15", 1, "2026-10-26T09:15"),  # and back
        (LUNCH, "2026-11-23T12:30", 1, "2026-11-24T13:00"),  # within the pause: its end
        (LUNCH, "2026-11-26T16:00", 1, "2026-11-27T14:00"),  # Friday closes at 14:00
        (LUNCH, "2026-11-27T12:30", 1, "2026-11-30T13:00"),  # Friday has no pause, Monday has
        (LUNCH, "2026-11-26T12:00", 1, "2026-11-27T12:00"),
    ],
)
def test_it_adds_business_days_and_keeps_the_time_of_day(
    calendar: BusinessCalendar, moment: str, count: int, expected: str
) -> None:
    assert calendar.add_business_days(at(moment), count) == at(expected)


@pytest.mark.parametrize(
    ("calendar", "moment", "hours", "expected"),
    [
        (KASSEL, "2026-11-23T16:00", 1, "2026-11-23T17:00"),  # used up at closing time
        (KASSEL, "2026-11-23T16:00", 4, "2026-11-24T11:00"),
        (KASSEL, "2026-11-23T16:00", 16, "2026-11-25T14:00"),
        (KASSEL, "2026-11-20T17:30", 1, "2026-11-23T09:00"),
        (KASSEL, "2026-12-24T16:00", 2, "2026-12-28T09:00"),
        (KASSEL, "2026-11-21T12:00", 0, "2026-11-23T08:00"),
        (LUNCH, "2026-11-23T11:00", 2, "2026-11-23T14:00"),
        (LUNCH, "2026-11-27T13:00", 2, "2026-11-30T09:00"),
        (ROUND_THE_CLOCK, "2026-11-23T22:00", 4, "2026-11-24T02:00"),
        (ROUND_THE_CLOCK, "2026-03-28T20:00", 24, "2026-03-29T21:00"),  # the day has 23 hours
        (ROUND_THE_CLOCK, "2026-10-24T20:00", 24, "2026-10-25T19:00"),  # the day has 25 hours
        (NIGHTS, "2026-03-29T01:00", 2, "2026-03-29T04:00"),
        (NIGHTS, "2026-10-25T01:00", 4, "2026-10-25T04:00"),
        (IN_THE_GAP, "2026-03-28T22:00", 1, "2026-03-29T04:00"),  # 02:30 does not exist; it opens at 03:00
    ],
)
def test_it_adds_business_time(calendar: BusinessCalendar, moment: str, hours: int, expected: str) -> None:
    assert calendar.add_business_time(at(moment), timedelta(hours=hours)) == at(expected)


@pytest.mark.parametrize(
    ("calendar", "first", "second", "hours"),
    [
        (KASSEL, "2026-11-23T16:00", "2026-11-23T17:30", 1),  # scenario 2: one hour late
        (KASSEL, "2026-11-23T16:00", "2026-11-24T09:00", 2),
        (KASSEL, "2026-11-20T08:00", "2026-11-23T08:00", 9),
        (KASSEL, "2026-11-21T00:00", "2026-11-22T23:00", 0),
        (KASSEL, "2026-11-24T09:00", "2026-11-23T16:00", -2),
        (KASSEL, "2026-11-23T08:00", "2026-11-30T08:00", 45),
        (LUNCH, "2026-11-23T11:00", "2026-11-23T14:00", 2),
        (LUNCH, "2026-11-23T00:00", "2026-11-29T00:00", 38),
        (ROUND_THE_CLOCK, "2026-03-29T00:00", "2026-03-30T00:00", 23),
        (ROUND_THE_CLOCK, "2026-10-25T00:00", "2026-10-26T00:00", 25),
        (NIGHTS, "2026-03-29T00:00", "2026-03-29T12:00", 2),
        (NIGHTS, "2026-10-25T00:00", "2026-10-25T12:00", 4),
        (IN_THE_GAP, "2026-03-29T00:00", "2026-03-29T12:00", 3),
    ],
)
def test_it_measures_business_time(calendar: BusinessCalendar, first: str, second: str, hours: int) -> None:
    assert calendar.business_time_between(at(first), at(second)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("calendar", "day", "opens", "closes"),
    [
        (KASSEL, date(2026, 11, 25), "2026-11-25T08:00", "2026-11-25T17:00"),
        (KASSEL, date(2026, 11, 28), "2026-11-30T08:00", "2026-11-30T17:00"),  # Saturday: Monday
        (LUNCH, date(2026, 11, 27), "2026-11-27T08:00", "2026-11-27T14:00"),
        (ROUND_THE_CLOCK, date(2026, 11, 27), "2026-11-27T00:00", "2026-11-28T00:00"),
        (KASSEL, date(2026, 7, 1), "2026-07-01T08:00", "2026-07-01T17:00"),
    ],
)
def test_it_knows_when_business_starts_and_ends(
    calendar: BusinessCalendar, day: date, opens: str, closes: str
) -> None:
    assert calendar.start_of_business(day) == at(opens)
    assert calendar.end_of_business(day) == at(closes)


def test_it_answers_in_utc_so_that_adding_hours_is_safe() -> None:
    assert KASSEL.end_of_business(date(2026, 11, 25)).tzinfo is UTC
    assert KASSEL.add_business_days(at("2026-11-19T16:00"), 2).tzinfo is UTC


def test_it_reads_another_zone_by_its_own_wall_clock() -> None:
    sunday = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # midnight in New York, the night summer time ends
    assert SUNDAYS.business_time_between(sunday, sunday + timedelta(days=1)) == timedelta(hours=7)


@pytest.mark.parametrize(
    "hours",
    [
        {},
        {0: ()},
        {0: ((time(17), time(8)),)},
        {0: ((time(8), time(8)),)},
        {0: ((time(8), time(12)), (time(11), time(17)))},
        {0: ((time(13), time(17)), (time(8), time(12)))},
    ],
)
def test_it_refuses_hours_that_make_no_sense(hours: dict[int, Hours]) -> None:
    with pytest.raises(ConfigurationError):
        BusinessCalendar("broken", BERLIN, hours)


def test_it_refuses_to_count_backwards_in_moments() -> None:
    with pytest.raises(ValueError):
        KASSEL.add_business_days(at("2026-11-19T16:00"), -1)
    with pytest.raises(ValueError):
        KASSEL.add_business_time(at("2026-11-19T16:00"), timedelta(hours=-1))


moments = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0))
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=120)).map(
    lambda duration: timedelta(seconds=int(duration.total_seconds()))
)


@given(st.sampled_from(CALENDARS), moments, durations)
def test_adding_then_measuring_gives_the_same_time_back(
    calendar: BusinessCalendar, moment: datetime, duration: timedelta
) -> None:
    assert calendar.business_time_between(moment, calendar.add_business_time(moment, duration)) == duration


@given(st.sampled_from(CALENDARS), moments, moments, durations)
def test_a_later_start_never_ends_earlier(
    calendar: BusinessCalendar, first: datetime, second: datetime, duration: timedelta
) -> None:
    first, second = sorted((first, second))
    assert calendar.add_business_time(first, duration) <= calendar.add_business_time(second, duration)


@given(st.sampled_from(OFFICES), moments, moments, st.integers(0, 12))
def test_a_later_start_is_never_due_earlier(
    calendar: BusinessCalendar, first: datetime, second: datetime, count: int
) -> None:
    first, second = sorted((first, second))
    assert calendar.add_business_days(first, count) <= calendar.add_business_days(second, count)


@given(st.sampled_from(CALENDARS), moments, moments, moments)
def test_business_time_adds_up_over_a_stop_on_the_way(
    calendar: BusinessCalendar, first: datetime, second: datetime, third: datetime
) -> None:
    whole = calendar.business_time_between(first, third)
    assert (
        calendar.business_time_between(first, second) + calendar.business_time_between(second, third) == whole
    )


@given(st.sampled_from(CALENDARS), moments, durations, durations)
def test_time_added_in_two_parts_ends_where_the_whole_does(
    calendar: BusinessCalendar, moment: datetime, first: timedelta, second: timedelta
) -> None:
    on_the_way = calendar.add_business_time(moment, first)
    assert calendar.add_business_time(on_the_way, second) == calendar.add_business_time(
        moment, first + second
    )


@given(st.sampled_from(CALENDARS), moments, durations, durations)
def test_more_time_never_ends_earlier_and_time_never_passes_faster_than_it_does(
    calendar: BusinessCalendar, moment: datetime, first: timedelta, second: timedelta
) -> None:
    less, more = sorted((first, second))
    earlier, later = calendar.add_business_time(moment, less), calendar.add_business_time(moment, more)
    assert later - earlier >= more - less
    assert calendar.business_time_between(moment, later) <= later - moment


@given(st.sampled_from(CALENDARS), moments, durations)
def test_what_ends_ends_at_the_first_moment_it_can(
    calendar: BusinessCalendar, moment: datetime, duration: timedelta
) -> None:
    end = calendar.add_business_time(moment, duration)
    if duration:
        assert calendar.business_time_between(moment, end - timedelta(seconds=1)) < duration


@given(st.sampled_from(OFFICES), moments, st.integers(0, 30))
def test_what_is_due_is_due_while_business_is_open(
    calendar: BusinessCalendar, moment: datetime, count: int
) -> None:
    due = calendar.add_business_days(moment, count)
    assert calendar.add_business_time(due, timedelta(0)) == due
    assert calendar.business_days_between(calendar.local_date(due), calendar.local_date(due)) == 0


@given(st.sampled_from(CALENDARS), st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(1, 30))
def test_shifting_days_there_and_back_returns_to_the_same_business_day(
    calendar: BusinessCalendar, day: date, count: int
) -> None:
    day = calendar.next_business_day(day)
    assert calendar.shift_days(calendar.shift_days(day, count), -count) == day
    assert calendar.business_days_between(day, calendar.shift_days(day, count)) == count
