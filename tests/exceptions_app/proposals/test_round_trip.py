"""A decision from recorded documents to the ERP's next extract: scenarios 1, 2 and 13 in small."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    PurchaseOrder,
)
from erp_connectors.canonical.documents import OrderLine as Line
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.connectors.base import Answer, Outcome
from erp_connectors.documents import store
from erp_connectors.exchange import dispatching, processing
from erp_connectors.exchange.answers import record_answer
from erp_connectors.exchange.models import Command, CommandState, Interchange, InterchangeStatus
from exceptions_app import intake
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import AgreementRow, Case, CaseState
from exceptions_app.detection import watch
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import TUESDAY_TEN, Ground, berlin, ground, see_until

pytestmark = pytest.mark.django_db
SCENE = ground

ORDER = "4500010001"
REQUESTED, LATER = date(2026, 12, 2), date(2026, 12, 16)
RELEASED = berlin(date(2026, 11, 19), 16)


@pytest.fixture
def world(scene: Ground, tmp_path: Path) -> Ground:
    """The ground of the scenarios with a released order of 100, at a real ERP by file."""
    clock.set_now(TUESDAY_TEN)
    made = scene
    made.erp.settings = {"folder": str(tmp_path)}
    made.erp.save()
    (tmp_path / "outgoing" / "commands").mkdir(parents=True)
    see_until(made, RELEASED)
    erp_says(made, RELEASED, (100, REQUESTED))
    return made


def erp_says(world: Ground, at: datetime, *parts: tuple[int, date]) -> None:
    """Record a revision of the order as the ERP has it, and look at it."""
    schedule = tuple(SchedulePart(Quantity(Decimal(value), "EA"), day) for value, day in parts)
    total = sum((part.quantity.value for part in schedule), Decimal(0))
    line = Line(
        number="10",
        item="SEAL-KIT",
        quantity=Quantity(total, "EA"),
        price=Price(Decimal("182.40"), "EUR", Decimal(1)),
        schedule=schedule,
    )
    order = PurchaseOrder(
        number=ORDER,
        supplier=world.supplier.number,
        currency="EUR",
        version=DocumentVersion(at),
        lines=(line,),
        released_at=RELEASED,
        version_token=at.isoformat(),
    )
    store.record(order, connection=world.erp, company=world.company, received_at=at)
    look()


def supplier_says(world: Ground, at: datetime, quantity: int) -> None:
    """Record a confirmation of the line, and look at it."""
    line = ConfirmationLine(
        line_number="10",
        answers=(LineAnswer.CHANGED,),
        offered=(OfferedPart(Quantity(Decimal(quantity), "EA"), REQUESTED),),
    )
    confirmation = Confirmation(order_number=ORDER, version=DocumentVersion(at), lines=(line,), number="C1")
    store.record(
        confirmation, connection=world.erp, company=world.company, supplier=world.supplier, received_at=at
    )
    look()


def look() -> None:
    while intake.evaluate_due(10):
        continue


def by(world: Ground, name: str) -> Actor:
    return Actor(person=world.people[name], source="test")


def decide(world: Ground) -> Proposal:
    """Have the split proposed by Bea and agreed to by Paul and Pia."""
    proposal = actions.propose(
        Case.objects.get(),
        resolution="split",
        inputs={"rest_on": "2026-12-16"},
        reason="",
        by=by(world, "bea"),
    )
    for name in ("paul", "pia"):
        proposal = actions.approve(proposal, by=by(world, name), values_hash=values_hash(proposal))
    return proposal


def erp_answers(world: Ground, outcome: Outcome, words: str = "") -> None:
    """Hand the waiting command over, and let the ERP answer it."""
    assert dispatching.dispatch_due() == 1
    command = Command.objects.get(state=CommandState.SENDING)
    assert list(Path(world.erp.settings["folder"]).glob("outgoing/commands/*"))
    told = record_answer(Answer(key=str(command.pk), outcome=outcome, words=words), connection=world.erp)
    assert told == ""
    look()


def state() -> str:
    return str(Case.objects.get().state)


def test_a_shortage_is_decided_written_and_closed_and_comes_back_with_another_word(world: Ground) -> None:
    supplier_says(world, TUESDAY_TEN, 82)
    assert state() in (CaseState.NEW, CaseState.ASSIGNED)
    decide(world)
    look()
    assert state() == CaseState.MONITORING

    erp_answers(world, Outcome.APPLIED)
    assert state() == CaseState.RESOLVED
    assert Proposal.objects.get().state == ProposalState.SETTLED

    erp_says(world, TUESDAY_TEN + timedelta(minutes=5), (82, REQUESTED), (18, LATER))
    assert state() == CaseState.CLOSED
    assert AgreementRow.objects.get().state == "active"

    supplier_says(world, TUESDAY_TEN + timedelta(minutes=10), 82)
    assert state() == CaseState.CLOSED
    assert Command.objects.count() == 1

    supplier_says(world, TUESDAY_TEN + timedelta(minutes=20), 70)
    assert state() not in (CaseState.CLOSED, CaseState.RESOLVED)
    assert Case.objects.count() == 1


def test_what_the_erp_refuses_is_back_in_work_and_can_be_decided_again(world: Ground) -> None:
    supplier_says(world, TUESDAY_TEN, 82)
    decide(world)
    erp_answers(world, Outcome.REFUSED, "The period is closed.")
    assert state() == CaseState.IN_PROGRESS
    assert Proposal.objects.get().end_reason == "The period is closed."
    decide(world)
    erp_answers(world, Outcome.APPLIED)
    erp_says(world, TUESDAY_TEN + timedelta(minutes=5), (82, REQUESTED), (18, LATER))
    assert state() == CaseState.CLOSED
    assert Command.objects.count() == 2


def test_an_order_that_changed_before_the_command_is_decided_again(world: Ground) -> None:
    supplier_says(world, TUESDAY_TEN, 82)
    decide(world)
    erp_says(world, TUESDAY_TEN + timedelta(minutes=1), (90, REQUESTED))
    assert Command.objects.get().state == CommandState.WITHDRAWN
    proposal = Proposal.objects.get()
    assert proposal.state == ProposalState.PENDING
    assert proposal.amount == Decimal("182.40") * 8
    assert dispatching.dispatch_due() == 0


def test_a_shortage_that_heals_before_the_command_is_sent_takes_the_decision_back(world: Ground) -> None:
    supplier_says(world, TUESDAY_TEN, 82)
    decide(world)
    supplier_says(world, TUESDAY_TEN + timedelta(minutes=1), 100)
    assert state() == CaseState.CLOSED
    assert Command.objects.get().state == CommandState.WITHDRAWN
    assert Proposal.objects.get().state == ProposalState.VOID
    assert dispatching.dispatch_due() == 0


def test_a_decision_made_by_hand_in_the_erp_settles_the_command_without_sending_it(world: Ground) -> None:
    supplier_says(world, TUESDAY_TEN, 82)
    decide(world)
    erp_says(world, TUESDAY_TEN + timedelta(minutes=1), (82, REQUESTED), (18, LATER))
    dispatching.dispatch_due()
    look()
    assert Command.objects.get().state == CommandState.DONE
    assert Proposal.objects.get().state == ProposalState.SETTLED
    assert state() == CaseState.CLOSED
    assert not list(Path(world.erp.settings["folder"]).glob("outgoing/commands/*"))


def test_a_late_confirmation_entered_for_the_supplier_closes_its_case(world: Ground) -> None:
    see_until(world, TUESDAY_TEN)
    watch.look_over(TUESDAY_TEN)
    look()
    case = Case.objects.get(type_code="confirmation_late")
    actions.propose(
        case,
        resolution="confirm_on_behalf",
        inputs={"confirmed_on": "2026-12-02", "quantity": "100"},
        reason="told on the telephone",
        by=by(world, "bea"),
    )
    processing.process_interchange(Interchange.objects.get().pk)
    assert Interchange.objects.get().status == InterchangeStatus.PROCESSED
    look()
    assert state() == CaseState.CLOSED
    assert Case.objects.count() == 1
