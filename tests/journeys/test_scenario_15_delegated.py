"""Golden scenario 15: Paul is out; Lena acts for him up to 10,000. Beyond that it goes to Mona."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from erp_connectors import clock
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case
from exceptions_app.notifications import send
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders import factories as make
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.house import House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

TUESDAY, LATER = date(2026, 11, 24), date(2026, 12, 16)
#: 100 pieces of each are two weeks late: what moves is worth 8,000 and 12,000.
SMALL, LARGE = "4500010001", "4500010002"
PRICES = {SMALL: "80.00", LARGE: "120.00"}


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """Two orders are under way. Lena works in supplier management; she has no limit of her own."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    lena = make.UserFactory.create(
        username="lena", first_name="Lena", last_name="", email="lena@weserland.example"
    )
    make.MembershipFactory.create(user=lena, team=house.teams["SUP"])
    house.people["lena"] = lena
    house.tell_orders(
        *(order(number, price=price, released_at=clock.now()) for number, price in PRICES.items())
    )
    live_until(on(TUESDAY, 10))
    return house


def test_lena_approves_for_paul_within_what_he_passed_on(weserland: House) -> None:
    house = weserland
    paul_lets_lena_approve(house)
    Partner(house).sends(*(answer(number, offered((100, LATER))) for number in PRICES))
    catch_up()
    small, large = (bea_accepts_the_date(house, number) for number in PRICES)
    assert [small["amount"], large["amount"]] == ["8000.00", "12000.00"]

    lena_is_asked_by_mail(house, small)
    assert [each["id"] for each in waiting_for(house, "lena")] == [small["id"]]
    assert approve(house, "lena", small) == (200, "")
    status, words = approve(house, "lena", large)
    assert status == 403
    assert "Lena acts for Paul up to 10,000.00 EUR; this is 12,000.00 EUR." in words

    assert [each["id"] for each in waiting_for(house, "mona")] == [large["id"]]
    assert approve(house, "mona", large) == (200, "")

    assert let_erp_work(house) == 2
    assert house.open_cases() == []
    assert {case.state for case in Case.objects.all()} == {"closed"}
    it_is_written_who_approved_for_whom(small)


def paul_lets_lena_approve(house: House) -> None:
    entered = {
        "delegate": house.people["lena"].pk,
        "first_day": "2026-11-24",
        "last_day": "2026-11-27",
        "limit": "10000",
        "is_away": "on",
        "reason": "At the fair",
    }
    assert house.as_("paul").post("/profile/delegations/", entered).status_code == 302
    # Nobody takes it over by themselves.
    assert house.as_("lena").post("/profile/delegations/", entered).status_code == 422


def bea_accepts_the_date(house: House, number: str) -> dict[str, Any]:
    case = Case.objects.get(order__number=number)
    status, made = house.call(
        "bea", "proposals/", {"case": case.number, "resolution": "accept_date", "reason": "We can wait."}
    )
    assert (status, made["state"]) == (201, "pending_approval"), made
    found: dict[str, Any] = made
    return found


def lena_is_asked_by_mail(house: House, small: dict[str, Any]) -> None:
    """The mail leads her to the proposal as it is, once she has signed in."""
    send.send_due()
    path = f"/proposals/{small['id']}/{small['values_hash']}/"
    assert any(path in each.body for each in mail.outbox if each.to == ["lena@weserland.example"])
    page = house.as_("lena").get(path)
    assert page.status_code == 200
    assert "Approve" in page.content.decode()
    assert not Approval.objects.exists()


def waiting_for(house: House, name: str) -> list[dict[str, Any]]:
    waiting: list[dict[str, Any]] = house.call(name, "approvals/")[1]["results"]
    return waiting


def approve(house: House, name: str, proposal: dict[str, Any]) -> tuple[int, str]:
    """Approve what was read; return the status, and why it was refused."""
    status, said = house.call(
        name, f"proposals/{proposal['id']}/actions/approve/", {"values_hash": proposal["values_hash"]}
    )
    return status, said.get("detail", "")


def it_is_written_who_approved_for_whom(small: dict[str, Any]) -> None:
    proposal = Proposal.objects.get(pk=small["id"])
    assert proposal.state == ProposalState.SETTLED
    (given,) = proposal.authorisation["approvals"]
    assert (given["name"], given["for"]) == ("Lena", "Paul")
    event = Event.objects.get(kind="proposal.approved", subject_id=small["id"])
    assert "Lena for Paul" in event.summary
    assert {command.state for command in Command.objects.all()} == {CommandState.DONE}
    assert proposal.amount == Decimal(8000)
