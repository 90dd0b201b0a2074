"""Search over everything a person may see: cases, orders, and customer orders with what holds them up."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from erp_connectors.companies import Company
from erp_connectors.documents.models import CustomerDemand, PurchaseOrder, Supplier
from exceptions_app.cases.listing import case_list_page
from exceptions_app.cases.models import ENDED, Case, CaseLine
from exceptions_app.people.models import User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web import labels
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.case_rows import rows_html
from exceptions_app.web.case_text import text_in_case
from exceptions_app.web.pages import looked_for, now_of, show

MOST = 20
MOST_SUPPLIERS = 200
SHORTEST = 2


@permitted(Permission.SIGNED_IN)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what fits the text, at most MOST of each kind."""
    text, person = looked_for(request, "q"), person_of(request)
    context: dict[str, Any] = {"q": text, "is_short": len(text) < SHORTEST}
    if not context["is_short"]:
        companies = companies_open(person, "view_orders")
        page = case_list_page(
            visible_cases(person).filter(text_in_case(text)),
            now=now_of(request),
            size=MOST,
        )
        context |= {
            "rows": rows_html(page.rows, now=now_of(request)),
            "has_more": page.after is not None,
            "orders": _orders(text, companies),
            "demand": _demand(text, companies, person),
        }
    return show(request, "search/results.html", context, current="search", fragment="results")


def _orders(text: str, companies: Iterable[Company]) -> list[PurchaseOrder]:
    # Looked up first: a condition on both tables at once could be answered from the index of neither.
    suppliers = Supplier.objects.filter(Q(number=text) | Q(name__icontains=text)).values_list("pk", flat=True)
    found = PurchaseOrder.objects.filter(company__in=companies).filter(
        Q(number__istartswith=text) | Q(supplier__in=set(suppliers[:MOST_SUPPLIERS]))
    )
    return list(found.select_related("supplier", "company").order_by("-released_at", "-pk")[:MOST])


def _demand(text: str, companies: Iterable[Company], person: User) -> list[dict[str, Any]]:
    """Return customer orders with the open cases on their item: why the promise may not hold."""
    found = list(
        CustomerDemand.objects.filter(connection__company__in=companies)
        .filter(Q(order_number__istartswith=text) | Q(customer__icontains=text))
        .select_related("item", "warehouse")
        .order_by("due_on", "order_number", "line_number")[:MOST]
    )
    holding = CaseLine.objects.filter(
        order_line__item__in={row.item_id for row in found},
        cleared_at=None,
        case__in=visible_cases(person).exclude(state__in=ENDED).values("pk"),
    ).select_related("case", "order_line")
    by_item: dict[tuple[int | None, int | None], dict[int, Case]] = {}
    for line in holding:
        if line.order_line:
            key = (line.order_line.item_id, line.order_line.warehouse_id)
            by_item.setdefault(key, {})[line.case_id] = line.case
    return [
        {
            "row": row,
            "cases": [
                {"number": case.number, "headline": case.headline, "chip": labels.CASE_STATES[case.state]}
                for case in by_item.get((row.item_id, row.warehouse_id), {}).values()
            ],
        }
        for row in found
    ]
