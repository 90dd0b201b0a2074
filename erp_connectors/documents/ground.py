"""The ground orders stand on: suppliers, items, stock and customer demand, by the newest word of the ERP."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from django.db.models import Q, QuerySet

from erp_connectors.canonical.documents import Demand, OrderState, Stock
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.companies import Company, Connection
from erp_connectors.documents.bare_rows import items, suppliers, warehouses
from erp_connectors.documents.identity import GroundDocument, Group
from erp_connectors.documents.models import (
    CustomerDemand,
    Item,
    ItemName,
    ItemPack,
    OrderLine,
    PurchaseOrder,
    StockLevel,
    Supplier,
)

#: Where stock and demand meet: an item in a warehouse, by their primary keys.
Place = tuple[int, int]
Shape = TypeVar("Shape", SupplierRecord, ItemRecord, Stock, Demand)
#: What positions are counted and judged by; what a case about the item is weighed by.
COUNTING = ("base_unit", "category", "abc_class")
WEIGHING = ("unit_margin", "sales_price", "demand_per_day", "demand_sd", "lead_days", "criticality")

DEMAND_COLUMNS = [
    "customer",
    "customer_class",
    "item",
    "warehouse",
    "open_quantity",
    "unit",
    "due_on",
    "penalty_per_day",
    "penalty_flat",
    "as_of",
]


@dataclass(slots=True)
class Effect:
    """What follows from changed ground: orders to look at, and orders whose lines say something else now.

    `touched` holds their primary keys by the document that touches them, `orders_to_recompute` numbers.
    """

    touched: dict[Group, set[int]] = field(default_factory=lambda: defaultdict(set))
    orders_to_recompute: set[str] = field(default_factory=set)


def follow(newest: Mapping[Group, GroundDocument], *, connection: Connection, company: Company) -> Effect:
    """Bring master data, stock and demand in step with the newest word of each document given."""
    effect = Effect()
    if not newest:
        return effect
    _follow_suppliers(_of(newest, SupplierRecord), connection, company, effect)
    _follow_items(_of(newest, ItemRecord), connection, effect)
    places: dict[Group, set[Place]] = defaultdict(set)
    _follow_stock(_of(newest, Stock), connection, company, places)
    _follow_demand(_of(newest, Demand), connection, company, places)
    _touch_places(places, effect)
    return effect


def _of(newest: Mapping[Group, GroundDocument], shape: type[Shape]) -> dict[Group, Shape]:
    return {group: document for group, document in newest.items() if isinstance(document, shape)}


# --- master data -------------------------------------------------------------------------------------


def _follow_suppliers(
    records: Mapping[Group, SupplierRecord], connection: Connection, company: Company, effect: Effect
) -> None:
    if not records:
        return
    known = suppliers({record.number for record in records.values()}, connection=connection, company=company)
    groups = {}
    for group, record in records.items():
        row = known[record.number]
        if row.tier != (record.tier or ""):
            groups[row.pk] = group
        row.name, row.tier = record.name, record.tier or ""
        row.country, row.email, row.buyer = record.country or "", record.email or "", record.buyer or ""
    Supplier.objects.bulk_create(
        known.values(),
        update_conflicts=True,
        unique_fields=["connection", "number"],
        update_fields=["name", "tier", "country", "email", "buyer"],
        batch_size=500,
    )
    orders = PurchaseOrder.objects.filter(supplier__in=groups, state=OrderState.RELEASED)
    for order, supplier in orders.values_list("pk", "supplier"):
        effect.touched[groups[supplier]].add(order)


def _follow_items(records: Mapping[Group, ItemRecord], connection: Connection, effect: Effect) -> None:
    if not records:
        return
    known = items({record.number for record in records.values()}, connection=connection)
    groups: dict[int, Group] = {}
    known_packs: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for known_pack in ItemPack.objects.filter(item__in=known.values(), is_by_hand=False):
        known_packs[known_pack.item_id][known_pack.unit] = known_pack.factor
    repacked, recounted = [], set()
    for group, record in records.items():
        row = known[record.number]
        packs = {pack.unit: pack.factor for pack in record.packs}
        has_other_packs = packs != known_packs[row.pk]
        before, weighed_before = _counting_of(row), _weighing_of(row)
        row.base_unit, row.category = record.base_unit, record.category or ""
        row.abc_class, row.gtin = record.abc_class or "", record.gtin or ""
        row.description, row.as_of = record.description, record.version.document_time
        for column in WEIGHING:
            setattr(row, column, getattr(record, column))
        if has_other_packs:
            repacked.append(record)
        if has_other_packs or before != _counting_of(row):
            recounted.add(row.pk)
        if row.pk in recounted or weighed_before != _weighing_of(row):
            groups[row.pk] = group
    Item.objects.bulk_create(
        known.values(),
        update_conflicts=True,
        unique_fields=["connection", "number"],
        update_fields=[*COUNTING, *WEIGHING, "gtin", "description", "as_of"],
        batch_size=500,
    )
    _replace_packs(repacked, known)
    _replace_names(records.values(), known)
    lines = _open_lines().filter(item__in=groups)
    for order, number, item in lines.values_list("order", "order__number", "item"):
        effect.touched[groups[item]].add(order)
        if item in recounted:
            effect.orders_to_recompute.add(number)


def _counting_of(row: Item) -> tuple[object, ...]:
    return tuple(getattr(row, column) for column in COUNTING)


def _weighing_of(row: Item) -> tuple[object, ...]:
    return tuple(getattr(row, column) for column in WEIGHING)


def _replace_packs(records: Sequence[ItemRecord], known: Mapping[str, Item]) -> None:
    """Put the packs of the ERP in place of its earlier ones, and of what people said of the same units."""
    said = Q(pk__in=[])
    for record in records:
        said |= Q(item=known[record.number], unit__in=[pack.unit for pack in record.packs])
    of_erp = Q(item__in=[known[record.number] for record in records], is_by_hand=False)
    ItemPack.objects.filter(of_erp | said).delete()
    ItemPack.objects.bulk_create(
        [
            ItemPack(item=known[record.number], unit=unit, factor=factor)
            for record in records
            for unit, factor in {pack.unit: pack.factor for pack in record.packs}.items()
        ],
        batch_size=1000,
    )


def _replace_names(records: Iterable[ItemRecord], known: Mapping[str, Item]) -> None:
    wanted = {
        (known[record.number].pk, name.supplier, name.number)
        for record in records
        for name in record.supplier_items
    }
    rows = ItemName.objects.filter(item__in=[known[record.number] for record in records])
    here = {(row.item_id, row.supplier_number, row.number): row.pk for row in rows}
    ItemName.objects.filter(pk__in=[pk for name, pk in here.items() if name not in wanted]).delete()
    ItemName.objects.bulk_create(
        [
            ItemName(item_id=item, supplier_number=supplier, number=number)
            for item, supplier, number in sorted(wanted - here.keys())
        ],
        batch_size=1000,
    )


# --- stock and demand ----------------------------------------------------------------------------------


def _follow_stock(
    records: Mapping[Group, Stock],
    connection: Connection,
    company: Company,
    places: dict[Group, set[Place]],
) -> None:
    if not records:
        return
    known_items = items({stock.item for stock in records.values()}, connection=connection)
    known_sites = warehouses({stock.warehouse for stock in records.values()}, company=company)
    levels = StockLevel.objects.filter(item__in=known_items.values(), warehouse__in=known_sites.values())
    before = {(row.item_id, row.warehouse_id): _stock_of(row) for row in levels}
    rows = []
    for group, stock in records.items():
        row = StockLevel(
            item=known_items[stock.item],
            warehouse=known_sites[stock.warehouse],
            on_hand=stock.on_hand.value,
            unit=stock.on_hand.unit,
            demand_per_day=stock.demand_per_day,
            demand_sd=stock.demand_sd,
            as_of=stock.version.document_time,
        )
        place = (row.item_id, row.warehouse_id)
        if before.get(place) != _stock_of(row):
            places[group].add(place)
        rows.append(row)
    StockLevel.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["item", "warehouse"],
        update_fields=["on_hand", "unit", "demand_per_day", "demand_sd", "as_of"],
        batch_size=1000,
    )


def _stock_of(row: StockLevel) -> tuple[object, ...]:
    return (row.on_hand, row.unit, row.demand_per_day, row.demand_sd)


def _follow_demand(
    records: Mapping[Group, Demand],
    connection: Connection,
    company: Company,
    places: dict[Group, set[Place]],
) -> None:
    """Replace the lines of each customer order by its newest ones; those not named any more are gone."""
    if not records:
        return
    by_number = {demand.number: group for group, demand in records.items()}
    known = CustomerDemand.objects.filter(connection=connection, order_number__in=by_number)
    before = {(row.order_number, row.line_number): row for row in known}
    after = _demand_rows(records.values(), connection, company)
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old is None or new is None or _demand_of(old) != _demand_of(new):
            places[by_number[name[0]]].update((row.item_id, row.warehouse_id) for row in (old, new) if row)
    known.filter(pk__in=[row.pk for name, row in before.items() if name not in after]).delete()
    CustomerDemand.objects.bulk_create(
        after.values(),
        update_conflicts=True,
        unique_fields=["connection", "order_number", "line_number"],
        update_fields=DEMAND_COLUMNS,
        batch_size=1000,
    )


def _demand_rows(
    records: Collection[Demand], connection: Connection, company: Company
) -> dict[tuple[str, str], CustomerDemand]:
    """Return the rows of the customer orders, not yet saved, by order and line."""
    lines = [line for demand in records for line in demand.lines]
    known_items = items({line.item for line in lines}, connection=connection)
    known_sites = warehouses({line.warehouse for line in lines}, company=company)
    return {
        (demand.number, line.number): CustomerDemand(
            connection=connection,
            order_number=demand.number,
            line_number=line.number,
            customer=demand.customer,
            customer_class=demand.customer_class,
            item=known_items[line.item],
            warehouse=known_sites[line.warehouse],
            open_quantity=line.open.value,
            unit=line.open.unit,
            due_on=line.due_on,
            penalty_per_day=line.penalty_per_day,
            penalty_flat=line.penalty_flat,
            as_of=demand.version.document_time,
        )
        for demand in records
        for line in demand.lines
    }


def _demand_of(row: CustomerDemand) -> tuple[object, ...]:
    return (
        row.customer_class,
        row.item_id,
        row.warehouse_id,
        row.open_quantity,
        row.unit,
        row.due_on,
        row.customer,
        row.penalty_per_day,
        row.penalty_flat,
    )


def _touch_places(places: Mapping[Group, set[Place]], effect: Effect) -> None:
    """Touch the orders with an open line of an item in a warehouse where stock or demand has changed."""
    changed = {place for some in places.values() for place in some}
    if not changed:
        return
    orders: dict[Place, set[int]] = defaultdict(set)
    lines = _open_lines().filter(
        item__in={item for item, _ in changed}, warehouse__in={warehouse for _, warehouse in changed}
    )
    for order, item, warehouse in lines.values_list("order", "item", "warehouse"):
        orders[item, warehouse].add(order)
    for group, some in places.items():
        for place in some:
            effect.touched[group] |= orders[place]


def _open_lines() -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order__state=OrderState.RELEASED, is_present=True, cancelled=False)
