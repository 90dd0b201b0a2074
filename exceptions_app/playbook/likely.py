"""Reads what could be ordered for a deviation: the item, quantity, price and day that somebody said."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.values import ItemIds, Price, Quantity
from erp_connectors.documents.candidates import line_of, said_by
from erp_connectors.documents.heads import headed
from erp_connectors.documents.matching import normal_number
from erp_connectors.documents.models import CustomerDemand, DocumentHead, Item, PurchaseOrder
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.offers import answers_of
from exceptions_app.detection.view import LineView, received_ids
from exceptions_app.playbook.situation import CustomerOrder, KnownItem, LikelyLine

UNORDERED, SUBSTITUTION, WRONG, CARRIER = (
    "unordered_line",
    "substitution",
    "receipt_wrong_item",
    "carrier_exception",
)
#: Types that an order line of its own can answer.
ORDERED_FOR = frozenset({UNORDERED, SUBSTITUTION, WRONG, CARRIER})
#: Types of goods that are counted as delivered though nothing that was ordered came with them.
COUNTS_AS_DELIVERED = frozenset({WRONG, CARRIER})
#: Types about which customers can be told.
TOLD_TO_CUSTOMERS = frozenset({"shipment_delayed"})
STEP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What somebody said of goods that could be ordered."""

    ids: ItemIds = ItemIds()
    quantity: Quantity | None = None
    price: Price | None = None
    currency: str | None = None
    on: date | None = None


class LikelyLines:
    """What could be ordered for the lines of one case, each under a number that is free in the order."""

    def __init__(self, case: Case, *, today: date) -> None:
        assert case.order is not None
        self._case, self._order, self._today = case, case.order, today
        self._taken = [line.number for line in case.order.lines.all()]
        self._find = _finder(case.order)

    def of(self, case_line: CaseLine, view: LineView | None) -> LikelyLine:
        """Return what could be ordered for a line of the case."""
        said = self._said(case_line, view)
        item = self._item(said.ids)
        number = self._free_number(case_line)
        self._taken.append(number)
        return LikelyLine(
            number=number,
            currency=self._order.currency,
            item=item.number if item else "",
            supplier_item=said.ids.supplier,
            quantity=said.quantity,
            price=said.price if said.currency in (None, self._order.currency) else None,
            on=None if said.on is None else max(said.on, self._today),
            warehouse=self._warehouse(case_line),
            find_item=self._find,
        )

    def _said(self, case_line: CaseLine, view: LineView | None) -> _Said:
        kind = self._case.type_code
        if kind == UNORDERED:
            return self._said_by_document(case_line)
        if view is None:
            return _Said()
        much = None if case_line.quantity is None else Quantity(_trimmed(case_line.quantity), view.unit)
        if kind == SUBSTITUTION:
            return replace(_offered_instead(view), quantity=much)
        if kind == WRONG:
            return replace(_received_instead(view), quantity=much)
        line = view.position.line
        ids = ItemIds(buyer=line.item, supplier=line.supplier_item)
        return _Said(ids=ids, quantity=much, price=line.price, currency=_currency(line.price))

    def _said_by_document(self, case_line: CaseLine) -> _Said:
        """Return what the line of a document says that fits no line of the order."""
        head = self._head(case_line)
        if head is None:
            return _Said()
        index = int(case_line.evidence["index"])
        document: Any = headed(head.document)
        line: Any = line_of(head, index)
        said = said_by(head, index)
        price: Price | None = getattr(line, "price", None)
        offered = getattr(line, "offered", None) or ()
        days = [offered[0].date if offered else None, getattr(document, "received_on", None)]
        return _Said(
            ids=said.ids,
            quantity=said.quantity,
            price=price,
            currency=_currency(price) or getattr(document, "currency", None),
            on=next((day for day in days if day is not None), None),
        )

    def _head(self, case_line: CaseLine) -> DocumentHead | None:
        actual = case_line.actual
        heads = DocumentHead.objects.filter(
            connection=self._order.connection_id, kind=actual.get("kind"), key=actual.get("document")
        )
        own = heads.filter(supplier=self._order.supplier_id).first()
        return own or heads.filter(supplier=None).first()

    def _item(self, ids: ItemIds) -> Item | None:
        """Return the one item that is meant; None where none is, or several are."""
        items = Item.objects.filter(connection=self._order.connection_id)
        names = {"names__supplier_number": self._order.supplier.number, "names__number": ids.supplier}
        asked = (
            ids.buyer and items.filter(number=ids.buyer),
            ids.supplier and items.filter(**names),
            ids.gtin and items.filter(gtin__in={ids.gtin, ids.gtin.lstrip("0")}),
        )
        for found in (list(each.distinct()[:2]) for each in asked if each):
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _free_number(self, case_line: CaseLine) -> str:
        """Return the number a document gives its line, where it is free; else the next of the order."""
        taken = {normal_number(number) for number in self._taken}
        named = case_line.line_number if self._case.type_code == UNORDERED else ""
        if named and normal_number(named) not in taken:
            return named
        numbers = [int(number) for number in taken if number.isdecimal()]
        step = STEP if all(number % STEP == 0 for number in numbers) else 1
        return str(max(numbers, default=0) + step)

    def _warehouse(self, case_line: CaseLine) -> str | None:
        """Return where the line's goods go; of no line, where all of the order do."""
        if case_line.order_line is not None:
            warehouses = {case_line.order_line.warehouse}
        else:
            warehouses = {line.warehouse for line in self._order.lines.select_related("warehouse")}
        only = warehouses.pop() if len(warehouses) == 1 else None
        return None if only is None else only.code


def customers_waiting(case_line: CaseLine) -> tuple[CustomerOrder, ...]:
    """Return the open customer orders for the item of a line where it goes, the first due first."""
    line = case_line.order_line
    if line is None or line.item is None:
        return ()
    demand = CustomerDemand.objects.filter(item=line.item, open_quantity__gt=0)
    if line.warehouse is not None:
        demand = demand.filter(warehouse=line.warehouse)
    found: dict[str, CustomerOrder] = {}
    for row in demand.order_by("due_on", "order_number", "line_number"):
        found.setdefault(
            row.order_number,
            CustomerOrder(
                number=row.order_number,
                customer=row.customer,
                customer_class=row.customer_class,
                due_on=row.due_on,
            ),
        )
    return tuple(found.values())


def _finder(order: PurchaseOrder) -> Callable[[str], KnownItem | None]:
    connection = order.connection_id

    def find(number: str) -> KnownItem | None:
        item = Item.objects.filter(connection=connection, number=number).prefetch_related("packs").first()
        if item is None:
            return None
        packs = {pack.unit: pack.factor for pack in item.packs.all()}
        return KnownItem(
            number=item.number, description=item.description, factors={item.base_unit: Decimal(1)} | packs
        )

    return find


def _offered_instead(view: LineView) -> _Said:
    """Return the other item of the newest answer that names one, and what it is offered for."""
    for fact in answers_of(view.position):
        ids = fact.substitute or fact.ids
        if view.is_other_item(ids) or fact.substitute is not None:
            days = [part.date for part in fact.offered or () if part.date is not None]
            currency = _currency(fact.price) or fact.currency
            return _Said(ids=ids, price=fact.price, currency=currency, on=min(days, default=None))
    return _Said()


def _received_instead(view: LineView) -> _Said:
    """Return the other item that came, where all receipts name the same, and when it came."""
    came = [(received_ids(fact), fact.received_on) for fact in view.position.receipts]
    others = [(ids, day) for ids, day in came if view.is_other_item(ids)]
    if not others or len({ids for ids, _ in others}) > 1:
        return _Said()
    return _Said(ids=others[0][0], on=max(day for _, day in others))


def _currency(price: Price | None) -> str | None:
    return None if price is None else price.currency


def _trimmed(value: Decimal) -> Decimal:
    """Return a number without the zeros its column adds."""
    return value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))
