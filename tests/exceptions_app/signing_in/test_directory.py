"""Signing in with the company's identity provider: believed only when everything about it is right."""

import re
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import jwt
import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client, override_settings

from exceptions_app.audit.models import Event
from exceptions_app.people.models import Membership, Role, User
from exceptions_app.signing_in.models import DirectoryGroup
from tests.builders import factories as make
from tests.builders.factories import Ground
from tests.exceptions_app.signing_in.visitors import Visitor, code_of, with_app
from tests.peers.identity_provider import (
    CLIENT,
    SECRET,
    Claims,
    IdentityProvider,
    identity_provider,
    key,
    signed,
)

pytestmark = pytest.mark.django_db
SCENE = make.ground

BEA = {"sub": "b-1", "email": "bea@weserland.example", "email_verified": True}


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: IdentityProvider, scene: Ground) -> Iterator[IdentityProvider]:
    running.person, running.bend, running.sign = dict(BEA), dict, signed
    running.names_itself, running.refusals, running.leads_out, running.left = "", [], True, []
    User.objects.filter(username="bea").update(email="Bea@Weserland.example")
    with override_settings(
        OIDC_ISSUER=running.issuer,
        OIDC_CLIENT_ID=CLIENT,
        OIDC_CLIENT_SECRET=SECRET,
        OIDC_GROUPS_CLAIM="groups",
    ):
        yield running


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None

    def http_error_302(self, request: Any, answer: Any, *_: Any) -> Any:
        return answer


def sent_back(client: Client, next_page: str = "") -> str:
    """Ask for a sign-in, say yes at the provider, and return where it sends the browser."""
    begun = client.get("/login/directory/", {"next": next_page})
    with build_opener(_Stay).open(begun["Location"]) as answer:
        place = urlsplit(answer.headers["Location"])
    assert place.path == "/login/directory/back/"
    return f"{place.path}?{place.query}"


def sign_in(client: Client, next_page: str = "") -> HttpResponse:
    return client.get(sent_back(client, next_page))


def who_is_in(client: Client) -> str:
    answer = client.get("/profile/")
    return answer.wsgi_request.user.username if answer.status_code == 200 else ""


def why() -> str:
    return str(Event.objects.filter(kind="person.not_signed_in").latest("id").after["why"])


def test_the_page_offers_it(provider: IdentityProvider, client: Client) -> None:
    assert "Sign in with your company" in client.get("/login/").content.decode()
    with override_settings(OIDC_NAME="Weserland"):
        assert "Sign in with Weserland" in client.get("/login/").content.decode()
    with override_settings(OIDC_ISSUER=""):
        assert "Sign in with your company" not in client.get("/login/").content.decode()
        assert client.get("/login/directory/").status_code == 404


def test_who_is_known_by_their_verified_address_is_signed_in(
    provider: IdentityProvider, client: Client
) -> None:
    assert sign_in(client, "/approvals/")["Location"] == "/approvals/"
    assert who_is_in(client) == "bea"
    assert provider.refusals == []
    assert Event.objects.get(kind="person.signed_in").after == {"steps": ["directory"]}


def test_no_address_of_others_is_led_to(provider: IdentityProvider, client: Client) -> None:
    assert sign_in(client, "https://evil.example/")["Location"] == "/"


def test_somebody_known_stays_themselves_whatever_becomes_of_their_address(
    provider: IdentityProvider, client: Client
) -> None:
    sign_in(client)
    provider.person["email"] = "paul@weserland.example"
    other = Client()
    sign_in(other)

    assert who_is_in(other) == "bea"


# --- what is not believed -----------------------------------------------------------------------------------


def bent(**changes: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {name: value for name, value in (claims | changes).items() if value is not None}


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})


def signed_with_what_everybody_knows(claims: Claims) -> str:
    return jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "one"})


def with_an_unknown_key(claims: Claims) -> str:
    return jwt.encode(claims, key("provider"), algorithm="RS256", headers={"kid": "two"})


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(bent(iss="https://evil.example"), id="another issuer"),
        pytest.param(bent(aud="another-client"), id="another audience"),
        pytest.param(bent(aud=[CLIENT, "another-client"]), id="for several without saying to whom"),
        pytest.param(bent(exp=int(time.time()) - 3600), id="expired"),
        pytest.param(bent(iat=int(time.time()) + 3600), id="from the future"),
        pytest.param(bent(nonce="x" * 43), id="another nonce"),
        *(
            pytest.param(bent(**{name: None}), id=f"no {name}")
            for name in ("iss", "aud", "exp", "nonce", "sub")
        ),
    ],
)
def test_a_token_that_says_something_wrong_lets_nobody_in(
    provider: IdentityProvider, client: Client, bend: Callable[[Claims], Claims]
) -> None:
    provider.bend = bend
    answer = sign_in(client)

    assert answer["Location"] == "/login/"
    assert who_is_in(client) == ""
    assert "Try again" in client.get("/login/").content.decode()
    assert why().startswith("The token")


@pytest.mark.parametrize(
    "sign",
    [
        lambda claims: signed(claims, by="somebody else"),
        unsigned,
        signed_with_what_everybody_knows,
        with_an_unknown_key,
        lambda claims: "no token at all",
        lambda claims: signed(claims)[:-4] + "AAAA",
    ],
    ids=["another key", "none", "shared secret", "unknown key", "nonsense", "changed signature"],
)
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    provider: IdentityProvider, client: Client, sign: Callable[[Claims], str]
) -> None:
    provider.sign = sign
    sign_in(client)

    assert who_is_in(client) == ""
    assert why().startswith("The token")


def test_an_answer_works_once_and_only_in_the_browser_that_asked(
    provider: IdentityProvider, client: Client
) -> None:
    answer = sent_back(client)
    stranger = Client()
    stranger.get(answer)
    assert who_is_in(stranger) == ""
    client.get(answer)
    client.post("/logout/")
    client.get(answer)

    assert who_is_in(client) == ""
    assert "did not ask for it" in why()


def test_an_answer_with_another_state_or_issuer_is_not_taken(
    provider: IdentityProvider, client: Client
) -> None:
    for name in ("state", "iss"):
        address = urlsplit(sent_back(client))
        sent = {each: values[0] for each, values in parse_qs(address.query).items()} | {name: "another"}
        client.get(address.path, sent)

        assert who_is_in(client) == ""


def test_a_code_stolen_from_another_browser_is_of_no_use(provider: IdentityProvider, client: Client) -> None:
    stolen = parse_qs(urlsplit(sent_back(client)).query)["code"][0]
    thief = Client()
    address = urlsplit(sent_back(thief))
    thief.get(address.path, {"state": parse_qs(address.query)["state"][0], "code": stolen})

    assert who_is_in(thief) == ""
    assert provider.refusals == ["code_verifier"]


def test_a_provider_that_calls_itself_another_is_not_asked(
    provider: IdentityProvider, client: Client
) -> None:
    provider.names_itself = "https://evil.example"

    assert client.get("/login/directory/")["Location"] == "/login/"
    assert "cannot be reached" in client.get("/login/").content.decode()


def test_a_provider_that_is_away_is_said_so(provider: IdentityProvider, client: Client) -> None:
    with override_settings(OIDC_ISSUER="http://127.0.0.1:9"):
        client.get("/login/directory/")

    assert "cannot be reached" in client.get("/login/").content.decode()


def test_who_says_no_at_the_provider_is_back_at_the_door(provider: IdentityProvider, client: Client) -> None:
    state = parse_qs(urlsplit(sent_back(client)).query)["state"][0]
    answer = client.get("/login/directory/back/", {"state": state, "error": "access_denied"})

    assert answer["Location"] == "/login/"
    assert "access_denied" in why()


# --- whose account it is ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verified", [False, None, "no"])
def test_an_address_that_is_not_verified_is_nobodys(
    provider: IdentityProvider, client: Client, verified: Any
) -> None:
    provider.bend = bent(email_verified=verified)
    sign_in(client)
    assert who_is_in(client) == ""

    with override_settings(OIDC_EMAIL_IS_VERIFIED=True):
        sign_in(client)
    assert who_is_in(client) == "bea"


def test_an_address_of_several_people_is_nobodys(provider: IdentityProvider, client: Client) -> None:
    make.UserFactory.create(username="bea2", email="bea@weserland.example")
    sign_in(client)

    assert "Several people here" in client.get("/login/").content.decode()
    assert who_is_in(client) == ""


def test_who_was_deactivated_does_not_come_back_through_the_directory(
    provider: IdentityProvider, client: Client
) -> None:
    User.objects.filter(username="bea").update(is_active=False)
    sign_in(client)

    assert who_is_in(client) == ""


def test_a_stranger_is_added_only_where_the_settings_say_so_and_then_without_a_team(
    provider: IdentityProvider, client: Client
) -> None:
    provider.person = {
        "sub": "n-1", "email": "nina@weserland.example", "email_verified": True,
        "preferred_username": "bea", "given_name": "Nina", "family_name": "Neu",
    }  # fmt: skip
    sign_in(client)
    assert "no access here yet" in client.get("/login/").content.decode()

    with override_settings(OIDC_ADDS_PEOPLE=True):
        sign_in(client)
    assert who_is_in(client) == "bea2"
    nina = User.objects.get(username="bea2")
    assert (str(nina), nina.is_staff, nina.has_usable_password()) == ("Nina Neu", False, False)
    assert not nina.memberships.exists()
    assert Event.objects.filter(kind="person.added").exists()


def test_nobody_chooses_by_an_address_whose_account_theirs_is(
    provider: IdentityProvider, scene: Ground
) -> None:
    paul = Visitor(scene.people["paul"])
    paul.give_password()
    sent = {"first_name": "Paul", "email": "bea@weserland.example", "time_zone": "Europe/Berlin"}
    paul.client.post("/profile/", sent | {"theme": "auto", "language": "en"})

    assert User.objects.get(username="paul").email != "bea@weserland.example"


# --- groups -------------------------------------------------------------------------------------------------


def memberships(person: str) -> dict[str, tuple[str, Decimal | None]]:
    return {row.team.code: (row.role, row.limit) for row in Membership.objects.filter(user__username=person)}


def test_groups_give_and_take_teams_and_leave_what_was_given_by_hand(
    provider: IdentityProvider, client: Client, scene: Ground
) -> None:
    teams, before = scene.teams, memberships("bea")
    for group, team, role in (
        ("fin", "FIN", Role.MEMBER),
        ("fin-leads", "FIN", Role.LEAD),
        ("pro", "PRO", Role.MANAGER),
    ):
        DirectoryGroup.objects.create(group=group, team=teams[team], role=role)

    provider.person["groups"] = ["fin", "fin-leads", "pro", "of no interest"]
    sign_in(client)
    assert memberships("bea") == before | {"FIN": (Role.LEAD, None)}
    provider.person["groups"] = ["fin"]
    sign_in(client)
    assert memberships("bea") == before | {"FIN": (Role.MEMBER, None)}
    del provider.person["groups"]
    sign_in(client)
    assert memberships("bea") == before | {"FIN": (Role.MEMBER, None)}
    provider.person["groups"] = []
    sign_in(client)
    assert memberships("bea") == before

    told = Event.objects.filter(kind__startswith="membership").order_by("id").values_list("kind", flat=True)
    assert list(told) == ["membership.added", "membership.changed", "membership.removed"]


# --- and the second factor ----------------------------------------------------------------------------------


def test_whoever_has_a_factor_is_asked_for_it_here_too(
    provider: IdentityProvider, client: Client, scene: Ground
) -> None:
    with_app(scene.people["bea"])

    assert sign_in(client)["Location"] == "/login/second-factor/"
    assert who_is_in(client) == ""
    client.post("/login/second-factor/", {"code": code_of()})
    assert who_is_in(client) == "bea"


@pytest.mark.parametrize(("amr", "is_in"), [(None, ""), (["pwd"], ""), (["pwd", "mfa"], "bea")])
def test_a_factor_that_the_provider_asked_for_is_enough(
    provider: IdentityProvider, client: Client, amr: list[str] | None, is_in: str
) -> None:
    provider.bend = bent(amr=amr)
    with override_settings(SECOND_FACTOR="required"):
        sign_in(client)
        assert who_is_in(client) == is_in


def test_who_has_the_directory_alone_confirms_by_it(provider: IdentityProvider, client: Client) -> None:
    provider.person["sub"] = "n-2"
    provider.person["email"] = "nina@weserland.example"
    setting_up = "/profile/security/app/"
    with override_settings(OIDC_ADDS_PEOPLE=True, SECOND_FACTOR="required"):
        assert sign_in(client)["Location"] == "/"
        assert client.get(setting_up).status_code == 200
        with override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=0):
            assert client.get(setting_up)["Location"].startswith("/login/directory/?next=")
        assert sign_in(client, setting_up)["Location"] == setting_up
        page = client.get(setting_up)
        client.post(setting_up, {"code": code_of(page.context["form"].secret)})

    assert Authenticator.objects.filter(user__email="nina@weserland.example").count() == 2


# --- and out again ------------------------------------------------------------------------------------------


def way_out(client: Client) -> str:
    """Sign out, and return where the page leads to; empty where it leads nowhere else."""
    page = client.post("/logout/").content.decode()
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    return unescape(found.group(1)) if found else ""


def test_signing_out_ends_the_session_at_the_provider_too(provider: IdentityProvider, client: Client) -> None:
    sign_in(client)
    address = way_out(client)
    assert who_is_in(client) == ""
    with build_opener(_Stay).open(address) as answer:
        assert answer.headers["Location"] == "http://testserver/login/"

    assert (provider.left, provider.refusals) == (["b-1"], [])


def test_one_who_still_owes_a_second_factor_leaves_the_provider_too(
    provider: IdentityProvider, client: Client, scene: Ground
) -> None:
    with_app(scene.people["bea"])
    sign_in(client)

    assert way_out(client).startswith(f"{provider.issuer}/logout?")


def test_where_there_is_nothing_to_end_signing_out_leads_to_the_door(
    provider: IdentityProvider, client: Client, scene: Ground
) -> None:
    provider.leads_out = False
    sign_in(client)
    assert client.post("/logout/")["Location"] == "/login/"
    provider.leads_out = True
    bea = Visitor(scene.people["bea"])
    bea.give_password()
    assert bea.client.post("/logout/")["Location"] == "/login/"


def test_a_token_too_long_for_an_address_stays_at_home(provider: IdentityProvider, client: Client) -> None:
    provider.bend = bent(about="x" * 5000)
    sign_in(client)

    assert "id_token_hint" not in way_out(client)
