"""The approvals inbox: every proposal that waits for this person, with every value in view."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from erp_connectors.exchange.models import Command
from exceptions_app.people.permissions import visible_cases
from exceptions_app.proposals import together
from exceptions_app.proposals.approvals import open_approvals
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.proposals.queries import proposals_in_full
from exceptions_app.proposals.renewal import moved_since
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.bundle_view import cases_in_words
from exceptions_app.web.bundles import about
from exceptions_app.web.pages import CONFLICT, changed, now_of, show, tell, warn
from exceptions_app.web.proposal_view import ProposalCard, Refusal, proposal_cards

MOST = 50


@permitted(Permission.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person's approval; several that were in view are approved at once."""
    return _approve_ticked(request) if request.method == "POST" else show_inbox(request, {})


def _approve_ticked(request: HttpRequest) -> HttpResponse:
    """Approve what was ticked, each for the values that were in view; what is refused is shown, alone."""
    ticked = [key for key in map(_key, request.POST.getlist("proposal")) if key is not None]
    visible = visible_cases(person_of(request)).values("pk")
    found = Proposal.objects.filter(pk__in=ticked, case__in=visible).select_related(
        "case__company", "case__team", "proposed_by"
    )
    # In the order of their cases, so that two people who approve at once queue up.
    seen = {each: request.POST.get(f"hash-{each.pk}", "") for each in found.order_by("case_id", "pk")}
    outcomes = together.approve(seen, by=actor_of(request), comment=request.POST.get("comment", "").strip())
    done = sum(each.is_done for each in outcomes)
    if done:
        tell(request, gettext("You approved it for %(n)s.") % {"n": cases_in_words(done)})
    if not outcomes:
        warn(request, gettext("Tick what you decide on."))
    refusals = {each.proposal.pk: Refusal(conflict=each.words) for each in outcomes if not each.is_done}
    response = show_inbox(request, refusals, status=CONFLICT if refusals else 200)
    if done:
        changed(response)
    return response


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def show_inbox(request: HttpRequest, refusals: Mapping[Any, Refusal], *, status: int = 200) -> HttpResponse:
    """Return the inbox; `refusals` are decisions that could not be taken, with what was typed."""
    person = person_of(request)
    waiting = set(open_approvals(person).values_list("pk", flat=True)[:MOST])
    visible = visible_cases(person).values("pk")
    shown = _in_full(Proposal.objects.filter(pk__in=waiting | set(refusals), case__in=visible))
    for key in refusals.keys() - {each.pk for each in shown}:
        # Somebody who stands in for another does not see any more what it has become.
        warn(request, refusals[key].problem or refusals[key].conflict)
    own = _in_full(Proposal.objects.filter(proposed_by=person, state=ProposalState.PENDING))
    context = {
        "now": now_of(request),
        "here": reverse("web:approvals"),
        "decide_target": "#approvals",
        "waiting": _entries(shown, proposal_cards(shown, [], person, refusals)),
        "can_tick": sum(each.bundle_id is None for each in shown) > 1,
        "own": _entries(own, proposal_cards(own, [], person)),
    }
    return show(
        request, "approvals/inbox.html", context, current="approvals", fragment="inbox", status=status
    )


@permitted(Permission.VISIBLE_CASE)
@require_safe
def proposal(request: HttpRequest, proposal_id: UUID, seen: str) -> HttpResponse:
    """Show one proposal, as a link in a mail leads to it; `seen` names the values the mail was about.

    Looking decides nothing. Where the values are others by now, both are shown.
    """
    person = person_of(request)
    visible = visible_cases(person).values("pk")
    shown = _in_full(Proposal.objects.filter(pk=proposal_id, case__in=visible))
    if not shown:
        raise Http404
    (found,) = shown
    is_old = seen != values_hash(found)
    (card,) = proposal_cards(shown, commands_of([found]), person)
    context = {
        "now": now_of(request),
        "here": reverse("web:approvals"),
        "decide_target": "#approvals",
        "entry": {"card": card, "proposal": found},
        "is_old": is_old,
        "moved": moved_since(found, seen) if is_old else (),
    }
    return show(request, "proposals/page.html", context, current="approvals")


def commands_of(proposals: Sequence[Proposal]) -> list[Command]:
    """Return what proposals wrote to their ERPs, the newest first."""
    keys = [each.pk for each in proposals]
    return list(Command.objects.filter(proposal_id__in=keys).order_by("-created_at"))


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
