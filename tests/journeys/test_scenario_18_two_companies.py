"""Golden scenario 18: two companies, each with an order 1000 and a supplier 77; neither feels the other."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import Document, OrderLine, PurchaseOrder, Supplier
from erp_connectors.exchange.models import Interchange, InterchangeStatus, OutgoingFile
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Clock, QueueEntry, Task
from exceptions_app.detection.models import Watch
from exceptions_app.notifications.models import Notification
from tests.journeys.conftest import OpenHouse
from tests.journeys.house import House, offering, on, order
from tests.journeys.programs import Programs
from tests.journeys.world import World, of

pytestmark = [pytest.mark.slow, pytest.mark.proof]

TUESDAY = date(2026, 11, 24)
TEN = on(TUESDAY, 10)
#: The very same bytes for both: only the connection they come by tells whose order 1000 is meant.
ANSWER = offering("1000", 82, control=1, at=TEN)


def everything_of(house: House) -> World:
    """Every row of one company."""
    connections = (house.erp_connection.pk, house.edi_connection.pk)
    orders = list(PurchaseOrder.objects.filter(company=house.company).values_list("pk", flat=True))
    return (
        of(PurchaseOrder, Supplier, Case, company=house.company)
        | of(OrderLine, order__company=house.company)
        | of(Document, Interchange, OutgoingFile, connection__in=connections)
        | of(Event, QueueEntry, Task, Clock, Notification, case__company=house.company)
        | of(Watch, subject_kind="order", subject_id__in=orders)
    )


def test_a_confirmation_for_one_company_touches_nothing_of_the_other(
    open_house: OpenHouse, programs: Programs, settled: Callable[[], None]
) -> None:
    weserland, other = open_house(at=on(TUESDAY, 9)), open_house("rheinland", at=on(TUESDAY, 9))
    for house in (weserland, other):
        house.tell_orders(order("1000", released_at=on(date(2026, 11, 23), 9)), at=on(date(2026, 11, 23), 9))
    settled()
    assert weserland.knows_order("1000")
    assert other.knows_order("1000")
    clock.set_now(TEN)
    before = everything_of(other)
    assert (len(before["PurchaseOrder"]), len(before["Supplier"]), len(before["Watch"])) == (1, 1, 1)

    weserland.drop("855.x12", ANSWER)
    programs.wait_until(weserland.open_cases, "the case of Weserland is open")
    settled()

    one_shortage_is_open(weserland)
    assert everything_of(other) == before
    assert other.open_cases() == []
    assert other.sent_to_partner() == []
    nobody_sees_the_other(weserland, other)

    # The same bytes by the other's mailbox are news for the other, and nothing for the first.
    before = everything_of(weserland)
    other.drop("855.x12", ANSWER)
    programs.wait_until(other.open_cases, "the case of the other is open")
    settled()

    one_shortage_is_open(other)
    assert everything_of(weserland) == before
    taken = Interchange.objects.filter(file_name="855.x12")
    assert taken.count() == 2
    assert len(set(taken.values_list("sha256", flat=True))) == 1
    assert set(taken.values_list("status", flat=True)) == {InterchangeStatus.PROCESSED}


def one_shortage_is_open(house: House) -> None:
    case = house.the_case()
    line = case.lines.get()
    assert (case.type_code, line.quantity) == ("quantity_short", Decimal(18))
    assert (case.team, case.owner) == (house.teams["PRO"], house.people["bea"])
    assert case.supplier is not None
    assert case.supplier.company == house.company
    assert len(house.sent_to_partner()) == 1


def nobody_sees_the_other(house: House, other: House) -> None:
    """Not the other's buyer on a page, nor the other's manager by the API, nor the other's gateway."""
    number = house.the_case().number
    assert other.as_("bea").get(f"/cases/{number}/").status_code == 404
    assert other.as_("bea").get(f"/queues/{house.company.code}/PRO/").status_code == 404
    assert other.call("mona", f"cases/{number}/")[0] == 404
    (seen,) = other.call("mona", "orders/?number=1000")[1]["results"]
    assert seen["id"] == PurchaseOrder.objects.get(company=other.company, number="1000").pk
    assert other.call("mona", "cases/")[1]["results"] == []
