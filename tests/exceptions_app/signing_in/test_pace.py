"""Guessing from many addresses, or over many names, is slowed down; who is meant still gets in."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.notifications.models import Notification
from exceptions_app.notifications.send import send_due
from exceptions_app.people.models import User
from exceptions_app.signing_in.pace import OF_ADDRESS, OF_NAME, network_of
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.signing_in.visitors import Visitor, recovery_codes_of, with_app

pytestmark = pytest.mark.django_db
SCENE = make.ground
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    cache.clear()
    clock.set_now(TUESDAY_TEN)
    return scene  # type: ignore[return-value]


def guess_from_everywhere(person: User, times: int) -> list[int]:
    """Guess wrong so often, from another address each time; return the answers' statuses."""
    return [Visitor(person, f"198.51.100.{n}").give_password("wrong").status_code for n in range(times)]


def wait_for(minutes: float) -> None:
    clock.set_now(clock.now() + MINUTE * minutes)


def attacked(world: Ground) -> User:
    """Let somebody guess the password of Bea until her name is slowed down."""
    bea = world.people["bea"]
    guess_from_everywhere(bea, OF_NAME.free)
    return bea


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_guesses_from_many_addresses_are_at_most_ten_in_a_quarter_of_an_hour(world: Ground) -> None:
    bea, looked_at = world.people["bea"], 0
    for _ in range(15):
        looked_at += guess_from_everywhere(bea, 3).count(200)
        wait_for(1)

    assert looked_at == 9


def test_an_unknown_browser_is_told_how_long_to_wait_and_then_gets_in(world: Ground) -> None:
    visitor = Visitor(attacked(world))
    answer = visitor.give_password()

    assert (answer.status_code, answer["Retry-After"]) == (429, "120")
    assert "within 2 minutes" in answer.content.decode()
    wait_for(2)
    visitor.give_password()
    assert visitor.is_in


def test_waits_grow_to_a_longest_one_and_end_with_the_hour(world: Ground) -> None:
    assert [OF_NAME.wait(n) // MINUTE for n in (5, 6, 7, 8, 1000)] == [0, 2, 4, 5, 5]
    bea = attacked(world)
    wait_for(61)
    assert guess_from_everywhere(bea, 2) == [200, 200]


def test_tries_that_are_not_looked_at_make_nobody_wait_longer(world: Ground) -> None:
    bea = attacked(world)
    assert set(guess_from_everywhere(bea, 50)) == {429}
    wait_for(2)
    visitor = Visitor(bea)
    visitor.give_password()

    assert visitor.is_in


def test_the_browser_one_signed_in_with_before_needs_not_wait(world: Ground) -> None:
    bea = Visitor(world.people["bea"])
    bea.give_password()
    bea.client.post("/logout/")
    attacked(world)
    bea.give_password()

    assert bea.is_in


def test_nor_does_a_lock_from_next_door_keep_it_out(world: Ground) -> None:
    bea = Visitor(world.people["bea"])
    bea.give_password()
    bea.client.post("/logout/")
    for _ in range(12):
        Visitor(bea.person).give_password("wrong")
        wait_for(5)
    bea.give_password()

    assert bea.is_in


def test_a_browser_known_of_somebody_else_waits(world: Ground) -> None:
    paul = Visitor(world.people["paul"])
    paul.give_password()
    paul.client.post("/logout/")
    thief = Visitor(attacked(world), client=paul.client)

    assert thief.give_password("wrong").status_code == 429


def test_a_known_browser_has_ten_tries_and_waits_like_any_other_then(world: Ground) -> None:
    thief = Visitor(world.people["bea"])
    thief.give_password()
    thief.client.post("/logout/")
    attacked(world)

    assert [thief.give_password("wrong").status_code for _ in range(11)] == [200] * 10 + [429]


def test_a_recovery_code_along_with_the_password_gets_in_at_once_and_once(world: Ground) -> None:
    visitor = Visitor(attacked(world))
    code = recovery_codes_of(with_app(visitor.person))[0]
    visitor.give_password(recovery_code=code)
    assert visitor.is_in
    assert Event.objects.get(kind="person.signed_in").after["steps"] == ["recovery_codes", "password"]

    again = Visitor(visitor.person)
    again.give_password(recovery_code=code)
    assert not again.is_in


def test_whether_password_or_code_was_wrong_nobody_learns(world: Ground) -> None:
    bea = with_app(attacked(world))
    right = recovery_codes_of(bea)[0]
    visitor = Visitor(bea, "203.0.113.9")
    answers = [
        visitor.give_password("wrong", recovery_code=right),
        visitor.give_password(recovery_code="00000000"),
        visitor.give_password("wrong", recovery_code="00000000"),
    ]

    assert {answer.status_code for answer in answers} == {429}
    pages = {re.sub(r"<input type=.hidden[^>]*>|nonce=\S+", "", each.content.decode()) for each in answers}
    assert len(pages) == 1
    assert right in recovery_codes_of(bea)


def test_nobody_learns_whether_a_name_exists(world: Ground) -> None:
    nobody = make.UserFactory.build(username="nobody.at.all")

    assert guess_from_everywhere(nobody, 8) == guess_from_everywhere(world.people["bea"], 8)


def test_the_person_is_told_by_mail_once_a_day_with_a_link_that_helps(world: Ground) -> None:
    User.objects.filter(username="bea").update(email="bea@weserland.example", language="de")
    bea = attacked(world)
    wait_for(65)
    attacked(world)
    send_due()
    (letter,) = mail.outbox

    assert letter.to == ["bea@weserland.example"]
    assert "Jemand versucht, sich mit Ihrem Namen anzumelden" in letter.subject
    assert kinds().count("person.slowed_down") == 2
    link = re.search(r"/login/known/\S+", letter.body)
    assert link is not None
    visitor = Visitor(bea, "203.0.113.9")
    visitor.client.get(link.group())
    visitor.give_password()
    assert visitor.is_in
    assert "person.browser_known" in kinds()


def test_a_link_is_good_for_a_day_and_signs_nobody_in(world: Ground) -> None:
    visitor = Visitor(attacked(world))
    answer = visitor.client.get("/login/known/nonsense/", follow=True)
    assert "too old" in answer.content.decode()
    visitor.give_password()
    assert not visitor.is_in


def test_one_address_that_tries_many_names_is_slowed_down_and_they_elsewhere_are_not(world: Ground) -> None:
    make.SignInTryFactory.create_batch(OF_ADDRESS.free - 1, address="198.51.100.66")
    Visitor(make.UserFactory.build(username="one more"), "198.51.100.66").give_password("wrong")
    paul = world.people["paul"]

    assert Visitor(paul, "198.51.100.66").give_password().status_code == 429
    elsewhere = Visitor(paul)
    elsewhere.give_password()
    assert elsewhere.is_in
    assert kinds().count("address.slowed_down") == 1
    assert not Notification.objects.exists()


def test_whoever_has_a_network_of_addresses_has_one_address(world: Ground) -> None:
    make.SignInTryFactory.create_batch(OF_ADDRESS.free - 1, address="2001:db8:1:2::/64")
    Visitor(make.UserFactory.build(username="one more"), "2001:db8:1:2:77::7").give_password("wrong")

    assert Visitor(world.people["paul"], "2001:db8:1:2:ffff::9").give_password().status_code == 429
    neighbour = Visitor(world.people["paul"], "2001:db8:1:3::9")
    neighbour.give_password()
    assert neighbour.is_in


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network_of(address) == counted


def test_an_administrator_sees_it_and_lifts_it(world: Ground) -> None:
    ada = Visitor(make.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    ada.give_password()
    bea = attacked(world)
    page = ada.client.get(f"/admin/exceptions_app/user/{bea.pk}/change/").content.decode()
    assert "unknown browsers wait until" in page
    assert "198.51.100.3" in ada.client.get("/admin/exceptions_app/signintry/").content.decode()
    sent = {"action": "unlock_sign_in", "_selected_action": [bea.pk]}
    ada.client.post("/admin/exceptions_app/user/", sent)
    visitor = Visitor(bea)
    visitor.give_password()

    assert visitor.is_in
    assert Event.objects.filter(kind="person.unlocked", actor=ada.person).exists()


def test_names_are_not_kept_as_they_were_typed(world: Ground) -> None:
    Visitor(make.UserFactory.build(username="my secret password")).give_password("wrong")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(kept)::text FROM exceptions_app_signintry AS kept")
        kept = [row[0] for row in cursor.fetchall()]

    assert len(kept) == 1
    assert "secret" not in kept[0]
