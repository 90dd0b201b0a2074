"""What becomes of a decision that was sent: the ERP answers, the case heals, its lines change."""

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from erp_connectors import clock
from erp_connectors.connectors.base import Outcome
from erp_connectors.exchange import outbox
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions as case_actions
from exceptions_app.cases.models import CaseLine, CaseState
from exceptions_app.detection.models import Watch
from exceptions_app.notifications.models import Notification
from exceptions_app.proposals import approvals, settle
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders.factories import CommandFactory, change_line
from tests.exceptions_app.proposals.shortage import (
    LATER,
    NOWHERE,
    REQUESTED,
    Shortage,
    answer,
    look,
    ready,
    shortage,
    supplier_offers,
    told,
)


def decided() -> Shortage:
    """Make the decision of scenario 1, agreed by all, with its command on the way."""
    short = shortage(NOWHERE)
    short.approve(short.approve(short.propose(), "paul"), "pia")
    return short


SCENE = decided


@pytest.fixture
def sent(scene: Shortage, tmp_path: Path) -> Shortage:
    """The decision of scenario 1 has been sent."""
    return ready(scene, tmp_path)


def the_proposal() -> Proposal:
    return Proposal.objects.get()


# --- the ERP answers ----------------------------------------------------------------------------------------


def test_a_command_that_is_done_settles_lines_agreement_and_case(sent: Shortage) -> None:
    answer(Command.objects.get(), Outcome.APPLIED)
    assert the_proposal().state == ProposalState.SETTLED
    assert sent.agreement_states() == ["active"]
    assert sent.case_line().settled_at is not None
    assert sent.now().state == CaseState.RESOLVED


def test_the_same_answer_again_changes_nothing(sent: Shortage) -> None:
    command = answer(Command.objects.get(), Outcome.APPLIED)
    events = Event.objects.count()
    settle.command_settled(command)
    settle.command_settled(command)
    assert Event.objects.count() == events


def test_a_refusal_leaves_nothing_half_done_and_tells_the_words_of_the_erp(sent: Shortage) -> None:
    answer(Command.objects.get(), Outcome.REFUSED, "The period is closed.")
    proposal = the_proposal()
    assert (proposal.state, proposal.end_reason) == (ProposalState.REJECTED, "The period is closed.")
    assert sent.agreement_states() == ["void"]
    assert sent.case_line().settled_at is None
    assert sent.now().state == CaseState.IN_PROGRESS
    assert any(title.startswith("The ERP refused") for title in told(sent, "bea"))
    assert Event.objects.get(kind="proposal.refused").reason == "The period is closed."
    assert sent.propose().state == ProposalState.PENDING


def test_a_conflict_asks_everybody_again_with_the_values_of_now(sent: Shortage) -> None:
    Command.objects.update(state=CommandState.SENDING)
    change_line(sent.line, (120, REQUESTED))
    look(sent.line)
    answer(Command.objects.get(), Outcome.CONFLICT, "line 10: the quantity is 120 EA, not 100 EA")
    proposal = the_proposal()
    assert proposal.state == ProposalState.PENDING
    assert proposal.authorisation == {}
    assert proposal.amount == Decimal("182.40") * 38
    assert sent.agreement_states() == ["void"]
    assert sent.now().state == CaseState.IN_PROGRESS
    assert not Approval.objects.exists()
    moved = Event.objects.get(kind="proposal.values_moved")
    assert ("100 EA" in moved.before["lines"]["10"], "120 EA" in moved.after["lines"]["10"]) == (True, True)
    assert Event.objects.get(kind="proposal.in_conflict").reason.startswith("line 10: the quantity is 120")
    sent.approve(proposal, "paul")
    assert sent.approve(proposal, "pia").state == ProposalState.EXECUTING
    assert Command.objects.count() == 2
    assert sent.agreement_states() == ["void", "pending"]


def test_a_conflict_the_mirror_does_not_show_yet_is_asked_about_just_the_same(sent: Shortage) -> None:
    answer(Command.objects.get(), Outcome.CONFLICT, "somebody changed the order")
    proposal = the_proposal()
    assert proposal.state == ProposalState.PENDING
    assert sorted(need.team.code for need in approvals.unfilled(proposal)) == ["PLN", "PRO"]
    asked = Notification.objects.filter(kind="approval", team__isnull=False)
    assert asked.count() == 4


def test_a_late_word_on_an_old_command_changes_nothing_of_the_new_one(sent: Shortage) -> None:
    old = answer(Command.objects.get(), Outcome.CONFLICT, "somebody changed the order")
    sent.approve(sent.approve(the_proposal(), "paul"), "pia")
    settle.command_settled(old)
    assert the_proposal().state == ProposalState.EXECUTING
    answer(Command.objects.exclude(pk=old.pk).get(), Outcome.APPLIED)
    assert the_proposal().state == ProposalState.SETTLED


def test_a_conflict_that_leaves_nothing_to_decide_voids_the_proposal(sent: Shortage) -> None:
    CaseLine.objects.update(cleared_at=clock.now())
    answer(Command.objects.get(), Outcome.CONFLICT, "the line is 82 already")
    assert the_proposal().state == ProposalState.VOID


def test_a_lost_answer_is_shown_and_nothing_is_sent_again(sent: Shortage) -> None:
    Command.objects.update(state=CommandState.UNKNOWN)
    settle.command_settled(Command.objects.get())
    assert the_proposal().state == ProposalState.EXECUTING
    assert sent.agreement_states() == ["pending"]
    assert any(title.startswith("It is not known") for title in told(sent, "bea"))
    assert Command.objects.count() == 1
    outbox.settle_by_hand(Command.objects.get(), outcome=CommandState.DONE, note="seen in the ERP")
    settle.command_settled(Command.objects.get())
    assert the_proposal().state == ProposalState.SETTLED


def test_a_command_withdrawn_by_others_voids_its_proposal(sent: Shortage) -> None:
    outbox.withdraw(Command.objects.get(), reason="The connection is retired.")
    settle.command_settled(Command.objects.get())
    assert (the_proposal().state, the_proposal().end_reason) == (
        ProposalState.VOID,
        "The connection is retired.",
    )
    assert sent.now().state == CaseState.IN_PROGRESS


def test_a_command_of_nobodys_proposal_is_left_alone(sent: Shortage) -> None:
    before = Event.objects.count()
    settle.command_settled(CommandFactory.create(proposal_id=None))
    settle.command_settled(CommandFactory.create(proposal_id=uuid4()))
    assert Event.objects.count() == before


def test_a_refusal_has_the_order_looked_at_without_the_agreement(sent: Shortage) -> None:
    before = Watch.objects.get(subject_id=sent.line.order_id).marked
    answer(Command.objects.get(), Outcome.REFUSED, "no")
    assert Watch.objects.get(subject_id=sent.line.order_id).marked > before


# --- the case heals -----------------------------------------------------------------------------------------


def test_healing_withdraws_what_is_not_sent_yet(sent: Shortage) -> None:
    settle.case_healed(sent.case)
    assert Command.objects.get().state == CommandState.WITHDRAWN
    assert the_proposal().state == ProposalState.VOID
    assert sent.agreement_states() == ["void"]


@pytest.mark.parametrize("state", [CommandState.SENDING, CommandState.UNKNOWN])
def test_healing_awaits_what_is_on_its_way(sent: Shortage, state: CommandState) -> None:
    Command.objects.update(state=state)
    settle.case_healed(sent.case)
    assert Command.objects.get().state == state
    assert the_proposal().state == ProposalState.EXECUTING
    assert sent.agreement_states() == ["pending"]
    CaseLine.objects.update(cleared_at=clock.now())
    answer(Command.objects.get(), Outcome.APPLIED)
    assert the_proposal().state == ProposalState.SETTLED
    assert sent.case_line().settled_at is None


def test_dismissing_a_case_takes_back_what_is_not_sent_yet(sent: Shortage) -> None:
    case_actions.dismiss(sent.case, reason="agreed by telephone", by=sent.by("paul"))
    assert Command.objects.get().state == CommandState.WITHDRAWN
    assert (the_proposal().state, the_proposal().end_reason) == (
        ProposalState.VOID,
        "The case was dismissed: agreed by telephone",
    )
    assert sent.now().state == CaseState.DISMISSED


def test_healing_twice_and_after_the_end_changes_nothing(sent: Shortage) -> None:
    answer(Command.objects.get(), Outcome.APPLIED)
    settle.case_healed(sent.case)
    settle.case_healed(sent.case)
    assert the_proposal().state == ProposalState.SETTLED
    assert sent.agreement_states() == ["active"]


# --- the lines of the case change ---------------------------------------------------------------------------


def test_a_new_word_of_the_supplier_takes_back_what_is_not_sent_yet_and_asks_again(sent: Shortage) -> None:
    supplier_offers(sent, 70)
    proposal = the_proposal()
    assert (proposal.state, proposal.amount) == (ProposalState.PENDING, Decimal("182.40") * 30)
    assert Command.objects.get().state == CommandState.WITHDRAWN
    assert sent.agreement_states() == ["void"]
    assert sent.now().state == CaseState.IN_PROGRESS
    assert sorted(need.team.code for need in approvals.unfilled(proposal)) == ["PLN", "PRO"]


def test_a_word_that_changes_nothing_decided_leaves_everything_as_it_is(sent: Shortage) -> None:
    events = Event.objects.count()
    settle.case_changed(sent.case)
    assert the_proposal().state == ProposalState.EXECUTING
    assert Command.objects.get().state == CommandState.WAITING
    assert Event.objects.count() == events


def test_what_is_on_its_way_is_awaited_when_the_word_changes(sent: Shortage) -> None:
    Command.objects.update(state=CommandState.SENDING)
    supplier_offers(sent, 70)
    assert the_proposal().state == ProposalState.EXECUTING
    assert Command.objects.get().state == CommandState.SENDING


def test_looking_at_an_order_does_not_fail_because_its_erp_is_set_up_wrongly(sent: Shortage) -> None:
    sent.world.erp.settings = {}
    sent.world.erp.save()
    supplier_offers(sent, 70)
    assert sent.case_line().quantity == 30
    assert the_proposal().state == ProposalState.EXECUTING


def test_what_the_erp_has_already_is_left_to_its_command(sent: Shortage) -> None:
    change_line(sent.line, (82, REQUESTED), (18, LATER))
    settle.case_changed(sent.case)
    assert the_proposal().state == ProposalState.EXECUTING
    assert Command.objects.get().state == CommandState.WAITING
