"""Which customer orders the lines of a case leave uncovered: reads what `coverage` computes with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from erp_connectors.canonical.documents import OrderState
from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import CustomerDemand, OrderLine, StockLevel
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.cases.models import CaseLine
from exceptions_app.coverage import Inbound, Need, Shortfall, inbound_of, uncovered
from exceptions_app.detection.load import LoadedOrder, agreements_of, load
from exceptions_app.detection.view import OrderView, look
from exceptions_app.policies.lookup import Policies

#: An item in a warehouse, by their primary keys.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemShortfalls:
    """The customer orders that cannot be covered with one item in one warehouse, in its base unit."""

    item: str
    description: str
    warehouse: str
    unit: str
    shortfalls: tuple[Shortfall, ...]


def shortfalls_of(
    lines: Iterable[CaseLine], *, loaded: LoadedOrder, view: OrderView, policies: Policies
) -> tuple[ItemShortfalls, ...] | None:
    """Return what is not covered by stock and all that arrives in time, place by place of the case's lines.

    None: nobody can tell, since a stock or a demand is in a unit that cannot be converted. In a number of
    queries that does not grow with the orders.
    """
    rows = [loaded.lines[line.line_number] for line in lines if line.line_number in loaded.lines]
    places: dict[Place, OrderLine] = {
        (row.item_id, row.warehouse_id): row for row in rows if row.item_id and row.warehouse_id
    }
    if not places:
        return ()
    try:
        needs = _needs(places)
        if not needs:
            return ()
        on_hand, arriving = _on_hand(places), _arriving(places, loaded, view, policies)
    except UnitUnknown:
        return None
    found = []
    for place, row in places.items():
        short = uncovered(on_hand[place], arriving[place], needs.get(place, []))
        if short and row.item and row.warehouse:
            found.append(
                ItemShortfalls(
                    item=row.item.number,
                    description=row.item.description,
                    warehouse=row.warehouse.code,
                    unit=row.item.base_unit,
                    shortfalls=short,
                )
            )
    return tuple(found)


def _at(places: Iterable[Place]) -> Q:
    condition = Q()
    for item, warehouse in places:
        condition |= Q(item=item, warehouse=warehouse)
    return condition


def _needs(places: Mapping[Place, OrderLine]) -> dict[Place, list[Need]]:
    needs: dict[Place, list[Need]] = defaultdict(list)
    for row in CustomerDemand.objects.filter(_at(places), open_quantity__gt=0):
        place = (row.item_id, row.warehouse_id)
        needs[place].append(
            Need(
                order_number=row.order_number,
                line_number=row.line_number,
                customer=row.customer,
                customer_class=row.customer_class,
                quantity=_in_base_unit(Quantity(row.open_quantity, row.unit), places[place]),
                due_on=row.due_on,
            )
        )
    return needs


def _on_hand(places: Mapping[Place, OrderLine]) -> dict[Place, Decimal]:
    on_hand: dict[Place, Decimal] = defaultdict(Decimal)
    for row in StockLevel.objects.filter(_at(places)):
        place = (row.item_id, row.warehouse_id)
        on_hand[place] += _in_base_unit(Quantity(row.on_hand, row.unit), places[place])
    return on_hand


def _arriving(
    places: Mapping[Place, OrderLine], loaded: LoadedOrder, view: OrderView, policies: Policies
) -> dict[Place, list[Inbound]]:
    """Return what every open order still brings to the places; this one as it is seen already."""
    others = (
        OrderLine.objects.filter(_at(places), is_present=True, cancelled=False)
        .filter(order__state=OrderState.RELEASED)
        .exclude(order=loaded.order)
        .values_list("order_id", flat=True)
    )
    world = load(set(others), policies.as_of, policies=policies)
    agreements = agreements_of(world.orders)
    arriving: dict[Place, list[Inbound]] = defaultdict(list)
    _add(arriving, loaded, view)
    for order_id, other in world.orders.items():
        _add(arriving, other, look(other.snapshot, agreements.get(order_id, ()), policies.as_of))
    return arriving


def _add(arriving: dict[Place, list[Inbound]], loaded: LoadedOrder, view: OrderView) -> None:
    for line in view.lines:
        row = loaded.lines[line.number]
        if row.item_id and row.warehouse_id:
            arriving[row.item_id, row.warehouse_id].extend(inbound_of(line))


def _in_base_unit(quantity: Quantity, row: OrderLine) -> Decimal:
    item = row.item
    if item is None or quantity.unit == item.base_unit:
        return quantity.value
    factors = {pack.unit: pack.factor for pack in item.packs.all()} | {item.base_unit: Decimal(1)}
    return convert(quantity, item.base_unit, factors)
