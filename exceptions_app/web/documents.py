"""A document of a case: the bytes it came in beside how they were read."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from erp_connectors.documents.models import Document
from exceptions_app.web.access import Permission, case_or_404, permitted
from exceptions_app.web.case_view import document_view, verdict_chip
from exceptions_app.web.pages import show
from exceptions_app.web.raw import around, read_raw
from exceptions_app.web.reading import reading_of


@permitted(Permission.VISIBLE_CASE)
@require_safe
def document(request: HttpRequest, number: str, document_id: UUID) -> HttpResponse:
    """Show a document that names the order of the case: raw, with its transaction marked, and read."""
    case = case_or_404(request, number)
    if case.order is None:
        raise Http404
    found = get_object_or_404(
        Document.objects.select_related("connection", "transaction__interchange__connection").defer(
            "transaction__interchange__payload"
        ),
        pk=document_id,
        orders__connection=case.order.connection_id,
        orders__order_number=case.order.number,
        orders__supplier_number=case.supplier.number if case.supplier else "",
    )
    transaction = found.transaction
    raw = None
    if transaction is not None:
        start, length = around(transaction.offset_from, transaction.offset_to)
        raw = read_raw(
            transaction.interchange,
            start=start,
            length=length,
            mark_from=transaction.offset_from,
            mark_to=transaction.offset_to,
        )
    context = {
        "case": case,
        "document": document_view(found),
        "reading": reading_of(found),
        "raw": raw,
        "transaction": transaction,
        "findings": transaction.findings if transaction else [],
        "interchange": transaction.interchange if transaction else None,
        "interchange_verdict": verdict_chip(transaction.interchange.verdict)
        if transaction and transaction.interchange.verdict
        else None,
    }
    return show(request, "documents/page.html", context, current="case", team=case.team, fragment="document")
