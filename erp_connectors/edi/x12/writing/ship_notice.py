"""A ship notice as an 856: one shipment, its orders, their items."""

from erp_connectors.canonical.documents import ShipNotice, ShipNoticeLine
from erp_connectors.edi.writing import Segment, day
from erp_connectors.edi.x12.writing.codes import (
    PURPOSE_CODES,
    id_pairs,
    measured,
    parties,
    references,
)

FINAL = "CC"


def ship_notice_856(document: ShipNotice) -> list[Segment]:
    """Return the inside of an 856; an order level opens wherever the next line is of another order."""
    at = document.version.document_time
    shipment: list[Segment] = [
        ("BSN", PURPOSE_CODES[document.purpose], document.number, day(at), f"{at:%H%M}", "0004"),
        ("HL", "1", "", "S"),
    ]
    if document.carrier:
        shipment.append(("TD5", "", "2", document.carrier))
    named = [each for each in document.references if each.value != document.tracking]
    if document.tracking:
        shipment.append(("REF", "CN", document.tracking))
    dates = (("011", document.shipped_on), ("017", document.expected_on))
    shipment += [*references(named), *(("DTM", code, day(on)) for code, on in dates if on)]
    return [*shipment, *parties(document.parties), *_levels(document), ("CTT", str(len(document.lines)))]


def _levels(document: ShipNotice) -> list[Segment]:
    segments: list[Segment] = []
    level, parent, order = 1, "1", None
    for line in document.lines:
        if line.order_number != order:
            level, order = level + 1, line.order_number
            parent = str(level)
            segments += [("HL", parent, "1", "O"), ("PRF", order or "")]
        level += 1
        segments += [("HL", str(level), parent, "I"), *_item(line)]
    return segments


def _item(line: ShipNoticeLine) -> list[Segment]:
    shipped, _ = measured(line.shipped)
    to_date, unit = measured(line.shipped_to_date or line.shipped)
    to_date = to_date if line.shipped_to_date else ""
    segments: list[Segment] = [
        ("LIN", line.line_number or "", *id_pairs(line.ids, ("LT", line.lot))),
        ("SN1", "", shipped, unit, to_date, *measured(line.ordered), "", FINAL if line.final else ""),
    ]
    if line.expires_on:
        segments.append(("DTM", "036", day(line.expires_on)))
    if line.package:
        segments.append(("MAN", "GM", line.package))
    return segments
