"""Orders over the API: found by number, with what each source said of every line as one number."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import InvoiceKind, LineAnswer
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import OrderLine
from erp_connectors.documents.position import InvoiceFact, ReceiptFact, ShipmentFact
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.api.callers import Caller, json_of, results, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground

DAY = date(2026, 12, 4)
SAID = DocumentVersion(datetime(2026, 12, 4, 9, tzinfo=UTC))


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def caller(world: Ground) -> Caller:
    return with_token(world.company, "orders:read", "suppliers:read")


def of(value: int | str, unit: str = "EA") -> Quantity:
    return Quantity(Decimal(value), unit)


def say(line: OrderLine, **facts: Any) -> None:
    """Leave what documents leave in the position of a line."""
    line.position = line.position | to_builtins(facts)
    line.save()


def shipped(quantity: Quantity | None, **values: Any) -> ShipmentFact:
    return ShipmentFact(notice="ASN", version=SAID, shipped=quantity, **values)


def received(quantity: Quantity | None, damaged: Quantity | None = None) -> ReceiptFact:
    return ReceiptFact(number="R", version=SAID, received_on=DAY, received=quantity, damaged=damaged)


def invoiced(quantity: Quantity | None, kind: InvoiceKind = InvoiceKind.INVOICE) -> InvoiceFact:
    return InvoiceFact(number="I", kind=kind, version=SAID, issued_on=DAY, quantity=quantity, price=None)


def quantities(caller: Caller, line: OrderLine) -> dict[str, Any]:
    (shown,) = json_of(caller.get(f"orders/{line.order_id}/"))["lines"]
    numbers: dict[str, Any] = shown["quantities"]
    return numbers


def test_an_order_is_found_by_its_number(world: Ground, caller: Caller) -> None:
    line = factories.order_line(world, number="4500010001")
    factories.order_line(world, number="4500010002")
    (found,) = results(caller.get("orders/", number="4500010001"))
    assert (found["id"], found["supplier"], found["company"]) == (line.order_id, "77", "weserland")
    assert found["released_at"].endswith("Z")


def test_a_line_of_which_nothing_was_said_has_only_what_was_ordered(world: Ground, caller: Caller) -> None:
    line = factories.order_line(world)
    assert quantities(caller, line) == {
        "unit": "EA",
        "ordered": "100.000000",
        "confirmed": None,
        "shipped": None,
        "received": None,
        "damaged": None,
        "invoiced": None,
    }


def test_every_source_is_counted_in_the_unit_of_the_order(world: Ground, caller: Caller) -> None:
    item = factories.ItemFactory.create(connection=world.erp, number="BOLT")
    factories.ItemPackFactory.create(item=item, unit="CS", factor=Decimal(12))
    line = factories.order_line(world, item=item, unit="CS", quantity=Decimal(20))
    factories.offer(line, ("10", DAY), ("8", date(2026, 12, 16)))
    say(
        line,
        shipments=(shipped(of(120)), shipped(of("2", "CS"))),
        receipts=(received(of(132), of(6)),),
        invoices=(invoiced(of(12, "CS")), invoiced(of(12), InvoiceKind.CREDIT)),
    )
    assert quantities(caller, line) == {
        "unit": "CS",
        "ordered": "20.000000",
        "confirmed": "18.000000",
        "shipped": "12.000000",
        "received": "11.000000",
        "damaged": "0.500000",
        "invoiced": "11.000000",
    }


def test_what_cannot_be_counted_is_null_and_stands_in_the_position(world: Ground, caller: Caller) -> None:
    line = factories.order_line(world)
    factories.offer(line, ("1", DAY))
    say(line, shipments=(shipped(of(1, "BX")),), receipts=(received(None),), invoices=(invoiced(None),))
    shown = json_of(caller.get(f"orders/{line.order_id}/"))["lines"][0]
    numbers = shown["quantities"]
    assert (numbers["confirmed"], numbers["shipped"]) == ("1.000000", None)
    assert (numbers["received"], numbers["invoiced"]) == (None, None)
    assert shown["position"]["shipments"][0]["shipped"] == {"value": "1", "unit": "BX"}


def test_a_running_total_above_the_sum_stands_for_missed_notices(world: Ground, caller: Caller) -> None:
    line = factories.order_line(world)
    say(line, shipments=(shipped(of(10)), shipped(of(20), shipped_to_date=of(50))))
    assert quantities(caller, line)["shipped"] == "50.000000"


def test_a_line_that_is_rejected_as_a_whole_has_nothing_confirmed(world: Ground, caller: Caller) -> None:
    line = factories.order_line(world)
    factories.offer(line, offered=None, answers=(LineAnswer.REJECTED,))
    assert quantities(caller, line)["confirmed"] == "0.000000"
    factories.offer(line, offered=None, answers=(LineAnswer.UNKNOWN,))
    assert quantities(caller, line)["confirmed"] is None


def test_lines_come_by_number_without_those_the_erp_dropped(world: Ground, caller: Caller) -> None:
    for number in ("100", "20", "3"):
        line = factories.order_line(world, line=number)
    factories.order_line(world, line="4", is_present=False)
    shown = json_of(caller.get(f"orders/{line.order_id}/"))
    assert [each["number"] for each in shown["lines"]] == ["3", "20", "100"]


def test_orders_are_filtered_by_supplier_state_and_company(world: Ground, caller: Caller) -> None:
    line = factories.order_line(world)
    for query in ({"supplier": "77"}, {"state": "released"}, {"company": "weserland"}):
        assert [row["id"] for row in results(caller.get("orders/", **query))] == [line.order_id]
    for query in ({"supplier": "78"}, {"state": "closed"}, {"company": "fulda"}):
        assert results(caller.get("orders/", **query)) == []


def test_suppliers_are_listed_by_number(world: Ground, caller: Caller) -> None:
    for number in ("99", "100"):
        factories.SupplierFactory.create(connection=world.erp, number=number)
    assert [row["number"] for row in results(caller.get("suppliers/"))] == ["100", "77", "99"]
    (row,) = results(caller.get("suppliers/", number="77"))
    assert (row["name"], row["tier"], row["connection"]) == ("Nordmann Dichtungen", "A", world.erp.code)
    assert json_of(caller.get(f"suppliers/{world.supplier.pk}/")) == row
