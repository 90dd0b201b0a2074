"""Orders and their lines in the mirror, and the position of every line, from all that was heard of them."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F

from erp_connectors.canonical.codec import from_builtins, to_json
from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.canonical.documents import PurchaseOrder as CanonicalOrder
from erp_connectors.canonical.values import Quantity
from erp_connectors.companies import Company, Connection
from erp_connectors.documents import ground
from erp_connectors.documents.by_hand import NOTHING, ByHand, by_hand
from erp_connectors.documents.heads import (
    HEADED,
    ORDER_UNKNOWN,
    OTHER_SUPPLIER,
    Loose,
    LooseLines,
    headed,
    left_over,
    newest_of,
    unplaced,
)
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.identity import ORDER_SHAPES, Group, orders_named
from erp_connectors.documents.models import Document, OrderLine, PurchaseOrder
from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.positions import OrderPositions, UnmatchedLine, positions_of
from erp_connectors.documents.units import UnitUnknown, convert
from erp_connectors.exchange.models import Transaction

MIRROR = "mirror"
SIX_PLACES = Decimal("0.000001")
WHY_UNMATCHED = {
    "nothing_named": "It names neither a line nor an item.",
    "no_order_named": "It names no order.",
    "no_such_line": "The order has no such line.",
    "several_fit": "Several lines of the order fit.",
    "contradiction": "Its line number and its item numbers say different lines.",
}


@dataclass(slots=True)
class Heard:
    """What is linked to one order number: by the ERP, by each partner; the findings of its transactions."""

    by_erp: list[Document] = field(default_factory=list)
    findings: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    by_partner: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))

    @property
    def newest_order(self) -> Document | None:
        """The newest revision of the order itself, ties told apart as the positions do."""
        revisions = [row for row in self.by_erp if row.kind == DocumentKind.PURCHASE_ORDER]
        return newest_of(revisions) if revisions else None

    @property
    def rows(self) -> Iterable[Document]:
        """Everything that is linked, once for every name."""
        return [*self.by_erp, *(row for some in self.by_partner.values() for row in some)]

    def about(self, supplier: str) -> list[Document]:
        """Return what counts for the order of this supplier; another's word on its number does not."""
        counting = [*self.by_erp, *self.by_partner.get(supplier, ())]
        return list({row.pk: row for row in counting}.values())

    def by(self, moment: datetime) -> "Heard":
        """Return what was linked and recorded by a moment."""
        return Heard(
            by_erp=[row for row in self.by_erp if row.recorded_at <= moment],
            by_partner=defaultdict(
                list,
                {
                    partner: [row for row in rows if row.recorded_at <= moment]
                    for partner, rows in self.by_partner.items()
                },
            ),
        )


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of following orders.

    `changed`: the primary keys, by number, of the orders that say something else than before; an order known
    only from other documents has none yet. `loose`: what the orders leave over of the documents naming them.
    `hands`: what people said of all the documents looked at.
    """

    changed: dict[str, int] = field(default_factory=dict)
    loose: Loose = field(default_factory=dict)
    hands: Mapping[Group, ByHand] = field(default_factory=dict)


def follow(
    numbers: Collection[str], *, connection: Connection, company: Company, recorded: Iterable[Document] = ()
) -> Followed:
    """Bring the orders with these numbers in step with all documents that name them.

    Their references are locked. `recorded` are documents that may name no order, looked at for their hands.
    """
    others = [row for row in recorded if row.kind in HEADED]
    if not numbers:
        return Followed(hands=by_hand(others, connection=connection))
    heard = heard_of(numbers, connection)
    newest = {number: one.newest_order for number, one in heard.items()}
    current = {number: row for number, row in newest.items() if row is not None}
    said = {number: from_builtins(row.content, CanonicalOrder) for number, row in current.items()}
    of_orders = (row for one in heard.values() for row in one.rows)
    hands = by_hand([*of_orders, *others], connection=connection)
    positions = {
        number: positions_of(_as_heard(row, hands) for row in heard[number].about(order.supplier))
        for number, order in said.items()
    }
    mirror = _Rows(connection, company, said)
    changed = mirror.save(current, positions)
    _note_what_fits_nothing(heard, said, positions, hands)
    return Followed(changed, loose_of(heard, said, positions, hands), hands)


def heard_of(numbers: Collection[str], connection: Connection) -> dict[str, Heard]:
    """Return the documents linked to each order, once for every name they are linked under."""
    named = Document.objects.filter(orders__connection=connection, orders__order_number__in=numbers).annotate(
        named_under=F("orders__supplier_number"),
        named=F("orders__order_number"),
        noted=F("transaction__findings"),
    )
    heard = {number: Heard() for number in numbers}
    for row in named:
        one = heard[row.named]
        if row.transaction_id:
            one.findings[row.transaction_id] = row.noted
        (one.by_partner[row.named_under] if row.named_under else one.by_erp).append(row)
    return heard


def _as_heard(row: Document, hands: Mapping[Group, ByHand]) -> HeardDocument:
    content = from_builtins(row.content, ORDER_SHAPES[DocumentKind(row.kind)])
    content = hands.get(row.group, NOTHING).over(content)
    return HeardDocument(
        key=row.key, version=content.version, first_said_at=row.first_said_at, content=content
    )


# --- rows of orders and lines ----------------------------------------------------------------------


class _Rows:
    """The rows of some orders, and everything they refer to, loaded once for all of them."""

    def __init__(self, connection: Connection, company: Company, said: Mapping[str, CanonicalOrder]) -> None:
        self.connection, self.company, self.said = connection, company, said
        orders = PurchaseOrder.objects.filter(connection=connection, number__in=said.keys())
        self.orders = {order.number: order for order in orders.select_related("supplier")}
        lines = OrderLine.objects.filter(order__in=self.orders.values()).select_related("item", "warehouse")
        self.lines = {(line.order_id, line.number): line for line in lines}
        self.suppliers = ground.suppliers(
            {order.supplier for order in said.values()},
            connection=connection,
            company=company,
            at_hand=[order.supplier for order in self.orders.values()],
        )

    def save(
        self, current: Mapping[str, Document], positions: Mapping[str, OrderPositions]
    ) -> dict[str, int]:
        """Write what differs from before; return the orders for which that is more than a newer version."""
        placed = [line for order in positions.values() for line in order.lines]
        items = ground.items(
            {position.line.item for position in placed},
            connection=self.connection,
            at_hand=[line.item for line in self.lines.values() if line.item],
        )
        sites = ground.warehouses(
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
        factors = ground.factors(converted)
        changed = self._save_orders(current, positions)
        differing: list[OrderLine] = []
        for number, of_order in positions.items():
            order = self.orders[number]
            for position in of_order.lines:
                line = self.lines.get((order.pk, position.line.number))
                before = _values_of(line) if line else None
                row = line or OrderLine(order=order, number=position.line.number)
                row.item = item = items[position.line.item]
                row.warehouse = sites[position.line.warehouse] if position.line.warehouse else None
                _fill(row, position, factors.get(item.pk, {}))
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
        return {number: self.orders[number].pk for number in changed}

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


# --- what fits nothing, kept visible -----------------------------------------------------------------


def _note_what_fits_nothing(
    heard: Mapping[str, Heard],
    said: Mapping[str, CanonicalOrder],
    positions: Mapping[str, OrderPositions],
    hands: Mapping[Group, ByHand],
) -> None:
    """Write on the transactions which orders and lines of their documents are unknown; take off what fits.

    Only the newest revision of a document is looked at. The findings of other layers stay as they are.
    """
    notes: dict[int, list[dict[str, Any]]] = {}
    noted: dict[int, list[dict[str, Any]]] = {}
    for number, one in heard.items():
        noted |= one.findings
        for supplier, rows in [("", one.by_erp), *one.by_partner.items()]:
            order = said.get(number)
            unmatched = positions[number].unmatched if order and supplier in ("", order.supplier) else ()
            for row in _newest_of_each(rows):
                if row.transaction_id and _is_about(row, number, hands):
                    some = notes.setdefault(row.transaction_id, [])
                    some += [
                        note for note in _notes(row, number, supplier, order, unmatched) if note not in some
                    ]
    differing = [
        transaction
        for transaction, findings in noted.items()
        if findings != _with_notes(findings, notes.get(transaction, []), heard)
    ]
    if not differing:
        return
    transactions = list(
        Transaction.objects.filter(pk__in=differing).order_by("pk").select_for_update().only("findings")
    )
    for transaction in transactions:
        transaction.findings = _with_notes(transaction.findings, notes.get(transaction.pk, []), heard)
    Transaction.objects.bulk_update(transactions, ["findings"], batch_size=500)


def loose_of(
    heard: Mapping[str, Heard],
    said: Mapping[str, CanonicalOrder],
    positions: Mapping[str, OrderPositions],
    hands: Mapping[Group, ByHand],
) -> Loose:
    """Return what each order leaves over of the newest revision of every document that names it."""
    loose: dict[Group, dict[str, LooseLines]] = defaultdict(dict)
    for number, one in heard.items():
        order = said.get(number)
        for supplier, rows in [("", one.by_erp), *one.by_partner.items()]:
            for row in _newest_of_each(rows):
                document = headed(row, hands)
                if document is None:
                    continue
                if order is None:
                    lines = unplaced(document, number, ORDER_UNKNOWN)
                elif supplier not in ("", order.supplier):
                    lines = unplaced(document, number, OTHER_SUPPLIER)
                else:
                    lines = left_over(document, _of(row, positions[number].unmatched))
                loose[row.group][number] = lines
    return loose


def _is_about(row: Document, number: str, hands: Mapping[Group, ByHand]) -> bool:
    """Say whether a document still names the order, once what people said of it is laid over."""
    if row.group not in hands:
        return True
    document = headed(row, hands)
    return document is None or number in orders_named(document)


def _of(row: Document, unmatched: Iterable[UnmatchedLine]) -> Iterable[UnmatchedLine]:
    return (line for line in unmatched if (line.kind, line.key) == (row.kind, row.key))


def _with_notes(
    findings: list[dict[str, Any]], notes: list[dict[str, Any]], orders: Collection[str]
) -> list[dict[str, Any]]:
    """Return the findings with these notes instead of all others of ours on these orders."""
    kept = [one for one in findings if one.get("layer") != MIRROR or one.get("order") not in orders]
    return kept + notes


def _newest_of_each(rows: Sequence[Document]) -> Iterable[Document]:
    revisions: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for row in rows:
        revisions[row.kind, row.key].append(row)
    return [newest_of(some) for some in revisions.values()]


def _notes(
    row: Document,
    number: str,
    supplier: str,
    order: CanonicalOrder | None,
    unmatched: Iterable[UnmatchedLine],
) -> list[dict[str, Any]]:
    if order is None:
        text = f"Order {number} has not come from the ERP yet. The {row.kind} is kept and counts once it has."
        return [_note("ORDER_UNKNOWN", "note", text, number, number)]
    if supplier not in ("", order.supplier):
        text = f"Order {number} is with supplier {order.supplier}, not with {supplier}, who speaks here."
        way_out = "Ask the supplier which order is meant, or correct the supplier of the trading partner."
        return [_note("ORDER_OF_ANOTHER_SUPPLIER", "warning", text, number, number, way_out)]
    return [
        _note(
            "LINE_UNMATCHED",
            "warning",
            f"Line {line.line_number or line.index + 1} of {row.kind} {row.key} fits no line "
            f"of order {number}. " + WHY_UNMATCHED[line.reason.value],
            number,
            line.line_number or "",
            "Compare it with the order, then match it by hand or ask the supplier.",
        )
        | {"line": line.index, "candidates": list(line.candidates)}
        for line in _of(row, unmatched)
    ]


def _note(code: str, severity: str, text: str, order: str, value: str, way_out: str = "") -> dict[str, Any]:
    return {
        "layer": MIRROR,
        "code": code,
        "severity": severity,
        "text": text,
        "order": order,
        "value": value,
        "way_out": way_out,
    }
