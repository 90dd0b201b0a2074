"""One draft of the rules: its page, and what people do with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from erp_connectors.errors import RightlineError
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.changes import tables
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.web import backtests, draft_shadows, policy_view
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.pages import CONFLICT, now_of, show, tell
from exceptions_app.web.sent import number_in, version_of

#: Which draft the administration writes into for this person, kept in their session.
CHOSEN = "policy_draft"
#: Verbs that make a draft hold, now or at a time.
PUBLISHING = ("publish", "schedule")


@permitted(Permission.POLICIES)
@require_safe
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show a draft: what it changes in sentences, who wrote what, and what may be done with it."""
    return _page(request, draft_or_404(request, draft_id))


@permitted(Permission.POLICIES)
@require_POST
def change(request: HttpRequest, draft_id: int, verb: str) -> HttpResponse:
    """Do one thing with a draft as it was seen; what is refused is said on its page."""
    found = draft_or_404(request, draft_id)
    if verb not in VERBS:
        raise Http404
    here = reverse("web:policy_draft", args=[found.pk])
    try:
        if not policy_view.allowed(found, person_of(request))[verb]:
            raise NotAllowed(_why_not(request, found, verb))
        VERBS[verb](request, found)
    except RightlineError as refused:
        return _page(request, draft_or_404(request, draft_id), problem=str(refused), status=CONFLICT)
    tell(request, str(DONE[verb]))
    return HttpResponseRedirect(here)


@permitted(Permission.POLICIES)
@require_safe
def write(request: HttpRequest, draft_id: int, table: str) -> HttpResponse:
    """Lead to the rules of a table in the administration, which writes into this draft from now on."""
    found = draft_or_404(request, draft_id)
    if not policy_view.allowed(found, person_of(request))["name"]:
        raise PermissionDenied(gettext("You may not do this with the draft as it is."))
    if table not in tables():
        raise Http404
    request.session[CHOSEN] = found.pk
    place = f"admin:exceptions_app_{table}"
    row, change_id = (number_in(request.GET.get(name, "")) for name in ("row", "change"))
    if row is not None:
        return HttpResponseRedirect(reverse(f"{place}_change", args=[row]))
    if change_id is not None:
        return HttpResponseRedirect(f"{reverse(f'{place}_add')}?change={change_id}")
    return HttpResponseRedirect(reverse(f"{place}_changelist"))


def draft_or_404(request: HttpRequest, draft_id: int) -> PolicyDraft:
    """Return a draft the person sees. Raises Http404 otherwise."""
    related = ("created_by", "submitted_by", "approved_by", "publish_by", "release", "takes_back")
    return get_object_or_404(drafts.visible_to(person_of(request)).select_related(*related), pk=draft_id)


def _page(request: HttpRequest, found: PolicyDraft, *, problem: str = "", status: int = 200) -> HttpResponse:
    person = person_of(request)
    allowed = policy_view.allowed(found, person)
    changes = policy_view.changes_of(found, person, editable=allowed["name"])
    context = {
        "now": now_of(request),
        "draft": found,
        "chip": policy_view.chip_of(found),
        "problem": problem,
        "entered": request.POST,
        "changes": changes,
        "conflicts": [each for each in changes if each.conflict],
        "clashes": [each for each in changes if each.clash],
        "authors": policy_view.names(found.authors.all()),
        "may": {verb.replace("-", "_"): is_allowed for verb, is_allowed in allowed.items()},
        "is_author": drafts.is_author(person, found),
        "kept_apart": policy_view.kept_from_publishing(found, person),
        "is_open": found.state in drafts.OPEN,
        "tables": policy_view.tables_to_edit(found, person) if allowed["name"] else [],
        "events": policy_view.history_of_draft(found),
        **backtests.of_draft(request, found),
        **draft_shadows.of_draft(request, found),
    }
    return show(request, "policies/draft.html", context, current="policies", status=status)


def _why_not(request: HttpRequest, found: PolicyDraft, verb: str) -> str:
    if verb == "approve" and drafts.is_author(person_of(request), found):
        return gettext("You wrote in this draft: somebody else has to approve it.")
    kept = policy_view.kept_from_publishing(found, person_of(request)) if verb in PUBLISHING else ""
    if kept:
        return kept
    return gettext("You may not do this with the draft as it is.")


def _common(request: HttpRequest) -> dict[str, Any]:
    return {"by": actor_of(request), "at": now_of(request), "version": version_of(request)}


def _words(request: HttpRequest) -> str:
    return request.POST.get("words", "").strip()


def _name(request: HttpRequest, found: PolicyDraft) -> None:
    title, reason = request.POST.get("title", ""), request.POST.get("reason", "")
    drafts.name(found.pk, title, reason, **_common(request))


def _take_out(request: HttpRequest, found: PolicyDraft) -> None:
    drafts.take_out(found.pk, number_in(request.POST.get("change", "")) or 0, **_common(request))


def _comment(request: HttpRequest, found: PolicyDraft) -> None:
    drafts.comment(found.pk, _words(request), by=actor_of(request), at=now_of(request))


def _schedule(request: HttpRequest, found: PolicyDraft) -> None:
    drafts.schedule(found.pk, _moment(request.POST.get("moment", "")), **_common(request))


def _moment(text: str) -> datetime | None:
    """Read a moment in the reader's zone; none was entered: None."""
    if not text.strip():
        return None
    try:
        moment: datetime = forms.DateTimeField().clean(text)
    except forms.ValidationError as wrong:
        raise drafts.UnusableDraft(" ".join(wrong.messages)) from wrong
    return moment


VERBS: dict[str, Callable[[HttpRequest, PolicyDraft], object]] = {
    "name": _name,
    "take-out": _take_out,
    "submit": lambda request, found: drafts.submit(found.pk, **_common(request)),
    "approve": lambda request, found: drafts.approve(found.pk, reason=_words(request), **_common(request)),
    "ask-back": lambda request, found: drafts.ask_back(found.pk, _words(request), **_common(request)),
    "reopen": lambda request, found: drafts.reopen(found.pk, _words(request), **_common(request)),
    "withdraw": lambda request, found: drafts.withdraw(found.pk, _words(request), **_common(request)),
    "rebase": lambda request, found: publishing.rebase(found.pk, **_common(request)),
    "schedule": _schedule,
    "publish": lambda request, found: publishing.publish_draft(found.pk, **_common(request)),
    "comment": _comment,
}
DONE: dict[str, Any] = {
    "name": _("Title and reason are saved."),
    "take-out": _("The change is taken out."),
    "submit": _("The draft waits for somebody else to review it."),
    "approve": _("The draft is approved. It holds once it is published."),
    "ask-back": _("The draft is given back to its authors."),
    "reopen": _("The draft is being written again."),
    "withdraw": _("The draft is withdrawn."),
    "rebase": _("The draft is rebased on what is there. Put it to review again."),
    "schedule": _("The time is saved."),
    "publish": _("Published. Open work is looked at again in the background."),
    "comment": _("Your comment is in the history."),
}
