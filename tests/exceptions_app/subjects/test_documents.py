"""A receipt nobody expected is a case of the warehouse, until its order is here."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    OrderLine,
    PurchaseOrder,
    Purpose,
    Receipt,
    ReceiptLine,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.models import DocumentHead
from erp_connectors.documents.store import record
from exceptions_app import intake
from exceptions_app.api.interchanges import cases_of
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import SubjectKind
from tests.builders.factories import TUESDAY_TEN, Ground, StreamStateFactory, TransactionFactory, ground

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
NEXT_DAY = TUESDAY_TEN + timedelta(days=1, minutes=2)


def ground_not_polled() -> Ground:
    """Make a ground whose ERP tells of everything unasked."""
    clock.set_now(TUESDAY_TEN)
    world = ground()
    for stream in ("orders", "receipts"):
        StreamStateFactory.create(connection=world.erp, stream=stream)
    world.erp.streams.update(is_polled=False)
    return world


SCENE = ground_not_polled


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    clock.set_now(TUESDAY_TEN)
    yield scene
    clock.reset()


def version(minute: int) -> DocumentVersion:
    return DocumentVersion(TUESDAY_TEN + timedelta(minutes=minute))


def receipt(*orders: str, minute: int = 1, **values: Any) -> Receipt:
    quantity = Quantity(Decimal(82), "EA")
    lines = tuple(ReceiptLine(order_number=each, line_number="10", received=quantity) for each in orders)
    return Receipt(number="GR-1", version=version(minute), received_on=DAY, lines=lines, **values)


def order(number: str) -> PurchaseOrder:
    quantity = Quantity(Decimal(100), "EA")
    line = OrderLine(
        number="10",
        item="SEAL-KIT",
        quantity=quantity,
        price=Price(Decimal(10), "EUR"),
        schedule=(SchedulePart(quantity, DAY),),
    )
    return PurchaseOrder(number=number, supplier="77", currency="EUR", version=version(0), lines=(line,))


def tell(world: Ground, *documents: Any) -> None:
    for document in documents:
        record(document, connection=world.erp, company=world.company, received_at=clock.now())


def look(at: datetime = NEXT_DAY) -> None:
    clock.set_now(at)
    ids = list(Watch.objects.filter(subject_kind="document").values_list("subject_id", flat=True))
    assert intake.evaluate(ids, at, kind=SubjectKind.DOCUMENT).failures == {}


def test_goods_of_no_order_are_a_case_of_the_warehouse_after_a_business_day(world: Ground) -> None:
    tell(world, receipt("4711", "4712"))
    look(TUESDAY_TEN + timedelta(minutes=5))
    assert not Case.objects.exists()
    look()

    case = Case.objects.get()
    assert (case.type_code, case.team) == ("receipt_unexpected", world.teams["WHS"])
    assert (case.document, case.order, case.supplier) == (DocumentHead.objects.get(), None, None)
    assert [(line.quantity, line.actual["order"]) for line in case.lines.order_by("key")] == [
        (82, "4711"),
        (82, "4712"),
    ]


def test_the_order_closes_its_line_and_the_last_one_the_case(world: Ground) -> None:
    tell(world, receipt("4711", "4712"))
    look()
    tell(world, order("4711"))
    look(NEXT_DAY + timedelta(minutes=1))
    assert [line.actual["order"] for line in CaseLine.objects.filter(cleared_at=None)] == ["4712"]
    tell(world, order("4712"))
    look(NEXT_DAY + timedelta(minutes=2))

    assert Case.objects.get().close_reason == "matched"


def test_a_receipt_taken_back_is_no_longer_unexpected(world: Ground) -> None:
    tell(world, receipt("4711"))
    look()
    tell(world, receipt("4711", minute=9, purpose=Purpose.CANCEL))
    look(NEXT_DAY + timedelta(minutes=1))

    assert not Case.objects.get().is_open


def test_no_order_can_be_missed_while_their_stream_is_blind(world: Ground) -> None:
    world.erp.streams.filter(stream="orders").update(is_polled=True, watermark=TUESDAY_TEN)
    tell(world, receipt("4711"))
    look()

    assert not Case.objects.exists()
    assert Watch.objects.get(subject_kind="document").blind_since == TUESDAY_TEN


def test_a_delivery_names_the_case_on_its_document(world: Ground) -> None:
    tell(world, receipt("4711"))
    look()
    document = DocumentHead.objects.get().document
    document.transaction = row = TransactionFactory.create()
    document.save()
    assert cases_of(row.interchange) == {row.pk: {Case.objects.get().number}}
