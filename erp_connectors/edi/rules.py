"""How one trading partner is read and answered: plain values, with defaults that need no database."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from erp_connectors.edi.envelope import EnvelopeIds
from erp_connectors.errors import ConfigurationError

MEGABYTE = 1024 * 1024


class DuplicateAnswer(StrEnum):
    """How an interchange that came before, byte for byte, is answered."""

    REPEAT = "repeat"
    TA1 = "ta1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a partner may send; more is refused before anything is built from it. Sizes are in bytes.

    `transactions` count in one interchange, `segments` and the `findings` kept in one transaction.
    """

    file_bytes: int = 25 * MEGABYTE
    transactions: int = 20_000
    findings: int = 100
    segments: int = 50_000
    elements: int = 256
    element_bytes: int = 4096
    hl_depth: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingOverrides:
    """One layer of changes to the mapping tables; later layers win entry by entry.

    `line_status` maps DE 668 to a status of the table (`"ZZ": "IA"`), `header_status` DE 587 and
    `change_codes` DE 670 likewise; the other maps name the canonical word a code stands for
    (`"receiving_conditions": {"20": "damaged"}`). A set replaces the one of the layer below.

    `date_qualifiers` is the precedence of confirmed delivery dates, newest word first. `line_number_source`
    says where the number of an order line stands: "PO101" (the line segment, a PL id before it), "REF:xx",
    "ID:xx", or "NONE" where the sender counts its own lines. `change_quantity` ("POC03", "POC04") says where
    a change has the new quantity. `explicit_amounts` names N2 elements that are sent with a decimal point.
    """

    line_status: Mapping[str, str] = field(default_factory=dict)
    header_status: Mapping[str, str] = field(default_factory=dict)
    change_codes: Mapping[str, str] = field(default_factory=dict)
    change_quantity: str | None = None
    purposes: Mapping[str, str] = field(default_factory=dict)
    date_qualifiers: tuple[str, ...] = ()
    date_kinds: Mapping[str, str] = field(default_factory=dict)
    id_kinds: Mapping[str, str] = field(default_factory=dict)
    price_divisors: Mapping[str, Decimal] = field(default_factory=dict)
    price_units: Mapping[str, str] = field(default_factory=dict)
    resale_prices: frozenset[str] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    party_roles: Mapping[str, str] = field(default_factory=dict)
    id_schemes: Mapping[str, str] = field(default_factory=dict)
    reference_kinds: Mapping[str, str] = field(default_factory=dict)
    final_statuses: frozenset[str] | None = None
    receiving_conditions: Mapping[str, str] = field(default_factory=dict)
    receipt_types: Mapping[str, str] = field(default_factory=dict)
    invoice_types: Mapping[str, str] = field(default_factory=dict)
    charge_indicators: Mapping[str, str] = field(default_factory=dict)
    charge_kinds: Mapping[str, str] = field(default_factory=dict)
    not_billed: frozenset[str] | None = None
    terms_bases: frozenset[str] | None = None
    explicit_amounts: frozenset[str] | None = None
    shipment_events: Mapping[str, str] = field(default_factory=dict)
    shipment_reasons: Mapping[str, str] = field(default_factory=dict)
    eta_codes: frozenset[str] | None = None
    time_zones: Mapping[str, str] = field(default_factory=dict)
    line_number_source: str | None = None
    ignored_segments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdifactOverrides:
    """One layer of changes to the EDIFACT mapping tables; later layers win entry by entry.

    `actions` maps DE 1229 to a code of the table (`"36": "5"`), `header_status` DE 1225 and 4343 likewise.
    The other maps say what a code means in our own words (`"quantity_kinds": {"66": "confirmed"}`).
    A tuple or set replaces the one of the layer below; a tuple is a precedence, its first the strongest.

    `confirmed_quantity` names the quantities (DE 6063) that are confirmed whatever the action says.
    `line_number_source` says where the number of an order line stands: "LIN", "RFF:xx", or "NONE" where the
    sender counts its own lines. `decimal_marks` are those the partner uses, whatever its UNA says.
    """

    actions: Mapping[str, str] = field(default_factory=dict)
    header_status: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    quantity_kinds: Mapping[str, str] = field(default_factory=dict)
    confirmed_quantity: tuple[str, ...] | None = None
    delivery_dates: tuple[str, ...] | None = None
    ship_dates: tuple[str, ...] | None = None
    expected_dates: tuple[str, ...] | None = None
    date_kinds: Mapping[str, str] = field(default_factory=dict)
    id_kinds: Mapping[str, str] = field(default_factory=dict)
    net_prices: tuple[str, ...] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    party_roles: Mapping[str, str] = field(default_factory=dict)
    id_schemes: Mapping[str, str] = field(default_factory=dict)
    reference_kinds: Mapping[str, str] = field(default_factory=dict)
    final_codes: frozenset[str] | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    invoice_types: Mapping[str, str] = field(default_factory=dict)
    charge_kinds: Mapping[str, str] = field(default_factory=dict)
    line_number_source: str | None = None
    decimal_marks: str = ""
    ignored_segments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRules:
    """What a trading-partner profile says about reading and answering its interchanges.

    `time_zone` is an IANA name; `lead_time_days` turns a ship date into a delivery date, None keeps
    ship dates apart. `sets` and `versions` None allow all (`versions` by prefix, as `004010`).
    `test_only` refuses interchanges that do not carry the test indicator. `charset` None means UTF-8
    where the bytes are, else the set an EDIFACT interchange names, else ISO-8859-1. `lenient_isa` reads a
    header with a flaw: an ISA that is not padded, a UNB without a syntax version. `overrides` change how
    X12 is mapped, `edifact` how EDIFACT is.
    """

    partner: str = ""
    lenient_isa: bool = False
    ebcdic: bool = False
    charset: str | None = None
    test_only: bool = False
    sets: frozenset[str] | None = None
    versions: frozenset[str] | None = None
    time_zone: str = "UTC"
    lead_time_days: int | None = None
    duplicate_answer: DuplicateAnswer = DuplicateAnswer.REPEAT
    acknowledge: bool = True
    always_ta1: bool = False
    overrides: MappingOverrides = MappingOverrides()
    edifact: EdifactOverrides = EdifactOverrides()
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Raise ConfigurationError for a time zone or charset that does not exist."""
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise ConfigurationError(f"{self.time_zone!r} is not a time zone.") from error
        try:
            codecs.lookup(self.charset or "utf-8")
        except LookupError as error:
            raise ConfigurationError(f"{self.charset!r} is not a character set.") from error


DEFAULT_RULES = PartnerRules()

ProfileFor = Callable[[EnvelopeIds], PartnerRules | None]
"""Names the rules of a partner by the ids of an envelope; None when nobody knows the partner."""


def default_profile(ids: EnvelopeIds) -> PartnerRules | None:
    """Return the default rules for any partner: reading without a database."""
    return DEFAULT_RULES
