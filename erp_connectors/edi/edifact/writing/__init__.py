"""Canonical documents to EDIFACT: what a supplier would send us.

For the simulator and the demo, and against the reader in tests: what is written reads back as itself.
"""

from collections.abc import Sequence

from erp_connectors.canonical.documents import Confirmation, Invoice, ShipNotice
from erp_connectors.edi.edifact.writer import (
    OutgoingInterchange,
    OutgoingMessage,
    Style,
    write_interchange,
)
from erp_connectors.edi.edifact.writing.confirmation import order_response
from erp_connectors.edi.edifact.writing.invoice import invoice_message
from erp_connectors.edi.edifact.writing.ship_notice import despatch_advice
from erp_connectors.edi.results import Document
from erp_connectors.edi.writing import Segment, UnwritableValue

VERSION = "D:96A:UN:EAN008"
LETTER_STYLE = Style(line_end=b"\n", replacement=" ")


def segments_of(document: Document) -> tuple[str, list[Segment]]:
    """Return the message type of a document and the segments inside it.

    Raises UnwritableValue for what EDIFACT has no code for, and for what suppliers do not write.
    """
    match document:
        case Confirmation():
            return "ORDRSP", order_response(document)
        case ShipNotice():
            return "DESADV", despatch_advice(document)
        case Invoice():
            return "INVOIC", invoice_message(document)
        case _:
            raise UnwritableValue(f"No message of a supplier is a {type(document).__name__}.")


def write_documents(
    documents: Sequence[Document], envelope: OutgoingInterchange, style: Style = LETTER_STYLE
) -> bytes:
    """Return an interchange with a message for every document, in their order.

    Raises UnwritableValue as `segments_of` does.
    """
    messages = []
    for number, document in enumerate(documents, start=1):
        kind, segments = segments_of(document)
        messages.append(OutgoingMessage(kind=kind, version=VERSION, reference=str(number), segments=segments))
    return write_interchange(envelope, messages, style)
