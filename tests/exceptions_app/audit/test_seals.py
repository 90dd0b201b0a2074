"""Every committed event gets one place in the chain, soon, whenever it was committed."""

import threading
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from exceptions_app import tasks
from exceptions_app.audit import heads, seals
from exceptions_app.audit.models import Event, Seal, UnsealedEvent
from exceptions_app.audit.record import ALL_COMPANIES, Actor, record
from exceptions_app.audit.seals import COLUMNS, DIGEST, GENESIS, digest, link
from exceptions_app.audit.verify import verify
from tests.builders.factories import TUESDAY_TEN, ApprovalFactory, CaseFactory, ReleaseFactory, UserFactory
from tests.exceptions_app.audit.tampering import chain

pytestmark = pytest.mark.django_db


def tell(summary: str, *, minutes: int = 0) -> Event:
    at = TUESDAY_TEN + timedelta(minutes=minutes)
    return record("case.updated", at=at, summary=summary, subject=("case", "EX-1"))


def summaries() -> list[str]:
    return [seal.event.summary for seal in Seal.objects.order_by("sequence").select_related("event")]


def test_every_column_of_an_event_is_hashed() -> None:
    assert set(COLUMNS) == {field.attname for field in Event._meta.concrete_fields}


def test_an_event_reads_the_same_in_python_as_in_the_database() -> None:
    told = record(
        "case.taken",
        at=TUESDAY_TEN,
        summary="größer als 10 µm, 3:4,",
        subject=("case", "EX-1"),
        actor=Actor(UserFactory.create(), "web 10.0.0.7"),
        case=CaseFactory.create(),
        before={"z": 1, "lines": [1.50, None]},
        after={"ä": "\n"},
        reason="-,",
        release=ReleaseFactory.create(),
    )
    texts = ", ".join(COLUMNS.values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {DIGEST}, {texts} FROM exceptions_app_event e WHERE e.id = %s", [told.pk])
        in_database, *values = cursor.fetchone()

    assert digest(dict(zip(COLUMNS, values, strict=True))) == in_database
    told_at = values[[*COLUMNS].index("at")]
    assert told_at == f"{TUESDAY_TEN.astimezone(tz=None):%Y-%m-%dT%H:%M:%S.%f}Z"


def test_each_seal_follows_from_the_one_before_and_from_its_event() -> None:
    chain(3)
    hash_ = GENESIS
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.sequence, s.hash, {DIGEST} FROM exceptions_app_seal s "
            "JOIN exceptions_app_event e ON e.id = s.event_id ORDER BY s.sequence"
        )
        rows = cursor.fetchall()
    for place, (sequence, sealed, of_event) in enumerate(rows, start=1):
        hash_ = link(hash_, of_event)
        assert (sequence, sealed) == (place, hash_)
    assert len(rows) == 3


def test_sealing_goes_by_blocks_and_ends() -> None:
    for number in range(5):
        tell(str(number))

    assert [seals.seal_committed(2) for _ in range(4)] == [2, 2, 1, 0]
    assert summaries() == ["0", "1", "2", "3", "4"]
    assert not UnsealedEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_committed_late_is_sealed_late_and_not_skipped() -> None:
    told, committed = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            tell("told first, committed last", minutes=-10)
            told.set()
            committed.wait(10)
        connection.close()

    slow = threading.Thread(target=slowly)
    slow.start()
    assert told.wait(10)
    tell("told second")
    assert seals.seal_committed() == 1, "the sealer waits for nobody"
    committed.set()
    slow.join()

    assert seals.seal_committed() == 1
    assert summaries() == ["told second", "told first, committed last"]
    assert verify(TUESDAY_TEN + timedelta(hours=1)).holds


@pytest.mark.django_db(transaction=True)
def test_two_sealers_and_writers_at_once_leave_one_chain_without_holes() -> None:
    def write() -> None:
        for number in range(20):
            tell(str(number))
        connection.close()

    def seal() -> None:
        for _ in range(30):
            seals.seal_committed(7)
        connection.close()

    threads = [threading.Thread(target=work) for work in (write, write, write, seal, seal)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while seals.seal_committed():
        continue

    assert list(Seal.objects.order_by("sequence").values_list("sequence", flat=True)) == [*range(1, 61)]
    assert verify(TUESDAY_TEN + timedelta(hours=1)).holds


def test_an_event_that_is_taken_back_leaves_no_seal() -> None:
    with transaction.atomic():
        tell("never happened")
        transaction.set_rollback(True)

    assert seals.seal_committed() == 0


@pytest.mark.parametrize(
    ("table", "what"),
    [
        *product(["seal", "policyrelease", "eventcompany"], ["UPDATE", "DELETE", "TRUNCATE"]),
        # An approval goes with the need it was for when a proposal asks anew; it never changes.
        *product(["approval"], ["UPDATE", "TRUNCATE"]),
    ],
)
def test_the_database_refuses_to_change_what_was_decided(table: str, what: str) -> None:
    chain(1)
    ApprovalFactory.create()
    ReleaseFactory.create()
    record(
        "policy.published", at=TUESDAY_TEN, summary="told", subject=("thing", "1"), companies=ALL_COMPANIES
    )
    column = {
        "seal": "sealed_at",
        "approval": "decided_at",
        "policyrelease": "published_at",
        "eventcompany": "at",
    }[table]
    statement = {
        "UPDATE": f"UPDATE exceptions_app_{table} SET {column} = now()",
        "DELETE": f"DELETE FROM exceptions_app_{table}",
        "TRUNCATE": f"TRUNCATE exceptions_app_{table} CASCADE",
    }[what]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)


def test_the_beat_seals_what_is_there_and_writes_the_head_down(tmp_path: Path, settings: Any) -> None:
    settings.RIGHTLINE_HOME = tmp_path
    tell("told")
    tasks.seal_events()
    tasks.write_audit_head()

    latest = heads.latest()
    assert latest is not None
    assert (latest.sequence, latest.hash) == (1, seals.head().hash)
