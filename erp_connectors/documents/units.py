"""Adding quantities, and converting them by the item's own pack factors. Pure and exact."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from erp_connectors.canonical.values import Quantity
from erp_connectors.errors import ConfigurationError


class UnitUnknown(ConfigurationError):
    """A unit has no factor for this item: an administrator adds the conversion, and it is read again."""

    def __init__(self, unit: str) -> None:
        super().__init__(f"No conversion is known for unit {unit!r}. Add the pack to the item.")
        self.unit = unit


def total(quantities: Collection[Quantity]) -> Quantity | None:
    """Return the sum; None when there is nothing to add, or units differ and only factors could tell."""
    units = {quantity.unit for quantity in quantities}
    if len(units) != 1:
        return None
    return Quantity(sum((quantity.value for quantity in quantities), Decimal(0)), units.pop())


def convert(quantity: Quantity, to_unit: str, factors: Mapping[str, Decimal]) -> Decimal:
    """Return `quantity` counted in `to_unit`.

    `factors` holds the base units in one of each unit. Into the base unit the result is exact; into a pack it
    is as exact as a decimal of 28 digits can be. The same unit needs no factor. Raises UnitUnknown.
    """
    if quantity.unit == to_unit:
        return quantity.value
    return quantity.value * _factor(quantity.unit, factors) / _factor(to_unit, factors)


def _factor(unit: str, factors: Mapping[str, Decimal]) -> Decimal:
    if unit not in factors:
        raise UnitUnknown(unit)
    return factors[unit]
