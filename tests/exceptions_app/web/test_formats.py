"""Numbers, money, days and working time as people write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from exceptions_app.web import formats

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("100"), "100"),
        (Decimal("1E+2"), "100"),
        (Decimal("1234.500000"), "1,234.5"),
        (Decimal("-18"), "−18"),
        (Decimal("0.000000"), "0"),
        (0, "0"),
        (None, "–"),
    ],
)
def test_a_number_has_as_many_decimals_as_it_needs(value: Decimal | int | None, text: str) -> None:
    assert formats.number(value) == text


def test_a_difference_has_a_sign_and_zero_has_none() -> None:
    assert [formats.signed(Decimal(n)) for n in (-18, 0, 18)] == ["−18", "0", "+18"]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("3283.2", "EUR", "€ 3,283.20"),
        ("-1", "USD", "−$ 1.00"),
        ("5", "SEK", "SEK 5.00"),
    ],
)
def test_money_stands_behind_its_currency(amount: str, currency: str, text: str) -> None:
    assert plain(formats.money(Decimal(amount), currency)) == text


def test_a_price_keeps_its_decimals_and_names_its_basis() -> None:
    assert plain(formats.price(Decimal("0.125"), "EUR")) == "€ 0.125"
    assert plain(formats.price(Decimal("1250.00"), "EUR", Decimal(100), "EA")) == "€ 1,250.00 / 100 pcs"


def test_german_readers_get_their_own_separators() -> None:
    with translation.override("de"):
        assert plain(formats.money(Decimal("3283.20"), "EUR")) == "€ 3.283,20"


def test_a_day_of_this_year_stands_without_its_year() -> None:
    assert formats.day(date(2026, 12, 2), today=date(2026, 11, 24)) == "2 Dec"
    assert formats.day(date(2027, 1, 2), today=date(2026, 11, 24)) == "2 Jan 2027"
    assert formats.day(None) == "–"


def test_a_moment_is_told_in_the_readers_zone() -> None:
    with timezone.override("Asia/Tokyo"):
        assert formats.moment(NOW) == "24 Nov 2026, 18:00"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(minutes=5), "08:55"),
        (timedelta(hours=20), "yesterday 13:00"),
        (timedelta(days=3), "21 Nov, 09:00"),
        (timedelta(days=400), "20 Oct 2025, 09:00"),
    ],
)
def test_the_further_back_the_more_is_said(ago: timedelta, text: str) -> None:
    assert formats.since(NOW - ago, NOW) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0h 00m"), (59.9, "0h 59m"), (-42.5, "−0h 42m"), (1560, "26h 00m")]
)
def test_working_time_is_told_in_hours(minutes: float, text: str) -> None:
    assert plain(formats.duration(Decimal(str(minutes)))) == text


def test_a_capped_count_says_that_there_are_more() -> None:
    assert [formats.capped(n, 1000) for n in (999, 1000, 1001)] == ["999", "1,000", "1,000+"]


def test_names_are_listed_as_one_says_them() -> None:
    assert formats.listed(["Ann", "Ben", "Cy"]) == "Ann, Ben and Cy"
    assert formats.listed(["Ann"]) == "Ann"
    assert formats.listed([]) == ""


def test_a_number_is_rounded_half_up_never_cut() -> None:
    assert formats.number(Decimal("87.5"), places=0) == "88"
    assert formats.number(Decimal("3283.996"), places=2) == "3,284.00"
    assert formats.number(Decimal("1e3")) == "1,000"
