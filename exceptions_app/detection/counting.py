"""Counting every quantity of an order line in one unit. Pure.

Everything is counted in the item's base unit: factors only multiply, so packs add up exactly. What people see
is in the unit of the order line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.units import convert
from exceptions_app.detection.snapshot import LineSnapshot

#: Less of an order unit than this is nothing: quantities are kept with six places.
SMALLEST = Decimal("0.000001")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts quantities of one order line in `unit` (the base unit) and shows them in `order_unit`."""

    unit: str
    order_unit: str
    factors: Mapping[str, Decimal]

    def count(self, quantity: Quantity) -> Decimal:
        """Return `quantity` in the base unit, exactly. Raises UnitUnknown."""
        return convert(quantity, self.unit, self.factors)

    def knows(self, unit: str) -> bool:
        """Say whether quantities in `unit` can be counted."""
        return unit == self.unit or (unit in self.factors and self.unit in self.factors)

    def in_order_unit(self, counted: Decimal) -> Decimal:
        """Return a counted amount in the unit of the order line, to six places, without trailing zeros."""
        shown = convert(Quantity(counted, self.unit), self.order_unit, self.factors)
        return _trimmed(shown.quantize(SMALLEST, rounding=ROUND_HALF_UP))


def counter_of(line: LineSnapshot) -> Counter:
    """Return the counter of a line. An unknown item, or order unit, leaves only the order unit."""
    order_unit = line.position.line.quantity.unit
    item = line.item
    if item is None or order_unit not in item.factors or item.base_unit not in item.factors:
        return Counter(order_unit, order_unit, {order_unit: Decimal(1)})
    return Counter(item.base_unit, order_unit, item.factors)


def _trimmed(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
