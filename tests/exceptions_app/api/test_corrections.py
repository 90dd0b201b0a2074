"""Correcting a copy of an interchange over the API: as in the browser, in the name of a person."""

import pytest

from erp_connectors.exchange import inbox
from erp_connectors.exchange.models import Correction, Interchange, Quarantine
from erp_connectors.exchange.processing import process_interchange
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.people.models import Role
from tests.builders.factories import TUESDAY_TEN, Ground, MembershipFactory, UserFactory, ground
from tests.builders.x12 import ack, confirmation_855, po1
from tests.exceptions_app.api.callers import Caller, json_of, problem, with_token

SCOPES = ("interchanges:read", "interchanges:write")


def answer_refused() -> Ground:
    """Make the ground, with Ines who leads integration and an answer whose quantity is no number."""
    world = ground()
    world.people["ines"] = UserFactory.create(username="ines")
    MembershipFactory.create(user=world.people["ines"], team=world.teams["EDI"], role=Role.LEAD)
    payload = confirmation_855(
        "4500010001",
        [po1("10", "100", acks=[ack("IQ", "many", on="20261202")])],
        sender="SUP77",
        receiver="WESERLAND",
    )
    received = inbox.receive(payload, connection=world.edi, channel="api", file_name="answer.edi")
    process_interchange(received.interchange.pk)
    return world


SCENE = answer_refused


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def caller(world: Ground, name: str = "ines") -> Caller:
    return with_token(world.company, *SCOPES, acts_as=world.people[name])


def path(end: str = "") -> str:
    return f"interchanges/{Interchange.objects.order_by('pk')[0].pk}/{end}"


def look() -> None:
    ids = [quarantine.pk for quarantine in Quarantine.objects.all()]
    assert not intake.evaluate(ids, TUESDAY_TEN, kind=SubjectKind.MESSAGE).failures


def test_a_copy_is_tried_out_and_read_once_per_key(world: Ground) -> None:
    ines = caller(world)
    text = json_of(ines.get(path("text/")))["text"].replace("many", "82")
    tried = json_of(ines.post(path("corrections/preview/"), {"text": text}))
    wanted = {"text": text, "reason": "Typed wrong"}
    first = json_of(ines.post(path("corrections/"), wanted, Idempotency_Key="one"), 202)
    again = json_of(ines.post(path("corrections/"), wanted, Idempotency_Key="one"), 202)
    process_interchange(first["corrected"])

    assert (tried["status"], [each["status"] for each in tried["transactions"]]) == ("processed", ["applied"])
    assert tried["diff"] == first["diff"]
    assert (first, Correction.objects.count()) == (again, 1)
    original, copy = json_of(ines.get(path())), json_of(ines.get(f"interchanges/{first['corrected']}/"))
    assert (original["status"], original["corrections"]) == ("corrected", [first])
    assert (copy["status"], copy["corrects"], copy["channel"]) == ("processed", original["id"], "person")


def test_the_case_is_closed_by_the_copy_and_tells_of_it(world: Ground) -> None:
    look()
    case = Case.objects.get()
    ines = caller(world)
    text = json_of(ines.get(path("text/")))["text"].replace("many", "82")
    made = json_of(ines.post(path("corrections/"), {"text": text, "reason": "Typed wrong"}), 202)
    process_interchange(made["corrected"])
    look()

    assert Case.objects.get().state == CaseState.CLOSED
    assert Event.objects.get(kind="interchange.corrected").case == case


def test_what_is_missing_and_who_may_not_are_told(world: Ground) -> None:
    text = json_of(caller(world).get(path("text/")))["text"].replace("many", "82")

    missing = problem(caller(world).post(path("corrections/"), {"text": text}), 400)
    assert [each["pointer"] for each in missing["errors"]] == ["#/reason"]
    wanted = {"text": text, "reason": "x"}
    assert problem(caller(world, "ed").post(path("corrections/"), wanted), 403)
    assert problem(caller(world, "ed").post(path("corrections/preview/"), wanted), 403)
    assert problem(with_token(world.company, *SCOPES).post(path("corrections/"), wanted), 403)
    assert not Correction.objects.exists()
