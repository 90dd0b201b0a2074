"""Confirmations: the on-time rate by week and by supplier, and the order lines behind every number."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from analytics import kpis
from analytics.facts import ConfirmationFact, FactsRead
from analytics.kpis import Answers
from analytics.web.asking import Asked, company_tabs, csv_file, moment_in, period_tabs, read_asked
from analytics.web.chart import chart_of
from analytics.web.periods import week_from
from exceptions_app.web.access import Permission, permitted
from exceptions_app.web.pages import show
from exceptions_app.web.tables import to_csv

SUPPLIERS_SHOWN = 25
LINES_SHOWN = 50
MOST_LINES = 10_000
CURRENT = "confirmations"


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
    asked = read_asked(request)
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
        "periods": period_tabs(asked, "confirmations"),
        "company_tabs": company_tabs(asked, "confirmations"),
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
    asked = read_asked(request)
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
    return csv_file(asked, "confirmations-by-supplier", to_csv(heads, rows))


@permitted(Permission.SIGNED_IN)
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """Show the order lines behind a number, the last due first, page by page."""
    asked = read_asked(request)
    rows = list(_after(_shown(_facts(asked)), request.GET.get("after", ""))[: LINES_SHOWN + 1])
    has_more, rows = len(rows) > LINES_SHOWN, rows[:LINES_SHOWN]
    context = {
        "asked": asked,
        "rows": rows,
        "next_url": asked.url("confirmation_lines", after=_place(rows[-1])) if has_more else "",
        "first_url": asked.url("confirmation_lines") if request.GET.get("after") else "",
        "periods": period_tabs(asked, "confirmation_lines"),
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
    asked = read_asked(request)
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
        for fact in _shown(_facts(asked))[:MOST_LINES]
    )
    return csv_file(asked, "confirmations", to_csv(heads, rows))


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


def _facts(asked: Asked) -> QuerySet[ConfirmationFact]:
    """Return the order lines asked for."""
    return kpis.late_lines(asked.scope) if asked.only_late else kpis.lines_fallen_due(asked.scope)


def _shown(facts: QuerySet[ConfirmationFact]) -> QuerySet[ConfirmationFact]:
    return facts.select_related("line__order", "supplier", "company").order_by("-due_at", "-pk")


def _place(fact: ConfirmationFact) -> str:
    """Return where a row stands in the list, for the address of the next page."""
    return f"{fact.due_at.isoformat()}~{fact.pk}"


def _after(facts: QuerySet[ConfirmationFact], place: str) -> QuerySet[ConfirmationFact]:
    """Return the rows behind a place; all of them for one that cannot be read."""
    moment, _, key = place.partition("~")
    due_at = moment_in(moment)
    if due_at is None or not key.isdecimal():
        return facts
    return facts.filter(Q(due_at__lte=due_at) & (Q(due_at__lt=due_at) | Q(pk__lt=int(key))))
