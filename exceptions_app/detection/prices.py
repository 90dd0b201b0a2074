"""Comparing prices whatever basis, unit and currency they are stated in. Pure and exact.

A price is compared as money for one base unit, as a fraction: divisions must not round before a comparison.
"""

from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The order's price against the newest price the supplier stated, for a counted quantity."""

    ordered: UnitPrice
    confirmed: UnitPrice
    quantity: Decimal

    @property
    def has_other_currency(self) -> bool:
        """Whether the prices cannot be compared as numbers."""
        return self.ordered.currency != self.confirmed.currency

    @property
    def difference(self) -> Fraction:
        """How much more the supplier wants for the quantity; negative when it wants less."""
        return (self.confirmed.amount - self.ordered.amount) * Fraction(self.quantity)

    @property
    def ordered_total(self) -> Fraction:
        """What the quantity costs at the order's price."""
        return self.ordered.amount * Fraction(self.quantity)

    def has_suspect_basis(self, factors: Iterable[Decimal]) -> bool:
        """Say whether one price is exactly 10, 100, 1000 or a pack factor times the other."""
        if self.has_other_currency or not self.ordered.amount or not self.confirmed.amount:
            return False
        ratio = self.confirmed.amount / self.ordered.amount
        suspects = {Fraction(10), Fraction(100), Fraction(1000), *map(Fraction, factors)}
        return ratio != 1 and (ratio in suspects or 1 / ratio in suspects)


def ordered_price(line: LineSnapshot, quantity: Decimal | None = None) -> UnitPrice | None:
    """Return what the order pays for `quantity` (counted; None: as ordered); None when that is unknown."""
    unit = line.position.line.quantity.unit
    return unit_price(agreed_price(line, quantity), unit, line.position.currency, counter_of(line))


def agreed_price(line: LineSnapshot, quantity: Decimal | None = None) -> Price | None:
    """Return the order's price for `quantity` (counted; None: as ordered), as it is stated.

    Below the lowest break, and where the ordered quantity reaches the same break, it is the line's own price.
    """
    order_line, counter = line.position.line, counter_of(line)
    if quantity is None:
        return order_line.price
    breaks = [
        (counter.count(step.from_quantity), step.price)
        for step in order_line.price_breaks
        if counter.knows(step.from_quantity.unit)
    ]
    reached = _reached(breaks, quantity)
    if reached is None or reached == _reached(breaks, counter.count(order_line.quantity)):
        return order_line.price
    return reached[1]


def _reached(breaks: Iterable[tuple[Decimal, Price]], quantity: Decimal) -> tuple[Decimal, Price] | None:
    """Return the highest break that a quantity reaches."""
    reached = [step for step in breaks if step[0] <= quantity]
    return max(reached, key=lambda step: step[0], default=None)


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
    return as_decimal(Fraction(quantity) * price).quantize(CENT, rounding=ROUND_HALF_UP)


def as_decimal(exact: Fraction) -> Decimal:
    """Return a fraction as a decimal of 28 digits."""
    return Decimal(exact.numerator) / Decimal(exact.denominator)
