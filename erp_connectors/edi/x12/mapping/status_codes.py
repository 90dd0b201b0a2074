"""The code lists of a carrier's status message (214): what happened, why, and by which clock."""

from erp_connectors.canonical.documents import ShipmentEvent

APPOINTMENTS = ("AA", "AB", "AC", "ED", "EP", "LD", "LP", "X9", "XA")
"""DE 1652, AT703: for pick-up or delivery, made, estimated or wished for."""

SHIPMENT_EVENTS = (
    dict.fromkeys(("AF", "AM", "CP", "BA"), ShipmentEvent.PICKED_UP)
    | dict.fromkeys(
        ("AN", "AR", "AV", "BC", "CL", "CT", "I1", "J1", "K1", "OA", "P1", "R1", "RH", "RL", "X4", "X6"),
        ShipmentEvent.IN_TRANSIT,
    )
    | dict.fromkeys(("S1", "X1", "X5"), ShipmentEvent.ARRIVED)
    | dict.fromkeys(("AJ", "OD"), ShipmentEvent.OUT_FOR_DELIVERY)
    | dict.fromkeys(("CB", "D1"), ShipmentEvent.DELIVERED)
    | dict.fromkeys(("AH", "AP"), ShipmentEvent.FAILED_ATTEMPT)
    | {
        "A3": ShipmentEvent.RETURNED,
        "A7": ShipmentEvent.REFUSED,
        "A9": ShipmentEvent.DAMAGED,
        "PR": ShipmentEvent.CUSTOMS_HOLD,
        "SD": ShipmentEvent.DELAYED,
    }
    | dict.fromkeys(
        (
            "AG",
            "AI",
            "B6",
            "BO",
            "BR",
            "C1",
            "CA",
            "CD",
            "DE",
            "DO",
            "L1",
            "LC",
            "NB",
            "NT",
            "OO",
            "OP",
            "PA",
        ),
        ShipmentEvent.OTHER,
    )
    | dict.fromkeys(("UC", "UR", "X2", "X3", "X8", "XB", "Y1"), ShipmentEvent.OTHER)
    | dict.fromkeys(APPOINTMENTS, ShipmentEvent.OTHER)
)
"""DE 1650, AT701, and DE 1652, AT703."""

ETA_CODES = frozenset({"AG", "X2", "AB", "AC", "X9"})
"""Statuses and appointments that state when the carrier means to deliver, not when something happened."""

SHIPMENT_REASONS = {
    "AK": ShipmentEvent.DAMAGED,
    "AR": ShipmentEvent.CUSTOMS_HOLD,
    "AS": ShipmentEvent.CUSTOMS_HOLD,
    "BD": ShipmentEvent.CUSTOMS_HOLD,
    "BS": ShipmentEvent.REFUSED,
    "BT": ShipmentEvent.RETURNED,
    "CA": ShipmentEvent.CUSTOMS_HOLD,
}
"""DE 1651, AT702: reasons that say more than the status they stand beside. All others are kept as sent."""

ON_THE_WAY = frozenset(
    {ShipmentEvent.IN_TRANSIT, ShipmentEvent.DELAYED, ShipmentEvent.FAILED_ATTEMPT, ShipmentEvent.OTHER}
)
"""Events that a reason may explain further: a shipment that is delivered is not held at customs."""

TIME_ZONES = {
    "AD": "-08:00",
    "AS": "-09:00",
    "AT": "America/Anchorage",
    "CD": "-05:00",
    "CS": "-06:00",
    "CT": "America/Chicago",
    "ED": "-04:00",
    "ES": "-05:00",
    "ET": "America/New_York",
    "GM": "+00:00",
    "HD": "-09:00",
    "HS": "-10:00",
    "HT": "Pacific/Honolulu",
    "MD": "-06:00",
    "MS": "-07:00",
    "MT": "America/Denver",
    "ND": "-02:30",
    "NS": "-03:30",
    "NT": "America/St_Johns",
    "PD": "-07:00",
    "PS": "-08:00",
    "PT": "America/Los_Angeles",
    "TD": "-03:00",
    "TS": "-04:00",
    "TT": "America/Halifax",
    "UT": "+00:00",
}
TIME_ZONES |= {f"{hours:02}": f"+{hours:02}:00" for hours in range(1, 13)}
TIME_ZONES |= {f"{code:02}": f"-{25 - code:02}:00" for code in range(13, 25)}
"""DE 623: an offset, or a zone with its summer time. LT and whatever is not here is the partner's time."""
