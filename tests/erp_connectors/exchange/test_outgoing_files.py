"""Outgoing files: a row first, then a file that is there whole, once."""

from datetime import timedelta
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.exchange import outgoing
from erp_connectors.exchange.models import OutgoingFile, OutgoingStatus
from erp_connectors.exchange.outgoing import MOST_ATTEMPTS, send_due
from tests.builders.factories import EdiConnectionFactory, OutgoingFileFactory

pytestmark = pytest.mark.django_db


def waiting(folder: Path, **values: object) -> OutgoingFile:
    connection = EdiConnectionFactory.create(settings={"folder": str(folder)})
    row: OutgoingFile = OutgoingFileFactory.create(
        **{"connection": connection, "due_at": clock.now(), "payload": b"ISA*00~"} | values
    )
    return row


def test_it_is_written_whole_under_its_own_name(tmp_path: Path) -> None:
    row = waiting(tmp_path, file_name="997_1.edi")

    assert send_due() == 1

    row.refresh_from_db()
    assert (row.status, row.due_at, row.lease_until) == (OutgoingStatus.SENT, None, None)
    assert row.sent_at is not None
    assert [path.name for path in (tmp_path / "outgoing").iterdir()] == ["997_1.edi"]
    assert (tmp_path / "outgoing" / "997_1.edi").read_bytes() == b"ISA*00~"


def test_a_worker_killed_before_it_said_so_writes_the_same_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = waiting(tmp_path, file_name="997_1.edi")
    original = outgoing.write_atomically

    def write_and_die(*args: object) -> None:
        original(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as killing:
        killing.setattr(outgoing, "write_atomically", write_and_die)
        with pytest.raises(KeyboardInterrupt):
            send_due()
    assert send_due() == 0
    OutgoingFile.objects.update(lease_until=clock.now() - timedelta(seconds=1))

    assert send_due() == 1
    row.refresh_from_db()
    assert row.status == OutgoingStatus.SENT
    assert len(list((tmp_path / "outgoing").iterdir())) == 1


def test_a_folder_that_is_gone_is_tried_again_ever_later(tmp_path: Path) -> None:
    row = waiting(tmp_path / "gone")
    waits = []
    for _ in range(4):
        now = clock.now()
        OutgoingFile.objects.update(due_at=now)
        send_due()
        row.refresh_from_db()
        assert row.due_at is not None
        waits.append(round((row.due_at - now).total_seconds()))

    assert waits == [30, 60, 120, 240]
    assert "is not there" in row.last_error

    (tmp_path / "gone").mkdir()
    OutgoingFile.objects.update(due_at=clock.now())
    send_due()
    row.refresh_from_db()
    assert (row.status, row.last_error) == (OutgoingStatus.SENT, "")


def test_it_is_given_up_at_last_and_says_why(tmp_path: Path) -> None:
    row = waiting(tmp_path / "gone", attempts=MOST_ATTEMPTS - 1)

    send_due()

    row.refresh_from_db()
    assert (row.status, row.due_at) == (OutgoingStatus.DEAD, None)
    assert "is not there" in row.last_error


def test_a_name_that_leads_out_of_the_folder_is_never_written(tmp_path: Path) -> None:
    row = waiting(tmp_path, file_name="../escaped.edi")

    send_due()

    row.refresh_from_db()
    assert row.status == OutgoingStatus.DEAD
    assert not (tmp_path / "escaped.edi").exists()


def test_what_is_not_due_or_switched_off_waits(tmp_path: Path) -> None:
    waiting(tmp_path, due_at=clock.now() + timedelta(minutes=1))
    switched_off = waiting(tmp_path)
    switched_off.connection.is_active = False
    switched_off.connection.save()

    assert send_due() == 0
