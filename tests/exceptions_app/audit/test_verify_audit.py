"""`verify_audit` says whether the history is what it was, and where not."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from erp_connectors import clock
from exceptions_app.audit import heads, seals, verify
from exceptions_app.audit.record import record
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.audit.tampering import chain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.RIGHTLINE_HOME = tmp_path / "home"
    monkeypatch.setattr(verify, "PATIENCE", 0)
    clock.set_now(TUESDAY_TEN + timedelta(hours=1))
    return tmp_path


def run(*options: str) -> str:
    out = StringIO()
    call_command("verify_audit", *options, stdout=out)
    return out.getvalue()


def answer() -> dict[str, Any]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--json", stdout=out)
    assert ended.value.code == 1
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def change(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def cut_off_after(sequence: int) -> None:
    sealed = f"SELECT event_id FROM exceptions_app_seal WHERE sequence > {sequence}"
    change(f"DELETE FROM exceptions_app_event WHERE id IN ({sealed})")
    change(f"DELETE FROM exceptions_app_seal WHERE sequence > {sequence}")


def event_of(sequence: int) -> str:
    return f"(SELECT event_id FROM exceptions_app_seal WHERE sequence = {sequence})"


def test_an_empty_history_and_a_whole_one_hold() -> None:
    assert "0 events are sealed" in run()
    chain(12)
    assert json.loads(run("--json")) == {
        "holds": True,
        "sealed": 12,
        "head": seals.head().hash.hex(),
        "heads_outside": 0,
        "broken": None,
    }


def test_the_chain_is_followed_over_the_ends_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "BLOCK", 5)
    chain(12)
    run()
    change(f"UPDATE exceptions_app_event SET reason = 'x' WHERE id = {event_of(11)}")
    assert answer()["broken"]["sequence"] == 11


@pytest.mark.parametrize(("gone", "after"), [((5,), 4), ((4, 5), 3), ((6,), 5), ((10, 11), 9)])
def test_seals_missing_at_the_end_of_a_block_are_found(
    gone: tuple[int, ...], after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "BLOCK", 5)
    chain(12)
    change(f"DELETE FROM exceptions_app_seal WHERE sequence IN ({', '.join(map(str, gone))})")
    assert answer()["broken"]["words"].startswith(f"Seals are missing: after {after} comes")


def test_a_seal_with_a_number_below_one_is_found() -> None:
    chain(3)
    change(
        "INSERT INTO exceptions_app_seal (sequence, event_id, hash, sealed_at) "
        "SELECT -1, gen_random_uuid(), hash, sealed_at FROM exceptions_app_seal WHERE sequence = 1"
    )
    assert not answer()["holds"]


def test_a_block_is_verified_by_the_keys_of_its_events_however_many_there_are() -> None:
    chain(400)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE exceptions_app_event, exceptions_app_seal")
    with verify._by_keys(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {verify._COUNTS}", [bytes(32), 100, 300])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "exceptions_app_event_pkey" in plan, plan


@pytest.mark.parametrize(
    ("tampering", "sequence", "words"),
    [
        (f"UPDATE exceptions_app_event SET summary = 'x' WHERE id = {event_of(4)}", 4, "was changed after"),
        (f"DELETE FROM exceptions_app_event WHERE id = {event_of(4)}", 4, "was deleted"),
        ("DELETE FROM exceptions_app_seal WHERE sequence = 4", 4, "after 3 comes 5"),
        ("UPDATE exceptions_app_seal SET hash = sha256(hash) WHERE sequence = 4", 4, "The hash of seal 4"),
        (
            "UPDATE exceptions_app_seal SET hash = CASE sequence WHEN 4 THEN "
            "(SELECT hash FROM exceptions_app_seal WHERE sequence = 5) ELSE hash END",
            4,
            "The hash of seal 4",
        ),
    ],
)
def test_the_first_broken_place_is_named_in_words(tampering: str, sequence: int, words: str) -> None:
    chain(9)
    change(tampering)

    found = answer()

    assert found["broken"]["sequence"] == sequence
    assert words in found["broken"]["words"]
    with pytest.raises(CommandError, match=words):
        run()


def test_a_changed_order_is_told_from_a_changed_event() -> None:
    chain(9)
    change("ALTER TABLE exceptions_app_seal DROP CONSTRAINT exceptions_app_seal_event_id_key")
    change(
        "UPDATE exceptions_app_seal SET event_id = CASE sequence "
        f"WHEN 3 THEN {event_of(7)} ELSE {event_of(3)} END WHERE sequence IN (3, 7)"
    )

    assert "the order was changed" in answer()["broken"]["words"]


def test_an_event_nobody_sealed_is_told_of_after_a_minute() -> None:
    chain(2)
    record("case.updated", at=clock.now(), summary="fresh", subject=("case", "EX-1"))
    run()
    clock.set_now(clock.now() + timedelta(minutes=2))
    assert "(fresh) has no seal" in answer()["broken"]["words"]


def test_an_event_that_was_deleted_before_its_seal_is_told_of() -> None:
    chain(2)
    record("case.updated", at=clock.now(), summary="fresh", subject=("case", "EX-1"))
    change("DELETE FROM exceptions_app_event WHERE summary = 'fresh'")
    assert seals.seal_committed() == 0
    assert "was deleted before it was sealed" in answer()["broken"]["words"]


def test_a_tail_that_was_cut_off_is_found_by_the_head_outside() -> None:
    chain(9)
    run("--write-head")
    cut_off_after(7)

    assert "its end was cut off" in answer()["broken"]["words"]
    chain(5)
    assert "was written anew" in answer()["broken"]["words"], "also once it has grown again"


def test_a_head_is_written_when_it_is_due_and_something_was_sealed_since(home: Path) -> None:
    now = clock.now()
    assert heads.write_when_due(now) is None
    chain(3)
    assert heads.write_when_due(now)
    chain(1)
    assert heads.write_when_due(now + timedelta(minutes=59)) is None
    assert heads.write_when_due(now + timedelta(minutes=60))
    assert heads.write_when_due(now + timedelta(days=1)) is None

    lines = (home / "home" / "audit-heads" / "heads.txt").read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["3", "4"]
    assert lines[1].split()[2] == seals.head().hash.hex()


def test_heads_in_the_other_folder_are_files_of_their_own_and_are_compared_too(
    home: Path, settings: Any
) -> None:
    settings.AUDIT_HEADS_FOLDER = str(home / "once")
    for _ in range(2):
        chain(3)
        run("--write-head")
    assert len(list((home / "once").glob("head-*.txt"))) == 2
    (home / "home" / "audit-heads" / "heads.txt").unlink()

    cut_off_after(3)
    assert "head-000000000006" in answer()["broken"]["words"]


def test_a_broken_line_among_the_heads_is_an_error(home: Path) -> None:
    chain(1)
    run("--write-head")
    with (home / "home" / "audit-heads" / "heads.txt").open("a") as file:
        file.write("nothing\n")
    with pytest.raises(CommandError, match="Line 2 of"):
        run()
