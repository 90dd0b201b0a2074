"""A shortage worked in the browser: proposed with its effect in view, agreed to, by several at once."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from erp_connectors import clock
from erp_connectors.exchange.models import Command
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case
from exceptions_app.proposals.models import Proposal
from tests.browser.conftest import OpenPage
from tests.browser.showroom import Showroom, furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(transactional_db: None, tmp_path: Path) -> Showroom:
    room = furnish(3)
    room.world.erp.settings = {"folder": str(tmp_path)}
    room.world.erp.save()
    return room


def test_a_shortage_is_proposed_by_bea_and_agreed_to_by_paul_and_pia(
    window: OpenPage, room: Showroom
) -> None:
    later = (clock.now() + timedelta(days=25)).date()
    bea = window("/queues/weserland/PRO/?case=EX-20418")
    bea.click("#resolve-split summary")
    bea.fill("[id='split-rest_on-10']", later.isoformat())
    preview = bea.locator("#preview-split")
    expect(preview).to_contain_text("€\N{NO-BREAK SPACE}3,283.20")
    expect(preview).to_contain_text("Paul Example and Mona Example")
    bea.fill("#why-split", "Nora confirmed it by phone.")
    bea.click("#propose-split .primary")
    expect(bea.locator(".proposal .chip").first).to_have_text("Waiting for approval")
    expect(bea.locator("#case-EX-20418 .chip")).to_have_text("Waiting for approval")

    for who in ("paul", "pia"):
        page = window("/approvals/", who)
        expect(page.locator(".proposal")).to_contain_text("18\N{NO-BREAK SPACE}pcs on")
        page.click("button[value=approve]")
        expect(page.locator("text=Nothing waits for your approval")).to_be_visible()

    assert Command.objects.get().case_number == "EX-20418"


@pytest.mark.proof
def test_what_cannot_be_used_is_said_beside_the_field_and_stays_typed(
    window: OpenPage, room: Showroom
) -> None:
    page = window("/cases/EX-20418/")
    page.click("#resolve-split summary")
    page.fill("[id='split-rest_on-10']", "2020-01-01")
    page.fill("#why-split", "Typed with care")
    page.click("#propose-split .primary")
    expect(page.locator("[id='split-rest_on-10-error']")).to_contain_text("has passed")

    assert page.input_value("[id='split-rest_on-10']") == "2020-01-01"
    assert page.input_value("#why-split") == "Typed with care"
    assert page.evaluate("document.getElementById('resolve-split').open")
    assert not Proposal.objects.exists()


def test_a_stale_submit_shows_both_versions_and_keeps_what_was_typed(
    window: OpenPage, room: Showroom
) -> None:
    page = window("/queues/weserland/PRO/?case=EX-20418", "paul")
    page.keyboard.press("e")
    page.keyboard.type("The customer stands at the door")
    case = Case.objects.get(number="EX-20418")
    actions.override_severity(case, severity=1, reason="Stock", by=Actor(person=room.world.people["mona"]))
    page.click("#verb-escalate .primary")
    conflict = page.locator(".conflict")
    expect(conflict).to_contain_text("When you opened it")
    expect(conflict).to_contain_text("Critical")
    expect(conflict).to_contain_text("Low")

    assert page.input_value("#escalate-reason") == "The customer stands at the door"
    page.click("#verb-escalate .primary")
    page.wait_for_selector("text=was escalated to level")


def test_two_people_on_one_case_know_of_each_other(window: OpenPage, room: Showroom) -> None:
    window("/cases/EX-20418/", "paul")
    bea = window("/cases/EX-20418/")

    expect(bea.locator(".presence")).to_contain_text("Paul Example is looking at this case too.")


def test_a_document_opens_beside_its_bytes(window: OpenPage, room: Showroom) -> None:
    page = window("/cases/EX-20418/")
    page.click(".document summary >> nth=0")
    expect(page.locator(".raw-line.marked mark").first).to_have_text("ST*855*0001~")
    expect(page.locator(".read")).to_contain_text("82\N{NO-BREAK SPACE}pcs")


def test_text_that_would_be_code_elsewhere_is_only_text_here(window: OpenPage, room: Showroom) -> None:
    payload = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    room.world.supplier.name = payload
    room.world.supplier.save()
    case = Case.objects.get(number="EX-20418")
    actions.comment(case, text=payload, by=Actor(person=room.world.people["bea"]))
    page = window("/queues/weserland/PRO/?case=EX-20418")
    page.wait_for_timeout(300)

    assert page.title() == "Procurement · Rightline"
    assert page.locator("#panel").inner_text().count("<script>") >= 2
