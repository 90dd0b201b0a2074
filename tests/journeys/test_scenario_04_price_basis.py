"""Golden scenario 4: the same price on another basis is none of anybody's business; a basis in doubt is."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from exceptions_app.cases.models import Case, CaseState
from tests.journeys.at_once import catch_up, live_until, open_house
from tests.journeys.house import WANTED, House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = pytest.mark.django_db

PER_HUNDRED, EACH = "4500010001", "4500010002"
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """1,000 pieces are ordered at 1,250.00 per 100, and 1,000 more at 0.125 each."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    now = clock.now()
    house.tell_orders(
        order(PER_HUNDRED, quantity=1000, price="1250.00", per=100, released_at=now),
        order(EACH, quantity=1000, price="0.125", released_at=now),
    )
    live_until(on(TUESDAY, 10))
    return house


def test_a_price_each_equals_one_per_hundred(weserland: House) -> None:
    confirm(Partner(weserland), PER_HUNDRED, Price(Decimal("12.50"), "EUR", Decimal(1)))
    assert weserland.open_cases() == []
    assert not Case.objects.exists()


def test_a_price_a_hundred_times_as_high_without_a_basis_is_a_suspect_basis(weserland: House) -> None:
    nordmann = Partner(weserland)
    confirm(nordmann, EACH, Price(Decimal("12.50"), "EUR"))
    case = weserland.the_case()
    assert (case.type_code, case.team.code, case.order and case.order.number) == (
        "price_basis_suspect",
        "PRO",
        EACH,
    )
    assert case.headline == "12.5 confirmed, 0.125 ordered: which basis?"
    assert case.lines.get().amount is None

    live_until(on(TUESDAY, 14))
    confirm(nordmann, EACH, Price(Decimal("12.50"), "EUR", Decimal(100)))
    assert weserland.open_cases() == []
    assert weserland.state_of(case) == CaseState.CLOSED


def confirm(nordmann: Partner, number: str, price: Price) -> None:
    """Let Nordmann confirm all of an order on the wanted day, at this price."""
    nordmann.sends(answer(number, offered((1000, WANTED), price=price)))
    catch_up()
