"""axe-core finds nothing wrong with any page, in both themes and on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from exceptions_app.audit.record import Actor
from exceptions_app.proposals import actions
from tests.browser.conftest import OpenPage
from tests.browser.showroom import Showroom, furnish
from tests.builders import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(transactional_db: None, tmp_path: Path) -> Showroom:
    """Make a queue with a proposal that waits, a blind stream, and an interchange in quarantine."""
    room = furnish(12)
    room.world.erp.settings = {"folder": str(tmp_path)}
    room.world.erp.save()
    make.WatchFactory.create(subject_id=room.cases[3].order_id, blind_since=room.cases[3].opened_at)
    make.InterchangeFactory.create(
        connection=room.world.edi,
        status="quarantined",
        file_name="broken.edi",
        findings=[{"code": "ISA_LENGTH", "text": "18 short.", "severity": "error", "way_out": "Ask."}],
    )
    make.SupplierMessageFactory.about(room.cases[1], state="failed", last_error="550 no such user")
    actions.propose(
        room.cases[0],
        resolution="split",
        inputs={"rest_on": f"{room.cases[0].opened_at.year + 1}-01-15"},
        reason="As Nora said.",
        by=Actor(person=room.world.people["bea"]),
    )
    return room


PAGES = (
    ("/queues/weserland/PRO/?case=EX-20418", "bea"),
    ("/queues/weserland/PRO/?q=nothing-like-it", "bea"),
    ("/cases/EX-20418/", "paul"),
    ("/cases/EX-20420/propose/split/preview/?rest_on:10=2026-12-30", "bea"),
    ("/cases/EX-20418/ask/", "bea"),
    ("/cases/", "bea"),
    ("/approvals/", "paul"),
    ("/notifications/", "paul"),
    ("/search/?q=nordmann", "bea"),
    ("/interchanges/", "paul"),
    ("/connections/", "paul"),
    ("/mail/", "paul"),
    ("/profile/", "bea"),
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible(
    window: OpenPage, violations: Callable[[Page], list[str]], room: Showroom, theme: str
) -> None:
    found = {}
    pages = {who: window("/", who, theme=theme) for who in ("bea", "paul")}
    for path, who in PAGES:
        pages[who].goto(path)
        found[path] = violations(pages[who])
    found["order"] = _look(pages["bea"], f"/orders/{room.cases[0].order_id}/", violations)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


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


def test_a_phone_is_served_as_well_and_no_page_is_wider_than_it(
    window: OpenPage, violations: Callable[[Page], list[str]], room: Showroom
) -> None:
    page = window("/", "paul", width=390)
    found, too_wide = {}, {}
    for path, _who in PAGES:
        page.goto(path)
        found[path] = violations(page)
        too_wide[path] = page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert [path for path, is_wide in too_wide.items() if is_wide] == []


@pytest.mark.parametrize("width", [768, 1366])
def test_no_page_is_wider_than_its_window(window: OpenPage, room: Showroom, width: int) -> None:
    page = window("/", "paul", width=width)
    too_wide = []
    for path, _who in PAGES:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(path)

    assert too_wide == []


def test_what_opens_is_accessible_too(
    window: OpenPage, violations: Callable[[Page], list[str]], room: Showroom
) -> None:
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


def _look(page: Page, path: str, violations: Callable[[Page], list[str]]) -> list[str]:
    page.goto(path)
    return violations(page)
