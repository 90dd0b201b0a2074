"""One decision for the cases of an incident: chosen, looked at as a whole, and proposed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from erp_connectors.errors import RightlineError
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.registry import exception_type
from exceptions_app.incidents import decide as deciding
from exceptions_app.incidents.models import Incident
from exceptions_app.people.models import User
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import FieldKind, Problem, UnusableInputs
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.bundle_view import cases_in_words, whole_words
from exceptions_app.web.incident_view import incident_or_404, incident_row
from exceptions_app.web.pages import CONFLICT, UNPROCESSABLE, show, tell
from exceptions_app.web.resolution_view import resolution_label

#: What the form of a decision sends besides the inputs of the resolution.
NOT_INPUTS = ("csrfmiddlewaretoken", "reason", "line")


@permitted(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Choose lines, enter what the resolution asks for, look at the whole, and propose it for all of them."""
    found = incident_or_404(request, number)
    if code not in registry.RESOLUTIONS or code not in exception_type(found.type_code).resolutions:
        raise Http404
    if request.method != "POST":
        return _page(request, found, code, request.GET)
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
        return _page(request, found, code, request.POST, problems=unusable.problems, status=UNPROCESSABLE)
    except RightlineError as refused:
        problems = (Problem("", str(refused)),)
        return _page(request, found, code, request.POST, problems=problems, status=CONFLICT)
    tell(request, gettext("Proposed for %(n)s.") % {"n": cases_in_words(bundle.proposals.count())})
    return HttpResponseRedirect(reverse("web:bundle", args=[bundle.pk]))


def _page(
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
        "row": incident_row(found),
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
