"""Asking a supplier: one row that is sent, and cases that wait; all of it or nothing."""

from datetime import timedelta

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import Supplier
from erp_connectors.errors import ConflictError, PermanentError
from exceptions_app.asking.ask import ask_about, send_again
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.change import StaleVersion
from exceptions_app.cases.models import Case, CaseState, Clock
from exceptions_app.people.permissions import NotAllowed
from suppliers.messaging.addresses import UnusableMessage
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.asking.world import NORA, OWN, as_is, by, short_case, the_message, told

pytestmark = pytest.mark.django_db
SCENE = make.ground
ABOUT = "missing_quantity"


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


def test_asking_writes_the_message_and_lets_the_case_wait(world: Ground) -> None:
    case = short_case(world)
    waiting = actions.ask(case, inquiry=ABOUT, by=by(world), expected_version=case.version)
    message = the_message()
    assert (waiting.state, waiting.version) == (CaseState.WAITING_SUPPLIER, case.version + 1)
    assert (message.recipients, message.cc, message.language) == ([OWN], [], "en")
    assert message.subject == "Missing quantity on order 4500010001"
    assert "Missing 18 EA" in message.body
    assert (message.sender_name, message.reply_to) == ("Bea Example, Weserland", "bea@example.com")
    assert (message.asked_by, message.inquiry, message.state) == ("bea", ABOUT, MessageState.QUEUED)
    assert (message.company, message.supplier) == (world.company, world.supplier)
    assert [each.case_number for each in message.cases.all()] == ["EX-1"]
    assert told(case) == [
        ("case.asked", "Bea Example asked Nordmann Dichtungen: Missing quantity on order 4500010001")
    ]
    event = Event.objects.get()
    assert event.after["message"] == str(message.pk)
    assert event.after["recipients"] == [OWN]


def test_our_clocks_stand_still_from_then_on(world: Ground) -> None:
    case = short_case(world)
    actions.ask(case, inquiry=ABOUT, by=by(world))
    assert Clock.objects.get(case=case, kind="resolve").running_since is None
    assert as_is(case).state_since == the_message().queued_at


def test_what_was_changed_before_sending_is_what_is_sent(world: Ground) -> None:
    make.ContactFactory.create(supplier=world.supplier, email=NORA)
    actions.ask(
        short_case(world),
        inquiry=ABOUT,
        by=by(world),
        recipients=[NORA],
        cc=[OWN, "bea@example.com"],
        subject="Eighteen kits",
        body="Dear Nora,\r\nwhen do they come?",
        language="de",
    )
    message = the_message()
    assert (message.recipients, message.cc) == ([NORA], [OWN, "bea@example.com"])
    assert (message.subject, message.body) == ("Eighteen kits", "Dear Nora,\nwhen do they come?")
    assert message.language == "de"


def test_one_message_goes_out_for_several_cases_which_all_wait(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2", state=CaseState.NEW, owner=None)
    ask_about([second, first], inquiry=ABOUT, by=by(world))
    message = the_message()
    assert [each.case_number for each in message.cases.all()] == ["EX-2", "EX-1"]
    assert {as_is(case).state for case in (first, second)} == {CaseState.WAITING_SUPPLIER}
    assert as_is(second).owner == world.people["bea"], "a case nobody had belongs to whoever asks"
    assert Event.objects.filter(kind="case.asked").count() == 2


def test_a_case_that_waits_can_be_asked_about_once_more(world: Ground) -> None:
    case = short_case(world)
    actions.ask(case, inquiry=ABOUT, by=by(world))
    since = as_is(case).state_since
    clock.set_now(TUESDAY_TEN + timedelta(hours=1))
    actions.ask(as_is(case), inquiry="other", by=by(world))
    assert SupplierMessage.objects.count() == 2
    assert (as_is(case).state, as_is(case).state_since) == (CaseState.WAITING_SUPPLIER, since)


# --- what is refused ----------------------------------------------------------------------------------------


def assert_nothing_happened(*cases: Case) -> None:
    assert not SupplierMessage.objects.exists()
    assert not Event.objects.exists()
    assert all(as_is(case).version == case.version for case in cases)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"recipients": ["all@elsewhere.example"]}, "recipients"),
        ({"recipients": [f"{OWN}\r\nBcc: all@elsewhere.example"]}, "recipients"),
        ({"cc": ["paul@example.com"]}, "cc"),
        ({"recipients": []}, "recipients"),
        ({"subject": ""}, "subject"),
        ({"subject": "\x00"}, "subject"),
        ({"body": ""}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"inquiry": "invoice"}, "inquiry"),
        ({"inquiry": "reminder"}, "inquiry"),
        ({"language": "fr"}, "language"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_field(
    world: Ground, values: dict[str, object], field: str
) -> None:
    case = short_case(world)
    with pytest.raises(UnusableMessage) as refused:
        actions.ask(case, by=by(world), **{"inquiry": ABOUT, **values})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert_nothing_happened(case)


def test_without_any_address_the_person_is_told_to_choose_one(world: Ground) -> None:
    case = short_case(world)
    Supplier.objects.update(email="")
    with pytest.raises(UnusableMessage, match="who gets the message"):
        actions.ask(as_is(case), inquiry=ABOUT, by=by(world))
    assert_nothing_happened(case)


def test_who_may_not_ask_leaves_nothing(world: Ground) -> None:
    case = short_case(world)
    make.QueueEntryFactory.create(case=case, team=world.teams["FIN"], role="told")
    with pytest.raises(NotAllowed):
        actions.ask(case, inquiry=ABOUT, by=by(world, "finn"))
    with pytest.raises(NotAllowed, match="asked by a person"):
        actions.ask(case, inquiry=ABOUT, by=Actor())
    assert_nothing_happened(case)


@pytest.mark.parametrize("state", [CaseState.MONITORING, CaseState.CLOSED])
def test_a_case_that_is_decided_or_ended_is_not_asked_about(world: Ground, state: CaseState) -> None:
    case = short_case(world, state=state)
    with pytest.raises(NotAllowed, match=str(state.label).lower()):
        actions.ask(case, inquiry=ABOUT, by=by(world))
    assert_nothing_happened(case)


def test_one_of_two_cases_that_changed_meanwhile_stops_the_whole_message(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    with pytest.raises(StaleVersion) as stale:
        ask_about([first, second], inquiry=ABOUT, by=by(world), versions={"EX-1": 1, "EX-2": 0})
    assert stale.value.case == second
    assert_nothing_happened(first, second)


def test_cases_of_two_suppliers_are_refused(world: Ground) -> None:
    other = make.SupplierFactory.create(connection=world.erp)
    cases = [short_case(world), short_case(world, "EX-2", supplier=other)]
    with pytest.raises(NotAllowed, match="one supplier"):
        ask_about(cases, inquiry=ABOUT, by=by(world))
    assert_nothing_happened(*cases)


# --- once more ----------------------------------------------------------------------------------------------


def test_a_message_that_failed_is_sent_again_and_its_cases_wait_again(world: Ground) -> None:
    case = short_case(world)
    message = ask_about([case], inquiry=ABOUT, by=by(world))
    SupplierMessage.objects.update(state=MessageState.FAILED, due_at=None, last_error="550")
    actions.resume(as_is(case), by=by(world))
    clock.set_now(TUESDAY_TEN + timedelta(hours=1))
    send_again(as_is(case), message, by=by(world, "paul"))
    again = the_message()
    assert (again.state, again.last_error) == (MessageState.QUEUED, "")
    assert as_is(case).state == CaseState.WAITING_SUPPLIER
    assert as_is(case).state_since == again.queued_at
    assert told(case)[-1][1] == (
        "Paul Example asked again Nordmann Dichtungen: Missing quantity on order 4500010001"
    )


def test_a_message_under_way_is_not_sent_again(world: Ground) -> None:
    case = short_case(world)
    message = ask_about([case], inquiry=ABOUT, by=by(world))
    with pytest.raises(ConflictError, match="only one that failed"):
        send_again(as_is(case), message, by=by(world))


def test_a_closed_case_of_a_message_that_is_sent_again_stays_closed(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    message = ask_about([first, second], inquiry=ABOUT, by=by(world))
    SupplierMessage.objects.update(state=MessageState.FAILED)
    Case.objects.filter(pk=second.pk).update(state=CaseState.CLOSED)
    send_again(as_is(first), message, by=by(world))
    assert as_is(second).state == CaseState.CLOSED


def test_who_may_not_ask_sends_nothing_again(world: Ground) -> None:
    case = short_case(world)
    message = ask_about([case], inquiry=ABOUT, by=by(world))
    SupplierMessage.objects.update(state=MessageState.FAILED)
    with pytest.raises(NotAllowed):
        send_again(as_is(case), message, by=by(world, "finn"))
    with pytest.raises(NotAllowed):
        send_again(as_is(case), message, by=Actor())
    assert the_message().state == MessageState.FAILED


# --- a person's entry ---------------------------------------------------------------------------------------


def test_what_the_supplier_said_by_telephone_stops_the_wait_and_stays(world: Ground) -> None:
    case = short_case(world)
    actions.ask(case, inquiry=ABOUT, by=by(world))
    clock.set_now(TUESDAY_TEN + timedelta(hours=1))
    going_on = actions.note_answer(as_is(case), answer="Nora: 18 more on 16 December.", by=by(world))
    assert going_on.state == CaseState.IN_PROGRESS
    assert Clock.objects.get(case=case, kind="resolve").running_since == going_on.state_since
    assert Clock.objects.get(case=case, kind="supplier").stopped_at == going_on.state_since
    event = Event.objects.filter(kind="case.answered").get()
    assert event.summary == "The supplier answered: Nora: 18 more on 16 December."
    assert event.after["answer"] == "Nora: 18 more on 16 December."
    assert event.actor == world.people["bea"]


def test_an_answer_without_words_is_none(world: Ground) -> None:
    case = short_case(world, state=CaseState.WAITING_SUPPLIER)
    with pytest.raises(PermanentError, match="Write what the supplier answered"):
        actions.note_answer(case, answer=" ", by=by(world))
    assert as_is(case).state == CaseState.WAITING_SUPPLIER
