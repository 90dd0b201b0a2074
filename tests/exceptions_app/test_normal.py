"""The normal distribution in decimals: against another way to compute it, and at its ends."""

from decimal import Decimal, localcontext
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions_app import normal

STEPS = [Decimal(step) / 4 for step in range(4, 37)]
numbers = st.decimals(-12, 12, places=6)


def tail_by_a_continued_fraction(z: Decimal) -> Decimal:
    """Laplace's fraction: nothing in it is shared with the sum of the module."""
    with localcontext(prec=60):
        fraction = z
        for n in range(3000, 0, -1):
            fraction = z + n / fraction
        return normal.density(z) / fraction


@pytest.mark.parametrize("z", STEPS, ids=str)
def test_a_tail_is_right_to_thirty_decimals(z: Decimal) -> None:
    assert abs(normal.tail(z) - tail_by_a_continued_fraction(z)) < Decimal("1e-30")


@pytest.mark.parametrize("z", STEPS, ids=str)
def test_what_exceeds_is_right_to_thirty_decimals(z: Decimal) -> None:
    with localcontext(prec=60):
        expected = normal.density(z) - z * tail_by_a_continued_fraction(z)
    assert abs(normal.excess(z) - expected) < Decimal("1e-29")


@given(numbers)
def test_it_agrees_with_the_standard_library_as_far_as_a_float_goes(z: Decimal) -> None:
    known = NormalDist()
    assert float(normal.tail(z)) == pytest.approx(1 - known.cdf(float(z)), abs=1e-15)
    assert float(normal.density(z)) == pytest.approx(known.pdf(float(z)), abs=1e-15)


@given(numbers)
def test_both_sides_mirror_each_other(z: Decimal) -> None:
    assert abs(normal.tail(z) + normal.tail(-z) - 1) < Decimal("1e-18")
    assert abs(normal.excess(-z) - normal.excess(z) - z) < Decimal("1e-17")


@given(numbers, numbers)
def test_a_higher_mark_is_exceeded_less(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert normal.tail(low) >= normal.tail(high)
    assert normal.excess(low) >= normal.excess(high) >= 0


def test_the_middle_is_known() -> None:
    assert normal.tail(Decimal(0)) == Decimal("0.5")
    assert normal.excess(Decimal(0)) == normal.density(Decimal(0))
    assert abs(normal.density(Decimal(0)) - Decimal("0.398942280401432677939946059934")) < Decimal("1e-30")


@pytest.mark.parametrize("z", [Decimal("9.000001"), Decimal(10) ** 9])
def test_beyond_nine_deviations_a_tail_counts_as_nothing(z: Decimal) -> None:
    assert (normal.tail(z), normal.tail(-z)) == (0, 1)
    assert (normal.excess(z), normal.excess(-z)) == (0, z)
