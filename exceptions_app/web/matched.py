"""The list of what people matched by hand: who, when, which line; each choice leads to where it is undone."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from erp_connectors.documents.models import LineMatch
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.addresses import older_url, without_empty
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.matching import choices
from exceptions_app.web.pages import looked_for, now_of, show


@permitted(Permission.SIGNED_IN)
@require_safe
def matched(request: HttpRequest) -> HttpResponse:
    """Show what people matched in the person's companies: who, when, which line; the newest first."""
    query = without_empty(request.GET)
    found = LineMatch.objects.filter(
        connection__company__in=companies_open(person_of(request), "view_documents")
    ).exclude(line=None)
    text = looked_for(request, "q")
    if text:
        found = found.filter(
            Q(order_number__istartswith=text) | Q(key__icontains=text) | Q(made_by__icontains=text)
        )
    found = found.select_related("connection", "supplier")
    page = newest_first(found, {"after": query.get("older", "")})
    path = reverse("web:matched")
    context = {
        "q": text,
        "now": now_of(request),
        "rows": choices(page.rows),
        "older_url": older_url(path, query, page),
    }
    return show(request, "documents/matched.html", context, current="matched", fragment="matched")
