"""Nothing is changed, taken away or refused without a word in the history."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from exceptions_app.administration.recorded import ReadOnlyAdmin, RecordedAdmin
from exceptions_app.audit.models import Event
from exceptions_app.audit.requests import leave_no_request_untold
from exceptions_app.people.tokens import SCOPES
from tests.builders.factories import Ground, UserFactory
from tests.exceptions_app.api.callers import Caller, signed_in, with_token
from tests.exceptions_app.api.test_access import ROUTES, ask, row_of_everything
from tests.exceptions_app.web.scenes import browser_of

#: What may be posted without an event. Everything else that is done leaves one.
QUIET = {
    "web:ask_preview": "It shows what would be done, and does nothing.",
    "web:ask_many": "It shows what would be done, and does nothing.",
    "web:bulk": "It shows what would be done, and does nothing.",
    "web:preview": "It shows what would be done, and does nothing.",
    "web:view_save": "It is about how a person sees their own pages.",
    "web:view_delete": "It is about how a person sees their own pages.",
    "web:notifications_read": "It is about how a person sees their own pages.",
    "web:theme": "It is about how a person sees their own pages.",
}
SCENE = row_of_everything


@pytest.fixture
def world(scene: tuple[Ground, dict[str, str]]) -> Ground:
    cache.clear()
    return scene[0]


@pytest.fixture
def rows(scene: tuple[Ground, dict[str, str]]) -> dict[str, str]:
    return scene[1]


def told() -> QuerySet[Event]:
    """Return what was told since the scene was set."""
    return Event.objects.exclude(kind="case.noted").order_by("id")


def newest() -> Event:
    return told().order_by("-id")[0]


def pages(patterns: list[Any], inside: str = "", below: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield the name, the address and the view of everything that is no route of the API."""
    for pattern in patterns:
        place = below + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            namespace = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from pages(pattern.url_patterns, inside + namespace, place)
        elif isinstance(pattern, URLPattern) and not place.lstrip("^").startswith("api/"):
            yield f"{inside}{pattern.name}", place, pattern.callback


def test_whatever_is_posted_to_a_page_leaves_an_event_but_what_is_listed(world: Ground) -> None:
    class Match:
        def __init__(self, name: str, view: Any) -> None:
            self.view_name, self.url_name, self.func = name, name, view

    silent = {}
    for name, place, view in pages(get_resolver().url_patterns):
        request = RequestFactory().post(f"/{place}")
        request.user, request.resolver_match = world.people["bea"], Match(name, view)
        before = Event.objects.count()
        leave_no_request_untold(lambda request: HttpResponse(status=302))(request)
        if Event.objects.count() == before and not isinstance(
            getattr(view, "model_admin", None), RecordedAdmin
        ):
            silent[name] = view.leaves_no_event
    assert silent == QUIET


def test_a_page_that_told_its_own_event_is_not_told_of_again(world: Ground) -> None:
    answer = browser_of(world.people["bea"]).post("/cases/EX-1/do/take/", {"version": "1"})
    assert answer.status_code in (200, 302)
    assert list(told().values_list("kind", flat=True)) == ["case.taken"]


def test_every_screen_of_the_administration_keeps_a_history() -> None:
    ours = [screen for model, screen in admin.site._registry.items() if model._meta.app_label != "axes"]
    assert [screen for screen in ours if not isinstance(screen, RecordedAdmin | ReadOnlyAdmin)] == [], (
        "a screen that changes something tells it"
    )


def test_every_call_of_the_api_that_writes_is_told_with_token_route_and_outcome(
    world: Ground, rows: dict[str, str]
) -> None:
    caller = with_token(world.company, *SCOPES, acts_as=world.people["bea"])
    untold = []
    for name, routes in ROUTES.items():
        for route in (route for route in routes if route.method != "get"):
            answer = ask(caller, route, rows)
            call = told().filter(kind__in=("api.called", "access.refused")).last()
            said = call and (call.after["route"], call.after["status"], bool(call.after["token"]))
            if said != (name, answer.status_code, True):
                untold.append((name, said))
            elif call is not None:
                assert call.company == world.company
                assert " through " in call.actor_name
    assert untold == []


def test_reading_over_the_api_is_told_only_where_it_is_refused(world: Ground) -> None:
    assert with_token(world.company, "cases:read").get("cases/").status_code == 200
    assert not told().exists()
    assert with_token(world.company, "kpis:read").get("cases/").status_code == 403
    refused = told().get()
    assert (refused.kind, refused.summary) == ("access.refused", "Refused: GET /api/v1/cases/")


def test_a_token_that_was_revoked_is_told_of_and_one_that_never_was_is_not(world: Ground) -> None:
    Caller(secret="rl_00000000_" + "x" * 43).get("cases/")
    assert not told().exists()
    assert with_token(world.company, *SCOPES, revoked=True).get("cases/").status_code == 401
    refused = told().get()
    assert (refused.kind, refused.after["status"], refused.company) == ("access.refused", 401, world.company)


def test_a_person_who_calls_the_api_is_told_of_too(world: Ground) -> None:
    signed_in(world.people["bea"]).post("cases/EX-1/actions/take/")
    called = Event.objects.get(kind="api.called")
    assert (called.actor, called.after["status"]) == (world.people["bea"], 200)


def test_a_file_that_is_taken_away_is_told_with_its_filter_and_its_rows(world: Ground) -> None:
    mona = browser_of(world.people["mona"])
    assert mona.get("/queues/weserland/PRO/export/csv/?severity=high&severity=medium").status_code == 200
    taken = newest()
    assert (taken.kind, taken.actor) == ("export.taken", world.people["mona"])
    assert taken.after["filter"] == {"severity": ["high", "medium"]}
    assert taken.after["rows"] == 1
    assert taken.after["file"].endswith(".csv")


def test_a_refused_page_is_told(world: Ground) -> None:
    assert browser_of(UserFactory.create(username="guest")).get("/interchanges/").status_code == 403
    assert newest().summary == "Refused: GET /interchanges/"


def test_signing_in_and_out_is_told_with_the_address(world: Ground) -> None:
    client = Client(REMOTE_ADDR="10.0.0.7")
    bea = world.people["bea"]
    bea.set_password("correct horse battery")
    bea.save()

    client.post("/login/", {"username": bea.username, "password": "wrong"})
    client.post("/login/", {"username": "Tr0ub4dor", "password": "wrong"})
    client.post("/login/", {"username": bea.username, "password": "correct horse battery"})
    client.post("/logout/")

    events = told()
    assert [event.kind for event in events] == [
        "person.not_signed_in",
        "person.not_signed_in",
        "person.signed_in",
        "person.signed_out",
    ]
    assert {event.source for event in events} == {"web 10.0.0.7"}
    assert [event.company for event in events] == [world.company, None, world.company, world.company]
    assert [event.actor for event in events] == [None, None, bea, bea]
    assert not any("Tr0ub4dor" in str(vars(event)) for event in events), "it may be somebody's password"


def test_a_name_that_is_locked_is_told(world: Ground, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(3):
        Client().post("/login/", {"username": world.people["bea"].username, "password": "wrong"})
    assert "person.locked_out" in told().values_list("kind", flat=True)


def test_what_a_stranger_posts_is_told_by_nothing_but_signing_in(world: Ground) -> None:
    request = RequestFactory().post("/cases/EX-1/do/take/")
    request.user = AnonymousUser()
    leave_no_request_untold(lambda request: HttpResponse(status=302))(request)
    assert not told().exists()
