"""What a page of numbers is asked for, read from its address: a period, companies, a supplier."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from analytics.kpis import Scope
from analytics.web.periods import CHOICES, Period, read_period
from erp_connectors.companies import Company
from erp_connectors.documents.models import Supplier
from exceptions_app.people.permissions import companies_open
from exceptions_app.web.access import person_of
from exceptions_app.web.pages import now_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page is asked for: a period, the companies, and for lines a supplier and late ones alone."""

    period: Period
    scope: Scope
    companies: tuple[Company, ...]
    company: Company | None
    supplier: Supplier | None
    only_late: bool

    def url(self, name: str, **changes: str | None) -> str:
        """Return the address of a page with what is asked for, but for `changes`; None leaves one out."""
        query: dict[str, str | None] = {
            **self.period.query,
            "company": self.company.code if self.company else None,
            "supplier": str(self.supplier.pk) if self.supplier else None,
            "late": "1" if self.only_late else None,
            **changes,
        }
        kept = {key: value for key, value in query.items() if value}
        path = reverse(f"analytics:{name}")
        return f"{path}?{urlencode(kept)}" if kept else path


def read_asked(request: HttpRequest) -> Asked:
    """Read the address. Raises Http404 for a supplier of a company that is not open to the person."""
    now = now_of(request)
    period = read_period(request.GET, now)
    open_to = tuple(companies_open(person_of(request), "view_orders"))
    company = next((each for each in open_to if each.code == request.GET.get("company")), None)
    counted = [company.pk] if company else [each.pk for each in open_to]
    supplier = None
    key = request.GET.get("supplier", "")
    if key:
        supplier = get_object_or_404(Supplier, pk=key if key.isdecimal() else None, company__in=open_to)
    scope = Scope(
        companies=counted,
        since=period.since,
        until=period.until,
        as_of=now,
        supplier_id=supplier.pk if supplier else None,
    )
    return Asked(
        period=period,
        scope=scope,
        companies=open_to,
        company=company,
        supplier=supplier,
        only_late=bool(request.GET.get("late")),
    )


def period_tabs(asked: Asked, page: str) -> list[dict[str, object]]:
    """Return the periods to choose from."""
    return [
        {
            "label": label,
            "url": asked.url(page, since=None, until=None, weeks=str(weeks)),
            "is_current": asked.period.weeks == weeks,
        }
        for weeks, label in CHOICES.items()
    ]


def company_tabs(asked: Asked, page: str) -> list[dict[str, object]]:
    """Return the companies to choose from; with only one there is nothing to choose."""
    if len(asked.companies) < 2:
        return []
    every = {
        "label": gettext("All companies"),
        "url": asked.url(page, company=None),
        "is_current": asked.company is None,
    }
    return [
        every,
        *(
            {
                "label": company.name,
                "url": asked.url(page, company=company.code),
                "is_current": company == asked.company,
            }
            for company in asked.companies
        ),
    ]


def moment_in(text: str) -> datetime | None:
    """Return the moment an address names; None for what names none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


def csv_file(asked: Asked, name: str, content: bytes) -> HttpResponse:
    """Return a file of the period to take away."""
    file_name = f"rightline-{name}-{asked.period.first_day}-{asked.period.last_day}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
