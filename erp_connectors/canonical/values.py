"""Quantities, prices, dates and versions, exact and with their units."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of goods in one unit.

    `unit` is a UN/ECE Recommendation 20 code (EA, CS, KGM ...). A code that could not be
    translated is kept as it was sent: converting it then fails, which is the point.
    """

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Price:
    """A net price: `amount` of `currency` for every `per` units of `per_unit`.

    `currency` None means the document named none; `per_unit` None means the unit of the line;
    `per` None means the document stated no basis (which reads as 1, and may be suspect).
    """

    amount: Decimal
    currency: str | None = None
    per: Decimal | None = None
    per_unit: str | None = None


class DateKind(StrEnum):
    """What a promised date is about. A ship date needs a transit time to become a delivery date."""

    DELIVERY = "delivery"
    SHIP = "ship"


@dataclass(frozen=True, slots=True)
class SchedulePart:
    """One schedule line of an order: so much, wanted on that day."""

    quantity: Quantity
    date: date
    date_kind: DateKind = DateKind.DELIVERY


@dataclass(frozen=True, slots=True, order=True)
class DocumentVersion:
    """Which of two documents on one subject is newer: the greater one, whatever arrived first.

    Time of the document, then its revision, then the control number it travelled under.
    """

    document_time: datetime
    revision: int = 0
    control_number: str = ""


@dataclass(frozen=True, slots=True)
class ItemIds:
    """The names one item goes by; None where the source did not say."""

    buyer: str | None = None
    supplier: str | None = None
    gtin: str | None = None
    manufacturer: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A party named in a document: its role (buyer, supplier, ship_to ...), number and name."""

    role: str
    number: str | None = None
    number_scheme: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference number with its kind (supplier_order, bill_of_lading, contract ...)."""

    kind: str
    value: str
