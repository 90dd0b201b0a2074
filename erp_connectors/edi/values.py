"""Canonical values as every mapping makes them; what a mapping cannot read becomes a finding."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, partial

from erp_connectors.canonical.values import DateKind, Price, Quantity
from erp_connectors.edi.envelope import Finding, Layer, Severity

LAST_YEAR = 2040
#: So many characters of a value are repeated in a finding about it; the bytes are kept whole.
LONGEST_COPY = 80


class UnreadableValue(Exception):
    """A mapped value is not what its element must hold; the finding says which and where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


mapping_warning = partial(Finding, layer=Layer.MAPPING, severity=Severity.WARNING)


def tidy(value: Decimal) -> Decimal:
    """Return a number without zeros after its point that say nothing, and zero without a sign.

    So equal numbers come out written alike (5.00 as 5), and documents with equal values are equal bytes.
    """
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(0) if value == 0 else Decimal(text)


@lru_cache(maxsize=8192)
def quantity(value: Decimal, unit: str) -> Quantity:
    """Return a quantity, its number tidy; equal ones are one object, which keeps large files small."""
    return Quantity(tidy(value), unit)


@lru_cache(maxsize=8192)
def price(amount: Decimal, currency: str | None, per: Decimal | None, per_unit: str | None) -> Price:
    """Return a price; equal ones are one object."""
    return Price(amount, currency, per, per_unit)


@dataclass(frozen=True, slots=True)
class Day:
    """A date a document states. `known` is false where one was sent that cannot be used."""

    on: date | None = None
    kind: DateKind = DateKind.DELIVERY
    known: bool = True


NO_DAY = Day()
UNKNOWN_DAY = Day(known=False)


@lru_cache(maxsize=4096)
def stated_day(day: date | None, kind: DateKind, lead_time: int | None) -> Day:
    """Return what a date says, a ship date turned into a delivery date by a lead time in days."""
    if day is None or is_sentinel(day):
        return UNKNOWN_DAY
    if kind is DateKind.SHIP and lead_time is not None:
        return Day(day + timedelta(days=lead_time))
    return Day(day, kind)


def is_sentinel(day: date) -> bool:
    """Say whether a date is so far away that it stands for no date at all."""
    return day.year > LAST_YEAR
