"""Signing in in the browser: a code from an app, a passkey, and a session that is ended from elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from playwright.sync_api import Page, Route, expect

from exceptions_app.audit.models import Event
from tests.browser.conftest import LOOKS, PASSWORD, OpenPage
from tests.builders import factories as make
from tests.exceptions_app.signing_in.visitors import code_of
from tests.peers.identity_provider import CLIENT, SECRET, identity_provider

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Violations = Callable[[Page], list[str]]


@pytest.fixture(autouse=True)
def people(transactional_db: None) -> None:
    cache.clear()
    make.ground()


def give_password(page: Page, who: str = "bea") -> None:
    page.goto("/login/")
    page.fill("#id_username", who)
    page.fill("#id_password", PASSWORD)
    page.click("button:text-is('Sign in')")


def confirm(page: Page) -> None:
    page.fill("#id_password", PASSWORD)
    page.click("button:text-is('Confirm')")


def with_virtual_key(page: Page) -> tuple[Any, str]:
    """Give the browser a device that keeps passkeys and always finds the right finger on it."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devices, added["authenticatorId"]


@pytest.mark.proof
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_a_person_sets_up_an_app_and_signs_in_with_its_code(
    window: OpenPage, violations: Violations, theme: str, width: int
) -> None:
    page = window("/profile/", theme=theme, width=width)
    page.click("a[href='/profile/security/']")
    wrong = violations(page)
    page.click("text=Set up")
    wrong += violations(page)
    confirm(page)
    page.click("summary")
    wrong += violations(page)
    secret = page.inner_text("#totp-key")
    page.fill("input[name=code]", code_of(secret))
    page.click("text=Switch on")
    expect(page.locator(".codes li")).to_have_count(10)
    wrong += violations(page)
    page.goto("/profile/security/")
    expect(page.locator("text=On since")).to_be_visible()
    wrong += violations(page)
    page.context.clear_cookies()

    give_password(page)
    expect(page.locator("h1")).to_have_text("Second step")
    wrong += violations(page)
    page.goto("/notifications/")
    expect(page.locator("h1")).to_have_text("Sign in")
    page.goto("/login/second-factor/")
    page.fill("input[name=code]", code_of(secret, later=1))
    page.click("button:text-is('Sign in')")
    page.wait_for_url(lambda url: "/login/" not in url)

    assert wrong == []
    steps = [event.after["steps"] for event in Event.objects.filter(kind="person.signed_in")]
    assert steps == [["password", "totp"]]


@pytest.mark.proof
def test_a_passkey_signs_in_alone_and_is_renamed_and_removed(
    window: OpenPage, violations: Violations
) -> None:
    page = window("/profile/security/")
    with_virtual_key(page)
    page.click("a[href='/profile/security/passkeys/add/']")
    confirm(page)
    wrong = violations(page)
    page.fill("#id_name", "Work laptop")
    page.click("text=Make the passkey")
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto("/profile/security/")
    expect(page.locator("text=Passkey, signs in alone")).to_be_visible()
    wrong += violations(page)
    page.context.clear_cookies()

    page.goto("/login/?next=/approvals/")
    wrong += violations(page)
    page.click("text=Sign in with a passkey")
    page.wait_for_url(lambda url: url.endswith("/approvals/") and "login" not in url)
    steps = [event.after["steps"] for event in Event.objects.filter(kind="person.signed_in")]
    assert steps == [["webauthn"]]

    page.goto("/profile/security/")
    page.click("text=Rename")
    confirm(page)
    wrong += violations(page)
    page.fill("#id_name", "Old laptop")
    page.click("text=Save")
    page.click("[aria-label='Remove Old laptop']")
    wrong += violations(page)
    page.click("button:text-is('Remove')")
    expect(page.locator("text=Old laptop")).to_have_count(0)
    assert wrong == []


def test_a_passkey_is_the_second_step_after_a_password(window: OpenPage) -> None:
    page = window("/profile/security/passkeys/add/")
    with_virtual_key(page)
    late: list[Route] = []
    page.route("**/passkeys*.js", lambda script: late.append(script), times=1)
    confirm(page)
    page.uncheck("input[name=passwordless]")
    expect(page.locator("button:text-is('Make the passkey')")).to_be_disabled()
    while not late:
        page.wait_for_timeout(50)
    late.pop().continue_()
    page.click("text=Make the passkey")
    expect(page.locator(".codes li")).to_have_count(10)
    page.context.clear_cookies()

    give_password(page)
    page.click("text=Use a passkey")
    page.wait_for_url(lambda url: "/login/" not in url)


def test_without_a_passkey_the_page_says_so(window: OpenPage) -> None:
    page = window("/login/", None)
    devices, key = with_virtual_key(page)
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.click("text=Sign in with a passkey")

    expect(page.locator("[data-passkey-trouble]")).to_be_visible()


def test_a_session_that_is_ended_elsewhere_is_out_at_once(window: OpenPage) -> None:
    here, there = window("/profile/security/"), window("/notifications/")
    here.reload()
    here.click("[aria-label^='End ']")
    expect(here.locator("text=The session is ended")).to_be_visible()
    there.reload()

    expect(there.locator("h1")).to_have_text("Sign in")


@pytest.mark.proof
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_a_token_is_made_shown_once_and_revoked(
    window: OpenPage, violations: Violations, theme: str, width: int
) -> None:
    bea = get_user_model().objects.get(username="bea")
    make.MembershipFactory.create(
        user=bea, team=make.TeamFactory.create(code="EDI", company__code="weserland"), role="lead"
    )
    page = window("/profile/", theme=theme, width=width)
    page.click("a[href='/tokens/']")
    wrong = violations(page)
    page.fill("#id_name", "Warehouse system")
    page.check("input[value='orders:read']")
    page.click("button:text-is('Make a token')")
    expect(page.locator("#token-secret")).to_contain_text("rl_")
    wrong += violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("[aria-label='Revoke Warehouse system']")
    expect(page.locator("td .chip")).to_have_text("Revoked")

    assert wrong == []


@pytest.mark.proof
def test_whoever_came_by_the_directory_leaves_it_too_in_a_real_browser(
    window: OpenPage, settings: Any
) -> None:
    with identity_provider() as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
            provider.issuer,
            CLIENT,
            SECRET,
        )
        provider.person = {"sub": "b-1", "email": "bea@example.com", "email_verified": True}
        page = window("/login/", None)
        page.click("a[href='/login/directory/']")
        expect(page.locator("#queue, .page").first).to_be_visible()
        page.goto("/profile/")
        page.click(".profile-out button")
        page.wait_for_url("**/login/")
        expect(page.locator("#id_username")).to_be_visible()

        assert (provider.left, provider.refusals) == (["b-1"], [])
