"""Every address of the house as everybody: who reaches it, and that nobody else learns what is there."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from exceptions_app.cases.models import Case, QueueRole
from exceptions_app.people.models import Role, User
from tests.builders import factories as make
from tests.builders.everything import row_of_everything
from tests.exceptions_app.reach.addresses import PAGES, PEOPLE, Page
from tests.exceptions_app.web.scenes import FRAGMENT, browser_of

pytestmark = pytest.mark.django_db

SECRET = "A headline nobody else reads"
#: A row of each kind that nobody has ever made.
ABSENT = {
    "case": "EX-999999",
    "view": "999999",
    "token": "999999",
    "task": "999999",
    "order": "999999",
    "head": "999999",
    "draft": "999999",
    "backtest": "999999",
    "delegation": "999999",
    "incident": "IN-999999",
    **dict.fromkeys(
        ("message", "event", "document", "proposal", "bundle", "interchange"),
        "0190a0a0-0000-7000-8000-000000000000",
    ),
}


@dataclass(frozen=True)
class House:
    """Everybody of the table, and the keys of a row of everything."""

    people: dict[str, User]
    rows: dict[str, str]


def furnish() -> House:
    """Make a row of everything, and everybody who might reach it."""
    world, rows = row_of_everything()
    case = Case.objects.get()
    Case.objects.update(headline=SECRET)
    make.TaskFactory.create(case=case, team=world.teams["PLN"])
    make.QueueEntryFactory.create(case=case, team=world.teams["PLN"], role=QueueRole.TASK)
    ivo = make.MembershipFactory.create(team=world.teams["FIN"], role=Role.AUDITOR, user__username="ivo").user
    people = {
        **world.people,
        "ivo": ivo,
        "ada": make.UserFactory.create(username="ada", is_superuser=True),
        "stray": make.UserFactory.create(username="stray"),
        "rival": make.ground("fulda", supplier_number="78").people["mona"],
    }
    return House({name: people[name] for name in PEOPLE}, rows)


SCENE = furnish


def names(patterns: list[Any], inside: str = "", below: str = "") -> Iterator[str]:
    """Yield the names of all addresses that are not below /api/."""
    for pattern in patterns:
        place = below + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            namespace = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names(pattern.url_patterns, inside + namespace, place)
        elif isinstance(pattern, URLPattern) and not place.lstrip("^").startswith("api/"):
            yield f"{inside}{pattern.name}"


def ask(browser: Client, page: Page, rows: dict[str, str], **headers: str) -> HttpResponse:
    """Ask for a page, and undo what that did, signing out included."""
    cookies = copy.deepcopy(browser.cookies)
    with transaction.atomic():
        address = f"/{page.path.format(**rows)}"
        answer = getattr(browser, page.method)(address, dict(page.sent), headers=headers)
        transaction.set_rollback(True)
    browser.cookies = cookies
    return answer  # type: ignore[no-any-return]


def text_of(answer: HttpResponse) -> str:
    """Return what an answer says, also one that comes in pieces."""
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()  # type: ignore[attr-defined]


def words_of(answer: HttpResponse, rows: dict[str, str]) -> str:
    """Return what an answer says, without what is of this request alone."""
    text = text_of(answer)
    for key in {*rows.values(), *ABSENT.values()}:
        if len(key) > 3:
            text = text.replace(key, "…")
    return re.sub(r'(nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*)', "", text)


def is_sign_in(answer: HttpResponse) -> bool:
    """Say whether an answer leads to signing in."""
    return answer.status_code == 302 and answer["Location"].startswith("/login/?next=")


def test_every_address_has_its_row() -> None:
    """A page without a row is a page nobody has said who may reach."""
    known = set(names(get_resolver().url_patterns))
    pages = {name for name in known if not name.startswith("admin:")}
    missing = pages - set(PAGES)
    assert not missing, (
        f"{', '.join(sorted(missing))}: say who reaches it with one line in PAGES, in"
        ' tests/exceptions_app/reach/addresses.py, for example "web:thing": Page("things/{case}/", CASE).'
    )
    assert set(PAGES) <= pages, f"{set(PAGES) - pages}: no such address any more, take the row away."


@pytest.mark.parametrize(
    "name",
    # Who reaches least stands for everybody where there is no time for all.
    [pytest.param(name, marks=[] if name == "stray" else pytest.mark.proof) for name in sorted(PEOPLE)],
)
def test_everybody_reaches_what_is_theirs_and_nothing_else(name: str, scene: House) -> None:
    browser, wrong = browser_of(scene.people[name]), []
    for page_name, page in PAGES.items():
        answer = ask(browser, page, scene.rows)
        if name in page.who:
            if answer.status_code in (401, 403, 404, 500) or is_sign_in(answer):
                wrong.append(f"{page_name}: {answer.status_code}, should be reached")
        elif answer.status_code != (refused := 404 if name == "rival" else page.refused):
            wrong.append(f"{page_name}: {answer.status_code}, should be {refused}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name", ["stray", *(pytest.param(name, marks=pytest.mark.proof) for name in ("wade", "rival"))]
)
def test_whoever_does_not_reach_a_page_cannot_tell_that_it_is_there(name: str, scene: House) -> None:
    """What exists is refused in the very words of what does not, as a page and as a fragment."""
    browser, told = browser_of(scene.people[name]), []
    for page_name, page in PAGES.items():
        if name in page.who:
            continue
        for headers in ({}, FRAGMENT):
            there = ask(browser, page, scene.rows, **headers)
            absent = ask(browser, page, scene.rows | ABSENT, **headers)
            is_told = words_of(there, scene.rows) != words_of(absent, scene.rows)
            if there.status_code != absent.status_code or is_told or SECRET in text_of(there):
                told.append(f"{page_name} {headers}: {there.status_code} and {absent.status_code}")
    assert not told, "\n".join(told)


@pytest.mark.parametrize(
    "name", ["rival", *(pytest.param(name, marks=pytest.mark.proof) for name in ("wade", "stray"))]
)
def test_no_list_export_or_search_names_what_is_out_of_reach(name: str, scene: House) -> None:
    browser, told = browser_of(scene.people[name]), []
    for page_name, page in PAGES.items():
        if name in page.who and page.method == "get":
            told += [page_name] if SECRET in text_of(ask(browser, page, scene.rows)) else []
    assert not told, "\n".join(told)


def test_whoever_is_not_signed_in_or_has_left_is_asked_to_sign_in(scene: House) -> None:
    left = browser_of(scene.people["bea"])
    User.objects.filter(username="bea").update(is_active=False)
    wrong = []
    for page_name, page in PAGES.items():
        for browser in (Client(), left):
            answer = ask(browser, page, scene.rows)
            if is_sign_in(answer) == page.is_public:
                wrong.append(f"{page_name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
