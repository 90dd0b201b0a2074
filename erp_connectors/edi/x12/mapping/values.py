"""Reading single X12 values: numbers, quantities, dates, ids; what cannot be read becomes a finding."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from erp_connectors.canonical.values import ItemIds, Party, Price, Reference
from erp_connectors.edi.envelope import Finding, Layer
from erp_connectors.edi.values import LONGEST_COPY, UnreadableValue, price
from erp_connectors.edi.x12.mapping.source import Row
from erp_connectors.edi.x12.mapping.tables import (
    NO_NUMBER,
    OWN_NUMBER,
    PRICE_PER_LINE_UNIT,
    Tables,
)

LONGEST_NUMBER = 30
PADDING = [""] * 32
ZERO, ONE = Decimal(0), Decimal(1)


def mapping_error(
    code: str, text: str, at: int, row: Row, position: int, *, element_code: str, way_out: str
) -> Finding:
    """Return the finding for a segment that cannot be mapped; AK304 is 8, AK403 as given."""
    return Finding(
        layer=Layer.MAPPING,
        code=code,
        text=text,
        segment_index=at,
        segment=row[0],
        element=position,
        value=row[position].strip()[:LONGEST_COPY] if position < len(row) else None,
        ack_code="5",
        segment_code="8",
        element_code=element_code,
        way_out=way_out,
    )


def missing_segment(tag: str, rows: list[Row]) -> Finding:
    """Return the finding for a document without a segment it must have; AK304 is 3."""
    return Finding(
        layer=Layer.MAPPING,
        code="SEGMENT_MISSING",
        text=f"The transaction has no {tag} segment.",
        segment_index=min(2, len(rows)),
        segment=tag,
        ack_code="5",
        segment_code="3",
        way_out="Ask the sender for a complete document.",
    )


@lru_cache(maxsize=8192)
def parse_decimal(text: str) -> Decimal | None:
    """Return an X12 number (type R: digits, one point, a leading sign), tidy; None for anything else."""
    digits = text.removeprefix("-").removeprefix("+").replace(".", "", 1)
    if len(text) > LONGEST_NUMBER or not digits.isascii() or not digits.isdecimal():
        return None
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(text) if digits.strip("0") else ZERO


def number_in(row: Row, position: int, at: int) -> Decimal | None:
    """Return the number in an element, None where it is empty; raises UnreadableValue for anything else."""
    text = row[position].strip() if position < len(row) else ""
    if not text:
        return None
    value = parse_decimal(text)
    if value is None:
        raise UnreadableValue(
            mapping_error(
                "NUMBER_UNREADABLE",
                f"{row[0]}{position:02} {text[:40]!r} is not a number.",
                at,
                row,
                position,
                element_code="6",
                way_out="Ask the sender for a correct document; a quantity or price is never guessed.",
            )
        )
    return value


def amount_in(row: Row, position: int, at: int) -> Decimal | None:
    """Return the quantity in an element as `number_in` does; one below zero is refused."""
    value = number_in(row, position, at)
    if value is not None and value < 0:
        raise UnreadableValue(
            mapping_error(
                "QUANTITY_NEGATIVE",
                f"{row[0]}{position:02} {value} is a quantity below zero.",
                at,
                row,
                position,
                element_code="7",
                way_out="Ask the sender what is meant; a return or correction is another document.",
            )
        )
    return value


def item_ids(ids: Mapping[str, str], tables: Tables) -> ItemIds:
    """Return the names of an item by kind; of two of one kind the first stands."""
    kind_of = tables.id_kinds.get
    kinds: dict[str | None, str] = {}
    for qualifier, value in ids.items():
        kinds.setdefault(kind_of(qualifier), value)
    get = kinds.get
    return ItemIds(get("buyer"), get("supplier"), get("gtin"), get("manufacturer"))


def id_of_kind(ids: Mapping[str, str], kind: str, tables: Tables) -> str | None:
    """Return the first id of that kind, None where there is none."""
    kind_of = tables.id_kinds.get
    for qualifier, value in ids.items():
        if kind_of(qualifier) == kind:
            return value
    return None


def id_pairs(row: Row, first: int, last: int | None = None) -> dict[str, str]:
    """Return the qualifier and id pairs of a segment from element `first` on; empty pairs are gone."""
    stop = len(row) if last is None else min(len(row), last + 1)
    pairs: dict[str, str] = {}
    for place in range(first, stop - 1, 2):
        qualifier, value = row[place].strip(), row[place + 1].strip()
        if qualifier and value:
            pairs.setdefault(qualifier, value)
    return pairs


def line_number(own: str, ids: Mapping[str, str], refs: Iterable[list[str]], tables: Tables) -> str | None:
    """Return the number of the order line from where the profile says it stands.

    `own` is the number of the line segment, which counts where no id or reference is told to: an id of the
    kind order_line (PL) comes before it.
    """
    place = tables.line_number_source
    if place == OWN_NUMBER:
        return id_of_kind(ids, "order_line", tables) or own or None
    if place == NO_NUMBER:
        return None
    kind, _, qualifier = place.partition(":")
    if kind == "ID":
        return ids.get(qualifier)
    return next((value for found, value in refs if found == qualifier and value), None)


def references(refs: Iterable[list[str]], tables: Tables) -> tuple[Reference, ...]:
    """Return the references of REF segments by their kind; a qualifier nobody knows stays as sent."""
    kinds = tables.reference_kinds
    return tuple([Reference(kinds.get(qualifier, qualifier), value) for qualifier, value in refs if value])


def price_of(amount: Decimal, currency: str | None, basis: str, tables: Tables) -> Price:
    """Return a price by its basis code: for so many units, or for one where the code names a unit."""
    per, per_unit = tables.price_divisors.get(basis), tables.price_units.get(basis)
    if per is None and (per_unit or basis in PRICE_PER_LINE_UNIT):
        per = ONE
    return price(amount, currency, per, per_unit)


def party(row: Row, tables: Tables) -> Party:
    """Return the party of an N1 segment."""
    _, role, name, scheme, number = (element.strip() for element in [*row, *PADDING][:5])
    return Party(
        role=tables.party_roles.get(role, role),
        number=number or None,
        number_scheme=tables.id_schemes.get(scheme, scheme) or None,
        name=name or None,
    )
