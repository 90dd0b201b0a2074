"""What a queue sorts by: the golden examples, the steps of urgency, and the sweep that follows them."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors import clock
from exceptions_app import priority
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, ClockKind, QueueEntry
from exceptions_app.expected_loss import rounded
from exceptions_app.priority import STEPS, urgency_at, urgency_of
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    ClockFactory,
    QueueEntryFactory,
    TeamFactory,
    ground,
)

EXAMPLES = json.loads((Path(__file__).parent / "priority_examples.json").read_text(), parse_float=Decimal)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# --- urgency ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_it_agrees_with_the_golden_examples(example: dict[str, Any]) -> None:
    left, expected = example["inputs"]["hours_to_breach"], example["expected"]
    urgency = urgency_of(Decimal(left))
    assert abs(urgency - Decimal(expected["urgency"])) <= Decimal("0.001")
    in_steps = urgency_at(TUESDAY_TEN + hours(left), TUESDAY_TEN).factor
    assert in_steps == urgency
    assert abs(rounded(Decimal(expected["expected_loss"]) * urgency) - expected["priority"]) <= Decimal(
        "0.01"
    )


@pytest.mark.parametrize(("left", "urgency"), [(0, "3"), (-5, "3"), (16, "3"), (96, "0.5"), (1000, "0.5")])
def test_it_is_clamped_and_greatest_once_breached(left: int, urgency: str) -> None:
    assert urgency_of(Decimal(left)) == Decimal(urgency)
    assert urgency_at(TUESDAY_TEN + hours(left), TUESDAY_TEN).factor == Decimal(urgency)


def test_what_is_not_due_is_least_urgent_and_stays_so() -> None:
    assert urgency_at(None, TUESDAY_TEN) == priority.Urgency(priority.LEAST, None)


@given(st.floats(-10, 200))
def test_a_step_is_right_to_one_sixth_and_lasts_until_the_next(left: float) -> None:
    now = TUESDAY_TEN
    due_at = now + hours(left)
    found = urgency_at(due_at, now)
    exact = urgency_of(Decimal((due_at - now) / hours(1)))
    assert found.factor <= exact + Decimal("1e-9")
    assert exact <= found.factor * Decimal(7) / 6 + Decimal("1e-9")
    if found.until is None:
        assert found.factor == priority.MOST
        return
    assert found.until > now
    just_before = found.until - timedelta(microseconds=1)
    assert urgency_at(due_at, max(just_before, now)).factor == found.factor
    assert urgency_at(due_at, found.until).factor >= found.factor
    assert urgency_at(due_at, found.until).until != found.until


def test_the_steps_lie_between_the_least_and_the_most() -> None:
    assert list(STEPS) == sorted(STEPS, reverse=True)
    assert (urgency_of(Decimal(STEPS[0])), urgency_of(Decimal(STEPS[-1]))) == (priority.LEAST, priority.MOST)


# --- cases in their queues ----------------------------------------------------------------------------------


def case_due(in_hours: float) -> Case:
    case: Case = CaseFactory.create(due_at=TUESDAY_TEN + hours(in_hours), expected_loss=Decimal(1000))
    priority.follow(case, TUESDAY_TEN)
    case.save()
    QueueEntryFactory.create(case=case)
    return case


def now_of(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def kept(case: Case) -> tuple[Decimal, Decimal]:
    return now_of(case).priority, QueueEntry.objects.get(case=case, team=case.team).priority


@pytest.mark.django_db
def test_the_sweep_sorts_a_case_anew_when_it_crosses_a_step() -> None:
    case = case_due(50)
    assert kept(case) == (Decimal("857.14"), Decimal("857.14"))
    assert now_of(case).priority_until == TUESDAY_TEN + hours(2)
    assert priority.sweep(TUESDAY_TEN + hours(1.9), 50) == 0
    assert priority.sweep(TUESDAY_TEN + hours(2), 50) == 1
    assert kept(case) == (1000, 1000)
    assert now_of(case).priority_until == TUESDAY_TEN + hours(6)


@pytest.mark.django_db
def test_a_sweep_that_comes_late_skips_the_steps_between() -> None:
    case = case_due(200)
    assert kept(case)[0] == 500
    assert priority.sweep(TUESDAY_TEN + hours(190), 50) == 1
    assert kept(case) == (3000, 3000)
    assert now_of(case).priority_until is None
    assert priority.sweep(TUESDAY_TEN + hours(300), 50) == 0


@pytest.mark.django_db
def test_the_sweep_repeats_the_priority_in_every_queue_and_leaves_no_trace_in_the_case() -> None:
    case = case_due(50)
    told = QueueEntryFactory.create(case=case, team=TeamFactory.create(company=case.company, code="PLN"))
    before = (case.version, case.updated_at, Event.objects.count())
    priority.sweep(TUESDAY_TEN + hours(2), 50)
    told.refresh_from_db()
    after = now_of(case)
    assert told.priority == 1000
    assert (after.version, after.updated_at, Event.objects.count()) == before


@pytest.mark.django_db
def test_the_sweep_takes_as_many_queries_for_twenty_cases_as_for_two() -> None:
    counts = []
    for count in (2, 20):
        for _ in range(count):
            case_due(50)
        with CaptureQueriesContext(connection) as queries:
            assert priority.sweep(TUESDAY_TEN + hours(2), 50) == count
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_the_sweep_takes_no_more_than_its_limit_and_the_longest_due_first() -> None:
    later, earlier = case_due(51), case_due(49)
    assert priority.sweep(TUESDAY_TEN + hours(5), 1) == 1
    assert (kept(earlier)[0], kept(later)[0]) == (Decimal("1090.91"), Decimal("857.14"))


@pytest.mark.django_db
def test_the_sweep_finds_what_is_due_by_its_index() -> None:
    case_due(50)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM exceptions_app_case WHERE priority_until <= now()")
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "case_priority_step" in plan


@pytest.mark.django_db
def test_whatever_is_done_with_a_case_leaves_it_sorted() -> None:
    clock.set_now(TUESDAY_TEN)
    world = ground()
    case = CaseFactory.create(
        company=world.company, team=world.teams["PRO"], expected_loss=Decimal(1000), priority=Decimal(1)
    )
    ClockFactory.create(case=case, kind=ClockKind.RESOLVE, due_at=TUESDAY_TEN + hours(10))
    taken = actions.take(case, by=Actor(world.people["bea"]))
    assert taken.priority == QueueEntry.objects.get(case=case, team=world.teams["PRO"]).priority == 3000
