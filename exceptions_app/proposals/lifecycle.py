"""The machine of a proposal: what is decided, which moves there are, and who may make them.

Every move is a plain function that only sets fields of the proposal; `change.change` locks, calls it, saves
and writes the event.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django_fsm import transition

from exceptions_app.audit.record import Actor
from exceptions_app.people.permissions import may
from exceptions_app.proposals import approvals
from exceptions_app.proposals.models import Proposal, ProposalState

STATE = Proposal._meta.get_field("state")

UNDECIDED = [ProposalState.DRAFT, ProposalState.PENDING]
AGREED = [ProposalState.APPROVED, ProposalState.EXECUTING]
OPEN = [*UNDECIDED, *AGREED]

Permission = Callable[[Proposal, Actor], bool]


def _rightline(proposal: Proposal, by: Actor) -> bool:
    """Permit Rightline alone."""
    return by.person is None


def _may_propose(proposal: Proposal, by: Actor) -> bool:
    """Permit the people who work the case."""
    return by.person is not None and may(by.person, "propose", proposal.case)


def _proposer_or_leader(proposal: Proposal, by: Actor) -> bool:
    """Permit who proposed it, and the leaders of the team that owns the case."""
    person = by.person
    if person is None:
        return False
    is_proposer = person == proposal.proposed_by and may(person, "propose", proposal.case)
    return is_proposer or may(person, "assign", proposal.case)


def _approver(proposal: Proposal, by: Actor) -> bool:
    """Permit whom one of the needs names, but neither the proposer nor anybody who edited the proposal."""
    return by.person is not None and approvals.is_approver(proposal, by.person)


def _authorised(proposal: Proposal, by: Actor) -> bool:
    """Permit an approver; or, where nobody else is needed, who has the limit for it."""
    if by.person is None:
        return False
    if proposal.needs.exists():
        return approvals.is_approver(proposal, by.person)
    return _may_propose(proposal, by) and approvals.may_alone(proposal, by.person)


def every_need_is_filled(proposal: Proposal) -> bool:
    """Say whether every approval the proposal needs was given for the values it has now."""
    return not approvals.unfilled(proposal).exists()


# --- towards a decision -------------------------------------------------------------------------------------


@transition(STATE, source=ProposalState.DRAFT, target=ProposalState.PENDING, permission=_may_propose)
def submit(proposal: Proposal, *, at: datetime) -> None:
    """It needs others, who are asked now."""


@transition(
    STATE,
    source=UNDECIDED,
    target=ProposalState.APPROVED,
    conditions=[every_need_is_filled],
    permission=_authorised,
)
def authorise(proposal: Proposal, *, at: datetime, authorisation: dict[str, Any]) -> None:
    """Everybody it needs has agreed, or the limit of one person covers it."""
    proposal.authorisation = authorisation
    proposal.decided_at = at


@transition(STATE, source=ProposalState.PENDING, target=ProposalState.PENDING, permission=_may_propose)
def edit(
    proposal: Proposal,
    *,
    at: datetime,
    inputs: dict[str, str],
    summary: str,
    amount: Decimal | None,
    percent: Decimal | None,
) -> None:
    """Somebody who works the case enters other values; whoever agreed before is asked anew."""
    proposal.inputs = inputs
    proposal.summary, proposal.amount, proposal.percent = summary, amount, percent


@transition(STATE, source=ProposalState.PENDING, target=ProposalState.PENDING, permission=_rightline)
def renew(
    proposal: Proposal,
    *,
    at: datetime,
    inputs: dict[str, str],
    summary: str,
    amount: Decimal | None,
    percent: Decimal | None,
) -> None:
    """The values it was made on moved; whoever agreed before is asked anew."""
    proposal.inputs = inputs
    proposal.summary, proposal.amount, proposal.percent = summary, amount, percent


@transition(STATE, source=ProposalState.PENDING, target=ProposalState.REJECTED, permission=_approver)
def reject(proposal: Proposal, *, at: datetime, reason: str) -> None:
    """An approver says no."""
    proposal.end_reason = reason
    proposal.decided_at = at


@transition(STATE, source=OPEN, target=ProposalState.VOID, permission=_proposer_or_leader)
def withdraw(proposal: Proposal, *, at: datetime, reason: str) -> None:
    """It is taken back before anything reached the ERP."""
    proposal.end_reason = reason
    proposal.decided_at = proposal.decided_at or at


# --- carrying it out ----------------------------------------------------------------------------------------


@transition(STATE, source=ProposalState.APPROVED, target=ProposalState.EXECUTING, permission=_rightline)
def execute(proposal: Proposal, *, at: datetime) -> None:
    """Agreements, command and documents are written."""


@transition(STATE, source=ProposalState.EXECUTING, target=ProposalState.SETTLED, permission=_rightline)
def settle(proposal: Proposal, *, at: datetime) -> None:
    """All of it has taken effect."""
    proposal.settled_at = at


@transition(STATE, source=AGREED, target=ProposalState.PENDING, permission=_rightline)
def reconsider(proposal: Proposal, *, at: datetime) -> None:
    """The ERP has other values than the ones that were agreed on."""
    proposal.authorisation = {}
    proposal.decided_at = None


@transition(STATE, source=ProposalState.EXECUTING, target=ProposalState.REJECTED, permission=_rightline)
def refuse(proposal: Proposal, *, at: datetime, reason: str) -> None:
    """The ERP said no; the reason is its words."""
    proposal.end_reason = reason


def was_authorised(proposal: Proposal) -> bool:
    """Say whether everybody it needed had agreed: a result by hand stands in for the ERP, not for them."""
    return bool(proposal.authorisation)


@transition(
    STATE,
    source=ProposalState.REJECTED,
    target=ProposalState.SETTLED,
    conditions=[was_authorised],
    permission=_rightline,
)
def settle_by_hand(proposal: Proposal, *, at: datetime) -> None:
    """The ERP had refused it, and a person did there what was authorised."""
    proposal.settled_at = at
    proposal.end_reason = ""


@transition(STATE, source=OPEN, target=ProposalState.VOID, permission=_rightline)
def void(proposal: Proposal, *, at: datetime, reason: str) -> None:
    """What it was to put right is gone."""
    proposal.end_reason = reason


#: Every move, in the order people read about them.
TRANSITIONS = (
    submit,
    authorise,
    edit,
    renew,
    reject,
    withdraw,
    execute,
    settle,
    reconsider,
    refuse,
    void,
)
