"""The control chart: small differences of one sign that add up, told from chance and from one odd value."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions_app.detection.charts import BASELINE, sigma_of, signal

FLOOR = Decimal("0.25")
STEADY = [Decimal(0)] * BASELINE
PERCENT = st.decimals(min_value=-5, max_value=5, places=2, allow_nan=False)


def test_a_small_drift_signals_within_ten_observations() -> None:
    found = signal([*STEADY, *[Decimal("0.8")] * 10], FLOOR)

    assert found is not None
    assert (found.since, found.is_up) == (30, True)
    assert found.signalled < 40


def test_a_drift_downwards_is_one_too() -> None:
    found = signal([*STEADY, *[Decimal("-0.8")] * 10], FLOOR)

    assert found is not None
    assert not found.is_up


@pytest.mark.parametrize("odd", ["9", "90", "-90"])
def test_one_odd_value_is_no_drift_however_large(odd: str) -> None:
    assert signal([*STEADY, Decimal(odd), *STEADY], FLOOR) is None


def test_nothing_is_said_before_there_is_a_baseline() -> None:
    assert signal([Decimal("0.8")] * BASELINE, FLOOR) is None


def test_thirty_in_control_end_it_and_fewer_do_not() -> None:
    drifted = [*STEADY, *[Decimal("0.8")] * 10]

    assert signal([*drifted, *[Decimal(0)] * 20], FLOOR) is not None
    assert signal([*drifted, *[Decimal(0)] * 50], FLOOR) is None


def test_a_supplier_who_always_scatters_needs_more_to_signal() -> None:
    chance = Random(1)
    scattering = [Decimal(chance.randint(-200, 200)) / 100 for _ in range(BASELINE)]

    assert sigma_of(scattering, FLOOR) > 1
    assert signal([*scattering, *[Decimal("0.4")] * 10], FLOOR) is None


def test_chance_around_zero_hardly_ever_signals() -> None:
    chance, alarms = Random(20261127), 0
    for _ in range(200):
        values = [Decimal(round(chance.gauss(0, 0.25) * 100)) / 100 for _ in range(100)]
        alarms += signal(values, FLOOR) is not None

    assert alarms <= 6


@given(st.lists(PERCENT, min_size=BASELINE + 1, max_size=80))
def test_turned_around_it_signals_into_the_other_direction(values: list[Decimal]) -> None:
    found, turned = signal(values, FLOOR), signal([-value for value in values], FLOOR)

    assert (found is None) == (turned is None)
    if found is not None and turned is not None and found.signalled != turned.signalled:
        pytest.fail("the same values signal at the same observation")


@given(st.lists(PERCENT, min_size=BASELINE, max_size=BASELINE))
def test_sigma_is_never_below_its_floor(baseline: list[Decimal]) -> None:
    assert sigma_of(baseline, FLOOR) >= FLOOR
