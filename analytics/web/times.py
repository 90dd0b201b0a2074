"""Times: how long cases were with us and with their suppliers, and the cases behind every number."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from analytics import times
from analytics.web.asking import Asked, company_tabs, csv_file, moment_in, period_tabs, read_asked
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.pages import show
from exceptions_app.web.tables import to_csv
from exceptions_app.web.types import type_label

SUPPLIERS_SHOWN = 25
CASES_SHOWN = 50
MOST_CASES = 10_000
CURRENT = "confirmations"


@permitted(Permission.SIGNED_IN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the times of the cases that were closed in the period, and by supplier, the longest first."""
    asked = read_asked(request)
    closed = _closed(request, asked)
    suppliers = times.times_by_supplier(closed)
    shows_all = bool(request.GET.get("all"))
    context = {
        "asked": asked,
        "times": times.times_of(closed),
        "definition": gettext(
            "Cases closed in the period that you may see. With us: business hours in which the clock of the "
            "resolution ran, on the calendar of the team that had the case; waiting for an approval and for "
            "the ERP is part of it. With the supplier: business hours in which it owed an answer, on its own "
            "calendar; only cases that waited for it count. Median: half of the cases took no longer; 90th "
            "percentile: nine of ten."
        ),
        "suppliers": [
            {"row": row, "url": asked.url("time_cases", supplier=_key(row))}
            for row in suppliers[: None if shows_all else SUPPLIERS_SHOWN]
        ],
        "more_suppliers": 0 if shows_all else max(len(suppliers) - SUPPLIERS_SHOWN, 0),
        "all_url": asked.url("times", all="1"),
        "periods": period_tabs(asked, "times"),
        "company_tabs": company_tabs(asked, "times"),
        "cases_url": asked.url("time_cases"),
        "wider_url": asked.url("times", since=None, until=None, weeks="52"),
    }
    return show(request, "analytics/times.html", context, current=CURRENT)


@permitted(Permission.SIGNED_IN)
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Show the cases behind a number, the last closed first, page by page."""
    asked = read_asked(request)
    found = _in_order(_closed(request, asked))
    rows = list(_after(found, request.GET.get("after", ""))[: CASES_SHOWN + 1])
    has_more, rows = len(rows) > CASES_SHOWN, rows[:CASES_SHOWN]
    context = {
        "asked": asked,
        "rows": [
            {
                "case": case,
                "type": type_label(case.type_code),
                "url": reverse("web:case", args=[case.number]),
            }
            for case in rows
        ],
        "next_url": asked.url("time_cases", after=_place(rows[-1])) if has_more else "",
        "first_url": asked.url("time_cases") if request.GET.get("after") else "",
        "periods": period_tabs(asked, "time_cases"),
        "csv_url": asked.url("time_cases_csv"),
        "back_url": asked.url("times", supplier=None),
        "every_supplier_url": asked.url("time_cases", supplier=None),
    }
    return show(request, "analytics/time_cases.html", context, current=CURRENT)


@permitted(Permission.SIGNED_IN)
@require_safe
def cases_csv(request: HttpRequest) -> HttpResponse:
    """Return the cases behind a number as CSV, the last closed first, at most MOST_CASES."""
    asked = read_asked(request)
    heads = [
        gettext("Case"),
        gettext("Kind"),
        gettext("Supplier"),
        gettext("Name"),
        gettext("Opened"),
        gettext("Closed"),
        gettext("Minutes with us"),
        gettext("Minutes with the supplier"),
    ]
    rows = (
        [
            case.number,
            case.type_code,
            case.supplier.number if case.supplier else "",
            case.supplier.name if case.supplier else "",
            case.opened_at,
            case.closed_at,
            case.with_us,
            case.with_supplier,
        ]
        for case in _in_order(_closed(request, asked))[:MOST_CASES]
    )
    return csv_file(asked, "times", to_csv(heads, rows))


def _closed(request: HttpRequest, asked: Asked) -> QuerySet[Any]:
    return times.cases_closed(asked.scope, visible_cases(person_of(request)))


def _key(row: times.SupplierTimes) -> str | None:
    return None if row.supplier_id is None else str(row.supplier_id)


def _in_order(closed: QuerySet[Any]) -> QuerySet[Any]:
    return closed.select_related("supplier", "company").order_by("-closed_at", "-pk")


def _place(case: Any) -> str:
    """Return where a row stands in the list, for the address of the next page."""
    return f"{case.closed_at.isoformat()}~{case.pk}"


def _after(closed: QuerySet[Any], place: str) -> QuerySet[Any]:
    """Return the rows behind a place; all of them for one that cannot be read."""
    moment, _, key = place.partition("~")
    closed_at = moment_in(moment)
    if closed_at is None or not key.isdecimal():
        return closed
    return closed.filter(Q(closed_at__lte=closed_at) & (Q(closed_at__lt=closed_at) | Q(pk__lt=int(key))))
