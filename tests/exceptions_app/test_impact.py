"""What a case costs, which customer orders it leaves uncovered, and how severe that makes it."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors.documents.models import CustomerDemand, OrderLine, StockLevel
from exceptions_app.cases.lines import new_line
from exceptions_app.cases.models import CaseLine, Severity
from exceptions_app.detection import registry
from exceptions_app.detection.detect import detect
from exceptions_app.detection.load import load
from exceptions_app.impact import Impact, assess, priority_of
from tests.builders.factories import (
    TUESDAY_TEN,
    CustomerDemandFactory,
    ExchangeRateFactory,
    Ground,
    ItemFactory,
    ItemPackFactory,
    StockLevelFactory,
    offer,
    order_line,
    shortage_ground,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 2)


@pytest.fixture
def shortage() -> tuple[Ground, OrderLine]:
    world, line = shortage_ground()
    return world, offer(line, (82, DAY))


def impact_of(order_id: int, type_code: str = "quantity_short") -> Impact:
    """Assess all that deviates in an order by one type, as the desk does for a case that opens."""
    kind = registry.exception_type(type_code)
    world = load([order_id], TUESDAY_TEN)
    loaded = world.orders[order_id]
    detection = detect(loaded.snapshot, [], TUESDAY_TEN, [kind])
    lines: Sequence[CaseLine] = [
        new_line(
            deviation,
            loaded.lines[deviation.line_number or ""],
            release=world.policies.release,
            at=TUESDAY_TEN,
        )
        for deviation in detection.deviations
    ]
    assert detection.view is not None
    return assess(kind, lines, loaded=loaded, view=detection.view, policies=world.policies)


def short(impact: Impact) -> list[tuple[str, str]]:
    assert impact.uncovered is not None
    return [
        (each.need.order_number, f"{each.short.normalize():f}")
        for item in impact.uncovered
        for each in item.shortfalls
    ]


def test_the_shortage_of_scenario_1_leaves_two_orders_short(shortage: tuple[Ground, OrderLine]) -> None:
    impact = impact_of(shortage[1].order_id)
    assert impact.amount == Decimal("3283.20")
    assert impact.severity is Severity.HIGH
    assert short(impact) == [("SO-881", "3"), ("SO-882", "15")]


def test_routing_gets_its_facts(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    pump = ItemFactory.create(connection=world.erp, category="pumps", abc_class="A")
    offer(order_line(world, line="20", item=pump, quantity=Decimal(10)), (5, DAY))
    assert impact_of(line.order_id).facts == {
        "type": "quantity_short",
        "family": "confirmation",
        "subject": "order",
        "group": "order",
        "company": "weserland",
        "supplier": "77",
        "supplier_tier": "A",
        "region": None,
        "buyer": "BEA",
        "connection": "weserland-erp",
        "message_kind": None,
        "item": {"SEAL-KIT", pump.number},
        "category": {"seals", "pumps"},
        "item_class": {"A", "B"},
        "warehouse": {"KAS"},
        "percent_short": Decimal(50),
        "days_late": None,
        "severity": 3,
        "amount": Decimal("4195.20"),
        "customer_class": "A",
    }


def test_another_order_that_arrives_in_time_covers(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    other = order_line(world, number="4500010002", item=line.item, quantity=Decimal(12))
    offer(other, (12, DAY))
    assert short(impact_of(line.order_id)) == [("SO-882", "6")]
    offer(other, (12, date(2026, 12, 9)), at=TUESDAY_TEN + timedelta(minutes=1))
    assert short(impact_of(line.order_id)) == [("SO-881", "3"), ("SO-882", "15")], "it comes too late"


@pytest.mark.parametrize("gone", [{"cancelled": True}, {"is_present": False}])
def test_a_line_nobody_expects_covers_nothing(
    gone: dict[str, bool], shortage: tuple[Ground, OrderLine]
) -> None:
    world, line = shortage
    other = order_line(world, number="4500010002", item=line.item)
    offer(other, (100, DAY))
    assert short(impact_of(line.order_id)) == []
    OrderLine.objects.filter(pk=other.pk).update(**gone)
    assert len(short(impact_of(line.order_id))) == 2


def test_stock_and_demand_elsewhere_do_not_count(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    StockLevelFactory.create(on_hand=Decimal(500))
    CustomerDemandFactory.create(order_number="SO-990")
    assert len(short(impact_of(line.order_id))) == 2


def test_other_units_are_converted_by_the_items_packs(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    ItemPackFactory.create(item=line.item, unit="CS", factor=Decimal(12))
    StockLevel.objects.update(on_hand=2, unit="CS")
    assert short(impact_of(line.order_id)) == [("SO-882", "4")]


def test_with_a_unit_nobody_can_convert_nobody_can_tell(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    CustomerDemand.objects.filter(order_number="SO-882").update(unit="BX")
    impact = impact_of(line.order_id)
    assert impact.uncovered is None
    assert (impact.amount, impact.severity) == (Decimal("3283.20"), Severity.HIGH)


def test_a_type_without_told_plus_teams_asks_for_no_customers(shortage: tuple[Ground, OrderLine]) -> None:
    world, _ = shortage
    silent = order_line(world, number="4500010003")
    late = TUESDAY_TEN + timedelta(days=1)
    world.erp.streams.update(watermark=late)
    impact = impact_of(silent.order_id, "confirmation_late")
    assert impact.uncovered == ()


@pytest.mark.parametrize(
    ("amount", "severity"),
    [("199.99", 1), ("200", 2), ("999.99", 2), ("1000", 3), ("4999.99", 3), ("5000", 4)],
)
def test_severity_follows_the_money(amount: str, severity: int, shortage: tuple[Ground, OrderLine]) -> None:
    world, _ = shortage
    lonely = ItemFactory.create(connection=world.erp)
    line = order_line(world, number="4500010004", item=lonely, price=Decimal(amount))
    offer(line, (99, DAY))
    impact = impact_of(line.order_id)
    assert (impact.amount, impact.severity) == (Decimal(amount), severity)


def test_an_uncovered_order_of_class_a_makes_little_money_high(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    StockLevel.objects.update(on_hand=0)
    offer(line, (99, DAY), at=TUESDAY_TEN + timedelta(minutes=1))
    assert impact_of(line.order_id).severity is Severity.LOW, "class B alone is short"
    CustomerDemand.objects.filter(order_number="SO-882").update(customer_class="A")
    assert impact_of(line.order_id).severity is Severity.HIGH


def test_money_in_another_currency_is_converted_or_unknown(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    line.order.currency = "USD"
    line.order.save()
    position: Any = line.position
    position["currency"] = position["line"]["price"]["currency"] = "USD"
    line.save()
    assert impact_of(line.order_id).amount is None
    ExchangeRateFactory.create(company=world.company, rate=Decimal("0.9"))
    assert impact_of(line.order_id).amount == Decimal("2954.88")


def test_a_queue_sorts_by_severity_before_money() -> None:
    worst_of_low = priority_of(Severity.LOW, Decimal("99999999999"))
    assert priority_of(Severity.MEDIUM, None) > worst_of_low
    assert priority_of(Severity.HIGH, Decimal(2)) > priority_of(Severity.HIGH, Decimal(1))


def test_the_number_of_queries_does_not_grow_with_orders_and_customers(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    counts = []
    for batch in range(2):
        for number in range(8):
            order_line(world, number=f"45000{batch}{number}000", item=line.item)
            CustomerDemandFactory.create(
                item=line.item, warehouse=world.warehouse, order_number=f"SO-{batch}{number}"
            )
        with CaptureQueriesContext(connection) as queries:
            impact_of(line.order_id)
        counts.append(len(queries))
    assert counts[0] == counts[1]
