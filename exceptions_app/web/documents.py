"""A document of an order or of a case: the bytes it came in beside how they were read."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from erp_connectors.documents.models import Document, PurchaseOrder
from exceptions_app.cases.papers import documents_of_case, documents_of_order
from exceptions_app.web.access import Permission, case_or_404, companies_open, permitted, person_of
from exceptions_app.web.document_view import document_view, verdict_chip
from exceptions_app.web.pages import show
from exceptions_app.web.raw import around, read_raw
from exceptions_app.web.reading import reading_of


@permitted(Permission.VISIBLE_CASE)
@require_safe
def document_of_case(request: HttpRequest, number: str, document_id: UUID) -> HttpResponse:
    """Show a document that is about what the case is: raw, with its transaction marked, and read."""
    case = case_or_404(request, number)
    context = _context(request, documents_of_case(case), document_id) | {"case": case}
    return show(request, "documents/page.html", context, current="case", team=case.team, fragment="document")


@permitted(Permission.ORDER)
@require_safe
def document_of_order(request: HttpRequest, order_id: int, document_id: UUID) -> HttpResponse:
    """Show a document that names the order, to whom the documents of its company are open."""
    order = get_object_or_404(
        PurchaseOrder.objects.select_related("supplier"),
        pk=order_id,
        company__in=companies_open(person_of(request), "view_documents"),
    )
    context = _context(request, documents_of_order(order), document_id) | {"order": order}
    return show(request, "documents/page.html", context, current="order", fragment="document")


def _context(request: HttpRequest, open_ones: QuerySet[Document], document_id: UUID) -> dict[str, Any]:
    related = ("connection", "transaction__interchange__connection__company")
    documents = open_ones.select_related(*related).defer("transaction__interchange__payload")
    found = get_object_or_404(documents, pk=document_id)
    transaction = found.transaction
    context: dict[str, Any] = {
        "document": document_view(found),
        "reading": reading_of(found),
        "transaction": transaction,
    }
    if transaction is None:
        return context
    interchange = transaction.interchange
    start, length = around(transaction.offset_from, transaction.offset_to)
    return context | {
        "raw": read_raw(
            interchange,
            start=start,
            length=length,
            mark_from=transaction.offset_from,
            mark_to=transaction.offset_to,
        ),
        "findings": transaction.findings,
        "interchange": interchange,
        "interchange_verdict": verdict_chip(interchange.verdict) if interchange.verdict else None,
        "may_see_interchange": interchange.connection.company
        in companies_open(person_of(request), "view_exchange"),
    }
