"""Working a queue from the keyboard, and a list that refreshes under somebody who types."""

import pytest
from playwright.sync_api import Page, expect

from exceptions_app.cases.models import Case, CaseState, QueueEntry
from tests.browser.conftest import OpenPage
from tests.browser.showroom import Showroom, furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUEUE = "/queues/weserland/PRO/"


@pytest.fixture
def room(transactional_db: None) -> Showroom:
    return furnish(14)


def refresh(page: Page) -> None:
    """Let the list read itself again, as it does every fifteen seconds."""
    with page.expect_response(lambda answer: "/queues/" in answer.url):
        page.evaluate("document.body.dispatchEvent(new Event('case-changed'))")
    page.wait_for_timeout(200)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent"))


def numbers(page: Page) -> list[str]:
    return [row.get_attribute("data-case") or "" for row in page.locator(".case-row").all()]


def test_fifty_rows_refresh_while_a_person_types_and_nothing_is_lost(window: OpenPage) -> None:
    room = furnish(50)
    page = window(QUEUE)
    expect(page.locator(".case-row")).to_have_count(50)
    page.check(f"#case-{room.cases[4].number} input")
    page.click("#views summary")
    page.focus("#view-name")
    page.keyboard.type("Bolts and")
    QueueEntry.objects.filter(case=room.cases[6]).update(priority=10**15)
    Case.objects.filter(pk=room.cases[6].pk).update(headline="Changed by somebody else")
    refresh(page)
    page.keyboard.type(" nuts")

    assert numbers(page)[0] == room.cases[6].number
    expect(page.locator(".case-row .headline").first).to_have_text("Changed by somebody else")
    assert page.input_value("#view-name") == "Bolts and nuts"
    assert focused(page) == "view-name"
    assert page.evaluate("document.getElementById('views').open")
    assert page.is_checked(f"#case-{room.cases[4].number} input")


def test_the_focus_stays_in_its_row_when_the_list_is_sorted_anew(window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE)
    page.keyboard.press("j")
    page.keyboard.press("j")
    here = focused(page)
    QueueEntry.objects.filter(case=room.cases[6]).update(priority=10**15)
    refresh(page)

    assert focused(page) == here


def test_keys_lead_through_the_list_and_open_the_case_beside_it(window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE)
    order = numbers(page)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .case")

    assert page.get_attribute("#panel .case", "data-case") == order[1]
    assert page.url.endswith(f"?case={order[1]}")
    page.keyboard.press("j")
    page.wait_for_selector(f"#panel [data-case={order[2]}]")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert "case=" not in page.url
    assert page.evaluate("document.activeElement.closest('.case-row').dataset.case") == order[2]


@pytest.mark.proof
def test_a_key_makes_the_case_mine_and_the_list_says_so(window: OpenPage, room: Showroom) -> None:
    Case.objects.filter(pk=room.cases[1].pk).update(owner=None)
    page = window(f"{QUEUE}?q={room.cases[1].number}")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector("text=is yours now.")
    expect(page.locator(".case-row .owner .visually-hidden")).to_have_text("Bea Example")

    assert Case.objects.get(pk=room.cases[1].pk).owner == room.world.people["bea"]
    page.keyboard.press("a")
    page.wait_for_selector("text=is yours already.")


@pytest.mark.proof
def test_typing_in_a_field_is_typing_and_not_commands(window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE)
    page.keyboard.press("/")
    page.keyboard.type("jackpot?")

    assert page.input_value("#queue-search") == "jackpot?"
    assert not page.evaluate("document.getElementById('keys').open")
    expect(page.locator("text=No case fits these filters")).to_be_visible()


def test_filters_go_into_the_address_and_back_brings_them_back(window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE)
    page.click("#pill-severity summary")
    page.check("#pill-severity input[value=critical]")
    page.wait_for_url("**/?severity=critical")
    found = numbers(page)
    page.click("text=Unassigned")
    page.wait_for_url("**owner=none**")
    page.go_back()
    page.wait_for_url("**/?severity=critical")
    page.wait_for_selector(".case-row")

    assert numbers(page) == found
    assert page.is_checked("#pill-severity input[value=critical]")


@pytest.mark.proof
def test_many_cases_are_given_away_after_a_look_at_what_would_happen(
    window: OpenPage, room: Showroom
) -> None:
    page = window(QUEUE, "paul")
    chosen = numbers(page)[:3]
    for number in chosen:
        page.check(f"#case-{number} input")
    expect(page.locator(".bulk-bar .picked")).to_have_text("3 selected")
    page.click(".bulk-bar button[value=assign]")
    page.select_option("#bulk-to", label="Mona Example")
    page.click("#dialog .primary")
    page.wait_for_selector("#dialog .notice.good")
    page.click("#dialog [data-close-dialog]")

    owners = Case.objects.filter(number__in=chosen).values_list("owner__username", flat=True)
    assert set(owners) == {"mona"}


@pytest.mark.proof
def test_below_the_width_of_three_columns_a_case_is_a_page(window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE, width=1000)
    page.click(".case-row .headline")
    page.wait_for_url("**/cases/EX-*/")

    assert page.locator(".case-frame #case").count() == 1


def test_the_theme_changes_at_once_and_stays(window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE)
    body, light, dark = page.locator("body"), "rgb(246, 247, 249)", "rgb(13, 17, 23)"
    expect(body).to_have_css("background-color", light)
    page.click(".nav-foot summary")
    with page.expect_response("**/profile/theme/"):
        page.click(".nav-foot button[value=dark]")
    expect(body).to_have_css("background-color", dark)
    page.reload()
    expect(body).to_have_css("background-color", dark)


@pytest.mark.proof
def test_the_list_works_without_scripts(live_server: object, window: OpenPage, room: Showroom) -> None:
    page = window(QUEUE)
    Case.objects.filter(pk=room.cases[0].pk).update(state=CaseState.NEW)
    context = page.context.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(page.url + "?severity=critical")
    plain.click(".case-row .headline >> nth=0")
    plain.wait_for_url("**/cases/EX-*/")
    plain.click("text=Take")
    plain.wait_for_load_state()

    assert "is yours now." in plain.content()
    context.close()
