"""Asking a supplier from a case: the form, a look at the mail, sending it, and sending it again."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from erp_connectors.errors import RightlineError
from exceptions_app.asking.ask import ask_about, compose
from exceptions_app.asking.ask import send_again as send_message_again
from exceptions_app.audit.requests import CHANGES_NOTHING, leaves_no_event
from exceptions_app.cases import actions
from exceptions_app.cases.actions import StaleVersion
from exceptions_app.cases.models import Case
from exceptions_app.web.access import Permission, actor_of, case_or_404, permitted, person_of
from exceptions_app.web.ask_view import AskForm, Typed, ask_form
from exceptions_app.web.case_verbs import after_change
from exceptions_app.web.cases import show_case
from exceptions_app.web.conflict_view import conflict_of
from exceptions_app.web.message_view import MailPreview, preview_of
from exceptions_app.web.pages import CONFLICT, UNPROCESSABLE, as_answer, now_of, tell, wants_fragment
from exceptions_app.web.sent import version_of
from exceptions_app.web.unsent_view import OpenForm
from suppliers.messaging.addresses import UnusableMessage
from suppliers.messaging.outbox import messages_about


@permitted(Permission.VISIBLE_CASE)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Show the form of a message about the case, or send what was written in it."""
    case = case_or_404(request, number)
    if "ask" not in {each.code for each in actions.allowed(case, person_of(request))}:
        problem = gettext("This is not possible: the state of the case or your role does not allow it.")
        typed = OpenForm(code="ask", entered=request.POST.dict(), form=None)
        return show_case(request, case, problems=[problem], form=typed, status=CONFLICT)
    if request.method != "POST":
        return _show_form(request, case, _form(request, case))
    version = version_of(request)
    try:
        message = ask_about(
            [case],
            by=actor_of(request),
            versions={} if version is None else {case.number: version},
            **written_in(request),
        )
    except UnusableMessage as unusable:
        form = _form(request, case, {unusable.field: str(unusable)})
        return show_case(request, case, asking=form, status=UNPROCESSABLE)
    except StaleVersion as stale:
        form = _form(request, stale.case)
        return show_case(request, stale.case, asking=form, conflict=conflict_of(stale), status=CONFLICT)
    except RightlineError as refused:
        form = _form(request, case)
        return show_case(request, case, asking=form, problems=[str(refused)], status=CONFLICT)
    said = gettext("%(supplier)s is asked; %(case)s waits for the answer.")
    tell(request, said % {"supplier": message.supplier.name, "case": case.number})
    return after_change(request, case_or_404(request, number))


@leaves_no_event(CHANGES_NOTHING)
@permitted(Permission.VISIBLE_CASE)
@require_POST
def preview(request: HttpRequest, number: str) -> HttpResponse:
    """Show the mail as it would be sent; nothing is sent or kept."""
    case = case_or_404(request, number)
    shown: MailPreview | None = None
    problems: dict[str, str] = {}
    try:
        person, now = person_of(request), now_of(request)
        shown = preview_of(compose([case], person=person, at=now, **written_in(request)))
    except UnusableMessage as unusable:
        problems = {unusable.field: str(unusable)}
    except RightlineError as refused:
        problems = {"": str(refused)}
    if wants_fragment(request):
        context = {"preview": shown, "problems": problems}
        return as_answer(HttpResponse(render_to_string("cases/mail.html", context, request)))
    return show_case(request, case, asking=_form(request, case, problems, shown))


@permitted(Permission.VISIBLE_CASE)
@require_POST
def send_again(request: HttpRequest, number: str, message_id: UUID) -> HttpResponse:
    """Send a message that failed once more."""
    case = case_or_404(request, number)
    message = get_object_or_404(messages_about(case.number), pk=message_id)
    try:
        send_message_again(case, message, by=actor_of(request))
    except RightlineError as refused:
        return show_case(request, case, problems=[str(refused)], status=CONFLICT)
    tell(request, gettext("It is sent once more: %(subject)s") % {"subject": message.subject})
    return after_change(request, case_or_404(request, number))


# --- what was written ---------------------------------------------------------------------------------------


def written_in(request: HttpRequest, suffix: str = "") -> dict[str, Any]:
    """Return what a form says of a message; `suffix` tells its fields from those of other messages."""
    sent = request.POST
    own = person_of(request).email
    return {
        "inquiry": sent.get(f"inquiry{suffix}", ""),
        "language": sent.get(f"language{suffix}", ""),
        "recipients": sent.getlist(f"recipients{suffix}"),
        "cc": [own] if own and sent.get(f"copy{suffix}") else [],
        "subject": sent.get(f"subject{suffix}", ""),
        "body": sent.get(f"body{suffix}", ""),
    }


def typed_in(request: HttpRequest, problems: dict[str, str] | None = None, suffix: str = "") -> Typed:
    """Return what was typed into a form, to be shown again."""
    sent = request.POST
    return Typed(
        recipients=sent.getlist(f"recipients{suffix}"),
        subject=sent.get(f"subject{suffix}", ""),
        body=sent.get(f"body{suffix}", ""),
        copies_to_self=bool(sent.get(f"copy{suffix}")),
        problems=problems or {},
    )


def _form(
    request: HttpRequest,
    case: Case,
    problems: dict[str, str] | None = None,
    shown: MailPreview | None = None,
) -> AskForm:
    """Return the form, as its template has it, or with what was typed if it was sent."""
    sent = request.POST if request.method == "POST" else request.GET
    return ask_form(
        case,
        person_of(request),
        now=now_of(request),
        inquiry=sent.get("inquiry", ""),
        language=sent.get("language", ""),
        typed=typed_in(request, problems) if request.method == "POST" else None,
        preview=shown,
    )


def _show_form(request: HttpRequest, case: Case, form: AskForm) -> HttpResponse:
    if not wants_fragment(request):
        return show_case(request, case, asking=form)
    context = {"case": case, "asking": form}
    return as_answer(HttpResponse(render_to_string("cases/ask.html", context, request)))
