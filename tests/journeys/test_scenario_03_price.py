"""Golden scenario 3: a price that is too high is disputed, taken back, said again, and accepted at last."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.values import Price
from erp_connectors.documents.models import Document, OrderLine
from erp_connectors.exchange.models import Command, Transaction, TransactionStatus
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.proposals.models import ProposalState
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders import factories as make
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.decisions import approve, propose
from tests.journeys.forms import fill_in
from tests.journeys.house import WANTED, House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = pytest.mark.django_db

NUMBER = "4500010001"
TUESDAY = date(2026, 11, 24)
WEDNESDAY = date(2026, 11, 25)
OF_340 = Decimal("340.00")
#: What the case went through, and who made it so.
HISTORY = [
    ("opened", "Rightline"),
    ("asked", "Bea"),
    ("closed", "Rightline"),
    ("reopened", "Rightline"),
    ("started", "Bea"),
    ("monitored", "Rightline"),
    ("resolved", "Rightline"),
    ("closed", "Rightline"),
]


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """1,000 pieces are ordered at 12.50 each; whoever accepts another price needs finance."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    make.ApprovalRuleFactory.create(
        company=house.company,
        name="Another price needs finance",
        type_code="price_mismatch",
        resolutions=["accept_price", "accept_price_once"],
        percent_above=None,
        asks="FIN",
    )
    house.tell_orders(order(NUMBER, quantity=1000, price="12.50", released_at=clock.now()))
    live_until(on(TUESDAY, 10))
    assert house.open_cases() == []
    return house


def test_a_price_is_disputed_taken_back_said_again_and_accepted(weserland: House) -> None:
    house, nordmann = weserland, Partner(weserland)
    confirm(nordmann, "12.84")
    case = it_is_too_dear(house)
    accepting_needs_finn(house, case)
    bea_disputes_it(house, case)

    live_until(on(TUESDAY, 14))
    confirm(nordmann, "12.50")
    it_closed_without_a_write(house, case)

    live_until(on(WEDNESDAY, 9))
    confirm(nordmann, "12.84")
    it_is_open_again(house, case)

    bea_accepts_and_finn_approves(house, case)
    assert let_erp_work(house) == 1
    the_erp_has_the_price(house, case)


def confirm(nordmann: Partner, price: str) -> None:
    """Let Nordmann confirm all of it on the wanted day, at this price each."""
    each = Price(Decimal(price), "EUR", Decimal(1))
    nordmann.sends(answer(NUMBER, offered((1000, WANTED), price=each)))
    catch_up()


def it_is_too_dear(house: House) -> Case:
    case = house.the_case()
    line = case.lines.get(cleared_at=None)
    assert (case.type_code, case.team.code, line.amount) == ("price_mismatch", "PRO", OF_340)
    assert case.headline == "Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)"
    return case


def accepting_needs_finn(house: House, case: Case) -> None:
    """340.00 are within Bea's limit, and yet it is not hers alone to accept them."""
    wanted = {"case": case.number, "resolution": "accept_price", "inputs": {}}
    status, would = house.call("bea", "proposals/preview/", wanted)
    assert (status, would["amount"], would["within_limit"]) == (200, "340.00", True)
    assert [need["team"] for need in would["needs"]] == ["FIN"]


def bea_disputes_it(house: House, case: Case) -> None:
    """In the words of the template, as the form shows them."""
    here = f"/cases/{case.number}/ask/"
    page = fill_in(house.as_("bea"), f"{here}?inquiry=price", here)
    assert page.status_code == 200
    catch_up()
    message = SupplierMessage.objects.get()
    assert (message.inquiry, message.state) == ("price", MessageState.SENT)
    assert message.recipients == ["orders@nordmann.example"]
    for said in (NUMBER, "12.50", "12.84"):
        assert said in message.body
    assert house.state_of(case) == CaseState.WAITING_SUPPLIER


def it_closed_without_a_write(house: House, case: Case) -> None:
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED
    assert not Command.objects.exists()
    assert house.command_files() == []


def it_is_open_again(house: House, case: Case) -> None:
    """The same words as on Tuesday, and no duplicate: there are three revisions of the answer."""
    again = house.the_case()
    assert again == case
    assert (again.reopened_count, again.lines.get(cleared_at=None).amount) == (1, OF_340)
    assert Document.objects.filter(kind="confirmation").count() == 3
    received = Transaction.objects.filter(kind="855")
    assert list(received.values_list("status", flat=True)) == [TransactionStatus.APPLIED] * 3


def bea_accepts_and_finn_approves(house: House, case: Case) -> None:
    proposal = propose(house, "bea", case, "accept_price", "Steel has become dearer for everybody.")
    assert (proposal.amount, proposal.state) == (OF_340, ProposalState.PENDING)
    assert not Command.objects.exists()
    decided = approve(house, "finn", proposal)
    assert decided["needs"][0]["approved_by"] == "finn"
    assert {each["name"] for each in Command.objects.get().authorisation["approvals"]} == {"Finn"}


def the_erp_has_the_price(house: House, case: Case) -> None:
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED
    price = OrderLine.objects.get().position["line"]["price"]
    assert Decimal(price["amount"]) == Decimal("12.84")
    happened = Event.objects.filter(case=case, kind__startswith="case.").order_by("at", "id")
    assert [(event.kind.removeprefix("case."), event.actor_name) for event in happened] == HISTORY
