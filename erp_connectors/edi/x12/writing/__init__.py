"""Canonical documents to X12: what a supplier, a carrier or a warehouse would send us.

For the simulator and the demo, and against the reader in tests: what is written reads back as itself.
"""

from collections.abc import Sequence

from erp_connectors.canonical.documents import (
    Confirmation,
    Invoice,
    Purpose,
    Receipt,
    ShipmentStatus,
    ShipNotice,
)
from erp_connectors.edi.results import Document
from erp_connectors.edi.writing import Segment
from erp_connectors.edi.x12.writer import (
    OutgoingEnvelope,
    OutgoingGroup,
    OutgoingTransaction,
    Style,
    write_interchange,
)
from erp_connectors.edi.x12.writing.confirmation import confirmation_855, confirmation_865
from erp_connectors.edi.x12.writing.invoice import invoice_810
from erp_connectors.edi.x12.writing.receipt import receipt_861
from erp_connectors.edi.x12.writing.ship_notice import ship_notice_856
from erp_connectors.edi.x12.writing.shipment_status import shipment_status_214

VERSION = "004010"
FUNCTIONAL_CODES = {"214": "QM", "810": "IN", "855": "PR", "856": "SH", "861": "RC", "865": "CA"}
LETTER_STYLE = Style(line_end=b"\n", replacement=" ")


def segments_of(document: Document) -> tuple[str, list[Segment]]:
    """Return the set of a document and the segments inside it; a changed confirmation is an 865.

    Raises UnwritableValue for what X12 has no code for.
    """
    match document:
        case Confirmation(purpose=Purpose.CHANGE):
            return "865", confirmation_865(document)
        case Confirmation():
            return "855", confirmation_855(document)
        case ShipNotice():
            return "856", ship_notice_856(document)
        case Receipt():
            return "861", receipt_861(document)
        case Invoice():
            return "810", invoice_810(document)
        case ShipmentStatus():
            return "214", shipment_status_214(document)


def write_documents(
    documents: Sequence[Document], envelope: OutgoingEnvelope, style: Style = LETTER_STYLE
) -> bytes:
    """Return an interchange with the documents, in a group for every set, in their order.

    The time of the documents is that of the envelope. Raises UnwritableValue as `segments_of` does.
    """
    by_set: dict[str, list[list[Segment]]] = {}
    for document in documents:
        set_code, segments = segments_of(document)
        by_set.setdefault(set_code, []).append(segments)
    groups = [
        OutgoingGroup(
            functional_code=FUNCTIONAL_CODES[set_code],
            sender=envelope.sender,
            receiver=envelope.receiver,
            control_number=number,
            version=VERSION,
            transactions=[
                OutgoingTransaction(set_code=set_code, control_number=f"{index:04}", segments=segments)
                for index, segments in enumerate(written, start=1)
            ],
        )
        for number, (set_code, written) in enumerate(by_set.items(), start=1)
    ]
    return write_interchange(envelope, groups, style)
