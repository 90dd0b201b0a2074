"""Facts about confirmations: who owed an answer by when, when it came, and what could not be seen."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics import facts, tasks
from analytics.facts import ConfirmationFact, FactsRead
from erp_connectors import clock
from erp_connectors.canonical.codec import to_builtins
from erp_connectors.documents.models import PurchaseOrder
from exceptions_app.detection.models import Watch
from suppliers.profiles import SupplierProfile
from tests.analytics.world import DUE, RELEASED, answered, asked, look_and_refresh, refresh
from tests.builders import factories
from tests.builders.factories import Ground, berlin

pytestmark = pytest.mark.django_db
SCENE = factories.ground

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
EVENING = berlin(MONDAY, 18)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def rows() -> list[dict[str, Any]]:
    return list(ConfirmationFact.objects.order_by("line").values())


def test_an_answer_is_due_two_business_days_after_release(world: Ground) -> None:
    line = asked(world, "1")
    refresh(world, berlin(MONDAY, 15))
    fact = ConfirmationFact.objects.get(line=line)
    assert (fact.released_at, fact.due_at, fact.answered_at, fact.is_judged) == (RELEASED, DUE, None, False)
    assert (fact.company, fact.supplier) == (world.company, world.supplier)


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (berlin(MONDAY, 9), "0"),
        (DUE, "0"),
        (DUE + timedelta(seconds=36), "0.01"),
        (berlin(MONDAY, 17), "1"),
        (berlin(MONDAY, 17, 30), "1"),
        (berlin(TUESDAY, 9, 30), "2.5"),
        (berlin(date(2026, 11, 30), 8), "37"),
    ],
)
def test_lateness_is_counted_in_business_hours_of_the_supplier(
    world: Ground, at: datetime, hours: str
) -> None:
    line = answered(asked(world, "1"), at)
    refresh(world, at + timedelta(hours=1))
    fact = ConfirmationFact.objects.get(line=line)
    assert (fact.answered_at, fact.hours_late) == (at, Decimal(hours))
    assert fact.is_judged
    assert fact.is_late == (hours != "0")


def test_silence_counts_once_it_could_be_seen_past_the_due_time(world: Ground) -> None:
    line = asked(world, "1")
    refresh(world, EVENING)
    fact = ConfirmationFact.objects.get(line=line)
    assert (fact.is_judged, fact.is_late, fact.hours_late) == (True, True, None)


def test_silence_is_not_counted_while_the_stream_is_blind(world: Ground) -> None:
    line = asked(world, "1")
    refresh(world, EVENING, seen_until=berlin(MONDAY, 15, 30))
    assert not ConfirmationFact.objects.get(line=line).is_judged
    refresh(world, EVENING + timedelta(minutes=1))
    assert ConfirmationFact.objects.get(line=line).is_judged


def test_a_late_answer_counts_although_the_stream_was_blind(world: Ground) -> None:
    line = answered(asked(world, "1"), berlin(MONDAY, 17))
    refresh(world, EVENING, seen_until=berlin(MONDAY, 15, 30))
    assert ConfirmationFact.objects.get(line=line).is_judged


def test_computing_them_twice_gives_the_same_rows(world: Ground) -> None:
    answered(asked(world, "1"), berlin(MONDAY, 17))
    asked(world, "2")
    refresh(world, EVENING)
    first = rows()
    refresh(world, EVENING)
    assert rows() == first
    ConfirmationFact.objects.all().delete()
    refresh(world, EVENING)
    assert rows() == first


def test_lines_that_owe_no_answer_have_no_fact(world: Ground) -> None:
    draft = asked(world, "draft")
    draft.position = draft.position | {"state": "draft"}
    gone = asked(world, "gone")
    gone.is_present = False
    unreleased = asked(world, "unreleased")
    unreleased.position = unreleased.position | {"released_at": None}
    cancelled = asked(world, "cancelled")
    cancelled.position = cancelled.position | {"cancelled_at": to_builtins(DUE)}
    for line in (draft, gone, unreleased, cancelled):
        line.save()
    refresh(world, EVENING)
    assert rows() == []


def test_a_line_cancelled_after_its_due_time_was_still_not_answered(world: Ground) -> None:
    line = asked(world, "1")
    line.position = line.position | {"cancelled_at": to_builtins(DUE + timedelta(minutes=1))}
    line.save()
    refresh(world, EVENING)
    assert ConfirmationFact.objects.get(line=line).is_judged


def test_a_line_brought_later_is_due_from_then_on(world: Ground) -> None:
    line = asked(world, "1")
    line.position = line.position | {"asked_at": to_builtins(berlin(MONDAY, 10))}
    line.save()
    refresh(world, EVENING)
    fact = ConfirmationFact.objects.get(line=line)
    assert (fact.released_at, fact.due_at) == (berlin(MONDAY, 10), berlin(date(2026, 11, 25), 10))


def test_a_supplier_that_need_not_confirm_has_no_facts(world: Ground) -> None:
    line = asked(world, "1")
    refresh(world, EVENING)
    assert ConfirmationFact.objects.filter(line=line).exists()
    SupplierProfile.objects.update(expects_confirmation=False)
    refresh(world, EVENING)
    assert rows() == []


def test_orders_from_before_the_cut_over_have_no_facts(world: Ground) -> None:
    asked(world, "1")
    world.erp.cut_over = date(2026, 11, 20)
    world.erp.save()
    refresh(world, EVENING)
    assert rows() == []


def test_a_shorter_term_moves_the_due_time(world: Ground) -> None:
    line = asked(world, "1")
    factories.TermRowFactory.create(company=world.company, supplier=world.supplier, confirm_days=1)
    refresh(world, EVENING)
    assert ConfirmationFact.objects.get(line=line).due_at == berlin(date(2026, 11, 20), 16)


def test_an_order_that_cannot_be_read_keeps_its_facts_and_harms_no_other(world: Ground) -> None:
    asked(world, "1")
    refresh(world, EVENING)
    broken = ConfirmationFact.objects.get()
    other = factories.SupplierFactory.create(connection=world.erp, number="88")
    SupplierProfile.objects.filter(supplier=world.supplier).update(calendar_code="nowhere")
    line = asked(world, "2", supplier=other)
    refresh(world, EVENING)
    assert {fact.line_id for fact in ConfirmationFact.objects.all()} == {broken.pk, line.pk}


# --- what was looked at -------------------------------------------------------------------------------------


def test_only_orders_that_were_looked_at_are_brought_up_to_date(world: Ground) -> None:
    line = asked(world, "1")
    assert facts.refresh(EVENING) == 0
    assert look_and_refresh(world, EVENING) == 1
    assert ConfirmationFact.objects.get().line == line
    assert FactsRead.objects.get().up_to == EVENING
    assert facts.refresh(EVENING + timedelta(minutes=3)) == 1
    assert facts.refresh(EVENING + timedelta(minutes=6)) == 0


def test_a_look_that_ended_late_is_not_missed(world: Ground) -> None:
    asked(world, "1")
    look_and_refresh(world, EVENING)
    late = asked(world, "2")
    Watch.objects.create(
        subject_kind="order", subject_id=late.order_id, looked_at=EVENING - timedelta(minutes=1)
    )
    facts.refresh(EVENING + timedelta(seconds=30))
    assert ConfirmationFact.objects.filter(line=late).exists()


def test_a_refresh_that_stops_goes_on_where_it_stopped(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "BATCH", 1)
    lines = [asked(world, str(number)) for number in range(3)]
    for number, line in enumerate(lines):
        Watch.objects.create(
            subject_kind="order", subject_id=line.order_id, looked_at=EVENING - timedelta(hours=3 - number)
        )
    whole, done = facts.refresh_orders, []

    def stop_at_the_second(order_ids: list[int], as_of: datetime) -> None:
        if done:
            raise TimeoutError
        done.append(order_ids)
        whole(order_ids, as_of)

    monkeypatch.setattr(facts, "refresh_orders", stop_at_the_second)
    with pytest.raises(TimeoutError):
        facts.refresh(EVENING)
    assert FactsRead.objects.get().up_to == EVENING - timedelta(hours=3)
    monkeypatch.setattr(facts, "refresh_orders", whole)
    facts.refresh(EVENING)
    assert ConfirmationFact.objects.count() == 3


def test_the_task_refreshes_by_the_one_clock(world: Ground) -> None:
    asked(world, "1")
    clock.set_now(EVENING)
    look_and_refresh(world, EVENING)
    ConfirmationFact.objects.all().delete()
    FactsRead.objects.all().delete()
    tasks.refresh_facts()
    assert ConfirmationFact.objects.count() == 1


def test_a_batch_takes_the_same_number_of_queries_for_3_and_for_30_orders(
    world: Ground, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for number in range(3):
        asked(world, str(number))
    refresh(world, EVENING)
    some = list(PurchaseOrder.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as queries:
        facts.refresh_orders(some, EVENING)
    for number in range(3, 30):
        asked(world, str(number))
    many = list(PurchaseOrder.objects.values_list("pk", flat=True))
    with django_assert_num_queries(len(queries)):
        facts.refresh_orders(many, EVENING)
