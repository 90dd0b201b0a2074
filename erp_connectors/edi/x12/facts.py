"""What the envelope of an interchange says, as plain values: who, to whom, under which numbers."""

from typing import Any

from erp_connectors.edi.envelope import EnvelopeIds, same_number
from erp_connectors.edi.spans import GroupSpan, InterchangeSpan
from erp_connectors.edi.x12 import STANDARD
from erp_connectors.edi.x12.envelope import trailer_element


def envelope_ids(span: InterchangeSpan) -> EnvelopeIds:
    """Return who sent an interchange to whom, as its ISA and first GS say."""
    isa = span.header.elements
    first = next((group.header for group in span.groups if group.header), None)
    return EnvelopeIds(
        standard=STANDARD,
        sender_qualifier=isa[5],
        sender=isa[6],
        receiver_qualifier=isa[7],
        receiver=isa[8],
        group_sender=first.element(2) if first else None,
        group_receiver=first.element(3) if first else None,
    )


def envelope_facts(span: InterchangeSpan) -> dict[str, Any]:
    """Return what the envelope of an interchange says, as plain values."""
    isa, delimiters, trailer = span.header.elements, span.header.delimiters, span.trailer
    headers = [group.header for group in span.groups if group.header]
    facts: dict[str, Any] = {
        "sep": [
            delimiter_text(delimiters.element),
            delimiter_text(delimiters.component),
            delimiter_text(delimiters.terminator),
        ],
        "isa_len": span.header.length,
        "from": f"{isa[5]}/{isa[6]}",
        "to": f"{isa[7]}/{isa[8]}",
        "ver": isa[12],
        "isa13": isa[13],
        "test": isa[15],
        "gs": [[trailer_element(span, header, place) for place in (1, 6, 8)] for header in headers],
        "ge_ok": [_group_agrees(span, group) for group in span.groups],
        "iea_ok": [
            trailer is not None and same_number(trailer_element(span, trailer, 1), str(len(span.groups))),
            trailer is not None and same_number(trailer_element(span, trailer, 2), isa[13]),
        ],
    }
    if span.acknowledgements:
        facts["ta1"] = [
            [segment.element(place) for place in range(1, 6)] for segment in span.acknowledgements
        ]
    return facts


def _group_agrees(span: InterchangeSpan, group: GroupSpan) -> list[bool]:
    header, trailer = group.header, group.trailer
    if header is None or trailer is None:
        return [False, False]
    count, control = (trailer_element(span, trailer, place) for place in (1, 2))
    return [
        same_number(count, str(len(group.transactions))),
        same_number(control, trailer_element(span, header, 6)),
    ]


def delimiter_text(delimiter: bytes) -> str:
    """Return a delimiter as text: UTF-8 where it is, else as Windows-1252 shows that byte."""
    try:
        return delimiter.decode()
    except UnicodeDecodeError:
        return delimiter.decode("cp1252", errors="replace")
