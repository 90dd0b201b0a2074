"""API tokens: made once, shown once, found again by their hash alone."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from exceptions_app.audit.models import Event
from exceptions_app.people import tokens
from exceptions_app.people.models import ApiToken
from tests.builders import factories
from tests.builders.factories import Ground

pytestmark = pytest.mark.django_db
SCENE = factories.ground

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def test_a_token_is_found_by_its_secret_and_the_secret_is_not_kept(world: Ground) -> None:
    made = tokens.create("erp", company=world.company, scopes=["cases:read"], now=NOW)
    assert tokens.find(made.secret, now=NOW) == made.row
    kept = ApiToken.objects.values().get()
    assert not [name for name, value in kept.items() if made.secret in str(value)]
    assert made.row.expires_at == NOW + timedelta(days=365)


def test_two_tokens_share_nothing(world: Ground) -> None:
    secrets = {tokens.create("t", company=world.company, scopes=[], now=NOW).secret for _ in range(20)}
    assert len({secret.split("_")[1] for secret in secrets}) == 20
    assert all(len(secret) >= 43 for secret in secrets)


@pytest.mark.parametrize("change", ["flip", "cut", "longer", "other prefix", "none"])
def test_a_secret_that_is_not_exactly_ours_is_nobody(world: Ground, change: str) -> None:
    secret = tokens.create("erp", company=world.company, scopes=[], now=NOW).secret
    changed = {
        "flip": secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        "cut": secret[:-1],
        "longer": secret + "A",
        "other prefix": "rl_ffffffff_" + secret.split("_", 2)[2],
        "none": "",
    }[change]
    assert tokens.find(changed, now=NOW) is None


def test_a_token_ends_at_its_last_moment(world: Ground) -> None:
    secret = tokens.create("erp", company=world.company, scopes=[], now=NOW, days=1).secret
    end = NOW + timedelta(days=1)
    assert tokens.find(secret, now=end - timedelta(microseconds=1)) is not None
    assert tokens.find(secret, now=end) is None


def test_its_use_is_noted_once_a_minute(world: Ground) -> None:
    made = tokens.create("erp", company=world.company, scopes=[], now=NOW)
    for seconds, noted in ((0, 0), (59, 0), (61, 61)):
        tokens.find(made.secret, now=NOW + timedelta(seconds=seconds))
        assert ApiToken.objects.get().last_used_at == NOW + timedelta(seconds=noted)


def test_an_unknown_scope_is_refused_with_those_there_are(world: Ground) -> None:
    with pytest.raises(ValueError, match=r"Unknown scope: cases:burn\. Known are inbound:write"):
        tokens.create("erp", company=world.company, scopes=["cases:burn"], now=NOW)


def test_the_command_prints_the_secret_once_and_tells_the_history(world: Ground) -> None:
    out = StringIO()
    call_command(
        "create_token",
        "erp",
        "--company",
        "weserland",
        "--scope",
        "cases:read",
        "--acts-as",
        "bea",
        stdout=out,
    )
    row = ApiToken.objects.get()
    assert tokens.find(out.getvalue().strip(), now=row.created_at) == row
    assert (row.acts_as, row.scopes) == (world.people["bea"], ["cases:read"])
    event = Event.objects.get(kind="token.created")
    assert event.after["scopes"] == ["cases:read"]
    assert out.getvalue().strip() not in str(event.after)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--company", "nowhere", "--scope", "cases:read"],
            "There is no company 'nowhere'; known are weserland",
        ),
        (["--company", "weserland", "--scope", "cases:read", "--acts-as", "zoe"], "no active person 'zoe'"),
    ],
)
def test_the_command_says_what_is_wrong(world: Ground, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("create_token", "erp", *arguments)
    assert not ApiToken.objects.exists()
