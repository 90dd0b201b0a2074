"""The inbox: stored as it came, answered at once, the same EDI never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from kombu.exceptions import OperationalError

from erp_connectors import clock
from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, OfferedPart
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.exchange import inbox, waking
from erp_connectors.exchange.inbox import NotAcceptable
from erp_connectors.exchange.models import Interchange, InterchangeStatus, OutgoingFile, OutgoingStatus
from erp_connectors.exchange.processing import process_interchange
from tests.builders.factories import ConnectionFactory, EdiConnectionFactory, OutgoingFileFactory
from tests.builders.x12 import confirmation_855

pytestmark = pytest.mark.django_db

EDI = confirmation_855("1000")


def test_the_bytes_are_kept_as_they_came_and_are_due_at_once() -> None:
    connection = EdiConnectionFactory.create()
    before = clock.now()

    received = inbox.receive(EDI, connection=connection, channel="api", file_name="a.edi")

    row = Interchange.objects.get()
    assert received.is_new
    assert bytes(row.payload) == EDI
    assert (row.size, row.status, row.file_name) == (len(EDI), InterchangeStatus.RECEIVED, "a.edi")
    assert row.due_at is not None
    assert before <= row.due_at <= clock.now()


def test_the_same_edi_bytes_are_the_first_interchange_again() -> None:
    connection = EdiConnectionFactory.create()
    first = inbox.receive(EDI, connection=connection, channel="api")

    again = inbox.receive(EDI, connection=connection, channel="folder", file_name="b.edi")

    assert (again.is_new, again.interchange) == (False, first.interchange)


def test_the_same_bytes_on_another_connection_are_new() -> None:
    inbox.receive(EDI, connection=EdiConnectionFactory.create(), channel="api")

    assert inbox.receive(EDI, connection=EdiConnectionFactory.create(), channel="api").is_new


def test_a_table_or_a_document_that_says_the_same_is_new_each_time() -> None:
    connection = ConnectionFactory.create()
    for payload, content_type in ((b"number;name\n", "text/csv"), (b"{}", "application/json")):
        for _ in range(2):
            received = inbox.receive(payload, connection=connection, channel="api", content_type=content_type)
            assert received.is_new


@pytest.mark.django_db(transaction=True)
def test_the_same_edi_bytes_at_the_same_moment_are_stored_once() -> None:
    connection = EdiConnectionFactory.create()
    start = threading.Barrier(8)

    def send(_: int) -> bool:
        start.wait()
        try:
            return inbox.receive(EDI, connection=connection, channel="api").is_new
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(8))) == [False] * 7 + [True]
    assert Interchange.objects.count() == 1


def test_an_interchange_that_comes_again_is_acknowledged_again() -> None:
    connection = EdiConnectionFactory.create()
    first = inbox.receive(EDI, connection=connection, channel="api").interchange
    sent = OutgoingFileFactory.create(
        connection=connection, interchange=first, status=OutgoingStatus.SENT, attempts=1
    )

    inbox.receive(EDI, connection=connection, channel="api")

    sent.refresh_from_db()
    assert (sent.status, sent.attempts) == (OutgoingStatus.WAITING, 0)
    assert sent.due_at is not None
    assert OutgoingFile.objects.count() == 1


def test_a_quarantined_interchange_that_comes_again_is_read_again() -> None:
    connection = EdiConnectionFactory.create()
    first = inbox.receive(EDI, connection=connection, channel="api").interchange
    process_interchange(first.pk)
    first.refresh_from_db()
    assert first.status == InterchangeStatus.QUARANTINED

    again = inbox.receive(EDI, connection=connection, channel="api")

    assert again.interchange.status == InterchangeStatus.RECEIVED
    assert again.interchange.due_at is not None
    assert not again.is_new


@pytest.mark.parametrize("size", [0, inbox.LARGEST + 1])
def test_nothing_and_far_too_much_are_refused_at_the_door(size: int) -> None:
    with pytest.raises(NotAcceptable):
        inbox.receive(b"I" * size, connection=EdiConnectionFactory.create(), channel="api")

    assert Interchange.objects.count() == 0


def test_a_dead_broker_never_fails_a_delivery(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    tried = []

    class DeadBroker:
        def __getitem__(self, broker: object) -> object:
            tried.append(broker)
            raise OperationalError("connection refused")

    monkeypatch.setattr(waking.pools, "producers", DeadBroker())
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        received = inbox.receive(EDI, connection=EdiConnectionFactory.create(), channel="api")

    assert received.is_new
    assert len(tried) == 1


def test_a_person_confirms_on_the_suppliers_behalf() -> None:
    offered = (OfferedPart(Quantity(Decimal(82), "EA"), date(2026, 12, 2)),)
    document = Confirmation(
        order_number="1000",
        version=DocumentVersion(datetime(2026, 11, 24, 10, tzinfo=UTC)),
        lines=(ConfirmationLine(line_number="10", offered=offered),),
    )
    connection = ConnectionFactory.create()

    received = inbox.receive_document(document, connection=connection, channel="person", by="bea")
    process_interchange(received.interchange.pk)

    row = connection.documents.get()
    assert received.interchange.channel == "person"
    assert (row.kind, row.key, row.content["on_behalf_by"]) == ("confirmation", "1000", "bea")


def test_when_it_was_received_can_be_said_by_the_channel() -> None:
    moment = clock.now() - timedelta(hours=1)

    received = inbox.receive(
        EDI, connection=EdiConnectionFactory.create(), channel="poll", received_at=moment
    )

    assert received.interchange.received_at == moment
