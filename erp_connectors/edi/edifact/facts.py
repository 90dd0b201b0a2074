"""What the envelope of an EDIFACT interchange says, as plain values: who, to whom, under which references."""

from typing import Any

from erp_connectors.edi.edifact import STANDARD
from erp_connectors.edi.edifact.envelope import TEST_INDICATOR_AT, pieces
from erp_connectors.edi.edifact.tokens import part, shown
from erp_connectors.edi.envelope import EnvelopeIds, element, same_number
from erp_connectors.edi.spans import InterchangeSpan


def envelope_ids(span: InterchangeSpan) -> EnvelopeIds:
    """Return who sent an interchange to whom, as its UNB and first UNG say."""
    unb = span.header.elements
    first = next((group.header.elements for group in span.groups if group.header), None)
    return EnvelopeIds(
        standard=STANDARD,
        sender_qualifier=part(unb, 2, 1),
        sender=part(unb, 2),
        receiver_qualifier=part(unb, 3, 1),
        receiver=part(unb, 3),
        group_sender=part(first, 2) if first else None,
        group_receiver=part(first, 3) if first else None,
    )


def envelope_facts(span: InterchangeSpan) -> dict[str, Any]:
    """Return what the envelope of an interchange says, as plain values; what was not sent is empty."""
    header, trailer = span.header, span.trailer
    syntax, sender, recipient = (shown(header.element(place)) for place in (1, 2, 3))
    facts: dict[str, Any] = {
        "una": header.advice,
        "syntax": syntax,
        "from": sender,
        "to": recipient,
        "date": shown(header.element(4)),
        "ref": part(header.elements, 5),
        "application": part(header.elements, 7),
        "test": part(header.elements, TEST_INDICATOR_AT),
        "ung": [element(group.header.elements, 5) for group in span.groups if group.header],
    }
    if trailer is not None:
        count, reference = element(trailer.elements, 1), element(trailer.elements, 2)
        facts["unz"] = [count, reference]
        facts["unz_ok"] = [same_number(count, str(pieces(span))), reference == facts["ref"]]
    return facts
