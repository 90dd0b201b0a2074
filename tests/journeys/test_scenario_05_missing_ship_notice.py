"""Golden scenario 5: time alone opens the case when no ship notice comes; the despatch advice closes it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import Document
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from tests.builders import edifact
from tests.journeys.conftest import OpenHouse
from tests.journeys.house import ITEM, OUR_ID, THEIR_ID, House, offering, on, order
from tests.journeys.programs import Programs

pytestmark = [pytest.mark.slow, pytest.mark.proof]

NUMBER = "4500010001"
PROMISED = date(2026, 11, 27)
WEDNESDAY = date(2026, 11, 25)
THURSDAY = date(2026, 11, 26)
NORDMANN = edifact.Parties(sender=THEIR_ID, receiver=OUR_ID, sender_qualifier="ZZ", receiver_qualifier="ZZ")


@pytest.fixture
def weserland(open_house: OpenHouse, settled: Callable[[], None]) -> House:
    """100 seal kits are confirmed for Friday; it is Wednesday, a minute before their notice is due."""
    friday = on(date(2026, 11, 20), 10)
    house = open_house(at=friday)
    house.tell_orders(order(NUMBER, released_at=friday, wanted=PROMISED))
    settled()
    house.post(offering(NUMBER, 100, control=1, at=friday, on=PROMISED))
    settled()
    clock.set_now(on(WEDNESDAY, 16, 59))
    settled()
    return house


def test_a_missing_ship_notice_opens_one_case_that_the_despatch_advice_closes(
    weserland: House, programs: Programs, settled: Callable[[], None]
) -> None:
    house = weserland
    assert not Case.objects.exists()
    assert clock.now() < on(WEDNESDAY, 17)

    clock.set_now(on(WEDNESDAY, 17, 1))
    programs.wait_until(house.open_cases, "a case is open")
    settled()
    case = the_notice_is_missing(house)

    morning = on(THURSDAY, 7, 10)
    clock.set_now(morning)
    house.drop("desadv.edi", despatch_advice(morning))
    programs.wait_until(lambda: not house.open_cases(), "the case is closed")
    settled()
    it_closed_by_itself(house, case)


def despatch_advice(at: datetime) -> bytes:
    """The DESADV of all of it, on its way since this morning."""
    shipped = edifact.lin("10", item=ITEM, kind="IN", quantities={"12": "100"}, unit="EA")
    return edifact.despatch_advice(
        "D-1",
        [edifact.cps("1"), [*shipped, edifact.rff("ON", NUMBER, "10")]],
        order=NUMBER,
        at=at,
        parties=NORDMANN,
        heading=[edifact.dtm("11", THURSDAY)],
    )


def the_notice_is_missing(house: House) -> Case:
    case = house.the_case()
    line = case.lines.get()
    assert (case.type_code, line.quantity) == ("ship_notice_missing", Decimal(100))
    assert (case.team.code, case.owner) == ("WHS", house.people["wade"])
    assert case.headline == "100 EA promised for 2026-11-27 not announced"
    assert case.opened_at >= on(WEDNESDAY, 17, 1)
    assert case.number in house.queue("wade", "WHS")
    return case


def it_closed_by_itself(house: House, case: Case) -> None:
    assert house.state_of(case) == CaseState.CLOSED
    assert Case.objects.count() == 1
    assert Document.objects.get(kind="ship_notice").key == "D-1"
    closed = Event.objects.get(case=case, kind="case.closed")
    assert (closed.actor_name, closed.at >= on(THURSDAY, 7, 10)) == ("Rightline", True)
    assert b"UCI" in house.sent_to_partner()[-1]
