"""What a resolution looks at and what it answers with: frozen values, no ORM, no clock. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from erp_connectors.canonical.commands import CommandKind, LineValues, NewLine
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    OfferedPart,
    ShipNotice,
)
from erp_connectors.canonical.values import DateKind, Price, Quantity
from exceptions_app.detection.agreement import AgreementKind


class QuantityBasis(StrEnum):
    """What the quantities of a supplier's answers are of: the whole line, or what is still open of it."""

    TOTAL = "total"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an order line that shares one fate, in the line's unit.

    `wanted`: the day the ERP asks for it. `expected`: the day it was promised or is stated to arrive, None
    when nobody said. `deviates`: it is what the case is about.
    """

    quantity: Decimal
    wanted: date | None
    wanted_kind: DateKind = DateKind.DELIVERY
    expected: date | None = None
    expected_kind: DateKind = DateKind.DELIVERY
    deviates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item the ERP has. `factors`: base units in one of each of its units."""

    number: str
    description: str = ""
    factors: Mapping[str, Decimal] = field(default_factory=dict)


def _knows_none(number: str) -> KnownItem | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyLine:
    """The order line that could be ordered for what deviates, as far as anybody said.

    `number`: the one it would have, free in the order. `item`: its number in the ERP, empty where nobody
    knows; `quantity` and `price` only as they were said, the price only in the `currency` of the order; `on`:
    the day it comes, or has come. `find_item`: the item the ERP has under a number, None where it has none.
    """

    number: str
    currency: str
    item: str = ""
    supplier_item: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    on: date | None = None
    warehouse: str | None = None
    find_item: Callable[[str], KnownItem | None] = _knows_none


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOrder:
    """An open line of a customer order that waits for the item of an order line."""

    number: str
    customer: str
    customer_class: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One open deviation on one order line; quantities in the line's unit.

    `values`: what the ERP has now. `deviating`: the quantity it is about, None when that is unknown.
    `offered`: what the newest answer offers, None without one. `delivered`: shipped or received, the greater.
    `factors`: base units in one of each unit of the item. `parts`: the ordered quantity, part by part.
    `stated_price`: the newest price the supplier stated, `difference` how much more (or, negative, less) it
    makes the line cost, in the order's currency; None where prices cannot be compared. `unknown_units`: what
    nobody can convert. `at_stake`: the money
    that deviates, in `currency`, on what is no order; that has no values an ERP could be asked to change.
    `counts_as_delivered`: what deviates is counted in `delivered`, though nothing of the line came with it.
    `likely`: what could be ordered for it, where its type can be answered so; `customers`: who waits for the
    item, where they can be told. `is_ordered` false: it is about goods that are on no line of the order.
    `names_no_basis`: the stated price does not say for how many units it is; `likely_basis`: how many would
    make it the order's price. `other_count`: what its quantities would be of, where they cannot be meant as
    they are counted now.
    """

    case_line_id: int
    number: str
    values: LineValues
    deviating: Decimal | None
    offered: tuple[OfferedPart, ...] | None = None
    delivered: Decimal = Decimal(0)
    factors: dict[str, Decimal] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    stated_price: Price | None = None
    difference: Decimal | None = None
    item: str = ""
    description: str = ""
    base_unit: str = ""
    names_no_basis: bool = False
    likely_basis: Decimal | None = None
    other_count: QuantityBasis | None = None
    unknown_units: tuple[str, ...] = ()
    at_stake: Decimal | None = None
    currency: str = ""
    counts_as_delivered: bool = False
    likely: LikelyLine | None = None
    customers: tuple[CustomerOrder, ...] = ()
    is_ordered: bool = True

    @property
    def unit(self) -> str:
        """The unit the line is ordered in."""
        return self.values.quantity.unit

    @property
    def ordered(self) -> Decimal:
        """The quantity the line is ordered in."""
        return self.values.quantity.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The open lines of one case, as they are at `as_of`; `today` is that day where the company is.

    `type_code`: the exception type of the case. `rates`: company currency for one unit of another.
    `person`: who decides.
    """

    case_number: str
    type_code: str
    order_number: str
    order_currency: str
    company_currency: str
    rates: dict[str, Decimal]
    lines: tuple[LineFacts, ...]
    as_of: datetime
    today: date
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPlan:
    """An agreement that a decision makes on one line (`detection.agreement.Agreement`)."""

    kind: AgreementKind
    quantity: Decimal | None
    agreed_on: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Despatch:
    """What a person was told of a shipment of one line. `tracking` is empty where it is not known."""

    quantity: Quantity
    shipped_on: date
    expected_on: date
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """How many base units of the line's item one `unit` holds."""

    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """Work that a decision gives another team, `team` being a code of the taxonomy.

    `pair`: whoever did the first act of that pair does not do it (`kept_apart`).
    """

    team: str
    title: str
    body: str = ""
    pair: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlan:
    """One order line before and after, what is agreed on it, and what is said for the supplier.

    Without a command `after` is what people reckon with from then on; the ERP keeps `before`. `money`: what
    the decision costs or claims besides moved or changed quantity (an agreed cost, a price difference, a
    credit), in the order's currency; None: it should be known, and is not. `note`: what was written about it.
    `price_basis`: for how many units the supplier's prices are from then on where they do not say so;
    `quantity_basis`: what its quantities are of from then on. `added`: an order line that is ordered for it.
    `is_ordered` false: it is about no order line, so that nothing changes but what is added.
    """

    case_line_id: int
    number: str
    before: LineValues
    after: LineValues
    agreement: AgreementPlan | None = None
    confirmed: ConfirmationLine | None = None
    despatch: Despatch | None = None
    conversions: tuple[Conversion, ...] = ()
    price_basis: Decimal | None = None
    quantity_basis: QuantityBasis | None = None
    money: Decimal | None = Decimal(0)
    note: str = ""
    added: NewLine | None = None
    is_ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a resolution does, and in words: a command, agreements, documents to enter, tasks for others."""

    lines: tuple[LinePlan, ...]
    summary: str
    command: CommandKind | None = None
    documents: tuple[Confirmation | ShipNotice, ...] = ()
    tasks: tuple[TaskPlan, ...] = ()
