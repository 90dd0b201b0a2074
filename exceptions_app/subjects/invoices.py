"""Invoices and credit notes, with the positions of the orders they name."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import DocumentKind, Invoice
from erp_connectors.canonical.documents import PurchaseOrder as CanonicalOrder
from erp_connectors.documents.identity import words_of
from erp_connectors.documents.models import Document, DocumentHead, PurchaseOrder, Supplier
from erp_connectors.errors import RightlineError
from erp_connectors.exchange import health
from erp_connectors.exchange.health import Sight
from exceptions_app.cases.about import About
from exceptions_app.detection import load as orders_side
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.agreement_rows import agreements_of
from exceptions_app.detection.deadlines import earliest_sight
from exceptions_app.detection.invoices import BilledOrder, InvoiceSnapshot, OtherInvoice, charges_of
from exceptions_app.detection.load import LoadedOrder
from exceptions_app.detection.silence import known_silence
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.subjects.documents import fingerprint_of, is_counted
from exceptions_app.subjects.subject import Loaded, Subject, World, world_of

#: An order by its connection and number.
OrderName = tuple[int, str]


class Invoices(Subject):
    """An invoice is judged with its orders as they are; when one of them moves, it is looked at again."""

    kind = SubjectKind.INVOICE

    def load(self, ids: Collection[int], as_of: datetime) -> World:
        """Return the invoices with all their orders, in a number of queries that does not grow."""
        heads = list(
            DocumentHead.objects.filter(pk__in=ids, kind=DocumentKind.INVOICE).select_related(
                "company", "connection", "document", "supplier__profile", "supplier__connection"
            )
        )
        policies = lookup.load({head.company_id for head in heads}, as_of)
        shelf = Shelf.of(heads, as_of, policies)
        return world_of(policies, {head.pk: partial(load_invoice, head, shelf, policies) for head in heads})

    def queue_up_for(self, ids: Collection[int]) -> None:
        """Lock the heads, as `store.record` does for every invoice on an order it changes."""
        rows = DocumentHead.objects.filter(pk__in=ids).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies around some invoices: orders, other invoices on them, earlier revisions, and the sight."""

    orders: Mapping[OrderName, LoadedOrder]
    problems: Mapping[OrderName, RightlineError]
    agreements: Mapping[int, list[Agreement]]
    agreed: Mapping[int, CanonicalOrder]
    others: Mapping[OrderName, list[DocumentHead]]
    revisions: Mapping[tuple[int, str, int | None], list[Document]]
    sights: Mapping[int, Sight]

    @classmethod
    def of(cls, heads: Collection[DocumentHead], as_of: datetime, policies: Policies) -> "Shelf":
        """Return what lies around invoices now, in a number of queries that does not grow."""
        named = {(head.connection_id, number) for head in heads for number in head.orders}
        rows = _orders(named)
        world = orders_side.load(rows, as_of, policies=policies)
        found = {(one.order.connection_id, one.order.number): one for one in world.orders.values()}
        suppliers = {head.supplier for head in heads if head.supplier}
        suppliers |= {one.order.supplier for one in world.orders.values()}
        return cls(
            orders=found,
            problems={
                (row.connection_id, row.number): world.problems[pk]
                for pk, row in world.rows.items()
                if pk in world.problems
            },
            agreements=agreements_of(rows),
            agreed=rows,
            others=_others(named),
            revisions=_revisions(heads),
            sights=health.sights_of(suppliers, now=as_of, silence=known_silence()),
        )

    def orders_of(self, head: DocumentHead) -> list[LoadedOrder]:
        """Return the orders an invoice names that are here and of its supplier.

        Raises what keeps one of them from being read.
        """
        for number in head.orders:
            if (head.connection_id, number) in self.problems:
                raise self.problems[head.connection_id, number]
        found = (self.orders.get((head.connection_id, number)) for number in head.orders)
        return [one for one in found if one is not None and head.supplier_id in (None, one.order.supplier_id)]

    def others_of(self, head: DocumentHead, supplier: Supplier | None) -> list[DocumentHead]:
        """Return the other invoices of the same supplier on the orders an invoice names."""
        found = {
            other.pk: other
            for number in head.orders
            for other in self.others.get((head.connection_id, number), ())
            if other.pk != head.pk and not other.is_cancelled
        }
        number = supplier.pk if supplier else None
        return [other for other in found.values() if other.supplier_id in (None, number)]


def _orders(named: Iterable[OrderName]) -> dict[int, CanonicalOrder]:
    """Return the orders that are here, as the ERP has them, by their primary keys."""
    wanted = set(named)
    rows = PurchaseOrder.objects.filter(
        connection__in={connection for connection, _ in wanted}, number__in={number for _, number in wanted}
    ).select_related("document")
    return {
        row.pk: from_builtins(row.document.content, CanonicalOrder)
        for row in rows
        if (row.connection_id, row.number) in wanted
    }


def _others(named: Iterable[OrderName]) -> dict[OrderName, list[DocumentHead]]:
    """Return all invoices that name each order."""
    wanted = set(named)
    heads = DocumentHead.objects.filter(
        kind=DocumentKind.INVOICE,
        connection__in={connection for connection, _ in wanted},
        document__orders__order_number__in={number for _, number in wanted},
    )
    others: dict[OrderName, list[DocumentHead]] = defaultdict(list)
    for head in heads.select_related("document").distinct():
        for number in head.orders:
            others[head.connection_id, number].append(head)
    return others


def _revisions(heads: Collection[DocumentHead]) -> dict[tuple[int, str, int | None], list[Document]]:
    rows = Document.objects.filter(
        kind=DocumentKind.INVOICE,
        connection__in={head.connection_id for head in heads},
        key__in={head.key for head in heads},
    )
    found: dict[tuple[int, str, int | None], list[Document]] = defaultdict(list)
    for row in rows.order_by("said_at", "revision", "control_number"):
        found[row.connection_id, row.key, row.supplier_id].append(row)
    return found


def load_invoice(head: DocumentHead, shelf: Shelf, policies: Policies) -> Loaded:
    """Return an invoice with what lies around it. Raises what keeps one of its orders from being read."""
    orders = shelf.orders_of(head)
    of_orders = {one.order.supplier for one in orders}
    supplier = head.supplier or (of_orders.pop() if len(of_orders) == 1 else None)
    whole = LineScope(company_id=head.company_id, supplier_id=supplier.pk if supplier else None)
    about = About(
        kind=SubjectKind.INVOICE,
        id=head.pk,
        company=head.company,
        connection=head.connection.code,
        supplier=supplier,
        order=orders[0].order if len(orders) == 1 else None,
        document=head,
        buyer=next((one.order.buyer or one.order.supplier.buyer for one in orders), ""),
    )
    names = {
        (one.order.pk, number): number if len(orders) == 1 else f"{one.order.number}/{number}"
        for one in orders
        for number in one.lines
    }
    return Loaded(
        about=about,
        snapshot=_snapshot(head, orders, shelf, supplier, policies.tolerances(whole), policies),
        lines={names[one.order.pk, number]: line for one in orders for number, line in one.lines.items()},
        scopes={names[one.order.pk, number]: scope for one in orders for number, scope in one.scopes.items()},
    )


def _snapshot(
    head: DocumentHead,
    orders: Collection[LoadedOrder],
    shelf: Shelf,
    supplier: Supplier | None,
    tolerances: lookup.ToleranceTable,
    policies: Policies,
) -> InvoiceSnapshot:
    invoice = from_builtins(head.document.content, Invoice)
    sight = shelf.sights.get(supplier.pk, {}) if supplier else {}
    revisions = shelf.revisions[head.connection_id, head.key, head.supplier_id]
    return InvoiceSnapshot(
        company=head.company.code,
        calendar=policies.of(head.company_id).calendar,
        tolerances=tolerances,
        fingerprint=fingerprint_of(head),
        heard=head.document.said_at.isoformat(),
        watched=any(one.snapshot.watched for one in orders) if orders else is_counted(head),
        key=head.key,
        invoice=invoice,
        supplier_number=supplier.number if supplier else None,
        first_said_at=head.first_said_at,
        said_at=head.document.said_at,
        named=frozenset(head.orders),
        orders=tuple(_billed(one, shelf) for one in orders),
        others=tuple(_other(other) for other in shelf.others_of(head, supplier)),
        earlier=tuple(
            from_builtins(row.content, Invoice)
            for row in revisions
            if words_of(row.content) != words_of(head.document.content)
        ),
        seen_until=earliest_sight(sight.get("orders"), sight.get("invoices")),
        is_cancelled=head.is_cancelled,
    )


def _billed(one: LoadedOrder, shelf: Shelf) -> BilledOrder:
    agreed = shelf.agreed[one.order.pk]
    return BilledOrder(
        snapshot=one.snapshot,
        agreements=tuple(shelf.agreements.get(one.order.pk, ())),
        payment_terms=agreed.payment_terms,
        charges=agreed.charges,
        tax_percent=agreed.tax_percent,
    )


def _other(head: DocumentHead) -> OtherInvoice:
    said = from_builtins(head.document.content, Invoice)
    return OtherInvoice(
        number=said.number,
        kind=said.kind,
        issued_on=said.issued_on,
        said_at=head.document.said_at,
        currency=said.currency,
        total=said.total,
        orders=frozenset(head.orders),
        charges=charges_of(said),
        corrects=said.corrects,
        ship_notice=said.ship_notice,
    )
