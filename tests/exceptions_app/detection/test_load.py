"""From rows to snapshots: all of an order, in a number of queries that does not grow."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.canonical.values import DocumentVersion, ItemIds
from erp_connectors.documents.matching import NoMatch
from erp_connectors.documents.models import ItemName, OrderLine, PurchaseOrder
from erp_connectors.documents.positions import UnmatchedLine
from erp_connectors.errors import ConfigurationError
from exceptions_app.detection.agreement import AgreementKind, AgreementState
from exceptions_app.detection.agreement_rows import agreements_of
from exceptions_app.detection.load import load
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.policies import rows
from exceptions_app.policies.values import Direction, Tolerance
from tests.builders.factories import (
    LAST_WEEK,
    TUESDAY_TEN,
    AgreementRowFactory,
    CalendarFactory,
    CustomerDemandFactory,
    Ground,
    ItemFactory,
    ItemPackFactory,
    PartnerProfileFactory,
    PurchaseOrderFactory,
    SupplierFactory,
    SupplierProfileFactory,
    TermRowFactory,
    ToleranceRowFactory,
    ground,
    offer,
    order_line,
    see_until,
    values_of,
)

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def line(world: Ground) -> OrderLine:
    return order_line(world)


def test_a_snapshot_holds_what_detection_asks_for(world: Ground, line: OrderLine) -> None:
    ItemPackFactory.create(item=line.item, unit="CS", factor=Decimal(12))
    offer(line, (82, date(2026, 12, 2)))
    ToleranceRowFactory.create(supplier=world.supplier, percent_state="value", percent=Decimal(5))
    TermRowFactory.create(supplier=world.supplier, confirm_days=1)
    loaded = load([line.order_id], TUESDAY_TEN).orders[line.order_id]
    snapshot = loaded.snapshot
    assert (snapshot.order_id, snapshot.number, snapshot.company) == (
        line.order_id,
        "4500010001",
        "weserland",
    )
    assert (snapshot.supplier_number, snapshot.currency, snapshot.watched) == ("77", "EUR", True)
    assert (snapshot.terms.confirm_days, snapshot.terms.transit_days) == (1, 2)
    (seen,) = snapshot.lines
    assert seen.position.answer is not None
    assert seen.warehouse == "KAS"
    assert seen.item is not None
    assert seen.item.factors == {"EA": Decimal(1), "CS": Decimal(12)}
    assert (seen.item.category, seen.item.abc_class) == ("seals", "B")
    tolerance = seen.tolerances.get("quantity_short", Direction.UNDER, Tolerance())
    assert tolerance.percent.value == 5
    assert loaded.lines["10"] == line


def test_a_snapshot_knows_the_names_of_an_item_who_waits_for_it_and_what_fits_no_line(
    world: Ground, line: OrderLine
) -> None:
    assert line.item is not None
    line.item.gtin = "4012345678901"
    line.item.save()
    for supplier, number in (("77", "ND-77"), ("78", "OTHER-1")):
        ItemName.objects.create(item=line.item, supplier_number=supplier, number=number)
    unmatched = UnmatchedLine(
        kind=DocumentKind.INVOICE,
        key="INV-1",
        version=DocumentVersion(TUESDAY_TEN),
        index=0,
        line_number="99",
        ids=ItemIds(),
        reason=NoMatch.NO_SUCH_LINE,
        first_said_at=TUESDAY_TEN,
    )
    PurchaseOrder.objects.update(unmatched=to_builtins([unmatched]))

    def seen() -> OrderSnapshot:
        return load([line.order_id], TUESDAY_TEN).orders[line.order_id].snapshot

    assert seen().unmatched == (unmatched,)
    (known,) = seen().lines
    assert known.item is not None
    assert (known.item.gtin, known.item.names, known.is_for_class_a) == ("4012345678901", ("ND-77",), False)
    demand = CustomerDemandFactory.create(item=line.item, warehouse=line.warehouse, customer_class="B")
    assert not seen().lines[0].is_for_class_a
    demand.customer_class = "A"
    demand.save()
    assert seen().lines[0].is_for_class_a


def test_sight_is_of_the_partners_edi_and_of_the_erp(world: Ground, line: OrderLine) -> None:
    see_until(world, TUESDAY_TEN)
    blind = TUESDAY_TEN - timedelta(hours=2)
    world.edi.streams.filter(stream="confirmations").update(watermark=blind)
    sight = load([line.order_id], TUESDAY_TEN).orders[line.order_id].snapshot.sight
    assert (sight.confirmations, sight.orders, sight.receipts) == (blind, TUESDAY_TEN, TUESDAY_TEN)


def test_the_suppliers_calendar_is_its_own_or_the_companys(world: Ground, line: OrderLine) -> None:
    snapshot = load([line.order_id], TUESDAY_TEN).orders[line.order_id].snapshot
    assert snapshot.supplier_calendar == snapshot.calendar
    CalendarFactory.create(code="daily", hours={str(day): [["00:00", "00:00"]] for day in range(7)})
    world.supplier.profile.calendar_code = "daily"
    world.supplier.profile.save()
    snapshot = load([line.order_id], TUESDAY_TEN).orders[line.order_id].snapshot
    assert (snapshot.supplier_calendar.code, snapshot.calendar.code) == ("daily", "kassel")


@pytest.mark.parametrize(
    ("cut_over", "watched"), [(None, True), (date(2026, 11, 16), True), (date(2026, 11, 17), False)]
)
def test_only_orders_since_the_cut_over_are_watched(
    cut_over: date | None, watched: bool, world: Ground, line: OrderLine
) -> None:
    assert line.order.released_at == LAST_WEEK
    world.erp.cut_over = cut_over
    world.erp.save()
    assert load([line.order_id], TUESDAY_TEN).orders[line.order_id].snapshot.watched is watched


def test_a_supplier_without_profile_has_the_default_terms(world: Ground, line: OrderLine) -> None:
    world.supplier.profile.delete()
    terms = load([line.order_id], TUESDAY_TEN).orders[line.order_id].snapshot.terms
    assert (terms.expects_confirmation, terms.confirm_days) == (True, 2)


def test_an_order_that_cannot_be_read_harms_no_other(world: Ground, line: OrderLine) -> None:
    other = SupplierFactory.create(connection=world.erp)
    SupplierProfileFactory.create(supplier=other, calendar_code="missing")
    broken = PurchaseOrderFactory.create(supplier=other)
    loaded = load([line.order_id, broken.pk], TUESDAY_TEN)
    assert set(loaded.orders) == {line.order_id}
    assert isinstance(loaded.problems[broken.pk], ConfigurationError)
    assert "missing" in str(loaded.problems[broken.pk])


def test_an_order_that_is_gone_is_neither_there_nor_a_problem(world: Ground) -> None:
    loaded = load([987654], TUESDAY_TEN)
    assert (loaded.orders, loaded.problems) == ({}, {})


def test_fifteen_orders_take_as_many_queries_as_one(world: Ground, line: OrderLine) -> None:
    orders = [line.order_id]
    for _ in range(14):
        supplier = SupplierFactory.create(connection=world.erp)
        SupplierProfileFactory.create(supplier=supplier)
        PartnerProfileFactory.create(connection=world.edi, supplier=supplier)
        order = PurchaseOrderFactory.create(supplier=supplier)
        item = ItemFactory.create(connection=world.erp)
        ItemPackFactory.create(item=item)
        for position in ("10", "20"):
            order_line(world, number=order.number, line=position, item=item)
        orders.append(order.pk)
    rows.current()
    counts = []
    for batch in (orders[:1], orders):
        with CaptureQueriesContext(connection) as queries:
            loaded = load(batch, TUESDAY_TEN)
        assert len(loaded.orders) == len(batch)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


def test_agreements_are_those_that_may_still_hold(line: OrderLine) -> None:
    pending = AgreementRowFactory.create(order_line=line, state="pending", kind="wait_until")
    active = AgreementRowFactory.create(order_line=line, state="active", quantity=Decimal(18))
    AgreementRowFactory.create(order_line=line, state="void")
    found = agreements_of([line.order_id])[line.order_id]
    assert [agreement.id for agreement in found] == [pending.pk, active.pk]
    assert (found[0].state, found[0].kind) == (AgreementState.PENDING, AgreementKind.WAIT_UNTIL)
    assert (found[1].line_number, found[1].quantity) == ("10", Decimal(18))
    assert found[1].before == found[1].after == values_of(line)
