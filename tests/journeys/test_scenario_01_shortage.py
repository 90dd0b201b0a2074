"""Golden scenario 1: a shortage from the bytes of an 855 to the close of its case, and its return.

Real workers on the real database and broker; everything from outside comes through folders, the API or the
command line, everything people do through pages or the API.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from erp_connectors import clock
from erp_connectors.documents.models import OrderLine
from erp_connectors.exchange.models import Command, CommandState, Interchange, OutgoingFile
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import AgreementRow, Case, CaseState, QueueEntry, Task
from exceptions_app.notifications.models import Notification
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders import x12
from tests.journeys.conftest import OpenHouse
from tests.journeys.house import WANTED, House, confirmation, offering, on, order
from tests.journeys.programs import Programs
from tests.journeys.world import of_everything

pytestmark = pytest.mark.slow

NUMBER = "4500010001"
TUESDAY = date(2026, 11, 24)
TEN = on(TUESDAY, 10)
REST_ON = date(2026, 12, 16)
SHORTAGE = confirmation(NUMBER, x12.ack("IQ", "82", on=WANTED), control=1, at=TEN)
BOTH_PARTS = [(Decimal(82), f"{WANTED}"), (Decimal(18), f"{REST_ON}")]

#: What the history of the case says, in order: what happened, and who did it.
TIMELINE = [
    ("case.opened", "Rightline"),
    ("task.opened", "Rightline"),
    ("task.opened", "Rightline"),
    ("case.started", "Bea"),
    ("proposal.proposed", "Bea"),
    ("proposal.submitted", "Bea"),
    ("proposal.approved", "Paul"),
    ("proposal.approved", "Pia"),
    ("proposal.authorised", "Pia"),
    ("proposal.executing", "Rightline"),
    ("command.waiting", "Rightline"),
    ("case.monitored", "Rightline"),
    ("command.done", "Rightline"),
    ("proposal.settled", "Rightline"),
    ("case.resolved", "Rightline"),
    ("case.closed", "Rightline"),
    ("task.voided", "Rightline"),
    ("task.voided", "Rightline"),
    ("case.reopened", "Rightline"),
    ("task.opened", "Rightline"),
    ("task.opened", "Rightline"),
]


@pytest.fixture
def weserland(open_house: OpenHouse, settled: Callable[[], None]) -> House:
    """The order is in, 10 seal kits are on hand, and two customers wait; it is Tuesday, just before ten."""
    house = open_house(at=on(TUESDAY, 9))
    house.tell_stock(10)
    house.tell_demand(("SO-881", "A", 95), ("SO-882", "B", 15), due_on=date(2026, 12, 3))
    house.tell_orders(order(NUMBER, released_at=on(date(2026, 11, 23), 9)), at=on(date(2026, 11, 23), 9))
    settled()
    assert house.knows_order(NUMBER)
    assert house.open_cases() == []
    clock.set_now(TEN)
    return house


def test_a_shortage_goes_from_bytes_to_closed_and_comes_back(
    weserland: House, programs: Programs, settled: Callable[[], None], tmp_path: Path
) -> None:
    house = weserland
    assert b"ACK*IQ*82*EA*067*20261202" in SHORTAGE

    # The 855 comes in: exactly one case, of procurement; the others are told.
    first = house.post(SHORTAGE, key="855-1")
    programs.wait_until(house.open_cases, "a case is open")
    settled()
    case = house.the_case()
    one_shortage_is_open(case, house)
    planning_and_customer_service_have_tasks(case, house)
    it_was_acknowledged_once(house)

    # Bea proposes what only Paul and Pia together can approve.
    proposal = bea_proposes(case, house)
    nobody_else_can_approve(proposal, house)
    paul_and_pia_approve(proposal, house, programs)

    # One command; the ERP's next version has both parts; closed, although the supplier still confirms 82.
    the_erp_carries_it_out(proposal, house, programs)
    settled()
    it_is_closed_by_agreement(case, house)

    # The same 855 again: the first answer, and nothing else.
    before = of_everything()
    assert house.post(SHORTAGE, key="855-1") == first
    again = house.post(SHORTAGE)
    assert again["id"] == first["id"]
    house.drop("again.x12", SHORTAGE)
    programs.wait_until(lambda: not list((house.edi_folder / "incoming").iterdir()), "the file is taken")
    settled()
    assert of_everything() == before
    it_was_acknowledged_once(house)

    # A later word voids the agreement and brings the case back.
    clock.set_now(on(TUESDAY, 15))
    later = tmp_path / "later.x12"
    later.write_bytes(offering(NUMBER, 70, control=2, at=on(TUESDAY, 15)))
    call_command("receive", str(later), "--connection", house.edi_connection.code)
    programs.wait_until(house.open_cases, "the case is open again")
    settled()
    it_is_open_again(case, house)
    every_event_names_who(case)


def parts(schedule: list[dict[str, Any]]) -> list[tuple[Decimal, str]]:
    """The parts of a schedule, or of an offer: how much, and on which day."""
    return [(Decimal(part["quantity"]["value"]), part["date"]) for part in schedule]


def one_shortage_is_open(case: Case, house: House) -> None:
    line = case.lines.get()
    assert (case.type_code, line.quantity, line.unit) == ("quantity_short", Decimal(18), "EA")
    assert "18 EA" in case.headline
    assert "18.0 %" in case.headline
    assert (case.team.code, case.owner) == ("PRO", house.people["bea"])
    assert case.amount == Decimal("3283.20")
    told = Notification.objects.filter(kind__in=["alert", "task"]).values_list("team__code", "kind")
    assert sorted(told) == [("CSR", "task"), ("PLN", "task"), ("WHS", "alert")]
    roles = QueueEntry.objects.values_list("team__code", "role")
    assert sorted(roles) == [("CSR", "task"), ("PLN", "task"), ("PRO", "owner"), ("WHS", "told")]
    assert case.number in house.queue("bea", "PRO")
    assert case.number in house.queue("wade", "WHS")


def planning_and_customer_service_have_tasks(case: Case, house: House) -> None:
    tasks = Task.objects.filter(case=case).order_by("team__code")
    assert [task.team.code for task in tasks] == ["CSR", "PLN"]
    for task in tasks:
        (item,) = task.facts["items"]
        short = [(each["order"], each["class"], each["short"]) for each in item["orders"]]
        assert short == [("SO-881", "A", "3"), ("SO-882", "B", "15")]
    for name, team in (("pia", "PLN"), ("cora", "CSR")):
        assert case.number in house.queue(name, team)
        page = house.as_(name).get(f"/cases/{case.number}/").content.decode()
        assert "SO-881" in page
        assert "SO-882" in page


def it_was_acknowledged_once(house: House) -> None:
    assert OutgoingFile.objects.filter(kind="997").count() == 1
    (sent,) = house.sent_to_partner()
    assert b"AK1*PR*1" in sent
    assert b"AK5*A" in sent
    assert b"AK9*A*1*1*1" in sent


def bea_proposes(case: Case, house: House) -> Proposal:
    inputs = {"rest_on": f"{REST_ON}"}
    status, would = house.call(
        "bea", "proposals/preview/", {"case": case.number, "resolution": "split", "inputs": inputs}
    )
    assert (status, would["amount"], would["within_limit"]) == (200, "3283.20", False)
    assert sorted(need["team"] for need in would["needs"]) == ["PLN", "PRO"]
    case = house.the_case()
    entered = {
        "rest_on": f"{REST_ON}",
        "reason": "Nordmann delivers the rest by then.",
        "version": str(case.version),
    }
    page = house.as_("bea").post(f"/cases/{case.number}/propose/split/", entered, follow=True)
    assert page.status_code == 200
    proposal = Proposal.objects.get()
    assert (proposal.amount, proposal.percent) == (Decimal("3283.20"), Decimal(18))
    assert proposal.proposed_by == house.people["bea"]
    assert proposal.state == ProposalState.PENDING
    assert parts(proposal.lines.get().after["schedule"]) == BOTH_PARTS
    assert not Command.objects.exists()
    return proposal


def nobody_else_can_approve(proposal: Proposal, house: House) -> None:
    """Not Bea who proposed it, nor Finn whose team it does not need."""
    for name in ("bea", "finn"):
        assert house.call(name, "approvals/")[1]["results"] == []
    seen = house.call("bea", f"proposals/{proposal.pk}/")[1]["values_hash"]
    status, refused = house.call("bea", f"proposals/{proposal.pk}/actions/approve/", {"values_hash": seen})
    assert status == 403
    assert "does not approve it" in refused["detail"]
    page = house.as_("bea").post(
        f"/proposals/{proposal.pk}/decide/", {"decision": "approve", "values_hash": seen}, follow=True
    )
    assert page.status_code == 422
    assert Proposal.objects.get(pk=proposal.pk).state == ProposalState.PENDING


def paul_and_pia_approve(proposal: Proposal, house: House, programs: Programs) -> None:
    """Paul on the page of approvals, Pia through the API; only with both of them anything is written."""
    paul = house.as_("paul")
    (waiting,) = house.call("paul", "approvals/")[1]["results"]
    assert str(proposal.pk) in paul.get("/approvals/").content.decode()
    page = paul.post(
        f"/proposals/{proposal.pk}/decide/",
        {"decision": "approve", "values_hash": waiting["values_hash"], "next": "/approvals/"},
    )
    assert page.status_code == 302
    assert house.call("paul", "approvals/")[1]["results"] == []
    assert Proposal.objects.get(pk=proposal.pk).state == ProposalState.PENDING
    assert not Command.objects.exists()
    (waiting,) = house.call("pia", "approvals/")[1]["results"]
    status, decided = house.call(
        "pia",
        f"proposals/{proposal.pk}/actions/approve/",
        {"values_hash": waiting["values_hash"], "comment": "The rest is in the plan for January."},
    )
    assert (status, decided["state"]) == (200, "executing")
    assert {need["team"]: need["approved_by"] for need in decided["needs"]} == {"PRO": "paul", "PLN": "pia"}
    programs.wait_until(house.command_files, "the command lies ready for the ERP")


def the_erp_carries_it_out(proposal: Proposal, house: House, programs: Programs) -> None:
    (file,) = house.command_files()
    command = Command.objects.get()
    assert file["command"] == str(command.pk)
    assert command.state == CommandState.SENDING
    assert command.authorisation["kind"] == "approved"
    assert {each["name"] for each in command.authorisation["approvals"]} == {"Paul", "Pia"}
    assert house.erp.work(at=clock.now()) == 1
    programs.wait_until(
        lambda: Command.objects.filter(state=CommandState.DONE).exists(), "the ERP's answer is in"
    )
    assert Proposal.objects.get(pk=proposal.pk).state == ProposalState.SETTLED
    resolved = house.the_case()
    assert resolved.state == CaseState.RESOLVED
    house.tell_orders()
    programs.wait_until(lambda: not house.open_cases(), "the case is closed")


def it_is_closed_by_agreement(case: Case, house: House) -> None:
    case = Case.objects.get(pk=case.pk)
    assert case.state == CaseState.CLOSED
    assert case.reopened_count == 0
    line = OrderLine.objects.get(order__number=NUMBER)
    assert parts(line.position["line"]["schedule"]) == BOTH_PARTS
    assert parts(line.position["answer"]["offered"]) == BOTH_PARTS[:1]
    agreement = AgreementRow.objects.get()
    assert (agreement.state, agreement.kind, agreement.quantity) == ("active", "accepted", Decimal(18))
    assert Command.objects.count() == len(house.erp.effects) == 1
    assert Case.objects.count() == 1
    assert not Task.objects.filter(state="open").exists()
    assert not QueueEntry.objects.filter(is_open=True).exists()


def it_is_open_again(case: Case, house: House) -> None:
    reopened = house.the_case()
    assert reopened == case
    assert reopened.reopened_count == 1
    # 30, not 12: the agreement was on the answer of 82, and covers nothing of this one.
    assert reopened.lines.get(cleared_at=None).quantity == Decimal(30)
    assert Command.objects.count() == 1
    assert Interchange.objects.filter(connection=house.edi_connection).count() == 2
    assert OutgoingFile.objects.filter(kind="997").count() == 2


def every_event_names_who(case: Case) -> None:
    events = Event.objects.filter(case=case).order_by("at", "id")
    assert [(event.kind, event.actor_name) for event in events] == TIMELINE
    for event in events:
        assert event.summary
        assert event.source
        assert (event.actor is None) == (event.actor_name == "Rightline")
    moments: list[datetime] = [event.at for event in events]
    assert moments == sorted(moments)
    assert moments[0] >= TEN
