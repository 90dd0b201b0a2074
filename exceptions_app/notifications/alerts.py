"""Tells the teams a type names: by an alert or a task, and by a task whose customers are left uncovered.

Everything is compared with what was told before: looking again tells nobody anything twice.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext

from exceptions_app.audit.models import Event
from exceptions_app.audit.record import event
from exceptions_app.cases import queue
from exceptions_app.cases.models import Case, Task, TaskState
from exceptions_app.coverage import Shortfall
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.words import plain
from exceptions_app.notifications import words
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.notifications.tellings import DUE_HOURS, Telling
from exceptions_app.notifications.words import Tellings
from exceptions_app.people.models import Membership, Team
from exceptions_app.policies import rows
from exceptions_app.policies.calendar_rows import business_calendar
from exceptions_app.policies.models import TellingKind
from exceptions_app.shortfalls import ItemShortfalls

Uncovered = Collection[ItemShortfalls] | None


# --- a case opens, changes and ends -------------------------------------------------------------------------


def tell_teams(case: Case, kind: ExceptionType, uncovered: Uncovered, at: datetime) -> None:
    """Tell every team its type names that a case was opened or reopened: each once, by a task or an alert."""
    told = _Told(case, at, _teams(case, {*kind.told, *kind.told_plus}), words.tellings_for(case, at))
    told.keep_tasks(kind, uncovered, is_new=True)
    for team in told.teams:
        if team.code in kind.told and team not in told.news:
            told.alert(team)
    told.send()


def keep_tasks(case: Case, kind: ExceptionType, uncovered: Uncovered, at: datetime) -> bool:
    """Make the tasks of a case what the customer orders ask for; return whether anything changed.

    A told+ team has one open while an order of class A or B is uncovered, with every uncovered order named;
    it is updated when the figures change, and void when all are covered. A task that was done comes back only
    with other figures. None: nobody can tell, so everything stays. A task of a told team follows the case.
    """
    if not kind.told and (uncovered is None or not kind.told_plus):
        return False
    has_task = Task.objects.filter(case=case, state=TaskState.OPEN, outlives_case=False).exists()
    if not has_task and not _is_needed(uncovered):
        return False
    told = _Told(case, at, _teams(case, {*kind.told, *kind.told_plus}), words.tellings_for(case, at))
    has_changed = told.keep_tasks(kind, uncovered, is_new=False)
    told.send()
    return has_changed


def give_task(case: Case, team_code: str, *, title: str, body: str, at: datetime, pair: str = "") -> bool:
    """Give a team work that follows from a decision; return whether the company has such a team.

    `pair`: whoever did the first act of that pair does not do it (`kept_apart`).
    """
    for team in _teams(case, [team_code]):
        task = _new_task(
            case,
            team,
            title=title[:200],
            body=body,
            facts={"pair": pair} if pair else {},
            hours=DUE_HOURS,
            at=at,
            outlives_case=True,
        )
        task.save()
        _tell_history(task, "opened", f"Task for {team.name}: {task.title}", at)
        _notify(case, [(team, News(NotificationKind.TASK, task.title, body))], at)
        queue.sync(case)
        return True
    return False


def end_tasks(case: Case, at: datetime, *, reason: str) -> None:
    """Void what is still to do on a case that ended; what follows from a decision stays to be done."""
    of_case = Task.objects.filter(case=case, state=TaskState.OPEN, outlives_case=False)
    for task in of_case.select_related("team"):
        task.case = case
        _void(task, reason, at)


@dataclass(frozen=True, slots=True)
class News:
    """What a team is told."""

    kind: NotificationKind
    title: str
    body: str


class _Told:
    """The teams told about a case at one moment, with what they have to do and what is news to them."""

    def __init__(self, case: Case, at: datetime, teams: list[Team], tellings: Tellings) -> None:
        self.case, self.at, self.teams, self.tellings = case, at, teams, tellings
        self.facts = words.facts_in_words(case)
        self.news: dict[Team, News] = {}
        self.tasks: list[Task] = []

    def alert(self, team: Team) -> None:
        """Tell a team in the words of its alert, and where it finds the case."""
        title, body = words.say(self.tellings.of(team.code), self.facts)
        body = "\n".join(filter(None, [body, words.where(self.facts)]))
        self.news[team] = News(NotificationKind.ALERT, title, body)

    def send(self) -> None:
        """Write what is new: the tasks, with their history, and what the teams are told."""
        Task.objects.bulk_create(self.tasks)
        Event.objects.bulk_create(
            _in_history(task, "opened", f"Task for {task.team.name}: {task.title}", self.at)
            for task in self.tasks
        )
        _notify(self.case, self.news.items(), self.at)

    def keep_tasks(self, kind: ExceptionType, uncovered: Uncovered, *, is_new: bool) -> bool:
        """Make every team's task what it should be, and say whether anything changed."""
        newest = {} if is_new and not self.case.reopened_count else self._newest()
        changes = [self._keep(kind, team, newest.get(team.pk), uncovered, is_new) for team in self.teams]
        return any(changes)

    def _newest(self) -> dict[int, Task]:
        newest: dict[int, Task] = {}
        of_case = Task.objects.filter(case=self.case, outlives_case=False)
        for task in of_case.select_related("team").order_by("pk"):
            task.case = self.case
            newest[task.team_id] = task
        return newest

    def _keep(
        self, kind: ExceptionType, team: Team, task: Task | None, uncovered: Uncovered, is_new: bool
    ) -> bool:
        if team.code in kind.told_plus and _is_needed(uncovered):
            facts = _facts_of(uncovered or ())
            if task is not None and task.state != TaskState.VOID and task.facts == facts:
                return False
            return self._write(team, task, self.tellings.cover(team.code), facts)
        is_open = task is not None and task.state == TaskState.OPEN
        is_kept = is_open and task is not None and bool(task.facts) and uncovered is None
        telling = self.tellings.of(team.code)
        if is_kept or not (is_open or is_new):
            return False
        if team.code in kind.told and telling.kind is TellingKind.TASK:
            return self._write(team, task, telling, {})
        if task is not None and is_open:
            _void(task, gettext("Every customer order is covered"), self.at)
        return is_open

    def _write(self, team: Team, task: Task | None, telling: Telling, facts: dict[str, Any]) -> bool:
        """Bring an open task up to date, or open a new one and tell the team."""
        title, body = words.say(telling, self.facts | _orders_in_words(facts))
        if task is not None and task.state == TaskState.OPEN:
            return _update(task, title, body, facts, self.at)
        hours = telling.due_hours
        self.tasks.append(
            _new_task(self.case, team, title=title, body=body, facts=facts, hours=hours, at=self.at)
        )
        self.news[team] = News(NotificationKind.TASK, title, body)
        return True


def _update(task: Task, title: str, body: str, facts: dict[str, Any], at: datetime) -> bool:
    if (task.title, task.body, task.facts) == (title, body, facts):
        return False
    before, task.facts, task.title, task.body = task.facts, facts, title, body
    task.save(update_fields=["facts", "title", "body"])
    _tell_history(task, "updated", f"New figures for {task.team.name}: {title}", at, before=before)
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
    calendar = business_calendar(team.calendar)
    return Task(
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
    _in_history(task, what, summary, at, before=before).save(force_insert=True)


def _in_history(
    task: Task, what: str, summary: str, at: datetime, *, before: dict[str, Any] | None = None
) -> Event:
    return event(
        f"task.{what}",
        at=at,
        case=task.case,
        subject=("task", str(task.pk)),
        summary=summary,
        before=before,
        after=task.facts,
        release=task.case.release,
    )


# --- the customer orders ------------------------------------------------------------------------------------


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


def _is_needed(uncovered: Uncovered) -> bool:
    return any(each.makes_task for item in uncovered or () for each in item.shortfalls)


def _orders_in_words(facts: dict[str, Any]) -> dict[str, str]:
    items = facts.get("items", ())
    orders = dict.fromkeys(each["order"] for item in items for each in item["orders"])
    listed = [
        f"{each['order']} ({each['customer']}, class {each['class']}, due {each['due_on']}): "
        f"{each['short']} of {each['quantity']} {item['unit']} short of {item['item']} in {item['warehouse']}"
        for item in items
        for each in item["orders"]
    ]
    return {"orders": ", ".join(orders), "shortfalls": "\n".join(listed)}


# --- rows ---------------------------------------------------------------------------------------------------


def _teams(case: Case, codes: Collection[str]) -> list[Team]:
    """Return the teams of the case's company with these codes; one it does not have is told nothing."""
    return [team for team in rows.current().teams_of(case.company_id) if team.code in codes]


def _notify(case: Case, news: Iterable[tuple[Team, News]], at: datetime) -> None:
    """Tell several teams of one event; whoever is in more than one of them is told by the first."""
    rows = [
        Notification(
            case=case,
            team=team,
            kind=told.kind,
            title=told.title[:300],
            body=told.body,
            created_at=at,
            due_at=at,
        )
        for team, told in news
    ]
    Notification.objects.bulk_create(rows)
    if len(rows) > 1:
        _tell_nobody_twice(rows)


def _tell_nobody_twice(rows: list[Notification]) -> None:
    by_team = {row.team_id: row for row in rows}
    several = Membership.objects.filter(team__in=by_team).values("user")
    in_several = several.annotate(teams=Count("pk")).filter(teams__gt=1).values("user")
    memberships = Membership.objects.filter(team__in=by_team, user__in=in_several)
    teams_of: dict[int, set[int]] = {}
    for team_id, user_id in memberships.values_list("team_id", "user_id"):
        teams_of.setdefault(user_id, set()).add(team_id)
    through = Notification.not_for.through
    through.objects.bulk_create(
        through(notification_id=row.pk, user_id=user_id)
        for user_id, teams in teams_of.items()
        for row in [row for row in rows if row.team_id in teams][1:]
    )
