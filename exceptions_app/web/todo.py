"""What a team has to do for others, and what it was told: the lists of its tasks and of its alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from exceptions_app.cases.models import Severity, Task, TaskState
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import works_in
from exceptions_app.web import formats, labels
from exceptions_app.web.filters import QueueFilter
from exceptions_app.web.keyset import KeyPage, by_moment, newest_first
from exceptions_app.web.tables import Value
from exceptions_app.web.types import type_label

RELATED = ("case__company", "case__team", "case__supplier", "case__order", "case__owner")
#: How the address asks for tasks that are no longer open.
DONE = "done"


def tasks_of(team: Team, query: QueryDict, request: HttpRequest) -> QuerySet[Task]:
    """Return the tasks of a team under the filters of the address: what is to do, or what was done."""
    tasks = Task.objects.filter(team=team).select_related(*RELATED, "done_by")
    tasks = tasks.exclude(state=TaskState.OPEN) if wants_done(query) else tasks.filter(state=TaskState.OPEN)
    found: QuerySet[Task] = QueueFilter(query, queryset=tasks, request=request).qs
    return found


def wants_done(query: QueryDict) -> bool:
    """Say whether the address asks for tasks that are done or no longer needed."""
    return query.get("task") == DONE


def task_page(tasks: QuerySet[Task], query: QueryDict) -> KeyPage[Task]:
    """Return one page of tasks: what is due first, or of what is over the newest first."""
    return newest_first(tasks, query) if wants_done(query) else by_moment(tasks, query, field="due_at")


def alerts_of(team: Team, query: QueryDict, request: HttpRequest) -> QuerySet[Notification]:
    """Return what the team was told about cases, under the filters of the address."""
    alerts = Notification.objects.filter(team=team, kind=NotificationKind.ALERT, case__isnull=False)
    found: QuerySet[Notification] = QueueFilter(
        query, queryset=alerts.select_related(*RELATED), request=request
    ).qs
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task as the list shows it."""

    task: Task
    type: str
    icon: str
    severity: str
    due: str
    is_late: bool
    orders: list[str]
    with_whom: str
    said: str
    can_complete: bool


def task_rows(tasks: list[Task], team: Team, person: User, now: datetime) -> list[TaskRow]:
    """Return the tasks as one reads them."""
    works_here = works_in(person, team)
    return [
        TaskRow(
            task=task,
            type=type_label(task.case.type_code),
            icon=labels.type_icon(task.case.type_code),
            severity=labels.SEVERITY_NAMES[Severity(task.case.severity)],
            due=formats.since(task.due_at, now),
            is_late=task.state == TaskState.OPEN and task.due_at < now,
            orders=orders_of(task),
            with_whom=f"{task.case.team.name}, {task.case.owner}" if task.case.owner else task.case.team.name,
            said=task.outcome,
            can_complete=works_here and task.state == TaskState.OPEN,
        )
        for task in tasks
    ]


def orders_of(task: Task) -> list[str]:
    """Return the customer orders a task names, each once."""
    return list(
        dict.fromkeys(each["order"] for item in task.facts.get("items", ()) for each in item["orders"])
    )


def alert_rows(alerts: list[Notification]) -> list[dict[str, Any]]:
    """Return the alerts as one reads them."""
    return [
        {
            "alert": alert,
            "case": alert.case,
            "icon": labels.type_icon(alert.case.type_code),
            "severity": labels.SEVERITY_NAMES[Severity(alert.case.severity)],
            "chip": labels.CASE_STATES[alert.case.state],
        }
        for alert in alerts
        if alert.case is not None
    ]


# --- to take away -------------------------------------------------------------------------------------------


def task_heads() -> list[str]:
    """Return the heads of exported tasks."""
    return [
        gettext("Task"),
        gettext("Details"),
        gettext("Case"),
        gettext("Headline"),
        gettext("Customer orders"),
        gettext("Due"),
        gettext("Status"),
        gettext("What came of it"),
        gettext("Done by"),
        gettext("Done"),
    ]


def task_values(task: Task) -> list[Value]:
    """Return one exported task."""
    return [
        task.title,
        task.body,
        task.case.number,
        task.case.headline,
        ", ".join(orders_of(task)),
        task.due_at,
        gettext(str(TaskState(task.state).label)),
        task.outcome,
        str(task.done_by) if task.done_by else "",
        task.done_at,
    ]


def alert_heads() -> list[str]:
    """Return the heads of exported alerts."""
    return [gettext("Alert"), gettext("Details"), gettext("Case"), gettext("Status"), gettext("Told")]


def alert_values(alert: Notification) -> list[Value]:
    """Return one exported alert."""
    case = alert.case
    state = str(labels.CASE_STATES[case.state].label) if case else ""
    return [alert.title, alert.body, case.number if case else "", state, alert.created_at]
