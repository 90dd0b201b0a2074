"""Conversion by pack factors."""

from decimal import Decimal

import pytest

from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.units import UnitUnknown, convert
from erp_connectors.errors import ConfigurationError

FACTORS = {"EA": Decimal(1), "CS": Decimal(12), "KGM": Decimal("0.25")}


@pytest.mark.parametrize(
    ("value", "unit", "to_unit", "expected"),
    [
        ("20", "CS", "EA", "240"),
        ("240", "EA", "CS", "20"),
        ("3", "CS", "KGM", "144"),
        ("0", "CS", "EA", "0"),
        ("7", "BX", "BX", "7"),
        ("0.5", "CS", "EA", "6.0"),
    ],
)
def test_it_converts_by_the_factors_of_the_item(value: str, unit: str, to_unit: str, expected: str) -> None:
    assert convert(Quantity(Decimal(value), unit), to_unit, FACTORS) == Decimal(expected)


@pytest.mark.parametrize(("unit", "to_unit", "named"), [("BX", "EA", "BX"), ("EA", "BX", "BX")])
def test_it_names_the_unit_it_does_not_know(unit: str, to_unit: str, named: str) -> None:
    with pytest.raises(UnitUnknown) as caught:
        convert(Quantity(Decimal(1), unit), to_unit, FACTORS)
    assert caught.value.unit == named
    assert isinstance(caught.value, ConfigurationError)


def test_it_needs_no_factor_for_the_same_unit() -> None:
    assert convert(Quantity(Decimal(3), "BX"), "BX", {}) == 3
