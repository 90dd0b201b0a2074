"""Incidents: what came together, whether it is one thing, and one decision for all of it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_connectors.errors import RightlineError
from exceptions_app.audit.models import Event
from exceptions_app.cases.listing import case_list_page
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.registry import exception_type
from exceptions_app.incidents import actions
from exceptions_app.incidents import decide as deciding
from exceptions_app.incidents.models import LIVE, Incident, IncidentState
from exceptions_app.incidents.queries import could_join, with_figures
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, may_in_company, visible_cases
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import FieldKind, Problem, UnusableInputs
from exceptions_app.proposals.models import Bundle
from exceptions_app.proposals.together import MOST_CASES
from exceptions_app.web import formats
from exceptions_app.web.access import Permission, actor_of, permitted, person_of, teams_of
from exceptions_app.web.addresses import address, page_urls, without_empty
from exceptions_app.web.bundle_view import cases_in_words, decision_label, whole_words
from exceptions_app.web.bundles import visible_bundles
from exceptions_app.web.case_rows import rows_html
from exceptions_app.web.event_view import event_view
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.labels import Chip
from exceptions_app.web.pages import back, looked_for, now_of, show, tell
from exceptions_app.web.resolution_view import resolution_label
from exceptions_app.web.types import type_label

MOST_CANDIDATES, EVENTS_SHOWN = 20, 100
#: What is decided of an incident as a whole.
DECIDED = ("confirm", "dismiss")
UNPROCESSABLE, CONFLICT = 422, 409
STATES: dict[str, Chip] = {
    IncidentState.SUGGESTED: Chip(_("Suggested"), "info"),
    IncidentState.CONFIRMED: Chip(_("Confirmed"), "warn"),
    IncidentState.DISMISSED: Chip(_("Not one incident")),
    IncidentState.ENDED: Chip(_("Ended"), "good"),
}
#: What the form of a decision sends besides the inputs of the resolution.
NOT_INPUTS = ("csrfmiddlewaretoken", "reason", "line")


# --- looking ------------------------------------------------------------------------------------------------


@permitted(Permission.SIGNED_IN)
@require_safe
def incident_list(request: HttpRequest) -> HttpResponse:
    """Show the incidents of the person's companies, newest first; by default those that are live."""
    query, path = without_empty(request.GET), reverse("web:incidents")
    chosen = query.get("state", "")
    found = _visible(request)
    found = found.filter(state=chosen) if chosen in STATES else found.filter(state__in=LIVE)
    page = newest_first(found, {"after": query.get("older", "")})
    context = {
        "now": now_of(request),
        "tabs": [
            {"label": gettext("Live"), "url": path, "is_current": chosen not in STATES},
            *(
                {
                    "label": chip.label,
                    "url": address(path, query, drop=("older",), state=state),
                    "is_current": state == chosen,
                }
                for state, chip in STATES.items()
            ),
        ],
        "rows": [_row(row) for row in page.rows],
        "older_url": address(path, query, drop=("older",), older=page.after) if page.after else "",
    }
    return show(request, "incidents/list.html", context, current="incidents", fragment="list")


@permitted(Permission.OWN)
@require_safe
def incident(request: HttpRequest, number: str) -> HttpResponse:
    """Show one incident: what it is, its cases, and the decisions that can be made for all of them."""
    return _page(request, _incident_or_404(request, number))


def _page(
    request: HttpRequest, found: Incident, *, problem: str = "", verb: str = "", status: int = 200
) -> HttpResponse:
    person, query = person_of(request), without_empty(request.GET)
    path = reverse("web:incident", args=[found.number])
    page = case_list_page(
        visible_cases(person).filter(incident=found),
        now=now_of(request),
        after=query.get("after", ""),
        before=query.get("before", ""),
    )
    may_manage = may_in_company(person, "manage_incidents", found.company) and found.is_live
    text = looked_for(request, "find")
    context = {
        "incident": found,
        "row": _row(found),
        "now": now_of(request),
        "problem": problem,
        "may_manage": may_manage,
        "entered": request.POST.get("words", found.cause) if verb in ("", *DECIDED) else found.cause,
        "resolutions": _resolutions(found) if may_manage else [],
        "bundles": [
            _bundle_row(each)
            for each in visible_bundles(person).filter(incident=found).order_by("-created_at")[:20]
        ],
        "rows": rows_html(page.rows, now=now_of(request), bulk=may_manage),
        "page": page,
        "looked_for": text,
        "candidates": _candidates(found, person, text) if may_manage else [],
        "why_add": request.POST.get("words", "") if verb == "add" else "",
        "why_out": request.POST.get("words", "") if verb == "take-out" else "",
        "ticked": request.POST.getlist("case"),
        "events": [event_view(event) for event in _history(found)],
        **page_urls(path, query, page),
    }
    return show(
        request,
        "incidents/page.html",
        context,
        current="incidents",
        fragment="candidates" if "find" in request.GET else "",
        status=status,
    )


def _candidates(found: Incident, person: User, text: str) -> list[dict[str, Any]]:
    """Return cases that could be added, the newest first; those with the text in their number or order."""
    alike = could_join(found, visible_cases(person))
    if text:
        alike = alike.filter(Q(number__icontains=text) | Q(order__number__icontains=text))
    return [
        {
            "number": case.number,
            "url": reverse("web:case", args=[case.number]),
            "headline": case.headline,
            "order": case.order.number if case.order else "",
            "opened_at": case.opened_at,
        }
        for case in alike.select_related("order")[:MOST_CANDIDATES]
    ]


def _history(found: Incident) -> QuerySet[Event]:
    """Return what happened to an incident, the newest first."""
    of_incident = Event.objects.filter(subject_kind="incident", subject_id=found.number)
    return of_incident.order_by("-at", "-id")[:EVENTS_SHOWN]


@permitted(Permission.OWN)
@require_POST
def change(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Confirm an incident with its cause, dismiss it, add cases to it or take some out, with a reason."""
    found, words = _incident_or_404(request, number), request.POST.get("words", "")
    version = request.POST.get("version", "")
    expected = int(version) if version.isdigit() else None
    here = reverse("web:incident", args=[number])
    try:
        if verb == "confirm":
            actions.confirm(found, cause=words, by=actor_of(request), expected_version=expected)
            tell(request, gettext("Confirmed: %(cause)s") % {"cause": words})
        elif verb == "dismiss":
            actions.dismiss(found, reason=words, by=actor_of(request), expected_version=expected)
            tell(request, gettext("Dismissed. The cases stay as they are."))
        elif verb == "add":
            count = actions.add(found, _ticked(request), reason=words, by=actor_of(request))
            tell(request, ngettext("%(n)s case added.", "%(n)s cases added.", count) % {"n": count})
        elif verb == "take-out":
            count = actions.take_out(found, _ticked(request), reason=words, by=actor_of(request))
            tell(request, ngettext("%(n)s case taken out.", "%(n)s cases taken out.", count) % {"n": count})
        else:
            raise Http404
    except RightlineError as refused:
        return _page(request, found, problem=str(refused), verb=verb, status=UNPROCESSABLE)
    return back(request, here)


def _visible(request: HttpRequest) -> QuerySet[Incident]:
    """Return the incidents of the companies the person works in, with the figures of their cases."""
    companies = {team.company_id for team in teams_of(request)}
    found = Incident.objects.filter(company__in=companies)
    return with_figures(found.select_related("company", "supplier", "decided_by"))


def _incident_or_404(request: HttpRequest, number: str) -> Incident:
    return get_object_or_404(_visible(request), number=number)


def _ticked(request: HttpRequest) -> list[Case]:
    """Return the cases that were ticked, of those the person may see. Raises NotAllowed where none is."""
    named = visible_cases(person_of(request)).filter(number__in=request.POST.getlist("case"))
    cases = list(named.select_related("supplier", "company")[:MOST_CASES])
    if not cases:
        raise NotAllowed(gettext("Tick at least one case."))
    return cases


def _row(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "url": reverse("web:incident", args=[row.number]),
        "title": f"{type_label(row.type_code)}, {row.supplier.name}",
        "chip": STATES[row.state],
        "cause": row.cause,
        "cases": ngettext("%(n)s of %(all)s case open", "%(n)s of %(all)s cases open", row.case_count)
        % {"n": row.open_count, "all": row.case_count},
        "orders": formats.number(row.order_count),
        "value": formats.money(row.value, row.company.currency),
        "expected_loss": formats.money(row.expected_loss, row.company.currency),
        "company": row.company.name,
        "suggested_at": row.suggested_at,
    }


def _resolutions(found: Incident) -> list[dict[str, str]]:
    return [
        {
            "url": reverse("web:incident_decide", args=[found.number, code]),
            "label": resolution_label(code),
            "description": gettext(registry.get(code).description),
            "icon": registry.get(code).icon,
        }
        for code in exception_type(found.type_code).resolutions
        if code in registry.RESOLUTIONS
    ]


def _bundle_row(row: Bundle) -> dict[str, Any]:
    return {
        "url": reverse("web:bundle", args=[row.pk]),
        "label": decision_label(row.resolution),
        "by": str(row.proposed_by),
        "at": row.created_at,
    }


# --- deciding for all ---------------------------------------------------------------------------------------


@permitted(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Choose lines, enter what the resolution asks for, look at the whole, and propose it for all of them."""
    found = _incident_or_404(request, number)
    if code not in registry.RESOLUTIONS or code not in exception_type(found.type_code).resolutions:
        raise Http404
    if request.method != "POST":
        return _decision_page(request, found, code, request.GET)
    try:
        bundle = deciding.propose(
            found,
            resolution=code,
            inputs=_inputs(request.POST),
            chosen=_chosen(request.POST),
            reason=request.POST.get("reason", "").strip(),
            by=actor_of(request),
        )
    except UnusableInputs as unusable:
        return _decision_page(
            request, found, code, request.POST, problems=unusable.problems, status=UNPROCESSABLE
        )
    except RightlineError as refused:
        problems = (Problem("", str(refused)),)
        return _decision_page(request, found, code, request.POST, problems=problems, status=CONFLICT)
    tell(
        request,
        gettext("Proposed for %(n)s.") % {"n": cases_in_words(bundle.proposals.count())},
    )
    return HttpResponseRedirect(reverse("web:bundle", args=[bundle.pk]))


def _decision_page(
    request: HttpRequest,
    found: Incident,
    code: str,
    entered: QueryDict,
    *,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> HttpResponse:
    person, resolution = person_of(request), registry.get(code)
    cases = deciding.decidable(found, person)
    is_first_look = not entered
    chosen = {case.number: [line.line_number for line in lines] for case, lines in cases}
    if not is_first_look:
        chosen = _chosen(entered)
    fields = _fields(code, cases, entered, person)
    whole = None
    if not problems and (not is_first_look or not fields):
        whole = deciding.preview(
            found, resolution=code, inputs=_inputs(entered), chosen=chosen, person=person
        )
    context = {
        "incident": found,
        "row": _row(found),
        "code": code,
        "label": resolution_label(code),
        "description": gettext(resolution.description),
        "fields": fields,
        "reason": entered.get("reason", ""),
        "cases": [_case_choice(case, lines, chosen.get(case.number, ())) for case, lines in cases],
        "problems": [problem.message for problem in problems],
        "whole": whole_words(whole) if whole else None,
    }
    return show(request, "incidents/decide.html", context, current="incidents", status=status)


def _inputs(entered: QueryDict) -> dict[str, object]:
    return {name: value for name, value in entered.items() if name not in NOT_INPUTS}


def _chosen(entered: QueryDict) -> dict[str, list[str]]:
    """Return the line numbers ticked of each case: a box sends `EX-17:10`."""
    chosen: dict[str, list[str]] = {}
    for word in entered.getlist("line"):
        number, _, line = word.partition(":")
        chosen.setdefault(number, []).append(line)
    return chosen


def _fields(
    code: str, cases: list[tuple[Case, list[CaseLine]]], entered: QueryDict, person: User
) -> list[dict[str, str]]:
    """Return what is entered once for all lines, as the resolution asks it of the first."""
    if not cases:
        return []
    case, lines = cases[0]
    forms = registry.common_fields(code, case, lines, person)
    return [
        {
            "name": field.name,
            "label": gettext(field.label),
            "type": "date" if field.kind is FieldKind.DAY else "text",
            "value": entered.get(field.name, ""),
        }
        for field in forms
    ]


def _case_choice(case: Case, lines: list[CaseLine], chosen: Any) -> dict[str, Any]:
    return {
        "number": case.number,
        "url": reverse("web:case", args=[case.number]),
        "headline": case.headline,
        "order": case.order.number if case.order else "",
        "lines": [
            {
                "number": line.line_number,
                "description": line.order_line.description if line.order_line else "",
                "is_chosen": line.line_number in chosen,
            }
            for line in lines
        ],
    }
