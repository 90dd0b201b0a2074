"""What a carrier says of a shipment as a 214."""

from erp_connectors.canonical.documents import ShipmentEvent, ShipmentStatus, StatusEvent
from erp_connectors.edi.writing import Segment, UnwritableValue, day
from erp_connectors.edi.x12.mapping.status_codes import APPOINTMENTS
from erp_connectors.edi.x12.writing.codes import (
    REFERENCE_CODES,
)

EVENT_CODES = {
    ShipmentEvent.PICKED_UP: "AF",
    ShipmentEvent.IN_TRANSIT: "X6",
    ShipmentEvent.ARRIVED: "X1",
    ShipmentEvent.OUT_FOR_DELIVERY: "AJ",
    ShipmentEvent.DELIVERED: "D1",
    ShipmentEvent.DELAYED: "SD",
    ShipmentEvent.REFUSED: "A7",
    ShipmentEvent.DAMAGED: "A9",
    ShipmentEvent.CUSTOMS_HOLD: "PR",
    ShipmentEvent.FAILED_ATTEMPT: "AH",
    ShipmentEvent.RETURNED: "A3",
    ShipmentEvent.OTHER: "XB",
}
ESTIMATE, NORMAL, IN_UTC = "AG", "NS", "UT"


def shipment_status_214(document: ShipmentStatus) -> list[Segment]:
    """Return the inside of a 214. Raises UnwritableValue for an event that has no code."""
    segments: list[Segment] = [
        ("B10", document.tracking or "", document.number, document.carrier or ""),
        *(("L11", order, "PO") for order in document.order_numbers),
    ]
    named = [each for each in document.references if each.kind != "order"]
    segments += [("L11", each.value, REFERENCE_CODES.get(each.kind, each.kind)) for each in named]
    for number, event in enumerate(document.events, start=1):
        segments += [("LX", str(number)), *_event(event)]
    return segments


def _event(event: StatusEvent) -> list[Segment]:
    """Return the event, and when the carrier means to deliver as an estimate beside it."""
    segments: list[Segment] = []
    if event.eta is None or (event.kind is not ShipmentEvent.OTHER and not event.code):
        segments.append(_at7(event, _code(event), day(event.at), f"{event.at:%H%M%S}"))
    if event.eta is not None:
        segments.append(_at7(event, event.code or ESTIMATE, day(event.eta), ""))
    if event.place:
        segments.append(("MS1", *event.place.split(", ")[:3]))
    return segments


def _code(event: StatusEvent) -> str:
    code = event.code or EVENT_CODES.get(event.kind)
    if code is None:
        raise UnwritableValue(f"No status says that a shipment is {event.kind}.")
    return code


def _at7(event: StatusEvent, code: str, on: str, clock: str) -> Segment:
    reason = event.reason or NORMAL
    stated = ("", "", code, reason) if code in APPOINTMENTS else (code, reason, "", "")
    return ("AT7", *stated, on, clock, IN_UTC if clock else "")
