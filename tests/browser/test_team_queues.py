"""The lists of teams in a browser: tasks done where they stand, columns that are chosen, the test bench."""

import pytest
from playwright.sync_api import expect

from exceptions_app.cases.models import Task, TaskState
from tests.browser.conftest import OpenPage
from tests.browser.showroom import Showroom, furnish, give_every_team_something
from tests.builders import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(transactional_db: None) -> Showroom:
    room = furnish(8)
    give_every_team_something(room)
    return room


def test_a_task_is_done_from_the_list(window: OpenPage, room: Showroom) -> None:
    page = window("/queues/weserland/PLN/?role=task", "pia")
    row = page.locator(".case-row", has_text="Say which items matter most")
    row.get_by_placeholder("What came of it").fill("Seals first")
    row.get_by_role("button", name="Done").click()
    expect(page.locator("#toasts")).to_contain_text("Task done")
    expect(page.locator(".case-row", has_text="Say which items matter most")).to_have_count(0)
    task = Task.objects.get(title="Say which items matter most")
    assert (task.state, task.outcome, str(task.done_by)) == (TaskState.DONE, "Seals first", "Pia Example")


@pytest.mark.proof
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


def test_the_test_bench_says_which_rule_takes_a_case(window: OpenPage, room: Showroom) -> None:
    make.UserFactory.create(username="ada", is_staff=True, is_superuser=True)
    page = window("/admin/exceptions_app/routingrule/bench/?case=EX-20418", "ada")
    expect(page.locator(".routing-rule")).to_contain_text("Amount in company currency is above 5,000")
