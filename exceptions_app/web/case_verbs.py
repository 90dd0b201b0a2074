"""The verbs that people use on a case, and what they are told when one is done or cannot be."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from erp_connectors.errors import PermanentError
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions
from exceptions_app.cases.actions import StaleVersion
from exceptions_app.cases.change import changes_since, passed_on_since
from exceptions_app.cases.models import Case, Task
from exceptions_app.people.models import User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web.access import Permission, actor_of, case_or_404, permitted, person_of
from exceptions_app.web.cases import show_case
from exceptions_app.web.conflict_view import conflict_of
from exceptions_app.web.forms import VerbForm
from exceptions_app.web.pages import (
    CONFLICT,
    UNPROCESSABLE,
    as_answer,
    back,
    changed,
    show,
    tell,
    wants_fragment,
    warn,
)
from exceptions_app.web.sent import version_of
from exceptions_app.web.unsent_view import OpenForm, typed_words

#: What the person is told when a verb has done its work.
DONE: dict[str, Callable[[Case], str]] = {
    "take": lambda case: gettext("%(case)s is yours now.") % {"case": case.number},
    "assign": lambda case: (
        gettext("%(case)s is with %(who)s now.") % {"case": case.number, "who": case.owner}
    ),
    "start": lambda case: gettext("You work on %(case)s.") % {"case": case.number},
    "wait_for_supplier": lambda case: (
        gettext("%(case)s waits for the supplier; the clocks stand still.") % {"case": case.number}
    ),
    "note_answer": lambda case: (
        gettext("Noted what the supplier answered; %(case)s goes on.") % {"case": case.number}
    ),
    "resume": lambda case: gettext("%(case)s goes on; the clocks run again.") % {"case": case.number},
    "comment": lambda case: gettext("Comment added to %(case)s.") % {"case": case.number},
    "escalate": lambda case: (
        gettext("%(case)s was escalated to level %(level)s.")
        % {"case": case.number, "level": case.escalation_level}
    ),
    "override_severity": lambda case: (
        gettext("The severity of %(case)s was changed.") % {"case": case.number}
    ),
    "override_state": lambda case: gettext("The status of %(case)s was set by hand.") % {"case": case.number},
    "override_owner": lambda case: (
        gettext("%(case)s is with %(who)s now.") % {"case": case.number, "who": case.owner}
    ),
    "override_clock": lambda case: gettext("The clock of %(case)s was set by hand.") % {"case": case.number},
    "override_position": lambda case: (
        gettext("Noted what is true of the line; %(case)s is looked at again.") % {"case": case.number}
    ),
    "settle_command": lambda case: (
        gettext("Noted what became of it in the ERP; its next word on %(case)s confirms it or not.")
        % {"case": case.number}
    ),
    "end_override": lambda case: (
        gettext("What was set by hand on %(case)s was taken back.") % {"case": case.number}
    ),
    "hand_over": lambda case: (
        gettext("%(case)s was handed over to %(team)s.") % {"case": case.number, "team": case.team.name}
    ),
    "dismiss": lambda case: gettext("%(case)s was dismissed.") % {"case": case.number},
    "reopen": lambda case: gettext("%(case)s is open again.") % {"case": case.number},
}


@permitted(Permission.VISIBLE_CASE)
@require_POST
def verb(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Use one verb on the case; what cannot be done is said beside what was typed."""
    if code not in DONE:
        raise Http404
    seen = version_of(request)
    passed_on = passed_on_since(person_of(request), number, seen)
    if passed_on is not None:
        return _out_of_sight(request, passed_on)
    found = case_or_404(request, number)
    usable = (each for each in actions.allowed(found, person_of(request)) if each.code in DONE)
    wanted = next((each for each in usable if each.code == code), None)
    if wanted is None:
        return _too_late(request, found, code)
    form = VerbForm(request.POST, case=found, needs=wanted.needs, takes=wanted.takes, auto_id=f"{code}-%s")
    sent = OpenForm(code=code, entered=request.POST.dict(), form=form)
    if not form.is_valid():
        # What could be chosen then may be no choice now: that it has changed comes first.
        if seen is not None and seen < found.version:
            return _changed_meanwhile(request, found, seen, sent)
        return show_case(request, found, form=sent, status=UNPROCESSABLE)
    try:
        after = getattr(actions, code)(
            found,
            by=actor_of(request),
            expected_version=seen,
            **{name: value for name, value in form.cleaned_data.items() if value not in ("", None)},
        )
    except StaleVersion as stale:
        passed_on = passed_on_since(person_of(request), number, seen)
        if passed_on is not None:
            return _out_of_sight(request, passed_on)
        return show_case(request, stale.case, form=sent, conflict=conflict_of(stale), status=CONFLICT)
    except PermanentError as refused:
        return _refused(request, found, str(refused), form=sent, status=UNPROCESSABLE)
    tell(request, DONE[code](after))
    return after_change(request, after)


def _too_late(request: HttpRequest, found: Case, code: str) -> HttpResponse:
    """Say why a verb cannot be used any more: who was faster, what changed, and what was typed."""
    seen = version_of(request)
    typed = OpenForm(code=code, entered=request.POST.dict(), form=None)
    if seen is not None and seen < found.version and request.POST.get("answer") != "message":
        return _changed_meanwhile(request, found, seen, typed)
    why = _why_not(found, code, person_of(request))
    return _refused(request, found, why, status=CONFLICT, form=typed)


def _changed_meanwhile(request: HttpRequest, found: Case, seen: int, typed: OpenForm) -> HttpResponse:
    """Show both versions of a case that is newer than the one `seen`, and what was typed."""
    stale = StaleVersion(found, changes_since(found, seen))
    return show_case(request, found, form=typed, conflict=conflict_of(stale), status=CONFLICT)


def _out_of_sight(request: HttpRequest, event: Event) -> HttpResponse:
    """Say who passed a case on to another team while somebody typed, and give back what was typed."""
    context = {"event": event, "unsent": typed_words(request.POST.dict()), "number": event.subject_id}
    if wants_fragment(request):
        content = render_to_string("cases/passed_on.html#passed_on", context, request)
        return as_answer(HttpResponse(content, status=CONFLICT))
    return show(request, "cases/passed_on.html", context, current="case", status=CONFLICT)


def _why_not(found: Case, code: str, person: User) -> str:
    if code == "take" and found.owner_id == person.pk:
        return gettext("%(case)s is yours already.") % {"case": found.number}
    return gettext("This is not possible: the state of the case or your role does not allow it.")


def _refused(request: HttpRequest, found: Case, problem: str, *, status: int, **more: Any) -> HttpResponse:
    """Say beside the case what cannot be done; to a key pressed in a list, as a message."""
    if request.POST.get("answer") != "message":
        return show_case(request, found, problems=[problem], status=status, **more)
    warn(request, problem)
    return HttpResponse(render_to_string("toasts_beside.html", {}, request), status=status)


def after_change(request: HttpRequest, found: Case) -> HttpResponse:
    """Show the case as it is now, and let the lists on the page read themselves again."""
    if not visible_cases(person_of(request)).filter(pk=found.pk).exists():
        # A case handed over may be out of sight for whoever handed it over.
        response = (
            HttpResponse(status=204) if wants_fragment(request) else HttpResponseRedirect(reverse("web:home"))
        )
        if wants_fragment(request):
            response["HX-Redirect"] = reverse("web:home")
        return response
    if not wants_fragment(request):
        return HttpResponseRedirect(reverse("web:case", args=[found.number]))
    response = show_case(request, found)
    changed(response)
    return response


@permitted(Permission.VISIBLE_CASE)
@require_POST
def complete_task(request: HttpRequest, task_id: int) -> HttpResponse:
    """Note that a task of the person's team is done."""
    task = get_object_or_404(Task.objects.select_related("case", "team"), pk=task_id)
    found = case_or_404(request, task.case.number)
    try:
        actions.complete_task(task, by=actor_of(request), outcome=request.POST.get("outcome", ""))
    except PermanentError as refused:
        typed = OpenForm(code="complete_task", entered=request.POST.dict(), form=None)
        return show_case(request, found, problems=[str(refused)], form=typed, status=CONFLICT)
    tell(request, gettext("Task done: %(title)s") % {"title": task.title})
    if request.POST.get("next"):
        return back(request, reverse("web:case", args=[found.number]))
    return after_change(request, found)
