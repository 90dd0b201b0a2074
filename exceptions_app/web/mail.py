"""Outgoing mail: every message to a supplier and how far it has come, for the integration team and leads."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from exceptions_app.people.permissions import visible_cases
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.addresses import address, older_url, state_tabs, without_empty
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.message_view import STATES, message_view
from exceptions_app.web.pages import now_of, show
from suppliers.messaging.models import SupplierMessage


@permitted(Permission.EXCHANGE)
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """Show messages, newest first, all or those in one state."""
    query = without_empty(request.GET)
    path = reverse("web:mail")
    chosen = query.get("state", "")
    found = _visible(request).filter(state=chosen) if chosen in STATES else _visible(request)
    page = newest_first(found, {"after": query.get("older", "")}, field="created_at")
    context = {
        "now": now_of(request),
        "here": address(path, query),
        "tabs": state_tabs(path, query, name="state", states=STATES, everything=_("All")),
        "rows": [message_view(row) for row in page.rows],
        "older_url": older_url(path, query, page),
    }
    return show(request, "mail/list.html", context, current="mail", fragment="list")


@permitted(Permission.EXCHANGE)
@require_safe
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Show one message in full, with the server's words; a case is a link where this person may see it."""
    found = get_object_or_404(_visible(request), pk=message_id)
    view = message_view(found)
    visible = set(
        visible_cases(person_of(request)).filter(number__in=view.cases).values_list("number", flat=True)
    )
    context = {
        "now": now_of(request),
        "message": view,
        "row": found,
        "cases": [{"number": number, "is_visible": number in visible} for number in view.cases],
    }
    return show(request, "mail/page.html", context, current="mail", fragment="message")


def _visible(request: HttpRequest) -> QuerySet[SupplierMessage]:
    companies = companies_open(person_of(request), "view_exchange")
    messages = SupplierMessage.objects.filter(company__in=companies)
    return messages.select_related("supplier", "company").prefetch_related("cases")
