"""Every list and the case page ask as many questions at 100,000 cases as at 100, and answer from indexes."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exceptions_app.cases.models import Case, ClockKind, QueueRole
from exceptions_app.notifications.models import Notification
from exceptions_app.people.models import User
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    CaseLineFactory,
    ClockFactory,
    IncidentFactory,
    NotificationFactory,
    QueueEntryFactory,
    TaskFactory,
    shortage_ground,
)
from tests.builders.many_cases import COPIED, OPEN_ONE_IN, multiply

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.proof,
]


LARGE = [model._meta.db_table for model in COPIED]
#: How teams but procurement, which owns the case, have it in their queue.
ROLES = {"PRO": QueueRole.OWNER, "PLN": QueueRole.TASK, "CSR": QueueRole.TASK, "FIN": QueueRole.APPROVAL}
#: What many cases have is found by reading the list from its top; how often it asks is held all the same.
SEARCH_OF_MANY = "/search/?q=EX-COPY"
PAGES = [
    *(f"/queues/weserland/{code}/" for code in ("PRO", "PLN", "WHS", "FIN", "CSR", "SUP", "EDI")),
    "/queues/weserland/PLN/?role=task",
    "/queues/weserland/PLN/?role=task&task=done",
    "/queues/weserland/WHS/?role=alert",
    "/cases/",
    "/incidents/",
    "/incidents/?state=suggested",
    "/incidents/IN-1/",
    "/notifications/",
    "/approvals/",
    SEARCH_OF_MANY,
    "/queues/weserland/PRO/?q=nothing-like-it",
]


@dataclass
class Asked:
    """What one page took: its statements, without their values."""

    statements: list[str]

    def reading_whole(self, tables: Collection[str]) -> list[str]:
        """Return the statements for which PostgreSQL would read all of one of `tables`, each with the table.

        A scan right under a limit stops early: that is how the capped counts of long queues are meant.
        """
        looks = dict.fromkeys(each for each in self.statements if each.startswith(("SELECT", "WITH")))
        return [
            f"all of {table}: {statement}"
            for statement in looks
            for table in _read_whole(_plan_of(statement))
            if table in tables
        ]


def _plan_of(statement: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        explained = cursor.fetchone()[0]
    return json.loads(explained)[0]["Plan"] if isinstance(explained, str) else explained[0]["Plan"]


def _read_whole(plan: dict[str, Any], parent: str = "") -> Iterator[str]:
    """Yield the tables of which a plan reads every row."""
    if plan["Node Type"] == "Seq Scan" and parent != "Limit":
        yield plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from _read_whole(part, plan["Node Type"])


@pytest.fixture
def case() -> Case:
    """A shortage in the queues of all seven teams, with their tasks and alerts, and in an incident."""
    world, line = shortage_ground()
    case = CaseFactory.create(
        order=line.order,
        team=world.teams["PRO"],
        owner=world.people["bea"],
        incident=IncidentFactory.create(supplier=world.supplier, number="IN-1"),
    )
    CaseLineFactory.create(case=case, order_line=line)
    for kind in ClockKind:
        ClockFactory.create(case=case, kind=kind, calendar=world.calendar, running_since=TUESDAY_TEN)
    for code, team in world.teams.items():
        QueueEntryFactory.create(case=case, team=team, role=ROLES.get(code, QueueRole.TOLD))
        NotificationFactory.create(case=case, team=team)
    for code in ("PLN", "CSR"):
        TaskFactory.create(case=case, team=world.teams[code])
    return case


def browser_of(case: Case, name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def ask(client: Client, path: str) -> Asked:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return Asked([query["sql"] for query in captured.captured_queries])


def test_every_page_asks_the_same_questions_at_100_and_at_100_000_cases(case: Case) -> None:
    mona = browser_of(case, "mona")
    pages = [*PAGES, f"/cases/{case.number}/", f"/search/?q={case.number}"]
    multiply(case, 99)
    few = {path: ask(mona, path) for path in pages}
    multiply(case, 99_900)
    assert (Case.objects.count(), Notification.objects.count()) == (100_000, 700_000)

    wrong = []
    for path in pages:
        many = ask(mona, path)
        if len(many.statements) != len(few[path].statements):
            wrong.append(f"{path}: {len(many.statements)} questions, {len(few[path].statements)} of a few")
        if path != SEARCH_OF_MANY:
            wrong += [f"{path} reads {each}" for each in many.reading_whole(LARGE)]
    assert wrong == []


def test_the_queue_goes_on_by_key_to_its_end(case: Case) -> None:
    bea = browser_of(case, "bea")
    multiply(case, 120 * OPEN_ONE_IN)
    first = "/queues/weserland/PRO/"
    path, seen = first, list[str]()
    while path:
        page = bea.get(path).context["page"]
        seen += [row.number for row in page.rows]
        path = f"{first}?after={page.after}" if page.after else ""
    assert len(seen) == len(set(seen)) == 121
