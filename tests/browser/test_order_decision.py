"""One decision over the cases of an order in a browser: what it comes to follows every choice at once."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from exceptions_app.cases.models import Case
from exceptions_app.proposals.models import Bundle
from tests.browser.conftest import LOOKS, OpenPage
from tests.exceptions_app.proposals.shortage import late_and_dear

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.proof
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_sum_follows_what_is_chosen_and_it_is_proposed(
    window: OpenPage,
    violations: Callable[[Page], list[str]],
    transactional_db: None,
    tmp_path: Path,
    theme: str,
    width: int,
) -> None:
    made = late_and_dear(tmp_path)
    made.person("bea").memberships.update(limit=100)
    late = Case.objects.get(type_code="backorder").number
    page = window(f"/orders/{made.line.order_id}/decide/", theme=theme, width=width)
    total = page.locator("#deciding .impact")
    expect(total).to_contain_text("3,483.20")
    found = violations(page)

    page.uncheck(f"#in-{late}")
    expect(total).to_contain_text("200.00")
    page.check(f"#in-{late}")
    page.select_option(f"#how-{late}", "expedite")
    cost = page.locator(f"#{late}-expedite-cost-10")
    cost.fill("12")
    cost.press("Tab")
    expect(total).to_contain_text("212.00")
    found += violations(page)

    page.fill("#reason", "As confirmed")
    page.click("button[value=propose]")
    page.wait_for_url("**/bundles/**")
    expect(page.locator("main")).to_contain_text("Waiting for approval")
    assert found + violations(page) == []
    assert Bundle.objects.get().amount == Decimal(212)
