"""Each stream is read when it is due, says how far it has been seen, and fails alone."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.connectors.base import Cursor, Page, Pulled, Stream
from erp_connectors.connectors.file_drop.connector import FileDropConnector
from erp_connectors.connectors.file_drop.streams import LAYOUTS
from erp_connectors.errors import TransientError
from erp_connectors.exchange import breaker, dispatching, polling
from erp_connectors.exchange.models import CommandState, Interchange, StreamState
from tests.builders.factories import TUESDAY_TEN, EdiConnectionFactory
from tests.builders.file_world import FileWorld, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path) -> FileWorld:
    return FileWorld.make(tmp_path)


def stream(world: FileWorld, name: str = "orders") -> StreamState:
    return StreamState.objects.get(connection=world.connection, stream=name)


def poll_orders(world: FileWorld) -> StreamState:
    """Read the orders and no other stream."""
    polling.poll_due(limit=0)
    StreamState.objects.exclude(stream="orders").update(due_at=None)
    assert polling.poll_due(limit=1) == 1
    return stream(world)


def pulls(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[Stream, Cursor, datetime], Page]
) -> list[Stream]:
    """Replace what the connector does when it is asked for a page; returns which streams were asked for."""
    asked: list[Stream] = []

    def pull(self: FileDropConnector, stream: Stream, cursor: Cursor, *, now: datetime) -> Page:
        asked.append(stream)
        return answer(stream, cursor, now)

    monkeypatch.setattr(FileDropConnector, "pull", pull)
    return asked


# --- how far we have seen ---------------------------------------------------------------------


def test_every_stream_of_an_erp_is_polled_and_an_edi_mailbox_is_not(world: FileWorld) -> None:
    EdiConnectionFactory()
    assert polling.poll_due() == len(LAYOUTS) + 1
    assert set(StreamState.objects.values_list("stream", flat=True)) == {*LAYOUTS, "answers"}
    assert polling.poll_due() == 0


def test_the_watermark_is_the_start_of_the_last_complete_read(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[datetime] = []

    def slow(stream: Stream, cursor: Cursor, now: datetime) -> Page:
        started.append(now)
        world.pass_time(minutes=1)
        return Page(seen_until=now)

    pulls(monkeypatch, slow)
    assert [poll_orders(world).watermark] == started


def test_a_stream_is_due_again_after_its_interval(world: FileWorld) -> None:
    polling.poll_due()
    StreamState.objects.exclude(stream="orders").delete()
    first = stream(world).watermark
    world.pass_time(seconds=50)
    polling.poll_due()
    assert stream(world).watermark == first
    world.pass_time(seconds=20)
    polling.poll_due()
    assert stream(world).watermark is not None
    assert stream(world).watermark > first  # type: ignore[operator]


def test_a_file_nobody_picked_up_holds_the_watermark_at_its_age(world: FileWorld) -> None:
    path = world.erp.write_orders(at=clock.now())
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    polling.poll_due()
    seen = stream(world).watermark
    assert seen is not None
    assert abs(seen - (TUESDAY_TEN - timedelta(hours=1))) < timedelta(seconds=30)
    assert stream(world, "stock").watermark is not None
    assert stream(world, "stock").watermark > seen  # type: ignore[operator]


def test_a_file_in_the_hands_of_a_worker_that_died_holds_the_watermark(world: FileWorld) -> None:
    path = world.erp.write_orders(at=clock.now())
    hands = world.erp.folder / "processing" / "0123456789abcdef"
    hands.mkdir(parents=True)
    path.rename(hands / path.name)
    an_hour_ago = time.time() - 3600
    os.utime(hands / path.name, (an_hour_ago, an_hour_ago))
    polling.poll_due()
    assert stream(world).watermark is not None
    assert stream(world).watermark < TUESDAY_TEN - timedelta(minutes=59)  # type: ignore[operator]


def test_an_extract_that_is_overdue_makes_us_blind_since_the_last(world: FileWorld) -> None:
    world.connection.settings["expect_every"] = {"orders": 60, "stock": 60}
    world.connection.save()
    moment = world.pass_time(minutes=50)
    polling.poll_due()
    assert stream(world).watermark is not None
    assert stream(world).watermark >= moment  # type: ignore[operator]
    assert stream(world, "stock").watermark is None
    world.pass_time(minutes=50)
    polling.poll_due()
    assert stream(world).watermark == TUESDAY_TEN


# --- pages ------------------------------------------------------------------------------------


def test_pages_enter_the_inbox_with_their_cursor_until_there_are_no_more(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def three_pages(stream: Stream, cursor: Cursor, now: datetime) -> Page:
        number = cursor.get("page", 0) + 1
        world.pass_time(minutes=1)
        return Page(
            seen_until=now - timedelta(minutes=number),
            pulled=(Pulled(payload=b"page %d" % number, file_name=f"page-{number}"),),
            next_cursor={"page": number},
            has_more=number < 3,
        )

    pulls(monkeypatch, three_pages)
    state = poll_orders(world)
    received = Interchange.objects.filter(channel="poll").order_by("file_name")
    assert [bytes(interchange.payload) for interchange in received] == [b"page 1", b"page 2", b"page 3"]
    assert state.cursor == {"page": 3}
    assert state.watermark is not None
    assert state.watermark < TUESDAY_TEN


def test_a_page_that_breaks_keeps_the_pages_before_it(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(stream: Stream, cursor: Cursor, now: datetime) -> Page:
        if cursor:
            raise TransientError("connection reset")
        return Page(
            seen_until=now,
            pulled=(Pulled(payload=b"one", file_name="one"),),
            next_cursor={"page": 1},
            has_more=True,
        )

    pulls(monkeypatch, breaks)
    state = poll_orders(world)
    assert (state.cursor, state.watermark, state.failures) == ({"page": 1}, None, 1)
    assert Interchange.objects.filter(channel="poll").count() == 1


# --- failures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [TransientError("busy"), ZeroDivisionError("a bug")])
def test_one_connection_that_fails_does_not_stop_another(
    world: FileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    other = FileWorld.make(tmp_path / "other")
    pull = FileDropConnector.pull

    def fails(self: FileDropConnector, stream: Stream, cursor: Cursor, *, now: datetime) -> Page:
        if self.connection == world.connection:
            raise error
        return pull(self, stream, cursor, now=now)

    monkeypatch.setattr(FileDropConnector, "pull", fails)
    polling.poll_due()
    assert stream(other).watermark is not None
    failed = stream(world)
    assert (failed.watermark, failed.failures, failed.last_error) == (None, 1, str(error))
    assert failed.lease_until is None


def test_a_connection_with_settings_nobody_can_read_says_so_and_stops_no_other(
    world: FileWorld, tmp_path: Path
) -> None:
    other = FileWorld.make(tmp_path / "other")
    world.connection.settings = {"folder": 7}
    world.connection.save()
    polling.poll_due()
    assert "folder" in stream(world, "answers").last_error
    assert stream(other).watermark is not None


def test_a_folder_that_is_gone_opens_the_breaker_at_once_and_is_probed(world: FileWorld) -> None:
    folder = Path(world.connection.settings["folder"])
    aside = folder.rename(folder.with_name(f"{folder.name}-aside"))
    polling.poll_due()
    assert breaker.is_open(stream(world))
    assert "is not there" in stream(world).last_error
    assert stream(world).watermark is None
    world.pass_time(seconds=8)
    assert polling.poll_due() == 0
    aside.rename(folder)
    world.pass_time(seconds=30)
    polling.poll_due()
    state = stream(world)
    assert (state.failures, state.last_error) == (0, "")
    assert state.watermark is not None


def test_a_stream_that_another_worker_reads_is_left_alone(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    polling.poll_due()
    StreamState.objects.update(lease_until=clock.now() + timedelta(minutes=1), due_at=clock.now())
    asked = pulls(monkeypatch, lambda stream, cursor, now: Page(seen_until=now))
    assert polling.poll_due() == 0
    world.pass_time(minutes=2)
    polling.poll_due()
    assert sorted(asked) == sorted(LAYOUTS)


def test_a_worker_whose_lease_ran_out_does_not_write_over_its_successor(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_over = clock.now() + timedelta(hours=1)

    def too_slow(stream: Stream, cursor: Cursor, now: datetime) -> Page:
        StreamState.objects.filter(stream=stream).update(lease_until=taken_over)
        return Page(seen_until=now)

    asked = pulls(monkeypatch, too_slow)
    polling.poll_due()
    for state in StreamState.objects.filter(stream__in=asked):
        assert (state.watermark, state.lease_until) == (None, taken_over)


# --- answers to commands ----------------------------------------------------------------------


def answers(world: FileWorld, name: str, content: str) -> Path:
    path = Path(world.connection.settings["folder"]) / "incoming" / "answers" / name
    path.write_text(content)
    return path


def poll_answers(world: FileWorld) -> StreamState:
    world.pass_time(seconds=10)
    polling.poll_due()
    return stream(world, "answers")


@pytest.mark.parametrize(
    ("name", "content", "state", "words"),
    [
        ("a.csv", "command,outcome,words\n{key},applied,\n", CommandState.DONE, ""),
        ("a.csv", "command;outcome;words\n{key};refused;Period closed\n", CommandState.DEAD, "Period closed"),
        ("a.json", '{{"command": "{key}", "outcome": "applied"}}', CommandState.DONE, ""),
        (
            "a.json",
            '[{{"command": "{key}", "outcome": "conflict", "words": "90"}}]',
            CommandState.CONFLICT,
            "90",
        ),
        ("A.CSV", "\ufeffwords,outcome,command\r\nfine,Applied,{key}\r\n", CommandState.DONE, "fine"),
    ],
)
def test_an_answer_file_settles_its_command_and_is_archived(
    world: FileWorld, name: str, content: str, state: str, words: str
) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    path = answers(world, name, content.format(key=command.pk))
    poll_answers(world)
    assert state_of(command) == state
    command = type(command).objects.get(pk=command.pk)
    assert command.answer["words"] == words
    assert not path.exists()
    assert (Path(world.connection.settings["folder"]) / "archive" / name).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ('{"command": "x", "outcome": "maybe"}', "are needed"),
        ('{"outcome": "applied"}', "are needed"),
        ("[1]", "cannot be read"),
        ("\udcff", "cannot be read"),
        ('{"command": "x", "outcome": "applied"}', "not a command"),
    ],
)
def test_an_answer_that_makes_no_sense_is_kept_with_the_reason(
    world: FileWorld, content: str, words: str
) -> None:
    answers(world, "a.json", "").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert words in poll_answers(world).last_error
    error = Path(world.connection.settings["folder"]) / "error"
    assert (error / "a.json").exists()
    assert words in (error / "a.json.txt").read_text()
    assert words in poll_answers(world).last_error
    assert not breaker.is_open(stream(world, "answers"))


def test_good_answers_beside_a_bad_one_are_recorded(world: FileWorld) -> None:
    command = world.decide()
    dispatching.dispatch_due()
    rows: list[dict[str, Any]] = [{"command": str(command.pk), "outcome": "applied"}, {"command": "x"}]
    answers(world, "a.json", json.dumps(rows))
    assert "answer 2" in poll_answers(world).last_error
    assert state_of(command) == CommandState.DONE


def test_an_answer_file_that_still_grows_is_left_for_the_next_time(world: FileWorld) -> None:
    world.connection.settings["settle_seconds"] = 60
    world.connection.save()
    path = answers(world, "a.json", "{")
    assert poll_answers(world).last_error == ""
    assert path.exists()
    a_while_ago = time.time() - 61
    os.utime(path, (a_while_ago, a_while_ago))
    poll_answers(world)
    assert not path.exists()


def test_an_answer_file_of_the_same_name_does_not_replace_the_one_before(world: FileWorld) -> None:
    for content in ("command,outcome\n", "command,outcome,words\n"):
        answers(world, "a.csv", content)
        poll_answers(world)
    archive = Path(world.connection.settings["folder"]) / "archive"
    assert sorted(path.name for path in archive.iterdir()) == ["a.csv", "a.csv.1"]
