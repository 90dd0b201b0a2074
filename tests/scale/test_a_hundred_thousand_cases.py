"""The queue and the case page ask as many questions at 100,000 cases as at 100, and answer from indexes."""

from dataclasses import dataclass

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
from tests.builders.many_cases import multiply

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@dataclass
class Asked:
    """What one page took: its statements, without their values."""

    statements: list[str]

    def scanned_whole(self, table: str) -> list[str]:
        """Return the statements for which PostgreSQL would read all of `table`."""
        found = []
        for statement in self.statements:
            if not statement.startswith(("SELECT", "WITH")):
                continue
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            if f"Seq Scan on {table}" in plan:
                found.append(f"{statement}\n{plan}")
        return found


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
        assert many.scanned_whole(table) == []


def test_the_queue_goes_on_by_key_to_its_end(case: Case, bea: Client) -> None:
    multiply(case, 120)
    path, seen = "/queues/weserland/PRO/", set()
    for _ in range(4):
        page = bea.get(path)
        seen |= set(page.context["page"].numbers)
        if page.context["page"].older is None:
            break
        path = f"/queues/weserland/PRO/?{page.context['page'].older}"
    assert len(seen) == 121
