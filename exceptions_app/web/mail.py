"""Outgoing mail: every message to a supplier and how far it has come, for the integration team and leads."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from exceptions_app.people.permissions import visible_cases
from exceptions_app.web.access import Permission, companies_open, permitted, person_of
from exceptions_app.web.ask_view import STATES, message_view
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.queues import address, without_empty
from suppliers.messaging.models import SupplierMessage

PAGE = 50


@permitted(Permission.EXCHANGE)
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """Show messages, newest first, all or those in one state."""
    query = without_empty(request.GET)
    path = reverse("web:mail")
    chosen = query.get("state", "")
    found = _visible(request).filter(state=chosen) if chosen in STATES else _visible(request)
    before, _separator, last_id = query.get("older", "").partition("~")
    moment = parse_datetime(before.replace(" ", "+"))
    key = _uuid(last_id)
    if moment is not None and key is not None:
        found = found.filter(Q(created_at__lte=moment) & (Q(created_at__lt=moment) | Q(pk__lt=key)))
    rows = list(found.order_by("-created_at", "-pk")[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    older = f"{rows[-1].created_at.isoformat()}~{rows[-1].pk}" if more else None
    context = {
        "now": now_of(request),
        "here": address(path, query),
        "tabs": [
            {"label": _("All"), "url": path, "is_current": chosen not in STATES},
            *(
                {
                    "label": chip.label,
                    "url": address(path, query, drop=("older",), state=state),
                    "is_current": state == chosen,
                }
                for state, chip in STATES.items()
            ),
        ],
        "rows": [message_view(row) for row in rows],
        "older_url": address(path, query, drop=("older",), older=older) if older else "",
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


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
