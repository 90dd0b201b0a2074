"""Cells are read exactly, or not at all."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.connectors.file_drop import values
from erp_connectors.connectors.file_drop.settings import FileDropSettings, settings_from
from erp_connectors.connectors.file_drop.units import unit_code
from erp_connectors.connectors.file_drop.values import BadCell, Cell, CellProblem
from erp_connectors.errors import ConfigurationError


def settings(**changes: Any) -> FileDropSettings:
    return settings_from({"folder": "/nowhere", **changes}, currency="EUR", time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "mark", "value"),
    [
        ("1234", None, "1234"),
        ("1,234.50", None, "1234.5"),
        ("1.234,50", None, "1234.5"),
        ("12,5", None, "12.5"),
        ("12.50", None, "12.5"),
        ("0.125", None, "0.125"),
        ("0,125", None, "0.125"),
        ("1234,567", None, "1234.567"),
        ("1.234.567", None, "1234567"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1.234", ",", "1234"),
        ("1 234,50", ",", "1234.5"),
        ("1\u00a0234,50", ",", "1234.5"),
        ("1'234.50", ".", "1234.5"),
        (".5", ".", "0.5"),
        ("-3", None, "-3"),
        ("3.00-", None, "-3"),
        ("+3", None, "3"),
        ("-0", None, "0"),
        ("0.000001", None, "0.000001"),
        ("99999999999999.999999", None, "99999999999999.999999"),
    ],
)
def test_a_number_is_read_by_its_decimal_mark(written: str, mark: str | None, value: str) -> None:
    assert str(values.number(written, settings(decimal_mark=mark))) == value


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        ("1,234", None),
        ("1.234", None),
        ("-12,345", None),
        ("12,34", "."),
        ("1,23,456", None),
        ("1,2345.6", None),
        ("1.234.56", "."),
        ("1e3", None),
        ("NaN", None),
        ("Infinity", None),
        ("0x10", None),
        ("12 EA", None),
        ("", "."),
        (".", "."),
        ("-", "."),
        ("-3-", None),
        ("\u0661\u0662", None),
        ("100000000000000", None),
        ("0.0000001", None),
        ("1.00000000000000000000000000000001", "."),
        ("=1+1", None),
    ],
)
def test_what_is_no_number_or_could_be_two_is_a_problem(written: str, mark: str | None) -> None:
    with pytest.raises(CellProblem):
        values.number(written, settings(decimal_mark=mark))


def test_an_ambiguous_number_is_shown_in_both_readings() -> None:
    with pytest.raises(CellProblem, match=r"read as 1\.234 or as 1234\."):
        values.number("1,234", settings())


@given(
    st.decimals(min_value=-(10**13), max_value=10**13, places=6, allow_nan=False, allow_infinity=False),
    st.sampled_from([".", ","]),
    st.booleans(),
)
def test_every_number_survives_being_written_either_way(value: Decimal, mark: str, grouped: bool) -> None:
    written = f"{value:,.6f}" if grouped else f"{value:.6f}"
    if mark == ",":
        written = written.translate(str.maketrans(",.", ".,"))
    assert values.number(written, settings(decimal_mark=mark)) == value


@given(st.text())
def test_any_text_is_a_number_or_a_problem(written: str) -> None:
    with suppress(CellProblem):
        assert values.number(written, settings()).is_finite()


@pytest.mark.parametrize("cell", ["-1", Decimal("-1")])
def test_a_quantity_is_not_negative(cell: Cell) -> None:
    with pytest.raises(CellProblem, match="negative"):
        values.not_negative(cell, settings())


# --- days and moments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "formats"),
    [
        ("2026-12-02", ["%Y-%m-%d"]),
        ("02.12.2026", ["%Y-%m-%d", "%d.%m.%Y"]),
        ("20261202", ["%Y%m%d"]),
        (datetime(2026, 12, 2, 6, 30), ["%Y-%m-%d"]),
        (date(2026, 12, 2), ["%Y-%m-%d"]),
    ],
)
def test_a_day_is_read_by_the_connections_formats(cell: Cell, formats: list[str]) -> None:
    assert values.day(cell, settings(date_formats=formats)) == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("cell", "formats", "words"),
    [
        ("03/04/2026", ["%d/%m/%Y", "%m/%d/%Y"], "2026-03-04 or as 2026-04-03"),
        ("02.12.2026", ["%Y-%m-%d"], "not a date"),
        ("2026-02-30", ["%Y-%m-%d"], "not a date"),
        ("0206-12-02", ["%Y-%m-%d"], "year"),
        ("9999-12-31", ["%Y-%m-%d"], "year"),
        (Decimal(46358), ["%Y-%m-%d"], "not a date"),
    ],
)
def test_a_day_that_cannot_be_read_in_one_way_is_a_problem(
    cell: Cell, formats: list[str], words: str
) -> None:
    with pytest.raises(CellProblem, match=words):
        values.day(cell, settings(date_formats=formats))


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-19T16:00:00Z", datetime(2026, 11, 19, 16, 0, tzinfo=UTC)),
        ("2026-11-19 16:00", datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        ("2026-07-19 16:00:30.5", datetime(2026, 7, 19, 14, 0, 30, 500000, tzinfo=UTC)),
        ("2026-11-19", datetime(2026, 11, 18, 23, 0, tzinfo=UTC)),
        ("19.11.2026 16:00", datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        ("19.11.2026", datetime(2026, 11, 18, 23, 0, tzinfo=UTC)),
        (datetime(2026, 11, 19, 16, 0), datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        (date(2026, 11, 19), datetime(2026, 11, 18, 23, 0, tzinfo=UTC)),
        # The hour that occurs twice when summer time ends: the first of the two.
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_in_the_connections(cell: Cell, moment: datetime) -> None:
    set_so = settings(time_formats=["%d.%m.%Y %H:%M"], date_formats=["%d.%m.%Y"])
    assert values.moment(cell, set_so) == moment


@pytest.mark.parametrize("cell", ["2026-11-19T25:00", "yesterday", "2026-13-01 10:00"])
def test_what_is_no_moment_is_a_problem(cell: str) -> None:
    with pytest.raises(CellProblem):
        values.moment(cell, settings())


# --- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["a\x00b", "\udcfcber", "a\x1bb", "=SUM(A1)", " =1", "x" * 65, BadCell("", "is bad")]
)
def test_text_that_cannot_be_trusted_is_a_problem(cell: Cell) -> None:
    with pytest.raises(CellProblem):
        values.text(64)(cell, settings())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  A-1 ", "A-1"),
        (Decimal("4.711E+3"), "4711"),
        ("-10 °C", "-10 °C"),
        ("00077", "00077"),
        ("@home", "@home"),
    ],
)
def test_text_is_taken_as_it_is(cell: Cell, text: str) -> None:
    assert values.text(64)(cell, settings()) == text


def test_words_for_people_are_cut() -> None:
    assert values.words(3)("abcdef", settings()) == "abc"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("X", True), ("ja", True), (True, True), ("0", False), ("No", False), (Decimal(1), True)],
)
def test_yes_and_no_are_read_in_their_usual_spellings(cell: Cell, value: bool) -> None:
    assert values.yes_or_no("cancelled")(cell, settings()) is value


def test_a_yes_nobody_knows_is_a_problem_until_it_is_translated() -> None:
    with pytest.raises(CellProblem, match=r"words\.cancelled"):
        values.yes_or_no("cancelled")("L", settings())
    assert values.yes_or_no("cancelled")("L", settings(words={"cancelled": {"l": "yes"}})) is True


@pytest.mark.parametrize(
    ("word", "code"),
    [("EA", "EA"), ("each", "EA"), ("Stück", "H87"), ("CS", "CS"), ("kg", "KGM"), ("Kgm", "KGM")],
)
def test_usual_units_are_known(word: str, code: str) -> None:
    assert unit_code(word, {}) == code


@pytest.mark.parametrize("word", ["ST", "CA", "Gebinde", ""])
def test_units_with_no_or_two_meanings_are_not_guessed(word: str) -> None:
    assert unit_code(word, {}) is None


def test_the_connections_own_units_come_first() -> None:
    assert values.unit("st", settings(units={"ST": "EA"})) == "EA"
    assert values.unit("each", settings(units={"each": "C62"})) == "C62"


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"folder": 7}, "folder"),
        ({"decimal_mark": ";"}, "decimal_mark"),
        ({"encoding": "utf-9"}, "utf-9"),
        ({"time_zone": "Mars/Olympus"}, "Mars"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"headings": {"order": {}}}, "'order'"),
        ({"full_extracts": ["everything"]}, "everything"),
        ({"without_commands": ["delete"]}, "delete"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        settings(**wrong)
