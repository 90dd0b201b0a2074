"""Opening hours as lines: what is written is read as the same, in the reader's language and in English."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from exceptions_app.policies import hours_text

WEEK = {str(day): [["08:00", "12:00"], ["13:00", "17:00"]] for day in range(4)} | {"4": [["08:00", "14:00"]]}


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


def test_days_that_are_alike_share_a_line() -> None:
    assert hours_text.written(WEEK | {"5": []}) == (
        "Monday to Thursday 08:00-12:00, 13:00-17:00\nFriday 08:00-14:00"
    )
    assert hours_text.written({"0": [["08:00", "12:00"]], "2": [["08:00", "12:00"]]}).count("\n") == 1


def test_what_is_written_is_read_as_the_same(language: str) -> None:
    assert hours_text.read(hours_text.written(WEEK)) == WEEK


@pytest.mark.parametrize(
    "text", ["Mon-Fri 8:00-17:00", "monday to friday: 08:00 - 17:00", "Monday - Friday 08:00\N{EN DASH}17:00"]
)
def test_people_may_write_it_shorter(text: str, language: str) -> None:
    assert hours_text.read(text) == {str(day): [["08:00", "17:00"]] for day in range(5)}


def test_a_day_on_two_lines_is_open_twice() -> None:
    assert hours_text.read("Friday 08:00-12:00\n\nFriday 13:00-15:00") == {
        "4": [["08:00", "12:00"], ["13:00", "15:00"]]
    }


@pytest.mark.parametrize(
    "line",
    ["Monday", "08:00-17:00", "Someday 08:00-17:00", "T 08:00-17:00", "Monday 08:00", "Fri-Mon 08:00-17:00"],
)
def test_a_line_that_says_no_hours_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="Line 2: write days and hours, like “Monday to Friday"):
        hours_text.read(f"Sunday 10:00-12:00\n{line}")
