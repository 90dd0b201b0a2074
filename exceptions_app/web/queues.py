"""The queue of a team: its page, tab by tab, and its refresh."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from exceptions_app.cases.counts import CAP, QueueSummary, open_entries, queue_summary, role_counts
from exceptions_app.cases.listing import queue_page
from exceptions_app.cases.models import QueueEntry, QueueRole
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import only_reads
from exceptions_app.web import formats, labels, todo
from exceptions_app.web.access import Permission, permitted, person_of, team_or_404, teams_of
from exceptions_app.web.addresses import address, filter_state, page_urls, without_empty
from exceptions_app.web.blind import blind_spots
from exceptions_app.web.case_rows import rows_html
from exceptions_app.web.cases import panel
from exceptions_app.web.columns import CHOSEN, column_pill, columns_of
from exceptions_app.web.filters import ME, NOBODY, QueueFilter
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.pages import now_of, queue_url, show, wants_fragment
from exceptions_app.web.pills import pills, team_pills
from exceptions_app.web.saved_views import saved_views_of

ALERTS = "alerts"
TABS = (QueueRole.OWNER, QueueRole.TASK, QueueRole.APPROVAL, QueueRole.TOLD, ALERTS)
#: What the address says besides that does not leave out any row.
NOT_FILTERS = ("role", "task", CHOSEN)


@permitted(Permission.SIGNED_IN)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the queue of the person's first team, an auditor to the history; else say what to do."""
    teams = teams_of(request)
    if only_reads(person_of(request)):
        return redirect("web:audit")
    if teams:
        return redirect(queue_url(teams[0]))
    return show(request, "queues/no_team.html", {}, current="queue")


@permitted(Permission.QUEUE)
@require_safe
def queue(request: HttpRequest, company: str, code: str) -> HttpResponse:
    """Show one page of a team's queue; htmx gets the list without its frame."""
    team, person, now = team_or_404(request, company, code), person_of(request), now_of(request)
    path = queue_url(team)
    if any(not value for value in request.GET.values()) and not wants_fragment(request):
        return redirect(f"{path}?{without_empty(request.GET).urlencode()}")
    query = without_empty(request.GET)
    counts = role_counts(team)
    tab = chosen_tab(query, counts)
    entries = filtered(team, QueueRole.TOLD if tab == ALERTS else tab, query, request)
    summary = queue_summary(entries, person=person, now=now)
    state = filter_state(query)
    listed = _listed(request, team, tab, query, entries)
    page = listed["page"]
    context = listed | {
        "team": team,
        "path": path,
        "query": query,
        "q": query.get("q", ""),
        "tab": tab,
        "here": address(path, query, drop=("case",)),
        "export_url": f"{path}export/",
        **page_urls(path, query, page),
        "tabs": _tabs(path, state, tab, counts),
        "whose": _whose(path, query),
        "pills": pills(query, _people(team), more=team_pills(team, query)),
        "is_filtered": any(name not in NOT_FILTERS for name in state),
        "clear_url": address(path, QueryDict(), role=query.get("role")),
        "views": saved_views_of(person, path),
        "summary": summary,
        "figures": _figures(summary, team.company.currency),
        "blind": blind_spots(team.company, now=now),
        "empty": _empty(tab),
        "panel": panel(request, query.get("case", "")),
    }
    return show(request, "queues/page.html", context, current="queue", team=team, fragment="queue")


def _listed(
    request: HttpRequest, team: Team, tab: str, query: QueryDict, entries: QuerySet[QueueEntry]
) -> dict[str, Any]:
    """Return the list of a tab: tasks, alerts, or cases with the columns of the team."""
    person, now, path = person_of(request), now_of(request), queue_url(team)
    if tab == QueueRole.TASK:
        tasks = todo.task_page(todo.tasks_of(team, query, request), query)
        return {
            "page": tasks,
            "rows": todo.task_rows(tasks.rows, team, person, now),
            "done_tabs": _done_tabs(path, query),
        }
    if tab == ALERTS:
        alerts = newest_first(todo.alerts_of(team, query, request), query, field="created_at")
        return {"page": alerts, "rows": todo.alert_rows(alerts.rows), "now": now}
    columns = columns_of(team.code, query)
    page = queue_page(entries, now=now, after=query.get("after", ""), before=query.get("before", ""))
    return {
        "page": page,
        "columns": columns,
        "column_pill": column_pill(columns),
        "rows": rows_html(page.rows, now=now, team_code=team.code, bulk=True, columns=columns),
    }


def _tabs(path: str, state: QueryDict, current: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": labels.QUEUE_TABS[tab],
            "count": formats.capped(counts[tab], CAP) if tab in counts else "",
            "url": address(path, state, drop=("role", "task"), role=str(tab)),
            "is_current": tab == current,
        }
        for tab in TABS
    ]


def _done_tabs(path: str, query: QueryDict) -> list[dict[str, Any]]:
    state, is_done = filter_state(query), todo.wants_done(query)
    return [
        {
            "label": gettext("To do"),
            "url": address(path, state, drop=("task",), role=QueueRole.TASK.value),
            "is_current": not is_done,
        },
        {
            "label": gettext("Done or no longer needed"),
            "url": address(path, state, drop=("task",), role=QueueRole.TASK.value, task=todo.DONE),
            "is_current": is_done,
        },
    ]


# --- what a tab holds ---------------------------------------------------------------------------------------


def chosen_tab(query: QueryDict, counts: dict[str, int]) -> str:
    """Return the tab the address names, else the first one that holds anything."""
    named = query.get("role", "")
    if named in TABS:
        return named
    return next((str(tab) for tab in TABS if counts.get(tab)), QueueRole.OWNER.value)


def filtered(team: Team, role: str, query: QueryDict, request: HttpRequest) -> QuerySet[QueueEntry]:
    """Return what is open in one tab of a queue and passes the filters of the address."""
    entries = open_entries(team, role)
    found: QuerySet[QueueEntry] = QueueFilter(query, queryset=entries, request=request).qs
    return found


# --- how it looks -------------------------------------------------------------------------------------------


def _whose(path: str, query: QueryDict) -> list[dict[str, Any]]:
    choices = ((None, gettext("Everybody's")), (ME, gettext("Mine")), (NOBODY, gettext("Unassigned")))
    state = filter_state(query)
    return [
        {
            "label": label,
            "url": address(path, state, drop=("owner",), owner=who),
            "is_current": query.get("owner", "") == (who or ""),
        }
        for who, label in choices
    ]


def _people(team: Team) -> list[User]:
    members = User.objects.filter(memberships__team=team, is_active=True)
    return list(members.order_by("first_name", "last_name", "username").distinct()[:50])


def _figures(summary: QueueSummary, currency: str) -> dict[str, str]:
    least = "≥ " if summary.is_capped else ""
    return {
        "open": formats.capped(summary.open, CAP),
        "open_note": gettext("%(n)s mine") % {"n": formats.number(summary.mine)},
        "breached": formats.capped(summary.breached, CAP),
        "breached_note": gettext("%(n)s more due within 4 h") % {"n": formats.number(summary.due_soon)},
        "unassigned": formats.capped(summary.unassigned, CAP),
        "unassigned_note": gettext("waiting to be taken") if summary.unassigned else gettext("all taken"),
        "expected_loss": least + formats.money(summary.expected_loss, currency, places=0),
        "orders_note": _spread(summary),
    }


def _spread(summary: QueueSummary) -> str:
    """Return over how much the cases are spread: orders, else invoices and the like, else suppliers."""
    if summary.orders:
        words, count = ngettext("on %(n)s order", "on %(n)s orders", summary.orders), summary.orders
    elif summary.documents:
        words, count = (
            ngettext("on %(n)s document", "on %(n)s documents", summary.documents),
            summary.documents,
        )
    else:
        words, count = (
            ngettext("at %(n)s supplier", "at %(n)s suppliers", summary.suppliers),
            summary.suppliers,
        )
    return words % {"n": formats.number(count)}


def _empty(role: str) -> dict[str, str]:
    if role == QueueRole.OWNER:
        return {
            "title": gettext("Nothing deviates"),
            "text": gettext(
                "Every order of this team is as agreed. New cases appear here by themselves as soon as a "
                "document or a date that passes shows a deviation."
            ),
        }
    return {
        "title": gettext("Nothing here"),
        "text": gettext(
            "No other team needs anything from this one at the moment. Look into the other tabs."
        ),
    }
