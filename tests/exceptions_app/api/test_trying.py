"""The command of the tour: a token for a day, and calls that work as they are printed."""

import re
import shlex
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from exceptions_app.audit.models import Event
from exceptions_app.people.models import ApiToken
from tests.exceptions_app.web.scenes import Scene, set_scene

pytestmark = pytest.mark.django_db
SCENE = set_scene
ADDRESS = "https://rightline.example"


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("try_api", "--address", f"{ADDRESS}/", *arguments, stdout=out)
    return out.getvalue()


def test_every_call_works_as_it_is_printed(scene: Scene) -> None:
    case = scene.shortage()
    said = printed()
    token = re.findall("export RIGHTLINE_TOKEN=(.+)", said)[0]
    calls = [shlex.split(line) for line in said.splitlines() if line.startswith("curl ")]
    assert len(calls) == 3
    for words in calls:
        assert "Authorization: Bearer $RIGHTLINE_TOKEN" in words
        path = words[-1].removeprefix(ADDRESS)
        headers = {"Authorization": f"Bearer {token}"}
        if "POST" in words:
            body = words[words.index("-d") + 1]
            answer = Client().post(path, body, content_type="application/json", headers=headers)
        else:
            answer = Client().get(path, headers=headers)
        assert answer.status_code == 200, (words, answer.content)

    told = Event.objects.get(case=case, kind="case.commented")
    assert (told.actor, told.summary) == (scene.world.people["bea"], "Hello from the API")


def test_the_token_ends_tomorrow_and_the_history_knows_of_it(scene: Scene) -> None:
    printed("--acts-as", "pia")
    token = ApiToken.objects.get()
    assert (token.acts_as, (token.expires_at - token.created_at).days) == (scene.world.people["pia"], 1)
    assert Event.objects.filter(kind="token.created").exists()


def test_the_calls_lead_to_where_people_reach_it_unless_another_address_is_named(scene: Scene) -> None:
    out = StringIO()
    with override_settings(PUBLIC_ADDRESS="http://127.0.0.1:8123"):
        call_command("try_api", stdout=out)
        assert "'http://127.0.0.1:8123/api/v1/cases/" in out.getvalue()
        assert f"'{ADDRESS}/api/v1/cases/" in printed()


def test_nobody_of_that_name_is_said(scene: Scene) -> None:
    with pytest.raises(CommandError, match="--acts-as"):
        printed("--acts-as", "zoe")
