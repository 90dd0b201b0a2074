"""Cases of several orders about one item in one warehouse: they share its stock, and follow what moves it."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors import clock
from erp_connectors.canonical.documents import Demand, DemandLine, Stock
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import Document, Item, OrderLine
from erp_connectors.documents.store import record
from erp_connectors.signals import document_recorded
from exceptions_app import intake, shortfalls
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, QueueEntry, Task
from exceptions_app.detection import watch
from exceptions_app.detection.load import LoadedOrders, load
from exceptions_app.detection.models import Watch
from exceptions_app.neighbours import neighbours_of
from tests.builders.factories import (
    TUESDAY_TEN,
    CustomerDemandFactory,
    Ground,
    StockLevelFactory,
    WarehouseFactory,
    ground,
    offer,
    order_line,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 2)


@pytest.fixture(autouse=True)
def tuesday_ten(db: None) -> Iterator[None]:
    clock.set_now(TUESDAY_TEN)
    yield
    clock.reset()


def warehouse_with_fifty() -> Ground:
    """Make a warehouse with 50 of an item, for which customers of class A and B wait: for 60 and 40."""
    world = ground()
    line = order_line(world, number="1000", quantity=Decimal(50))
    assert line.item is not None
    Item.objects.update(unit_margin=10, demand_per_day=0, demand_sd=0)
    StockLevelFactory.create(item=line.item, warehouse=world.warehouse, on_hand=Decimal(50))
    for number, customer_class, quantity in (("SO-1", "A", 60), ("SO-2", "B", 40)):
        CustomerDemandFactory.create(
            item=line.item,
            warehouse=world.warehouse,
            order_number=number,
            customer_class=customer_class,
            open_quantity=Decimal(quantity),
            due_on=date(2026, 12, 4),
        )
    return world


SCENE = warehouse_with_fifty


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def order(world: Ground, number: str, offered: int | None, at: datetime = TUESDAY_TEN) -> OrderLine:
    """Order 50 of the item, of which so many are offered."""
    line = OrderLine.objects.filter(order__number=number).first()
    line = line or order_line(world, number=number, quantity=Decimal(50))
    return offer(line, (offered, DAY), at=at) if offered is not None else line


def look(*lines: OrderLine) -> None:
    evaluation = intake.evaluate([line.order_id for line in lines], clock.now())
    assert evaluation.failures == {}


def work() -> list[int]:
    """Do what workers do until nothing is due nor soon will be, and return what was looked at each time."""
    counts = []
    while count := intake.evaluate_due(50) or _a_little_later():
        counts.append(count)
        assert len(counts) < 10, "neighbours must not wake each other for ever"
    return counts


def _a_little_later() -> int:
    clock.set_now(clock.now() + watch.SOON)
    return intake.evaluate_due(50)


def case_of(line: OrderLine) -> Case:
    return Case.objects.get(order=line.order_id, type_code="quantity_short")


def short(line: OrderLine) -> str:
    return str(case_of(line).impact["goods"][0]["expected_short"])


def named(line: OrderLine) -> list[tuple[str, str]]:
    return [(each["order"], each["short"]) for each in case_of(line).impact["goods"][0]["orders"]]


# --- sharing ------------------------------------------------------------------------------------------------


def test_two_shortages_share_what_is_lacking(world: Ground) -> None:
    first, second = order(world, "1000", 10), order(world, "2000", 10)
    look(second)
    assert (short(second), named(second)) == ("30", [("SO-2", "30")]), "until the first has a case, too"
    look(first)
    assert work() == [1], "the second order, for the first has its turn before it"
    assert [short(line) for line in (first, second)] == ["30", "0"]
    assert [named(line) for line in (first, second)] == [[("SO-2", "30")], []]
    losses = [case_of(line).expected_loss for line in (first, second)]
    assert losses == [Decimal("165.00"), Decimal("25.00")]


def test_the_order_in_which_they_are_looked_at_does_not_matter(world: Ground) -> None:
    second, first = order(world, "2000", 10), order(world, "1000", 10)
    look(second)
    look(first)
    work()
    assert [short(line) for line in (first, second)] == ["30", "0"]


def test_a_customer_order_is_a_task_in_one_case_only(world: Ground) -> None:
    first, second = order(world, "1000", 10), order(world, "2000", 10)
    look(first, second)
    work()
    tasks = {task.case.order_id for task in Task.objects.filter(state="open")}
    assert tasks == {first.order_id}


def test_the_case_of_the_better_customer_has_its_turn_first(world: Ground) -> None:
    item = Item.objects.get()
    CustomerDemandFactory.create(
        item=item,
        warehouse=world.warehouse,
        order_number="SO-3",
        customer_class="A",
        open_quantity=Decimal(10),
        due_on=date(2026, 12, 20),
    )
    early, late = order(world, "1000", 10), order_line(world, number="2000", quantity=Decimal(50))
    late.position["line"]["schedule"][0]["date"] = "2026-12-18"
    offer(late, (10, date(2026, 12, 18)))
    look(early, late)
    work()
    assert named(early) == [("SO-2", "40")]
    assert named(late) == [], "the stock that is there goes to class A"


# --- following ----------------------------------------------------------------------------------------------


def test_a_stock_that_moves_weighs_the_cases_anew_and_leaves_them_alone(world: Ground) -> None:
    lines = [order(world, number, 10) for number in ("1000", "2000")]
    look(*lines)
    work()
    first = case_of(lines[0])
    events = Event.objects.filter(kind__startswith="case.")
    before = (first.version, first.updated_at, events.count())
    on_hand(world, 40)
    assert work() == [2]
    assert [short(line) for line in lines] == ["40", "0"]
    after = case_of(lines[0])
    assert after.expected_loss == Decimal("195.00")
    assert (after.version, after.updated_at, events.count()) == before
    assert {entry.priority for entry in QueueEntry.objects.filter(case=after)} == {after.priority}


def on_hand(world: Ground, quantity: int) -> None:
    stock = Stock(
        item="SEAL-KIT",
        warehouse="KAS",
        on_hand=Quantity(Decimal(quantity), "EA"),
        version=DocumentVersion(clock.now()),
    )
    record(stock, connection=world.erp, company=world.company, received_at=clock.now())


def test_a_customer_order_that_goes_weighs_the_cases_anew(world: Ground) -> None:
    line = order(world, "1000", 10)
    look(line)
    waiting = DemandLine(
        number="1",
        item="SEAL-KIT",
        warehouse="KAS",
        open=Quantity(Decimal(10), "EA"),
        due_on=date(2026, 12, 4),
    )
    demand = Demand(
        number="SO-2",
        customer="Customer",
        customer_class="B",
        version=DocumentVersion(TUESDAY_TEN),
        lines=(waiting,),
    )
    record(demand, connection=world.erp, company=world.company, received_at=TUESDAY_TEN)
    work()
    assert short(line) == "10"


def test_an_order_that_brings_more_weighs_its_neighbours_anew(world: Ground) -> None:
    first, second = order(world, "1000", 10), order(world, "2000", None)
    look(first, second)
    assert short(first) == "0", "the other order still brings fifty"
    order(world, "2000", 10, at=TUESDAY_TEN + timedelta(minutes=1))
    document_recorded.send(sender=Document, orders=[second.order_id], documents=[])
    work()
    assert [short(line) for line in (first, second)] == ["30", "0"]
    order(world, "2000", 50, at=TUESDAY_TEN + timedelta(minutes=2))
    document_recorded.send(sender=Document, orders=[second.order_id], documents=[])
    work()
    assert short(first) == "0"


def test_looking_again_with_nothing_new_wakes_nobody(world: Ground) -> None:
    lines = [order(world, number, 10) for number in ("1000", "2000")]
    look(*lines)
    work()
    before = list(Watch.objects.order_by("pk").values_list("marked", flat=True))
    look(*lines)
    assert list(Watch.objects.order_by("pk").values_list("marked", flat=True)) == before


def test_only_orders_with_open_cases_about_the_same_goods_are_neighbours(world: Ground) -> None:
    first, second, healthy = (order(world, number, 10) for number in ("1000", "2000", "3000"))
    offer(healthy, (50, DAY))
    elsewhere = order_line(world, number="4000", item=first.item, quantity=Decimal(50))
    OrderLine.objects.filter(pk=elsewhere.pk).update(
        warehouse=WarehouseFactory.create(company=world.company, code="BRE")
    )
    offer(OrderLine.objects.get(pk=elsewhere.pk), (10, DAY))
    look(first, second, healthy, elsewhere)
    assert set(neighbours_of([first.order_id])) == {second.order_id}
    assert set(neighbours_of([healthy.order_id])) == {first.order_id, second.order_id}
    assert neighbours_of([first.order_id, second.order_id]) == {}
    offer(second, (50, DAY), at=TUESDAY_TEN + timedelta(minutes=1))
    look(second)
    assert neighbours_of([first.order_id]) == {}


def test_a_look_takes_as_many_queries_with_twenty_neighbours_as_with_two(world: Ground) -> None:
    line = order(world, "1000", 10)
    counts = []
    for batch in (range(2001, 2003), range(3001, 3019)):
        look(*[order(world, str(number), 10) for number in batch])
        work()
        look(line)
        watch.mark("order", [line.order_id])
        with CaptureQueriesContext(connection) as queries:
            look(line)
        counts.append(len(queries))
    few, many = counts
    assert many <= few


def test_orders_looked_at_together_read_each_of_their_neighbours_once(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [order(world, str(number), 10) for number in range(2001, 2005)]
    read: list[int] = []

    def load_and_note(order_ids: Collection[int], *args: Any, **options: Any) -> LoadedOrders:
        read.extend(order_ids)
        return load(order_ids, *args, **options)

    monkeypatch.setattr(shortfalls, "load", load_and_note)
    monkeypatch.setattr(intake, "TOGETHER", 2)
    look(*lines)
    assert len(read) == len(set(read)) >= len(lines)
