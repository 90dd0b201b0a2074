"""Dates as EDIFACT writes them: each format by its code, none guessed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from erp_connectors.edi.edifact.dates import interchange_time, parse_day, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("20261130", "102", date(2026, 11, 30)),
        ("20261130", "", date(2026, 11, 30)),
        ("261130", "101", date(2026, 11, 30)),
        ("261130", "", date(2026, 11, 30)),
        ("991130", "101", date(1999, 11, 30)),
        ("301126", "2", date(2026, 11, 30)),
        ("113026", "3", date(2026, 11, 30)),
        ("30112026", "4", date(2026, 11, 30)),
        ("301120261530", "5", date(2026, 11, 30)),
        ("202611301530", "203", date(2026, 11, 30)),
        ("202611301530", "", date(2026, 11, 30)),
        ("20261130153059", "204", date(2026, 11, 30)),
        ("2611301530", "201", date(2026, 11, 30)),
        ("261130153000", "202", date(2026, 11, 30)),
        ("202611302400", "203", date(2026, 11, 30)),
        ("202611302330UTC", "303", date(2026, 12, 1)),
        ("202611302330CET", "303", date(2026, 11, 30)),
        ("202611302330XYZ", "303", date(2026, 11, 30)),
        ("202611302330+0000", "205", date(2026, 12, 1)),
        ("202611302330-0500", "205", date(2026, 12, 1)),
        ("202612010030+0200", "205", date(2026, 11, 30)),
        ("202611302330+9900", "205", date(2026, 11, 30)),
        ("20261130233000UTC", "304", date(2026, 12, 1)),
        ("2611302330UTC", "301", date(2026, 12, 1)),
        ("261130233000UTC", "302", date(2026, 12, 1)),
        ("26491", "103", date(2026, 11, 30)),
        ("26334", "105", date(2026, 11, 30)),
        ("202649", "616", date(2026, 12, 4)),
        ("2649", "615", date(2026, 12, 4)),
        ("202611", "610", date(2026, 11, 30)),
        ("202612", "610", date(2026, 12, 31)),
        ("2602", "609", date(2026, 2, 28)),
        ("2026112320261130", "718", date(2026, 11, 30)),
        ("20261123-20261130", "718", date(2026, 11, 30)),
        ("202611231200202611301200", "719", date(2026, 11, 30)),
        ("261123261130", "717", date(2026, 11, 30)),
        ("202648202649", "716", date(2026, 12, 4)),
        ("26482649", "715", date(2026, 12, 4)),
        ("26112312002611301200", "713", date(2026, 11, 30)),
        ("20261332", "102", None),
        ("20260230", "102", None),
        ("2026-11-30", "102", None),
        ("261130", "102", None),
        ("20261130", "101", None),
        ("20261130", "999", None),
        ("202611302560", "203", None),
        ("202613", "610", None),
        ("202600", "610", None),
        ("202660", "616", None),
        ("26400", "105", None),
        ("26000", "105", None),
        ("18991231", "102", None),
        ("99991231", "102", None),
        ("00000000", "102", None),
        ("٢٠٢٦١١٣٠", "102", None),
        ("1130", "", None),
        ("", "102", None),
    ],
)
def test_a_day_is_read_by_its_format(text: str, form: str, day: date | None) -> None:
    assert parse_day(text, form, BERLIN) == day


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("202611301530", "203", datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
        ("202611301530UTC", "303", datetime(2026, 11, 30, 15, 30, tzinfo=UTC)),
        ("202611302400", "203", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("20261130", "102", None),
        ("nonsense", "203", None),
    ],
)
def test_a_moment_needs_a_time_of_day(text: str, form: str, moment: datetime | None) -> None:
    assert parse_moment(text, form, BERLIN) == moment


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("261130", "1530", datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
        ("20261130", "1530", datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
        ("261130", "153059", datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
        ("261130", "", datetime(2026, 11, 29, 23, 0, tzinfo=UTC)),
        ("261130", "9999", datetime(2026, 11, 29, 23, 0, tzinfo=UTC)),
        ("20501130", "1530", None),
        ("2611301530", "", None),
        ("202611301530", "", None),
        ("", "", None),
    ],
)
def test_an_interchange_is_timed_by_its_date_and_time_of_preparation(
    day: str, clock: str, moment: datetime | None
) -> None:
    assert interchange_time(day, clock, BERLIN) == moment
