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


# --- money beside the goods ------------------------------------------------------------------


class ChargeKind(StrEnum):
    """What is charged or allowed beside the price of the goods."""

    FREIGHT = "freight"
    PACKAGING = "packaging"
    SURCHARGE = "surcharge"
    HANDLING = "handling"
    INSURANCE = "insurance"
    MINIMUM_ORDER = "minimum_order"
    SMALL_ORDER = "small_order"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Charge:
    """Money beside the price of the goods: charged where `amount` is positive, allowed where negative."""

    kind: ChargeKind
    amount: Decimal
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """When to pay, counted from the date of the invoice; None where the source did not say."""

    net_days: int | None = None
    discount_percent: Decimal | None = None
    discount_days: int | None = None


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """From this quantity on, another price holds for the whole line."""

    from_quantity: Quantity
    price: Price


# --- the order, as the ERP has it ------------------------------------------------------------


class OrderState(StrEnum):
    """The ERP's state of an order. Only a released order can be late."""

    DRAFT = "draft"
    RELEASED = "released"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of a purchase order. `schedule` adds up to `quantity`; at least one part.

    `price` holds for the ordered quantity; `price_breaks` say what it is from other quantities on.
    """

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
    price_breaks: tuple[PriceBreak, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """A purchase order with all its lines, as one revision of the ERP has it.

    `version_token` is the ERP's own token (ETag, timestamp); writing back presents it again.
    A cancelled order or line keeps its quantity; `cancelled_at` says since when. `charges` are agreed beside
    the prices; `tax_percent` and `payment_terms` None: the ERP does not say, so nothing can differ from them.
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
    payment_terms: PaymentTerms | None = None
    charges: tuple[Charge, ...] = ()
    tax_percent: Decimal | None = None


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


class ShipmentEvent(StrEnum):
    """What happened to a shipment on its way, by the carrier's word."""

    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    REFUSED = "refused"
    DAMAGED = "damaged"
    LOST = "lost"
    CUSTOMS_HOLD = "customs_hold"
    FAILED_ATTEMPT = "failed_attempt"
    RETURNED = "returned"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """One event on the way of a shipment. `code` and `reason` are as sent; `eta` is stated, never derived.

    `quantity` None: the whole shipment, as far as anybody said.
    """

    kind: ShipmentEvent
    at: datetime.datetime
    code: str = ""
    reason: str = ""
    place: str = ""
    eta: date | None = None
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentStatus:
    """What a carrier says about a shipment (214, IFTSTA). A cancelled one counts as never sent.

    It finds its order lines by `order_numbers`, by the `ship_notice` it is of, and by what it has in common
    with a ship notice: `number`, `tracking` or a reference (bill_of_lading, carrier ...).
    """

    number: str
    version: DocumentVersion
    events: tuple[StatusEvent, ...]
    purpose: Purpose = Purpose.ORIGINAL
    order_numbers: tuple[str, ...] = ()
    ship_notice: str | None = None
    tracking: str | None = None
    carrier: str | None = None
    references: tuple[Reference, ...] = ()


class GoodsCondition(StrEnum):
    """What is wrong with received goods, by the word of who received them."""

    DAMAGED = "damaged"
    QUALITY = "quality"
    REJECTED = "rejected"
    WRONG_ITEM = "wrong_item"
    ON_HOLD = "on_hold"
    SCRAPPED = "scrapped"
    SHORT = "short"
    OVER = "over"
    RETURNED = "returned"
    NO_SHIP_NOTICE = "no_ship_notice"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class InQuestion:
    """A quantity in question at the dock; `code` and `reason` are as sent."""

    condition: GoodsCondition
    quantity: Quantity | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What the warehouse booked of one order line. `received` counts good, damaged and rejected together.

    `damaged` (broken, scrapped) and `rejected` (refused for another reason) exclude each other. The reader
    derives both from `in_question`, which says everything as it was sent, where the source says it that way.
    """

    order_number: str | None
    line_number: str | None
    received: Quantity | None
    damaged: Quantity | None = None
    ids: ItemIds = ItemIds()
    item: str | None = None
    rejected: Quantity | None = None
    in_question: tuple[InQuestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A goods receipt (ERP receipt or 861). A cancelled one counts as never booked.

    `entered_by`: the ERP's user who counted and booked it, where the ERP says.
    """

    number: str
    version: DocumentVersion
    received_on: date
    lines: tuple[ReceiptLine, ...]
    purpose: Purpose = Purpose.ORIGINAL
    ship_notice: str | None = None
    warehouse: str | None = None
    entered_by: str | None = None


# --- invoices ---------------------------------------------------------------------------------------


class InvoiceKind(StrEnum):
    """An invoice asks for money; a credit note gives it back. A cancelled one counts as never sent."""

    INVOICE = "invoice"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One billed order line. On a credit note `quantity` is what is credited, as a positive number.

    `amount` is the line's net total as sent, its `charges` included; None where the document states none.
    """

    order_number: str | None
    line_number: str | None
    quantity: Quantity | None
    price: Price | None
    ids: ItemIds = ItemIds()
    amount: Decimal | None = None
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A supplier invoice or credit note, in `currency`. On a credit note every sum is what is given back.

    A reader passes on what the document states and adds nothing up; None is not stated. `lines_total` is its
    own sum of the line amounts, `charges` its own sum of header charges less allowances (not stated: what
    `charge_lines` of the header add up to), `tax` and `total` likewise. Whether lines, charges and tax make
    up `total`, detection judges. `order_number` is the order of lines that name none, `corrects` the invoice
    a credit note or a correction is about. `entered_by`: the ERP's user who typed it in, where the ERP says.
    """

    number: str
    version: DocumentVersion
    issued_on: date
    lines: tuple[InvoiceLine, ...]
    kind: InvoiceKind = InvoiceKind.INVOICE
    currency: str | None = None
    charges: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    purpose: Purpose = Purpose.ORIGINAL
    order_number: str | None = None
    ship_notice: str | None = None
    corrects: str | None = None
    charge_lines: tuple[Charge, ...] = ()
    lines_total: Decimal | None = None
    tax_percent: Decimal | None = None
    payment_terms: PaymentTerms | None = None
    due_on: date | None = None
    entered_by: str | None = None


# --- stock and customers ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What is on hand of an item in a warehouse at one moment, and what is usually asked for in a day.

    `demand_sd` is the standard deviation of the demand of a day; both are in the unit of `on_hand`.
    """

    item: str
    warehouse: str
    on_hand: Quantity
    version: DocumentVersion
    demand_per_day: Decimal | None = None
    demand_sd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLine:
    """One line of a customer order that waits for stock. `open` is what is still to be delivered.

    The penalties for delivering it late are in the company's currency: for each day, and once.
    """

    number: str
    item: str
    warehouse: str
    open: Quantity
    due_on: date
    penalty_per_day: Decimal | None = None
    penalty_flat: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A customer order. `customer_class` is A, B or C; without lines it is fulfilled or cancelled."""

    number: str
    customer: str
    customer_class: str
    version: DocumentVersion
    lines: tuple[DemandLine, ...]
