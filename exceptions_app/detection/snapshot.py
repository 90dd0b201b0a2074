"""Everything a detection may look at: one order with its lines, terms, tolerances and how far we can see.

Frozen values in the order line's unit, no ORM. `load.py` makes them from the database in a fixed number of
queries; tests and backtests make them by hand.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.positions import UnmatchedLine
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.policies.values import Terms, ToleranceTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What conversion, scope and comparison need of an item.

    `factors`: base units per unit, the base unit itself 1. `names`: what its supplier calls it.
    """

    number: str
    base_unit: str
    factors: dict[str, Decimal]
    category: str = ""
    abc_class: str = ""
    gtin: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Until when each stream of this order would have told us, had something happened; None = blind.

    Absence is judged only up to these moments (ARCHITECTURE, idea 3).
    """

    orders: datetime | None
    confirmations: datetime | None
    ship_notices: datetime | None
    receipts: datetime | None
    invoices: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSnapshot:
    """One order line. `item` None: the item is not in the mirror, so only its own order unit is known.

    `is_for_class_a`: a customer order of class A waits for the item in its warehouse.
    """

    position: LinePosition
    item: ItemFacts | None
    tolerances: ToleranceTable
    warehouse: str | None = None
    is_for_class_a: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSnapshot:
    """One purchase order. `calendar` is the distributor's, `supplier_calendar` the supplier's.

    `unmatched`: the lines of documents that name the order and fit none of its lines.
    """

    order_id: int
    company: str
    number: str
    supplier_number: str
    currency: str
    calendar: BusinessCalendar
    supplier_calendar: BusinessCalendar
    terms: Terms
    sight: Sight
    lines: tuple[LineSnapshot, ...]
    unmatched: tuple[UnmatchedLine, ...] = ()
    watched: bool = True
