"""A purchase order as mirrored: where every line stands, its cases and its documents."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from erp_connectors.canonical.documents import OrderState
from erp_connectors.documents.models import PurchaseOrder
from exceptions_app.cases.case_page import factors_of
from exceptions_app.cases.papers import documents_of_order, newest_documents
from exceptions_app.overrides.models import OverrideKind
from exceptions_app.overrides.stated import position_of
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web import labels
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.bundle_view import deciding_together
from exceptions_app.web.comparison import compare
from exceptions_app.web.document_view import document_view
from exceptions_app.web.labels import Chip
from exceptions_app.web.pages import now_of, show

STATES: dict[str, Chip] = {
    OrderState.DRAFT: Chip(_("Draft")),
    OrderState.RELEASED: Chip(_("Released"), "info"),
    OrderState.CANCELLED: Chip(_("Cancelled")),
    OrderState.CLOSED: Chip(_("Closed"), "good"),
}


def order_or_404(request: HttpRequest, order_id: int) -> PurchaseOrder:
    """Return the order if it is of a company whose orders this person may see."""
    return get_object_or_404(
        PurchaseOrder.objects.select_related("company", "supplier", "connection"),
        pk=order_id,
        company__in=companies_open(person_of(request), "view_orders"),
    )


@permitted(Permission.ORDER)
@require_safe
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show one order of a company whose orders this person may see."""
    person = person_of(request)
    found = order_or_404(request, order_id)
    today = now_of(request).astimezone(ZoneInfo(found.company.time_zone)).date()
    lines = found.lines.select_related("item", "warehouse").prefetch_related("item__packs", "overrides")
    context = {
        "order": found,
        "now": now_of(request),
        "chip": STATES.get(found.state, Chip(found.state)),
        "lines": [
            {
                "line": line,
                "stated": [each for each in line.overrides.all() if each.kind == OverrideKind.POSITION],
                "comparison": compare(
                    position_of(line),
                    factors=factors_of(line),
                    type_code="",
                    today=today,
                )
                if line.position
                else None,
            }
            for line in sorted(lines, key=lambda line: (len(line.number), line.number))
        ],
        "cases": [
            {"case": case, "chip": labels.CASE_STATES[case.state]}
            for case in visible_cases(person).filter(order=found).distinct().order_by("-updated_at")[:50]
        ],
        "deciding": deciding_together(found.pk, person),
        "documents": [document_view(document) for document in newest_documents(documents_of_order(found))],
    }
    return show(request, "orders/page.html", context, current="order", fragment="order")
