"""Proposing a resolution: what it would do, with what is entered, other values, and once more."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from erp_connectors.errors import RightlineError
from exceptions_app.audit.requests import CHANGES_NOTHING, leaves_no_event
from exceptions_app.cases.actions import StaleVersion
from exceptions_app.cases.models import Case
from exceptions_app.detection.registry import exception_type
from exceptions_app.people.permissions import visible_cases
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import LINES, Problem, UnusableInputs, field_name
from exceptions_app.playbook.load import free_lines, name_of, situation_of
from exceptions_app.proposals import actions
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.proposals.planning import lines_of
from exceptions_app.web.access import Permission, actor_of, case_or_404, permitted, person_of
from exceptions_app.web.case_verbs import after_change
from exceptions_app.web.cases import show_case
from exceptions_app.web.conflict_view import conflict_of
from exceptions_app.web.pages import CONFLICT, UNPROCESSABLE, now_of, show, tell, wants_fragment
from exceptions_app.web.resolution_view import (
    NOT_INPUTS,
    Entered,
    descriptions_of,
    preview_words,
    resolution_card,
)
from exceptions_app.web.sent import version_of


def inputs_of(query: QueryDict) -> dict[str, Any]:
    """Return what was entered for a resolution, without what belongs to the form itself."""
    inputs: dict[str, Any] = {name: value for name, value in query.items() if name not in NOT_INPUTS}
    if LINES in query:
        inputs[LINES] = query.getlist(LINES)
    return inputs


@leaves_no_event(CHANGES_NOTHING)
@permitted(Permission.VISIBLE_CASE)
@require_safe
def preview(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Say what proposing would do: values, amount, who has to agree. Nothing is changed."""
    case = _case_with(request, number, code)
    found = actions.preview(case, resolution=code, inputs=inputs_of(request.GET), person=person_of(request))
    if wants_fragment(request):
        context = {"preview": preview_words(found)}
        return HttpResponse(render_to_string("proposals/preview.html", context, request))
    entered = Entered(code=code, values=_typed(request.GET), problems=found.problems, preview=found)
    return show_case(request, case, entered=entered)


@permitted(Permission.VISIBLE_CASE)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Propose the resolution; what cannot be used is said beside what was typed."""
    case = _case_with(request, number, code)
    if request.method != "POST":
        return HttpResponseRedirect(f"{reverse('web:case', args=[number])}#resolve-{code}")
    typed = _typed(request.POST)
    try:
        proposal = actions.propose(
            case,
            resolution=code,
            inputs=inputs_of(request.POST),
            reason=request.POST.get("reason", "").strip(),
            by=actor_of(request),
            expected_version=version_of(request),
        )
    except UnusableInputs as unusable:
        entered = Entered(code=code, values=typed, problems=unusable.problems)
        return show_case(request, case, entered=entered, status=UNPROCESSABLE)
    except StaleVersion as stale:
        entered = Entered(code=code, values=typed)
        return show_case(request, stale.case, entered=entered, conflict=conflict_of(stale), status=CONFLICT)
    except RightlineError as refused:
        entered = Entered(code=code, values=typed)
        return show_case(request, case, entered=entered, problems=[str(refused)], status=CONFLICT)
    tell(request, _proposed(proposal))
    return after_change(request, case_or_404(request, number))


def _case_with(request: HttpRequest, number: str, code: str) -> Case:
    case = case_or_404(request, number)
    if code not in registry.RESOLUTIONS or code not in exception_type(case.type_code).resolutions:
        raise Http404
    return case


def _typed(query: QueryDict) -> dict[str, Any]:
    typed: dict[str, Any] = query.dict()
    if LINES in query:
        typed[LINES] = query.getlist(LINES)
    return typed


def _proposed(proposal: Proposal) -> str:
    if proposal.state == ProposalState.PENDING:
        names = ", ".join(need.team.name for need in proposal.needs.select_related("team"))
        return gettext("Proposed. It waits for approval by %(teams)s.") % {"teams": names}
    return gettext("Decided within your limit: %(summary)s") % {"summary": proposal.summary}


@permitted(Permission.VISIBLE_CASE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Enter other values for a proposal that waits; what cannot be used is said beside what was typed."""
    visible = visible_cases(person_of(request))
    proposal = get_object_or_404(
        Proposal.objects.select_related("case__company", "case__team", "case__order", "proposed_by"),
        pk=proposal_id,
        case__in=visible.values("pk"),
    )
    if request.method != "POST":
        return _edit_page(request, proposal, Entered(code=proposal.resolution, values=_as_entered(proposal)))
    entered = Entered(code=proposal.resolution, values=_typed(request.POST))
    reason = request.POST.get("reason", "").strip()
    try:
        actions.edit(proposal, inputs=inputs_of(request.POST), by=actor_of(request), reason=reason)
    except UnusableInputs as unusable:
        return _edit_page(
            request, proposal, replace(entered, problems=unusable.problems), status=UNPROCESSABLE
        )
    except RightlineError as refused:
        return _edit_page(
            request, proposal, replace(entered, problems=[Problem("", str(refused))]), status=CONFLICT
        )
    tell(request, gettext("Changed. Whoever has to agree is asked again."))
    return HttpResponseRedirect(reverse("web:case", args=[proposal.case.number]))


@permitted(Permission.VISIBLE_CASE)
@require_safe
def again(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Show the case with the form as it was sent, for a decision that the ERP refused or did otherwise."""
    visible = visible_cases(person_of(request))
    proposal = get_object_or_404(Proposal, pk=proposal_id, case__in=visible.values("pk"))
    case = _case_with(request, proposal.case.number, proposal.resolution)
    inputs, person = proposal.inputs, person_of(request)
    entered = Entered(
        code=proposal.resolution,
        values=_as_entered(proposal),
        preview=actions.preview(case, resolution=proposal.resolution, inputs=inputs, person=person),
        came_to=proposal.end_reason,
    )
    return show_case(request, case, entered=entered)


def _as_entered(proposal: Proposal) -> dict[str, Any]:
    """Return the inputs of a proposal as its form holds them: line by line, also what holds for all."""
    values: dict[str, Any] = {"reason": proposal.reason}
    numbers = [name_of(line) for line in lines_of(proposal)]
    for name, value in proposal.inputs.items():
        if name == LINES:
            values[LINES] = value.split(",")
        elif ":" in name:
            values[name] = value
        else:
            values = {field_name(name, number): value for number in numbers} | values
    return values


def _edit_page(
    request: HttpRequest, proposal: Proposal, entered: Entered, *, status: int = 200
) -> HttpResponse:
    case, lines = proposal.case, lines_of(proposal) + free_lines(proposal.case)
    person = person_of(request)
    facts = situation_of(case, as_of=now_of(request), person=str(person), lines=lines).lines
    card = resolution_card(proposal.resolution, facts, descriptions_of(lines), entered)
    context = {"case": case, "resolution": card}
    return show(request, "proposals/edit.html", context, current="cases", status=status)
