"""Questions about proposals: which are under way, and all there is to one."""

from django.db.models import QuerySet

from exceptions_app.proposals.models import Proposal, ProposalState

UNDER_WAY = (ProposalState.PENDING, ProposalState.APPROVED, ProposalState.EXECUTING)


def proposals_in_full(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Return proposals with their lines, needs, approvals and people, newest first."""
    return (
        proposals.select_related("proposed_by", "release", "case__company", "case__team", "case__order")
        .prefetch_related(
            "lines__order_line",
            "edited_by",
            "needs__team",
            "needs__approvals__person",
            "needs__approvals__given_for",
            "needs__approvals__answers__person",
            "kept_apart",
        )
        .order_by("-created_at")
    )
