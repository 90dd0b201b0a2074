"""A call that writes and is sent again with its key has one effect and one answer."""

import pytest

from erp_connectors.exchange.models import IdempotencyKey
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.api.callers import Caller, json_of, problem, with_token

pytestmark = pytest.mark.django_db

COMMENT = "cases/EX-1/actions/comment/"


def one_case_of_bea() -> Ground:
    """Make the ground, with a case that Bea works on."""
    world = factories.ground()
    case = factories.CaseFactory.create(
        number="EX-1",
        order=factories.PurchaseOrderFactory.create(supplier=world.supplier),
        team=world.teams["PRO"],
        owner=world.people["bea"],
    )
    factories.QueueEntryFactory.create(case=case)
    return world


SCENE = one_case_of_bea


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def caller(world: Ground, name: str = "bea") -> Caller:
    return with_token(world.company, "cases:read", "cases:write", acts_as=world.people[name])


def comments() -> int:
    return Event.objects.filter(kind="case.commented").count()


def test_the_same_call_again_gets_the_first_answer_and_does_nothing(world: Ground) -> None:
    bea = caller(world)
    first = json_of(bea.post(COMMENT, {"text": "Called"}, Idempotency_Key="one"))
    Case.objects.update(headline="Something else by now")
    again = json_of(bea.post(COMMENT, {"text": "Called"}, Idempotency_Key="one"))

    assert first == again
    assert comments() == 1


def test_without_a_key_or_with_another_one_it_is_done_again(world: Ground) -> None:
    bea = caller(world)
    for key in ({}, {}, {"Idempotency_Key": "one"}, {"Idempotency_Key": "two"}):
        json_of(bea.post(COMMENT, {"text": "Called"}, **key))

    assert comments() == 4


def test_a_key_is_for_one_call_of_one_caller(world: Ground) -> None:
    bea = caller(world)
    json_of(bea.post(COMMENT, {"text": "Called"}, Idempotency_Key="one"))

    assert problem(bea.post(COMMENT, {"text": "Called twice"}, Idempotency_Key="one"), 409)
    assert problem(bea.post("cases/EX-1/actions/start/", {"text": "Called"}, Idempotency_Key="one"), 409)
    json_of(caller(world, "paul").post(COMMENT, {"text": "Called"}, Idempotency_Key="one"))
    assert comments() == 2


def test_a_refusal_is_not_remembered(world: Ground) -> None:
    bea = caller(world)
    assert problem(bea.post(COMMENT, {}, Idempotency_Key="one"), 400)
    assert not IdempotencyKey.objects.exists()

    json_of(bea.post(COMMENT, {"text": "Called"}, Idempotency_Key="one"))
    assert comments() == 1


def test_a_key_that_is_too_long_is_refused(world: Ground) -> None:
    assert problem(caller(world).post(COMMENT, {"text": "x"}, Idempotency_Key="k" * 201), 422)
    assert comments() == 0
