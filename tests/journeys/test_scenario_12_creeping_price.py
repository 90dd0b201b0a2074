"""Golden scenario 12: every price is within tolerance, and together they are a drift that costs money."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import Confirmation
from erp_connectors.canonical.values import Price
from exceptions_app.cases.models import Case
from tests.journeys.at_once import catch_up, live_until, open_house
from tests.journeys.house import House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

MONDAY = date(2026, 11, 23)
WANTED = date(2027, 1, 20)
#: Forty orders of one line each, 100 pieces at 100.00.
NUMBERS = [f"45000200{place:02}" for place in range(40)]
AT_PRICE, CREEPING = NUMBERS[:30], NUMBERS[30:]


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """Forty orders are under way, thirty of them confirmed at their price."""
    house = open_house(tmp_path, at=on(MONDAY, 9))
    house.tell_orders(
        *(order(number, price="100.00", released_at=clock.now(), wanted=WANTED) for number in NUMBERS)
    )
    live_until(on(MONDAY, 10))
    Partner(house).sends(*(confirmed(number, "100.00") for number in AT_PRICE))
    catch_up()
    assert house.open_cases() == []
    return house


def test_creeping_prices_are_one_case_of_the_supplier(weserland: House) -> None:
    house, nordmann = weserland, Partner(weserland, sent=1)
    live_until(on(MONDAY, 14))
    nordmann.sends(*(confirmed(number, "100.80") for number in CREEPING[:3]))
    catch_up()
    assert house.open_cases() == []

    live_until(on(MONDAY, 15))
    nordmann.sends(*(confirmed(number, "100.80") for number in CREEPING[3:]))
    catch_up()
    supplier_management_sees_the_drift(house)
    assert not Case.objects.exclude(type_code="supplier_drift").exists()


def confirmed(number: str, price: str) -> Confirmation:
    """The answer to an order: all of it on the wanted day, at this price each."""
    return answer(number, offered((100, WANTED), price=Price(Decimal(price), "EUR", Decimal(1))))


def supplier_management_sees_the_drift(house: House) -> None:
    """With the orders it shows in, and with what it comes to in a year: 0.8 % of 400,000.00."""
    case = house.the_case()
    line = case.lines.get(cleared_at=None)
    assert (case.type_code, case.team.code) == ("supplier_drift", "SUP")
    assert case.supplier is not None
    assert case.supplier.name == "Nordmann Dichtungen"
    assert line.amount == Decimal("3200.00")
    assert case.headline == f"Prices drift by 0.8 % since order {CREEPING[0]}: 3,200.00 EUR a year"
    assert [each["order"] for each in line.evidence["orders"]] == CREEPING
    assert case.number in house.queue("sam", "SUP")
    page = house.as_("sam").get(f"/cases/{case.number}/").content.decode()
    assert "3,200.00" in page
