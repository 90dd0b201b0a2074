"""What a sent, failed or withdrawn message does to its cases, and reminding the supplier."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.test import override_settings

from erp_connectors import clock
from exceptions_app import sla
from exceptions_app.asking import follow
from exceptions_app.asking.ask import ask_about
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseState, Clock
from exceptions_app.notifications.models import Notification
from exceptions_app.tasks import send_messages
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.asking.world import NORA, OWN, as_is, by, short_case, the_message, told
from tests.peers.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db
SCENE = make.ground
ABOUT = "missing_quantity"


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


@pytest.fixture
def server() -> Iterator[MailServer]:
    with (
        mail_server() as running,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=running.port,
            EMAIL_USE_TLS=False,
        ),
    ):
        yield running


def later(**passed: float) -> None:
    clock.set_now(clock.now() + timedelta(**passed))


def asked(world: Ground, *cases: Case, **values: object) -> SupplierMessage:
    return ask_about(cases, **{"inquiry": ABOUT, "by": by(world), **values})  # type: ignore[arg-type]


# --- sent ---------------------------------------------------------------------------------------------------


def test_a_sent_message_stands_in_the_history_of_every_case(world: Ground, server: MailServer) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    message = asked(world, first, second)
    send_messages()
    assert len(server.received) == 1
    for case in (first, second):
        assert told(case)[-1] == (
            "message.sent",
            "Sent to orders-77@example.com: Missing quantity on order 4500010001, 4500010002",
        )
        assert as_is(case).state == CaseState.WAITING_SUPPLIER
    event = Event.objects.filter(kind="message.sent", case=first).get()
    assert event.after["message_id"] == message.message_id
    assert (event.subject_kind, event.subject_id) == ("message", str(message.pk))
    assert not Notification.objects.exists()


def test_one_address_refused_of_two_is_told_to_whoever_asked(world: Ground, server: MailServer) -> None:
    make.ContactFactory.create(supplier=world.supplier, email=NORA)
    server.answers[NORA] = (550, "no such user")
    case = short_case(world)
    asked(world, case, recipients=[OWN, NORA])
    send_messages()
    assert as_is(case).state == CaseState.WAITING_SUPPLIER
    notification = Notification.objects.get()
    assert (notification.person, notification.case) == (world.people["bea"], case)
    assert notification.body == f"{NORA}: 550 no such user"
    assert Event.objects.get(kind="message.sent").reason == notification.body


# --- not delivered ------------------------------------------------------------------------------------------


def test_a_message_that_reached_nobody_gives_the_case_back_with_the_reason(
    world: Ground, server: MailServer
) -> None:
    server.answers[OWN] = (550, "no such user")
    case = short_case(world)
    asked(world, case)
    later(minutes=1)
    send_messages()
    assert as_is(case).state == CaseState.IN_PROGRESS
    assert Clock.objects.get(case=case, kind="resolve").running_since is not None
    theirs = Clock.objects.get(case=case, kind="supplier")
    assert (theirs.running_since, theirs.stopped_at) == (None, None), "it has not answered either"
    assert told(case)[-2:] == [
        ("message.failed", f"Not delivered to {OWN}: Missing quantity on order 4500010001"),
        ("case.not_asked", "The supplier was not reached; work goes on"),
    ]
    assert Event.objects.get(kind="case.not_asked").reason == f"{OWN}: 550 no such user"
    assert Notification.objects.get().person == world.people["bea"]


def test_somebody_who_has_left_is_not_told_but_their_team_is(world: Ground, server: MailServer) -> None:
    server.answers[OWN] = (550, "no such user")
    asked(world, short_case(world))
    world.people["bea"].is_active = False
    world.people["bea"].save()
    send_messages()
    assert Notification.objects.get().team == world.teams["PRO"]


def test_a_case_that_waited_for_a_call_goes_on_waiting_when_a_mail_fails(
    world: Ground, server: MailServer
) -> None:
    server.answers[OWN] = (550, "no such user")
    case = short_case(world)
    actions.wait_for_supplier(case, by=by(world))
    later(minutes=1)
    asked(world, as_is(case))
    send_messages()
    assert as_is(case).state == CaseState.WAITING_SUPPLIER


def test_a_case_goes_on_waiting_for_a_mail_that_did_arrive(world: Ground, server: MailServer) -> None:
    make.ContactFactory.create(supplier=world.supplier, email=NORA)
    server.answers[NORA] = (550, "no such user")
    case = short_case(world)
    asked(world, case)
    asked(world, as_is(case), recipients=[NORA])
    send_messages()
    states = SupplierMessage.objects.order_by("created_at", "id").values_list("state", flat=True)
    assert list(states) == [MessageState.SENT, MessageState.FAILED]
    assert as_is(case).state == CaseState.WAITING_SUPPLIER


def test_a_case_that_went_on_by_itself_is_left_alone_when_its_mail_fails(
    world: Ground, server: MailServer
) -> None:
    server.answers[OWN] = (550, "no such user")
    case = short_case(world)
    asked(world, case)
    actions.resume(as_is(case), by=by(world))
    version = as_is(case).version
    send_messages()
    assert (as_is(case).state, as_is(case).version) == (CaseState.IN_PROGRESS, version)
    assert the_message().state == MessageState.FAILED


# --- not wanted ---------------------------------------------------------------------------------------------


def test_a_question_about_cases_that_have_all_ended_is_not_sent(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    asked(world, first, second)
    Case.objects.filter(pk=first.pk).update(state=CaseState.CLOSED)
    assert follow.is_wanted(the_message())
    Case.objects.update(state=CaseState.CLOSED)
    send_messages()
    assert mail.outbox == []
    assert the_message().state == MessageState.WITHDRAWN
    assert told(first)[-1] == (
        "message.withdrawn",
        "Not sent any more: Missing quantity on order 4500010001, 4500010002",
    )


# --- reminding by the clock ---------------------------------------------------------------------------------


def test_the_suppliers_clock_has_a_mail_written(world: Ground) -> None:
    make.SupplierTimeRowFactory.create(answer_hours=4, remind_every_hours=2, reminders=1)
    case = short_case(world)
    asked(world, case)
    send_messages()
    later(hours=2)
    sla.sweep(clock.now(), 50)
    reminder = SupplierMessage.objects.get(inquiry="reminder")
    assert (reminder.reminds, reminder.state) == (SupplierMessage.objects.get(inquiry=ABOUT), "queued")
    assert Notification.objects.get().body == "Reminder 1 is on its way."


def test_without_a_mail_to_remind_of_the_owner_is_told_to_ask(world: Ground) -> None:
    make.SupplierTimeRowFactory.create(answer_hours=4, remind_every_hours=2, reminders=1)
    case = short_case(world)
    actions.wait_for_supplier(case, by=by(world))
    later(hours=2)
    sla.sweep(clock.now(), 50)
    assert not SupplierMessage.objects.exists()
    assert Notification.objects.get().body == "No reminder could be sent: ask yourself."


# --- reminding ----------------------------------------------------------------------------------------------


def remind(case: Case) -> SupplierMessage | None:
    return follow.remind(as_is(case), at=clock.now())


def test_a_reminder_goes_to_whom_the_question_reached_with_the_question_below(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    message = asked(world, first, second, cc=["bea@example.com"])
    send_messages()
    later(days=1)
    reminder = remind(first)
    assert reminder is not None
    assert (reminder.reminds, reminder.recipients, reminder.cc) == (message, [OWN], ["bea@example.com"])
    assert reminder.subject == "Reminder: Missing quantity on order 4500010001, 4500010002"
    assert "no answer to our mail of 24 Nov 2026" in reminder.body
    assert reminder.body.endswith(message.body)
    assert "Kind regards\nBea Example\nWeserland" in reminder.body
    assert (reminder.asked_by, reminder.reply_to) == ("", "bea@example.com")
    for case in (first, second):
        assert told(case)[-1] == ("message.reminded", f"Reminded Nordmann Dichtungen: {reminder.subject}")
    send_messages()
    assert mail.outbox[-1].subject == reminder.subject


def test_the_clocks_of_two_cases_of_one_message_remind_once(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    asked(world, first, second)
    send_messages()
    later(days=1)
    assert remind(first) == remind(second)
    assert SupplierMessage.objects.count() == 2
    later(hours=5)
    assert remind(second) == remind(first)
    assert SupplierMessage.objects.count() == 3


def test_a_reminder_names_only_the_cases_that_still_wait(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    asked(world, first, second)
    send_messages()
    actions.note_answer(as_is(second), answer="On Friday", by=by(world))
    later(days=1)
    reminder = remind(first)
    assert reminder is not None
    assert [each.case_number for each in reminder.cases.all()] == ["EX-1"]


def test_there_is_nothing_to_remind_of_where_nobody_wrote_or_waits(world: Ground) -> None:
    case = short_case(world)
    assert remind(case) is None
    actions.wait_for_supplier(case, by=by(world))
    assert remind(case) is None, "it was asked by telephone"
    later(minutes=1)
    asked(world, as_is(case))
    assert remind(case) is None, "the mail has not gone out"
    send_messages()
    assert remind(case) is not None
    actions.resume(as_is(case), by=by(world))
    later(days=1)
    assert remind(case) is None


def test_a_reminder_is_not_sent_once_the_answer_is_there(world: Ground) -> None:
    case = short_case(world)
    asked(world, case)
    send_messages()
    later(days=1)
    remind(case)
    actions.note_answer(as_is(case), answer="On Friday", by=by(world))
    send_messages()
    assert len(mail.outbox) == 1
    assert SupplierMessage.objects.get(reminds__isnull=False).state == MessageState.WITHDRAWN


def test_a_reminder_that_fails_is_told_to_the_team_and_changes_nothing(
    world: Ground, server: MailServer
) -> None:
    case = short_case(world)
    asked(world, case)
    send_messages()
    later(days=1)
    server.answers[OWN] = (550, "gone")
    remind(case)
    send_messages()
    assert as_is(case).state == CaseState.WAITING_SUPPLIER
    assert Notification.objects.get().team == world.teams["PRO"]
