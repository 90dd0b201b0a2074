"""`manage.py receive`: files into the inbox, and what became of them."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from erp_connectors.exchange import reporters
from erp_connectors.exchange.models import Interchange, InterchangeStatus
from erp_connectors.exchange.reporters import Reported, add_reporter
from tests.builders.edifact import Parties, order_response
from tests.builders.factories import EdiConnectionFactory, Ground, PartnerProfileFactory, ground
from tests.builders.x12 import confirmation_855

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def confirmation(tmp_path: Path, sender: str = "SUP77") -> Path:
    path = tmp_path / "answer.edi"
    path.write_bytes(confirmation_855("1000", sender=sender, receiver="WESERLAND"))
    return path


def receive(*arguments: str) -> str:
    out = StringIO()
    call_command("receive", *arguments, stdout=out)
    return out.getvalue()


def report_on(*arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(receive(*arguments, "--json"))
    return report


def test_it_hands_the_file_over_and_leaves_the_rest_to_a_worker(world: Ground, tmp_path: Path) -> None:
    report = report_on(str(confirmation(tmp_path)))

    row = Interchange.objects.get()
    assert (row.status, row.channel, row.file_name) == (InterchangeStatus.RECEIVED, "command", "answer.edi")
    assert (report["status"], report["new"], report["transactions"]) == ("received", True, [])


def test_with_wait_it_says_what_became_of_every_transaction(world: Ground, tmp_path: Path) -> None:
    report = report_on(str(confirmation(tmp_path)), "--wait")

    (transaction,) = report["transactions"]
    assert (report["status"], report["connection"]) == ("processed", world.edi.code)
    assert (transaction["verdict"], transaction["status"]) == ("accept", "applied")
    assert (transaction["documents"], transaction["orders"]) == (["confirmation 1000"], ["1000"])


def test_those_above_add_what_they_know_of_the_orders(
    world: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporters, "_reporters", [])
    asked: list[Reported] = []

    def cases(about: Reported) -> dict[str, list[str]]:
        asked.append(about)
        return {"cases": ["EX-17"]}

    add_reporter(cases)
    add_reporter(cases)
    path = confirmation(tmp_path)

    assert "cases: EX-17" in receive(str(path), "--wait")
    assert [(about.orders, len(about.heads)) for about in asked] == [([], 1)]


def test_in_words_it_gives_the_verdict_and_the_reason(world: Ground, tmp_path: Path) -> None:
    text = receive(str(confirmation(tmp_path, sender="STRANGER")), "--connection", world.edi.code, "--wait")

    assert "quarantined quarantine" in text
    assert "ZZ/STRANGER" in text


def test_the_same_file_again_is_said_to_have_come_before(world: Ground, tmp_path: Path) -> None:
    path = str(confirmation(tmp_path))
    receive(path, "--wait")

    assert "(received before)" in receive(path, "--wait")


def test_the_partner_in_the_file_says_which_mailbox_it_is_for(world: Ground, tmp_path: Path) -> None:
    EdiConnectionFactory.create()

    assert report_on(str(confirmation(tmp_path)))["connection"] == world.edi.code


def test_the_unb_of_an_edifact_file_says_so_too(world: Ground, tmp_path: Path) -> None:
    EdiConnectionFactory.create()
    PartnerProfileFactory.create(
        connection=world.edi,
        supplier=world.supplier,
        their_qualifier="14",
        their_id="DORN",
        our_qualifier="14",
        our_id="WESERLAND",
    )
    path = tmp_path / "answer.edi"
    path.write_bytes(order_response("1000", parties=Parties(sender="DORN", receiver="WESERLAND")))

    report = report_on(str(path), "--wait")

    (transaction,) = report["transactions"]
    assert (report["connection"], transaction["documents"]) == (world.edi.code, ["confirmation 1000"])


def test_where_several_would_do_it_asks_which(world: Ground, tmp_path: Path) -> None:
    other = EdiConnectionFactory.create()

    with pytest.raises(CommandError) as refused:
        receive(str(confirmation(tmp_path, sender="STRANGER")))

    assert other.code in str(refused.value)
    assert "--connection" in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["/nowhere.edi"], "No such file"), (["--connection", "nobody", __file__], "nobody")],
)
def test_what_cannot_be_done_is_said_in_a_sentence(world: Ground, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        receive(*arguments)


def test_an_empty_file_is_refused(world: Ground, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")

    with pytest.raises(CommandError, match="empty"):
        receive(str(tmp_path / "empty.csv"))
