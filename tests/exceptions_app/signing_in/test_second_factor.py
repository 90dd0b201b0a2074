"""The second factor: asked before any page, of whoever has one, and of whoever must; nobody gets round it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.people.models import User
from exceptions_app.signing_in import factors, secrets
from tests.builders import factories as make
from tests.builders.factories import Ground
from tests.exceptions_app.signing_in.visitors import (
    SECRET,
    Visitor,
    code_of,
    recovery_codes_of,
    with_app,
)

pytestmark = pytest.mark.django_db
SCENE = make.ground

PAGES = ("/", "/notifications/", "/profile/", "/profile/security/", "/admin/", "/api/v1/cases/")


@pytest.fixture
def world(scene: Ground) -> Ground:
    cache.clear()
    return scene


@pytest.fixture
def bea(world: Ground) -> User:
    return with_app(world.people["bea"])


@pytest.fixture
def asked_of_approvers() -> Iterator[None]:
    with override_settings(SECOND_FACTOR="approvers"):
        yield


def test_a_password_alone_lets_in_whoever_has_set_up_nothing(world: Ground) -> None:
    visitor = Visitor(world.people["bea"])

    assert visitor.give_password()["Location"] == "/"
    assert visitor.is_in


@pytest.mark.parametrize("path", PAGES)
def test_no_page_opens_between_the_password_and_the_code(bea: User, path: str) -> None:
    visitor = Visitor(bea)

    assert visitor.give_password()["Location"] == "/login/second-factor/"
    assert visitor.client.get(path).status_code in (302, 401, 403)
    assert not visitor.is_in


def test_the_code_leads_to_the_page_that_was_asked_for(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password(next="/approvals/")

    assert visitor.give_code(code_of())["Location"] == "/approvals/"
    assert visitor.is_in


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_no_address_of_others_is_led_to(bea: User, next_page: str) -> None:
    visitor = Visitor(bea)
    visitor.give_password(next=next_page)

    assert visitor.give_code(code_of())["Location"] == "/"


def test_the_page_asks_for_the_code_in_our_words(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    page = visitor.client.get("/login/second-factor/").content.decode()

    assert "Code from your app, or a recovery code" in page
    assert "Use a passkey" not in page


def test_a_wrong_code_lets_nobody_in_and_is_told(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    answer = visitor.give_code("000000")

    assert "This is not right" in answer.content.decode()
    assert not visitor.is_in
    told = Event.objects.get(kind="person.not_signed_in")
    assert told.summary == "A sign-in as bea failed: wrong code from an app"


def test_a_code_opens_one_door_only(bea: User) -> None:
    first, second = Visitor(bea), Visitor(bea)
    code = code_of()
    for visitor in (first, second):
        visitor.give_password()
        visitor.give_code(code)

    assert first.is_in
    assert not second.is_in


def test_a_recovery_code_works_once(bea: User) -> None:
    code = recovery_codes_of(bea)[0]
    for is_let_in in (True, False):
        visitor = Visitor(bea)
        visitor.give_password()
        visitor.give_code(code)
        assert visitor.is_in is is_let_in


def test_codes_cannot_be_tried_without_end(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    for number in range(6):
        answer = visitor.give_code(f"00000{number}")
    refused = visitor.give_code(code_of())

    assert "Too many" in answer.content.decode()
    assert "Too many" in refused.content.decode()
    assert not visitor.is_in


def test_the_code_of_another_person_is_of_no_use(bea: User, world: Ground) -> None:
    visitor = Visitor(world.people["paul"])
    with_app(world.people["paul"])
    Authenticator.objects.filter(user=bea).update(data={"secret": secrets.seal("A" * 32)})
    visitor.give_password()
    visitor.give_code(code_of("A" * 32))

    assert not visitor.is_in


def test_the_second_step_without_the_first_leads_to_the_first(bea: User) -> None:
    assert Visitor(bea).give_code(code_of())["Location"] == "/login/"


def test_the_secret_of_an_app_is_not_readable_in_the_database(bea: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator WHERE type = 'totp'")
        (kept,) = cursor.fetchone()

    assert SECRET not in kept
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of())


# --- of whom it is asked ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "is_asked"), [("ada", True), ("paul", True), ("bea", True), ("finn", True), ("carl", False)]
)
def test_it_is_asked_of_superusers_and_of_whoever_may_approve(
    world: Ground, asked_of_approvers: None, who: str, is_asked: bool
) -> None:
    person = {"carl": lambda: make.UserFactory.create(username="carl")}.get(
        who, lambda: world.people.get(who) or make.UserFactory.create(username=who, is_superuser=True)
    )()
    visitor = Visitor(person)
    visitor.give_password()

    assert visitor.is_in is not is_asked


@pytest.mark.parametrize("path", ["/", "/notifications/", "/profile/", "/admin/", "/admin/password_change/"])
def test_whoever_must_have_one_and_has_none_can_only_set_one_up(
    world: Ground, asked_of_approvers: None, path: str
) -> None:
    visitor = Visitor(make.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    visitor.give_password()

    assert visitor.client.get(path)["Location"] == "/profile/security/"
    assert "asks for a second factor" in visitor.client.get("/profile/security/").content.decode()
    refused = visitor.client.get("/api/v1/cases/")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"


def test_a_fragment_is_led_as_a_whole_page(world: Ground, asked_of_approvers: None) -> None:
    visitor = Visitor(world.people["paul"])
    visitor.give_password()

    answer = visitor.client.get("/notifications/bell/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/profile/security/"


def test_setting_one_up_opens_everything(
    world: Ground, asked_of_approvers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests commit nothing; in the product it comes before the answer.
    monkeypatch.setattr(transaction, "on_commit", lambda told: told())
    visitor = Visitor(world.people["paul"])
    visitor.give_password()
    page = set_up_app(visitor)

    assert page["Location"] == "/profile/security/codes/"
    assert visitor.is_in
    assert {event.kind for event in Event.objects.filter(kind__startswith="factor")} == {"factor.added"}


def set_up_app(visitor: Visitor) -> Any:
    visitor.confirm()
    secret = visitor.client.get("/profile/security/app/").context["form"].secret
    return visitor.client.post("/profile/security/app/", {"code": code_of(secret)})


def test_a_session_from_before_the_factor_must_show_it(world: Ground, asked_of_approvers: None) -> None:
    paul = world.people["paul"]
    visitor = Visitor(paul)
    visitor.client.force_login(paul, backend="django.contrib.auth.backends.ModelBackend")
    with_app(paul)

    for path in ("/notifications/", "/profile/security/"):
        assert visitor.client.get(path)["Location"].startswith("/profile/confirm/code/?next=")
    visitor.client.post("/profile/confirm/code/", {"code": code_of()})
    assert visitor.is_in


def test_it_is_asked_of_whoever_a_rule_names_and_of_whoever_stands_in(world: Ground) -> None:
    wes = make.MembershipFactory.create(team=world.teams["WHS"], role="member", limit=None).user
    una = make.MembershipFactory.create(team=world.teams["WHS"], role="member", limit=None).user
    assert not factors.may_approve(wes)
    today = clock.now().date()
    days = {"first_day": today - timedelta(days=1), "last_day": today + timedelta(days=1)}
    make.DelegationFactory.create(person=world.people["paul"], delegate=una, **days)
    assert factors.may_approve(una)
    make.ApprovalRuleFactory.create(asks="WHS")

    assert factors.may_approve(wes)


def test_everybody_can_be_asked(world: Ground) -> None:
    visitor = Visitor(make.UserFactory.create(username="carl"))
    with override_settings(SECOND_FACTOR="required"):
        visitor.give_password()
        assert not visitor.is_in


# --- the other doors ----------------------------------------------------------------------------------------


def test_the_administration_has_no_door_of_its_own(world: Ground) -> None:
    ada = with_app(make.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    visitor = Visitor(ada)
    page = visitor.client.get("/admin/login/?next=/admin/")
    assert "Sign in" in page.content.decode()

    sent = {"username": "ada", "password": make.PASSWORD, "next": "/admin/"}
    assert visitor.client.post("/admin/login/", sent)["Location"] == "/login/second-factor/"
    assert visitor.client.get("/admin/").status_code == 302
    assert visitor.give_code(code_of())["Location"] == "/admin/"
    assert visitor.client.get("/admin/").status_code == 200


def test_whoever_does_not_administer_is_not_led_in_circles(world: Ground) -> None:
    visitor = Visitor(world.people["bea"])
    visitor.give_password()

    assert visitor.client.get("/admin/", follow=True).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/signup/",
        "/accounts/login/",
        "/accounts/password/reset/",
        "/password/reset/",
        "/login/code/",
        "/accounts/email/",
    ],
)
def test_nobody_makes_an_account_or_gets_a_password_by_mail(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_name_that_nobody_has_is_answered_like_a_wrong_password(world: Ground) -> None:
    def words(username: str) -> str:
        sent = {"username": username, "password": "wrong"}
        return Client().post("/login/", sent).context["form"].non_field_errors()[0]

    assert words("bea") == words("nobody-here")


# --- changing one's sign-in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/profile/security/app/",
        "/profile/security/app/remove/",
        "/profile/security/passkeys/add/",
        "/profile/security/codes/",
        "/profile/security/codes/new/",
        "/profile/security/codes/download/",
    ],
)
def test_changes_are_asked_to_be_confirmed(bea: User, path: str) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    visitor.give_code(code_of())
    path = "/profile/security/app/remove/" if path.endswith("/app/") else path

    assert visitor.client.get(path)["Location"].startswith("/profile/confirm/")
    visitor.confirm("wrong password")
    assert visitor.client.get(path)["Location"].startswith("/profile/confirm/")
    visitor.confirm()
    assert visitor.client.get(path).status_code == 200


def test_switching_codes_off_is_told(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    visitor.give_code(code_of())
    visitor.confirm()
    visitor.client.post("/profile/security/app/remove/")

    assert not Authenticator.objects.filter(user=bea).exists()
    assert Event.objects.filter(kind="factor.removed", actor=bea).count() == 2


def test_a_sign_in_is_told_with_what_it_was_done(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    visitor.give_code(code_of())
    event = Event.objects.get(kind="person.signed_in")

    assert event.actor == bea
    assert event.after == {"steps": ["password", "totp"]}
    assert event.source == "web 192.0.2.7"


def test_signing_out_ends_the_wait_for_a_code_too(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    visitor.client.post("/logout/")

    assert visitor.give_code(code_of())["Location"] == "/login/"


def test_somebody_deactivated_meanwhile_does_not_get_in(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.give_password()
    User.objects.filter(pk=bea.pk).update(is_active=False)
    visitor.give_code(code_of())

    assert not visitor.is_in
