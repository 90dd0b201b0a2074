"""The mapping tables backwards: how what a document says is written in EDIFACT."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from erp_connectors.canonical.documents import Purpose
from erp_connectors.canonical.values import ItemIds, Party, Price, Quantity, Reference
from erp_connectors.edi.edifact.mapping.tables import ID_SCHEMES, PARTY_ROLES, REFERENCE_KINDS, UNITS
from erp_connectors.edi.writing import Element, Segment, UnwritableValue, backwards, day, plain

PURPOSE_CODES = {Purpose.ORIGINAL: "9", Purpose.CANCEL: "1", Purpose.CHANGE: "4", Purpose.REPLACE: "5"}
GTIN = "EN"
ID_QUALIFIERS = (("buyer", "IN"), ("supplier", "SA"), ("manufacturer", "MF"))
MAIN_ID, ADDITIONAL_ID, SUBSTITUTE_ID = "5", "1", "3"
NET_PRICE, MAIN_CURRENCY = "AAA", "2"
UNIT_CODES = backwards(UNITS)
ROLE_CODES = backwards(PARTY_ROLES)
SCHEME_CODES = backwards(ID_SCHEMES)
REFERENCE_CODES = backwards(REFERENCE_KINDS)


def written_at(moment: datetime) -> Segment:
    """Return when a document was written, to the minute and with its zone."""
    return ("DTM", ("137", f"{moment.astimezone(UTC):%Y%m%d%H%M}UTC", "303"))


def dtm(qualifier: str, on: date | None) -> list[Segment]:
    """Return a date, nothing for none."""
    return [] if on is None else [("DTM", (qualifier, day(on), "102"))]


def qty(qualifier: str, quantity: Quantity | None) -> list[Segment]:
    """Return a quantity in its unit, nothing for none."""
    if quantity is None:
        return []
    return [("QTY", (qualifier, plain(quantity.value), UNIT_CODES.get(quantity.unit, quantity.unit)))]


def moa(qualifier: str, amount: Decimal | None) -> list[Segment]:
    """Return an amount of money, nothing for none."""
    return [] if amount is None else [("MOA", (qualifier, plain(amount)))]


def rff(qualifier: str, value: str | None, line: str | None = None) -> list[Segment]:
    """Return a reference, nothing for none."""
    return [("RFF", (qualifier, value, line or ""))] if value else []


def order_line(order: str | None, line: str | None) -> list[Segment]:
    """Return which order line a line is about: of a known order, or of one the heading names."""
    return rff("ON", order, line) if order else rff("LI", line)


def ftx(qualifier: str, texts: Iterable[str]) -> list[Segment]:
    """Return a free text for each."""
    return [("FTX", qualifier, "", "", text) for text in texts]


def pri(price: Price | None, of_document: str | None) -> list[Segment]:
    """Return a net price with its basis. Raises UnwritableValue for a currency of the line's own."""
    if price is None:
        return []
    if price.currency not in (None, of_document):
        raise UnwritableValue(f"A price in {price.currency} has no place in a message in {of_document}.")
    per_unit = price.per_unit or ""
    basis = ("", "", plain(price.per), UNIT_CODES.get(per_unit, per_unit))
    return [("PRI", (NET_PRICE, plain(price.amount), *basis))]


def cux(currency: str | None, use: str) -> list[Segment]:
    """Return the currency of a document and what it is used for (DE 6343), nothing for none."""
    return [("CUX", (MAIN_CURRENCY, currency, use))] if currency else []


def lin(number: str, ids: ItemIds, action: str = "") -> list[Segment]:
    """Return a line and the names of its item: the GTIN in the line itself, the others beside it."""
    names = _names(ids)
    first: Segment = ("LIN", number, action, (ids.gtin, GTIN) if ids.gtin else "")
    beside = ADDITIONAL_ID if ids.gtin else MAIN_ID
    return [first, *([("PIA", beside, *names)] if names else [])]


def substitute(ids: ItemIds | None) -> list[Segment]:
    """Return what is offered instead of the item of the line."""
    if ids is None:
        return []
    gtin: list[Element] = [(ids.gtin, GTIN)] if ids.gtin else []
    return [("PIA", SUBSTITUTE_ID, *gtin, *_names(ids))]


def _names(ids: ItemIds) -> list[Element]:
    named = [(getattr(ids, name), qualifier) for name, qualifier in ID_QUALIFIERS]
    return [(value, qualifier) for value, qualifier in named if value]


def parties(named: Iterable[Party]) -> list[Segment]:
    """Return a NAD for every party."""
    return [
        (
            "NAD",
            ROLE_CODES.get(party.role, party.role),
            (party.number or "", "", SCHEME_CODES.get(party.number_scheme or "", party.number_scheme or "")),
            "",
            party.name or "",
        )
        for party in named
    ]


def references(named: Iterable[Reference]) -> list[Segment]:
    """Return an RFF for every reference."""
    return [one for each in named for one in rff(REFERENCE_CODES.get(each.kind, each.kind), each.value)]


def closing(lines: int) -> list[Segment]:
    """Return the end of the lines, and how many there are."""
    return [("UNS", "S"), ("CNT", ("2", str(lines)))]
