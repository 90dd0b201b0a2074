"""Golden scenario 7: packs the ERP knows are converted; a unit nobody can convert is asked for, once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import ConfirmationLine
from erp_connectors.canonical.master import ItemRecord, Pack
from erp_connectors.canonical.values import DocumentVersion
from exceptions_app.cases.models import Case, CaseState
from tests.journeys.at_once import catch_up, live_until, open_house
from tests.journeys.decisions import propose
from tests.journeys.house import ITEM, WANTED, House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = pytest.mark.django_db

NUMBER = "4500010001"
TUESDAY = date(2026, 11, 24)
CASE_OF_12, BOX_OF_12 = Pack("CS", Decimal(12)), Pack("BX", Decimal(12))


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """20 cases of seal kits are ordered; the ERP knows that a case holds 12."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    the_erp_tells_of_packs(house, CASE_OF_12)
    house.tell_orders(order(NUMBER, quantity=20, unit="CS", released_at=clock.now()))
    live_until(on(TUESDAY, 10))
    return house


def the_erp_tells_of_packs(house: House, *packs: Pack) -> None:
    version = DocumentVersion(clock.now())
    house.tell_items(
        ItemRecord(number=ITEM, description="Seal kit", base_unit="EA", version=version, packs=packs)
    )


def ed_says_what_a_box_holds(house: House) -> None:
    propose(house, "ed", house.the_case(), "add_conversion", "Nordmann's catalogue.", holds_BX="12")


def the_erp_learns_what_a_box_holds(house: House) -> None:
    the_erp_tells_of_packs(house, CASE_OF_12, BOX_OF_12)


def confirm(house: House, line: ConfirmationLine) -> None:
    Partner(house).sends(answer(NUMBER, line))
    catch_up()


def test_the_ordered_cases_are_confirmed_in_pieces(weserland: House) -> None:
    confirm(weserland, offered((240, WANTED), unit="EA"))
    assert not Case.objects.exists()


@pytest.mark.parametrize("somebody_says_it", [ed_says_what_a_box_holds, the_erp_learns_what_a_box_holds])
def test_a_box_nobody_knows_is_asked_for_and_then_read(
    weserland: House, somebody_says_it: Callable[[House], None]
) -> None:
    house = weserland
    confirm(house, offered((20, WANTED), unit="BX"))
    case = house.the_case()
    assert (case.type_code, case.team.code) == ("unit_unknown", "EDI")
    assert case.headline == "No conversion for BX into CS"

    live_until(on(TUESDAY, 11))
    somebody_says_it(house)
    catch_up()
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED
    assert Case.objects.count() == 1
