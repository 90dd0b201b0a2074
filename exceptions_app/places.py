"""An item in a warehouse: its stock and the customers who wait for it there, in its base unit."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from django.db.models import Q

from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import CustomerDemand, Item, OrderLine, StockLevel
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.allocation import Site
from exceptions_app.coverage import Inbound, Need
from exceptions_app.expected_loss import NOTHING, Input, Source
from exceptions_app.gaps import Known

#: An item in a warehouse, by their primary keys; a line the mirror knows no such of is a place of its own.
Place = tuple[int | None, int | None, int]


def place_of(row: OrderLine) -> Place:
    """Return where the goods of an order line belong."""
    is_known = row.item_id is not None and row.warehouse_id is not None
    return (row.item_id, row.warehouse_id, 0) if is_known else (None, None, row.pk)


def rows_at(places: Collection[Place]) -> Q:
    """Say which rows may be at one of the places: those of their items in any of their warehouses."""
    return Q(
        item__in={item for item, _, _ in places if item is not None},
        warehouse__in={warehouse for _, warehouse, _ in places if warehouse is not None},
    )


def known_at(places: Mapping[Place, OrderLine]) -> dict[Place, Known]:
    """Return stock and customer orders at each place, which a line there stands for."""
    at_places = rows_at(places)
    stock = {(row.item_id, row.warehouse_id): row for row in StockLevel.objects.filter(at_places)}
    demand: dict[tuple[int, int], list[CustomerDemand]] = defaultdict(list)
    for row in CustomerDemand.objects.filter(at_places, open_quantity__gt=0):
        demand[row.item_id, row.warehouse_id].append(row)
    known = {}
    for place, line in places.items():
        item, warehouse, _ = place
        known[place] = Known()
        if line.item is not None and item is not None and warehouse is not None:
            known[place] = _known_of(line.item, stock.get((item, warehouse)), demand[item, warehouse])
    return known


def _known_of(item: Item, stock: StockLevel | None, demand: Iterable[CustomerDemand]) -> Known:
    """Return what is known of a place; nothing where one of its units cannot be converted."""
    try:
        needs = tuple(_need(row, item) for row in demand)
        if stock is None:
            return Known(needs=needs)
        on_hand, per_day, spread = (
            None if value is None else _in_base_unit(Quantity(value, stock.unit), item)
            for value in (stock.on_hand, stock.demand_per_day, stock.demand_sd)
        )
    except UnitUnknown:
        return Known(needs=None)
    return Known(on_hand=on_hand, per_day=per_day, spread_per_day=spread, as_of=stock.as_of, needs=needs)


def _need(row: CustomerDemand, item: Item) -> Need:
    return Need(
        order_number=row.order_number,
        line_number=row.line_number,
        customer=row.customer,
        customer_class=row.customer_class,
        quantity=_in_base_unit(Quantity(row.open_quantity, row.unit), item),
        due_on=row.due_on,
        penalty_per_day=row.penalty_per_day,
        penalty_flat=row.penalty_flat,
        as_of=row.as_of,
    )


def _in_base_unit(quantity: Quantity, item: Item) -> Decimal:
    if quantity.unit == item.base_unit:
        return quantity.value
    factors = {pack.unit: pack.factor for pack in item.packs.all()} | {item.base_unit: Decimal(1)}
    return convert(quantity, item.base_unit, factors)


def site_of(known: Known, coming: Iterable[Inbound], unit: str) -> Site:
    """Return a place as its goods are shared out there, with what is to come to it."""
    needs = known.needs or ()
    return Site(
        on_hand=Input(
            code="on_hand",
            value=NOTHING if known.on_hand is None else known.on_hand,
            unit=unit,
            source=Source.STOCK,
            as_of=known.as_of,
            is_estimated=known.on_hand is None,
        ),
        inbound=tuple(coming),
        needs=needs,
        inbound_input=Input(code="inbound", value=None, unit=unit, source=Source.INBOUND),
        firm_input=Input(
            code="firm",
            value=None,
            unit=unit,
            source=Source.CUSTOMERS,
            as_of=max((need.as_of for need in needs if need.as_of), default=None),
            is_estimated=known.needs is None,
        ),
    )
