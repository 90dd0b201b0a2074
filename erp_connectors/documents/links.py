"""Which orders documents name, and the links from documents to those orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from erp_connectors.documents.identity import Group, Named
from erp_connectors.documents.models import Document, OrderReference


def linked_orders(of_rows: Mapping[UUID, Group]) -> defaultdict[Group, set[Named]]:
    """Return the orders that documents are linked to by these of their revisions."""
    orders: defaultdict[Group, set[Named]] = defaultdict(set)
    if not of_rows:
        return orders
    links = Document.orders.through.objects.filter(document__in=of_rows)
    for row, supplier, number in links.values_list(
        "document", "orderreference__supplier_number", "orderreference__order_number"
    ):
        orders[of_rows[row]].add((supplier, number))
    return orders


def link(
    rows: Mapping[Group, Iterable[UUID]],
    named: Mapping[Group, set[Named]],
    references: Mapping[Named, OrderReference],
) -> None:
    """Link every revision of a document to every order that any of them names.

    `rows` are the primary keys of the revisions.
    """
    through = Document.orders.through
    links = [
        through(document_id=row, orderreference_id=references[name].pk)
        for group, revisions in rows.items()
        for row in revisions
        for name in sorted(named.get(group, ()))
    ]
    through.objects.bulk_create(links, ignore_conflicts=True, batch_size=1000)
