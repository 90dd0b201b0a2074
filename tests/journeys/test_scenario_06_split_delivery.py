"""Golden scenario 6: a part in time and a part two weeks later are one backorder, and nothing else."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from exceptions_app.cases.models import Case, CaseState
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.decisions import approve, propose
from tests.journeys.house import House, on, order
from tests.journeys.papers import Partner, answer, offered, receipt, ship_notice, tell_receipts

pytestmark = pytest.mark.django_db

NUMBER = "4500010001"
FIRST, SECOND = date(2026, 12, 1), date(2026, 12, 15)


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """240 seal kits are ordered for 2026-12-01."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    house.tell_orders(order(NUMBER, quantity=240, wanted=FIRST, released_at=clock.now()))
    live_until(on(date(2026, 11, 24), 10))
    return house


def test_a_split_delivery_is_one_backorder(weserland: House) -> None:
    house, nordmann = weserland, Partner(weserland)
    nordmann.sends(answer(NUMBER, offered((100, FIRST), (140, SECOND))))
    catch_up()
    case = only_the_late_part_is_a_case(house)

    bea_accepts_the_split(house, case)
    assert let_erp_work(house) == 1
    the_erp_has_both_days(house, case)

    live_until(on(date(2026, 11, 27), 10))
    nordmann.sends(ship_notice("ASN-1", NUMBER, 100, shipped_on=date(2026, 11, 27)))
    catch_up()
    live_until(on(FIRST, 11))
    tell_receipts(house, receipt("GR-1", NUMBER, 100, on=FIRST, notice="ASN-1"))
    catch_up()
    live_until(on(date(2026, 12, 11), 16))
    assert house.open_cases() == []
    assert Case.objects.count() == 1


def only_the_late_part_is_a_case(house: House) -> Case:
    case = house.the_case()
    line = case.lines.get()
    assert (case.type_code, case.team.code, line.quantity) == ("backorder", "PRO", Decimal(140))
    return case


def bea_accepts_the_split(house: House, case: Case) -> None:
    """140 pieces at 182.40 are more than even Paul may decide."""
    proposal = propose(house, "bea", case, "accept_date", "The first hundred will do until then.")
    assert proposal.amount == Decimal("25536.00")
    assert house.call("paul", "approvals/")[1]["results"] == []
    approve(house, "mona", proposal)


def the_erp_has_both_days(house: House, case: Case) -> None:
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED
    (line,) = house.erp.orders[NUMBER].lines
    assert [(part.quantity.value, part.date) for part in line.schedule] == [(100, FIRST), (140, SECOND)]
