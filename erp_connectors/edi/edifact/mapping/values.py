"""Reading single EDIFACT values: numbers, quantities, ids, parties; what cannot be read becomes a finding."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from erp_connectors.canonical.values import Party
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import Tables
from erp_connectors.edi.edifact.tokens import part
from erp_connectors.edi.envelope import Finding, Layer
from erp_connectors.edi.frame import Row
from erp_connectors.edi.values import LONGEST_COPY, UnreadableValue, tidy

LONGEST_NUMBER = 35
SEGMENT_IN_ERROR, MISSING, INVALID, NOT_A_NUMBER = "12", "13", "12", "37"
NEVER_GUESSED = "Ask the sender for a correct document; a quantity, price or date is never guessed."


def mapping_error(
    code: str, text: str, at: int, row: Sequence[str], place: tuple[int, int], error: str, way_out: str
) -> Finding:
    """Return the finding for a value that cannot be mapped; `place`: element and component; `error`: UCD."""
    element, component = place
    return Finding(
        layer=Layer.MAPPING,
        code=code,
        text=text,
        segment_index=at,
        segment=row[0],
        element=element,
        component=component + 1,
        value=part(row, element, component)[:LONGEST_COPY],
        ack_code=SEGMENT_IN_ERROR,
        segment_code=SEGMENT_IN_ERROR,
        element_code=error,
        way_out=way_out,
    )


def missing_segment(tag: str, rows: Sequence[Row]) -> Finding:
    """Return the finding for a document without a segment it must have."""
    return Finding(
        layer=Layer.MAPPING,
        code="SEGMENT_MISSING",
        text=f"The message has no {tag} segment.",
        segment_index=min(2, len(rows)),
        segment=tag,
        ack_code=MISSING,
        segment_code=MISSING,
        way_out="Ask the sender for a complete document.",
    )


@lru_cache(maxsize=8192)
def parse_number(text: str, marks: str) -> Decimal | None:
    """Return an EDIFACT number: digits, one of the decimal marks, a leading minus; None for anything else.

    There is no mark between thousands in EDIFACT, so a second mark is no number, whichever it is.
    """
    plain = text.replace(",", ".") if "," in marks and "." not in text else text
    if "." in plain and "." in text and "." not in marks:
        return None
    digits = plain.removeprefix("-").replace(".", "", 1)
    if len(text) > LONGEST_NUMBER or not digits.isascii() or not digits.isdecimal():
        return None
    return tidy(Decimal(plain))


def number_in(source: Source, at: int, row: Row, element: int, component: int, text: str) -> Decimal | None:
    """Return the number in a component, None where it is empty; raises UnreadableValue for anything else."""
    if not text:
        return None
    value = parse_number(text, source.marks)
    if value is None:
        words = f"{row[0]} element {element}, component {component + 1}: {text[:40]!r} is not a number."
        place = (element, component)
        raise UnreadableValue(
            mapping_error("NUMBER_UNREADABLE", words, at, row, place, NOT_A_NUMBER, NEVER_GUESSED)
        )
    return value


def amount_in(source: Source, at: int, row: Row, element: int, component: int, text: str) -> Decimal | None:
    """Return the quantity in a component as `number_in` does; one below zero is refused."""
    value = number_in(source, at, row, element, component, text)
    if value is not None and value < 0:
        words = f"{row[0]} element {element}, component {component + 1}: {value} is a quantity below zero."
        way_out = "Ask the sender what is meant; a return or correction is another document."
        place = (element, component)
        raise UnreadableValue(mapping_error("QUANTITY_NEGATIVE", words, at, row, place, INVALID, way_out))
    return value


def party(row: Row, tables: Tables) -> Party:
    """Return the party of a NAD segment."""
    role, number, scheme = part(row, 1), part(row, 2), part(row, 2, 2)
    name = part(row, 4) or part(row, 3)
    return Party(
        role=tables.party_roles.get(role, role),
        number=number or None,
        number_scheme=tables.id_schemes.get(scheme, scheme) or None,
        name=name or None,
    )
