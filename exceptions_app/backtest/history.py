"""What was known of subjects of any kind at moments that have passed, as detection looks at it.

What people agreed counts from when it was made.
"""

from collections.abc import Collection, Iterable

from django.db.models import Q

from erp_connectors.documents.models import Document, DocumentHead, PurchaseOrder
from erp_connectors.documents.past import Past
from exceptions_app.backtest.agreed import agreements_by
from exceptions_app.backtest.document_history import DocumentPast, InvoicePast, Papers, group_of, revisions_of
from exceptions_app.backtest.order_history import OrderPast, Orders
from exceptions_app.backtest.sights import Sights
from exceptions_app.backtest.supplier_history import SupplierPast, suppliers_then
from exceptions_app.detection.types.base import SubjectKind

SubjectPast = OrderPast | InvoicePast | DocumentPast | SupplierPast

OF_ORDER = ("company", "connection", "supplier__profile", "supplier__connection")
OF_HEAD = ("company", "connection", "document", "supplier__profile", "supplier__connection")


def pasts_of(kind: SubjectKind, ids: Collection[int], sights: Sights) -> list[SubjectPast]:
    """Return the past of subjects of one kind, in the order of their primary keys."""
    if kind is SubjectKind.ORDER:
        rows = list(PurchaseOrder.objects.filter(pk__in=ids).select_related(*OF_ORDER).order_by("pk"))
        orders = Orders(rows, sights)
        return [OrderPast(orders, row) for row in rows]
    if kind is SubjectKind.SUPPLIER:
        agreed = agreements_by(Q(subject_kind=kind, subject_id__in=ids), "subject_id")
        return list(suppliers_then(ids, agreed))
    heads = list(DocumentHead.objects.filter(pk__in=ids).select_related(*OF_HEAD).order_by("pk"))
    named = _ever_named(heads)
    wanted = Q(pk__in=[])
    for connection, numbers in named.items():
        wanted |= Q(connection=connection, number__in=numbers)
    connections = {head.connection_id: head.connection for head in heads}
    pasts = {
        connection: Past(named[connection], connection=connections[connection]) for connection in connections
    }
    rows = list(PurchaseOrder.objects.filter(wanted).select_related(*OF_ORDER).order_by("pk"))
    orders = Orders(rows, sights, pasts)
    papers = Papers(heads, orders, pasts)
    past = InvoicePast if kind is SubjectKind.INVOICE else DocumentPast
    return [past(papers, head) for head in heads]


def _ever_named(heads: Iterable[DocumentHead]) -> dict[int, set[str]]:
    """Return the numbers of the orders that any revision of these documents names, by connection."""
    groups = {(head.connection_id, *group_of(head)) for head in heads}
    found: dict[int, set[str]] = {connection: set() for connection, _, _, _ in groups}
    rows = {row.pk: key[0] for key, some in revisions_of(groups).items() for row in some}
    links = Document.orders.through.objects.filter(document__in=rows)
    for row, number in links.values_list("document", "orderreference__order_number"):
        found[rows[row]].add(number)
    return found
