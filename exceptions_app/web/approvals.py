"""The approvals inbox: every proposal that waits for this person, with every value in view."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from exceptions_app.cases.queries import proposals_in_full
from exceptions_app.proposals.approvals import open_approvals
from exceptions_app.proposals.models import Proposal
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.proposal_view import Refusal, proposal_cards
from exceptions_app.web.types import type_label

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
    shown = list(proposals_in_full(Proposal.objects.filter(pk__in=waiting | set(refusals))))
    own = list(
        proposals_in_full(Proposal.objects.filter(proposed_by=person, state="pending_approval"))[:MOST]
    )
    context = {
        "now": now_of(request),
        "here": reverse("web:approvals"),
        "decide_target": "#approvals",
        "waiting": [
            {"card": card, "proposal": proposal, "type": type_label(proposal.case.type_code)}
            for card, proposal in zip(proposal_cards(shown, [], person, refusals), shown, strict=True)
        ],
        "own": [
            {"card": card, "proposal": proposal, "type": type_label(proposal.case.type_code)}
            for card, proposal in zip(proposal_cards(own, [], person), own, strict=True)
        ],
    }
    return show(
        request, "approvals/inbox.html", context, current="approvals", fragment="inbox", status=status
    )
