"""Where somebody is signed in: listed, ended one by one or all at once, and over with the password."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.people.models import User
from exceptions_app.signing_in import sessions
from exceptions_app.signing_in.models import BrowserSession
from exceptions_app.web.devices import device_of
from tests.builders import factories as make
from tests.builders.factories import PASSWORD, Ground
from tests.exceptions_app.signing_in.visitors import Visitor

pytestmark = pytest.mark.django_db
SCENE = make.ground

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"
NEW = "another-word-for-the-door"


def signed_in(person: User, address: str = "192.0.2.7") -> Visitor:
    visitor = Visitor(person, address)
    visitor.client.defaults["HTTP_USER_AGENT"] = FIREFOX
    visitor.give_password()
    assert visitor.is_in
    return visitor


@pytest.fixture
def bea(scene: Ground) -> User:
    return scene.people["bea"]


def session_of(visitor: Visitor) -> BrowserSession:
    return BrowserSession.objects.get(pk=visitor.client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_each_is_listed_with_device_address_and_times(bea: User, scene: Ground) -> None:
    here, _there = signed_in(bea), signed_in(bea, "198.51.100.9")
    signed_in(scene.people["paul"], "203.0.113.1")
    page = here.client.get("/profile/security/").content.decode()

    assert page.count("Firefox on Windows</strong>") == 2
    assert "192.0.2.7" in page
    assert "198.51.100.9" in page
    assert "203.0.113.1" not in page
    assert page.count("This one") == 1


def test_no_page_names_the_key_of_a_session(bea: User) -> None:
    here, there = signed_in(bea), signed_in(bea)
    page = here.client.get("/profile/security/").content.decode()

    assert str(session_of(there).public_id) in page
    assert session_of(there).pk not in page


def test_one_is_ended_at_once_and_the_history_told(bea: User) -> None:
    here, there = signed_in(bea), signed_in(bea)
    here.client.post(f"/profile/security/sessions/{session_of(there).public_id}/end/")

    assert here.is_in
    assert not there.is_in
    assert Event.objects.get(kind="session.ended").actor == bea


def test_all_others_are_ended_at_once(bea: User) -> None:
    here, *others = (signed_in(bea) for _ in range(3))
    here.client.post("/profile/security/sessions/end/")

    assert here.is_in
    assert not any(other.is_in for other in others)


def test_nobody_ends_the_session_of_somebody_else(bea: User, scene: Ground) -> None:
    hers, his = signed_in(bea), signed_in(scene.people["paul"])
    his.client.post(f"/profile/security/sessions/{session_of(hers).public_id}/end/")

    assert hers.is_in


def test_another_password_ends_all_other_sessions(bea: User) -> None:
    here, there = signed_in(bea), signed_in(bea)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    here.client.post("/profile/security/password/", sent)

    assert here.is_in
    assert not there.is_in
    assert [session.pk for session in sessions.live_sessions(bea)] == [session_of(here).pk]
    assert Event.objects.filter(kind="person.password_changed", actor=bea).exists()


def test_without_the_former_password_there_is_no_other(bea: User) -> None:
    here = signed_in(bea)
    sent = {"old_password": "guessed", "new_password1": NEW, "new_password2": NEW}

    assert here.client.post("/profile/security/password/", sent).status_code == 422
    bea.refresh_from_db()
    assert bea.check_password(PASSWORD)
    assert Event.objects.filter(kind="person.not_signed_in").exists()


def test_an_administrator_signs_somebody_out_by_deactivating_them(bea: User) -> None:
    hers = signed_in(bea)
    bea.is_active = False
    bea.save()

    assert not hers.is_in


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("end_sessions", "person.signed out everywhere"),
        ("remove_second_factors", "person.freed of second factors"),
    ],
)
def test_an_administrator_signs_somebody_out_everywhere(bea: User, action: str, kind: str) -> None:
    ada = make.UserFactory.create(username="ada", is_staff=True, is_superuser=True)
    hers, admin = signed_in(bea), signed_in(ada)
    admin.client.post("/admin/exceptions_app/user/", {"action": action, "_selected_action": [bea.pk]})

    assert not hers.is_in
    assert admin.is_in
    assert Event.objects.get(kind=kind).actor == ada


def test_the_use_of_a_session_is_noted_once_a_minute_and_when_it_moves(bea: User) -> None:
    row, noon = session_of(signed_in(bea)), clock.now()
    row.last_seen_at = None
    for seconds, address in (
        (0, "192.0.2.7"),
        (30, "192.0.2.7"),
        (40, "198.51.100.9"),
        (110, "198.51.100.9"),
    ):
        sessions.note_use(row, address=address, device=FIREFOX, now=noon + timedelta(seconds=seconds))
        if seconds == 30:
            assert BrowserSession.objects.get(pk=row.pk).last_seen_at == noon

    kept = BrowserSession.objects.get(pk=row.pk)
    assert (kept.last_seen_at, kept.address) == (noon + timedelta(seconds=110), "198.51.100.9")


def test_a_session_keeps_since_when_it_is_there_but_not_its_key(bea: User) -> None:
    visitor = Visitor(bea)
    visitor.client.get("/login/")
    visitor.give_password()
    before = session_of(visitor)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    visitor.client.post("/profile/security/password/", sent)
    after = session_of(visitor)

    assert after.since == before.since
    assert after.pk != before.pk
    assert after.person == bea


def test_sessions_that_ran_out_are_neither_listed_nor_kept(bea: User) -> None:
    gone = session_of(signed_in(bea))
    BrowserSession.objects.filter(pk=gone.pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not sessions.live_sessions(bea)
    signed_in(bea)

    assert not BrowserSession.objects.filter(pk=gone.pk).exists()


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(bea: User) -> None:
    cookie = signed_in(bea).client.cookies[settings.SESSION_COOKIE_NAME]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Linux"),
        ("curl/8.1", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_in_words(name: str, words: str) -> None:
    assert device_of(name) == words
