"""Business documents in one shape for every source: EDI, file, ERP, API, portal or a person.

An absent value is None, never zero. Quantities stay in the unit the source used.
"""

import datetime
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from erp_connectors.canonical.values import (
    DateKind,
    DocumentVersion,
    ItemIds,
    Party,
    Price,
    Quantity,
    Reference,
    SchedulePart,
)


class DocumentKind(StrEnum):
    """What a document is; the names used by the API."""

    PURCHASE_ORDER = "purchase_order"
    CONFIRMATION = "confirmation"
    SHIP_NOTICE = "ship_notice"
    SHIPMENT_STATUS = "shipment_status"
    RECEIPT = "receipt"
    INVOICE = "invoice"
    STOCK = "stock"
    DEMAND = "demand"
    SUPPLIER = "supplier"
    ITEM = "item"


class Purpose(StrEnum):
    """What a document does to an earlier one with the same number."""

    ORIGINAL = "original"
    REPLACE = "replace"
    CHANGE = "change"
    CANCEL = "cancel"


# --- the order, as the ERP has it ------------------------------------------------------------


class OrderState(StrEnum):
    """The ERP's state of an order. Only a released order can be late."""

    DRAFT = "draft"
    RELEASED = "released"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of a purchase order. `schedule` adds up to `quantity`; at least one part."""

    number: str
    item: str
    quantity: Quantity
    price: Price | None
    schedule: tuple[SchedulePart, ...]
    supplier_item: str | None = None
    gtin: str | None = None
    description: str = ""
    warehouse: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """A purchase order with all its lines, as one revision of the ERP has it.

    `version_token` is the ERP's own token (ETag, timestamp); writing back presents it again.
    A cancelled order or line keeps its quantity; `cancelled_at` says since when.
    """

    number: str
    supplier: str
    currency: str
    version: DocumentVersion
    lines: tuple[OrderLine, ...]
    state: OrderState = OrderState.RELEASED
    released_at: datetime.datetime | None = None
    cancelled_at: datetime.datetime | None = None
    buyer: str | None = None
    version_token: str = ""


# --- the supplier's answer ---------------------------------------------------------------------


class LineAnswer(StrEnum):
    """What the supplier said about a line, as a word; the numbers stand beside it."""

    ACCEPTED = "accepted"
    CHANGED = "changed"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    SUBSTITUTED = "substituted"
    HELD = "held"
    DATE_PENDING = "date_pending"
    PRICE_PENDING = "price_pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OfferedPart:
    """A part of what the supplier offers.

    `date` None on a firm part means as requested; on a part that is not `firm` (held, date
    pending, backordered without a date) it means unknown.
    """

    quantity: Quantity
    date: datetime.date | None = None
    date_kind: DateKind = DateKind.DELIVERY
    firm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationLine:
    """The answer to one order line.

    `offered` None: no quantity could be read (answered, quantity unknown). Empty: nothing is offered.
    `rule` names the row of the rule table by which the offered quantity was derived.
    """

    line_number: str | None
    ids: ItemIds = ItemIds()
    answers: tuple[LineAnswer, ...] = ()
    offered: tuple[OfferedPart, ...] | None = None
    rejected: Quantity | None = None
    price: Price | None = None
    substitute: ItemIds | None = None
    reasons: tuple[str, ...] = ()
    rule: str = ""
    supplier_line_number: str | None = None


class Unmentioned(StrEnum):
    """What a confirmation says of the order lines it does not mention."""

    UNANSWERED = "unanswered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A supplier's answer to one purchase order (855, 865, ORDRSP, portal, or a person on its behalf)."""

    order_number: str
    version: DocumentVersion
    lines: tuple[ConfirmationLine, ...]
    unmentioned: Unmentioned = Unmentioned.UNANSWERED
    purpose: Purpose = Purpose.ORIGINAL
    number: str | None = None
    currency: str | None = None
    on_behalf_by: str | None = None
    parties: tuple[Party, ...] = ()
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()


# --- goods under way and received -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipNoticeLine:
    """What one despatch carries of one order line. `shipped_to_date` is cumulative over despatches."""

    order_number: str | None
    line_number: str | None
    ids: ItemIds = ItemIds()
    shipped: Quantity | None = None
    shipped_to_date: Quantity | None = None
    ordered: Quantity | None = None
    final: bool = False
    package: str | None = None
    lot: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipNotice:
    """An advance ship notice (856, DESADV). A cancelled one counts as never sent."""

    number: str
    version: DocumentVersion
    lines: tuple[ShipNoticeLine, ...]
    purpose: Purpose = Purpose.ORIGINAL
    shipped_on: date | None = None
    expected_on: date | None = None
    carrier: str | None = None
    tracking: str | None = None
    parties: tuple[Party, ...] = ()
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What the warehouse booked of one order line. `received` counts good and damaged together."""

    order_number: str | None
    line_number: str | None
    received: Quantity | None
    damaged: Quantity | None = None
    ids: ItemIds = ItemIds()
    item: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A goods receipt (ERP receipt or 861). A cancelled one counts as never booked."""

    number: str
    version: DocumentVersion
    received_on: date
    lines: tuple[ReceiptLine, ...]
    purpose: Purpose = Purpose.ORIGINAL
    ship_notice: str | None = None
    warehouse: str | None = None


# --- invoices ---------------------------------------------------------------------------------------


class InvoiceKind(StrEnum):
    """An invoice asks for money; a credit note gives it back."""

    INVOICE = "invoice"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One billed order line. On a credit note `quantity` is what is credited, as a positive number."""

    order_number: str | None
    line_number: str | None
    quantity: Quantity | None
    price: Price | None
    ids: ItemIds = ItemIds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A supplier invoice or credit note. `total` and the sums are in `currency`."""

    number: str
    version: DocumentVersion
    issued_on: date
    lines: tuple[InvoiceLine, ...]
    kind: InvoiceKind = InvoiceKind.INVOICE
    currency: str | None = None
    charges: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None


# --- stock and customers ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What is on hand of an item in a warehouse at one moment."""

    item: str
    warehouse: str
    on_hand: Quantity
    version: DocumentVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLine:
    """One line of a customer order that waits for stock. `open` is what is still to be delivered."""

    number: str
    item: str
    warehouse: str
    open: Quantity
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A customer order. `customer_class` is A, B or C; without lines it is fulfilled or cancelled."""

    number: str
    customer: str
    customer_class: str
    version: DocumentVersion
    lines: tuple[DemandLine, ...]
