"""From documents to cases through the mirror: whatever order they arrive in, the same cases are open."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
    ShipNotice,
    ShipNoticeLine,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.store import record
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseLine
from tests.builders.factories import TUESDAY_TEN, Ground, ground

pytestmark = pytest.mark.django_db
SCENE = ground
DAY = date(2026, 12, 2)
Said = PurchaseOrder | Confirmation | ShipNotice


def ea(value: int) -> Quantity:
    return Quantity(Decimal(value), "EA")


def order(minute: int, ten: int, twenty: int = 50) -> PurchaseOrder:
    """Return the order with `ten` EA on line 10 and `twenty` on line 20, said at `minute` past ten."""
    lines = tuple(
        OrderLine(
            number=number,
            item="SEAL-KIT",
            quantity=ea(quantity),
            price=Price(Decimal("182.40"), "EUR", Decimal(1)),
            schedule=(SchedulePart(ea(quantity), DAY),),
            warehouse="KAS",
        )
        for number, quantity in (("10", ten), ("20", twenty))
    )
    return PurchaseOrder(
        number="4500010001",
        supplier="77",
        currency="EUR",
        version=version(minute),
        lines=lines,
        released_at=TUESDAY_TEN - timedelta(days=1),
        buyer="BEA",
    )


def answer(minute: int, line: str, offered: int) -> Confirmation:
    return Confirmation(
        order_number="4500010001",
        version=version(minute),
        lines=(ConfirmationLine(line_number=line, offered=(OfferedPart(ea(offered), DAY),)),),
    )


def notice(minute: int, number: str, line: str, shipped: int) -> ShipNotice:
    return ShipNotice(
        number=number,
        version=version(minute),
        lines=(ShipNoticeLine(order_number="4500010001", line_number=line, shipped=ea(shipped)),),
        shipped_on=date(2026, 11, 24),
    )


def version(minute: int) -> DocumentVersion:
    return DocumentVersion(TUESDAY_TEN + timedelta(minutes=minute))


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    clock.set_now(TUESDAY_TEN)
    yield scene
    clock.reset()


def tell(world: Ground, document: Said) -> None:
    """Record a document: the ERP's own, or the supplier's."""
    supplier = None if isinstance(document, PurchaseOrder) else world.supplier
    record(
        document,
        connection=world.erp,
        company=world.company,
        supplier=supplier,
        received_at=clock.now(),
    )


def still_open() -> set[tuple[str, str, Decimal | None]]:
    return {
        (line.case.type_code, line.line_number, line.quantity)
        for line in CaseLine.objects.filter(cleared_at=None).select_related("case")
        if line.case.is_open
    }


def look(at: datetime) -> None:
    clock.set_now(at)
    while intake.evaluate_due(50):
        continue


HISTORY: tuple[Said, ...] = (
    order(0, 100),
    answer(1, "10", 82),
    answer(2, "10", 100),
    order(3, 120),
    answer(4, "10", 90),
    answer(5, "20", 45),
    notice(6, "ASN-1", "20", 47),
)
#: 120 ordered and 90 offered; of 50, 45 are offered but 47 have left.
EXPECTED = {("quantity_short", "10", Decimal(30)), ("quantity_short", "20", Decimal(3))}


def test_documents_in_their_order_leave_the_cases_they_should(world: Ground) -> None:
    for minute, document in enumerate(HISTORY):
        tell(world, document)
        look(TUESDAY_TEN + timedelta(minutes=minute))
    assert still_open() == EXPECTED
    assert Case.objects.count() == 1


@settings(
    max_examples=settings.default.max_examples // 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arrival=st.permutations([*HISTORY, HISTORY[1], HISTORY[3], HISTORY[4]]), looks=st.booleans())
def test_any_order_of_arrival_with_repetitions_leaves_the_same_open_cases(
    world: Ground, arrival: Sequence[Said], looks: bool
) -> None:
    with transaction.atomic():
        for minute, document in enumerate(arrival):
            tell(world, document)
            if looks:
                look(TUESDAY_TEN + timedelta(minutes=minute))
        look(TUESDAY_TEN + timedelta(hours=1))
        look(TUESDAY_TEN + timedelta(hours=1, minutes=11))
        assert still_open() == EXPECTED
        assert Case.objects.filter(state__in=["closed", "dismissed"]).count() == 0
        events = Event.objects.count()
        intake.evaluate(list(world.erp.orders.values_list("pk", flat=True)), clock.now())
        assert Event.objects.count() == events
        transaction.set_rollback(True)
