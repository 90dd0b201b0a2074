"""Golden scenario 16: a strike moves forty lines at once; one message, one decision, one approval."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core import mail

from erp_connectors import clock
from erp_connectors.canonical.documents import Confirmation
from erp_connectors.canonical.master import ItemRecord
from erp_connectors.exchange.models import Interchange, TransactionStatus
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseLine, CaseState
from exceptions_app.incidents.models import Incident, IncidentState
from exceptions_app.proposals.models import Bundle, Proposal, ProposalLine, ProposalState
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.forms import fill_in, form
from tests.journeys.house import LONG_KNOWN, WANTED, House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

TUESDAY = date(2026, 11, 24)
LATER = WANTED + timedelta(days=21)
#: Fourteen orders, forty lines of three seal kits each.
LINES = {f"45000100{place:02}": 3 if place < 12 else 2 for place in range(14)}
NUMBERS = ("10", "20", "30")
#: Where a customer cannot wait: these stay as they are.
TAKEN_OUT = {("4500010002", "20"), ("4500010007", "30"), ("4500010013", "10")}
OF_A_LINE = 3 * Decimal("182.40")
STRIKE = "Strike at Nordmann"

Line = tuple[str, str]


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """Fourteen orders are under way; Nordmann has answered none of them yet."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    house.tell_items(*(item_of(number) for number in LINES))
    orders = [
        order(number, quantity=3, released_at=clock.now(), lines=lines, item=item_of(number).number)
        for number, lines in LINES.items()
    ]
    house.tell_orders(*orders)
    live_until(on(TUESDAY, 10))
    assert house.open_cases() == []
    return house


def test_one_decision_for_thirty_seven_of_forty_lines(weserland: House) -> None:
    house = weserland
    Partner(house).sends(*(all_three_weeks_later(number) for number in LINES))
    catch_up()
    everything_came_in_one_interchange()

    incident = fourteen_cases_are_one_suggestion(house)
    bea_confirms_it(house, incident)
    one_message_goes_to_nordmann(house)
    bundle = bea_decides_all_but_three(house, incident)
    paul_approves_with_every_line_in_view(house, bundle)
    every_line_has_its_own_history(bundle)

    assert let_erp_work(house) == len(LINES)
    only_what_was_taken_out_is_open(house)


def item_of(number: str) -> ItemRecord:
    """Each order is for seal kits of a size of its own."""
    return ItemRecord(number=f"KIT-{number[-2:]}", description="Seal kit", base_unit="EA", version=LONG_KNOWN)


def all_three_weeks_later(number: str) -> Confirmation:
    item = item_of(number).number
    return answer(number, *(offered((3, LATER), line=line, item=item) for line in NUMBERS[: LINES[number]]))


def everything_came_in_one_interchange() -> None:
    interchange = Interchange.objects.get(connection__kind="edi")
    transactions = interchange.transactions.values_list("kind", "status")
    assert list(transactions) == [("855", TransactionStatus.APPLIED)] * len(LINES)


def fourteen_cases_are_one_suggestion(house: House) -> Incident:
    cases = house.open_cases()
    assert [case.type_code for case in cases] == ["date_later"] * 14
    assert CaseLine.objects.count() == 40
    incident = Incident.objects.get()
    assert incident.state == IncidentState.SUGGESTED
    assert {case.incident for case in cases} == {incident}
    page = house.as_("bea").get(f"/incidents/{incident.number}/").content.decode()
    assert "14 of 14 cases open" in page
    return incident


def bea_confirms_it(house: House, incident: Incident) -> None:
    here = f"/incidents/{incident.number}/"
    fill_in(house.as_("bea"), here, f"{here}change/confirm/", words=STRIKE)
    incident.refresh_from_db()
    assert (incident.state, incident.cause) == (IncidentState.CONFIRMED, STRIKE)


def one_message_goes_to_nordmann(house: House) -> None:
    """All fourteen cases are selected in the queue; the dialog is sent as it shows."""
    bea, queue = house.as_("bea"), f"/queues/{house.company.code}/PRO/"
    dialog = bea.post(f"{queue}ask/", {"case": [case.number for case in house.open_cases()]})
    assert bea.post(f"{queue}ask/send/", form(dialog, f"{queue}ask/send/")).status_code == 302
    catch_up()
    message = SupplierMessage.objects.get()
    assert (message.state, message.recipients) == (MessageState.SENT, ["orders@nordmann.example"])
    assert message.cases.count() == 14
    (sent,) = [each for each in mail.outbox if each.to == ["orders@nordmann.example"]]
    assert all(number in sent.body for number in LINES)
    assert {case.state for case in house.open_cases()} == {CaseState.WAITING_SUPPLIER}


def bea_decides_all_but_three(house: House, incident: Incident) -> Bundle:
    """Over her limit as a whole, so it waits; she may not approve what she proposed."""
    bea, here = house.as_("bea"), f"/incidents/{incident.number}/decide/accept_date/"
    entered = form(bea.get(here), here)
    assert len(entered["line"]) == 40
    kept = [box for box in entered["line"] if line_of(box) not in TAKEN_OUT]
    page = bea.post(here, entered | {"line": kept, "reason": STRIKE}, follow=True)
    assert "Proposed for 14 cases." in page.content.decode()
    bundle = Bundle.objects.get()
    assert "proposal" not in form(page, f"/bundles/{bundle.pk}/")
    assert bundle.amount == 37 * OF_A_LINE
    assert {each.state for each in bundle.proposals.all()} == {ProposalState.PENDING}
    assert house.command_files() == []
    return bundle


def line_of(box: str) -> Line:
    """The order and the line that a ticked box is about."""
    number, _, line = box.partition(":")
    case = Case.objects.get(number=number)
    assert case.order is not None
    return case.order.number, line


def paul_approves_with_every_line_in_view(house: House, bundle: Bundle) -> None:
    """The page shows every line as it is and as it will be, and is sent as it shows."""
    here = f"/bundles/{bundle.pk}/"
    page = house.as_("paul").get(here)
    assert page.content.decode().count(f"{LATER:%d} Dec") == 37
    seen = form(page, here)
    assert len(seen["proposal"]) == 14
    told = house.as_("paul").post(here, seen, follow=True)
    assert "You approved it for 14 cases." in told.content.decode()


def every_line_has_its_own_history(bundle: Bundle) -> None:
    """Each line knows what it was and what it becomes, and each case who decided that and who agreed."""
    decided: dict[str, list[Line]] = defaultdict(list)
    for row in ProposalLine.objects.select_related("order_line__order", "proposal__case"):
        assert row.order_line is not None
        assert [part["date"] for part in row.before["schedule"]] == [f"{WANTED}"]
        assert [part["date"] for part in row.after["schedule"]] == [f"{LATER}"]
        decided[row.proposal.case.number].append((row.order_line.order.number, row.order_line.number))
    lines = [line for of_case in decided.values() for line in of_case]
    assert len(lines) == len(set(lines)) == 37
    assert TAKEN_OUT.isdisjoint(lines)
    for case in decided:
        said = Event.objects.filter(case__number=case, kind__startswith="proposal.").order_by("at", "id")
        assert [(event.kind, event.actor_name) for event in said][:3] == [
            ("proposal.proposed", "Bea"),
            ("proposal.submitted", "Bea"),
            ("proposal.approved", "Paul"),
        ]


def only_what_was_taken_out_is_open(house: House) -> None:
    """The ERP has the new dates, in as many versions as there are orders; three lines are left to decide."""
    left = CaseLine.objects.filter(case__in=house.open_cases(), cleared_at=None)
    assert set(left.values_list("case__order__number", "line_number")) == TAKEN_OUT
    assert {case.type_code for case in house.open_cases()} == {"date_later"}
    assert {each.state for each in Proposal.objects.all()} == {ProposalState.SETTLED}
    assert len(house.erp.effects) == len(LINES)
