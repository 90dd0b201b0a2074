"""The administration in a browser: every screen runs under the strict policy, and a rule is entered."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from exceptions_app.policies.draft_models import PolicyChange
from exceptions_app.policies.models import ToleranceRow
from tests.builders import factories
from tests.builders.factories import Ground

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> Ground:
    world = factories.ground()
    factories.ToleranceRowFactory.create(company=world.company)
    factories.RoutingRuleFactory.create(company=world.company, team=world.teams["PRO"])
    return world


@pytest.fixture
def told() -> list[str]:
    """What the browser complained of."""
    return []


@pytest.fixture
def tab(
    world: Ground, live_server: LiveServer, chromium: Browser, client: Client, told: list[str]
) -> Iterator[Page]:
    """A window in which a superuser is signed in."""
    client.force_login(factories.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1366, "height": 1000})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    tab = context.new_page()
    tab.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: told.append(str(error)))
    yield tab
    context.close()


@pytest.mark.proof
def test_every_screen_runs_under_the_strict_policy(tab: Page, told: list[str]) -> None:
    for model in admin.site._registry:
        options = model._meta
        answer = tab.goto(reverse(f"admin:{options.app_label}_{options.model_name}_changelist"))
        assert answer is not None
        assert "unsafe" not in answer.headers["content-security-policy"]
        first = tab.locator("#result_list tbody th a, #result_list tbody .action-checkbox + td a")
        if first.count():
            first.first.click()
            tab.wait_for_selector("#content-main")
        assert told == [], options.label


def test_a_tolerance_is_entered_with_its_supplier_found_by_name(
    tab: Page, told: list[str], world: Ground
) -> None:
    tab.goto(reverse("admin:exceptions_app_tolerancerow_add"))
    tab.select_option("#id_type_code", "price_mismatch")
    tab.locator(".field-supplier .select2-selection").click()
    tab.locator(".select2-search__field").fill("Nordmann")
    tab.locator(".select2-results__option", has_text="Nordmann Dichtungen (77)").click()
    tab.select_option("#id_percent_state", "value")
    tab.click("input[name=_save]")
    assert "Its state is “value”: enter it" in tab.inner_text(".errorlist")
    tab.fill("#id_percent", "2.5")
    tab.click("input[name=_save]")
    tab.wait_for_selector(".messagelist .success")
    assert "New: Tolerance for price mismatch at Nordmann Dichtungen: percent 2.5 %" in tab.inner_text(
        ".messagelist"
    )
    after = PolicyChange.objects.get().after
    assert (after["supplier"], after["percent"]) == (world.supplier.pk, "2.5000")
    assert not ToleranceRow.objects.filter(type_code="price_mismatch").exists()
    assert told == []
