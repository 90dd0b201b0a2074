"""The mirror takes what the outside says: revisions, positions, ground, and news upward."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

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
    ShipNotice,
    ShipNoticeLine,
    Stock,
)
from erp_connectors.canonical.master import ItemRecord, Pack, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Price, Quantity, SchedulePart
from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.documents import models
from erp_connectors.documents.store import Arrival, Outcome, record, record_many
from erp_connectors.signals import document_recorded
from tests.builders.factories import CompanyFactory, ConnectionFactory, SupplierFactory

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
    assert (line.quantity, line.unit, line.price, line.requested_on) == (5, "EA", Decimal("182.40"), REQUESTED)
    assert line.position["line"]["quantity"] == {"value": "5", "unit": "EA"}
    assert line.warehouse == Warehouse.objects.get(company=world.company, code="KAS")
