"""The code lists that decide what an EDIFACT value means, as data in two layers: standard < partner.

Sources: the UN/EDIFACT code lists of the directories D.96A to D.01B (1225, 1229, 2005, 4221, 4343, 5125,
6063, 7143, 1153, 3035, 3055), the EANCOM 1997 and 2002 manuals, and published partner guides. The directories
add codes and give none a second meaning, so one table serves all. Meanings differ between partners; a
difference is an override in a profile, never code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from erp_connectors.canonical.documents import (
    ChargeKind,
    GoodsCondition,
    InvoiceKind,
    LineAnswer,
    Purpose,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind
from erp_connectors.edi.edifact.mapping.invoice_codes import CHARGE_KINDS, INVOICE_TYPES, TAX
from erp_connectors.edi.edifact.mapping.receipt_codes import CONDITIONS, GOOD
from erp_connectors.edi.overlay import replaced, resolved, words
from erp_connectors.edi.rules import EdifactOverrides
from erp_connectors.errors import ConfigurationError


class Confirms(StrEnum):
    """Which quantity of the line a line action confirms, where none is stated as confirmed."""

    ORDERED = "ordered"
    DESPATCHED = "despatched"
    NOTHING = "nothing"
    NOT_SAID = "not_said"


@dataclass(frozen=True, slots=True)
class Action:
    """What a line action means. `answer` None: the quantities have to say it."""

    answer: LineAnswer | None
    confirms: Confirms


ACCEPTED = Action(LineAnswer.ACCEPTED, Confirms.ORDERED)
CHANGED = Action(LineAnswer.CHANGED, Confirms.DESPATCHED)
REJECTED = Action(LineAnswer.REJECTED, Confirms.NOTHING)
UNSAID = Action(None, Confirms.NOT_SAID)

ACTIONS = {
    "1": Action(LineAnswer.CHANGED, Confirms.NOT_SAID),
    "2": REJECTED,
    "3": CHANGED,
    "4": UNSAID,
    "5": ACCEPTED,
    "6": CHANGED,
    "7": REJECTED,
    "10": Action(LineAnswer.REJECTED, Confirms.NOT_SAID),
    "11": UNSAID,
    "21": REJECTED,
    "23": CHANGED,
    "24": CHANGED,
    "38": Action(LineAnswer.SUBSTITUTED, Confirms.DESPATCHED),
}
"""DE 1229, LIN. An action that is not here is unknown."""


@dataclass(frozen=True, slots=True)
class HeaderStatus:
    """What the header says of lines it does not mention, and of mentioned lines without an action."""

    unmentioned: Unmentioned
    silent_line: Action


OPEN = HeaderStatus(Unmentioned.UNANSWERED, UNSAID)
CONFIRMS = HeaderStatus(Unmentioned.ACCEPTED, ACCEPTED)
AMENDS = HeaderStatus(Unmentioned.ACCEPTED, UNSAID)
REFUSES = HeaderStatus(Unmentioned.REJECTED, REJECTED)

HEADER_STATUS = {
    "12": OPEN,
    "16": OPEN,
    "27": REFUSES,
    "28": CONFIRMS,
    "29": CONFIRMS,
    "30": AMENDS,
    "34": AMENDS,
    "52": OPEN,
    "AA": OPEN,
    "AB": OPEN,
    "AC": OPEN,
    "AI": AMENDS,
    "AP": CONFIRMS,
    "RE": REFUSES,
    "NA": OPEN,
}
"""DE 1225 and, where that does not tell, DE 4343 of BGM. 28 changes the heading; the lines stand."""

PURPOSES = {
    "1": Purpose.CANCEL,
    "3": Purpose.CANCEL,
    "4": Purpose.CHANGE,
    "5": Purpose.REPLACE,
    "20": Purpose.REPLACE,
} | dict.fromkeys(
    ("", "2", "6", "7", "9", "11", "12", "16", "27", "28", "29", "30", "31", "34", "42", "43", "46", "52"),
    Purpose.ORIGINAL,
)
"""DE 1225. What is not here is read as an original, with a warning."""


class QuantityKind(StrEnum):
    """What a quantity is about."""

    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    SPLIT = "split"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    DESPATCHED = "despatched"
    DELIVERED = "delivered"
    CUMULATIVE = "cumulative"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    RETURNED = "returned"
    SCRAPPED = "scrapped"
    DAMAGED = "damaged"
    LOST = "lost"
    SHORT = "short"
    OVER = "over"
    INVOICED = "invoiced"
    IGNORED = "ignored"


QUANTITY_KINDS = {
    "3": QuantityKind.CUMULATIVE,
    "11": QuantityKind.SPLIT,
    "12": QuantityKind.DESPATCHED,
    "21": QuantityKind.ORDERED,
    "46": QuantityKind.DELIVERED,
    "47": QuantityKind.INVOICED,
    "48": QuantityKind.RECEIVED,
    "61": QuantityKind.RETURNED,
    "83": QuantityKind.BACKORDERED,
    "113": QuantityKind.CONFIRMED,
    "119": QuantityKind.SHORT,
    "121": QuantityKind.OVER,
    "124": QuantityKind.DAMAGED,
    "125": QuantityKind.LOST,
    "126": QuantityKind.LOST,
    "131": QuantityKind.DELIVERED,
    "182": QuantityKind.REJECTED,
    "185": QuantityKind.REJECTED,
    "187": QuantityKind.SPLIT,
    "194": QuantityKind.ACCEPTED,
    "195": QuantityKind.REFUSED,
    "196": QuantityKind.SCRAPPED,
    "218": QuantityKind.RETURNED,
}
"""DE 6063. Others (59 units in the traded unit, 52 per pack, 192 free goods) are kept in the reading only."""

DELIVERY_DATES = ("69", "67", "76", "55", "17", "191", "72", "75", "2")
SHIP_DATES = ("79", "11", "200", "85", "10")
EXPECTED_DATES = ("17", "132", "191", "67", "69", "232", "358", "359")
DATE_KINDS = dict.fromkeys(
    (
        *(
            "2",
            "17",
            "35",
            "50",
            "55",
            "61",
            "63",
            "64",
            "65",
            "67",
            "69",
            "71",
            "72",
            "74",
            "75",
            "76",
            "132",
        ),
        *("178", "191", "231", "232", "233", "355", "358", "359"),
    ),
    DateKind.DELIVERY,
) | dict.fromkeys(
    ("10", "11", "37", "38", "79", "81", "84", "85", "110", "133", "136", "186", "189", "200", "270", "271"),
    DateKind.SHIP,
)
"""DE 2005: which kind of day a date names. The precedences say which of several is the supplier's word."""

REQUESTED_DATES = frozenset({"2", "10"})
"""Dates the buyer asked for: on a line they are what the supplier keeps to, in the header only an echo."""

ID_KINDS = {
    "IN": "buyer",
    "BP": "buyer",
    "CB": "buyer",
    "SA": "supplier",
    "VP": "supplier",
    "VN": "supplier",
    "VS": "supplier",
    "EN": "gtin",
    "SRV": "gtin",
    "GTIN": "gtin",
    "UP": "gtin",
    "UA": "gtin",
    "UK": "gtin",
    "MF": "manufacturer",
    "MP": "manufacturer",
    "NB": "lot",
    "BB": "lot",
    "SN": "serial",
    "PV": "promotion",
}
"""DE 7143."""

ADDITIONAL_IDS = frozenset({"1", "5"})
SUBSTITUTED_BY, SUBSTITUTE_FOR = "3", "4"
"""DE 4347 of PIA."""

NET_PRICES = ("AAA", "NTP", "INV", "CAL", "AAD")
GROSS_PRICE = "AAB"
"""DE 5125. The gross price is what is paid only where no allowance or charge stands beside it."""

UNITS = {"PCE": "H87", "NPR": "PR", "OZ": "ONZ", "LB": "LBR", "PT": "PTL", "QT": "QTL", "NRL": "RO"}
"""DE 6411 to UN/ECE Recommendation 20 as it is now; a code that is not here stays as it was sent."""

PARTY_ROLES = {
    "BY": "buyer",
    "OB": "ordered_by",
    "SU": "supplier",
    "SE": "supplier",
    "DP": "ship_to",
    "ST": "ship_to",
    "CN": "ship_to",
    "SF": "ship_from",
    "SH": "ship_from",
    "CZ": "ship_from",
    "IV": "bill_to",
    "PR": "payer",
    "PE": "remit_to",
    "CA": "carrier",
    "FW": "carrier",
    "UC": "ultimate_consignee",
}
"""DE 3035; a role that is not here stays as it was sent."""

ID_SCHEMES = {"9": "gln", "16": "duns", "91": "seller", "92": "buyer", "31B": "san", "ZZZ": "mutual"}
"""DE 3055."""

REFERENCE_KINDS = {
    "ON": "order",
    "VN": "supplier_order",
    "CO": "customer_order",
    "CT": "contract",
    "BC": "contract",
    "BO": "contract",
    "DQ": "delivery_note",
    "AAJ": "delivery_note",
    "AAK": "ship_notice",
    "ALO": "receipt",
    "BM": "bill_of_lading",
    "AAS": "transport_document",
    "CN": "carrier_reference",
    "PK": "packing_list",
    "IV": "invoice",
    "OI": "invoice",
    "CR": "customer_reference",
    "ACW": "previous_message",
    "LI": "order_line",
    "BT": "lot",
    "LT": "lot",
}
"""DE 1153; a qualifier that is not here stays as it was sent."""

FINAL_CODES = frozenset({"CC", "CP", "CS", "CM"})
"""DE 4221 by which a despatch advice says that nothing more of the line will come."""

LIN, NO_NUMBER, REFERENCE = "LIN", "NONE", "RFF:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables in force for one partner."""

    actions: Mapping[str, Action] = field(default_factory=lambda: ACTIONS)
    header_status: Mapping[str, HeaderStatus] = field(default_factory=lambda: HEADER_STATUS)
    purposes: Mapping[str, Purpose] = field(default_factory=lambda: PURPOSES)
    quantity_kinds: Mapping[str, QuantityKind] = field(default_factory=lambda: QUANTITY_KINDS)
    confirmed_quantity: tuple[str, ...] = ()
    delivery_dates: tuple[str, ...] = DELIVERY_DATES
    ship_dates: tuple[str, ...] = SHIP_DATES
    expected_dates: tuple[str, ...] = EXPECTED_DATES
    date_kinds: Mapping[str, DateKind] = field(default_factory=lambda: DATE_KINDS)
    id_kinds: Mapping[str, str] = field(default_factory=lambda: ID_KINDS)
    net_prices: tuple[str, ...] = NET_PRICES
    units: Mapping[str, str] = field(default_factory=lambda: UNITS)
    party_roles: Mapping[str, str] = field(default_factory=lambda: PARTY_ROLES)
    id_schemes: Mapping[str, str] = field(default_factory=lambda: ID_SCHEMES)
    reference_kinds: Mapping[str, str] = field(default_factory=lambda: REFERENCE_KINDS)
    final_codes: frozenset[str] = FINAL_CODES
    conditions: Mapping[str, GoodsCondition | None] = field(default_factory=lambda: CONDITIONS)
    invoice_types: Mapping[str, InvoiceKind] = field(default_factory=lambda: INVOICE_TYPES)
    charge_kinds: Mapping[str, ChargeKind | None] = field(default_factory=lambda: CHARGE_KINDS)
    line_number_source: str = ""
    ignored_segments: frozenset[str] = frozenset()


STANDARD = Tables()
NO_CHANGE = EdifactOverrides()


def tables_for(layer: EdifactOverrides) -> Tables:
    """Return the standard tables, overlaid with those of the partner.

    Raises ConfigurationError where an override names a code that no table has, or an unknown word.
    """
    if layer == NO_CHANGE:
        return STANDARD
    return replace(
        STANDARD,
        actions={**STANDARD.actions, **resolved(layer.actions, STANDARD.actions)},
        header_status={**STANDARD.header_status, **resolved(layer.header_status, STANDARD.header_status)},
        purposes={**STANDARD.purposes, **words(layer.purposes, Purpose)},
        quantity_kinds={**STANDARD.quantity_kinds, **words(layer.quantity_kinds, QuantityKind)},
        confirmed_quantity=_precedence(STANDARD.confirmed_quantity, layer.confirmed_quantity),
        delivery_dates=_precedence(STANDARD.delivery_dates, layer.delivery_dates),
        ship_dates=_precedence(STANDARD.ship_dates, layer.ship_dates),
        expected_dates=_precedence(STANDARD.expected_dates, layer.expected_dates),
        date_kinds={**STANDARD.date_kinds, **words(layer.date_kinds, DateKind)},
        id_kinds={**STANDARD.id_kinds, **layer.id_kinds},
        net_prices=_precedence(STANDARD.net_prices, layer.net_prices),
        units={**STANDARD.units, **layer.units},
        party_roles={**STANDARD.party_roles, **layer.party_roles},
        id_schemes={**STANDARD.id_schemes, **layer.id_schemes},
        reference_kinds={**STANDARD.reference_kinds, **layer.reference_kinds},
        final_codes=replaced(STANDARD.final_codes, layer.final_codes),
        conditions={**STANDARD.conditions, **words(layer.conditions, GoodsCondition, nothing=GOOD)},
        invoice_types={**STANDARD.invoice_types, **words(layer.invoice_types, InvoiceKind)},
        charge_kinds={**STANDARD.charge_kinds, **words(layer.charge_kinds, ChargeKind, nothing=TAX)},
        line_number_source=_line_number_source(layer.line_number_source) or STANDARD.line_number_source,
        ignored_segments=STANDARD.ignored_segments | layer.ignored_segments,
    )


def _precedence(below: tuple[str, ...], layer: tuple[str, ...] | None) -> tuple[str, ...]:
    return below if layer is None else layer


def _line_number_source(place: str | None) -> str | None:
    if place is not None and place not in (LIN, NO_NUMBER) and not place.startswith(REFERENCE):
        raise ConfigurationError(f"{place!r} is none of: {LIN}, {NO_NUMBER}, {REFERENCE}xx.")
    return place
