"""axe-core finds nothing wrong with signing in, nor with what opens on a page (pages: test_every_page)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import LOOKS, OpenPage
from tests.browser.showroom import furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_is_accessible(
    window: OpenPage, violations: Callable[[Page], list[str]], transactional_db: None, theme: str
) -> None:
    page = window("/login/", None, theme=theme)
    empty = violations(page)
    page.fill("#id_username", "nobody")
    page.fill("#id_password", "wrong")
    page.click("button[type=submit]")
    page.wait_for_selector("[role=alert]")

    assert empty + violations(page) == []


@pytest.mark.proof
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_letters_to_suppliers_are_accessible_and_fit_their_window(
    window: OpenPage, violations: Callable[[Page], list[str]], transactional_db: None, theme: str, width: int
) -> None:
    furnish(3)
    page = window("/queues/weserland/PRO/", theme=theme)
    for number in ("EX-20418", "EX-20420"):
        page.check(f"#case-{number} input[name=case]")
    page.click("#bulk >> text=Ask suppliers")
    page.wait_for_selector("#dialog[open] textarea")
    page.set_viewport_size({"width": width, "height": 1000})

    assert violations(page) == []
    assert page.evaluate("document.querySelector('#dialog').scrollWidth <= innerWidth")


@pytest.mark.proof
def test_what_opens_is_accessible_too(
    window: OpenPage, violations: Callable[[Page], list[str]], transactional_db: None
) -> None:
    furnish(12)
    page = window("/queues/weserland/PRO/?case=EX-20420")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    keys = violations(page)
    page.keyboard.press("Escape")
    page.click("#pill-type summary")
    pill = violations(page)
    page.click("#resolve-split summary")
    page.click("#verb-escalate summary")
    forms = violations(page)

    assert keys + pill + forms == []
