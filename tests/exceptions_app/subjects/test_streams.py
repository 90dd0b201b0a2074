"""A stream that falls silent is a case of the integration team, until it is heard again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.exchange.models import StreamState
from exceptions_app import intake, tasks
from exceptions_app.cases.models import Case, Severity
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import SubjectKind
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    InterchangeFactory,
    PurchaseOrderFactory,
    StreamStateFactory,
    ground,
    order_line,
)

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    clock.set_now(TUESDAY_TEN)
    yield scene
    clock.reset()


@pytest.fixture
def orders(world: Ground) -> StreamState:
    """The stream of orders of the ERP, heard on the hour and expected every hour."""
    world.erp.settings = {"expect_every": {"orders": 60}}
    world.erp.save()
    state = StreamStateFactory.create(connection=world.erp, stream="orders")
    hear(world, TUESDAY_TEN)
    return state


def hear(world: Ground, at: datetime, file_name: str = "Orders_1.csv") -> None:
    InterchangeFactory.create(connection=world.erp, file_name=file_name, received_at=at)


def receive(world: Ground, at: datetime) -> None:
    """Let the suppliers' mailbox hold a message that is read at once."""
    InterchangeFactory.create(connection=world.edi, received_at=at)


def look_at(order: PurchaseOrder, at: datetime) -> None:
    assert intake.evaluate([order.pk], at).failures == {}


def open_types() -> list[str]:
    return [case.type_code for case in Case.objects.order_by("pk") if case.is_open]


def look(state: StreamState, minutes: int) -> None:
    at = TUESDAY_TEN + timedelta(minutes=minutes)
    assert intake.evaluate([state.pk], at, kind=SubjectKind.STREAM).failures == {}


def test_a_stream_that_misses_its_schedule_twice_is_a_severe_case_of_integration(
    world: Ground, orders: StreamState
) -> None:
    look(orders, 120)
    assert not Case.objects.exists()
    look(orders, 121)

    case = Case.objects.get()
    assert (case.type_code, case.team, case.stream) == ("feed_silent", world.teams["EDI"], orders)
    assert (case.severity, case.order, case.supplier) == (Severity.HIGH, None, None)
    assert {entry.team.code for entry in case.queue_entries.all()} == {"EDI", "PRO", "PLN", "WHS", "FIN"}


def test_it_closes_when_the_stream_is_heard_again_and_is_looked_at_for_that_soon(
    world: Ground, orders: StreamState
) -> None:
    look(orders, 121)
    assert Watch.objects.get(subject_kind="stream").due_at == TUESDAY_TEN + timedelta(minutes=122)
    hear(world, TUESDAY_TEN + timedelta(minutes=123))
    look(orders, 124)

    assert Case.objects.get().close_reason == "heard again"


def test_a_file_of_another_stream_is_no_word_of_this_one(world: Ground, orders: StreamState) -> None:
    hear(world, TUESDAY_TEN + timedelta(minutes=100), "stock_1.csv")
    look(orders, 121)
    assert Case.objects.get().is_open


def test_a_stream_whose_endpoint_fails_is_silent_after_ten_minutes(
    world: Ground, orders: StreamState
) -> None:
    orders.failures, orders.last_error = 3, "The folder is gone."
    orders.last_success_at = TUESDAY_TEN
    orders.save()
    look(orders, 10)
    assert not Case.objects.exists()
    look(orders, 11)
    assert Case.objects.get().lines.get().actual["error"] == "The folder is gone."


def test_a_stream_that_was_looked_at_before_its_first_word_is_looked_at_again(world: Ground) -> None:
    state = StreamStateFactory.create(connection=world.erp, stream="orders")
    look(state, 0)
    assert Watch.objects.get(subject_kind="stream").due_at == TUESDAY_TEN + timedelta(minutes=10)

    world.erp.settings = {"expect_every": {"orders": 60}}
    world.erp.save()
    hear(world, TUESDAY_TEN + timedelta(minutes=5))
    look(state, 126)
    assert Case.objects.get().type_code == "feed_silent"


def test_every_stream_that_speaks_to_us_is_watched_by_itself(world: Ground, orders: StreamState) -> None:
    StreamStateFactory.create(connection=world.erp, stream="commands")
    tasks.watch_streams()
    tasks.watch_streams()
    known = world.erp.streams.filter(stream="orders").get()
    assert known.pk in Watch.objects.filter(subject_kind="stream").values_list("subject_id", flat=True)
    other = world.erp.streams.get(stream="commands")
    assert not Watch.objects.filter(subject_kind="stream", subject_id=other.pk).exists()


def test_what_a_silent_mailbox_would_have_told_is_judged_once_it_is_heard_again(world: Ground) -> None:
    monday = TUESDAY_TEN - timedelta(days=1)
    order = PurchaseOrderFactory.create(supplier=world.supplier, number="4500010001", released_at=monday)
    order_line(world)
    world.edi.streams.update(is_polled=False)
    mailbox = world.edi.streams.get(stream="confirmations")
    for half_hours in range(12):
        receive(world, TUESDAY_TEN - timedelta(minutes=30 * half_hours))
    look(mailbox, 61)
    assert open_types() == ["feed_silent"]

    look_at(order, TUESDAY_TEN + timedelta(days=1, minutes=1))
    assert open_types() == ["feed_silent"]
    assert Watch.objects.get(subject_kind="order").blind_since == TUESDAY_TEN

    receive(world, TUESDAY_TEN + timedelta(days=1, minutes=2))
    look(mailbox, 24 * 60 + 3)
    look_at(order, TUESDAY_TEN + timedelta(days=1, minutes=4))
    assert open_types() == ["confirmation_late"]
