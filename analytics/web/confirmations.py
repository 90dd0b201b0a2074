"""Confirmations: the on-time rate by week and by supplier, and the order lines behind every number."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from analytics import kpis
from analytics.facts import ConfirmationFact, FactsRead
from analytics.kpis import Answers, Scope
from analytics.web.chart import chart_of
from analytics.web.periods import CHOICES, Period, read_period, week_from
from erp_connectors.companies import Company
from erp_connectors.documents.models import Supplier
from exceptions_app.people.permissions import companies_open
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.tables import to_csv

SUPPLIERS_SHOWN = 25
LINES_SHOWN = 50
MOST_LINES = 10_000
CURRENT = "confirmations"


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

    @property
    def facts(self) -> QuerySet[ConfirmationFact]:
        """The order lines asked for."""
        return kpis.late_lines(self.scope) if self.only_late else kpis.lines_fallen_due(self.scope)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the chart and of the table behind it, with the address that opens its lines."""

    starts: date
    answers: Answers
    url: str


@permitted(Permission.SIGNED_IN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the rate of the period with both of its numbers, by week, and by supplier, the worst first."""
    asked = _asked(request)
    answers = kpis.confirmation_answers(asked.scope)
    suppliers = kpis.confirmation_answers_by_supplier(asked.scope)
    shows_all = bool(request.GET.get("all"))
    weeks = _weeks(asked)
    context = {
        "asked": asked,
        "answers": answers,
        "definition": gettext(
            "Order lines answered by their due time, of all order lines whose confirmation fell due in the "
            "period. A line is answered at the document time of the first answer to it. The answer is due "
            "after the supplier's confirmation term, in business days of its calendar, counted from the "
            "release. Silence counts only as far as it could be seen: while a stream was blind, nothing is "
            "held against anybody."
        ),
        "unseen": kpis.unseen_lines(asked.scope),
        "fresh_up_to": FactsRead.objects.filter(id=1).values_list("up_to", flat=True).first(),
        "weeks": weeks,
        "chart": chart_of([(week.starts, week.answers, week.url) for week in weeks]),
        "suppliers": [
            _supplier_row(asked, row) for row in suppliers[: None if shows_all else SUPPLIERS_SHOWN]
        ],
        "more_suppliers": 0 if shows_all else max(len(suppliers) - SUPPLIERS_SHOWN, 0),
        "all_url": asked.url("confirmations", all="1"),
        "periods": _period_tabs(asked, "confirmations"),
        "company_tabs": _company_tabs(asked, "confirmations"),
        "lines_url": asked.url("confirmation_lines"),
        "late_url": asked.url("confirmation_lines", late="1"),
        "csv_url": asked.url("confirmation_suppliers_csv"),
        "wider_url": asked.url("confirmations", since=None, until=None, weeks="52"),
    }
    return show(request, "analytics/confirmations.html", context, current=CURRENT)


@permitted(Permission.SIGNED_IN)
@require_safe
def suppliers_csv(request: HttpRequest) -> HttpResponse:
    """Return the rates by supplier as CSV."""
    asked = _asked(request)
    heads = [
        gettext("Supplier"),
        gettext("Name"),
        gettext("In time"),
        gettext("Late"),
        gettext("Not answered"),
        gettext("Fell due"),
        gettext("Percent in time"),
    ]
    rows = (
        [
            row.number,
            row.name,
            row.answers.on_time,
            row.answers.late,
            row.answers.missing,
            row.answers.rate.denominator,
            row.answers.rate.percent,
        ]
        for row in kpis.confirmation_answers_by_supplier(asked.scope)
    )
    return _csv(asked, "confirmations-by-supplier", to_csv(heads, rows))


@permitted(Permission.SIGNED_IN)
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """Show the order lines behind a number, the last due first, page by page."""
    asked = _asked(request)
    rows = list(_after(_shown(asked.facts), request.GET.get("after", ""))[: LINES_SHOWN + 1])
    has_more, rows = len(rows) > LINES_SHOWN, rows[:LINES_SHOWN]
    context = {
        "asked": asked,
        "rows": rows,
        "next_url": asked.url("confirmation_lines", after=_place(rows[-1])) if has_more else "",
        "first_url": asked.url("confirmation_lines") if request.GET.get("after") else "",
        "periods": _period_tabs(asked, "confirmation_lines"),
        "which": [
            {
                "label": gettext("All that fell due"),
                "url": asked.url("confirmation_lines", late=None),
                "is_current": not asked.only_late,
            },
            {
                "label": gettext("Late or missing"),
                "url": asked.url("confirmation_lines", late="1"),
                "is_current": asked.only_late,
            },
        ],
        "csv_url": asked.url("confirmation_lines_csv"),
        "back_url": asked.url("confirmations", supplier=None, late=None),
        "every_supplier_url": asked.url("confirmation_lines", supplier=None),
    }
    return show(request, "analytics/confirmation_lines.html", context, current=CURRENT)


@permitted(Permission.SIGNED_IN)
@require_safe
def lines_csv(request: HttpRequest) -> HttpResponse:
    """Return the order lines behind a number as CSV, the last due first, at most MOST_LINES."""
    asked = _asked(request)
    heads = [
        gettext("Order"),
        gettext("Line"),
        gettext("Supplier"),
        gettext("Name"),
        gettext("Item"),
        gettext("Released"),
        gettext("Answer due"),
        gettext("Answered"),
        gettext("Business hours late"),
    ]
    rows = (
        [
            fact.line.order.number,
            fact.line.number,
            fact.supplier.number,
            fact.supplier.name,
            fact.line.item_number,
            fact.released_at,
            fact.due_at,
            fact.answered_at,
            fact.hours_late,
        ]
        for fact in _shown(asked.facts)[:MOST_LINES]
    )
    return _csv(asked, "confirmations", to_csv(heads, rows))


# --- what is asked for --------------------------------------------------------------------------------------


def _asked(request: HttpRequest) -> Asked:
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


def _period_tabs(asked: Asked, page: str) -> list[dict[str, object]]:
    return [
        {
            "label": label,
            "url": asked.url(page, since=None, until=None, weeks=str(weeks)),
            "is_current": asked.period.weeks == weeks,
        }
        for weeks, label in CHOICES.items()
    ]


def _company_tabs(asked: Asked, page: str) -> list[dict[str, object]]:
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


# --- rows ---------------------------------------------------------------------------------------------------


def _weeks(asked: Asked) -> list[Week]:
    """Return every week of the period with its answers, those without any too."""
    found: Mapping[date, Answers] = {
        timezone.localtime(week.starts).date(): week.answers
        for week in kpis.confirmation_answers_by_week(asked.scope)
    }
    return [
        Week(
            monday,
            found.get(monday, Answers(0, 0, 0)),
            replace(asked, period=week_from(monday, asked.period)).url("confirmation_lines"),
        )
        for monday in asked.period.week_starts
    ]


def _supplier_row(asked: Asked, row: kpis.SupplierAnswers) -> dict[str, object]:
    key = str(row.supplier_id)
    return {
        "row": row,
        "url": asked.url("confirmation_lines", supplier=key),
        "late_url": asked.url("confirmation_lines", supplier=key, late="1"),
    }


def _shown(facts: QuerySet[ConfirmationFact]) -> QuerySet[ConfirmationFact]:
    return facts.select_related("line__order", "supplier", "company").order_by("-due_at", "-pk")


def _place(fact: ConfirmationFact) -> str:
    """Return where a row stands in the list, for the address of the next page."""
    return f"{fact.due_at.isoformat()}~{fact.pk}"


def _after(facts: QuerySet[ConfirmationFact], place: str) -> QuerySet[ConfirmationFact]:
    """Return the rows behind a place; all of them for one that cannot be read."""
    moment, _, key = place.partition("~")
    due_at = _moment(moment)
    if due_at is None or not key.isdecimal():
        return facts
    return facts.filter(Q(due_at__lte=due_at) & (Q(due_at__lt=due_at) | Q(pk__lt=int(key))))


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


def _csv(asked: Asked, name: str, content: bytes) -> HttpResponse:
    file_name = f"rightline-{name}-{asked.period.first_day}-{asked.period.last_day}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
