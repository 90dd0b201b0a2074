"""Decisions that came to nothing in the ERP: what is to be decided again, and what was."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import CaseLine
from exceptions_app.proposals.lifecycle import OPEN
from exceptions_app.proposals.models import Proposal, ProposalState


def came_to_nothing_on(cases: Collection[int]) -> dict[int, list[Proposal]]:
    """Return the decisions that the ERP refused, or did otherwise, by the case's key, the newest first."""
    found = Proposal.objects.filter(case__in=cases).exclude(end_reason="").exclude(authorisation={})
    found = found.filter(state__in=(ProposalState.REJECTED, ProposalState.SETTLED))
    by_case: dict[int, list[Proposal]] = {}
    for proposal in found.prefetch_related("lines").order_by("-created_at"):
        by_case.setdefault(proposal.case_id, []).append(proposal)
    return by_case


def decided_before(proposal: Proposal, came_to_nothing: Iterable[Proposal]) -> str:
    """Return what became of the decision before this one on the same lines; empty where there was none."""
    lines = {line.case_line_id for line in proposal.lines.all()}
    for earlier in came_to_nothing:
        is_same = not lines.isdisjoint(line.case_line_id for line in earlier.lines.all())
        if is_same and earlier != proposal and earlier.created_at <= proposal.created_at:
            return earlier.end_reason
    return ""


def lines_decided_of(proposals: Iterable[Proposal]) -> set[int]:
    """Return the lines of cases that are decided, gone, or in a proposal under way."""
    cases = {proposal.case_id for proposal in proposals if _came_to_nothing(proposal)}
    if not cases:
        return set()
    lines = CaseLine.objects.filter(case__in=cases)
    over = lines.filter(
        ~Q(settled_at=None) | ~Q(cleared_at=None) | Q(proposal_lines__proposal__state__in=OPEN)
    )
    return set(over.values_list("pk", flat=True))


def _came_to_nothing(proposal: Proposal) -> bool:
    """Say whether it was authorised, and the ERP refused it or did otherwise."""
    is_over = proposal.state in (ProposalState.REJECTED, ProposalState.SETTLED)
    return is_over and bool(proposal.end_reason) and bool(proposal.authorisation)


def is_to_decide_again(proposal: Proposal, lines_decided: Collection[int]) -> bool:
    """Say whether a decision came to nothing on a line that is still to be decided (`lines_decided_of`)."""
    if not _came_to_nothing(proposal) or proposal.case.state in SETTLED:
        return False
    return any(line.case_line_id not in lines_decided for line in proposal.lines.all())
