"""Severity by the expected loss."""

from decimal import Decimal

import pytest

from exceptions_app import severity
from exceptions_app.cases.models import Severity as CaseSeverity
from exceptions_app.severity import Bands, Severity, severity_of


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("5000", Severity.CRITICAL),
        ("4999.99", Severity.HIGH),
        ("1000", Severity.HIGH),
        ("999.99", Severity.MEDIUM),
        ("200", Severity.MEDIUM),
        ("199.99", Severity.LOW),
        ("0", Severity.LOW),
    ],
)
def test_the_band_starts_at_its_limit(loss: str, expected: Severity) -> None:
    assert severity_of(Decimal(loss), Bands()) is expected


def test_a_company_may_have_bands_of_its_own() -> None:
    bands = Bands(medium=Decimal(10), high=Decimal(20), critical=Decimal(30))
    assert [severity_of(Decimal(loss), bands).name for loss in (9, 10, 20, 30)] == [
        "LOW",
        "MEDIUM",
        "HIGH",
        "CRITICAL",
    ]


@pytest.mark.parametrize(("loss", "expected"), [("0", Severity.HIGH), ("9000", Severity.CRITICAL)])
def test_a_floor_lifts_what_is_below_it(loss: str, expected: Severity) -> None:
    assert severity_of(Decimal(loss), Bands(), Severity.HIGH) is expected


def test_the_numbers_are_those_a_case_keeps() -> None:
    assert [(one.name, one.value) for one in severity.Severity] == [
        (one.name, one.value) for one in CaseSeverity
    ]
