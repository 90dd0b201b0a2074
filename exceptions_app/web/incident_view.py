"""Which incidents a person sees, and how each looks."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from exceptions_app.incidents.models import Incident, IncidentState
from exceptions_app.incidents.queries import with_figures
from exceptions_app.web import formats
from exceptions_app.web.access import teams_of
from exceptions_app.web.labels import Chip
from exceptions_app.web.types import type_label

STATES: dict[str, Chip] = {
    IncidentState.SUGGESTED: Chip(_("Suggested"), "info"),
    IncidentState.CONFIRMED: Chip(_("Confirmed"), "warn"),
    IncidentState.DISMISSED: Chip(_("Not one incident")),
    IncidentState.ENDED: Chip(_("Ended"), "good"),
}


def visible_incidents(request: HttpRequest) -> QuerySet[Incident]:
    """Return the incidents of the companies the person works in, with the figures of their cases."""
    companies = {team.company_id for team in teams_of(request)}
    found = Incident.objects.filter(company__in=companies)
    return with_figures(found.select_related("company", "supplier", "decided_by"))


def incident_or_404(request: HttpRequest, number: str) -> Incident:
    """Return an incident the person sees. Raises Http404 otherwise."""
    return get_object_or_404(visible_incidents(request), number=number)


def incident_row(row: Any) -> dict[str, Any]:
    """Return an incident, with the figures of its cases, as a row."""
    return {
        "number": row.number,
        "url": reverse("web:incident", args=[row.number]),
        "title": f"{type_label(row.type_code)}, {row.supplier.name}",
        "chip": STATES[row.state],
        "cause": row.cause,
        "cases": ngettext("%(n)s of %(all)s case open", "%(n)s of %(all)s cases open", row.case_count)
        % {"n": row.open_count, "all": row.case_count},
        "orders": formats.number(row.order_count),
        "value": formats.money(row.value, row.company.currency),
        "expected_loss": formats.money(row.expected_loss, row.company.currency),
        "company": row.company.name,
        "suggested_at": row.suggested_at,
    }
