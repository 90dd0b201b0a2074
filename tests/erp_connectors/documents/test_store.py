"""The mirror takes what the outside says: revisions, positions, ground, and news upward."""

import itertools
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction as atomicity
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Demand,
    DemandLine,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    ShipmentEvent,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
    StatusEvent,
    Stock,
)
from erp_connectors.canonical.master import ItemRecord, Pack, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.documents import models
from erp_connectors.documents.arrivals import Arrival
from erp_connectors.documents.identity import UnstorableDocument
from erp_connectors.documents.revisions import Outcome
from erp_connectors.documents.store import record, record_many
from erp_connectors.exchange.models import Transaction
from erp_connectors.signals import document_recorded
from tests.builders.factories import CompanyFactory, ConnectionFactory, SupplierFactory, TransactionFactory

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
REQUESTED = date(2026, 12, 2)


def ea(value: int | str) -> Quantity:
    return Quantity(Decimal(value), "EA")


def at(minute: int, control: str = "") -> DocumentVersion:
    return DocumentVersion(TEN + timedelta(minutes=minute), 0, control)


def order_line(number: str = "10", quantity: int = 100, **values: Any) -> OrderLine:
    return OrderLine(
        **{
            "number": number,
            "item": f"ITEM-{number}",
            "quantity": ea(quantity),
            "price": Price(Decimal("182.40"), "EUR", Decimal(1)),
            "schedule": (SchedulePart(ea(quantity), REQUESTED),),
            "warehouse": "KAS",
            **values,
        }
    )


def order(minute: int = 0, *lines: OrderLine, number: str = "1000", **values: Any) -> PurchaseOrder:
    return PurchaseOrder(
        **{
            "number": number,
            "supplier": "77",
            "currency": "EUR",
            "version": at(minute),
            "lines": lines or (order_line(),),
            "released_at": TEN - timedelta(days=1),
            **values,
        }
    )


def answer(minute: int, quantity: int, *, number: str = "1000", line: str = "10") -> Confirmation:
    offered = (OfferedPart(ea(quantity), REQUESTED),)
    return Confirmation(
        order_number=number,
        version=at(minute, f"ISA{minute}"),
        lines=(ConfirmationLine(line_number=line, offered=offered),),
    )


def notice(minute: int, quantity: int, *, orders: str = "1000", number: str = "ASN-1") -> ShipNotice:
    line = ShipNoticeLine(order_number=orders, line_number="10", shipped=ea(quantity))
    return ShipNotice(number=number, version=at(minute), lines=(line,))


def receipt(minute: int, quantity: Quantity, *, number: str = "GR-1") -> Receipt:
    line = ReceiptLine(order_number="1000", line_number="10", received=quantity)
    return Receipt(number=number, version=at(minute), received_on=REQUESTED, lines=(line,))


def status(minute: int, *, orders: tuple[str, ...] = (), number: str = "PRO-1") -> ShipmentStatus:
    """Return what a carrier says of the shipment under notice ASN-1."""
    event = StatusEvent(kind=ShipmentEvent.DELAYED, at=TEN + timedelta(minutes=minute))
    return ShipmentStatus(
        number=number, version=at(minute), events=(event,), order_numbers=orders, ship_notice="ASN-1"
    )


class World:
    """One company with its ERP and the supplier who answers; `say` is what arrives."""

    def __init__(self, company: Company, connection: Connection, supplier: models.Supplier) -> None:
        self.company, self.connection, self.supplier = company, connection, supplier

    def hear(self, document: Any, **values: Any) -> Any:
        supplier = self.supplier if isinstance(document, Confirmation | ShipNotice) else None
        said = {"connection": self.connection, "company": self.company, "supplier": supplier} | values
        return record(document, received_at=TEN, **said)

    def line(self, number: str = "10", order_number: str = "1000") -> models.OrderLine:
        return models.OrderLine.objects.get(
            order__connection=self.connection, order__number=order_number, number=number
        )


@pytest.fixture
def world() -> World:
    return make_world("weserland")


def make_world(code: str) -> World:
    company = CompanyFactory.create(code=code)
    connection = ConnectionFactory.create(company=company, code=f"{code}-erp")
    return World(company, connection, SupplierFactory.create(connection=connection, number="77"))


@pytest.fixture
def news() -> Iterator[list[dict[str, Any]]]:
    heard: list[dict[str, Any]] = []

    def listen(sender: Any, **values: Any) -> None:
        heard.append(values)

    document_recorded.connect(listen)
    yield heard
    document_recorded.disconnect(listen)


def test_an_order_becomes_rows_with_a_position_for_every_line(world: World) -> None:
    stored = world.hear(order(0, order_line("10"), order_line("20", 5)))

    row = models.PurchaseOrder.objects.get(connection=world.connection, number="1000")
    assert (row.supplier, row.state, row.currency) == (world.supplier, "released", "EUR")
    assert row.document == stored.document
    assert stored.outcome is Outcome.RECORDED
    assert stored.orders == (row.pk,)
    line = world.line("20")
    assert (line.quantity, line.unit, line.price, line.requested_on) == (
        5,
        "EA",
        Decimal("182.40"),
        REQUESTED,
    )
    assert line.position["line"]["quantity"] == {"value": "5", "unit": "EA"}
    assert line.warehouse == Warehouse.objects.get(company=world.company, code="KAS")


def test_an_answer_moves_the_position_and_tells_those_above(world: World, news: list[dict[str, Any]]) -> None:
    world.hear(order())
    news.clear()

    stored = world.hear(answer(5, 82))

    line = world.line()
    assert line.position["answer"]["offered"][0]["quantity"] == {"value": "82", "unit": "EA"}
    assert line.answered_at == TEN + timedelta(minutes=5)
    assert [(one["orders"], one["documents"]) for one in news] == [([line.order_id], [stored.document])]


def test_a_late_order_picks_up_what_came_before_it(world: World) -> None:
    early = world.hear(answer(5, 82))
    assert early.orders == ()
    assert early.named == ("1000",)

    world.hear(order(9))

    assert world.line().position["answer"]["offered"][0]["quantity"]["value"] == "82"


def test_the_same_again_only_moves_when_it_was_said(world: World, news: list[dict[str, Any]]) -> None:
    first = world.hear(order(0))
    news.clear()

    again = world.hear(order(7))

    assert again.outcome is Outcome.UNCHANGED
    row = models.Document.objects.get()
    assert row == first.document == again.document
    assert (row.first_said_at, row.said_at) == (TEN, TEN + timedelta(minutes=7))
    assert world.line().position["order_version"]["document_time"] == "2026-11-24T10:07:00Z"
    assert [one["orders"] for one in news] == [[]]


def test_the_very_same_document_twice_changes_nothing(world: World, news: list[dict[str, Any]]) -> None:
    world.hear(order())
    before = state_of(world)
    news.clear()

    assert world.hear(order()).outcome is Outcome.UNCHANGED
    assert state_of(world) == before
    assert news == []


def test_an_older_revision_is_stored_and_does_not_win(world: World, news: list[dict[str, Any]]) -> None:
    world.hear(order(9, order_line(quantity=120)))
    news.clear()

    stored = world.hear(order(1, order_line(quantity=100)))

    assert stored.outcome is Outcome.OLDER
    assert world.line().quantity == 120
    assert models.Document.objects.count() == 2
    assert models.PurchaseOrder.objects.get().document != stored.document


def test_a_content_that_comes_back_is_a_third_revision(world: World) -> None:
    for minute, quantity in ((1, 82), (2, 100), (3, 82)):
        stored = world.hear(answer(minute, quantity))

    assert stored.outcome is Outcome.RECORDED
    assert models.Document.objects.count() == 3


def test_what_was_said_in_between_arrives_last_and_cuts_the_revision_in_two(world: World) -> None:
    world.hear(order())
    for minute in (1, 2, 4, 5):
        world.hear(answer(minute, 82))
    world.hear(answer(3, 70))

    rows = models.Document.objects.filter(kind="confirmation").order_by("said_at")
    times = [(row.first_said_at - TEN, row.said_at - TEN) for row in rows]
    minutes = [(first.seconds // 60, last.seconds // 60) for first, last in times]
    assert minutes == [(1, 2), (3, 3), (4, 5)]
    position = world.line().position
    assert position["answer"]["first_said_at"] == "2026-11-24T10:04:00Z"
    assert [one["offered"][0]["quantity"]["value"] for one in position["earlier_answers"]] == ["70", "82"]


def test_a_line_the_order_no_longer_has_is_kept_as_gone(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(order(5, order_line("10")))

    assert world.line("10").is_present
    gone = world.line("20")
    assert (gone.is_present, gone.cancelled) == (False, True)


def test_a_ship_notice_corrected_to_another_order_leaves_the_first(world: World) -> None:
    world.hear(order(number="1000"))
    world.hear(order(number="2000"))
    world.hear(notice(5, 40, orders="1000"))

    stored = world.hear(notice(6, 40, orders="2000"))

    assert world.line(order_number="1000").position["shipments"] == []
    assert len(world.line(order_number="2000").position["shipments"]) == 1
    assert len(stored.orders) == 2


def test_the_word_of_another_supplier_does_not_count(world: World) -> None:
    stranger = SupplierFactory.create(connection=world.connection, number="88")
    transaction = TransactionFactory.create()
    world.hear(order())

    world.hear(answer(5, 1), supplier=stranger, transaction=transaction)

    assert world.line().position["answer"] is None
    transaction.refresh_from_db()
    assert [finding["code"] for finding in transaction.findings] == ["ORDER_OF_ANOTHER_SUPPLIER"]
    assert "with supplier 77, not with 88" in transaction.findings[0]["text"]


def test_two_partners_may_say_the_same_of_orders_with_one_number(world: World) -> None:
    stranger = SupplierFactory.create(connection=world.connection, number="88")

    world.hear(answer(5, 82))
    world.hear(answer(5, 82), supplier=stranger)

    assert models.Document.objects.filter(kind="confirmation").count() == 2


def test_two_companies_with_the_same_numbers_never_mix(world: World) -> None:
    other = make_world("nordhafen")
    for one in (world, other):
        one.hear(order(number="1000"))
    before = state_of(other)

    stored = world.hear(answer(5, 82))

    assert stored.orders == (world.line().order_id,)
    assert state_of(other) == before
    assert other.line().position["answer"] is None


def test_a_line_that_fits_nothing_is_noted_until_the_order_brings_it(world: World) -> None:
    transaction = TransactionFactory.create(findings=[{"layer": "transaction", "code": "KEPT"}])
    world.hear(answer(5, 82, line="30"), transaction=transaction)
    assert codes_of(transaction) == ["KEPT", "ORDER_UNKNOWN"]

    world.hear(order(6))
    assert codes_of(transaction) == ["KEPT", "LINE_UNMATCHED"]
    finding = transaction.findings[1]
    assert (finding["value"], finding["order"], finding["line"]) == ("30", "1000", 0)
    assert "The order has no such line." in finding["text"]

    world.hear(order(7, order_line("10"), order_line("30")))
    assert codes_of(transaction) == ["KEPT"]
    assert world.line("30").position["answer"] is not None


def test_a_line_that_fits_nothing_stays_with_the_order_until_it_fits(
    world: World, news: list[dict[str, Any]]
) -> None:
    world.hear(order())
    world.hear(answer(5, 82, line="30"))
    (unmatched,) = models.PurchaseOrder.objects.get().unmatched
    assert (unmatched["kind"], unmatched["line_number"], unmatched["reason"]) == (
        "confirmation",
        "30",
        "no_such_line",
    )
    assert news[-1]["orders"] == [models.PurchaseOrder.objects.get().pk]
    world.hear(order(7, order_line("10"), order_line("30")))
    assert models.PurchaseOrder.objects.get().unmatched == []


def codes_of(transaction: Transaction) -> list[str]:
    transaction.refresh_from_db()
    return [finding["code"] for finding in transaction.findings]


def test_a_warehouse_that_is_a_partner_of_its_own_receives_for_any_order(world: World) -> None:
    world.hear(order())
    warehouse = SupplierFactory.create(connection=world.connection, number="3PL")
    world.hear(receipt(3, ea(60)), supplier=warehouse)
    world.hear(status(8, orders=("1000",)), supplier=warehouse)

    assert world.line().received_quantity == 60
    assert shipments_of(world.line()) == [("PRO-1", [])]


# --- shipments --------------------------------------------------------------------------------------------


def shipments_of(line: models.OrderLine) -> list[tuple[str, list[str]]]:
    return [(fact["shipment"], fact["notices"]) for fact in line.position["statuses"]]


@pytest.mark.parametrize("arrivals", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 1, 0)])
def test_a_status_reaches_the_lines_of_its_ship_notice_whatever_comes_first(
    world: World, arrivals: tuple[int, ...]
) -> None:
    said = [order(), notice(6, 40), status(8)]
    for index in arrivals:
        world.hear(said[index])

    assert shipments_of(world.line()) == [("PRO-1", ["ASN-1"])]


def test_a_status_touches_the_orders_of_its_shipment(world: World) -> None:
    world.hear(order())
    world.hear(notice(6, 40))

    assert world.hear(status(8)).orders == (world.line().order_id,)


def test_every_word_on_a_shipment_reaches_the_order_its_ship_notice_names_later(world: World) -> None:
    world.hear(order())
    world.hear(order(number="2000"))
    world.hear(status(8))
    world.hear(status(9))
    world.hear(notice(6, 40))
    assert len(world.line().position["statuses"][0]["events"]) == 2

    world.hear(notice(10, 40, orders="2000"))

    assert shipments_of(world.line()) == []
    assert shipments_of(world.line(order_number="2000")) == [("PRO-1", ["ASN-1"])]


def test_ship_notice_and_status_recorded_together_find_each_other(world: World) -> None:
    arrivals = [
        Arrival(document=status(8), received_at=TEN),
        Arrival(document=notice(6, 40), received_at=TEN, supplier=world.supplier),
        Arrival(document=order(), received_at=TEN),
    ]
    record_many(arrivals, connection=world.connection, company=world.company)

    assert shipments_of(world.line()) == [("PRO-1", ["ASN-1"])]


def test_a_ship_notice_of_another_supplier_brings_no_status_to_the_order(world: World) -> None:
    world.hear(order())
    other = SupplierFactory.create(connection=world.connection, number="88")
    world.hear(notice(6, 40), supplier=other)
    world.hear(status(8))

    assert shipments_of(world.line()) == []


# --- the ground -----------------------------------------------------------------------------------------


def test_a_bare_supplier_and_item_are_filled_in_when_their_records_come(world: World) -> None:
    world.hear(order(supplier="99"))
    bare = models.Supplier.objects.get(connection=world.connection, number="99")
    assert bare.name == "99"

    supplier = SupplierRecord(number="99", name="Dorn", tier="A", country="DE", version=at(1))
    touched = world.hear(supplier)
    world.hear(item(1))

    bare.refresh_from_db()
    assert (bare.name, bare.tier, bare.country) == ("Dorn", "A", "DE")
    line = world.line()
    assert line.item is not None
    assert (line.item.base_unit, line.item.packs.get().factor) == ("EA", 12)
    assert touched.orders == (line.order_id,)


def item(minute: int, factor: int = 12, **values: Any) -> ItemRecord:
    packs = (Pack("CS", Decimal(factor)),)
    return ItemRecord(
        number="ITEM-10", description="Seal kit", base_unit="EA", packs=packs, version=at(minute), **values
    )


def test_an_older_record_does_not_replace_a_newer_one(world: World) -> None:
    world.hear(item(5, factor=12))
    assert world.hear(item(1, factor=10)).outcome is Outcome.OLDER

    assert models.ItemPack.objects.get().factor == 12


def test_a_new_pack_is_counted_in_what_was_received_before(world: World) -> None:
    world.hear(order())
    world.hear(receipt(3, Quantity(Decimal(2), "CS")))
    assert world.line().received_quantity == 0

    stored = world.hear(item(4))

    assert world.line().received_quantity == 24
    assert stored.orders == (world.line().order_id,)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("unit_margin", Decimal("6.50")),
        ("sales_price", Decimal("12.90")),
        ("demand_per_day", Decimal(40)),
        ("demand_sd", Decimal(15)),
        ("lead_days", 21),
        ("criticality", Decimal("1.2")),
    ],
)
def test_what_missing_an_item_costs_touches_its_orders_and_recounts_nothing(
    world: World, column: str, value: Any
) -> None:
    world.hear(item(1))
    world.hear(order())
    before = world.line().position

    stored = world.hear(item(4, **{column: value}))

    row = models.Item.objects.get(number="ITEM-10")
    assert (getattr(row, column), row.as_of) == (value, TEN + timedelta(minutes=4))
    assert stored.orders == (world.line().order_id,)
    assert world.line().position == before
    assert world.hear(item(5, **{column: value})).orders == ()


def test_stock_touches_the_orders_that_wait_for_that_item_in_that_warehouse(
    world: World, news: list[dict[str, Any]]
) -> None:
    world.hear(order(number="1000"))
    world.hear(order(0, order_line(warehouse="HAM"), number="2000"))
    world.hear(order(0, order_line("20"), number="3000"))
    world.hear(order(0, order_line(cancelled=True), number="4000"))
    news.clear()

    stored = world.hear(stock(5, 10))

    level = models.StockLevel.objects.get()
    assert (level.on_hand, level.unit, level.as_of) == (10, "EA", TEN + timedelta(minutes=5))
    assert stored.orders == (world.line().order_id,)
    assert [one["orders"] for one in news] == [[world.line().order_id]]


def stock(minute: int, quantity: int, **values: Any) -> Stock:
    return Stock(item="ITEM-10", warehouse="KAS", on_hand=ea(quantity), version=at(minute), **values)


@pytest.mark.parametrize("column", ["demand_per_day", "demand_sd"])
def test_a_change_of_the_usual_demand_touches_as_stock_does(world: World, column: str) -> None:
    world.hear(order())
    world.hear(stock(5, 10))

    stored = world.hear(stock(6, 10, **{column: Decimal(4)}))

    assert getattr(models.StockLevel.objects.get(), column) == 4
    assert stored.orders == (world.line().order_id,)


def test_the_same_stock_again_touches_nothing(world: World) -> None:
    world.hear(order())
    world.hear(stock(5, 10))

    stored = world.hear(stock(8, 10))

    assert (stored.outcome, stored.orders) == (Outcome.UNCHANGED, ())
    assert models.Document.objects.filter(kind="stock").count() == 1


def test_demand_replaces_the_lines_of_its_order_and_touches_both_places(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20"), number="1000"))
    world.hear(order(0, order_line("20"), number="2000"))
    world.hear(demand(1, ("1", "ITEM-10", 95), ("2", "ITEM-10", 5)))

    stored = world.hear(demand(2, ("1", "ITEM-20", 95)))

    row = models.CustomerDemand.objects.get()
    assert (row.item.number, row.open_quantity, row.customer_class) == ("ITEM-20", 95, "A")
    both = set(models.PurchaseOrder.objects.values_list("pk", flat=True))
    assert set(stored.orders) == both


@pytest.mark.parametrize("column", ["penalty_per_day", "penalty_flat"])
def test_a_penalty_for_delivering_late_touches_as_demand_does(world: World, column: str) -> None:
    world.hear(order())
    known = demand(1, ("1", "ITEM-10", 95))
    world.hear(known)
    line = replace(known.lines[0], **{column: Decimal("400.00")})  # type: ignore[arg-type]

    stored = world.hear(replace(known, version=at(2), lines=(line,)))

    row = models.CustomerDemand.objects.get()
    assert (getattr(row, column), row.as_of) == (400, TEN + timedelta(minutes=2))
    assert stored.orders == (world.line().order_id,)


def demand(minute: int, *lines: tuple[str, str, int]) -> Demand:
    return Demand(
        number="SO-881",
        customer="Kraft",
        customer_class="A",
        version=at(minute),
        lines=tuple(
            DemandLine(number=number, item=wanted, warehouse="KAS", open=ea(quantity), due_on=REQUESTED)
            for number, wanted, quantity in lines
        ),
    )


# --- any order of arrival ---------------------------------------------------------------------------------


def story() -> list[Any]:
    """Everything that happens to one order, with a revision, a repetition, a correction and units."""
    return [
        SupplierRecord(number="77", name="Nordmann", tier="A", version=at(0)),
        item(0, factor=10),
        item(6, factor=12),
        order(1),
        order(4, order_line(quantity=120), order_line("20", 5)),
        order(5, order_line(quantity=120), order_line("20", 5)),
        answer(2, 82),
        answer(3, 90),
        answer(7, 82),
        replace(answer(8, 5, line="20"), lines=(ConfirmationLine(line_number="20"),)),
        notice(9, 60),
        notice(10, 64),
        receipt(11, Quantity(Decimal(5), "CS")),
        stock(3, 7),
        stock(9, 8),
        stock(1, 8),
        demand(4, ("1", "ITEM-10", 95)),
        demand(5, ("1", "ITEM-10", 90)),
    ]


def state_of(world: World) -> dict[str, Any]:
    """Everything the mirror of a connection says, but for keys and times of arrival."""
    mine = {"connection": world.connection}
    lines = models.OrderLine.objects.filter(order__connection=world.connection)
    items = models.Item.objects.filter(**mine)
    return {
        "documents": sorted(
            models.Document.objects.filter(**mine).values_list(
                "kind", "key", "first_said_at", "said_at", "revision", "control_number", "content_hash"
            )
        ),
        "orders": list(
            models.PurchaseOrder.objects.filter(**mine).values_list(
                "number", "state", "supplier__number", "document__content_hash"
            )
        ),
        "lines": list(
            lines.order_by("order__number", "number").values(
                "number", "quantity", "is_present", "cancelled", "position", "answered_at",
                "received_quantity", "item__number", "warehouse__code",
            )
        ),
        "heads": list(
            models.DocumentHead.objects.filter(**mine).order_by("kind", "key").values_list(
                "kind", "key", "number", "is_cancelled", "first_said_at", "issued_on", "orders", "loose",
                "document__content_hash",
            )
        ),
        "suppliers": list(models.Supplier.objects.filter(**mine).values_list("number", "name", "tier")),
        "packs": list(models.ItemPack.objects.filter(item__in=items).values_list("factor")),
        "stock": list(models.StockLevel.objects.filter(item__in=items).values_list("on_hand", "as_of")),
        "demand": list(models.CustomerDemand.objects.filter(**mine).values_list("open_quantity")),
    }  # fmt: skip


def state_after(world: World, documents: list[Any]) -> dict[str, Any]:
    """Say what the mirror says after these documents, and undo them."""
    with atomicity.atomic():
        for document in documents:
            world.hear(document)
        state = state_of(world)
        atomicity.set_rollback(True)
    return state


@pytest.mark.parametrize("seed", range(12))
def test_every_order_of_arrival_and_every_repetition_ends_in_the_same_mirror(world: World, seed: int) -> None:
    expected = state_after(world, story())
    arrivals = story() + random.Random(seed).sample(story(), 6)
    random.Random(seed).shuffle(arrivals)

    assert state_after(world, arrivals) == expected


@pytest.mark.parametrize(
    "said",
    [
        [order(0), notice(2, 40, orders="1000"), notice(2, 40, orders="2000")],
        [stock(0, 40), stock(0, 82), stock(1, 40)],
    ],
    ids=["a notice of two orders", "two levels and one of them again"],
)
def test_what_is_said_twice_at_one_moment_ends_in_the_same_mirror(world: World, said: list[Any]) -> None:
    expected = state_after(world, said)
    for arrivals in itertools.permutations(said):
        assert state_after(world, list(arrivals)) == expected


QUANTITIES = st.sampled_from([40, 82])
MINUTES = st.integers(0, 5)
ANYTHING = st.one_of(
    st.builds(lambda minute, quantity: order(minute, order_line(quantity=quantity)), MINUTES, QUANTITIES),
    st.builds(answer, MINUTES, QUANTITIES),
    st.builds(notice, MINUTES, QUANTITIES, orders=st.sampled_from(["1000", "2000"])),
    st.builds(status, MINUTES, orders=st.sampled_from([(), ("1000",)])),
    st.builds(lambda minute, quantity: receipt(minute, ea(quantity)), MINUTES, QUANTITIES),
    st.builds(stock, MINUTES, QUANTITIES),
    st.builds(item, MINUTES, QUANTITIES),
)


@settings(
    max_examples=settings.default.max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(ANYTHING, max_size=9), shuffle=st.randoms(use_true_random=False))
def test_any_history_ends_in_the_same_mirror_however_it_arrives(
    world: World, history: list[Any], shuffle: random.Random
) -> None:
    arrivals = history + shuffle.sample(history, len(history) // 2)
    shuffle.shuffle(arrivals)

    assert state_after(world, arrivals) == state_after(world, history)


def test_documents_recorded_together_end_like_one_after_the_other(world: World) -> None:
    expected = state_after(world, story())

    arrivals = [
        Arrival(
            document=document,
            received_at=TEN,
            supplier=world.supplier if isinstance(document, Confirmation | ShipNotice) else None,
        )
        for document in reversed(story())
    ]
    record_many(arrivals, connection=world.connection, company=world.company)

    assert state_of(world) == expected


# --- cost and safety --------------------------------------------------------------------------------------


def queries_for(world: World, documents: list[Any]) -> int:
    arrivals = [
        Arrival(document=document, received_at=TEN, supplier=world.supplier) for document in documents
    ]
    with CaptureQueriesContext(database) as queries:
        record_many(arrivals, connection=world.connection, company=world.company)
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_lines_or_documents(world: World) -> None:
    few = [order(0, number="1")]
    many = [
        order(0, *(order_line(str(line)) for line in range(1, 21)), number=str(number))
        for number in range(100, 140)
    ]
    first = queries_for(world, few)

    assert queries_for(world, many) <= first
    answers = [answer(5, 82, number=str(number), line="1") for number in range(100, 140)]
    assert queries_for(world, answers) <= queries_for(world, [answer(5, 82, number="1")]) + 1
    assert first < 30
    notices = [notice(6, 40, orders=str(number), number=f"A-{number}") for number in range(100, 140)]
    assert queries_for(world, notices) <= queries_for(world, [notice(6, 40, orders="1", number="A")]) + 1
    told = [replace(status(8, number=f"P-{n}"), ship_notice=f"A-{n}") for n in range(100, 140)]
    one = replace(status(8), ship_notice="A")
    assert queries_for(world, told) <= queries_for(world, [one]) + 1


@pytest.mark.parametrize(
    "document",
    [
        order(number=""),
        order(number="1" * 300),
        order(0, order_line(description="NUL \0")),
        order(0, order_line(quantity=10**30)),
        order(currency="much too long"),
    ],
)
def test_a_value_no_column_can_hold_is_refused_as_a_whole(world: World, document: PurchaseOrder) -> None:
    with pytest.raises(UnstorableDocument):
        world.hear(document)

    assert models.Document.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_documents_on_one_order_at_the_same_time_all_count() -> None:
    world = make_world("weserland")
    documents = [order(), answer(5, 82), notice(6, 40), receipt(7, ea(30)), item(1), stock(2, 5)] * 3
    random.Random(4).shuffle(documents)
    start = threading.Barrier(len(documents))

    def say(document: Any) -> Outcome:
        start.wait()
        try:
            return world.hear(document).outcome
        finally:
            database.close()

    with ThreadPoolExecutor(len(documents)) as pool:
        outcomes = list(pool.map(say, documents))

    assert outcomes.count(Outcome.RECORDED) == 6
    line = world.line()
    assert line.position["answer"]["offered"][0]["quantity"]["value"] == "82"
    assert len(line.position["shipments"]) == 1
    assert line.received_quantity == 30
