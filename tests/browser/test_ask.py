"""Bea asks a supplier from the keyboard: the form beside the list, the mail before it goes, what is kept."""

import re

import pytest
from playwright.sync_api import expect

from exceptions_app.cases.models import Case, CaseState
from exceptions_app.tasks import send_messages
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.browser.conftest import OpenPage
from tests.browser.showroom import Showroom, furnish
from tests.builders import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(transactional_db: None) -> Showroom:
    room = furnish(3)
    make.ContactFactory.create(supplier=room.world.supplier, name="Nora Nordmann", role="Sales")
    return room


def test_bea_asks_by_keyboard_looks_at_the_mail_and_finds_it_on_the_case(
    window: OpenPage, room: Showroom
) -> None:
    page = window("/queues/weserland/PRO/?case=EX-20418")
    page.keyboard.press("r")
    form = page.locator("#ask-form")
    expect(form).to_contain_text("Ask for the missing quantity")
    expect(page.locator("#ask-subject")).to_be_focused()
    assert "Order 4500010001\n  Line 10" in page.input_value("#ask-body")

    page.check("#ask-form input[value='nora@example.com']")
    page.fill("#ask-subject", "Where are our eighteen kits?")
    page.click("#ask-form button:has-text('Preview')")
    preview = page.locator("#ask-preview")
    expect(preview).to_contain_text("orders-77@example.com, nora@example.com")
    expect(preview).to_contain_text("Bea Example, Weserland")
    assert not SupplierMessage.objects.exists()
    assert page.input_value("#ask-subject") == "Where are our eighteen kits?"

    page.click("#ask-form button.primary")
    expect(page.locator(".case .chip").first).to_have_text("Waiting for supplier")
    expect(page.locator("#case-EX-20418 .chip")).to_have_text("Waiting for supplier")
    expect(page.locator(".timeline li").first).to_contain_text("Where are our eighteen kits?")
    expect(page.locator(".timeline li .chip").first).to_have_text("Waiting to be sent")

    send_messages()
    assert SupplierMessage.objects.get().state == MessageState.SENT
    page.reload()
    page.click("text=Read the message >> nth=0")
    expect(page.locator(".message[open] .mail")).to_contain_text("Missing 18 EA")
    expect(page.locator(".message .chip")).to_have_text("Sent")


@pytest.mark.proof
def test_another_inquiry_and_language_fill_the_form_anew(window: OpenPage, room: Showroom) -> None:
    page = window("/cases/EX-20418/")
    page.keyboard.press("r")
    page.click("#ask-form >> text=Ask something else")
    expect(page.locator("#ask-title")).to_have_text("Ask something else")
    page.click("#ask-form >> text=Deutsch")
    expect(page.locator("#ask-subject")).to_have_value(re.compile("^Bestellung 4500010001"))
    expect(page.locator("#ask-title")).to_have_text("Ask something else")


@pytest.mark.proof
def test_what_cannot_be_sent_stays_typed_beside_its_reason(window: OpenPage, room: Showroom) -> None:
    page = window("/cases/EX-20418/")
    page.keyboard.press("r")
    page.uncheck("#ask-form input[value='orders-77@example.com']")
    page.fill("#ask-body", "Typed with care")
    page.click("#ask-form button.primary")
    expect(page.locator("#ask-to-error")).to_contain_text("Choose who gets the message.")
    assert page.input_value("#ask-body") == "Typed with care"
    assert not SupplierMessage.objects.exists()


@pytest.mark.proof
def test_two_selected_cases_of_one_supplier_get_one_message(window: OpenPage, room: Showroom) -> None:
    Case.objects.update(supplier=room.world.supplier, state=CaseState.IN_PROGRESS)
    page = window("/queues/weserland/PRO/")
    for number in ("EX-20418", "EX-20420"):
        page.check(f"#case-{number} input[name=case]")
    page.click("#bulk >> text=Ask suppliers")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Ask 1 supplier")
    expect(dialog.locator("textarea")).to_have_value(re.compile("4500010001.*4500010003", re.DOTALL))
    page.click("#dialog button.primary")
    expect(dialog).to_contain_text("1 message is sent.")
    message = SupplierMessage.objects.get()
    assert sorted(each.case_number for each in message.cases.all()) == ["EX-20418", "EX-20420"]
    expect(page.locator("#case-EX-20420 .chip")).to_have_text("Waiting for supplier")


def test_text_of_a_supplier_is_only_text_in_the_form_and_in_the_mail(
    window: OpenPage, room: Showroom
) -> None:
    payload = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    room.world.supplier.name = payload
    room.world.supplier.save()
    line = Case.objects.get(number="EX-20418").lines.get().order_line
    assert line is not None
    line.description = payload
    line.save()
    page = window("/cases/EX-20418/")
    page.keyboard.press("r")
    page.click("#ask-form button:has-text('Preview')")
    expect(page.locator("#ask-preview .mail-body")).to_contain_text("<script>")
    page.click("#ask-form button.primary")
    expect(page.locator(".timeline li").first).to_contain_text("<script>")
    page.wait_for_timeout(300)
    assert "run" not in page.title().split()
