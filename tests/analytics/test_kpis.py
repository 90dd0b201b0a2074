"""The on-time confirmation rate: both of its numbers, by supplier, by week, and scenario 2 from its bytes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from analytics import kpis
from analytics.facts import ConfirmationFact
from analytics.kpis import Answers, Rate, Scope
from erp_connectors import clock
from erp_connectors.exchange.processing import process_interchange
from exceptions_app import intake
from exceptions_app.cases.models import Case
from tests.analytics.world import DUE, RELEASED, answered, asked, look_and_refresh, refresh, some_facts
from tests.builders import factories
from tests.builders.factories import BERLIN, Ground, berlin, see_until
from tests.builders.x12 import ack, confirmation_855, po1
from tests.exceptions_app.api.callers import ORDER, Caller, json_of, problem, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground

MONDAY = date(2026, 11, 23)
EVENING = berlin(MONDAY, 20)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def scope(world: Ground, **values: Any) -> Scope:
    return Scope(
        **{
            "companies": [world.company.pk],
            "since": EVENING - timedelta(days=28),
            "until": EVENING,
            "as_of": EVENING,
            **values,
        }
    )


@pytest.mark.parametrize(
    ("rate", "percent"),
    [
        (Rate(0, 0), None),
        (Rate(0, 3), "0.0"),
        (Rate(1, 3), "33.3"),
        (Rate(2, 3), "66.7"),
        (Rate(1, 8), "12.5"),
        (Rate(1, 16), "6.3"),
        (Rate(3, 3), "100.0"),
    ],
)
def test_a_rate_rounds_half_up_and_nothing_counted_is_no_rate(rate: Rate, percent: str | None) -> None:
    assert rate.percent == (None if percent is None else Decimal(percent))


def test_lines_answered_in_time_are_divided_by_all_that_fell_due(world: Ground) -> None:
    answered(asked(world, "1"), DUE)
    answered(asked(world, "2"), DUE + timedelta(minutes=30))
    asked(world, "3")
    asked(world, "4", released_at=berlin(MONDAY, 10))
    refresh(world, EVENING)
    assert kpis.confirmation_answers(scope(world)) == Answers(on_time=1, late=1, missing=1)
    assert kpis.on_time_confirmation_rate(scope(world)) == Rate(1, 3)


def test_silence_nobody_could_see_is_told_apart_and_not_counted(world: Ground) -> None:
    answered(asked(world, "1"), DUE)
    asked(world, "2")
    refresh(world, EVENING, seen_until=berlin(MONDAY, 15, 30))
    assert kpis.on_time_confirmation_rate(scope(world)) == Rate(1, 1)
    assert kpis.unseen_lines(scope(world)) == 1
    refresh(world, EVENING)
    assert kpis.on_time_confirmation_rate(scope(world)) == Rate(1, 2)
    assert kpis.unseen_lines(scope(world)) == 0


def test_a_line_counts_in_the_period_in_which_it_fell_due(world: Ground) -> None:
    some_facts(world, 1)
    assert kpis.on_time_confirmation_rate(scope(world, since=DUE, until=EVENING)) == Rate(1, 1)
    for since, until in ((DUE + timedelta(microseconds=1), EVENING), (RELEASED, DUE)):
        assert kpis.on_time_confirmation_rate(scope(world, since=since, until=until)) == Rate(0, 0)


def test_what_falls_due_later_is_not_counted_yet(world: Ground) -> None:
    some_facts(world, 1)
    later = scope(world, until=EVENING + timedelta(days=30), as_of=DUE)
    assert kpis.on_time_confirmation_rate(later) == Rate(0, 0)


def test_only_the_companies_asked_for_are_counted(world: Ground) -> None:
    other = factories.ground("fulda")
    some_facts(world, 2)
    some_facts(other, 3, late=[0])
    assert kpis.on_time_confirmation_rate(scope(world)) == Rate(2, 2)
    assert kpis.on_time_confirmation_rate(scope(other)) == Rate(2, 3)
    both = [world.company.pk, other.company.pk]
    assert kpis.on_time_confirmation_rate(scope(world, companies=both)) == Rate(4, 5)
    assert kpis.on_time_confirmation_rate(scope(world, companies=[])) == Rate(0, 0)


def test_suppliers_come_worst_first_and_add_up_to_the_whole(world: Ground) -> None:
    for number, count, late in (("A", 4, [0]), ("B", 2, [0, 1]), ("C", 8, [0, 1]), ("D", 1, [])):
        supplier = factories.SupplierFactory.create(connection=world.erp, number=number)
        some_facts(world, count, supplier=supplier, late=late)
    found = kpis.confirmation_answers_by_supplier(scope(world))
    assert [row.number for row in found] == ["B", "C", "A", "D"]
    assert [row.answers.rate.percent for row in found] == [Decimal(0), Decimal(75), Decimal(75), Decimal(100)]
    assert sum(row.answers.rate.denominator for row in found) == 15
    one = scope(world, supplier_id=found[1].supplier_id)
    assert kpis.on_time_confirmation_rate(one) == found[1].answers.rate


def test_weeks_start_on_monday_in_the_zone_of_the_reader(world: Ground) -> None:
    some_facts(world, 3, late=[1])
    sunday_night = berlin(MONDAY, 0, 30)
    ConfirmationFact.objects.filter(pk=ConfirmationFact.objects.order_by("pk").values("pk")[:1]).update(
        due_at=sunday_night, answered_at=sunday_night
    )
    with timezone.override(BERLIN):
        (week,) = kpis.confirmation_answers_by_week(scope(world))
    assert (week.starts, week.answers) == (berlin(MONDAY, 0), Answers(2, 1, 0))
    with timezone.override(UTC):
        weeks = kpis.confirmation_answers_by_week(scope(world))
    assert [each.answers.rate.denominator for each in weeks] == [1, 2]


def test_the_rows_behind_the_rate_are_as_many_as_it_says(world: Ground) -> None:
    some_facts(world, 5, late=[0, 3])
    assert kpis.lines_fallen_due(scope(world)).count() == 5
    assert {fact.hours_late for fact in kpis.late_lines(scope(world))} == {2}


def test_every_kpi_says_what_it_counts() -> None:
    for code, kpi in kpis.KPIS.items():
        assert kpi.code == code
        assert " / " in kpi.definition


# --- scenario 2 ---------------------------------------------------------------------------------------------


def test_scenario_2_confirmed_one_business_hour_late(world: Ground) -> None:
    """Released Thursday 16:00, due Monday 16:00; a case at 16:01; confirmed at 17:30: 1 hour late."""
    token = with_token(world.company, "documents:write", "inbound:write", "kpis:read")
    clock.set_now(RELEASED)
    released = ORDER | {
        "version": {"document_time": RELEASED.isoformat()},
        "released_at": RELEASED.isoformat(),
    }
    process_interchange(json_of(token.post("documents/", released), 202)["id"])

    look_and_refresh(world, berlin(MONDAY, 15, 59))
    assert not Case.objects.exists()
    look_and_refresh(world, berlin(MONDAY, 16, 1))
    assert Case.objects.get().type_code == "confirmation_late"

    at = berlin(MONDAY, 17, 30)
    clock.set_now(at)
    answer = confirmation_855(
        "1000",
        [po1("10", "100", price="182.40", ids=("BP", "SEAL-KIT"), acks=[ack("IA", "100", on="20261202")])],
        sender="SUP77",
        receiver="WESERLAND",
        currency="EUR",
        at=at.replace(tzinfo=None).replace(tzinfo=UTC),
    )
    sent = token.post(f"inbound/{world.edi.code}/", answer, content_type="application/edi-x12")
    process_interchange(json_of(sent, 202)["id"])
    look_and_refresh(world, at + timedelta(seconds=5))

    assert Case.objects.get().state == "closed"
    fact = ConfirmationFact.objects.get()
    assert (fact.due_at, fact.answered_at, fact.hours_late) == (DUE, at, Decimal(1))
    tuesday = berlin(date(2026, 11, 24), 9)
    clock.set_now(tuesday)
    found = json_of(token.get("kpis/on_time_confirmation_rate/"))
    assert (found["numerator"], found["denominator"], found["percent"]) == (0, 1, "0.0")


def test_scenario_2_blind_at_half_past_three_counts_nobody_until_it_is_read(world: Ground) -> None:
    asked(world, "1000")
    half_past_three = berlin(MONDAY, 15, 30)
    look_and_refresh(world, berlin(MONDAY, 16, 30), seen_until=half_past_three)
    assert not Case.objects.exists()
    assert kpis.on_time_confirmation_rate(scope(world)) == Rate(0, 0)
    read_at = berlin(MONDAY, 16, 45)
    clock.set_now(read_at)
    see_until(world, read_at)
    assert intake.evaluate_due(10) == 1
    look_and_refresh(world, read_at + timedelta(seconds=1))
    assert Case.objects.get().type_code == "confirmation_late"
    assert kpis.on_time_confirmation_rate(scope(world)) == Rate(0, 1)


# --- over the API -------------------------------------------------------------------------------------------


@pytest.fixture
def caller(world: Ground) -> Caller:
    clock.set_now(EVENING)
    some_facts(world, 3, late=[1])
    return with_token(world.company, "kpis:read")


def test_the_api_tells_the_rate_with_both_numbers_and_its_definition(caller: Caller) -> None:
    (listed,) = json_of(caller.get("kpis/"))
    alone = json_of(caller.get("kpis/on_time_confirmation_rate/"))
    assert {
        name: value for name, value in listed.items() if name not in ("since", "until")
    }.items() <= alone.items()
    assert (alone["numerator"], alone["denominator"], alone["percent"]) == (2, 3, "66.7")
    assert "answered by their due time" in alone["definition"]
    problem(caller.get("kpis/nothing/"), 404)


def test_the_api_takes_a_period(caller: Caller) -> None:
    before = json_of(caller.get("kpis/on_time_confirmation_rate/", until="2026-11-20T00:00:00Z"))
    assert (before["denominator"], before["percent"]) == (0, None)
    assert before["since"] == "2026-10-23T00:00:00Z"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"since": "yesterday"}, "#/since"),
        ({"until": "0001-01-01T00:00:00Z"}, "#/until"),
        ({"since": "2026-11-20T00:00:00Z", "until": "2026-11-20T00:00:00Z"}, "#/until"),
    ],
)
def test_the_api_refuses_a_period_that_is_none(caller: Caller, query: dict[str, str], pointer: str) -> None:
    (error,) = problem(caller.get("kpis/", **query), 400)["errors"]
    assert error["pointer"] == pointer


def test_the_period_of_the_api_is_in_utc(caller: Caller) -> None:
    shown = json_of(caller.get("kpis/on_time_confirmation_rate/"))
    assert datetime.fromisoformat(shown["until"]).tzinfo == UTC
    assert shown["until"].endswith("Z")
