"""Golden scenario 1 in the browser: Bea finds the shortage and proposes, Paul and Pia agree, it is closed.

The web server, a worker and the metronome run as in `make run`; ERP and supplier speak by folder and API.
Everything people do here they do from the keyboard.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from erp_connectors import clock
from erp_connectors.exchange.models import Command
from exceptions_app.cases.models import Case, CaseState
from tests.browser.conftest import OpenPage
from tests.house.running import free_port
from tests.journeys import house as houses
from tests.journeys.house import House, offering, on, order
from tests.journeys.programs import Programs
from tests.journeys.quiet import what_is_left

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.proof]

NUMBER = "4500010001"
TUESDAY = date(2026, 11, 24)
REST_ON = date(2026, 12, 16)
YESTERDAY = on(date(2026, 11, 23), 9)
MOST_TABS = 120
SPACE = "\N{NO-BREAK SPACE}"

Violations = Callable[[Page], list[str]]


@pytest.fixture
def programs(transactional_db: None, tmp_path: Path) -> Iterator[Programs]:
    """A worker and the metronome on the rows of this test."""
    with Programs(settings.RIGHTLINE_HOME, tmp_path / "programs.log") as started:
        worker = started.start_worker(wait=False)
        started.start_beat()
        started.await_worker(worker)
        yield started


@pytest.fixture
def address(programs: Programs) -> str:
    """Where the web server of the product answers, as a program of its own."""
    return programs.start_web(free_port())


@pytest.fixture
def house(programs: Programs, tmp_path: Path) -> Iterator[House]:
    """The order is in, 10 seal kits are on hand, and two customers wait; it is Tuesday at ten."""
    clock.set_now(on(TUESDAY, 9))
    house = houses.build(tmp_path)
    house.tell_master_data()
    programs.wait_until(house.knows_its_supplier, "Nordmann is known")
    house.agree_with_partner()
    house.tell_stock(10)
    house.tell_demand(("SO-881", "A", 95), ("SO-882", "B", 15), due_on=date(2026, 12, 3))
    house.tell_orders(order(NUMBER, released_at=YESTERDAY), at=YESTERDAY)
    programs.wait_until(lambda: not what_is_left() and house.knows_order(NUMBER), "all of it is read")
    clock.set_now(on(TUESDAY, 10))
    yield house
    clock.reset()


@dataclass
class Walk:
    """The way through the pages: at each step the page is accessible, and there is a picture of it."""

    folder: Path
    violations: Violations
    steps: int = 0

    def step(self, page: Page, name: str) -> None:
        """Look at the page as it is now."""
        self.steps += 1
        page.screenshot(path=self.folder / f"{self.steps:02}-{name}.png")
        assert self.violations(page) == [], name


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what `selector` names."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}.")


def type_day(page: Page, selector: str, day: date) -> None:
    """Type a date; whether month or day comes first in its field follows the browser's own language."""
    for typed in (f"{day:%m%d%Y}", f"{day:%d%m%Y}"):
        page.keyboard.type(typed)
        if page.input_value(selector) == f"{day}":
            return
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
    raise AssertionError(f"The field has {page.input_value(selector)} instead of {day}.")


def test_bea_paul_and_pia_bring_a_shortage_from_the_queue_to_its_close(
    house: House, programs: Programs, window: OpenPage, violations: Violations, tmp_path: Path
) -> None:
    walk = Walk(tmp_path, violations)
    bea = window("/", with_password=True)
    expect(bea.get_by_text("Nothing deviates")).to_be_visible()
    walk.step(bea, "bea-has-nothing-to-do")

    # The 855 comes in, and the case comes into the queue by itself.
    house.post(offering(NUMBER, 82, control=1, at=on(TUESDAY, 10)))
    row = bea.locator(".case-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("18 EA short (18.0 %)")
    walk.step(bea, "the-case-is-in-the-queue")
    number = house.the_case().number

    bea.keyboard.press("j")
    bea.keyboard.press("Enter")
    expect(bea.locator("#panel .case")).to_be_visible()
    assert bea.get_attribute("#panel .case", "data-case") == number
    for customer_order in ("SO-881", "SO-882"):
        expect(bea.locator("#tasks")).to_contain_text(customer_order)
    walk.step(bea, "what-changed")

    bea_proposes(bea, walk)
    approve(window("/approvals/", "paul"), walk, "paul", "")
    assert not Command.objects.exists()
    approve(window("/approvals/", "pia", theme="dark"), walk, "pia", "The rest is in our plan for January.")

    # The command goes out, the ERP carries it out, and its next version closes the case.
    programs.wait_until(house.command_files, "the command lies ready")
    bea.goto(f"/cases/{number}/")
    expect(bea.locator(".case-chips .chip").first).to_have_text("Being carried out")
    walk.step(bea, "being-carried-out")
    assert house.erp.work(at=clock.now()) == 1
    house.tell_orders()
    programs.wait_until(lambda: not house.open_cases(), "the case is closed")
    bea.reload()
    expect(bea.locator(".case-chips .chip").first).to_have_text("Closed")
    for who in ("Bea", "Paul", "Pia"):
        expect(bea.locator("#timeline")).to_contain_text(who)
    walk.step(bea, "closed")

    bea.goto("/")
    expect(bea.get_by_text("Nothing deviates")).to_be_visible()
    assert Case.objects.get().state == CaseState.CLOSED
    schedule = house.erp.orders[NUMBER].lines[0].schedule
    assert [(part.quantity.value, part.date) for part in schedule] == [(82, houses.WANTED), (18, REST_ON)]
    assert len(house.erp.effects) == Command.objects.count() == 1


def bea_proposes(page: Page, walk: Walk) -> None:
    tab_to(page, "#resolve-split > summary")
    page.keyboard.press("Enter")
    tab_to(page, "[id='split-rest_on-10']")
    type_day(page, "[id='split-rest_on-10']", REST_ON)
    preview = page.locator("#preview-split")
    expect(preview).to_contain_text(f"€{SPACE}3,283.20")
    expect(preview).to_contain_text("Paul")
    expect(preview).to_contain_text("Pia")
    tab_to(page, "#why-split")
    page.keyboard.type("Nordmann delivers the rest by then.")
    walk.step(page, "bea-proposes")
    tab_to(page, "#propose-split .primary")
    page.keyboard.press("Enter")
    expect(page.locator(".proposal .chip").first).to_have_text("Waiting for approval")
    # Who proposed it is offered to withdraw it, never to approve it.
    expect(page.locator("button[value=approve]")).to_have_count(0)
    walk.step(page, "waiting-for-approval")


def approve(page: Page, walk: Walk, who: str, comment: str) -> None:
    expect(page.locator(".proposal")).to_contain_text("18")
    expect(page.locator(".proposal")).to_contain_text(f"€{SPACE}3,283.20")
    walk.step(page, f"{who}-is-asked")
    tab_to(page, "textarea[name=comment]")
    page.keyboard.type(comment)
    tab_to(page, "button[value=approve]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing waits for your approval")).to_be_visible()
    walk.step(page, f"{who}-has-approved")
