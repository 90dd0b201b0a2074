"""Takes the cases of a list away as CSV or XLSX, with the filters the person sees."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from exceptions_app.audit.requests import of_rows
from exceptions_app.cases.case_rows import CaseRow
from exceptions_app.cases.counts import role_counts
from exceptions_app.cases.listing import queue_page
from exceptions_app.cases.models import QueueRole
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import labels, todo
from exceptions_app.web.access import Permission, permitted, team_or_404
from exceptions_app.web.addresses import without_empty
from exceptions_app.web.pages import now_of
from exceptions_app.web.queues import ALERTS, chosen_tab, filtered
from exceptions_app.web.tables import Value, to_csv, to_xlsx
from exceptions_app.web.types import type_label

MOST_ROWS = 10_000
FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@permitted(Permission.QUEUE)
@require_safe
def export(request: HttpRequest, company: str, code: str, form: str) -> HttpResponse:
    """Return one tab of a queue under the filters of the address, as it stands there, at most MOST_ROWS."""
    team, query = team_or_404(request, company, code), without_empty(request.GET)
    tab = chosen_tab(query, role_counts(team))
    name = f"rightline-{team.company.code}-{team.code.lower()}-{now_of(request):%Y-%m-%d}"
    if tab == QueueRole.TASK:
        tasks = todo.tasks_of(team, query, request).order_by("due_at", "pk")[:MOST_ROWS]
        return as_file(form, name, team.name, todo.task_heads(), [todo.task_values(task) for task in tasks])
    if tab == ALERTS:
        alerts = todo.alerts_of(team, query, request).order_by("-created_at", "-pk")[:MOST_ROWS]
        return as_file(form, name, team.name, todo.alert_heads(), [todo.alert_values(row) for row in alerts])
    page = queue_page(filtered(team, tab, query, request), now=now_of(request), size=MOST_ROWS)
    return as_file(form, name, team.name, _heads(), [_values(row) for row in page.rows])


def as_file(
    form: str, name: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Value]]
) -> HttpResponse:
    """Return a table as a file to take away; there is no other form than CSV and XLSX."""
    if form not in FORMS:
        raise Http404
    content = to_csv(heads, rows) if form == "csv" else to_xlsx(title, heads, rows)
    response = HttpResponse(
        content,
        content_type=FORMS[form],
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )
    return of_rows(response, len(rows))


def _heads() -> list[str]:
    return [
        gettext("Case"),
        gettext("Type"),
        gettext("Headline"),
        gettext("Severity"),
        gettext("Status"),
        gettext("Supplier"),
        gettext("Order"),
        gettext("Lines"),
        gettext("Expected loss"),
        gettext("Value"),
        gettext("Currency"),
        gettext("Due"),
        gettext("Overdue"),
        gettext("Owner"),
        gettext("Opened"),
        gettext("Document"),
        gettext("Document total"),
        gettext("Document currency"),
        gettext("Warehouse"),
        gettext("Wanted"),
        gettext("Expected"),
        gettext("Customer orders"),
        gettext("Connection"),
        gettext("Message"),
    ]


def _values(row: CaseRow) -> list[Value]:
    chip = labels.PROPOSAL_STATES[row.proposal] if row.proposal else labels.CASE_STATES[row.state]
    return [
        row.number,
        type_label(row.type_code),
        in_words(row.headline),
        labels.severity_label(row.severity),
        str(chip.label),
        row.supplier,
        row.order,
        ", ".join(row.lines),
        row.expected_loss,
        row.amount,
        row.currency,
        row.clock.due_at if row.clock else None,
        gettext("yes") if row.clock and row.clock.state == "breached" else gettext("no"),
        row.owner,
        row.opened_at,
        row.document,
        row.document_total,
        row.document_currency,
        row.warehouse,
        row.wanted_on,
        row.expected_on,
        ", ".join(row.customer_orders),
        row.connection,
        row.message,
    ]
