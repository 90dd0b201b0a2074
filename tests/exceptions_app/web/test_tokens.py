"""The page of API tokens: made and shown once, revoked at once, and only for one's own companies."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.people import tokens
from exceptions_app.people.models import ApiToken, Role
from exceptions_app.web.tokens import SCOPES
from tests.builders import factories as make
from tests.exceptions_app.api.callers import Caller
from tests.exceptions_app.web.scenes import Scene, browser_of, set_scene

pytestmark = pytest.mark.django_db
SCENE = set_scene


@pytest.fixture
def lead(scene: Scene) -> Client:
    person = make.UserFactory.create(username="edda")
    make.MembershipFactory.create(user=person, team=scene.world.teams["EDI"], role=Role.LEAD)
    return browser_of(person)


def send(client: Client, scene: Scene, **changes: Any) -> HttpResponse:
    sent = {"name": "WMS", "company": scene.world.company.pk, "days": 30, "scopes": ["orders:read"]}
    return client.post("/tokens/", sent | changes)


def test_every_scope_is_explained() -> None:
    assert set(SCOPES) == set(tokens.SCOPES)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(scene: Scene, lead: Client) -> None:
    secret = send(lead, scene).context["secret"]
    caller = Caller(secret)
    assert caller.get("orders/").status_code == 200
    assert caller.get("cases/").status_code == 403
    assert secret not in lead.get("/tokens/").content.decode()

    lead.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert caller.get("orders/").status_code == 401
    kinds = Event.objects.filter(kind__startswith="token").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["token.created", "token.revoked"]
    assert secret not in str(Event.objects.values_list("after", "summary"))


def test_it_acts_as_nobody_or_as_whoever_makes_it(scene: Scene, lead: Client) -> None:
    send(lead, scene)
    send(lead, scene, acts_as="me")
    refused = send(lead, scene, acts_as=str(scene.world.people["bea"].pk))

    assert refused.status_code == 422
    assert [str(row.acts_as or "") for row in ApiToken.objects.order_by("id")] == ["", "Edda Example"]


@pytest.mark.parametrize(
    "changes", [{"scopes": []}, {"scopes": ["cases:burn"]}, {"name": ""}, {"days": 4000}]
)
def test_what_makes_no_sense_is_refused(scene: Scene, lead: Client, changes: dict[str, Any]) -> None:
    assert send(lead, scene, **changes).status_code == 422
    assert not ApiToken.objects.exists()


def test_tokens_of_another_company_do_not_exist(scene: Scene, lead: Client) -> None:
    other = make.ground("fulda", supplier_number="78").company
    theirs = tokens.create("theirs", company=other, scopes=[], now=clock.now()).row

    assert send(lead, scene, company=other.pk).status_code == 422
    assert "theirs" not in lead.get("/tokens/").content.decode()
    assert lead.post(f"/tokens/{theirs.pk}/revoke/").status_code == 404


def test_for_who_answers_for_no_exchange_there_is_no_such_page(scene: Scene) -> None:
    assert scene.browser("bea").get("/tokens/").status_code == 404
