"""The rows of orders and their lines: written only where they say something else than before."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from erp_connectors.canonical.codec import to_json
from erp_connectors.canonical.documents import PurchaseOrder as CanonicalOrder
from erp_connectors.canonical.values import Quantity
from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.documents import bare_rows
from erp_connectors.documents.models import Document, Item, ItemPack, OrderLine, PurchaseOrder
from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.positions import OrderPositions
from erp_connectors.documents.units import UnitUnknown, convert

SIX_PLACES = Decimal("0.000001")
ORDER_COLUMNS = [
    "supplier",
    "state",
    "currency",
    "buyer",
    "released_at",
    "unmatched",
    "version_token",
    "document",
]
LINE_COLUMNS = [
    "item",
    "item_number",
    "description",
    "warehouse",
    "quantity",
    "unit",
    "price",
    "price_per",
    "requested_on",
    "cancelled",
    "is_present",
    "position",
    "answered_at",
    "has_other_price",
    "price_gap",
    "may_offer_less",
    "received_quantity",
]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the lines refer to, by number and code; `factors`: of an item by its primary key, by unit."""

    items: Mapping[str, Item]
    warehouses: Mapping[str, Warehouse]
    factors: Mapping[int, Mapping[str, Decimal]]


class OrderRows:
    """The rows of some orders, and everything they refer to, loaded once for all of them."""

    def __init__(self, connection: Connection, company: Company, said: Mapping[str, CanonicalOrder]) -> None:
        self.connection, self.company, self.said = connection, company, said
        orders = PurchaseOrder.objects.filter(connection=connection, number__in=said.keys())
        self.orders = {order.number: order for order in orders.select_related("supplier")}
        lines = OrderLine.objects.filter(order__in=self.orders.values()).select_related("item", "warehouse")
        self.lines = {(line.order_id, line.number): line for line in lines}
        self.suppliers = bare_rows.suppliers(
            {order.supplier for order in said.values()},
            connection=connection,
            company=company,
            at_hand=[order.supplier for order in self.orders.values()],
        )

    def save(
        self, current: Mapping[str, Document], positions: Mapping[str, OrderPositions]
    ) -> dict[str, int]:
        """Write what differs from before; return the orders for which that is more than a newer version."""
        known = self._ground_of(positions)
        changed = self._save_orders(current, positions) | self._save_lines(positions, known)
        return {number: self.orders[number].pk for number in changed}

    def _ground_of(self, positions: Mapping[str, OrderPositions]) -> _Ground:
        placed = [line for order in positions.values() for line in order.lines]
        items = bare_rows.items(
            {position.line.item for position in placed},
            connection=self.connection,
            at_hand=[line.item for line in self.lines.values() if line.item],
        )
        warehouses = bare_rows.warehouses(
            {position.line.warehouse for position in placed if position.line.warehouse},
            company=self.company,
            at_hand=[line.warehouse for line in self.lines.values() if line.warehouse],
        )
        # Only what was received in another unit than the line's is converted.
        converted = {
            items[position.line.item]
            for position in placed
            for fact in position.receipts
            if fact.received and fact.received.unit != position.line.quantity.unit
        }
        return _Ground(items=items, warehouses=warehouses, factors=_factors(converted))

    def _save_orders(
        self, current: Mapping[str, Document], positions: Mapping[str, OrderPositions]
    ) -> set[str]:
        """Write the orders themselves; return the numbers of the new and the changed ones."""
        differing: list[PurchaseOrder] = []
        changed: set[str] = set()
        for number, said in self.said.items():
            order = self.orders.get(number)
            before = _header_of(order) if order else None
            order = order or PurchaseOrder(connection=self.connection, company=self.company, number=number)
            order.supplier = self.suppliers[said.supplier]
            order.state, order.currency, order.buyer = said.state.value, said.currency, said.buyer or ""
            order.released_at, order.version_token = said.released_at, said.version_token
            order.document = current[number]
            order.unmatched = json.loads(to_json(positions[number].unmatched))
            after = _header_of(order)
            if before != after:
                differing.append(order)
            if before is None or before[:-2] != after[:-2]:
                changed.add(number)
        PurchaseOrder.objects.bulk_create(
            differing,
            update_conflicts=True,
            unique_fields=["connection", "number"],
            update_fields=ORDER_COLUMNS,
            batch_size=500,
        )
        self.orders |= {order.number: order for order in differing}
        return changed

    def _save_lines(self, positions: Mapping[str, OrderPositions], known: _Ground) -> set[str]:
        """Write the lines; return the numbers of the orders with a new or a changed one."""
        differing: list[OrderLine] = []
        changed: set[str] = set()
        for number, of_order in positions.items():
            order = self.orders[number]
            for position in of_order.lines:
                line = self.lines.get((order.pk, position.line.number))
                before = _values_of(line) if line else None
                row = line or OrderLine(order=order, number=position.line.number)
                row.item = item = known.items[position.line.item]
                row.warehouse = known.warehouses[position.line.warehouse] if position.line.warehouse else None
                _fill(row, position, known.factors.get(item.pk, {}))
                if before != (after := _values_of(row)):
                    differing.append(row)
                if before is None or _meaning(before) != _meaning(after):
                    changed.add(number)
        OrderLine.objects.bulk_create(
            differing,
            update_conflicts=True,
            unique_fields=["order", "number"],
            update_fields=LINE_COLUMNS,
            batch_size=500,
        )
        return changed


def _header_of(order: PurchaseOrder) -> tuple[object, ...]:
    """Return the columns of an order; the last two move with every revision and mean nothing alone."""
    return (
        order.supplier_id,
        order.state,
        order.currency,
        order.buyer,
        order.released_at,
        order.unmatched,
        order.version_token,
        order.document_id,
    )


def _values_of(line: OrderLine) -> dict[str, Any]:
    return {
        name: getattr(line, {"item": "item_id", "warehouse": "warehouse_id"}.get(name, name))
        for name in LINE_COLUMNS
    }


def _meaning(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values without the version of the order: by itself it changes nothing."""
    return values | {"position": values["position"] | {"order_version": None}}


def _fill(row: OrderLine, position: LinePosition, factors: Mapping[str, Decimal]) -> None:
    line = position.line
    row.item_number, row.description = line.item, line.description
    row.quantity, row.unit = line.quantity.value, line.quantity.unit
    row.price = line.price.amount if line.price else None
    row.price_per = line.price.per if line.price and line.price.per else Decimal(1)
    row.requested_on = min((part.date for part in line.schedule), default=None)
    row.cancelled = position.cancelled_at is not None
    row.is_present = position.is_present
    row.position = json.loads(to_json(position))
    row.answered_at = position.answered_at
    row.has_other_price = position.has_other_price
    row.may_offer_less = position.may_offer_less
    row.price_gap = _exact_gap(position) if row.has_other_price else None
    row.received_quantity = _received(position, factors)


def _exact_gap(position: LinePosition) -> Decimal | None:
    """Return by how much an answered price differs on the line; None where a column would round anything."""
    gap, line = position.price_gap, position.line
    if gap is None or line.price is None:
        return None
    figures = (gap, line.quantity.value, line.price.amount, line.price.per or Decimal(1))
    if any(Fraction(figure) * 10**6 % 1 for figure in figures):
        return None
    return Decimal(gap.numerator) / Decimal(gap.denominator)


def _factors(wanted: Collection[Item]) -> dict[int, dict[str, Decimal]]:
    """Return, by the item's primary key, how many base units one of each of its units holds."""
    if not wanted:
        return {}
    found = {item.pk: {item.base_unit: Decimal(1)} if item.base_unit else {} for item in wanted}
    for pack in ItemPack.objects.filter(item__in=wanted):
        found[pack.item_id][pack.unit] = pack.factor
    return found


def _received(position: LinePosition, factors: Mapping[str, Decimal]) -> Decimal:
    """Return what was received in the unit of the line; what no pack of the item converts is not counted."""
    received = [fact.received for fact in position.receipts if fact.received]
    counted = [_converted(quantity, position.line.quantity.unit, factors) for quantity in received]
    return sum(counted, Decimal(0)).quantize(SIX_PLACES)


def _converted(quantity: Quantity, unit: str, factors: Mapping[str, Decimal]) -> Decimal:
    try:
        return convert(quantity, unit, factors)
    except UnitUnknown:
        # The detection has its own word for it (unit_unknown); a column for lists cannot.
        return Decimal(0)
