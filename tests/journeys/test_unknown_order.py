"""Whoever speaks of an order that nobody knows is heard: a business day later somebody has to look."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import DocumentHead
from erp_connectors.edi.results import Document
from exceptions_app.cases.models import Case, CaseState
from tests.journeys.at_once import catch_up, live_until, open_house
from tests.journeys.house import WANTED, House, on, order
from tests.journeys.papers import Partner, answer, offered, ship_notice

pytestmark = pytest.mark.django_db

NUMBER = "4500010001"
TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """No order is under way with Nordmann; it is Tuesday."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    live_until(on(TUESDAY, 10))
    return house


def a_confirmation() -> Document:
    return answer(NUMBER, offered((100, WANTED)))


def a_ship_notice() -> Document:
    return ship_notice("ASN-1", NUMBER, 100, shipped_on=TUESDAY)


@pytest.mark.parametrize(
    ("write", "headline"),
    [
        (a_confirmation, f"Confirmation of {NUMBER}, no order we know"),
        (a_ship_notice, f"Ship notice ASN-1 names {NUMBER}, no order we know"),
    ],
)
def test_it_is_a_case_until_the_order_is_here(
    weserland: House, write: Callable[[], Document], headline: str
) -> None:
    house = weserland
    Partner(house).sends(write())
    catch_up()
    live_until(on(WEDNESDAY, 9, 59))
    assert house.open_cases() == []

    live_until(on(WEDNESDAY, 10, 1))
    case = house.the_case()
    assert (case.type_code, case.team.code, case.headline) == ("unordered_line", "PRO", headline)
    assert case.owner == house.people["bea"]
    page = house.as_("bea").get(f"/cases/{case.number}/").content.decode()
    assert f"/documents/{DocumentHead.objects.get().pk}/lines/" in page

    house.tell_orders(order(NUMBER, released_at=clock.now()))
    catch_up()
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED


def test_an_order_that_comes_within_the_day_was_never_missing(weserland: House) -> None:
    Partner(weserland).sends(a_confirmation())
    catch_up()
    live_until(on(TUESDAY, 16))
    weserland.tell_orders(order(NUMBER, released_at=on(TUESDAY, 9)))
    catch_up()
    live_until(on(WEDNESDAY, 12))
    assert not Case.objects.exists()


def test_an_order_of_another_supplier_is_none_of_this_one(weserland: House) -> None:
    weserland.tell_orders(replace(order(NUMBER, released_at=on(TUESDAY, 9)), supplier="78"))
    Partner(weserland).sends(a_confirmation())
    catch_up()
    live_until(on(WEDNESDAY, 10, 1))
    case = weserland.the_case()
    assert case.headline == f"Confirmation of {NUMBER}, an order of another supplier"
