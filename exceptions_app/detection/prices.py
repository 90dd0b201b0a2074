"""Comparing prices whatever basis, unit and currency they are stated in. Pure and exact.

A price is compared as money for one base unit, as a fraction: divisions must not round before a comparison.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from erp_connectors.canonical.values import Price
from exceptions_app.detection.agreements import price_fact
from exceptions_app.detection.counting import Counter, counter_of
from exceptions_app.detection.snapshot import LineSnapshot

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Money for one base unit."""

    amount: Fraction
    currency: str


def ordered_price(line: LineSnapshot) -> UnitPrice | None:
    """Return what the order line pays; None when it has no price or its price unit is unknown."""
    order_line = line.position.line
    return unit_price(order_line.price, order_line.quantity.unit, line.position.currency, counter_of(line))


def confirmed_price(line: LineSnapshot) -> UnitPrice | None:
    """Return the newest price the supplier stated; None when it stated none, or in an unknown unit.

    Without a unit of its own the price is for the unit of the offered quantity.
    """
    fact = price_fact(line)
    if fact is None:
        return None
    unit = fact.offered[0].quantity.unit if fact.offered else line.position.line.quantity.unit
    return unit_price(fact.price, unit, fact.currency or line.position.currency, counter_of(line))


def unit_price(price: Price | None, line_unit: str, currency: str, counter: Counter) -> UnitPrice | None:
    """Return `price` for one base unit; a price without a basis is for one unit (TAXONOMY, price_basis)."""
    if price is None:
        return None
    unit, per = price.per_unit or line_unit, Decimal(1) if price.per is None else price.per
    if not counter.knows(unit) or per <= 0:
        return None
    base_units = Fraction(per) * (1 if unit == counter.unit else Fraction(counter.factors[unit]))
    return UnitPrice(Fraction(price.amount) / base_units, price.currency or currency)


def money(quantity: Decimal, price: Fraction) -> Decimal:
    """Return `quantity` (base units) at `price`, rounded half up to the cent."""
    exact = Fraction(quantity) * price
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(CENT, rounding=ROUND_HALF_UP)
