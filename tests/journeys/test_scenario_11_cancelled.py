"""Golden scenario 11: the order of a late date is cancelled in the ERP, and yet the goods are sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import OrderState
from erp_connectors.exchange.models import Command
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.notifications.models import Notification
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.journeys.at_once import catch_up, live_until, open_house
from tests.journeys.decisions import propose
from tests.journeys.house import House, on, order
from tests.journeys.papers import Partner, answer, offered, ship_notice

pytestmark = pytest.mark.django_db

NUMBER = "4500010001"
TUESDAY = date(2026, 11, 24)
THURSDAY = date(2026, 11, 26)
SATURDAY = date(2026, 11, 28)
LATER = date(2026, 12, 16)


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """100 seal kits are ordered, and nobody has answered yet."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    house.tell_orders(order(NUMBER, released_at=clock.now()))
    live_until(on(TUESDAY, 10))
    return house


def test_a_cancelled_order_is_done_with_until_it_is_shipped(weserland: House) -> None:
    house, nordmann = weserland, Partner(weserland)
    nordmann.sends(answer(NUMBER, offered((100, LATER))))
    catch_up()
    late = house.the_case()
    assert (late.type_code, late.lines.get().quantity) == ("date_later", Decimal(100))
    proposal = propose(house, "bea", late, "accept_date", "We can wait.")
    assert proposal.state == ProposalState.PENDING

    live_until(on(THURSDAY, 10))
    the_order_is_cancelled(house)
    it_closed_for_that_reason(house, late)
    what_was_proposed_is_void(house, proposal)

    live_until(on(SATURDAY, 10))
    assert house.open_cases() == []
    nordmann.sends(ship_notice("ASN-1", NUMBER, 100, shipped_on=SATURDAY))
    catch_up()
    it_was_shipped_all_the_same(house)


def the_order_is_cancelled(house: House) -> None:
    """In the ERP, by whoever works there; its next extract says so."""
    cancelled = replace(house.erp.orders[NUMBER], state=OrderState.CANCELLED, cancelled_at=clock.now())
    house.tell_orders(cancelled)
    catch_up()


def it_closed_for_that_reason(house: House, late: Case) -> None:
    assert house.open_cases() == []
    assert house.state_of(late) == CaseState.CLOSED
    closed = Event.objects.get(case=late, kind="case.closed")
    assert closed.actor_name == "Rightline"
    assert "cancelled in the ERP" in f"{closed.summary} {closed.reason}"


def what_was_proposed_is_void(house: House, proposal: Proposal) -> None:
    """Nobody is asked any more, whoever proposed it knows, and nothing goes to the ERP."""
    assert Proposal.objects.get(pk=proposal.pk).state == ProposalState.VOID
    assert house.call("paul", "approvals/")[1]["results"] == []
    news = Notification.objects.filter(person=house.people["bea"], title__startswith="No longer possible")
    assert news.count() == 1
    assert not Command.objects.exists()


def it_was_shipped_all_the_same(house: House) -> None:
    case = house.the_case()
    line = case.lines.get(cleared_at=None)
    assert (case.type_code, line.quantity) == ("shipped_after_cancel", Decimal(100))
    assert (case.team.code, case.owner) == ("PRO", house.people["bea"])
    told = Notification.objects.filter(case=case).values_list("team__code", "kind")
    assert sorted(told) == [("FIN", "alert"), ("WHS", "task")]
