"""How a proposal ends without effect: void, with its agreements, and the case back with the people."""

from datetime import datetime

from exceptions_app.cases import upkeep
from exceptions_app.cases.models import AgreementRow, Case, CaseState
from exceptions_app.detection import watch
from exceptions_app.detection.agreement import AgreementState
from exceptions_app.proposals import lifecycle
from exceptions_app.proposals.change import Step, change, concerned, tell
from exceptions_app.proposals.models import Proposal


def void(proposal: Proposal, reason: str, *, at: datetime) -> Proposal:
    """End a proposal that can no longer be carried out, and tell those concerned why."""
    void_agreements(proposal, reason)
    step = Step(
        kind="voided",
        summary=f"Void: {reason}",
        transition=lifecycle.void,
        arguments={"reason": reason[:500]},
        reason=reason,
    )
    proposal = change(proposal, step, at=at)
    tell(proposal, concerned(proposal), f"No longer possible: {proposal}", at=at, body=reason)
    return proposal


def void_agreements(proposal: Proposal, reason: str) -> None:
    """End the agreements of a proposal that are pending, and have the order looked at without them."""
    ended = AgreementRow.objects.filter(proposal=proposal, state=AgreementState.PENDING).update(
        state=AgreementState.VOID, void_reason=reason[:300]
    )
    if ended and proposal.case.order_id is not None:
        watch.mark("order", [proposal.case.order_id])


def back_to_work(case: Case, summary: str, *, at: datetime) -> None:
    """Give a case that was only being watched back to the people."""
    if case.state in (CaseState.MONITORING, CaseState.RESOLVED):
        upkeep.back_to_work(case, summary=summary, at=at)
