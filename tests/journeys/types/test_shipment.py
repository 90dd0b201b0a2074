"""The journeys of the types about goods on their way: from a notice, or none, to the close."""

from dataclasses import replace
from datetime import date, timedelta

from erp_connectors.canonical.documents import ShipmentEvent, ShipmentStatus, StatusEvent
from erp_connectors.canonical.values import DocumentVersion
from tests.builders import x12
from tests.journeys.house import ITEM, WANTED, on
from tests.journeys.types.town import NUMBER, Town, receipt, received

MONDAY = date(2026, 11, 30)
LATER = date(2026, 12, 9)
AS_ORDERED = x12.ack("IA", "100", on=WANTED)


def test_ship_notice_missing_ends_with_the_notice(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.it_is(on(MONDAY, 16, 59))
    town.is_quiet()
    town.it_is(on(MONDAY, 17, 1))
    town.opens("ship_notice_missing", team="WHS", told="PRO")
    ships(town, "ASN-1", "100")
    town.closes("shipped")


def test_ship_notice_short_cancels_the_remainder(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, "ASN-1", "82", status="CC")
    town.opens("ship_notice_short", team="PRO", told="WHS", tasks="PLN CSR")
    town.decides("cancel_remainder", approved_by=["paul", "pia"])
    town.erp_carries_out()
    town.closes("agreed")


def test_ship_notice_over_ends_with_a_corrected_notice(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, "ASN-1", "120")
    town.opens("ship_notice_over", team="WHS", told="PRO")
    ships(town, "ASN-1", "100", purpose="05")
    town.closes("shipped")


def test_ship_notice_conflict_ends_when_the_dock_has_counted(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, "ASN-1", "100")
    town.is_quiet()
    ships(town, "ASN-1", "60")
    town.opens("ship_notice_conflict", team="WHS", told="EDI")
    town.receives(receipt(received(100), ship_notice="ASN-1"))
    town.closes("received")


def test_shipment_delayed_ends_with_the_goods(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, "ASN-1", "100", expected_on=LATER)
    town.opens("shipment_delayed", team="PRO", told="WHS", tasks="PLN CSR")
    town.receives(receipt(received(100)))
    town.closes("received")


def test_carrier_exception_ends_with_the_delivery(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, "ASN-1", "100", tracking="1Z999")
    town.is_quiet()
    carrier_says(town, ShipmentEvent.REFUSED)
    town.opens("carrier_exception", team="WHS", told="PRO", tasks="PLN CSR")
    carrier_says(town, ShipmentEvent.REFUSED, ShipmentEvent.DELIVERED)
    town.closes("delivered")


def test_delivery_overdue_ends_with_the_goods(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(AS_ORDERED)
    ships(town, "ASN-1", "100")
    town.it_is(on(date(2026, 12, 3), 16, 59))
    town.is_quiet()
    town.it_is(on(date(2026, 12, 3), 17, 1))
    town.opens("delivery_overdue", team="PRO", told="WHS", tasks="PLN CSR")
    town.receives(receipt(received(100)))
    town.closes("received")


def test_shipped_after_cancel_is_reinstated(town: Town) -> None:
    ordered = town.orders()
    town.answers(AS_ORDERED)
    town.erp_changes(replace(ordered, lines=(replace(ordered.lines[0], cancelled=True),)))
    town.is_quiet()
    ships(town, "ASN-1", "100")
    town.opens("shipped_after_cancel", team="PRO", told="FIN", tasks="WHS")
    town.decides("reinstate", approved_by=["paul"])
    town.erp_carries_out()
    town.closes("agreed")


def ships(town: Town, notice: str, quantity: str, *, status: str = "", **said: object) -> None:
    """Let Nordmann announce a shipment of line 10 by an 856."""
    items = [x12.Shipped(line="10", quantity=quantity, status=status, ids=("BP", ITEM))]
    town.sends(x12.ship_notice_856, notice, {NUMBER: items}, **said)


def carrier_says(town: Town, *events: ShipmentEvent) -> None:
    """Let the carrier's gateway post what happened to the shipment so far."""
    now = town.a_minute_later()
    said = (StatusEvent(kind=kind, at=now + timedelta(seconds=place)) for place, kind in enumerate(events))
    town.posts(
        ShipmentStatus(
            number="S-1",
            version=DocumentVersion(now),
            events=tuple(said),
            ship_notice="ASN-1",
            tracking="1Z999",
        ),
        supplier="77",
    )
