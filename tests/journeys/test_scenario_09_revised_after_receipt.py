"""Golden scenario 9: after a part was received less is offered in all, and only that is short."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import Purpose
from exceptions_app.cases.models import Case, CaseState
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.decisions import approve, propose
from tests.journeys.house import House, on, order
from tests.journeys.papers import Partner, answer, offered, receipt, ship_notice, tell_receipts

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NUMBER = "4500010001"
PROMISED = date(2026, 12, 10)
TUESDAY = date(2026, 12, 1)
WEDNESDAY = date(2026, 12, 2)


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """500 seal kits are ordered and confirmed; 300 of them came on 2026-12-01, early."""
    house = open_house(tmp_path, at=on(date(2026, 11, 19), 16))
    nordmann = Partner(house)
    house.tell_orders(order(NUMBER, quantity=500, wanted=PROMISED, released_at=clock.now()))
    live_until(on(date(2026, 11, 20), 10))
    nordmann.sends(answer(NUMBER, offered((500, PROMISED))))
    catch_up()
    live_until(on(TUESDAY, 8))
    nordmann.sends(ship_notice("ASN-1", NUMBER, 300, shipped_on=date(2026, 11, 30)))
    tell_receipts(house, receipt("GR-1", NUMBER, 300, on=TUESDAY, notice="ASN-1"))
    catch_up()
    live_until(on(TUESDAY, 15))
    assert not Case.objects.exists()
    return house


def test_only_what_is_offered_less_is_short(weserland: House) -> None:
    house = weserland
    less = answer(NUMBER, offered((450, PROMISED), is_changed=True), revision=1, purpose=Purpose.CHANGE)
    Partner(house, sent=2).sends(less)
    catch_up()
    live_until(on(WEDNESDAY, 12))
    case = house.the_case()
    line = case.lines.get()
    assert (case.type_code, case.team.code, line.quantity) == ("quantity_short", "PRO", Decimal(50))

    bea_cancels_the_rest(house, case)
    assert let_erp_work(house) == 1
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED
    assert house.erp.orders[NUMBER].lines[0].quantity.value == Decimal(450)


def bea_cancels_the_rest(house: House, case: Case) -> None:
    """Ten percent are not more than ten percent: Paul is needed for the amount, and nobody of planning."""
    proposal = propose(house, "bea", case, "cancel_remainder", "450 will do.")
    assert (proposal.amount, proposal.percent) == (Decimal("9120.00"), Decimal(10))
    assert [need.team.code for need in proposal.needs.all()] == ["PRO"]
    approve(house, "paul", proposal)
