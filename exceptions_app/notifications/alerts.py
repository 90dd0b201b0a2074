"""Tells the teams a type names: alerts to those it tells, tasks to those whose customers are left uncovered.

Everything is compared with what was told before: looking again tells nobody anything twice.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from exceptions_app.audit.record import record
from exceptions_app.cases import queue
from exceptions_app.cases.models import Case, Task, TaskState
from exceptions_app.coverage import Shortfall
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.words import plain
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Team
from exceptions_app.policies import lookup
from exceptions_app.policies.models import TaskTemplate
from exceptions_app.shortfalls import ItemShortfalls

DUE_HOURS = Decimal(8)
PLACEHOLDER = re.compile(r"\{(\w+)\}")


# --- alerts -------------------------------------------------------------------------------------------------


def alert_told_teams(case: Case, kind: ExceptionType, at: datetime) -> None:
    """Tell the told teams that a case was opened or reopened, in the words of their template."""
    templates = _templates(case, at)
    words = _facts_in_words(case)
    for team in _teams(case, kind.told):
        template = templates.get(team.code) if team.code not in kind.told_plus else None
        title = _filled(template.title, words) if template else f"{kind.label}: {case.headline}"
        body = _filled(template.body, words) if template else _about(words)
        _notify(case, team, NotificationKind.ALERT, title, body, at)


# --- tasks --------------------------------------------------------------------------------------------------


def keep_tasks(
    case: Case, kind: ExceptionType, uncovered: Collection[ItemShortfalls] | None, at: datetime
) -> bool:
    """Make the tasks of the told+ teams what the customer orders ask for; return whether anything changed.

    Open when an order of class A or B is uncovered, with every uncovered order named; updated when the
    figures change, void when all are covered. A task that was done comes back only with other figures. None:
    nobody can tell, so everything stays.
    """
    if uncovered is None or not kind.told_plus:
        return False
    facts = _facts_of(uncovered)
    is_needed = any(each.makes_task for item in uncovered for each in item.shortfalls)
    of_case = Task.objects.filter(case=case, outlives_case=False).order_by("pk")
    newest = {task.team_id: task for task in of_case}
    if not is_needed and not any(task.state == TaskState.OPEN for task in newest.values()):
        return False
    templates = _templates(case, at)
    changes = [
        _keep_task(
            case, team, newest.get(team.pk), facts if is_needed else None, templates.get(team.code), at
        )
        for team in _teams(case, kind.told_plus)
    ]
    return any(changes)


def give_task(case: Case, team_code: str, *, title: str, body: str, at: datetime) -> bool:
    """Give a team work that follows from a decision; return whether the company has such a team."""
    for team in _teams(case, [team_code]):
        task = _new_task(
            case, team, title=title[:200], body=body, facts={}, hours=DUE_HOURS, at=at, outlives_case=True
        )
        _tell_history(task, "opened", f"Task for {team.name}: {task.title}", at)
        _notify(case, team, NotificationKind.TASK, task.title, body, at)
        queue.sync(case)
        return True
    return False


def end_tasks(case: Case, at: datetime, *, reason: str) -> None:
    """Void what is still to do on a case that ended; what follows from a decision stays to be done."""
    of_case = Task.objects.filter(case=case, state=TaskState.OPEN, outlives_case=False)
    for task in of_case.select_related("team"):
        _void(task, reason, at)


def _keep_task(
    case: Case,
    team: Team,
    task: Task | None,
    facts: dict[str, Any] | None,
    template: TaskTemplate | None,
    at: datetime,
) -> bool:
    is_open = task is not None and task.state == TaskState.OPEN
    if facts is None:
        if task is not None and is_open:
            _void(task, "Every customer order is covered", at)
        return is_open
    if task is not None and task.state != TaskState.VOID and task.facts == facts:
        return False
    title, body = _task_words(case, facts, template)
    if task is not None and is_open:
        before, task.facts, task.title, task.body = task.facts, facts, title, body
        task.save(update_fields=["facts", "title", "body"])
        _tell_history(task, "updated", f"New figures for {team.name}: {title}", at, before=before)
        return True
    hours = template.due_hours if template else DUE_HOURS
    task = _new_task(case, team, title=title, body=body, facts=facts, hours=hours, at=at)
    _tell_history(task, "opened", f"Task for {team.name}: {title}", at)
    _notify(case, team, NotificationKind.TASK, title, body, at)
    return True


def _new_task(
    case: Case,
    team: Team,
    *,
    title: str,
    body: str,
    facts: dict[str, Any],
    hours: Decimal,
    at: datetime,
    outlives_case: bool = False,
) -> Task:
    calendar = lookup.business_calendar(team.calendar)
    return Task.objects.create(
        case=case,
        team=team,
        title=title,
        body=body,
        facts=facts,
        created_at=at,
        due_at=calendar.add_business_time(at, timedelta(seconds=int(hours * 3600))),
        outlives_case=outlives_case,
    )


def _void(task: Task, reason: str, at: datetime) -> None:
    task.state, task.outcome, task.done_at = TaskState.VOID, reason, at
    task.save(update_fields=["state", "outcome", "done_at"])
    _tell_history(task, "voided", f"No longer needed from {task.team.name}: {reason}", at)


def _tell_history(
    task: Task, what: str, summary: str, at: datetime, *, before: dict[str, Any] | None = None
) -> None:
    record(
        f"task.{what}",
        at=at,
        case=task.case,
        subject=("task", str(task.pk)),
        summary=summary,
        before=before,
        after=task.facts,
        release=task.case.release,
    )


# --- figures and words --------------------------------------------------------------------------------------


def _facts_of(uncovered: Collection[ItemShortfalls]) -> dict[str, Any]:
    """Return the uncovered customer orders as plain JSON, in the order they are served."""
    return {
        "items": [
            {
                "item": item.item,
                "description": item.description,
                "warehouse": item.warehouse,
                "unit": item.unit,
                "orders": [_order_of(each) for each in item.shortfalls],
            }
            for item in uncovered
        ]
    }


def _order_of(each: Shortfall) -> dict[str, str]:
    return {
        "order": each.need.order_number,
        "line": each.need.line_number,
        "customer": each.need.customer,
        "class": each.need.customer_class,
        "due_on": each.need.due_on.isoformat(),
        "quantity": plain(each.need.quantity),
        "short": plain(each.short),
    }


def _task_words(case: Case, facts: dict[str, Any], template: TaskTemplate | None) -> tuple[str, str]:
    orders = list(dict.fromkeys(each["order"] for item in facts["items"] for each in item["orders"]))
    named = ", ".join(orders)
    listed = "\n".join(
        f"{each['order']} ({each['customer']}, class {each['class']}, due {each['due_on']}): "
        f"{each['short']} of {each['quantity']} {item['unit']} short of {item['item']} in {item['warehouse']}"
        for item in facts["items"]
        for each in item["orders"]
    )
    if template is None:
        return f"Not covered: {named}"[:200], listed
    words = _facts_in_words(case) | {"orders": named, "shortfalls": listed}
    title, body = _filled(template.title, words), _filled(template.body, words)
    return title[:200], body or listed


def _facts_in_words(case: Case) -> dict[str, str]:
    """Return the facts a template may name in braces."""
    amount = "unknown" if case.amount is None else f"{case.amount:,.2f} {case.company.currency}"
    return {
        "case": case.number,
        "headline": case.headline,
        "order": case.order.number if case.order else "",
        "supplier": case.supplier.name if case.supplier else "",
        "warehouse": case.warehouse.name if case.warehouse else "",
        "amount": amount,
        "severity": case.get_severity_display(),
        "team": case.team.name,
    }


def _about(words: Mapping[str, str]) -> str:
    return f"Order {words['order']}, {words['supplier']}. {words['team']} has it as {words['case']}."


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Put facts in place of their names; a name nobody knows stays as it is, so that somebody sees it."""
    return PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), text)


# --- rows ---------------------------------------------------------------------------------------------------


def _teams(case: Case, codes: Collection[str]) -> list[Team]:
    """Return the teams of the case's company with these codes; one it does not have is told nothing."""
    teams = Team.objects.filter(company=case.company_id, code__in=codes)
    return list(teams.select_related("calendar").order_by("pk"))


def _templates(case: Case, at: datetime) -> dict[str, TaskTemplate]:
    """Return the template that holds now for each team code; the one with the later start wins."""
    today = at.astimezone(ZoneInfo(case.company.time_zone)).date()
    live = TaskTemplate.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_until=None) | Q(valid_until__gte=today),
        type_code=case.type_code,
    )
    by_start = sorted(live, key=lambda row: (row.valid_from is not None, row.valid_from or today, row.pk))
    return {template.team_code: template for template in by_start}


def _notify(case: Case, team: Team, kind: NotificationKind, title: str, body: str, at: datetime) -> None:
    Notification.objects.create(
        case=case, team=team, kind=kind, title=title[:300], body=body, created_at=at, due_at=at
    )
