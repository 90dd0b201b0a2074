"""Two workers on one order at once: they queue up, and only one opens the case."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

from erp_connectors import clock
from erp_connectors.documents.models import OrderReference, PurchaseOrder
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseLine, Task
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
from exceptions_app.notifications.models import Notification
from tests.bench.orders import answer_orders, place_orders
from tests.builders.factories import TUESDAY_TEN, Ground, offer, order_line, shortage_ground

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 12, 2)


@pytest.fixture
def shortage(transactional_db: None) -> Iterator[tuple[Ground, int]]:
    clock.set_now(TUESDAY_TEN)
    world, line = shortage_ground()
    offer(line, (82, DAY))
    watch.mark("order", [line.order_id])
    yield world, line.order_id
    clock.reset()


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do the works at once, each with a database connection of its own; return what each came to."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=10)
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_two_workers_on_one_order_open_one_case(shortage: tuple[Ground, int]) -> None:
    _, order_id = shortage
    results = together(*[lambda: intake.evaluate([order_id], TUESDAY_TEN)] * 2)
    assert [result.failures for result in results] == [{}, {}]
    assert Case.objects.count() == CaseLine.objects.count() == 1
    assert sum(len(result.opened) for result in results) == 1
    assert Event.objects.filter(kind="case.opened").count() == 1
    assert Task.objects.count() == 2
    assert Notification.objects.filter(kind="alert").count() == 1, "the others have their tasks"


def test_two_neighbours_looked_at_together_wake_each_other_and_wait_for_nobody(
    shortage: tuple[Ground, int],
) -> None:
    world, _ = shortage
    lines = [offer(order_line(world, number=f"45000300{number:02}"), (82, DAY)) for number in range(6)]
    orders = [line.order_id for line in lines]
    watch.mark("order", orders)
    works = [lambda half=half: intake.evaluate(half, TUESDAY_TEN) for half in (orders[:3], orders[3:][::-1])]
    assert [result.failures for result in together(*works)] == [{}, {}]
    assert Case.objects.count() == 6
    clock.set_now(clock.now() + watch.SOON)
    assert set(watch.due("order", clock.now())) & set(orders), "those that were looked at first"
    while intake.evaluate_due(50):
        pass
    weighed = [case.impact for case in Case.objects.order_by("pk")]
    intake.evaluate(orders, TUESDAY_TEN + timedelta(minutes=1))
    assert [case.impact for case in Case.objects.order_by("pk")] == weighed


@pytest.mark.proof
@pytest.mark.parametrize("times", [2, 5])
def test_whoever_looks_at_or_records_many_orders_at_once_takes_them_in_one_order(
    shortage: tuple[Ground, int], times: int
) -> None:
    world, _ = shortage
    numbers = [f"45000300{number:02}" for number in range(12)]
    place_orders(world, numbers, items=("SEAL-KIT",))
    orders = list(PurchaseOrder.objects.filter(number__in=numbers).values_list("pk", flat=True))

    def answer(minutes: int) -> None:
        said_at = TUESDAY_TEN + timedelta(minutes=minutes)
        answer_orders(world, numbers[::-1], lines=1, short=minutes, said_at=said_at)

    for minutes in range(1, times + 1):
        with capture_logs() as logs:
            works = (
                lambda: intake.evaluate(orders, TUESDAY_TEN).failures,
                lambda: intake.evaluate(orders[::-1], TUESDAY_TEN).failures,
                partial(answer, minutes),
            )
            assert together(*works) == [{}, {}, None]
        assert not logs, "nobody stood in another's way"
    intake.evaluate(orders, TUESDAY_TEN)
    lines = CaseLine.objects.filter(case__order__in=orders, cleared_at=None)
    assert list(lines.values_list("quantity", flat=True)) == [times] * len(orders)


def test_an_older_look_that_waited_does_not_undo_a_newer_one(shortage: tuple[Ground, int]) -> None:
    """The older look read the order before it was confirmed in full; the newer one closed the case."""
    _, order_id = shortage
    intake.evaluate([order_id], TUESDAY_TEN)
    loaded, closed = threading.Event(), threading.Event()
    load = intake.load

    def load_and_wait(*arguments: Any, **options: Any) -> Any:
        world = load(*arguments, **options)
        if threading.current_thread().name == "older" and not loaded.is_set():
            loaded.set()
            closed.wait(timeout=30)
        return world

    def look_older() -> None:
        threading.current_thread().name = "older"
        intake.evaluate([order_id], TUESDAY_TEN + timedelta(minutes=1))

    def look_newer() -> None:
        loaded.wait(timeout=30)
        line = Case.objects.get().lines.get().order_line
        assert line is not None
        offer(line, (100, DAY), at=TUESDAY_TEN + timedelta(minutes=2))
        watch.mark("order", [order_id])
        intake.evaluate([order_id], TUESDAY_TEN + timedelta(minutes=2))
        closed.set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(intake, "load", load_and_wait)
        assert together(look_older, look_newer) == [None, None]
    assert Case.objects.get().state == "closed"
    assert Event.objects.filter(kind__startswith="case.").count() == 2
    assert Watch.objects.get().looked_at == TUESDAY_TEN + timedelta(minutes=2)


def test_a_look_waits_for_whoever_records_a_document_on_the_order(shortage: tuple[Ground, int]) -> None:
    world, order_id = shortage
    held, is_done = threading.Event(), threading.Event()

    def record() -> bool:
        with transaction.atomic():
            reference = OrderReference.objects.filter(connection=world.erp, supplier_number="")
            list(reference.select_for_update())
            held.set()
            return is_done.wait(timeout=0.5)

    def evaluate() -> intake.Evaluation:
        held.wait(timeout=10)
        result = intake.evaluate([order_id], TUESDAY_TEN)
        is_done.set()
        return result

    was_done, evaluation = together(record, evaluate)
    assert was_done is False
    assert len(evaluation.opened) == 1


def test_a_person_and_a_worker_on_one_case_both_get_through(shortage: tuple[Ground, int]) -> None:
    world, order_id = shortage
    intake.evaluate([order_id], TUESDAY_TEN)
    case = Case.objects.get()
    line = case.lines.get().order_line
    assert line is not None
    offer(line, (70, DAY), at=TUESDAY_TEN + timedelta(minutes=1))
    watch.mark("order", [order_id])
    results = together(
        lambda: intake.evaluate([order_id], TUESDAY_TEN + timedelta(minutes=1)).failures,
        lambda: actions.start(case, by=Actor(world.people["bea"])).state,
    )
    assert results == [{}, "in_progress"]
    case = Case.objects.get()
    assert (case.state, case.version, case.lines.get().quantity) == ("in_progress", 3, 30)
