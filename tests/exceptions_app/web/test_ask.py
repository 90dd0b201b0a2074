"""Asking a supplier in the browser: the form, the preview, what is kept, and what nobody should trust."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from erp_connectors.documents.models import Supplier
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseState
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders import factories as make
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene
from tests.exceptions_app.web.test_cases import PAYLOAD, text_of

OWN = "orders-77@example.com"

SCENE = set_scene


def form_of(page: str) -> dict[str, Any]:
    """Return what the form of a message would send if nothing were changed."""
    form = page[page.index('id="ask-form"') :]
    form = form[: form.index("</form>")]
    hidden = dict(re.findall(r'<input type="hidden" name="(version|inquiry|language)" value="([^"]*)"', form))
    chosen = re.findall(r'name="recipients" value="([^"]*)" checked', form)
    subject = re.findall(r'name="subject" value="([^"]*)"', form)[0]
    body = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[0]
    return {**hidden, "recipients": chosen, "subject": unescape(subject), "body": unescape(body)}


def opened(browser: Client, number: str = "EX-1", **query: str) -> dict[str, Any]:
    return form_of(browser.get(f"/cases/{number}/ask/", query).content.decode())


def send(browser: Client, entered: dict[str, Any], *, fragment: bool = True) -> Any:
    return browser.post("/cases/EX-1/ask/", entered, headers=FRAGMENT if fragment else {})


# --- the form -----------------------------------------------------------------------------------------------


def test_the_case_offers_what_its_supplier_can_be_asked(scene: Scene) -> None:
    scene.shortage()
    page = scene.browser("bea").get("/cases/EX-1/").content.decode()
    words = text_of(page)
    assert "Ask the supplier" in words
    assert "Ask for the missing quantity A mail to the supplier. Nothing is written to the ERP" in words
    assert "Ask something else" in words
    assert "Nothing was written to the supplier yet." in words
    assert 'href="/cases/EX-1/ask/?inquiry=missing_quantity#ask"' in page


def test_who_may_not_ask_is_offered_nothing(scene: Scene) -> None:
    case = scene.shortage()
    scene.tell(case, "PLN")
    page = text_of(scene.browser("pia").get("/cases/EX-1/").content.decode())
    assert "Ask the supplier" not in page
    assert "Messages to the supplier" not in page
    refused = scene.browser("pia").get("/cases/EX-1/ask/")
    assert refused.status_code == 409
    assert "your role does not allow it" in refused.content.decode()


def test_the_form_is_filled_in_with_the_facts_of_the_case(scene: Scene) -> None:
    scene.shortage()
    make.ContactFactory.create(supplier=scene.world.supplier, name="Nora", role="Sales")
    page = scene.browser("bea").get("/cases/EX-1/ask/", headers=FRAGMENT).content.decode()
    filled = form_of(page)
    assert (filled["inquiry"], filled["language"], filled["version"]) == ("missing_quantity", "en", "1")
    assert filled["recipients"] == [OWN]
    assert "Nora, Sales" in text_of(page)
    assert filled["subject"] == "Missing quantity on order 4500000001"
    assert "Order 4500000001\n  Line 10: 100 EA Seal kit" in filled["body"]
    assert "Standard words; an administrator can set others." in page
    assert "<html" not in page


def test_without_htmx_the_form_stands_in_the_page_of_the_case(scene: Scene) -> None:
    scene.shortage()
    page = scene.browser("bea").get("/cases/EX-1/ask/?inquiry=other&language=de").content.decode()
    assert "<html" in page
    assert form_of(page)["subject"] == "Bestellung 4500000001"


def test_an_inquiry_or_language_nobody_knows_is_the_usual_one(scene: Scene) -> None:
    scene.shortage()
    filled = opened(scene.browser("bea"), inquiry="reminder", language="xx")
    assert (filled["inquiry"], filled["language"]) == ("missing_quantity", "en")


def test_a_supplier_without_an_address_is_told_of_before_anything_is_written(scene: Scene) -> None:
    scene.shortage()
    Supplier.objects.update(email="")
    page = scene.browser("bea").get("/cases/EX-1/ask/", headers=FRAGMENT).content.decode()
    assert "No mail address of this supplier is known" in page
    assert re.search(r'class="button primary" disabled', page)


# --- sending ------------------------------------------------------------------------------------------------


def test_sending_leaves_the_message_on_the_case_and_the_case_waiting(scene: Scene) -> None:
    scene.shortage()
    bea = scene.browser("bea")
    answer = send(bea, opened(bea) | {"subject": "Eighteen kits", "copy": "1"})
    words = text_of(answer.content.decode())
    assert answer.status_code == 200
    assert "Case-Changed" in answer
    assert "Nordmann Dichtungen is asked; EX-1 waits for the answer." in words
    assert Case.objects.get().state == CaseState.WAITING_SUPPLIER
    message = SupplierMessage.objects.get()
    assert (message.recipients, message.cc, message.subject) == ([OWN], ["bea@example.com"], "Eighteen kits")
    assert "Bea Example asked Nordmann Dichtungen: Eighteen kits" in words
    assert "Waiting to be sent Read the message" in words, "its state is on the timeline"
    assert "From" in words
    assert "Bea Example, Weserland" in words
    assert f"To {OWN}" in words
    assert "Copy bea@example.com" in words
    assert "Answers go to bea@example.com" in words
    assert "Missing 18 EA" in words, "it can be read in full"


def test_without_htmx_sending_leads_back_to_the_page(scene: Scene) -> None:
    scene.shortage()
    bea = scene.browser("bea")
    answer = send(bea, opened(bea), fragment=False)
    assert answer.status_code == 302
    assert answer["Location"] == "/cases/EX-1/"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"recipients": []}, "Choose who gets the message."),
        ({"recipients": ["all@elsewhere.example"]}, "is no address of Nordmann Dichtungen that we know"),
        ({"subject": ""}, "The subject is empty."),
        ({"body": " "}, "The message is empty."),
        ({"inquiry": "invoice"}, "Ask about one of"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_what_was_typed(
    scene: Scene, changed: dict[str, Any], words: str
) -> None:
    scene.shortage()
    bea = scene.browser("bea")
    typed = opened(bea) | {"body": "Typed with care"} | changed
    answer = send(bea, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert form_of(page)["body"].strip() == typed["body"].strip()
    assert not SupplierMessage.objects.exists()
    assert Case.objects.get().state == CaseState.NEW


def test_a_stale_form_is_refused_with_both_versions_and_what_was_typed(scene: Scene) -> None:
    case = scene.shortage()
    bea = scene.browser("bea")
    typed = opened(bea) | {"body": "Typed with care"}
    actions.override_severity(case, severity=1, reason="Stock", by=Actor(scene.world.people["mona"]))
    answer = send(bea, typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Severity High Low" in text_of(page)
    assert (form_of(page)["body"], form_of(page)["version"]) == ("Typed with care", "2")
    assert not SupplierMessage.objects.exists()


def test_a_case_that_was_decided_meanwhile_is_not_asked_about(scene: Scene) -> None:
    scene.shortage()
    bea = scene.browser("bea")
    typed = opened(bea) | {"body": "Typed with care"}
    Case.objects.update(state=CaseState.MONITORING)
    answer = send(bea, typed)
    assert answer.status_code == 409
    assert "Typed with care" in answer.content.decode(), "though there is no form any more"
    assert not SupplierMessage.objects.exists()


def test_a_get_sends_nothing(scene: Scene) -> None:
    scene.shortage()
    scene.browser("bea").get("/cases/EX-1/ask/", {"inquiry": "other", "recipients": OWN, "body": "x"})
    assert scene.browser("bea").get("/cases/EX-1/ask/preview/").status_code == 405
    assert not SupplierMessage.objects.exists()


# --- looking at it ------------------------------------------------------------------------------------------


def test_the_preview_shows_the_mail_as_it_is_sent_and_keeps_nothing(scene: Scene) -> None:
    scene.shortage()
    bea = scene.browser("bea")
    entered = opened(bea) | {"subject": "Eighteen\r\nBcc: all@elsewhere.example", "body": "one\r\ntwo"}
    shown = bea.post("/cases/EX-1/ask/preview/", entered, headers=FRAGMENT).content.decode()
    words = text_of(shown)
    assert "Subject Eighteen Bcc: all@elsewhere.example" in words
    assert f"To {OWN}" in words
    assert "one\ntwo" in shown
    assert not SupplierMessage.objects.exists()
    assert Case.objects.get().version == 1


def test_the_preview_says_what_cannot_be_sent(scene: Scene) -> None:
    scene.shortage()
    bea = scene.browser("bea")
    entered = opened(bea) | {"recipients": []}
    assert (
        "Choose who gets" in bea.post("/cases/EX-1/ask/preview/", entered, headers=FRAGMENT).content.decode()
    )
    whole = bea.post("/cases/EX-1/ask/preview/", opened(bea)).content.decode()
    assert "<html" in whole
    assert "Answers go to" in whole


# --- what was sent ------------------------------------------------------------------------------------------


def test_a_failed_message_says_why_and_can_be_sent_again(scene: Scene) -> None:
    case = scene.shortage()
    message = make.SupplierMessageFactory.about(
        case, state=MessageState.FAILED, due_at=None, last_error=f"{OWN}: 550 no such user"
    )
    bea = scene.browser("bea")
    words = text_of(bea.get("/cases/EX-1/").content.decode())
    assert "Not delivered" in words
    assert "orders-77@example.com: 550 no such user Send again" in words
    answer = bea.post(f"/cases/EX-1/messages/{message.pk}/send-again/", headers=FRAGMENT)
    assert answer.status_code == 200
    assert "It is sent once more" in answer.content.decode()
    assert SupplierMessage.objects.get().state == MessageState.QUEUED
    assert Case.objects.get().state == CaseState.WAITING_SUPPLIER
    again = bea.post(f"/cases/EX-1/messages/{message.pk}/send-again/", headers=FRAGMENT)
    assert again.status_code == 409
    assert "only one that failed" in again.content.decode()


def test_a_message_that_is_tried_again_says_so(scene: Scene) -> None:
    make.SupplierMessageFactory.about(scene.shortage(), attempts=3, last_error="The mail server hung up")
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())
    assert "Tried 3 times, is tried again by itself: The mail server hung up" in words
    assert "Send again" not in words


def test_a_message_that_reached_only_some_says_so(scene: Scene) -> None:
    make.SupplierMessageFactory.about(
        scene.shortage(), state=MessageState.SENT, refused={"x@y.example": "550"}
    )
    assert "Sent, not to everybody" in text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())


def test_who_is_only_told_reads_the_messages_and_sends_none_again(scene: Scene) -> None:
    case = scene.shortage()
    scene.tell(case, "PLN")
    message = make.SupplierMessageFactory.about(case, state=MessageState.FAILED, last_error="550")
    pia = scene.browser("pia")
    words = text_of(pia.get("/cases/EX-1/").content.decode())
    assert "when do the 18 EA come?" in words
    assert "Send again" not in words
    assert pia.post(f"/cases/EX-1/messages/{message.pk}/send-again/").status_code == 409
    assert SupplierMessage.objects.get().state == MessageState.FAILED


def test_a_message_of_another_case_is_not_found_on_this_one(scene: Scene) -> None:
    scene.shortage()
    other = make.SupplierMessageFactory.about(scene.shortage("EX-2"), state=MessageState.FAILED)
    bea = scene.browser("bea")
    assert bea.post(f"/cases/EX-1/messages/{other.pk}/send-again/").status_code == 404
    assert bea.post(f"/cases/EX-1/messages/{uuid4()}/send-again/").status_code == 404


def test_a_message_about_several_cases_leads_to_each(scene: Scene) -> None:
    first, second = scene.shortage("EX-1"), scene.shortage("EX-2")
    make.SupplierMessageFactory.about(first, second)
    page = scene.browser("bea").get("/cases/EX-1/").content.decode()
    assert '<a class="mono" href="/cases/EX-2/">EX-2</a>' in page


def test_text_of_suppliers_is_shown_and_never_run(scene: Scene) -> None:
    case = scene.shortage()
    Supplier.objects.update(name=PAYLOAD)
    line = case.lines.get().order_line
    assert line is not None
    line.description = PAYLOAD
    line.save()
    make.ContactFactory.create(supplier=scene.world.supplier, name=PAYLOAD)
    make.SupplierMessageFactory.about(case, body=f"https://evil.example {PAYLOAD}", last_error=PAYLOAD)
    bea = scene.browser("bea")
    for page in (
        bea.get("/cases/EX-1/ask/").content.decode(),
        bea.post("/cases/EX-1/ask/preview/", opened(bea), headers=FRAGMENT).content.decode(),
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page
        assert 'href="https://evil.example' not in page


def test_the_page_takes_as_many_queries_for_one_message_as_for_twenty(
    scene: Scene, django_assert_max_num_queries: Any
) -> None:
    case = scene.shortage()
    bea = scene.browser("bea")
    make.SupplierMessageFactory.about(case)
    bea.get("/cases/EX-1/")
    with django_assert_max_num_queries(100) as few:
        bea.get("/cases/EX-1/")
    for _ in range(19):
        make.SupplierMessageFactory.about(case)
    with django_assert_max_num_queries(len(few.captured_queries)):
        bea.get("/cases/EX-1/")
