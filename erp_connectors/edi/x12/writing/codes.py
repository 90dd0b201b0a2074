"""The mapping tables backwards: how what a document says is written in X12."""

from collections.abc import Iterable
from decimal import Decimal

from erp_connectors.canonical.documents import Purpose
from erp_connectors.canonical.values import ItemIds, Party, Price, Quantity, Reference
from erp_connectors.edi.writing import Segment, UnwritableValue, backwards, plain
from erp_connectors.edi.x12.mapping.tables import (
    ID_SCHEMES,
    PARTY_ROLES,
    PRICE_DIVISORS,
    PRICE_UNITS,
    REFERENCE_KINDS,
    UNITS,
)

PURPOSE_CODES = {Purpose.ORIGINAL: "00", Purpose.CANCEL: "01", Purpose.CHANGE: "04", Purpose.REPLACE: "05"}
ID_QUALIFIERS = (("buyer", "BP"), ("supplier", "VP"), ("gtin", "UK"), ("manufacturer", "MG"))
UNIT_CODES = backwards(UNITS)
ROLE_CODES = backwards(PARTY_ROLES)
SCHEME_CODES = backwards(ID_SCHEMES)
REFERENCE_CODES = backwards(REFERENCE_KINDS)


def cents(value: Decimal) -> str:
    """Return an amount of type N2. Raises UnwritableValue for a fraction of a cent."""
    amount = value.scaleb(2)
    if amount != amount.to_integral_value():
        raise UnwritableValue(f"{value} cannot be written in cents.")
    return f"{amount:.0f}"


def unit(code: str) -> str:
    """Return the X12 code of a unit; one that has none stays as it is."""
    return UNIT_CODES.get(code, code)


def measured(quantity: Quantity | None) -> tuple[str, str]:
    """Return a quantity and its unit, nothing for none."""
    return ("", "") if quantity is None else (plain(quantity.value), unit(quantity.unit))


def id_pairs(ids: ItemIds, *others: tuple[str, str | None]) -> Segment:
    """Return the qualifiers and ids of an item, `others` after them."""
    pairs = [(qualifier, getattr(ids, name)) for name, qualifier in ID_QUALIFIERS]
    return tuple(part for pair in (*pairs, *others) if pair[1] for part in pair)


def priced(price: Price | None) -> tuple[str, str]:
    """Return a price and the code of its basis. Raises UnwritableValue for a basis that has no code."""
    if price is None:
        return "", ""
    if price.per is None and price.per_unit is None:
        return plain(price.amount), ""
    if price.per == 1 and price.per_unit is None:
        return plain(price.amount), "UM"
    for code, per_unit in PRICE_UNITS.items():
        if price.per == 1 and price.per_unit == per_unit:
            return plain(price.amount), code
    for code, divisor in PRICE_DIVISORS.items():
        if price.per == divisor and price.per_unit is None:
            return plain(price.amount), code
    raise UnwritableValue(f"No code says that a price is per {price.per} {price.per_unit or 'of the line'}.")


def currency(price: Price | None, of_document: str | None) -> list[Segment]:
    """Return the currency of a line, where it is another than that of the document."""
    if price is None or price.currency in (None, of_document):
        return []
    return [("CUR", "SE", price.currency or "")]


def parties(named: Iterable[Party]) -> list[Segment]:
    """Return an N1 for every party."""
    return [
        (
            "N1",
            ROLE_CODES.get(party.role, party.role),
            party.name or "",
            SCHEME_CODES.get(party.number_scheme or "", party.number_scheme or ""),
            party.number or "",
        )
        for party in named
    ]


def references(named: Iterable[Reference]) -> list[Segment]:
    """Return a REF for every reference."""
    return [("REF", REFERENCE_CODES.get(each.kind, each.kind), each.value) for each in named]
