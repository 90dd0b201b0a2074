"""From the database to what detection looks at: many orders in a fixed number of queries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.documents.models import CustomerDemand, Item, OrderLine, PurchaseOrder, Supplier
from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.positions import UnmatchedLine
from erp_connectors.errors import RightlineError
from erp_connectors.exchange import health
from exceptions_app.detection.agreement_rows import price_bases
from exceptions_app.detection.basis import on_basis
from exceptions_app.detection.silence import known_silence
from exceptions_app.detection.snapshot import ItemFacts, LineSnapshot, OrderSnapshot, Sight
from exceptions_app.overrides.stated import position_of
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope, Policies
from suppliers.profiles import SupplierProfile

#: An item in a warehouse, by their primary keys.
Place = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedOrder:
    """An order as detection looks at it, with the rows behind it; `lines` and `scopes` by line number."""

    order: PurchaseOrder
    snapshot: OrderSnapshot
    lines: Mapping[str, OrderLine]
    scopes: Mapping[str, LineScope]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedOrders:
    """Orders with the policies they are judged by; `problems` are of those that could not be read."""

    policies: Policies
    rows: Mapping[int, PurchaseOrder]
    orders: Mapping[int, LoadedOrder]
    problems: Mapping[int, RightlineError]


class Sights:
    """Until when is seen what suppliers do, at one moment: read once for each supplier."""

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        self._known: dict[int, health.Sight] = {}

    def of(self, suppliers: Iterable[Supplier]) -> Mapping[int, health.Sight]:
        """Return the sight on each supplier, by its primary key."""
        new = [supplier for supplier in suppliers if supplier.pk not in self._known]
        if new:
            self._known |= health.sights_of(new, now=self.as_of, silence=known_silence())
        return self._known


def load(
    order_ids: Collection[int],
    as_of: datetime,
    *,
    policies: Policies | None = None,
    sights: Sights | None = None,
    only_lines: Collection[int] | None = None,
) -> LoadedOrders:
    """Return the orders as they are now, to be judged at `as_of`, in a number of queries that does not grow.

    `policies` of their companies are loaded unless they are given, and so is until when is seen, by `sights`.
    With `only_lines` the orders come with no others of their lines. An order that cannot be read (a calendar
    is wrong, say) becomes a problem and harms no other.
    """
    rows = PurchaseOrder.objects.filter(pk__in=order_ids).select_related(
        "company", "connection", "supplier__profile", "supplier__connection"
    )
    orders = {order.pk: order for order in rows}
    lines = lines_of(orders, only_lines)
    policies = policies or lookup.load({order.company_id for order in orders.values()}, as_of)
    suppliers = {order.supplier for order in orders.values()}
    seen = (sights or Sights(as_of)).of(suppliers)
    waiting = places_of_class_a(line for of_order in lines.values() for line in of_order)
    loaded: dict[int, LoadedOrder] = {}
    problems: dict[int, RightlineError] = {}
    bases = price_bases(supplier.pk for supplier in suppliers)
    for order_id, order in orders.items():
        try:
            sight, basis = seen[order.supplier_id], bases.get(order.supplier_id)
            loaded[order_id] = assemble(
                order,
                [(line, position_of(line, at=as_of)) for line in lines[order_id]],
                unmatched=from_builtins(order.unmatched, tuple[UnmatchedLine, ...]),
                policies=policies,
                sight=sight,
                waiting=waiting,
                basis=basis,
            )
        except RightlineError as problem:
            problems[order_id] = problem
    return LoadedOrders(policies=policies, rows=orders, orders=loaded, problems=problems)


def lines_of(
    orders: Collection[int], only: Collection[int] | None = None, *, positions: bool = True
) -> dict[int, list[OrderLine]]:
    """Return the lines of each order with their items; an item that many lines are about is read once.

    `positions`: whether where they stand now is wanted, too.
    """
    lines: dict[int, list[OrderLine]] = {order_id: [] for order_id in orders}
    found = OrderLine.objects.filter(order__in=orders)
    if only is not None:
        found = found.filter(pk__in=only)
    # What was said by hand is laid over the position; who asks for none of it reads neither.
    rows = (
        (found.prefetch_related("overrides") if positions else found.defer("position"))
        .select_related("warehouse")
        .order_by("order", "pk")
    )
    for line in rows:
        lines[line.order_id].append(line)
    wanted = {line.item_id for line in rows if line.item_id is not None}
    items = Item.objects.prefetch_related("packs", "names").in_bulk(wanted)
    for line in rows:
        line.item = items[line.item_id] if line.item_id is not None else None
    return lines


def assemble(
    order: PurchaseOrder,
    lines: Iterable[tuple[OrderLine, LinePosition]],
    *,
    unmatched: tuple[UnmatchedLine, ...],
    policies: Policies,
    sight: Mapping[str, datetime | None],
    waiting: Collection[Place],
    basis: Decimal | None,
) -> LoadedOrder:
    """Return an order as detection looks at it, from its rows and the positions of its lines.

    `waiting`: where customer orders of class A wait; `basis`: for how many units its supplier's prices are.
    """
    placed = list(lines)
    kept = {line.number: line for line, _ in placed}
    scopes = {number: _scope(order, line) for number, line in kept.items()}
    profile = _profile(order.supplier)
    calendar = policies.of(order.company_id).calendar
    of_supplier = profile.calendar_code if profile else ""
    order_scope = LineScope(company_id=order.company_id, supplier_id=order.supplier_id)
    snapshot = OrderSnapshot(
        order_id=order.pk,
        company=order.company.code,
        number=order.number,
        supplier_number=order.supplier.number,
        currency=order.currency,
        calendar=calendar,
        supplier_calendar=policies.calendar(of_supplier, order.company_id) if of_supplier else calendar,
        terms=policies.terms(order_scope, profile),
        sight=Sight(
            orders=sight.get("orders"),
            confirmations=sight.get("confirmations"),
            ship_notices=sight.get("ship_notices"),
            receipts=sight.get("receipts"),
            invoices=sight.get("invoices"),
        ),
        lines=tuple(
            LineSnapshot(
                position=on_basis(position, basis),
                item=_item(line.item, order.supplier.number),
                tolerances=policies.tolerances(scopes[line.number]),
                warehouse=line.warehouse.code if line.warehouse else None,
                is_for_class_a=(line.item_id, line.warehouse_id) in waiting,
            )
            for line, position in placed
        ),
        unmatched=unmatched,
        watched=_is_watched(order),
    )
    return LoadedOrder(order=order, snapshot=snapshot, lines=kept, scopes=scopes)


def places_of_class_a(lines: Iterable[OrderLine]) -> set[Place]:
    """Return where customer orders of class A wait for an item of one of the lines."""
    items = {line.item_id for line in lines if line.item_id}
    waiting = CustomerDemand.objects.filter(item__in=items, customer_class="A", open_quantity__gt=0)
    return set(waiting.values_list("item", "warehouse"))


def _is_watched(order: PurchaseOrder) -> bool:
    """Say whether the order was released since its connection counts; an unknown release is not before it."""
    connection = order.connection
    if connection.cut_over is None or order.released_at is None:
        return True
    return order.released_at.astimezone(ZoneInfo(connection.time_zone)).date() >= connection.cut_over


def _scope(order: PurchaseOrder, line: OrderLine) -> LineScope:
    return LineScope(
        company_id=order.company_id,
        supplier_id=order.supplier_id,
        item_number=line.item_number,
        category=line.item.category if line.item else "",
        warehouse_id=line.warehouse_id,
    )


def _item(item: Item | None, supplier_number: str) -> ItemFacts | None:
    if item is None:
        return None
    factors = {pack.unit: pack.factor for pack in item.packs.all()}
    return ItemFacts(
        number=item.number,
        base_unit=item.base_unit,
        factors=factors | {item.base_unit: Decimal(1)},
        category=item.category,
        abc_class=item.abc_class,
        gtin=item.gtin,
        names=tuple(sorted(n.number for n in item.names.all() if n.supplier_number == supplier_number)),
    )


def _profile(supplier: Supplier) -> SupplierProfile | None:
    try:
        return supplier.profile
    except SupplierProfile.DoesNotExist:
        return None
