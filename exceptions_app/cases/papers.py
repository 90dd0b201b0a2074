"""The documents that belong to a case or an order."""

from django.db.models import Q, QuerySet

from erp_connectors.documents.models import Document, PurchaseOrder
from exceptions_app.cases.models import Case

DOCUMENTS_SHOWN = 30


def documents_of_case(case: Case) -> QuerySet[Document]:
    """Return the documents that name the order of the case, and the one it is about."""
    found = documents_of_order(case.order) if case.order else Document.objects.none()
    if case.document is None:
        return found
    return Document.objects.filter(Q(pk__in=found.values("pk")) | Q(pk=case.document.document_id))


def documents_of_order(order: PurchaseOrder) -> QuerySet[Document]:
    """Return the documents that name the order."""
    return Document.objects.filter(
        orders__connection=order.connection_id,
        orders__order_number=order.number,
        orders__supplier_number=order.supplier.number,
    )


def newest_documents(documents: QuerySet[Document]) -> QuerySet[Document]:
    """Return the newest of the documents, without their content."""
    return (
        documents.select_related("transaction__interchange__connection")
        .defer("content", "transaction__interchange__payload", "transaction__reading")
        .order_by("-said_at", "-revision", "-control_number")[:DOCUMENTS_SHOWN]
    )
