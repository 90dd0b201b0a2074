"""The journeys of decisions that order a line anew, or have goods brought again: from document to close."""

from datetime import date, timedelta

from erp_connectors.canonical.documents import ShipmentEvent, ShipmentStatus, StatusEvent
from erp_connectors.canonical.values import DocumentVersion
from exceptions_app.cases.models import Task
from tests.builders import x12
from tests.journeys.house import ITEM, WANTED, on
from tests.journeys.types.town import NUMBER, Town, receipt, received

AS_ORDERED = x12.ack("IA", "100", on=WANTED)
LATER = date(2026, 12, 16)


def test_an_unordered_line_is_added_although_the_erp_refused_first(town: Town) -> None:
    town.also_sells("GASKET", "ND-78")
    town.orders()
    town.answers(AS_ORDERED)
    town.answers(x12.ack("IA", "5", on=WANTED), line="90", ids=("VP", "ND-78"), price="12.50")
    town.it_is(on(date(2026, 11, 25), 10, 10))
    town.opens("unordered_line", team="PRO")
    wanted = {"item": "GASKET", "quantity": "5 EA", "price": "12.50", "date": f"{WANTED}"}
    town.decides("add_to_order", **wanted)
    town.erp_refuses("The period is closed.")
    assert town.works_again() == "The period is closed."
    assert town.order_in_erp() == {"10": (ITEM, 100, "open")}
    town.decides("add_to_order", **wanted)
    town.erp_carries_out()
    town.closes("matched")
    assert town.order_in_erp()["90"] == ("GASKET", 5, "open")


def test_an_unordered_line_is_rejected(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.answers(x12.ack("IA", "5", on=WANTED), line="90", ids=("VP", "ND-78"), price="12.50")
    town.it_is(on(date(2026, 11, 25), 10, 10))
    town.opens("unordered_line", team="PRO")
    town.decides("reject_line", why="We never asked for gaskets.")
    town.closes("agreed")


def test_a_wrong_item_is_accepted_and_booked_on_its_own_line(town: Town) -> None:
    town.also_sells("GASKET", "ND-78")
    town.orders()
    town.answers(AS_ORDERED)
    ships(town)
    wrong = receipt(received(80), received(20, item="GASKET"))
    town.receives(wrong)
    town.opens("receipt_wrong_item", team="WHS", told="PRO")
    town.decides(
        "accept_substitute",
        approved_by=["walt", "pia"],
        item="GASKET",
        quantity="20 EA",
        price="180.00",
        date=f"{WANTED}",
    )
    town.erp_carries_out()
    assert town.order_in_erp() == {"10": (ITEM, 80, "open"), "20": ("GASKET", 20, "open")}
    (task,) = Task.objects.filter(case=town.case)
    assert task.title == f"Book 20 EA of GASKET on line 20 of order {NUMBER}"
    town.closes("agreed", leaves="WHS")
    town.receives(receipt(received(80), received(20, line="20", item="GASKET")))
    town.it_is(on(date(2026, 11, 26), 10, 10))
    town.is_quiet()


def test_lost_goods_are_ordered_again(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    ships(town)
    town.receives(receipt(received(40)))
    carrier_says(town, ShipmentEvent.LOST)
    town.opens("carrier_exception", team="WHS", told="PRO")
    town.decides("reorder", approved_by=["walt"], quantity="60 EA", price="182.40", date=f"{LATER}")
    town.erp_carries_out()
    town.closes("agreed")
    assert town.order_in_erp() == {"10": (ITEM, 40, "open"), "20": (ITEM, 60, "open")}


def test_refused_goods_are_brought_again_or_the_case_comes_back(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    ships(town)
    carrier_says(town, ShipmentEvent.REFUSED)
    town.opens("carrier_exception", team="WHS", told="PRO")
    town.decides("redeliver", approved_by=["walt"], date="2026-12-08", cost="120.00")
    town.erp_carries_out()
    assert town.waits_until(on(date(2026, 12, 8), 16, 59))
    town.it_is(on(date(2026, 12, 8), 17, 1))
    assert not town.is_resolved()


def test_refused_goods_are_brought_again(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    ships(town)
    carrier_says(town, ShipmentEvent.REFUSED)
    town.opens("carrier_exception", team="WHS", told="PRO")
    town.decides("redeliver", date=f"{WANTED}")
    carrier_says(town, ShipmentEvent.REFUSED, ShipmentEvent.DELIVERED)
    town.closes("delivered", leaves="WHS")


def test_customers_are_told_of_a_delay(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, expected_on=LATER)
    town.opens("shipment_delayed", team="PRO", told="WHS", tasks="PLN CSR")
    town.decides("inform_customers", orders="SO-881", text="It arrives on 16 December.", until=f"{LATER}")
    (task,) = Task.objects.filter(case=town.case, outlives_case=True)
    assert task.title == "Tell SO-881 (Customer of SO-881): “It arrives on 16 December.”"
    assert town.waits_until(on(LATER, 16, 59))
    town.it_is(on(LATER, 17, 1))
    assert not town.is_resolved()


def ships(town: Town, **values: object) -> None:
    """Let Nordmann announce the hundred pieces."""
    items = [x12.Shipped(line="10", quantity="100", ids=("BP", ITEM))]
    town.sends(x12.ship_notice_856, "ASN-1", {NUMBER: items}, tracking="1Z999", **values)


def carrier_says(town: Town, *events: ShipmentEvent) -> None:
    """Let the carrier's gateway post what happened to the shipment so far."""
    now = town.a_minute_later()
    said = (StatusEvent(kind=kind, at=now + timedelta(seconds=place)) for place, kind in enumerate(events))
    status = ShipmentStatus(
        number="S-1", version=DocumentVersion(now), events=tuple(said), ship_notice="ASN-1", tracking="1Z999"
    )
    town.posts(status, supplier="77")


def test_a_line_that_the_erp_said_it_added_and_did_not_comes_back(town: Town) -> None:
    town.also_sells("GASKET", "ND-78")
    town.orders()
    town.answers(x12.ack("IS", "100", on=WANTED, VP="ND-78"))
    town.opens("substitution", team="PRO", told="PLN CSR")
    wanted = {"item": "GASKET", "quantity": "100 EA", "price": "180.00", "date": f"{WANTED}"}
    town.decides("accept_substitute", approved_by=["paul", "pia"], **wanted)
    town.erp_answers_and_does_nothing()
    assert town.is_resolved()
    town.it_is(on(date(2026, 11, 25), 10, 2))
    assert town.is_resolved()
    town.it_is(on(date(2026, 11, 25), 10, 30))
    assert town.works_again(state="settled") == "The ERP said it was done, and does not show it"
    assert Task.objects.filter(case=town.case, team__code="EDI").count() == 1
    town.decides("accept_substitute", approved_by=["paul", "pia"], **wanted)
    town.erp_carries_out()
    town.closes("agreed", leaves="EDI")
