"""The code lists that decide what an X12 value means, as data in layers: standard < version < partner.

Sources: the X12 data element dictionary, elements 587, 668, 670, 374, 235, 639, 355, 98 and 128, the
examples of the aerospace guides (004010X358, X362), and published partner guides. Meanings differ between
partners; a difference is an override in a profile, never code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from erp_connectors.canonical.documents import (
    ChargeKind,
    GoodsCondition,
    InvoiceKind,
    LineAnswer,
    Purpose,
    ShipmentEvent,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind
from erp_connectors.edi.overlay import replaced, resolved, words
from erp_connectors.edi.rules import MappingOverrides
from erp_connectors.edi.x12.dates import zone_of
from erp_connectors.edi.x12.mapping.invoice_codes import (
    CHARGE_INDICATORS,
    CHARGE_KINDS,
    INVOICE_TYPES,
    NOT_BILLED,
    TAX,
    TERMS_BASES,
    Sign,
)
from erp_connectors.edi.x12.mapping.receipt_codes import (
    GOOD,
    RECEIPT_TYPES,
    RECEIVING_CONDITIONS,
    Counted,
)
from erp_connectors.edi.x12.mapping.status_codes import (
    ETA_CODES,
    SHIPMENT_EVENTS,
    SHIPMENT_REASONS,
    TIME_ZONES,
)
from erp_connectors.errors import ConfigurationError


class Share(StrEnum):
    """Which part of the ordered quantity the quantity of an ACK segment is."""

    CONFIRMED = "confirmed"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What a line status means. `whole_line`: without a quantity of its own it speaks of the whole line.

    `balance_backordered`: what the quantity leaves open of the line is backordered.
    """

    answer: LineAnswer
    share: Share
    whole_line: bool = False
    firm: bool = True
    balance_backordered: bool = False


ACCEPTED = LineStatus(LineAnswer.ACCEPTED, Share.CONFIRMED, whole_line=True)
REJECTED = LineStatus(LineAnswer.REJECTED, Share.REJECTED, whole_line=True)
HELD = LineStatus(LineAnswer.HELD, Share.HELD, whole_line=True, firm=False)

LINE_STATUS = {
    "IA": ACCEPTED,
    "AA": ACCEPTED,
    "AC": ACCEPTED,
    "AR": ACCEPTED,
    "IQ": LineStatus(LineAnswer.CHANGED, Share.CONFIRMED),
    "IB": LineStatus(LineAnswer.BACKORDERED, Share.BACKORDERED),
    "BP": LineStatus(LineAnswer.BACKORDERED, Share.CONFIRMED, balance_backordered=True),
    "IP": LineStatus(LineAnswer.CHANGED, Share.CONFIRMED, whole_line=True),
    "DR": LineStatus(LineAnswer.CHANGED, Share.CONFIRMED, whole_line=True),
    "SP": LineStatus(LineAnswer.DATE_PENDING, Share.CONFIRMED, whole_line=True, firm=False),
    "IC": LineStatus(LineAnswer.CHANGED, Share.CONFIRMED),
    "IS": LineStatus(LineAnswer.SUBSTITUTED, Share.CONFIRMED),
    "ID": REJECTED,
    "IR": REJECTED,
    "IE": LineStatus(LineAnswer.PRICE_PENDING, Share.CONFIRMED, whole_line=True),
    "IF": HELD,
    "IH": HELD,
    "IW": HELD,
} | {f"R{number}": REJECTED for number in range(1, 9)}
"""DE 668, ACK01."""


@dataclass(frozen=True, slots=True)
class HeaderStatus:
    """What a header status says of lines it does not mention, and of mentioned lines without an ACK.

    `silent_line` None: the status does not tell.
    """

    unmentioned: Unmentioned
    silent_line: LineStatus | None


CONFIRMS = HeaderStatus(Unmentioned.ACCEPTED, ACCEPTED)
REJECTS = HeaderStatus(Unmentioned.REJECTED, REJECTED)
UNCLEAR = HeaderStatus(Unmentioned.UNANSWERED, None)

HEADER_STATUS = {
    "AC": HeaderStatus(Unmentioned.UNANSWERED, ACCEPTED),
    "AD": CONFIRMS,
    "AE": CONFIRMS,
    "AH": HeaderStatus(Unmentioned.HELD, HELD),
    "AK": CONFIRMS,
    "AP": CONFIRMS,
    "AT": CONFIRMS,
    "RD": REJECTS,
    "RF": REJECTS,
    "RJ": REJECTS,
    "RN": REJECTS,
    "RO": REJECTS,
    "RV": REJECTS,
    "NA": UNCLEAR,
    "ZZ": UNCLEAR,
}
"""DE 587, BAK02. A line restated under AC without an ACK stands as its PO1 says."""


class Change(StrEnum):
    """What a change does to the ordered quantity."""

    NONE = "none"
    UP = "up"
    DOWN = "down"
    ANY = "any"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ChangeCode:
    """What a line change means where no ACK answers it.

    `status` None: the change is refused, and what was said before stands.
    """

    status: LineStatus | None
    change: Change = Change.NONE


CHANGED = LineStatus(LineAnswer.CHANGED, Share.CONFIRMED, whole_line=True)
REPLACED = LineStatus(LineAnswer.SUBSTITUTED, Share.CONFIRMED, whole_line=True)

CHANGE_CODES = (
    dict.fromkeys(("NC", "OA", "OC", "CH", "CI"), ChangeCode(ACCEPTED))
    | dict.fromkeys(
        ("AA", "CB", "CC", "CD", "CE", "CG", "CT", "PC", "PR", "RA", "RB", "RS"), ChangeCode(CHANGED)
    )
    | dict.fromkeys(("CA", "MU", "PQ", "QC", "RQ", "RZ"), ChangeCode(CHANGED, Change.ANY))
    | dict.fromkeys(("RE", "RM"), ChangeCode(REPLACED, Change.ANY))
    | dict.fromkeys(("CF", "DI"), ChangeCode(REJECTED, Change.DELETED))
    | {
        "AI": ChangeCode(CHANGED),
        "QD": ChangeCode(CHANGED, Change.DOWN),
        "QI": ChangeCode(CHANGED, Change.UP),
        "RC": ChangeCode(None),
    }
)
"""DE 670, POC02. A transfer (TI) is not in it: which item is meant is not said."""

IN_POC03, IN_POC04 = "POC03", "POC04"

PURPOSES = {
    "00": Purpose.ORIGINAL,
    "01": Purpose.CANCEL,
    "02": Purpose.ORIGINAL,
    "04": Purpose.CHANGE,
    "05": Purpose.REPLACE,
    "06": Purpose.ORIGINAL,
    "07": Purpose.ORIGINAL,
    "11": Purpose.ORIGINAL,
    "14": Purpose.ORIGINAL,
    "22": Purpose.ORIGINAL,
    "54": Purpose.ORIGINAL,
}
"""DE 353. What none of them names is read as an original, with a warning."""

DELIVERY_QUALIFIERS = ("069", "067", "017")
SHIP_QUALIFIERS = ("068", "079", "011", "010")
DATE_KINDS = dict.fromkeys(
    ("002", "017", "035", "050", "063", "064", "067", "069", "071", "074", "077", "106", "371"),
    DateKind.DELIVERY,
) | dict.fromkeys(("010", "011", "037", "038", "068", "079", "080", "081", "118"), DateKind.SHIP)
"""DE 374: which kind of day a date of an ACK or SCH segment names."""

ID_KINDS = {
    "BP": "buyer",
    "CB": "buyer",
    "IN": "buyer",
    "SK": "buyer",
    "VP": "supplier",
    "VN": "supplier",
    "VC": "supplier",
    "VA": "supplier",
    "VS": "supplier",
    "SN": "supplier",
    "MG": "manufacturer",
    "MF": "manufacturer",
    "MN": "manufacturer",
    "UP": "gtin",
    "UI": "gtin",
    "EN": "gtin",
    "EO": "gtin",
    "UK": "gtin",
    "UA": "gtin",
    "PO": "order",
    "ON": "order",
    "PL": "order_line",
    "LT": "lot",
}
"""DE 235."""

PRICE_DIVISORS = {"HP": Decimal(100), "TP": Decimal(1000), "PT": Decimal(1000)}
OWN_NUMBER, NO_NUMBER = "PO101", "NONE"
"""Where the number of an order line stands; else in a reference (REF:xx) or among the ids (ID:xx)."""

PRICE_UNITS = {"PE": "EA", "TE": "EA", "CA": "CS"}
PRICE_PER_LINE_UNIT = frozenset({"UM"})
"""DE 639. A code in none of the three names a kind of price and states no basis."""

RESALE_PRICES = frozenset({"RES", "RTL", "MSR", "SRP", "MAP", "PRF"})
"""DE 236: prices a CTP segment gives for information, never what is paid."""

UNITS = {
    "EA": "EA",
    "UN": "C62",
    "PC": "H87",
    "PCE": "H87",
    "CA": "CS",
    "CS": "CS",
    "CT": "CT",
    "BX": "BX",
    "DZ": "DZN",
    "PK": "PK",
    "PR": "PR",
    "ST": "SET",
    "KT": "KT",
    "RL": "RO",
    "BG": "BG",
    "DR": "DR",
    "GR": "GRM",
    "GS": "GRO",
    "HU": "CEN",
    "TH": "MIL",
    "LB": "LBR",
    "OZ": "ONZ",
    "KG": "KGM",
    "KGM": "KGM",
    "TN": "STN",
    "FT": "FOT",
    "IN": "INH",
    "YD": "YRD",
    "MR": "MTR",
    "MTR": "MTR",
    "CM": "CMT",
    "MM": "MMT",
    "SF": "FTK",
    "SM": "MTK",
    "SY": "YDK",
    "CF": "FTQ",
    "GA": "GLL",
    "QT": "QTL",
    "PT": "PTL",
    "LT": "LTR",
    "ML": "MLT",
    "FO": "OZA",
    "HR": "HUR",
    "DA": "DAY",
    "MO": "MON",
}
"""DE 355 to UN/ECE Recommendation 20; a code that is not here stays as it was sent."""

PARTY_ROLES = {
    "BY": "buyer",
    "SU": "supplier",
    "VN": "supplier",
    "SE": "supplier",
    "ST": "ship_to",
    "SF": "ship_from",
    "SH": "ship_from",
    "BT": "bill_to",
    "RE": "remit_to",
    "RI": "remit_to",
    "CA": "carrier",
    "OB": "ordered_by",
}
"""DE 98, N101; a role that is not here stays as it was sent."""

ID_SCHEMES = {
    "1": "duns",
    "2": "scac",
    "9": "duns+4",
    "91": "seller",
    "92": "buyer",
    "UL": "gln",
    "ZZ": "mutual",
}
"""DE 66, N103."""

REFERENCE_KINDS = {
    "ON": "order",
    "PO": "order",
    "VN": "supplier_order",
    "IA": "internal_vendor",
    "DP": "department",
    "CO": "customer_order",
    "CT": "contract",
    "BM": "bill_of_lading",
    "MB": "bill_of_lading",
    "2I": "tracking",
    "CN": "carrier_reference",
    "PK": "packing_list",
    "SI": "shipment",
    "IV": "invoice",
    "OI": "original_invoice",
    "LT": "lot",
}
"""DE 128; a qualifier that is not here stays as it was sent."""

FINAL_STATUSES = frozenset({"CC", "CL", "CP"})
"""SN108 values by which a ship notice says that nothing more of the line will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables in force for one version and one partner."""

    line_status: Mapping[str, LineStatus] = field(default_factory=lambda: LINE_STATUS)
    header_status: Mapping[str, HeaderStatus] = field(default_factory=lambda: HEADER_STATUS)
    change_codes: Mapping[str, ChangeCode] = field(default_factory=lambda: CHANGE_CODES)
    change_quantity: str | None = None
    purposes: Mapping[str, Purpose] = field(default_factory=lambda: PURPOSES)
    delivery_qualifiers: tuple[str, ...] = DELIVERY_QUALIFIERS
    ship_qualifiers: tuple[str, ...] = SHIP_QUALIFIERS
    date_kinds: Mapping[str, DateKind] = field(default_factory=lambda: DATE_KINDS)
    id_kinds: Mapping[str, str] = field(default_factory=lambda: ID_KINDS)
    price_divisors: Mapping[str, Decimal] = field(default_factory=lambda: PRICE_DIVISORS)
    price_units: Mapping[str, str] = field(default_factory=lambda: PRICE_UNITS)
    resale_prices: frozenset[str] = RESALE_PRICES
    units: Mapping[str, str] = field(default_factory=lambda: UNITS)
    party_roles: Mapping[str, str] = field(default_factory=lambda: PARTY_ROLES)
    id_schemes: Mapping[str, str] = field(default_factory=lambda: ID_SCHEMES)
    reference_kinds: Mapping[str, str] = field(default_factory=lambda: REFERENCE_KINDS)
    final_statuses: frozenset[str] = FINAL_STATUSES
    receiving_conditions: Mapping[str, GoodsCondition | None] = field(
        default_factory=lambda: RECEIVING_CONDITIONS
    )
    receipt_types: Mapping[str, Counted] = field(default_factory=lambda: RECEIPT_TYPES)
    invoice_types: Mapping[str, InvoiceKind] = field(default_factory=lambda: INVOICE_TYPES)
    charge_indicators: Mapping[str, Sign] = field(default_factory=lambda: CHARGE_INDICATORS)
    charge_kinds: Mapping[str, ChargeKind | None] = field(default_factory=lambda: CHARGE_KINDS)
    not_billed: frozenset[str] = NOT_BILLED
    terms_bases: frozenset[str] = TERMS_BASES
    explicit_amounts: frozenset[str] = frozenset()
    shipment_events: Mapping[str, ShipmentEvent] = field(default_factory=lambda: SHIPMENT_EVENTS)
    shipment_reasons: Mapping[str, ShipmentEvent] = field(default_factory=lambda: SHIPMENT_REASONS)
    eta_codes: frozenset[str] = ETA_CODES
    time_zones: Mapping[str, str] = field(default_factory=lambda: TIME_ZONES)
    line_number_source: str = OWN_NUMBER
    ignored_segments: frozenset[str] = frozenset()


STANDARD = Tables()

AEROSPACE_DATES = ("106", *DELIVERY_QUALIFIERS)
VERSION_LAYERS = (
    # The aerospace guides answer with the date goods are required (106) where others promise (069), and
    # say in POC04 what a line comes to with its change; POC03 is what it was.
    ("004010X358", MappingOverrides(date_qualifiers=AEROSPACE_DATES)),
    ("004010X362", MappingOverrides(date_qualifiers=AEROSPACE_DATES, change_quantity=IN_POC04)),
)


def tables_for(version: str, overrides: MappingOverrides) -> Tables:
    """Return the standard tables, overlaid with those of the version, overlaid with the partner's.

    Raises ConfigurationError where an override names a status that no table has, or an unknown word.
    """
    tables = STANDARD
    for prefix, layer in VERSION_LAYERS:
        if version.startswith(prefix):
            tables = overlaid(tables, layer)
    return overlaid(tables, overrides)


NO_CHANGE = MappingOverrides()


def overlaid(tables: Tables, layer: MappingOverrides) -> Tables:
    """Return the tables with one layer of overrides on top; a status maps to one the tables know."""
    if layer == NO_CHANGE:
        return tables
    return replace(
        tables,
        line_status={**tables.line_status, **resolved(layer.line_status, tables.line_status)},
        header_status={**tables.header_status, **resolved(layer.header_status, tables.header_status)},
        change_codes={**tables.change_codes, **resolved(layer.change_codes, tables.change_codes)},
        change_quantity=_one_of((IN_POC03, IN_POC04), layer.change_quantity) or tables.change_quantity,
        purposes={**tables.purposes, **words(layer.purposes, Purpose)},
        delivery_qualifiers=layer.date_qualifiers or tables.delivery_qualifiers,
        date_kinds={**tables.date_kinds, **words(layer.date_kinds, DateKind)},
        id_kinds={**tables.id_kinds, **layer.id_kinds},
        price_divisors={**tables.price_divisors, **layer.price_divisors},
        price_units={**tables.price_units, **layer.price_units},
        resale_prices=replaced(tables.resale_prices, layer.resale_prices),
        units={**tables.units, **layer.units},
        party_roles={**tables.party_roles, **layer.party_roles},
        id_schemes={**tables.id_schemes, **layer.id_schemes},
        reference_kinds={**tables.reference_kinds, **layer.reference_kinds},
        final_statuses=replaced(tables.final_statuses, layer.final_statuses),
        receiving_conditions={
            **tables.receiving_conditions,
            **words(layer.receiving_conditions, GoodsCondition, nothing=GOOD),
        },
        receipt_types={**tables.receipt_types, **words(layer.receipt_types, Counted)},
        invoice_types={**tables.invoice_types, **words(layer.invoice_types, InvoiceKind)},
        charge_indicators={**tables.charge_indicators, **words(layer.charge_indicators, Sign)},
        charge_kinds={**tables.charge_kinds, **words(layer.charge_kinds, ChargeKind, nothing=TAX)},
        not_billed=replaced(tables.not_billed, layer.not_billed),
        terms_bases=replaced(tables.terms_bases, layer.terms_bases),
        explicit_amounts=replaced(tables.explicit_amounts, layer.explicit_amounts),
        shipment_events={**tables.shipment_events, **words(layer.shipment_events, ShipmentEvent)},
        shipment_reasons={**tables.shipment_reasons, **words(layer.shipment_reasons, ShipmentEvent)},
        eta_codes=replaced(tables.eta_codes, layer.eta_codes),
        time_zones={**tables.time_zones, **_checked_zones(layer.time_zones)},
        line_number_source=_line_number_source(layer.line_number_source) or tables.line_number_source,
        ignored_segments=tables.ignored_segments | layer.ignored_segments,
    )


def _one_of(places: tuple[str, ...], place: str | None) -> str | None:
    if place is not None and place not in places:
        raise ConfigurationError(f"{place!r} is none of: {', '.join(places)}.")
    return place


def _line_number_source(place: str | None) -> str | None:
    if place is not None and not place.startswith(("REF:", "ID:")):
        return _one_of((OWN_NUMBER, NO_NUMBER, "REF:xx", "ID:xx"), place)
    return place


def _checked_zones(zones: Mapping[str, str]) -> Mapping[str, str]:
    for name in zones.values():
        zone_of(name)
    return zones
