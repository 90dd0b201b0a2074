"""The watch as a queue: marks are never lost, nobody works twice, failures back off."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from django.db import connection, transaction

from erp_connectors import clock
from exceptions_app.detection import watch
from exceptions_app.detection.models import LookOver, Watch
from exceptions_app.detection.watch import Finished
from tests.builders.factories import TUESDAY_TEN


@pytest.fixture(autouse=True)
def tuesday_ten(request: pytest.FixtureRequest) -> Iterator[None]:
    name = "transactional_db" if request.node.get_closest_marker("django_db").kwargs else "db"
    request.getfixturevalue(name)
    clock.set_now(TUESDAY_TEN)
    yield
    clock.reset()


pytestmark = pytest.mark.django_db


def row(subject_id: int) -> Watch:
    return Watch.objects.get(subject_kind="order", subject_id=subject_id)


def claim_orders(limit: int) -> list[int]:
    return [subject_id for _, subject_id in watch.claim(["order"], limit)]


def looked_at(subject_id: int, next_look: datetime | None, blind_since: datetime | None = None) -> watch.Look:
    look = watch.begin("order", [subject_id])[subject_id]
    watch.finish("order", [Finished(look, next_look, blind_since)], as_of=TUESDAY_TEN)
    return look


def test_marking_makes_subjects_due_now_in_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        watch.mark("order", [3, 1, 2, 2])
    assert [(each.subject_id, each.marked) for each in Watch.objects.order_by("subject_id")] == [
        (1, 1),
        (2, 1),
        (3, 1),
    ]
    assert set(claim_orders(10)) == {1, 2, 3}


def test_marking_again_raises_the_sequence_and_brings_a_later_look_forward() -> None:
    watch.mark("order", [1])
    looked_at(1, TUESDAY_TEN + timedelta(days=3))
    assert claim_orders(10) == []
    watch.mark("order", [1])
    assert row(1).marked == 2
    assert claim_orders(10) == [1]


def test_marking_nothing_does_nothing() -> None:
    watch.mark("order", [])
    assert not Watch.objects.exists()


# --- a look over everything, in the background --------------------------------------------------------------


@pytest.fixture
def ten_watched() -> None:
    """Ten orders and an invoice, of which nothing is due."""
    watch.mark("order", range(1, 11))
    for subject in claim_orders(20):
        looked_at(subject, None)
    look = watch.begin("invoice", [5])[5]
    watch.finish("invoice", [Finished(look)], as_of=TUESDAY_TEN)


def claim_any(limit: int) -> list[tuple[str, int]]:
    return sorted(watch.claim(["order", "invoice"], limit))


def test_a_look_over_everything_comes_to_each_subject_once(ten_watched: None) -> None:
    watch.look_over(TUESDAY_TEN)
    taken = [claim_any(4) for _ in range(4)]
    assert [len(batch) for batch in taken] == [4, 4, 3, 0]
    assert list(chain.from_iterable(taken)) == [
        ("invoice", 5),
        *(("order", subject) for subject in range(1, 11)),
    ]
    assert LookOver.objects.get().done_at is not None


def test_asking_for_it_makes_nothing_due_and_locks_nothing(
    ten_watched: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        watch.look_over(TUESDAY_TEN)
    assert not Watch.objects.filter(due_at__isnull=False).exists()


def test_what_comes_in_meanwhile_is_looked_at_next(ten_watched: None) -> None:
    watch.look_over(TUESDAY_TEN)
    assert claim_any(2) == [("invoice", 5), ("order", 1)]
    watch.mark("order", [9, 77])
    assert claim_any(2) == [("order", 9), ("order", 77)]
    assert claim_any(2) == [("order", 2), ("order", 3)]


def test_while_enough_is_due_nothing_else_is_taken(ten_watched: None) -> None:
    watch.look_over(TUESDAY_TEN)
    watch.mark("order", [8, 9])
    assert claim_any(2) == [("order", 8), ("order", 9)]
    assert LookOver.objects.get().kind == ""


def test_a_second_one_begins_anew_and_ends_the_first(ten_watched: None) -> None:
    watch.look_over(TUESDAY_TEN)
    for kind, subject in claim_any(6):
        watch.finish(kind, [Finished(watch.looks(kind, [subject])[subject])], as_of=TUESDAY_TEN)
    watch.look_over(TUESDAY_TEN)
    assert len(claim_any(20)) == 11
    assert claim_any(20) == []
    assert not LookOver.objects.filter(done_at=None).exists()


def test_one_that_is_being_looked_at_is_looked_at_again(ten_watched: None) -> None:
    look = watch.begin("order", [1])[1]
    watch.look_over(TUESDAY_TEN)
    claim_any(20)
    watch.finish("order", [Finished(look)], as_of=TUESDAY_TEN)
    assert claim_any(20) == [("order", 1)]


def test_what_is_due_names_what_follows_in_it(ten_watched: None) -> None:
    watch.look_over(TUESDAY_TEN)
    assert (watch.due("invoice", TUESDAY_TEN), len(watch.due("order", TUESDAY_TEN))) == ([5], 10)
    for kind, subject in claim_any(4):
        watch.finish(kind, [Finished(watch.looks(kind, [subject])[subject])], as_of=TUESDAY_TEN)
    assert (watch.due("invoice", TUESDAY_TEN), watch.due("order", TUESDAY_TEN)) == ([], list(range(4, 11)))


# --- one look -----------------------------------------------------------------------------------------------


def test_a_look_that_nothing_disturbed_sets_when_to_look_again() -> None:
    later = TUESDAY_TEN + timedelta(hours=5)
    watch.mark("order", [1])
    looked_at(1, later)
    seen = row(1)
    assert (seen.due_at, seen.seen, seen.looked_at) == (later, 1, TUESDAY_TEN)
    clock.set_now(later)
    assert claim_orders(10) == [1]


@pytest.mark.parametrize("next_look", [None, TUESDAY_TEN + timedelta(hours=5)])
def test_a_blind_subject_says_since_when_and_is_looked_at_again_within_a_minute(
    next_look: datetime | None,
) -> None:
    watch.mark("order", [1])
    looked_at(1, next_look, blind_since=TUESDAY_TEN - timedelta(hours=1))
    assert row(1).blind_since == TUESDAY_TEN - timedelta(hours=1)
    assert row(1).due_at == TUESDAY_TEN + watch.BLIND_AGAIN


def test_a_look_without_a_next_one_waits_for_a_mark() -> None:
    watch.mark("order", [1])
    looked_at(1, None)
    assert row(1).due_at is None


def test_a_mark_during_a_look_keeps_the_subject_due() -> None:
    watch.mark("order", [1])
    look = watch.begin("order", [1])[1]
    watch.mark("order", [1])
    watch.finish("order", [Finished(look, TUESDAY_TEN + timedelta(days=30))], as_of=TUESDAY_TEN)
    assert row(1).seen == 1
    assert row(1).marked == 2
    assert claim_orders(10) == [1]


def test_a_claimed_subject_is_nobody_elses_until_its_lease_ends() -> None:
    watch.mark("order", [1, 2, 3])
    assert len(claim_orders(2)) == 2
    assert len(claim_orders(10)) == 1
    assert claim_orders(10) == []
    clock.set_now(TUESDAY_TEN + watch.LEASE + timedelta(seconds=1))
    assert set(claim_orders(10)) == {1, 2, 3}


def test_another_kind_of_subject_is_left_alone() -> None:
    watch.mark("invoice", [1])
    assert claim_orders(10) == []


def test_what_is_due_longest_comes_first() -> None:
    watch.mark("order", [2])
    clock.set_now(TUESDAY_TEN + timedelta(minutes=1))
    watch.mark("order", [1])
    clock.set_now(TUESDAY_TEN + timedelta(minutes=2))
    assert claim_orders(1) == [2]


def test_a_failed_look_is_tried_again_after_growing_waits() -> None:
    watch.mark("order", [1])
    now, waits = TUESDAY_TEN + timedelta(minutes=1), []
    for _ in range(7):
        clock.set_now(now)
        assert claim_orders(10) == [1]
        watch.fail("order", 1, error="No calendar", now=now)
        waits.append(row(1).due_at - now)
        now = row(1).due_at
    assert waits == [*watch.BACK_OFF, watch.BACK_OFF[-1], watch.BACK_OFF[-1]]
    assert row(1).last_error == "No calendar"
    clock.set_now(now)
    looked_at(1, None)
    assert (row(1).attempts, row(1).last_error) == (0, "")


def test_a_mark_ends_the_wait_after_a_failure() -> None:
    watch.mark("order", [1])
    claim_orders(10)
    watch.fail("order", 1, error="No calendar", now=TUESDAY_TEN + timedelta(hours=1))
    watch.mark("order", [1])
    assert claim_orders(10) == [1]


def test_a_failure_of_a_subject_nobody_watches_is_nothing() -> None:
    watch.fail("order", 99, error="gone", now=TUESDAY_TEN)
    assert not Watch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_subject() -> None:
    watch.mark("order", range(40))
    claimed: list[list[int]] = []
    both = threading.Barrier(2)

    def work() -> None:
        try:
            with transaction.atomic():
                both.wait()
                claimed.append(claim_orders(20))
                both.wait()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert sorted(claimed[0] + claimed[1]) == list(range(40))
