"""Golden scenario 10: the invoice comes before the goods, 18 of which never do; a credit note ends it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import InvoiceKind
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.decisions import approve, propose
from tests.journeys.house import House, on, order
from tests.journeys.papers import (
    Partner,
    answer,
    invoice,
    offered,
    post_document,
    receipt,
    ship_notice,
    tell_receipts,
)

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NUMBER = "4500010001"
PROMISED = date(2026, 12, 1)
MONDAY = date(2026, 12, 7)
NEXT_DAY = date(2026, 12, 8)
OF_18 = Decimal("3283.20")


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """100 seal kits are promised for 2026-12-01, and billed on that day."""
    house = open_house(tmp_path, at=on(date(2026, 11, 19), 16))
    house.tell_orders(order(NUMBER, released_at=clock.now(), wanted=PROMISED))
    live_until(on(date(2026, 11, 20), 10))
    return house


def test_an_invoice_waits_for_goods_and_then_for_a_credit_note(weserland: House) -> None:
    house, nordmann = weserland, Partner(weserland)
    nordmann.sends(answer(NUMBER, offered((100, PROMISED))))
    live_until(on(PROMISED, 12))
    nordmann.sends(invoice("INV-1", NUMBER, 100, on=PROMISED))
    catch_up()

    live_until(on(date(2026, 12, 4), 18))
    overdue, unreceived = nothing_came(house)

    live_until(on(MONDAY, 10))
    nordmann.sends(ship_notice("ASN-1", NUMBER, 82, shipped_on=MONDAY))
    tell_receipts(house, receipt("GR-1", NUMBER, 82, on=MONDAY, notice="ASN-1"))
    catch_up()
    bea_cancels_the_rest(house, overdue)

    live_until(on(NEXT_DAY, 18))
    billed = too_much_is_billed(house)
    assert [house.state_of(case) for case in (overdue, unreceived)] == [CaseState.CLOSED] * 2

    post_document(
        house,
        invoice("CN-1", NUMBER, 18, on=NEXT_DAY, kind=InvoiceKind.CREDIT, corrects="INV-1"),
        supplier="77",
    )
    catch_up()
    it_closed_by_itself(house, billed)


def nothing_came(house: House) -> tuple[Case, Case]:
    """Procurement has the delivery, finance the invoice; there is nothing else."""
    overdue, unreceived = sorted(house.open_cases(), key=lambda case: case.type_code)
    assert (overdue.type_code, overdue.team.code) == ("delivery_overdue", "PRO")
    assert (unreceived.type_code, unreceived.team.code) == ("invoice_before_receipt", "FIN")
    for case in (overdue, unreceived):
        assert case.lines.get(cleared_at=None).quantity == Decimal(100)
    assert unreceived.number in house.queue("finn", "FIN")
    return overdue, unreceived


def bea_cancels_the_rest(house: House, overdue: Case) -> None:
    """Over her limit, so Paul approves; the ERP then has 82."""
    assert overdue.lines.get(cleared_at=None).quantity == Decimal(18)
    proposal = propose(house, "bea", overdue, "cancel_remainder", "Nordmann has no more of them.")
    assert (proposal.amount, proposal.state) == (OF_18, ProposalState.PENDING)
    approve(house, "paul", proposal)
    assert let_erp_work(house) == 1
    assert house.erp.orders[NUMBER].lines[0].quantity.value == Decimal(82)


def too_much_is_billed(house: House) -> Case:
    case = house.the_case()
    line = case.lines.get(cleared_at=None)
    assert (case.type_code, case.team.code, line.quantity) == ("invoice_quantity", "FIN", Decimal(18))
    assert case.amount == OF_18
    page = house.as_("finn").get(f"/cases/{case.number}/").content.decode()
    assert "3,283.20" in page
    return case


def it_closed_by_itself(house: House, billed: Case) -> None:
    """Finn never typed a number: nobody did anything with the invoice."""
    assert house.open_cases() == []
    assert house.state_of(billed) == CaseState.CLOSED
    of_finance = Case.objects.filter(team__code="FIN")
    assert of_finance.count() == 2
    assert {event.actor_name for event in Event.objects.filter(case__in=of_finance)} == {"Rightline"}
    assert Proposal.objects.count() == 1
