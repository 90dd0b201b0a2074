"""Incidents: what came together, and whether it is one thing."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from erp_connectors.errors import RightlineError
from exceptions_app.audit.models import Event
from exceptions_app.cases.listing import case_list_page
from exceptions_app.cases.models import Case
from exceptions_app.detection.registry import exception_type
from exceptions_app.incidents import actions
from exceptions_app.incidents.models import LIVE, Incident
from exceptions_app.incidents.queries import could_join
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, may_in_company, visible_cases
from exceptions_app.playbook import registry
from exceptions_app.proposals.models import Bundle
from exceptions_app.proposals.together import MOST_CASES
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.addresses import older_url, page_urls, state_tabs, without_empty
from exceptions_app.web.bundle_view import decision_label
from exceptions_app.web.bundles import visible_bundles
from exceptions_app.web.case_rows import rows_html
from exceptions_app.web.event_view import event_view
from exceptions_app.web.incident_view import STATES, incident_or_404, incident_row, visible_incidents
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.pages import UNPROCESSABLE, back, looked_for, now_of, show, tell
from exceptions_app.web.resolution_view import resolution_label
from exceptions_app.web.sent import version_of

MOST_BUNDLES, MOST_CANDIDATES, EVENTS_SHOWN = 20, 20, 100
#: What is decided of an incident as a whole.
DECIDED = ("confirm", "dismiss")


@permitted(Permission.SIGNED_IN)
@require_safe
def incident_list(request: HttpRequest) -> HttpResponse:
    """Show the incidents of the person's companies, newest first; by default those that are live."""
    query, path = without_empty(request.GET), reverse("web:incidents")
    chosen = query.get("state", "")
    found = visible_incidents(request)
    found = found.filter(state=chosen) if chosen in STATES else found.filter(state__in=LIVE)
    page = newest_first(found, {"after": query.get("older", "")})
    context = {
        "now": now_of(request),
        "tabs": state_tabs(path, query, name="state", states=STATES, everything=gettext("Live")),
        "rows": [incident_row(row) for row in page.rows],
        "older_url": older_url(path, query, page),
    }
    return show(request, "incidents/list.html", context, current="incidents", fragment="list")


@permitted(Permission.OWN)
@require_safe
def incident(request: HttpRequest, number: str) -> HttpResponse:
    """Show one incident: what it is, its cases, and the decisions that can be made for all of them."""
    return _page(request, incident_or_404(request, number))


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
        "row": incident_row(found),
        "now": now_of(request),
        "problem": problem,
        "may_manage": may_manage,
        "resolutions": _resolutions(found) if may_manage else [],
        "bundles": [_bundle_row(each) for each in _bundles(found, person)],
        "rows": rows_html(page.rows, now=now_of(request), bulk=may_manage),
        "page": page,
        "looked_for": text,
        "candidates": _candidates(found, person, text) if may_manage else [],
        **_typed(request, found, verb),
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


def _typed(request: HttpRequest, found: Incident, verb: str) -> dict[str, Any]:
    """Return what was typed into the form of `verb`, which was refused, to be shown again there."""
    words = request.POST.get("words", "")
    return {
        "entered": request.POST.get("words", found.cause) if verb in ("", *DECIDED) else found.cause,
        "why_add": words if verb == "add" else "",
        "why_out": words if verb == "take-out" else "",
        "ticked": request.POST.getlist("case"),
    }


def _bundles(found: Incident, person: User) -> QuerySet[Bundle]:
    """Return the decisions on many cases of an incident, the newest first."""
    return visible_bundles(person).filter(incident=found).order_by("-created_at")[:MOST_BUNDLES]


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
    found, words = incident_or_404(request, number), request.POST.get("words", "")
    expected = version_of(request)
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


def _ticked(request: HttpRequest) -> list[Case]:
    """Return the cases that were ticked, of those the person may see. Raises NotAllowed where none is."""
    named = visible_cases(person_of(request)).filter(number__in=request.POST.getlist("case"))
    cases = list(named.select_related("supplier", "company")[:MOST_CASES])
    if not cases:
        raise NotAllowed(gettext("Tick at least one case."))
    return cases


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
