"""Until when we can see: never further than what was read and what is processed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erp_connectors.companies import Connection
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange.health import Sight, sights_of, watermark
from erp_connectors.exchange.models import InterchangeStatus, StreamState
from tests.builders.factories import (
    ConnectionFactory,
    EdiConnectionFactory,
    InterchangeFactory,
    PartnerProfileFactory,
    StreamStateFactory,
    SupplierFactory,
    ground,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=20)


def waiting(connection: Connection, received_at: datetime, **values: object) -> None:
    InterchangeFactory.create(connection=connection, received_at=received_at, due_at=NOW, **values)


def sight_of(supplier: Supplier) -> Sight:
    return sights_of([supplier], now=NOW)[supplier.pk]


def test_a_polled_stream_is_seen_until_the_start_of_its_last_complete_read() -> None:
    state = StreamStateFactory.create(stream="orders", watermark=EARLIER)

    assert watermark(state.connection, "orders", now=NOW) == EARLIER
    assert watermark(state.connection, "receipts", now=NOW) is None


def test_a_stream_never_read_is_blind() -> None:
    state = StreamStateFactory.create(stream="orders", watermark=None)

    assert watermark(state.connection, "orders", now=NOW) is None


def test_a_pushed_stream_is_seen_until_now_while_it_is_healthy() -> None:
    edi = EdiConnectionFactory.create()
    assert watermark(edi, "confirmations", now=NOW) == NOW

    state = StreamStateFactory.create(
        connection=edi, stream="confirmations", is_polled=False, last_success_at=EARLIER
    )
    assert watermark(edi, "confirmations", now=NOW) == NOW

    StreamState.objects.filter(pk=state.pk).update(failures=1)
    assert watermark(edi, "confirmations", now=NOW) == EARLIER


def test_a_mailbox_that_is_switched_off_is_blind() -> None:
    edi = EdiConnectionFactory.create(is_active=False)

    assert watermark(edi, "confirmations", now=NOW) is None


def test_a_message_not_processed_yet_holds_its_stream_back() -> None:
    edi = EdiConnectionFactory.create()
    waiting(edi, EARLIER + timedelta(minutes=5))
    waiting(edi, EARLIER)

    assert watermark(edi, "confirmations", now=NOW) == EARLIER


def test_a_processed_or_quarantined_message_holds_nothing_back() -> None:
    edi = EdiConnectionFactory.create()
    for status in (InterchangeStatus.PROCESSED, InterchangeStatus.QUARANTINED):
        InterchangeFactory.create(connection=edi, received_at=EARLIER, status=status, due_at=None)

    assert watermark(edi, "confirmations", now=NOW) == NOW


def test_an_unprocessed_file_holds_back_only_the_stream_it_is_of() -> None:
    erp = ConnectionFactory.create()
    for stream in ("orders", "stock"):
        StreamStateFactory.create(connection=erp, stream=stream, watermark=NOW)
    waiting(erp, EARLIER, file_name="stock_20261124.csv")

    assert watermark(erp, "stock", now=NOW) == EARLIER
    assert watermark(erp, "orders", now=NOW) == NOW


def test_an_unprocessed_document_may_be_of_any_stream() -> None:
    erp = ConnectionFactory.create()
    StreamStateFactory.create(connection=erp, stream="orders", watermark=NOW)
    waiting(erp, EARLIER, file_name="", content_type="application/json")

    assert watermark(erp, "orders", now=NOW) == EARLIER


def test_a_partner_confirms_by_edi_and_everybody_else_by_the_files_of_the_erp() -> None:
    world = ground()
    other = SupplierFactory.create(connection=world.erp)
    StreamState.objects.filter(connection=world.edi).update(watermark=EARLIER)
    StreamStateFactory.create(connection=world.erp, stream="confirmations", watermark=NOW)

    partner, plain = sight_of(world.supplier), sight_of(other)

    assert (partner["confirmations"], plain["confirmations"]) == (EARLIER, NOW)
    assert plain["ship_notices"] is None
    assert partner["orders"] == plain["orders"]


def test_a_partner_with_two_mailboxes_is_seen_as_far_as_the_one_read_longest_ago() -> None:
    world = ground()
    StreamState.objects.filter(connection=world.edi).update(watermark=NOW)
    second = EdiConnectionFactory.create(company=world.company)
    PartnerProfileFactory.create(connection=second, supplier=world.supplier)
    StreamStateFactory.create(connection=second, stream="confirmations", watermark=EARLIER)

    assert sight_of(world.supplier)["confirmations"] == EARLIER


def test_a_profile_for_tests_is_no_way_to_be_told() -> None:
    world = ground()
    world.edi.partners.update(is_test=True)

    assert sight_of(world.supplier)["confirmations"] is None


def test_the_sight_on_many_suppliers_costs_as_many_queries_as_on_one() -> None:
    world = ground()
    many = [world.supplier, *(SupplierFactory.create(connection=world.erp) for _ in range(20))]

    def queries_for(count: int) -> int:
        with CaptureQueriesContext(database) as queries:
            sights_of(many[:count], now=NOW)
        return len(queries)

    assert queries_for(21) == queries_for(1)


def test_a_stream_known_to_be_silent_is_seen_until_it_fell_silent() -> None:
    world = ground()
    world.edi.streams.update(is_polled=False)
    silence = {(world.edi.pk, "confirmations"): EARLIER}
    seen = sights_of([world.supplier], now=NOW, silence=silence)[world.supplier.pk]

    assert (seen["confirmations"], seen["ship_notices"]) == (EARLIER, NOW)
