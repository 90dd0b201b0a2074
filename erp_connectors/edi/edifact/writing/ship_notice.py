"""A ship notice as a DESADV: one consignment, and the orders of its lines."""

from erp_connectors.canonical.documents import ShipNotice, ShipNoticeLine
from erp_connectors.edi.edifact.writing.codes import (
    PURPOSE_CODES,
    dtm,
    ftx,
    lin,
    order_line,
    parties,
    qty,
    references,
    rff,
    written_at,
)
from erp_connectors.edi.writing import Segment

DESPATCHED, ORDERED, TO_DATE = "12", "21", "3"
SHIPPED, EXPECTED, EXPIRES = "11", "17", "36"
FINAL = "CC"


def despatch_advice(document: ShipNotice) -> list[Segment]:
    """Return the inside of a DESADV; every line names its order."""
    named = [each for each in document.references if each.value != document.tracking]
    lines = [_line(str(number), line) for number, line in enumerate(document.lines, start=1)]
    return [
        ("BGM", "351", document.number, PURPOSE_CODES[document.purpose]),
        written_at(document.version.document_time),
        *dtm(SHIPPED, document.shipped_on),
        *dtm(EXPECTED, document.expected_on),
        *ftx("AAI", document.notes),
        *rff("CN", document.tracking),
        *references(named),
        *parties(document.parties),
        *([("TDT", "20", "", "", "", document.carrier)] if document.carrier else []),
        ("CPS", "1"),
        *(segment for line in lines for segment in line),
        ("CNT", ("2", str(len(lines)))),
    ]


def _line(number: str, line: ShipNoticeLine) -> list[Segment]:
    return [
        *lin(number, line.ids),
        *qty(DESPATCHED, line.shipped),
        *qty(ORDERED, line.ordered),
        *qty(TO_DATE, line.shipped_to_date),
        *dtm(EXPIRES, line.expires_on),
        *order_line(line.order_number, line.line_number),
        *([("PCI", "33E"), ("GIN", "BJ", line.package)] if line.package else []),
        *([("GIN", "BX", line.lot)] if line.lot else []),
        *([("QVR", "", FINAL)] if line.final else []),
    ]
