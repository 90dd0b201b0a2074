"""News from below marks rows, and what is marked is worked through by tasks and commands."""

import io
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command

from erp_connectors import clock
from erp_connectors.documents.models import Document, DocumentHead
from erp_connectors.exchange.models import Command
from erp_connectors.exchange.reporters import Reported, reported
from erp_connectors.signals import command_settled, document_recorded
from exceptions_app import tasks
from exceptions_app.cases.models import Case
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
from exceptions_app.notifications.models import Notification
from tests.builders.factories import (
    TUESDAY_TEN,
    CommandFactory,
    Ground,
    InterchangeFactory,
    offer,
    order_line,
    shortage_ground,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tuesday_ten(db: None) -> Iterator[None]:
    clock.set_now(TUESDAY_TEN)
    yield
    clock.reset()


@pytest.fixture
def world() -> Ground:
    """Scenario 1: 82 of 100 confirmed."""
    world, line = shortage_ground()
    offer(line, (82, line.requested_on))
    return world


def test_invoices_and_other_documents_are_looked_at_by_themselves() -> None:
    heads = [DocumentHead(pk=1, kind="invoice"), DocumentHead(pk=2, kind="receipt")]
    document_recorded.send(sender=Document, orders=[], documents=[], heads=heads)
    assert set(Watch.objects.values_list("subject_kind", "subject_id")) == {("invoice", 1), ("document", 2)}


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_recorded_document_has_its_orders_looked_at() -> None:
    document_recorded.send(sender=Document, orders=[7, 3], document=None, documents=[])
    assert set(Watch.objects.values_list("subject_kind", "subject_id")) == {("order", 3), ("order", 7)}
    document_recorded.send(sender=Document, orders=[7], document=None, documents=[])
    assert Watch.objects.get(subject_id=7).marked == 2


def test_a_settled_command_is_followed_by_its_proposal(monkeypatch: pytest.MonkeyPatch) -> None:
    follow = Mock()
    monkeypatch.setattr("exceptions_app.receivers.settle.command_settled", follow)
    command = CommandFactory.create()
    command_settled.send(sender=Command, command=command)
    follow.assert_called_once_with(command)


def test_the_task_works_through_all_that_is_due_batch_by_batch(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    for number in range(4):
        offer(order_line(world, number=f"45000200{number:02}"), (99, world_day(world)))
    watch.mark("order", world.erp.orders.values_list("pk", flat=True))
    tasks.evaluate_due()
    assert Case.objects.count() == 5
    assert not Watch.objects.filter(due_at__lte=clock.now()).exists()


def world_day(world: Ground) -> object:
    return world.erp.orders.get(number="4500010001").lines.get().requested_on


def test_the_clock_task_lets_breaches_happen(world: Ground) -> None:
    watch.mark("order", world.erp.orders.values_list("pk", flat=True))
    tasks.evaluate_due()
    clock.set_now(TUESDAY_TEN + timedelta(days=1))
    tasks.sweep_clocks()
    assert Notification.objects.filter(kind="breach").exists()


def test_the_mail_task_sends_what_is_due(world: Ground, mailoutbox: list[object]) -> None:
    watch.mark("order", world.erp.orders.values_list("pk", flat=True))
    tasks.evaluate_due()
    tasks.send_notifications()
    assert mailoutbox
    assert not Notification.objects.filter(due_at__isnull=False).exists()


def test_the_command_looks_at_what_is_due(world: Ground) -> None:
    watch.mark("order", world.erp.orders.values_list("pk", flat=True))
    said = run("evaluate")
    case = Case.objects.get()
    assert said == f"{case.number} opened\nLooked at 1 order as of 2026-11-24 09:00:00 UTC.\n"
    assert run("evaluate").startswith("Looked at 0 orders")


def test_the_command_looks_at_one_order_at_a_moment(world: Ground) -> None:
    said = run("evaluate", "--order", "4500010001", "--as-of", "2026-11-25T09:30")
    assert said.endswith("Looked at 1 order as of 2026-11-25 09:30:00 UTC.\n")
    assert Case.objects.get().opened_at.isoformat() == "2026-11-25T09:30:00+00:00"


def test_the_command_says_what_it_could_not_look_at(world: Ground) -> None:
    with pytest.raises(CommandError, match="no order 99"):
        run("evaluate", "--order", "99")
    line = order_line(world, number="4500020000")
    line.position = {"line": "unreadable"}
    line.save()
    with pytest.raises(CommandError, match=f"order {line.order_id}: "):
        run("evaluate", "--order", "4500020000")


def test_the_report_on_a_file_names_the_cases_it_touched(world: Ground) -> None:
    order = world.erp.orders.get()
    watch.mark("order", [order.pk])
    received = InterchangeFactory.create(received_at=TUESDAY_TEN)
    said = reported(Reported(orders=[order.pk], heads=[], interchange=received.pk))
    case = Case.objects.get()
    assert said["cases"] == [case.number]
    later = InterchangeFactory.create(received_at=TUESDAY_TEN + timedelta(hours=1))
    said = reported(Reported(orders=[order.pk], heads=[], interchange=later.pk))
    assert said["cases"] == [], "the newer file changed no case"
