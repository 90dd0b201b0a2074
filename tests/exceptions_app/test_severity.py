"""Severity by the money at stake."""

from decimal import Decimal

import pytest

from exceptions_app import severity
from exceptions_app.cases.models import Severity as CaseSeverity
from exceptions_app.severity import Severity, severity_of


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("5000", Severity.CRITICAL),
        ("4999.99", Severity.HIGH),
        ("1000", Severity.HIGH),
        ("999.99", Severity.MEDIUM),
        ("200", Severity.MEDIUM),
        ("199.99", Severity.LOW),
        ("0", Severity.LOW),
        (None, Severity.LOW),
    ],
)
def test_the_band_starts_at_its_limit(amount: str | None, expected: Severity) -> None:
    assert severity_of(None if amount is None else Decimal(amount)) is expected


@pytest.mark.parametrize(
    ("amount", "expected"), [("0", Severity.HIGH), (None, Severity.HIGH), ("9000", Severity.CRITICAL)]
)
def test_a_floor_lifts_what_is_below_it(amount: str | None, expected: Severity) -> None:
    assert severity_of(None if amount is None else Decimal(amount), Severity.HIGH) is expected


def test_the_numbers_are_those_a_case_keeps() -> None:
    assert [(one.name, one.value) for one in severity.Severity] == [
        (one.name, one.value) for one in CaseSeverity
    ]
