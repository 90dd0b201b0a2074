"""The seven teams in a browser: their queues, tasks and alerts, why a case is where it is, the test bench."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from exceptions_app.cases.models import QueueRole, Task, TaskState
from tests.browser.conftest import OpenPage
from tests.browser.showroom import Showroom, furnish
from tests.builders import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Who looks at what: every team's queue, its tasks and alerts, and the pages around them.
PAGES = (
    ("/queues/weserland/PRO/", "bea"),
    ("/queues/weserland/PLN/", "pia"),
    ("/queues/weserland/PLN/?role=task", "pia"),
    ("/queues/weserland/PLN/?role=task&task=done", "pia"),
    ("/queues/weserland/PLN/?role=alerts", "pia"),
    ("/queues/weserland/WHS/", "wade"),
    ("/queues/weserland/FIN/", "finn"),
    ("/queues/weserland/CSR/?role=task", "cora"),
    ("/queues/weserland/SUP/", "sam"),
    ("/queues/weserland/EDI/", "ed"),
    ("/queues/weserland/FIN/", "mona"),
    ("/notifications/", "pia"),
    ("/shadow/", "mona"),
    ("/cases/EX-20418/why/", "bea"),
)


@pytest.fixture
def room(transactional_db: None) -> Showroom:
    """Make a case for every team: of an invoice for finance, of a message for integration, of orders else."""
    room = furnish(8)
    world = room.world
    for code, case in zip(("WHS", "SUP", "CSR"), room.cases[3:6], strict=True):
        case.team, case.warehouse = world.teams[code], world.warehouse
        case.save()
        make.QueueEntryFactory.create(case=case)
    about_nothing = {"order": None, "company": world.company, "updated_at": room.cases[0].updated_at}
    invoice = make.CaseFactory.create(
        number="EX-20500",
        type_code="invoice_quantity",
        headline="Invoice INV-77: 120 EA billed, 118 received",
        subject_kind="invoice",
        group_key="erp/INV-77",
        document=make.DocumentHeadFactory.create(connection=world.erp, number="INV-77"),
        supplier=world.supplier,
        team=world.teams["FIN"],
        **about_nothing,
    )
    message = make.CaseFactory.create(
        number="EX-20501",
        type_code="unit_unknown",
        headline="A message could not be applied",
        subject_kind="message",
        group_key="edi/1",
        interchange=make.InterchangeFactory.create(connection=world.edi, file_name="855-000017.x12"),
        supplier=None,
        team=world.teams["EDI"],
        **about_nothing,
    )
    for case in (invoice, message):
        make.QueueEntryFactory.create(case=case)
    now = room.cases[0].updated_at
    for n in range(14):
        make.NotificationFactory.create(
            case=room.cases[n % 8], team=world.teams["PLN"], title=f"Less will come {n}", created_at=now
        )
    make.QueueEntryFactory.create(case=room.cases[6], team=world.teams["PLN"], role=QueueRole.TASK)
    make.TaskFactory.create(
        case=room.cases[6],
        team=world.teams["PLN"],
        title="Say which items matter most",
        created_at=now - timedelta(days=1),
        due_at=now - timedelta(hours=1),
    )
    for finding in range(3):
        make.ShadowFindingFactory.create(
            order=make.PurchaseOrderFactory.create(supplier=world.supplier, number=f"46000{finding}"),
            team=world.teams["WHS"],
            type_code="date_earlier",
            found_at=now,
        )
    make.RoutingRuleFactory.create(
        position=10,
        name="Large ones",
        team=world.teams["FIN"],
        condition={"all": [{"fact": "amount", "op": "above", "value": "5000"}]},
    )
    return room


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_every_team_is_accessible(
    window: OpenPage, violations: Callable[[Page], list[str]], room: Showroom, theme: str
) -> None:
    found = {}
    for path, who in PAGES:
        page = window(path, who, theme=theme)
        found[path, who] = violations(page)
        page.close()
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_page_is_wider_than_its_window(window: OpenPage, room: Showroom, width: int) -> None:
    too_wide = []
    for path, who in PAGES:
        page = window(path, who, width=width)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(path)
        page.close()
    assert too_wide == []


def test_a_task_is_done_from_the_list(window: OpenPage, room: Showroom) -> None:
    page = window("/queues/weserland/PLN/?role=task", "pia")
    row = page.locator(".case-row", has_text="Say which items matter most")
    row.get_by_placeholder("What came of it").fill("Seals first")
    row.get_by_role("button", name="Done").click()
    expect(page.locator("#toasts")).to_contain_text("Task done")
    expect(page.locator(".case-row", has_text="Say which items matter most")).to_have_count(0)
    task = Task.objects.get(title="Say which items matter most")
    assert (task.state, task.outcome, str(task.done_by)) == (TaskState.DONE, "Seals first", "Pia Example")


def test_a_task_opens_its_case_beside_the_list(window: OpenPage, room: Showroom) -> None:
    page = window("/queues/weserland/PLN/?role=task", "pia")
    page.get_by_role("link", name="Say which items matter most").click()
    expect(page.locator("#panel #case-headline")).to_be_visible()


def test_columns_are_chosen_and_stay_in_the_address(window: OpenPage, room: Showroom) -> None:
    page = window("/queues/weserland/FIN/", "finn")
    heads = page.locator(".cases thead th[scope=col]")
    expect(heads).to_have_text(
        ["Exception", "Invoice", "Amount", "Supplier", "Expected loss", "Status", "SLA", "Owner"]
    )
    page.click("#pill-column summary")
    page.get_by_role("checkbox", name="Warehouse").check()
    expect(heads).to_have_count(9)
    page.get_by_role("checkbox", name="Owner", exact=True).uncheck()
    expect(heads).to_have_count(8)
    assert "column=warehouse" in page.url
    assert "column=owner" not in page.url


def test_the_test_bench_answers_and_is_accessible(
    window: OpenPage, violations: Callable[[Page], list[str]], room: Showroom
) -> None:
    make.UserFactory.create(username="ada", is_staff=True, is_superuser=True)
    room.world.people["ada"] = type(room.world.people["bea"]).objects.get(username="ada")
    page = window("/admin/exceptions_app/routingrule/bench/?case=EX-20418", "ada")
    expect(page.locator(".routing-rule")).to_contain_text("Amount in company currency is above 5,000")
    assert violations(page) == []
