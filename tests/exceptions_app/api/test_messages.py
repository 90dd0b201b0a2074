"""Asking a supplier over the API: what may be asked, asking, what was sent, and sending it again."""

from typing import Any

import pytest

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import CaseState
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, signed_in, with_token
from tests.exceptions_app.asking.world import OWN, short_case, the_message

pytestmark = pytest.mark.django_db
ASK = "cases/EX-1/actions/ask/"


def one_short_case() -> Ground:
    """Make the ground, with a short case."""
    clock.set_now(TUESDAY_TEN)
    world = make.ground()
    short_case(world)
    return world


SCENE = one_short_case


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


def acting_as(world: Ground, name: str) -> Caller:
    return with_token(world.company, "cases:read", "cases:write", acts_as=world.people[name])


# --- what may be asked --------------------------------------------------------------------------------------


def test_inquiries_come_with_the_words_and_addresses_of_a_draft(world: Ground) -> None:
    row = make.MessageTemplateFactory.create(inquiry="missing_quantity")
    make.ContactFactory.create(supplier=world.supplier, name="Nora", role="Sales")
    missing, other = json_of(acting_as(world, "bea").get("cases/EX-1/inquiries/"))
    assert (missing["code"], missing["label"]) == ("missing_quantity", "Ask for the missing quantity")
    assert (missing["language"], missing["recipients"]) == ("en", [OWN])
    assert missing["addresses"] == [
        {"address": OWN, "label": ""},
        {"address": "nora@example.com", "label": "Nora, Sales"},
    ]
    assert (missing["subject"], missing["body"]) == (
        "Confirm 4500010001",
        "Please confirm:\n10: 100 EA\nBea Example",
    )
    assert (missing["template_id"], missing["release"]) == (row.pk, 1)
    assert (other["code"], other["template_id"], other["release"]) == ("other", None, None)
    assert not SupplierMessage.objects.exists()


def test_inquiries_are_shown_in_the_language_one_asks_for(world: Ground) -> None:
    written = json_of(acting_as(world, "bea").get("cases/EX-1/inquiries/", language="de"))
    assert written[0]["subject"] == "Fehlmenge zu Bestellung 4500010001"


def test_who_may_not_ask_is_offered_nothing(world: Ground) -> None:
    case = short_case(world, "EX-2", state=CaseState.CLOSED)
    make.QueueEntryFactory.create(case=case, team=world.teams["FIN"], role="told")
    assert json_of(acting_as(world, "finn").get("cases/EX-2/inquiries/")) == []
    assert json_of(acting_as(world, "bea").get("cases/EX-2/inquiries/")) == []


def test_the_case_says_what_asking_needs_and_takes(world: Ground) -> None:
    shown = json_of(acting_as(world, "bea").get("cases/EX-1/"))["actions"]
    ask = next(each for each in shown if each["code"] == "ask")
    assert ask["needs"] == ["inquiry"]
    assert ask["takes"] == ["recipients", "cc", "subject", "body", "language", "cases"]


# --- asking -------------------------------------------------------------------------------------------------


def test_asking_sends_the_template_and_answers_with_the_waiting_case(world: Ground) -> None:
    answer = json_of(
        acting_as(world, "bea").post(ASK, {"inquiry": "missing_quantity", "expected_version": 1})
    )
    assert answer["state"] == "waiting_supplier"
    assert the_message().subject == "Missing quantity on order 4500010001"
    assert Event.objects.get(kind="case.asked").actor_name == "Bea Example through warehouse system"


def test_one_message_is_about_all_cases_that_are_named(world: Ground) -> None:
    short_case(world, "EX-2")
    body = {"inquiry": "missing_quantity", "cases": ["EX-2", "EX-1"], "subject": "Two", "body": "Both?"}
    json_of(acting_as(world, "bea").post(ASK, body))
    message = the_message()
    assert (message.subject, message.body) == ("Two", "Both?")
    assert [each.case_number for each in message.cases.all()] == ["EX-1", "EX-2"]
    assert json_of(acting_as(world, "bea").get("cases/EX-2/"))["state"] == "waiting_supplier"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/inquiry"),
        ({"inquiry": "invoice"}, "#/inquiry"),
        ({"inquiry": "other", "recipients": ["all@elsewhere.example"]}, "#/recipients"),
        ({"inquiry": "other", "cc": [f"{OWN}\r\nBcc: x@y.example"]}, "#/cc"),
        ({"inquiry": "other", "language": "fr"}, "#/language"),
        ({"inquiry": "other", "cases": ["EX-9"]}, "#/cases"),
        ({"inquiry": "other", "subject": "x" * 201}, "#/subject"),
    ],
)
def test_what_cannot_be_sent_is_named_with_its_place(
    world: Ground, body: dict[str, Any], pointer: str
) -> None:
    errors = problem(acting_as(world, "bea").post(ASK, body), 400)["errors"]
    assert {error["pointer"] for error in errors} == {pointer}
    assert not SupplierMessage.objects.exists()


def test_a_case_nobody_may_see_is_not_asked_about_along_with_another(world: Ground) -> None:
    other = make.ground("fulda")
    short_case(other, "EX-7")
    body = {"inquiry": "other", "cases": ["EX-7"]}
    problem(acting_as(world, "bea").post(ASK, body), 400)
    assert not SupplierMessage.objects.exists()


def test_a_stale_version_sends_nothing(world: Ground) -> None:
    problem(acting_as(world, "bea").post(ASK, {"inquiry": "other", "expected_version": 0}), 409)
    assert not SupplierMessage.objects.exists()


def test_what_the_supplier_said_by_telephone_is_noted(world: Ground) -> None:
    caller = acting_as(world, "bea")
    json_of(caller.post(ASK, {"inquiry": "other"}))
    address = "cases/EX-1/actions/note_answer/"
    errors = problem(caller.post(address, {}), 400)["errors"]
    assert {error["pointer"] for error in errors} == {"#/answer"}
    assert json_of(caller.post(address, {"answer": "On Friday"}))["state"] == "in_progress"


# --- what was sent ------------------------------------------------------------------------------------------


def test_messages_come_word_for_word_with_their_state_the_newest_first(world: Ground) -> None:
    caller = acting_as(world, "bea")
    for inquiry in ("missing_quantity", "other"):
        json_of(caller.post(ASK, {"inquiry": inquiry}))
    second, first = results(caller.get("cases/EX-1/messages/"))
    row = SupplierMessage.objects.get(inquiry="missing_quantity")
    assert (first["id"], first["message_id"]) == (str(row.pk), row.message_id)
    assert (first["state"], first["cases"], first["recipients"]) == ("queued", ["EX-1"], [OWN])
    assert (first["subject"], first["body"]) == (row.subject, row.body)
    assert (first["asked_by"], first["sent_at"], first["refused"]) == ("bea", None, {})
    assert second["inquiry"] == "other"


def test_a_message_that_failed_is_sent_again(world: Ground) -> None:
    caller = acting_as(world, "bea")
    json_of(caller.post(ASK, {"inquiry": "other"}))
    SupplierMessage.objects.update(state=MessageState.FAILED, last_error="550 no such user")
    address = f"cases/EX-1/messages/{the_message().pk}/send-again/"
    assert json_of(caller.post(address))["state"] == "queued"
    assert "only one that failed" in problem(caller.post(address), 409)["detail"]


def test_a_message_of_another_case_is_not_found_here(world: Ground) -> None:
    other = make.SupplierMessageFactory.about(short_case(world, "EX-2"))
    problem(signed_in(world.people["bea"]).post(f"cases/EX-1/messages/{other.pk}/send-again/"), 404)
    problem(signed_in(world.people["bea"]).post(f"cases/EX-1/messages/{'-' * 36}/send-again/"), 404)


def test_a_page_of_messages_takes_as_many_queries_for_one_as_for_twenty(
    world: Ground, django_assert_max_num_queries: Any
) -> None:
    case = short_case(world, "EX-2")
    caller = signed_in(world.people["bea"])
    make.SupplierMessageFactory.about(case)
    with django_assert_max_num_queries(60) as few:
        caller.get("cases/EX-2/messages/")
    for _ in range(19):
        make.SupplierMessageFactory.about(case)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(results(caller.get("cases/EX-2/messages/"))) == 20
