"""Too many failures lock one name at one address; the way out is told, and opened by an administrator."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import override_settings

from exceptions_app.audit.models import Event
from exceptions_app.signing_in import locks
from tests.builders import factories as make
from tests.builders.factories import Ground
from tests.exceptions_app.signing_in.visitors import Visitor, code_of, with_app

pytestmark = pytest.mark.django_db
SCENE = make.ground


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    cache.clear()
    with override_settings(AXES_FAILURE_LIMIT=3):
        yield scene


def fail(visitor: Visitor, times: int = 3) -> None:
    for _ in range(times):
        visitor.give_password("wrong")


def test_a_name_is_locked_at_its_address_and_told_how_to_get_back_in(world: Ground) -> None:
    visitor = Visitor(world.people["bea"])
    fail(visitor)
    answer = visitor.give_password()

    assert answer.status_code == 429
    words = answer.content.decode()
    assert "locked for 15 minutes" in words
    assert "administrator" in words
    assert not visitor.is_in


def test_nobody_is_locked_out_elsewhere(world: Ground) -> None:
    fail(Visitor(world.people["bea"], "198.51.100.66"), 5)
    bea = Visitor(world.people["bea"])
    bea.give_password()

    assert bea.is_in


def test_nobody_locks_out_their_company(world: Ground) -> None:
    for name in ("bea", "pia", "finn"):
        fail(Visitor(world.people[name]), 5)
    paul = Visitor(world.people["paul"])
    paul.give_password()

    assert paul.is_in


def test_a_lock_is_told_once_and_failures_until_then(world: Ground) -> None:
    fail(Visitor(world.people["bea"]), 6)
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))

    assert sorted(kinds) == ["person.locked_out"] + ["person.not_signed_in"] * 3


def test_wrong_codes_count_like_wrong_passwords(world: Ground) -> None:
    visitor = Visitor(with_app(world.people["bea"]))
    fail(visitor, 2)
    visitor.give_password()
    answers = [visitor.give_code("000000"), visitor.give_code(code_of())]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert not visitor.is_in


def test_codes_are_not_checked_while_nobody_can_count_them(world: Ground, settings: Any) -> None:
    visitor = Visitor(with_app(world.people["bea"]))
    visitor.give_password()
    gone = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9/0"}
    with override_settings(CACHES={"default": gone}):
        answer = visitor.give_code(code_of())

    assert answer.status_code == 503
    assert "Try again in a minute" in answer.content.decode()
    assert not visitor.is_in


def test_signing_in_forgets_what_failed_before(world: Ground) -> None:
    visitor = Visitor(world.people["bea"])
    for _ in range(2):
        fail(visitor, 2)
        visitor.give_password()
        assert visitor.is_in
        visitor.client.post("/logout/")


def test_an_administrator_unlocks_a_name(world: Ground) -> None:
    ada = Visitor(make.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    ada.give_password()
    bea = Visitor(world.people["bea"])
    fail(bea)
    assert locks.locked_addresses(bea.person) == ["192.0.2.7"]
    sent = {"action": "unlock_sign_in", "_selected_action": [bea.person.pk]}
    ada.client.post("/admin/exceptions_app/user/", sent)
    bea.give_password()

    assert bea.is_in
    assert Event.objects.get(kind="person.unlocked").actor == ada.person


def test_a_command_lets_in_whoever_is_locked_out_and_lost_their_phone(world: Ground) -> None:
    visitor = Visitor(with_app(world.people["bea"]))
    fail(visitor)
    call_command("let_in", "bea", stdout=StringIO())
    assert visitor.give_password()["Location"] == "/login/second-factor/"

    call_command("let_in", "bea", "--without-factors", stdout=StringIO())
    visitor.give_password()
    assert visitor.is_in
    assert Event.objects.filter(kind="factor.removed", source="command").exists()


def test_the_command_says_that_there_is_nobody(world: Ground) -> None:
    with pytest.raises(CommandError, match="no person 'zoe'"):
        call_command("let_in", "zoe")
