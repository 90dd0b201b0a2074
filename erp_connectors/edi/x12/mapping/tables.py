"""The code lists that decide what an X12 value means, as data in layers: standard < version < partner.

Sources: the X12 data element dictionary, elements 587, 668, 374, 235, 639, 355, 98 and 128, and published
partner guides. Meanings differ between partners; a difference is an override in a profile, never code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from erp_connectors.canonical.documents import LineAnswer, Purpose, Unmentioned
from erp_connectors.canonical.values import DateKind
from erp_connectors.edi.rules import MappingOverrides
from erp_connectors.errors import ConfigurationError

Meaning = TypeVar("Meaning")


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
    "CN": "carrier_reference",
    "PK": "packing_list",
    "SI": "shipment",
    "IV": "invoice",
    "LT": "lot",
}
"""DE 128; a qualifier that is not here stays as it was sent."""

FINAL_STATUSES = frozenset({"CC", "CL", "CP"})
"""SN108 values by which a ship notice says that nothing more of the line will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables in force for one version and one partner."""

    line_status: Mapping[str, LineStatus]
    header_status: Mapping[str, HeaderStatus]
    delivery_qualifiers: tuple[str, ...]
    ship_qualifiers: tuple[str, ...]
    date_kinds: Mapping[str, DateKind]
    id_kinds: Mapping[str, str]
    price_divisors: Mapping[str, Decimal]
    units: Mapping[str, str]
    final_statuses: frozenset[str]
    line_number_source: str
    ignored_segments: frozenset[str]


STANDARD = Tables(
    line_status=LINE_STATUS,
    header_status=HEADER_STATUS,
    delivery_qualifiers=DELIVERY_QUALIFIERS,
    ship_qualifiers=SHIP_QUALIFIERS,
    date_kinds=DATE_KINDS,
    id_kinds=ID_KINDS,
    price_divisors=PRICE_DIVISORS,
    units=UNITS,
    final_statuses=FINAL_STATUSES,
    line_number_source="PO101",
    ignored_segments=frozenset(),
)

VERSION_LAYERS = (
    # The aerospace guide answers with the date goods are required (106) where others promise (069).
    ("004010X358", MappingOverrides(date_qualifiers=("106", *DELIVERY_QUALIFIERS))),
)


def tables_for(version: str, overrides: MappingOverrides) -> Tables:
    """Return the standard tables, overlaid with those of the version, overlaid with the partner's.

    Raises ConfigurationError where an override names a status that no table has.
    """
    tables = STANDARD
    for prefix, layer in VERSION_LAYERS:
        if version.startswith(prefix):
            tables = overlaid(tables, layer)
    return overlaid(tables, overrides)


def overlaid(tables: Tables, layer: MappingOverrides) -> Tables:
    """Return the tables with one layer of overrides on top; a status maps to one the tables know."""
    return replace(
        tables,
        line_status={**tables.line_status, **_resolved(layer.line_status, tables.line_status)},
        header_status={**tables.header_status, **_resolved(layer.header_status, tables.header_status)},
        delivery_qualifiers=layer.date_qualifiers or tables.delivery_qualifiers,
        id_kinds={**tables.id_kinds, **layer.id_kinds},
        price_divisors={**tables.price_divisors, **layer.price_divisors},
        units={**tables.units, **layer.units},
        final_statuses=tables.final_statuses if layer.final_statuses is None else layer.final_statuses,
        line_number_source=layer.line_number_source or tables.line_number_source,
        ignored_segments=tables.ignored_segments | layer.ignored_segments,
    )


def _resolved(codes: Mapping[str, str], known: Mapping[str, Meaning]) -> dict[str, Meaning]:
    for code, like in codes.items():
        if like not in known:
            raise ConfigurationError(
                f"The override of {code!r} names the status {like!r}, which no table has."
            )
    return {code: known[like] for code, like in codes.items()}
