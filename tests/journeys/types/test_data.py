"""The journeys of the types about data and systems: messages, units, and streams that fall silent."""

from datetime import date
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.master import ItemRecord, Pack
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.exchange.models import Interchange, PartnerProfile
from exceptions_app.detection import watch
from tests.builders import x12
from tests.journeys.house import ITEM, WANTED, on
from tests.journeys.types.town import Town

TUESDAY = date(2026, 11, 24)


def test_unit_unknown_ends_when_the_erp_says_what_a_box_holds(town: Town) -> None:
    town.orders()
    town.answers(x12.ack("IA", "20", "BX", on=WANTED), unit="BX", price="912.00", basis="")
    town.opens("unit_unknown", team="EDI", tasks="PRO")
    tell_packs(town, Pack("BX", Decimal(5)))
    town.closes("unit converted")


def test_feed_silent_ends_when_the_stream_is_heard_again(town: Town) -> None:
    expect_orders_every_hour(town)
    town.orders()
    town.it_is(on(TUESDAY, 12, 1))
    town.is_quiet()
    town.it_is(on(TUESDAY, 12, 10))
    town.opens("feed_silent", team="EDI", told="PRO PLN WHS FIN")
    town.a_minute_later()
    town.house.tell_orders()
    town.it_is(on(TUESDAY, 12, 15))
    town.closes("heard again")


def test_message_quarantined_ends_when_it_is_read_with_its_partner(town: Town) -> None:
    town.orders()
    PartnerProfile.objects.update(their_id="NORDMANN-OLD")
    town.answers(x12.ack("IA", "100", on=WANTED))
    town.opens("message_quarantined", team="EDI")
    PartnerProfile.objects.update(their_id="NORDMANN")
    message = Interchange.objects.get(connection=town.house.edi_connection)
    assert town.house.call("ed", f"interchanges/{message.pk}/replay/", {})[0] == 202
    town.catch_up()
    town.closes("processed")


def tell_packs(town: Town, *packs: Any) -> None:
    """Let the ERP tell in which packs the seal kit comes."""
    version = DocumentVersion(town.a_minute_later())
    kit = ItemRecord(number=ITEM, description="Seal kit", base_unit="EA", version=version, packs=packs)
    town.house.extract(Stream.ITEMS, extracts.items_csv([kit]))
    town.catch_up()


def expect_orders_every_hour(town: Town) -> None:
    """Let an administrator say that the ERP is to write its orders every hour, and the streams be watched."""
    erp = town.house.erp_connection
    erp.settings["expect_every"] = {"orders": 60}
    erp.save()
    watch.watch_streams()
