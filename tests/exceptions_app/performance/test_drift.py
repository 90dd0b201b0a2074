"""Creeping prices: what orders show of a supplier, and the one case it comes to (scenario 12)."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from erp_connectors.documents.models import OrderLine
from exceptions_app import intake
from exceptions_app.cases.models import Case
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.performance.models import PriceObservation
from tests.builders.factories import TUESDAY_TEN, Ground, ItemFactory, ground, offer, order_line

REQUESTED = date(2026, 12, 2)
AGREED = Decimal("100.00")

SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


def confirm(world: Ground, place: int, price: Decimal, *, said_at: datetime | None = None) -> OrderLine:
    """Let order number `place`, 100 pieces at 100.00, be confirmed at a price."""
    item = ItemFactory.create(connection=world.erp, number="SEAL-KIT")
    line = order_line(world, number=f"45000200{place:02}", item=item, price=AGREED)
    said_at = said_at or TUESDAY_TEN - timedelta(days=60 - place)
    return offer(line, (100, REQUESTED), at=said_at, price=Price(price, "EUR", Decimal(1)))


def look_at(*lines: OrderLine) -> None:
    """Have the orders of some lines looked at together."""
    assert not intake.evaluate([line.order_id for line in lines], TUESDAY_TEN).failures


def confirm_all(world: Ground, prices: list[Decimal]) -> None:
    look_at(*(confirm(world, place, price) for place, price in enumerate(prices)))


def look(world: Ground) -> None:
    evaluation = intake.evaluate([world.supplier.pk], TUESDAY_TEN, kind=SubjectKind.SUPPLIER)
    assert not evaluation.failures


def test_an_order_shows_what_its_confirmed_prices_come_to(world: Ground) -> None:
    confirm_all(world, [Decimal("100.80")])

    row = PriceObservation.objects.get()
    assert (row.ordered, row.difference, row.currency) == (Decimal(10_000), Decimal(80), "EUR")
    watch = Watch.objects.get(subject_kind="supplier")
    assert (watch.subject_id, watch.due_at) == (world.supplier.pk, watch.due_at)


def test_looking_again_writes_nothing(world: Ground) -> None:
    confirm_all(world, [Decimal("100.80")])
    row = PriceObservation.objects.get()
    marked = Watch.objects.get(subject_kind="supplier").marked
    intake.evaluate([row.order_id], TUESDAY_TEN)

    assert Watch.objects.get(subject_kind="supplier").marked == marked


def test_prices_that_creep_within_tolerance_are_one_case_of_the_supplier(world: Ground) -> None:
    confirm_all(world, [AGREED] * 30 + [Decimal("100.80")] * 10)
    look(world)

    case = Case.objects.get()
    assert (case.type_code, case.supplier, case.team.code) == ("supplier_drift", world.supplier, "SUP")
    assert case.headline == "Prices drift by 0.8 % since order 4500020030: 3,200.00 EUR a year"
    orders = case.lines.get().evidence["orders"]
    assert [each["order"] for each in orders] == [f"45000200{place}" for place in range(30, 40)]


def test_what_was_said_at_one_moment_stands_by_number_whatever_came_in_first(world: Ground) -> None:
    confirm_all(world, [AGREED] * 30)
    for place in reversed(range(30, 40)):
        look_at(confirm(world, place, Decimal("100.80"), said_at=TUESDAY_TEN))
    look(world)

    orders = Case.objects.get().lines.get().evidence["orders"]
    assert [each["order"] for each in orders] == [f"45000200{place}" for place in range(30, 40)]


def test_the_same_orders_at_their_price_are_none(world: Ground) -> None:
    confirm_all(world, [AGREED] * 40)
    look(world)

    assert not Case.objects.exists()
