"""A case: its page, its panel beside a list, and who else looks at it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from exceptions_app.cases.change import changes_since
from exceptions_app.cases.models import Case
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web import formats
from exceptions_app.web.access import Permission, case_or_404, permitted, person_of
from exceptions_app.web.case_view import case_context
from exceptions_app.web.event_view import event_view
from exceptions_app.web.pages import as_answer, now_of, show, wants_fragment
from exceptions_app.web.presence import look
from exceptions_app.web.sent import number_in


@permitted(Permission.VISIBLE_CASE)
@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case; beside a list, htmx gets it without the frame."""
    return show_case(request, case_or_404(request, number))


def show_case(
    request: HttpRequest,
    found: Case,
    *,
    status: int = 200,
    **refused: Any,
) -> HttpResponse:
    """Return the case as a page or as a fragment; `refused` is what could not be done (`case_context`)."""
    context = case_context(request, found, **refused)
    if wants_fragment(request):
        content = render_to_string("cases/detail.html#case", context, request)
        content += render_to_string("toasts_beside.html", {}, request)
        return as_answer(HttpResponse(content, status=status))
    return show(request, "cases/page.html", context, current="case", team=found.team, status=status)


def panel(request: HttpRequest, number: str) -> SafeString | None:
    """Return the case the address opens beside a list, if the person may see it."""
    found = visible_cases(person_of(request)).filter(number=number).first() if number else None
    if found is None:
        return None
    return mark_safe(render_to_string("cases/detail.html#case", case_context(request, found), request))


@permitted(Permission.VISIBLE_CASE)
@require_safe
def pulse(request: HttpRequest, number: str) -> HttpResponse:
    """Say who else looks at the case, and what has changed since `version` was shown."""
    found, person, now = case_or_404(request, number), person_of(request), now_of(request)
    seen = number_in(request.GET.get("version", ""))
    others = look(found, person, now=now)
    news = changes_since(found, seen) if seen is not None and seen < found.version else []
    context = {
        "case": found,
        "seen": found.version if seen is None else seen,
        "others": others,
        "others_text": formats.listed(others),
        "news": [event_view(event) for event in news],
    }
    return HttpResponse(render_to_string("cases/pulse.html", context, request))
