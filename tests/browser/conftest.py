"""What browser tests share: a person signed in, in a window of some size and theme, under the real policy."""

from collections.abc import Callable, Iterator
from http.cookies import Morsel
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

#: The password of the people that the factories make.
PASSWORD = "right-the-line-26"
#: What the console says of answers that refuse; they are part of the conversation.
REFUSALS = ("status of 409", "status of 422", "status of 404", "status of 403")

# Only an experimental rule wants the style sheets. To fetch them, axe adds inline styles where one imports
# another, as the admin's do, and our policy rightly blocks them.
AXE_OPTIONS = {"preload": {"assets": ["media"]}, "resultTypes": ["violations"]}

# A change of theme shows from the next frame on; colours on their way to others have no contrast to speak of,
# so they are sent there at once. A window may be drawn no frames at all: it is not waited for long.
AT_REST = """async () => {
    const drawn = new Promise(seen => requestAnimationFrame(() => requestAnimationFrame(seen)));
    await Promise.race([drawn, new Promise(past => setTimeout(past, 1000))]);
    for (const each of document.getAnimations()) {
        if (each.effect.getTiming().iterations !== Infinity) each.finish();
    }
}"""

# What axe found right is a long list that nobody reads; only what is wrong comes back from the browser.
RUN_AXE = "async options => (await axe.run(document, options)).violations"

WIRED = "!document.querySelector('[hx-get], [hx-post]') || document.querySelector('[data-htmx-powered]')"

OpenPage = Callable[..., Page]

#: A theme and a width: the darkest and narrowest stands for both where there is no time for all.
LOOKS = [("dark", 390), pytest.param("light", 1680, marks=pytest.mark.proof)]

# What waits for an answer has to wait on a busy machine too.
expect.set_options(timeout=20_000)


@pytest.fixture
def address(live_server: Any) -> str:
    """Where the pages are: a server inside this process, unless a test starts another one."""
    return str(live_server.url)


@pytest.fixture
def window(address: str, chromium: Browser) -> Iterator[OpenPage]:
    """Return a function that opens a path as a person (None: a stranger) and returns the page.

    The person is signed in already, or does it `with_password`, which takes its time. When the test
    ends, the console must have been silent: a blocked script or style would have spoken.
    """
    contexts, said = [], []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in REFUSALS):
            said.append(message.text)

    def opened(
        path: str,
        who: str | None = "bea",
        *,
        width: int = 1680,
        theme: str = "light",
        language: str = "en-GB",
        with_password: bool = False,
    ) -> Page:
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if theme == "dark" else "light",
            locale=language,
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: said.append(str(error)))
        if who is not None and with_password:
            sign_in(page, who)
        elif who is not None:
            session = session_of(who)
            context.add_cookies([{"name": session.key, "value": session.value, "url": address}])
        page.goto(path)
        # htmx wires the page a moment after it has loaded; no person types that fast.
        page.wait_for_function(WIRED)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def session_of(who: str) -> "Morsel[str]":
    """Return the cookie of a person who is signed in."""
    client = Client()
    person = get_user_model().objects.get(username=who)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME]


def sign_in(page: Page, who: str) -> None:
    """Sign in as a person does."""
    page.goto("/login/")
    page.fill("#id_username", who)
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)


@pytest.fixture(scope="session")
def violations() -> Callable[[Page], list[str]]:
    """Return a function that names what axe-core finds wrong with a page, in words."""

    def found(page: Page) -> list[str]:
        page.evaluate(AT_REST)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        return [
            f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for violation in page.evaluate(RUN_AXE, AXE_OPTIONS)
            for node in violation["nodes"]
        ]

    return found
