"""The approvals inbox: every proposal that waits for this person, with every value in view."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from exceptions_app.cases.queries import proposals_in_full
from exceptions_app.proposals.approvals import open_approvals
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.bundles import about
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.proposal_view import ProposalCard, Refusal, proposal_cards

MOST = 50


@permitted(Permission.SIGNED_IN)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person's approval, and what they proposed that waits for others."""
    return show_inbox(request, {})


def show_inbox(request: HttpRequest, refusals: Mapping[Any, Refusal], *, status: int = 200) -> HttpResponse:
    """Return the inbox; `refusals` are decisions that could not be taken, with what was typed."""
    person = person_of(request)
    waiting = set(open_approvals(person).values_list("pk", flat=True)[:MOST])
    shown = _in_full(Proposal.objects.filter(pk__in=waiting | set(refusals)))
    own = _in_full(Proposal.objects.filter(proposed_by=person, state=ProposalState.PENDING))
    context = {
        "now": now_of(request),
        "here": reverse("web:approvals"),
        "decide_target": "#approvals",
        "waiting": _entries(shown, proposal_cards(shown, [], person, refusals)),
        "own": _entries(own, proposal_cards(own, [], person)),
    }
    return show(
        request, "approvals/inbox.html", context, current="approvals", fragment="inbox", status=status
    )


def _in_full(proposals: QuerySet[Proposal]) -> list[Proposal]:
    related = ("case__supplier", "bundle__incident__company", "bundle__proposed_by")
    return list(proposals_in_full(proposals).select_related(*related)[:MOST])


def _entries(proposals: Sequence[Proposal], cards: Sequence[ProposalCard]) -> list[dict[str, Any]]:
    """Return what waits, in the same order: each proposal by itself, those of one decision together."""
    parts: dict[UUID, list[tuple[Proposal, ProposalCard]]] = {}
    for proposal, card in zip(proposals, cards, strict=True):
        parts.setdefault(proposal.bundle_id or proposal.pk, []).append((proposal, card))
    return [_entry(*zip(*together, strict=True)) for together in parts.values()]


def _entry(proposals: Sequence[Proposal], cards: Sequence[ProposalCard]) -> dict[str, Any]:
    first = proposals[0]
    if first.bundle is None:
        return {"card": cards[0], "proposal": first}
    # The newest come first here; within a decision its cases go in the order they were proposed in.
    return about(first.bundle, proposals, list(reversed(cards))) | {"order": first.case.order}
