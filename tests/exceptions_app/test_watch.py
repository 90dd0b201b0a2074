"""The watch as a queue: marks are never lost, nobody works twice, failures back off."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from erp_connectors import clock
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
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


def test_marking_all_brings_every_subject_of_the_kind_forward() -> None:
    for subject in (1, 2):
        watch.mark("order", [subject])
        looked_at(subject, None)
    watch.mark_all()
    assert set(claim_orders(10)) == {1, 2}


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
