"""The queue and the case page ask as many questions at 100,000 cases as at 100, and answer from indexes."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exceptions_app.cases.models import Case, ClockKind, QueueRole
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    CaseLineFactory,
    ClockFactory,
    QueueEntryFactory,
    shortage_ground,
)
from tests.builders.many_cases import OPEN_ONE_IN, multiply

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@dataclass
class Asked:
    """What one page took: its statements, without their values."""

    statements: list[str]

    def reading_whole(self, table: str) -> list[str]:
        """Return the statements for which PostgreSQL would read all of `table`.

        A scan right under a limit stops early: that is how the capped counts of long queues are meant.
        """
        return [
            statement
            for statement in self.statements
            if statement.startswith(("SELECT", "WITH")) and _reads_whole(_plan_of(statement), table)
        ]


def _plan_of(statement: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        explained = cursor.fetchone()[0]
    return json.loads(explained)[0]["Plan"] if isinstance(explained, str) else explained[0]["Plan"]


def _reads_whole(plan: dict[str, Any], table: str, parent: str = "") -> bool:
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] == table and parent != "Limit":
        return True
    return any(_reads_whole(part, table, plan["Node Type"]) for part in plan.get("Plans", []))


@pytest.fixture
def case() -> Case:
    world, line = shortage_ground()
    case = CaseFactory.create(order=line.order, team=world.teams["PRO"], owner=world.people["bea"])
    CaseLineFactory.create(case=case, order_line=line)
    for kind in ClockKind:
        ClockFactory.create(case=case, kind=kind, calendar=world.calendar, running_since=TUESDAY_TEN)
    QueueEntryFactory.create(case=case, team=world.teams["PRO"], role=QueueRole.OWNER)
    return case


@pytest.fixture
def bea(case: Case, client: Client) -> Client:
    assert case.owner is not None
    client.force_login(case.owner)
    return client


def ask(client: Client, path: str) -> Asked:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200
    return Asked([query["sql"] for query in captured.captured_queries])


@pytest.mark.parametrize("page", ["queue", "case"])
def test_a_page_asks_the_same_questions_at_100_and_at_100_000_cases(
    page: str, case: Case, bea: Client
) -> None:
    path = "/queues/weserland/PRO/" if page == "queue" else f"/cases/{case.number}/"
    multiply(case, 99)
    few = ask(bea, path)
    multiply(case, 99_900)
    many = ask(bea, path)
    assert Case.objects.count() == 100_000
    assert len(many.statements) == len(few.statements)
    for table in ("exceptions_app_case", "exceptions_app_caseline", "exceptions_app_queueentry"):
        assert many.reading_whole(table) == [], table


def test_the_queue_goes_on_by_key_to_its_end(case: Case, bea: Client) -> None:
    multiply(case, 120 * OPEN_ONE_IN)
    first = "/queues/weserland/PRO/"
    path, seen = first, list[str]()
    while path:
        page = bea.get(path).context["page"]
        seen += [row.number for row in page.rows]
        path = f"{first}?after={page.after}" if page.after else ""
    assert len(seen) == len(set(seen)) == 121
