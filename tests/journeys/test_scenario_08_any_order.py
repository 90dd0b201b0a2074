"""Golden scenario 8: an order, its revision, and what is said of it, in any order and repeatedly.

A handful of orders of arrival, the worst ones among them, through the real channels. Every permutation is
tried on the pure core (`detection/test_scenarios.py`), random histories in `test_any_order.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import PurchaseOrder
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator.extracts import orders_csv
from erp_connectors.documents.models import OrderLine
from erp_connectors.edi.results import Document
from exceptions_app.cases.models import CaseLine
from tests.builders import factories as make
from tests.journeys.at_once import catch_up, forgotten, live_until, open_house
from tests.journeys.house import OUR_ID, READY, House, on, order
from tests.journeys.papers import Partner, answer, invoice, offered, receipt, ship_notice

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NUMBER = "4500010001"
RELEASED = on(date(2026, 11, 19), 16)
REVISED = on(date(2026, 11, 20), 9)
SHIPPED_ON, RECEIVED_ON, WANTED = date(2026, 12, 4), date(2026, 12, 7), date(2026, 12, 8)
VIEWED = on(date(2026, 12, 9), 18)
#: Who opened and closed twice in a day is read a second time, later than this.
SECOND_READING = timedelta(minutes=11)
WAREHOUSE = "KASSEL"

#: Names of what is sent, in the order in which it was written.
WRITTEN = ("order", "revision", "answer", "notice", "receipt", "invoice")
#: What comes in between two looks, look by look.
ORDERS_OF_ARRIVAL = (
    [WRITTEN],
    [(name,) for name in WRITTEN[::-1]],
    # Goods and bill before anybody has heard of the order, and its revision before the order.
    [("invoice",), ("receipt",), ("revision", "notice"), ("order",), ("answer",)],
    [WRITTEN, WRITTEN[::-1]],
)
Deliveries = dict[str, Callable[[], None]]


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """Nobody has heard of the order yet; besides Nordmann, the warehouse speaks X12."""
    house = open_house(tmp_path, at=RELEASED)
    nordmann = house.edi_connection.partners.get()
    make.PartnerProfileFactory.create(
        connection=house.edi_connection,
        supplier=nordmann.supplier,
        name="Kassel warehouse",
        their_id=WAREHOUSE,
        our_id=OUR_ID,
        time_zone="Europe/Berlin",
    )
    return house


def test_any_order_of_arrival_ends_in_the_same_positions_and_the_same_two_cases(weserland: House) -> None:
    house = weserland
    deliver = everything_written(house)
    clock.set_now(VIEWED)
    ends = []
    for arrival in ORDERS_OF_ARRIVAL:
        with forgotten():
            arrives([deliver[name] for name in names] for names in arrival)
            two_pieces_are_missing_and_billed(house)
            ends.append(position())
    assert [end == ends[0] for end in ends] == [True] * len(ORDERS_OF_ARRIVAL)


# --- what is sent -------------------------------------------------------------------------------------------


def everything_written(house: House) -> Deliveries:
    """Write every document at its time, and return how each is delivered, as often as one likes."""
    nordmann, warehouse = Partner(house), Partner(house, WAREHOUSE)
    hundred = order(NUMBER, wanted=WANTED, released_at=RELEASED)
    more = order(NUMBER, quantity=120, wanted=WANTED, released_at=RELEASED)
    return {
        "order": extract(house, hundred, RELEASED),
        "revision": extract(house, more, REVISED),
        "answer": by(nordmann, on(date(2026, 11, 20), 15), lambda: answer(NUMBER, offered((120, WANTED)))),
        "notice": by(
            nordmann,
            on(SHIPPED_ON, 16),
            lambda: ship_notice("ASN-1", NUMBER, 118, shipped_on=SHIPPED_ON, final=True),
        ),
        "receipt": by(
            warehouse,
            on(RECEIVED_ON, 11),
            lambda: receipt("GR-1", NUMBER, 118, on=RECEIVED_ON, notice="ASN-1"),
        ),
        "invoice": by(nordmann, on(RECEIVED_ON, 12), lambda: invoice("INV-1", NUMBER, 120, on=RECEIVED_ON)),
    }


def extract(house: House, revision: PurchaseOrder, at: datetime) -> Callable[[], None]:
    """The order as the ERP had it at that moment, as an extract."""
    said = replace(revision, version=DocumentVersion(at), version_token=f"{at:%d-%H}")

    def deliver() -> None:
        path = house.erp.write(Stream.ORDERS, orders_csv([said]), at=at)
        path.with_name(path.name + READY).touch()

    return deliver


def by(partner: Partner, at: datetime, write: Callable[[], Document]) -> Callable[[], None]:
    """A document that a partner wrote at that moment, as X12."""
    clock.set_now(at)
    partner.sent += 1
    name = f"{partner.name}-{partner.sent}.x12"
    return partial(partner.house.drop, name, partner.written(write(), control=partner.sent))


def arrives(between_looks: Iterable[Iterable[Callable[[], None]]]) -> None:
    """What comes is read, and everything looked at, before more comes."""
    clock.set_now(VIEWED)
    for deliveries in between_looks:
        for deliver in deliveries:
            deliver()
        catch_up()
    live_until(VIEWED + SECOND_READING)


# --- what it comes to ---------------------------------------------------------------------------------------


def two_pieces_are_missing_and_billed(house: House) -> None:
    """Procurement has what was left out, finance what is billed too much; there is nothing else."""
    lines = CaseLine.objects.filter(cleared_at=None, case__in=house.open_cases())
    assert sorted(lines.values_list("case__type_code", "case__team__code", "quantity")) == [
        ("invoice_quantity", "FIN", Decimal(2)),
        ("ship_notice_short", "PRO", Decimal(2)),
    ]
    assert len(house.open_cases()) == 2


def position() -> dict[str, Any]:
    """What every source says of the line."""
    known: dict[str, Any] = OrderLine.objects.get(order__number=NUMBER).position
    assert known["line"]["quantity"]["value"] == "120"
    assert [len(known[of]) for of in ("shipments", "receipts", "invoices")] == [1, 1, 1]
    return known
