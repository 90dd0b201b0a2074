"""Statuses of a shipment join the orders of its ship notices, whichever of them came first.

Both keep the numbers their shipment is known by (`ShipmentNumber`); who shares one is of one shipment.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import DocumentKind, ShipmentStatus, ShipNotice
from erp_connectors.companies import Connection
from erp_connectors.documents.identity import Group, Named, Recordable
from erp_connectors.documents.links import link, linked_orders
from erp_connectors.documents.models import Document, OrderReference, ShipmentNumber
from erp_connectors.documents.shipments import shipment_numbers

SHAPES: Mapping[str, type[ShipNotice] | type[ShipmentStatus]] = {
    DocumentKind.SHIP_NOTICE: ShipNotice,
    DocumentKind.SHIPMENT_STATUS: ShipmentStatus,
}


@dataclass(frozen=True, slots=True)
class Joined:
    """The orders that statuses get from ship notices: those recorded now, and those that stay as they are."""

    changed: Mapping[Group, set[Named]] = field(default_factory=dict)
    others: Mapping[Group, set[Named]] = field(default_factory=dict)


def numbers_of(document: Recordable) -> frozenset[str]:
    """Return the numbers of the shipment a document is about; of most documents there are none."""
    if isinstance(document, ShipNotice | ShipmentStatus):
        return shipment_numbers(document)
    return frozenset()


def numbers_in(row: Document) -> frozenset[str]:
    """Return the numbers of the shipment one recorded revision is about."""
    shape = SHAPES.get(row.kind)
    return numbers_of(from_builtins(row.content, shape)) if shape else frozenset()


def join(
    changed: Mapping[Group, Iterable[Document]], named: Mapping[Group, set[Named]], *, connection: Connection
) -> Joined:
    """Return which statuses join which orders, now that the revisions of some documents have changed.

    `named` are the orders that each changed document names.
    """
    numbers = {
        group: frozenset().union(*map(numbers_in, rows))
        for group, rows in changed.items()
        if group[0] in SHAPES
    }
    wanted = frozenset().union(*numbers.values())
    if not wanted:
        return Joined()
    others, rows_of_others = _others(wanted, numbers, connection)
    orders = dict(named) | _orders_of_notices(rows_of_others)
    by_number: dict[str, set[Named]] = defaultdict(set)
    for group, some in (numbers | others).items():
        if group[0] == DocumentKind.SHIP_NOTICE:
            for number in some:
                by_number[number] |= orders.get(group, set())
    joined = {
        group: set[Named]().union(*(by_number[number] for number in some if number in by_number))
        for group, some in (numbers | others).items()
        if group[0] == DocumentKind.SHIPMENT_STATUS
    }
    return Joined(
        changed={group: some for group, some in joined.items() if group in numbers},
        others={group: some for group, some in joined.items() if group not in numbers},
    )


def keep_numbers(rows: Iterable[Document], *, connection: Connection) -> None:
    """Keep the numbers of these revisions, so that what comes later finds them."""
    kept = [
        ShipmentNumber(connection=connection, document=row, number=number)
        for row in rows
        for number in sorted(numbers_in(row))
    ]
    ShipmentNumber.objects.bulk_create(kept, ignore_conflicts=True, batch_size=1000)


def link_others(
    joined: Joined, references: Mapping[Named, OrderReference], *, connection: Connection
) -> None:
    """Link every revision of the statuses that stay as they are to the orders they have joined.

    They join orders of the ship notices recorded now, which are among `references`; others they had before.
    """
    if not joined.others:
        return
    found = Document.objects.filter(
        connection=connection,
        kind=DocumentKind.SHIPMENT_STATUS,
        key__in={key for _, key, _ in joined.others},
    )
    rows: dict[Group, list[UUID]] = defaultdict(list)
    for row, kind, key, supplier in found.values_list("pk", "kind", "key", "supplier"):
        rows[kind, key, supplier].append(row)
    named = {group: {name for name in some if name in references} for group, some in joined.others.items()}
    link(rows, named, references)


def _others(
    wanted: Iterable[str], known: Mapping[Group, frozenset[str]], connection: Connection
) -> tuple[dict[Group, frozenset[str]], dict[Group, set[UUID]]]:
    """Return the other documents with one of these numbers, and the revisions that have it."""
    found = ShipmentNumber.objects.filter(connection=connection, number__in=wanted)
    numbers: dict[Group, frozenset[str]] = {}
    rows: dict[Group, set[UUID]] = defaultdict(set)
    for number, row, kind, key, supplier in found.values_list(
        "number", "document", "document__kind", "document__key", "document__supplier"
    ):
        group = (kind, key, supplier)
        if group not in known:
            numbers[group] = numbers.get(group, frozenset()) | {number}
            rows[group].add(row)
    return numbers, rows


def _orders_of_notices(rows: Mapping[Group, set[UUID]]) -> dict[Group, set[Named]]:
    """Return the orders that other ship notices are linked to, by the revisions given."""
    return linked_orders(
        {row: group for group, some in rows.items() if group[0] == DocumentKind.SHIP_NOTICE for row in some}
    )
