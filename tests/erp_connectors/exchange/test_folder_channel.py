"""Watched folders: each file taken once, whole, and never by a name that leads elsewhere."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database

from erp_connectors import clock
from erp_connectors.companies import Connection
from erp_connectors.exchange import inbox
from erp_connectors.exchange.channels import folder
from erp_connectors.exchange.channels.folder import pick_up, pick_up_all
from erp_connectors.exchange.channels.folders import safe_name, write_atomically
from erp_connectors.exchange.models import Interchange, StreamState
from erp_connectors.exchange.outgoing import send_due
from erp_connectors.exchange.processing import process_due
from tests.builders.factories import ConnectionFactory, EdiConnectionFactory, ground
from tests.builders.x12 import confirmation_855

pytestmark = pytest.mark.django_db

EDI = confirmation_855("1000", sender="SUP77", receiver="WESERLAND")


@pytest.fixture
def mailbox(tmp_path: Path) -> Connection:
    return EdiConnectionFactory.create(settings={"folder": str(tmp_path)})


@pytest.fixture(autouse=True)
def settled_at_the_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "SETTLED_AFTER", 0.0)


def incoming(connection: Connection) -> Path:
    path = Path(connection.settings["folder"]) / "incoming"
    path.mkdir(exist_ok=True)
    return path


def put(connection: Connection, name: str, payload: bytes = EDI) -> Path:
    path = incoming(connection) / name
    path.write_bytes(payload)
    return path


def look_twice(connection: Connection) -> int:
    return pick_up(connection) + pick_up(connection)


def files_in(connection: Connection, part: str) -> list[Path]:
    return [path for path in (Path(connection.settings["folder"]) / part).rglob("*") if path.is_file()]


def test_a_file_is_taken_into_the_inbox_and_the_archive(mailbox: Connection) -> None:
    put(mailbox, "answer.edi")

    assert look_twice(mailbox) == 1

    row = Interchange.objects.get()
    assert (row.file_name, row.channel, bytes(row.payload)) == ("answer.edi", "folder", EDI)
    (kept,) = files_in(mailbox, "archive")
    assert kept.name.endswith("-answer.edi")
    assert kept.read_bytes() == EDI
    assert files_in(mailbox, "incoming") == files_in(mailbox, "processing") == []


def test_a_file_that_still_grows_is_left_until_it_does_not(mailbox: Connection) -> None:
    path = put(mailbox, "slow.edi", EDI[:50])
    pick_up(mailbox)
    path.write_bytes(EDI)

    assert pick_up(mailbox) == 0
    assert pick_up(mailbox) == 1
    assert bytes(Interchange.objects.get().payload) == EDI


def test_two_looks_within_a_moment_do_not_call_a_file_settled(
    mailbox: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "SETTLED_AFTER", 60.0)
    put(mailbox, "fast.edi")

    assert look_twice(mailbox) == 0


def test_a_file_with_its_marker_is_taken_at_once_and_the_marker_goes(mailbox: Connection) -> None:
    put(mailbox, "answer.edi")
    put(mailbox, "answer.edi.done", b"")

    assert pick_up(mailbox) == 1
    assert files_in(mailbox, "incoming") == []
    assert Interchange.objects.get().file_name == "answer.edi"


@pytest.mark.parametrize("name", [".hidden.edi", "x.part", "x.TMP", "x.filepart"])
def test_unfinished_files_are_not_looked_at(mailbox: Connection, name: str) -> None:
    put(mailbox, name)

    assert look_twice(mailbox) == 0
    assert len(files_in(mailbox, "incoming")) == 1


def test_a_link_is_refused_with_a_sentence_beside_it(mailbox: Connection, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not for you")
    (incoming(mailbox) / "innocent.edi").symlink_to(secret)

    pick_up(mailbox)

    assert Interchange.objects.count() == 0
    (sentence,) = [path for path in files_in(mailbox, "error") if path.suffix == ".txt"]
    assert "innocent.edi" in sentence.read_text()
    assert "link" in sentence.read_text()
    assert secret.read_text() == "not for you"


def test_a_pipe_is_refused_and_holds_nobody_up(mailbox: Connection) -> None:
    os.mkfifo(incoming(mailbox) / "pipe.edi")

    pick_up(mailbox)

    assert Interchange.objects.count() == 0
    assert (Path(mailbox.settings["folder"]) / "error").is_dir()
    assert not (incoming(mailbox) / "pipe.edi").exists()


@pytest.mark.parametrize("size", [0, 1_000_001])
def test_an_empty_or_too_large_file_is_put_aside_with_the_reason(
    mailbox: Connection, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(inbox, "LARGEST", 1_000_000)
    put(mailbox, "odd.edi", b"I" * size)

    look_twice(mailbox)

    bad, sentence = sorted(files_in(mailbox, "error"), key=lambda path: path.suffix)
    assert bad.stat().st_size == size
    assert sentence.name == f"{bad.name}.txt"
    assert sentence.read_text().startswith("odd.edi\n")
    assert Interchange.objects.count() == 0


def test_a_name_that_is_no_text_is_taken_all_the_same(mailbox: Connection) -> None:
    path = os.fsencode(incoming(mailbox)) + b"/caf\xe9;rm -rf.edi"
    with open(path, "wb") as file:
        file.write(EDI)

    assert look_twice(mailbox) == 1
    assert "rm -rf" in Interchange.objects.get().file_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("..", "unnamed"),
        (".hidden", "hidden"),
        ("a\nb\0c.edi", "a_b_c.edi"),
        ("", "unnamed"),
        ("x" * 300, "x" * 120),
    ],
)
def test_no_name_becomes_a_path(name: str, safe: str, tmp_path: Path) -> None:
    assert safe_name(name) == safe
    write_atomically(tmp_path, safe_name(name), b"x")
    assert [path.name for path in tmp_path.iterdir()] == [safe]


def test_a_file_left_in_dead_hands_is_brought_in_once(
    mailbox: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "ABANDONED_AFTER", 0.0)
    pick_up(mailbox)
    for number in (1, 2):
        own = Path(mailbox.settings["folder"]) / "processing" / f"{number}"
        own.mkdir()
        (own / f"answer{number}.edi").write_bytes(confirmation_855("1000", control=number))
    inbox.receive(
        confirmation_855("1000", control=1), connection=mailbox, channel="folder", file_name="answer1.edi"
    )

    pick_up(mailbox)

    assert sorted(Interchange.objects.values_list("file_name", flat=True)) == ["answer1.edi", "answer2.edi"]
    assert (len(files_in(mailbox, "archive")), files_in(mailbox, "processing")) == (2, [])


def test_a_table_in_dead_hands_that_was_received_is_not_received_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "ABANDONED_AFTER", 0.0)
    erp = ConnectionFactory.create(settings={"folder": str(tmp_path)})
    own = tmp_path / "processing" / "1"
    own.mkdir(parents=True)
    (own / "orders.csv").write_bytes(b"order\n")
    inbox.receive(b"order\n", connection=erp, channel="folder", file_name="orders.csv")

    pick_up(erp)

    assert Interchange.objects.count() == 1
    assert len(files_in(erp, "archive")) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_take_each_file_once(tmp_path: Path) -> None:
    erp = ConnectionFactory.create(settings={"folder": str(tmp_path)})
    for number in range(20):
        put(erp, f"orders_{number}.csv", f"order\n{number}\n".encode())
        put(erp, f"orders_{number}.csv.done", b"")

    def work(_: int) -> int:
        try:
            return pick_up_all()
        finally:
            database.close()

    with ThreadPoolExecutor(6) as pool:
        taken = sum(pool.map(work, range(6)))

    assert taken == Interchange.objects.count() == len(files_in(erp, "archive")) == 20


def test_a_mailbox_is_seen_until_the_look_that_left_nothing_behind(mailbox: Connection) -> None:
    before = clock.now()
    pick_up(mailbox)
    marks = {state.stream: state for state in mailbox.streams.all()}
    assert before <= marks["confirmations"].watermark <= clock.now()
    assert marks["ship_notices"].watermark == marks["confirmations"].watermark
    assert marks["confirmations"].due_at is None

    path = put(mailbox, "young.edi")
    old = time.time() - 90
    os.utime(path, (old, old))
    pick_up(mailbox)

    mark = mailbox.streams.get(stream="confirmations").watermark
    assert mark is not None
    assert 85 < (clock.now() - mark).total_seconds() < 95


def test_a_file_in_other_hands_holds_the_mailbox_back(mailbox: Connection) -> None:
    pick_up(mailbox)
    own = Path(mailbox.settings["folder"]) / "processing" / "other"
    own.mkdir()
    (own / "answer.edi").write_bytes(EDI)
    old = time.time() - 90
    os.utime(own / "answer.edi", (old, old))

    pick_up(mailbox)

    mark = mailbox.streams.get(stream="confirmations").watermark
    assert mark is not None
    assert 85 < (clock.now() - mark).total_seconds() < 95


def test_a_marker_without_its_file_is_no_delivery_and_goes_after_a_while(mailbox: Connection) -> None:
    marker = put(mailbox, "answer.edi.done", b"")
    assert look_twice(mailbox) == 0
    assert marker.exists()

    old = time.time() - folder.ABANDONED_AFTER - 1
    os.utime(marker, (old, old))
    pick_up(mailbox)

    assert not marker.exists()
    assert files_in(mailbox, "error") == []


def test_a_folder_that_is_gone_is_noted_and_moves_no_watermark(mailbox: Connection) -> None:
    pick_up(mailbox)
    mark = mailbox.streams.get(stream="confirmations").watermark
    mailbox.settings["folder"] = "/nowhere/at/all"
    mailbox.save()

    for _ in range(3):
        assert pick_up_all() == 0

    state = mailbox.streams.get(stream="folder")
    assert (state.failures, state.lease_until) == (3, None)
    assert "/nowhere/at/all is not there" in state.last_error
    assert mailbox.streams.get(stream="confirmations").watermark == mark


def test_a_relative_folder_is_refused(mailbox: Connection) -> None:
    mailbox.settings["folder"] = "exchange/in"
    mailbox.save()

    assert pick_up(mailbox) == 0
    assert "absolute path" in mailbox.streams.get(stream="folder").last_error


def test_one_connection_without_its_folder_keeps_no_other_waiting(
    mailbox: Connection, tmp_path: Path
) -> None:
    EdiConnectionFactory.create(settings={"folder": "/nowhere"})
    put(mailbox, "a.edi")
    put(mailbox, "a.edi.done", b"")

    assert pick_up_all() == 1


def test_what_another_worker_looks_at_is_left_to_it(mailbox: Connection) -> None:
    pick_up(mailbox)
    StreamState.objects.filter(stream="folder").update(lease_until=clock.now() + folder.LEASE)
    put(mailbox, "a.edi")
    put(mailbox, "a.edi.done", b"")

    assert pick_up(mailbox) == 0


def test_a_file_nobody_could_read_ends_in_the_error_folder_with_its_report(tmp_path: Path) -> None:
    world = ground()
    world.edi.settings = {"folder": str(tmp_path)}
    world.edi.save()
    payload = confirmation_855("1000", sender="STRANGER", receiver="WESERLAND")
    put(world.edi, "bad.edi", payload)
    put(world.edi, "bad.edi.done", b"")

    pick_up(world.edi)
    process_due()
    send_due()

    bad, report = sorted(files_in(world.edi, "error"), key=lambda path: path.suffix)
    assert bad.read_bytes() == payload
    assert report.name == f"{bad.name}.txt"
    assert "ZZ/STRANGER" in report.read_text()


def test_a_file_was_received_when_it_came_into_the_mailbox_not_when_we_looked(mailbox: Connection) -> None:
    path = put(mailbox, "855.x12")
    written = time.time() - timedelta(minutes=16).total_seconds()
    os.utime(path, (written, written))
    look_twice(mailbox)
    waited = clock.now() - Interchange.objects.get().received_at
    assert timedelta(minutes=16) <= waited < timedelta(minutes=17)
