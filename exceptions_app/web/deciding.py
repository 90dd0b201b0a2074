"""Deciding on a proposal: approved, asked back, answered, rejected or withdrawn, where it was looked at."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from erp_connectors.errors import ConflictError, PermanentError, RightlineError
from exceptions_app.audit.record import Actor
from exceptions_app.people.permissions import visible_cases
from exceptions_app.proposals import actions
from exceptions_app.proposals.models import Proposal
from exceptions_app.proposals.renewal import ValuesMoved
from exceptions_app.web import approvals
from exceptions_app.web.access import Permission, actor_of, case_or_404, permitted, person_of
from exceptions_app.web.case_verbs import after_change
from exceptions_app.web.cases import show_case
from exceptions_app.web.pages import CONFLICT, UNPROCESSABLE, changed, tell, wants_fragment, warn
from exceptions_app.web.proposal_view import Refusal


@permitted(Permission.VISIBLE_CASE)
@require_POST
def decide(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Approve, ask back, answer, reject or withdraw; what is refused is said beside what was typed."""
    visible = visible_cases(person_of(request))
    proposal = get_object_or_404(
        Proposal.objects.select_related("case__company", "case__team", "proposed_by"),
        pk=proposal_id,
        case__in=visible.values("pk"),
    )
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        raise Http404
    act, said = DECISIONS[decision]
    comment = request.POST.get("comment", "").strip()
    try:
        act(proposal, actor_of(request), comment, request.POST.get("values_hash", ""))
    except ValuesMoved as moved:
        seen = request.POST.get("seen", "")
        refusal = Refusal(conflict=str(moved), comment=comment, seen=seen)
        return _answer(request, proposal, refusal, CONFLICT)
    except ConflictError as conflict:
        return _answer(request, proposal, Refusal(conflict=str(conflict), comment=comment), CONFLICT)
    except PermanentError as refused:
        return _answer(request, proposal, Refusal(problem=str(refused), comment=comment), UNPROCESSABLE)
    except RightlineError as wait:
        return _answer(request, proposal, Refusal(problem=str(wait), comment=comment), CONFLICT)
    tell(request, said(proposal))
    return _answer(request, proposal, None, 200)


Act = Callable[[Proposal, Actor, str, str], object]
DECISIONS: dict[str, tuple[Act, Callable[[Proposal], str]]] = {
    "approve": (
        lambda proposal, by, comment, seen: actions.approve(
            proposal, by=by, values_hash=seen, comment=comment
        ),
        lambda proposal: gettext("You approved: %(summary)s") % {"summary": proposal.summary},
    ),
    "ask": (
        lambda proposal, by, comment, _seen: actions.ask_back(proposal, by=by, comment=comment),
        lambda proposal: gettext("%(who)s was asked.") % {"who": proposal.proposed_by},
    ),
    "answer": (
        lambda proposal, by, comment, _seen: actions.answer(proposal, by=by, words=comment),
        lambda proposal: gettext("Your answer is sent."),
    ),
    "reject": (
        lambda proposal, by, comment, _seen: actions.reject(proposal, by=by, comment=comment),
        lambda proposal: gettext("You rejected: %(summary)s") % {"summary": proposal.summary},
    ),
    "withdraw": (
        lambda proposal, by, comment, _seen: actions.withdraw(proposal, by=by, reason=comment),
        lambda proposal: gettext("Withdrawn: %(summary)s") % {"summary": proposal.summary},
    ),
}


def _answer(request: HttpRequest, proposal: Proposal, refusal: Refusal | None, status: int) -> HttpResponse:
    """Show again where the decision was taken: the approvals inbox, or the case."""
    refusals = {proposal.pk: refusal} if refusal else {}
    came_from_inbox = request.POST.get("next") == reverse("web:approvals")
    if not came_from_inbox and not _is_in_sight(request, proposal):
        if refusal is not None:
            warn(request, refusal.problem or refusal.conflict)
        return after_change(request, proposal.case)
    if refusal is None and not wants_fragment(request):
        if came_from_inbox:
            return HttpResponseRedirect(reverse("web:approvals"))
        return after_change(request, proposal.case)
    if came_from_inbox:
        response = approvals.show_inbox(request, refusals, status=status)
    elif refusal is None:
        return after_change(request, case_or_404(request, proposal.case.number))
    else:
        response = show_case(
            request, case_or_404(request, proposal.case.number), refusals=refusals, status=status
        )
    if refusal is None:
        changed(response)
    return response


def _is_in_sight(request: HttpRequest, proposal: Proposal) -> bool:
    """Say whether the person still sees the case: a stand-in does while it waits for them."""
    return visible_cases(person_of(request)).filter(pk=proposal.case_id).exists()
