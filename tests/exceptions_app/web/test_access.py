"""Every address names what it asks of a person, and asks for it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from exceptions_app.web import account_urls, urls
from exceptions_app.web.access import Permission
from tests.builders import factories as make
from tests.exceptions_app.web.scenes import Scene, browser_of, set_scene

ARGUMENTS = {
    "company": "weserland",
    "code": "PRO",
    "form": "csv",
    "code_of_verb": "take",
    "view_id": 1,
    "number": "EX-1",
    "document_id": uuid4(),
    "task_id": 1,
    "proposal_id": uuid4(),
    "order_id": 1,
    "interchange_id": uuid4(),
    "message_id": uuid4(),
    "verb": "confirm",
    "bundle_id": uuid4(),
    "head_id": 1,
    "draft_id": 1,
    "release_number": 1,
    "table": "tolerancerow",
    "public_id": uuid4(),
    "pk": 1,
    "token_id": 1,
    "token": "nonsense",
    "backtest_id": 1,
    "delegation_id": 1,
    "seen": "of-last-week",
    "event_id": uuid4(),
}

SCENE = set_scene


def patterns() -> Iterator[URLPattern]:
    for pattern in (*urls.urlpatterns, *account_urls.urlpatterns):
        assert isinstance(pattern, URLPattern)
        yield pattern


def address_of(pattern: URLPattern) -> str:
    arguments = {name: ARGUMENTS[name] for name in pattern.pattern.converters}
    space = "web:" if pattern in urls.urlpatterns else ""
    return reverse(f"{space}{pattern.name}", kwargs=arguments)


@pytest.mark.parametrize("pattern", list(patterns()), ids=lambda pattern: pattern.name)
def test_every_view_names_its_permission(pattern: URLPattern) -> None:
    assert isinstance(getattr(pattern.callback, "permission", None), Permission)


@pytest.mark.parametrize("pattern", list(patterns()), ids=lambda pattern: pattern.name)
def test_every_address_but_signing_in_leads_a_stranger_to_it(pattern: URLPattern, db: None) -> None:
    client = Client()
    answers = [client.get(address_of(pattern)), client.post(address_of(pattern))]

    if pattern.callback.permission is Permission.PUBLIC:  # type: ignore[attr-defined]
        # The directory's addresses are there once one is set up.
        assert all(answer.status_code in (200, 302, 404, 405) for answer in answers)
    else:
        assert all(answer.status_code == 302 for answer in answers)
        assert all(answer["Location"].startswith("/login/?next=") for answer in answers)


def test_the_queue_of_another_team_does_not_exist_for_a_person(scene: Scene) -> None:
    assert scene.browser("pia").get("/queues/weserland/PRO/").status_code == 404


def test_the_queue_of_the_same_team_in_another_company_does_not_exist(scene: Scene) -> None:
    make.ground("elbeland", supplier_number="78")

    assert scene.browser("bea").get("/queues/elbeland/PRO/").status_code == 404


def test_a_case_of_another_team_does_not_exist_for_a_person(scene: Scene) -> None:
    scene.shortage()

    assert scene.browser("finn").get("/cases/EX-1/").status_code == 404
    assert scene.browser("bea").get("/cases/EX-1/").status_code == 200


def test_an_order_of_another_company_does_not_exist_for_a_person(scene: Scene) -> None:
    other = make.ground("elbeland", supplier_number="78")
    foreign, own = make.order_line(other).order, make.order_line(scene.world).order
    bea = scene.browser("bea")

    assert bea.get(f"/orders/{foreign.pk}/").status_code == 404
    assert bea.get(f"/orders/{own.pk}/").status_code == 200


@pytest.mark.parametrize("path", ["/interchanges/", "/connections/"])
def test_the_exchange_is_open_to_its_team_and_to_leads_only(path: str, scene: Scene) -> None:
    assert scene.browser("ed").get(path).status_code == 200
    assert scene.browser("paul").get(path).status_code == 200
    refused = scene.browser("bea").get(path)

    assert refused.status_code == 403
    assert "integration team" in refused.content.decode()


def test_an_interchange_of_another_company_does_not_exist(scene: Scene) -> None:
    other = make.ground("elbeland", supplier_number="78")
    foreign = make.InterchangeFactory.create(connection=other.edi)

    assert scene.browser("ed").get(f"/interchanges/{foreign.pk}/").status_code == 404


def test_a_person_without_a_team_is_told_what_to_do(scene: Scene) -> None:
    page = browser_of(make.UserFactory.create(username="nobody")).get("/")

    assert page.status_code == 200
    assert "You are in no team yet" in page.content.decode()


def test_signing_in_leads_to_the_first_queue(scene: Scene) -> None:
    answer = scene.browser("bea").get("/")

    assert answer.status_code == 302
    assert answer["Location"] == "/queues/weserland/PRO/"
