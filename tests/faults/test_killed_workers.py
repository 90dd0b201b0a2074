"""A worker is killed (kill -9) inside each hop; another one goes on, and nothing is lost or done twice."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import Document
from erp_connectors.exchange import outbox
from erp_connectors.exchange.models import (
    Command,
    CommandState,
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    OutgoingStatus,
    Transaction,
)
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import AgreementRow, Case, CaseLine, CaseState, Clock, QueueEntry, Task
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import TUESDAY_TEN
from tests.faults.broker import Broker
from tests.faults.conftest import read_everything
from tests.faults.mortals import Mortals, Point
from tests.journeys.house import House, offering, order
from tests.journeys.programs import Programs

pytestmark = [pytest.mark.slow, pytest.mark.proof]

NUMBER = "4500010001"
RELEASED = TUESDAY_TEN - timedelta(days=1)
REST_ON = date(2026, 12, 16)
#: Where a worker dies: inside which function of which hop, and whether with all of its processes.
IN_EVERY_HOP: tuple[Point, ...] = (
    ("A1 claimed, not read", "erp_connectors.exchange.processing:_process", "before", "worker"),
    ("A2 recorded, not committed", "erp_connectors.exchange.reading_edi:record_many", "after", "child"),
    ("A3 recorded, not acknowledged", "erp_connectors.exchange.reading_edi:acknowledge", "before", "child"),
    ("A4 997 written, not noted", "erp_connectors.exchange.outgoing:write_atomically", "after", "child"),
    ("B1 claimed, not loaded", "exceptions_app.intake:load", "before", "child"),
    ("B2 case opened, not committed", "exceptions_app.desk.desk:Desk.work", "after", "worker"),
    ("B3 committed, others wait", "exceptions_app.intake:evaluate", "after", "child"),
    (
        "C1 handed over, not noted",
        "erp_connectors.connectors.file_drop.commands:write_command",
        "after",
        "worker",
    ),
    ("D1 settled, not committed", "exceptions_app.proposals.settle:carried_out", "after", "worker"),
    (
        "D2 committed, answer not put away",
        "erp_connectors.connectors.file_drop.connector:FileDropConnector.put_away",
        "before",
        "child",
    ),
)
BEFORE_HANDING_OVER: tuple[Point, ...] = (
    (
        "C0 marked as sent, not handed over",
        "erp_connectors.exchange.dispatching:_deliver",
        "before",
        "worker",
    ),
)


def test_nothing_is_lost_or_done_twice_when_workers_are_killed_inside_every_hop(
    house: House, programs: Programs, broker: Broker, tmp_path: Path
) -> None:
    house.tell_stock(10)
    house.tell_demand(("SO-881", "A", 95), ("SO-882", "B", 15), due_on=date(2026, 12, 3))
    house.tell_orders(order(NUMBER, released_at=RELEASED), at=RELEASED)
    read_everything()
    mortals = Mortals(programs, IN_EVERY_HOP, tmp_path / "notes")
    programs.start_beat()

    house.post(offering(NUMBER, 82, control=1, at=TUESDAY_TEN))
    sent = OutgoingFile.objects.filter(status=OutgoingStatus.SENT)
    mortals.wait_until(lambda: house.open_cases() and sent.exists(), "a case is open, and a 997 sent")
    house.decide_to_split(house.the_case(), REST_ON)
    mortals.wait_until(house.command_files, "the command lies ready")
    unknown = Command.objects.filter(state=CommandState.UNKNOWN)
    mortals.wait_until(unknown.exists, "somebody sees that the worker never came back")
    assert house.erp.work(at=clock.now()) == 1
    answered = house.erp.folder / "incoming" / "answers"
    mortals.wait_until(lambda: not list(answered.iterdir()), "the answer is put away")
    house.tell_orders()
    mortals.wait_until(lambda: not house.open_cases(), "the case is closed")

    assert mortals.died_at == {name for name, *_ in IN_EVERY_HOP}
    assert mortals.workers_killed == 4
    everything_happened_once(house)


def everything_happened_once(house: House) -> None:
    assert not Interchange.objects.exclude(status=InterchangeStatus.PROCESSED).exists()
    assert Transaction.objects.filter(kind="855").count() == 1
    assert Document.objects.filter(kind="confirmation").count() == 1
    assert OutgoingFile.objects.filter(kind="997").count() == len(house.sent_to_partner()) == 1
    case = Case.objects.get()
    assert (case.type_code, case.state, case.reopened_count) == ("quantity_short", CaseState.CLOSED, 0)
    assert CaseLine.objects.get().quantity == Decimal(18)
    assert sorted(Clock.objects.values_list("kind", flat=True)) == ["resolve", "respond"]
    assert AgreementRow.objects.get().state == "active"
    command = Command.objects.get()
    assert command.state == CommandState.DONE
    assert house.erp.effects == [str(command.pk)]
    assert Proposal.objects.get().state == ProposalState.SETTLED
    assert sorted(Task.objects.values_list("team__code", flat=True)) == ["CSR", "PLN"]
    alerts = Notification.objects.filter(kind=NotificationKind.ALERT)
    assert sorted(alerts.values_list("team__code", flat=True)) == ["WHS"], "Planning hears of it by its task"
    assert not QueueEntry.objects.filter(is_open=True).exists()
    told = Counter(Event.objects.filter(case=case).values_list("kind", flat=True))
    twice = {"task.opened": 2, "task.voided": 2, "proposal.approved": 2}
    assert (
        told
        == dict.fromkeys(
            (
                "case.opened",
                "case.started",
                "proposal.proposed",
                "proposal.submitted",
                "proposal.authorised",
                "proposal.executing",
                "command.waiting",
                "case.monitored",
                "command.unknown",
                "command.done",
                "proposal.settled",
                "case.resolved",
                "case.closed",
            ),
            1,
        )
        | twice
    )


def test_a_command_is_never_sent_again_when_its_worker_was_killed_before_it_handed_it_over(
    house: House, programs: Programs, broker: Broker, tmp_path: Path
) -> None:
    house.tell_orders(order(NUMBER, released_at=RELEASED), at=RELEASED)
    read_everything()
    house.post(offering(NUMBER, 82, control=1, at=TUESDAY_TEN))
    read_everything()
    case = house.the_case()
    mortals = Mortals(programs, BEFORE_HANDING_OVER, tmp_path / "notes")
    programs.start_beat()
    house.decide_to_split(case, REST_ON)
    unknown = Command.objects.filter(state=CommandState.UNKNOWN)
    mortals.wait_until(unknown.exists, "somebody sees that the worker never came back")

    # Nobody knows whether it was handed over, so nobody does it again, however long it takes: a person looks.
    clock.set_now(clock.now() + timedelta(hours=1))
    looked_again = unknown.filter(due_at__gt=clock.now())
    mortals.wait_until(looked_again.exists, "its effect is looked for")
    assert mortals.workers_killed == 1
    assert house.command_files() == []
    assert Command.objects.count() == 1
    told = Notification.objects.filter(case=case, title__startswith="It is not known whether the ERP did it")
    assert sorted(told.values_list("person__username", flat=True)) == ["bea"]

    outbox.settle_by_hand(
        unknown.get(), outcome=CommandState.DEAD, note="The ERP's job list does not have it."
    )
    assert house.the_case().state == CaseState.IN_PROGRESS
    assert Proposal.objects.get().state not in (ProposalState.EXECUTING, ProposalState.SETTLED)
    assert AgreementRow.objects.get().state == "void"
    house.decide_to_split(house.the_case(), REST_ON)
    mortals.wait_until(house.command_files, "the second command lies ready")
    assert house.erp.work(at=clock.now()) == 1
    house.tell_orders()
    mortals.wait_until(lambda: not house.open_cases(), "the case is closed")
    assert len(house.erp.effects) == 1
