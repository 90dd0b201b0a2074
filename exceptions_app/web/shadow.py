"""What types in shadow would have opened: leaders and administrators judge by it what to switch on."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from exceptions_app.people.permissions import companies_open
from exceptions_app.shadow.models import ShadowFinding
from exceptions_app.shadow.queries import findings_in, text_in_finding, totals
from exceptions_app.web import formats, labels
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.addresses import address, filter_state, page_urls, without_empty
from exceptions_app.web.draft_shadows import about, in_shadow
from exceptions_app.web.exports import as_file
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.pills import Pill, one_of, several_of, text_of
from exceptions_app.web.saved_views import saved_views_of
from exceptions_app.web.tables import Value
from exceptions_app.web.types import type_label, type_labels

MOST_ROWS = 10_000
OPEN, ENDED, ALL = "open", "ended", "all"
STATES = ((OPEN, _("Still so")), (ENDED, _("Ended")), (ALL, _("All")))


class ShadowFilter(django_filters.FilterSet):
    """The filters of what was found in shadow; without `state`, what is still so."""

    type = django_filters.MultipleChoiceFilter(field_name="type_code", choices=type_labels)
    supplier = django_filters.CharFilter(method="of_supplier")
    q = django_filters.CharFilter(method="search")

    def of_supplier(self, rows: QuerySet[ShadowFinding], name: str, text: str) -> QuerySet[ShadowFinding]:
        """Keep what is of suppliers with this number, or with this text in their name."""
        return rows.filter(Q(supplier__number=text) | Q(supplier__name__icontains=text))

    def search(self, rows: QuerySet[ShadowFinding], name: str, text: str) -> QuerySet[ShadowFinding]:
        """Keep what has this text in its headline, order, document, supplier or item."""
        return rows.filter(text_in_finding(text.strip()))


@permitted(Permission.SHADOW)
@require_safe
def shadow(request: HttpRequest) -> HttpResponse:
    """Show one page of what would have opened, newest first, and what it comes to by type."""
    path, query = reverse("web:shadow"), without_empty(request.GET)
    found = filtered(request, query)
    page = newest_first(found, query)
    context = {
        "path": path,
        "query": query,
        "here": address(path, query),
        "now": now_of(request),
        "totals": [_total(each) for each in totals(found)],
        "drafts": in_shadow(request) if companies_open(person_of(request), "view_policies") else [],
        "rows": [_row(finding) for finding in page.rows],
        "page": page,
        **page_urls(path, query, page),
        "pills": _pills(query),
        "is_filtered": bool(filter_state(query)),
        "clear_url": path,
        "views": saved_views_of(person_of(request), path),
        "export_url": f"{path}export/",
    }
    return show(request, "shadow/page.html", context, current="shadow", fragment="list")


@permitted(Permission.SHADOW)
@require_safe
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Return what would have opened under the filters of the address, newest first, at most MOST_ROWS."""
    found = filtered(request, without_empty(request.GET)).order_by("-pk")[:MOST_ROWS]
    name = f"rightline-shadow-{now_of(request):%Y-%m-%d}"
    return as_file(form, name, gettext("Shadow"), _heads(), [_values(finding) for finding in found])


def filtered(request: HttpRequest, query: QueryDict) -> QuerySet[ShadowFinding]:
    """Return what the person may see of it under the filters of the address."""
    found = findings_in(companies_open(person_of(request), "view_shadow"))
    state = query.get("state", OPEN)
    if state not in (OPEN, ENDED, ALL):
        raise Http404
    if state != ALL:
        found = found.filter(cleared_at__isnull=state == OPEN)
    kept: QuerySet[ShadowFinding] = ShadowFilter(query, queryset=found, request=request).qs
    return kept


def _pills(query: QueryDict) -> list[Pill]:
    return [
        several_of("type", _("Type"), type_labels(), query.getlist("type"), icon="list-filter"),
        text_of("supplier", _("Supplier"), query.get("supplier", ""), hint=_("Name or number")),
        one_of("state", _("Status"), [("", STATES[0][1]), *STATES[1:]], query.get("state", "")),
    ]


def _total(total: Any) -> dict[str, Any]:
    return {
        "label": type_label(total.type_code),
        "code": total.type_code,
        "company": total.company,
        "cases": formats.number(total.cases),
        "lines": formats.number(total.lines),
        "value": formats.money(total.at_risk, total.currency, places=0),
    }


def _row(finding: ShadowFinding) -> dict[str, Any]:
    return {
        "finding": finding,
        "type": type_label(finding.type_code),
        "icon": labels.type_icon(finding.type_code),
        "severity": labels.SEVERITIES[finding.severity],
        "about": about(finding),
        "value": formats.money(finding.at_risk, finding.company.currency),
    }


def _heads() -> list[str]:
    return [
        gettext("Type"),
        gettext("Headline"),
        gettext("Severity"),
        gettext("Company"),
        gettext("Supplier"),
        gettext("Order"),
        gettext("Line"),
        gettext("Quantity"),
        gettext("Unit"),
        gettext("Value"),
        gettext("Currency"),
        gettext("Would go to"),
        gettext("Found"),
        gettext("Ended"),
        gettext("Why"),
        gettext("Release"),
    ]


def _values(finding: ShadowFinding) -> list[Value]:
    return [
        type_label(finding.type_code),
        finding.headline,
        labels.severity_label(finding.severity),
        finding.company.name,
        finding.supplier.name if finding.supplier else None,
        about(finding),
        finding.line_number,
        finding.quantity,
        finding.unit,
        finding.at_risk,
        finding.company.currency,
        finding.team.name,
        finding.found_at,
        finding.cleared_at,
        finding.cleared_reason,
        finding.release.number,
    ]
