"""One decision that was proposed over several cases: how it stands, approved or taken back as a whole."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from erp_connectors.exchange.models import Command
from exceptions_app.people.models import User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.proposals import together
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from exceptions_app.proposals.queries import proposals_in_full
from exceptions_app.proposals.together import Outcome
from exceptions_app.web import labels
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.bundle_view import cases_in_words, decision_label
from exceptions_app.web.pages import back, now_of, show, tell, warn
from exceptions_app.web.proposal_view import ProposalCard, proposal_cards
from exceptions_app.web.values_view import amount_words


@permitted(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def bundle(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """Show every line of one decision over many cases; whoever may decides on all that is in view at once."""
    found = _bundle_or_404(request, bundle_id)
    visible = visible_cases(person_of(request))
    proposals = list(proposals_in_full(found.proposals.filter(case__in=visible.values("pk"))))
    proposals.sort(key=lambda proposal: proposal.case_id)
    if request.method == "POST":
        return _decide(request, found, proposals)
    return _page(request, found, proposals)


def visible_bundles(person: User) -> QuerySet[Bundle]:
    """Return the decisions over a case the person may see: of any other they learn nothing."""
    seen = Proposal.objects.filter(bundle=OuterRef("pk"), case__in=visible_cases(person).values("pk"))
    return Bundle.objects.filter(Exists(seen))


def _bundle_or_404(request: HttpRequest, bundle_id: UUID) -> Bundle:
    related = ("incident__company", "incident__supplier", "proposed_by")
    return get_object_or_404(visible_bundles(person_of(request)).select_related(*related), pk=bundle_id)


def _page(request: HttpRequest, found: Bundle, proposals: Sequence[Proposal]) -> HttpResponse:
    commands = Command.objects.filter(proposal_id__in=[each.pk for each in proposals]).order_by("-created_at")
    cards = proposal_cards(proposals, commands, person_of(request))
    context = {
        **about(found, proposals, cards),
        "now": now_of(request),
        "incident": found.incident,
        "order": next((each.case.order for each in proposals if found.incident is None), None),
        "states": _states(proposals),
        "may_withdraw": sum(card.may_withdraw for card in cards),
    }
    return show(request, "bundles/page.html", context, current="incidents" if found.incident else "cases")


def about(found: Bundle, proposals: Sequence[Proposal], cards: Sequence[ProposalCard]) -> dict[str, Any]:
    """Return what is shown of a decision wherever it waits: what it comes to, and each of its parts."""
    company = found.incident.company if found.incident else proposals[0].case.company
    return {
        "bundle": found,
        "label": decision_label(found.resolution),
        "amount": amount_words(found.amount, company.currency),
        "cards": cards,
        "cases": cases_in_words(len(cards)),
        "waiting": sum(card.may_decide for card in cards),
    }


def _states(proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Return in which states the parts are, with how many of each."""
    states = [proposal.state for proposal in proposals]
    return [
        {"chip": labels.PROPOSAL_STATES[state], "cases": cases_in_words(states.count(state))}
        for state in ProposalState.values
        if state in states
    ]


# --- deciding on it -----------------------------------------------------------------------------------------


def _decide(request: HttpRequest, found: Bundle, proposals: Sequence[Proposal]) -> HttpResponse:
    """Do what was asked with what was ticked, or take all of it back; say what was not possible."""
    words, by = request.POST.get("comment", "").strip(), actor_of(request)
    ticked = set(request.POST.getlist("proposal"))
    chosen = [proposal for proposal in proposals if str(proposal.pk) in ticked]
    match request.POST.get("decision", "approve"):
        case "withdraw":
            cards = proposal_cards(proposals, [], person_of(request))
            mine = [each for each, card in zip(proposals, cards, strict=True) if card.may_withdraw]
            outcomes = together.withdraw(mine, by=by, reason=words)
            said = gettext("Withdrawn for %(n)s.")
        case "reject":
            outcomes = together.reject(chosen, by=by, comment=words)
            said = gettext("You rejected it for %(n)s.")
        case _:
            # Each for exactly the values that were in view.
            seen = {each: request.POST.get(f"hash-{each.pk}", "") for each in chosen}
            outcomes = together.approve(seen, by=by, comment=words)
            said = gettext("You approved it for %(n)s.")
    _tell(request, outcomes, said)
    if not visible_bundles(person_of(request)).filter(pk=found.pk).exists():
        # Whoever stands in for somebody sees it while it waits for them.
        return HttpResponseRedirect(reverse("web:approvals"))
    return back(request, reverse("web:bundle", args=[found.pk]))


def _tell(request: HttpRequest, outcomes: Sequence[Outcome], said: str) -> None:
    done = sum(each.is_done for each in outcomes)
    if done:
        tell(request, said % {"n": cases_in_words(done)})
    refused: dict[str, list[str]] = {}
    for each in outcomes:
        if not each.is_done:
            refused.setdefault(each.words, []).append(each.proposal.case.number)
    for words, numbers in refused.items():
        warn(request, f"{', '.join(numbers)}: {words}")
    if not outcomes:
        warn(request, gettext("Tick what you decide on."))
