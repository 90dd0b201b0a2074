"""Rules as releases and drafts: read in sentences, reviewed by somebody else, published, taken back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_connectors.errors import RightlineError
from exceptions_app.people.permissions import NotAllowed, companies_open
from exceptions_app.policies import drafts, policy_files, publishing
from exceptions_app.policies.changes import tables
from exceptions_app.policies.draft_models import DraftState, PolicyDraft
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.web import backtests, draft_shadows, policy_view
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.addresses import PAGING, address, page_urls, without_empty
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.pages import now_of, show, tell, warn

#: Which draft the administration writes into for this person, kept in their session.
CHOSEN = "policy_draft"
#: Verbs that make a draft hold, now or at a time.
PUBLISHING = ("publish", "schedule")
OPEN, RELEASES, WITHDRAWN = "drafts", "releases", "withdrawn"
TABS = ((OPEN, _("Drafts")), (RELEASES, _("Releases")), (WITHDRAWN, _("Withdrawn")))
CONFLICT, UNPROCESSABLE = 409, 422


# --- looking ------------------------------------------------------------------------------------------------


@permitted(Permission.POLICIES)
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Show drafts that are open, releases, or what was withdrawn; the newest first."""
    query, path = without_empty(request.GET), reverse("web:policies")
    tab = query.get("show", OPEN)
    if tab not in dict(TABS):
        raise Http404
    page: Any = newest_first(_releases() if tab == RELEASES else _drafts(request, tab), query)
    context = {
        "now": now_of(request),
        "tabs": [
            {
                "label": label,
                "url": address(path, query, drop=(*PAGING, "show"), show="" if name == OPEN else name),
                "is_current": name == tab,
            }
            for name, label in TABS
        ],
        "tab": tab,
        "rows": page.rows if tab == RELEASES else [_row(draft) for draft in page.rows],
        "page": page,
        **page_urls(path, query, page),
        "may_begin": bool(companies_open(person_of(request), "edit_policies")),
        "newest": PolicyRelease.objects.order_by("-number").first(),
    }
    return show(request, "policies/list.html", context, current="policies", fragment="list")


@permitted(Permission.POLICIES)
@require_safe
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show a draft: what it changes in sentences, who wrote what, and what may be done with it."""
    return _draft_page(request, _draft_or_404(request, draft_id))


@permitted(Permission.POLICIES)
@require_safe
def release(request: HttpRequest, release_number: int) -> HttpResponse:
    """Show what a release changed, who published it and why."""
    found = get_object_or_404(_releases(), number=release_number)
    published = drafts.visible_to(person_of(request)).filter(release=found).first()
    context = {
        "now": now_of(request),
        "release": found,
        "draft": published,
        "was_set_up": not PolicyDraft.objects.filter(release=found).exists(),
        "changes": policy_view.changes_of(published, person_of(request)) if published else [],
        "authors": policy_view.names(published.authors.all()) if published else "",
        "may_take_back": published is not None and drafts.may(person_of(request), "edit_policies", published),
        "taken_back_by": found.taken_back_by.exclude(state=DraftState.WITHDRAWN).first(),
        "events": policy_view.history_of_release(found),
    }
    return show(request, "policies/release.html", context, current="policies")


# --- doing --------------------------------------------------------------------------------------------------


@permitted(Permission.POLICIES)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a draft, into which the administration writes from now on."""
    if not companies_open(person_of(request), "edit_policies"):
        raise PermissionDenied(gettext("Rules are changed by managers and administrators."))
    title = request.POST.get("title", "").strip()
    if not title:
        warn(request, gettext("A draft needs a title: enter what it changes."))
        return HttpResponseRedirect(reverse("web:policies"))
    begun = drafts.begin(
        title, by=actor_of(request), at=now_of(request), reason=request.POST.get("reason", "").strip()
    )
    request.session[CHOSEN] = begun.pk
    return HttpResponseRedirect(reverse("web:policy_draft", args=[begun.pk]))


@permitted(Permission.POLICIES)
@require_POST
def change(request: HttpRequest, draft_id: int, verb: str) -> HttpResponse:
    """Do one thing with a draft as it was seen; what is refused is said on its page."""
    found = _draft_or_404(request, draft_id)
    if verb not in VERBS:
        raise Http404
    here = reverse("web:policy_draft", args=[found.pk])
    try:
        if not policy_view.allowed(found, person_of(request))[verb]:
            raise NotAllowed(_why_not(request, found, verb))
        VERBS[verb](request, found)
    except RightlineError as refused:
        return _draft_page(request, _draft_or_404(request, draft_id), problem=str(refused), status=CONFLICT)
    tell(request, str(DONE[verb]))
    return HttpResponseRedirect(here)


@permitted(Permission.POLICIES)
@require_safe
def write(request: HttpRequest, draft_id: int, table: str) -> HttpResponse:
    """Lead to the rules of a table in the administration, which writes into this draft from now on."""
    found = _draft_or_404(request, draft_id)
    if not policy_view.allowed(found, person_of(request))["name"]:
        raise PermissionDenied(gettext("You may not do this with the draft as it is."))
    if table not in tables():
        raise Http404
    request.session[CHOSEN] = found.pk
    place = f"admin:exceptions_app_{table}"
    row, change_id = request.GET.get("row", ""), request.GET.get("change", "")
    if row.isdigit():
        return HttpResponseRedirect(reverse(f"{place}_change", args=[row]))
    if change_id.isdigit():
        return HttpResponseRedirect(f"{reverse(f'{place}_add')}?change={change_id}")
    return HttpResponseRedirect(reverse(f"{place}_changelist"))


@permitted(Permission.POLICIES)
@require_POST
def take_back(request: HttpRequest, release_number: int) -> HttpResponse:
    """Begin the draft that undoes a release."""
    found, person = get_object_or_404(PolicyRelease, number=release_number), person_of(request)
    published = PolicyDraft.objects.filter(release=found).first()
    may_any = bool(companies_open(person, "edit_policies"))
    if not (may_any if published is None else drafts.may(person, "edit_policies", published)):
        raise PermissionDenied(gettext("Rules are changed by managers and administrators."))
    try:
        begun = publishing.take_back(
            found, request.POST.get("reason", ""), by=actor_of(request), at=now_of(request)
        )
    except RightlineError as refused:
        warn(request, str(refused))
        return HttpResponseRedirect(reverse("web:policy_release", args=[release_number]))
    return HttpResponseRedirect(reverse("web:policy_draft", args=[begun.pk]))


# --- files --------------------------------------------------------------------------------------------------


@permitted(Permission.POLICIES)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Return all rules the person may see as a file."""
    companies = companies_open(person_of(request), "view_policies")
    newest = PolicyRelease.objects.order_by("-number").first()
    name = f"rightline-policies-{newest.number if newest else 0}.json"
    return _as_file(policy_files.all_rules(companies), name)


@permitted(Permission.POLICIES)
@require_safe
def export_draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Return the changes of a draft as a file."""
    found = _draft_or_404(request, draft_id)
    return _as_file(policy_files.of_draft(found), f"rightline-draft-{found.pk}.json")


class FileForm(forms.Form):
    """The file with rules, and what the draft of it is called."""

    file = forms.FileField(label=_("File"))
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    reason = forms.CharField(label=_("Why the rules are to change"), max_length=1000, required=False)


@permitted(Permission.POLICIES)
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    """Read a file of rules, and make a draft of what is different there."""
    if not companies_open(person_of(request), "edit_policies"):
        raise PermissionDenied(gettext("Rules are changed by managers and administrators."))
    form, problems = FileForm(request.POST or None, request.FILES or None), []
    if request.method == "POST" and form.is_valid():
        result = policy_files.read(
            form.cleaned_data["file"].read(policy_files.LARGEST + 1),
            title=form.cleaned_data["title"],
            reason=form.cleaned_data["reason"],
            by=actor_of(request),
            at=now_of(request),
        )
        problems = result.problems
        if result.draft is not None:
            for problem in problems:
                messages.warning(request, problem)
            tell(request, gettext("The draft holds what is different in the file."))
            request.session[CHOSEN] = result.draft.pk
            return HttpResponseRedirect(reverse("web:policy_draft", args=[result.draft.pk]))
        if not problems:
            problems = [gettext("Nothing is different in the file: there is no draft to make.")]
    is_wrong = request.method == "POST"
    context = {"form": form, "problems": problems}
    return show(
        request,
        "policies/import.html",
        context,
        current="policies",
        status=UNPROCESSABLE if is_wrong else 200,
    )


def _as_file(content: dict[str, Any], name: str) -> HttpResponse:
    response = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- one draft ----------------------------------------------------------------------------------------------


def _drafts(request: HttpRequest, tab: str) -> QuerySet[PolicyDraft]:
    states = [DraftState.WITHDRAWN] if tab == WITHDRAWN else drafts.OPEN
    found = drafts.visible_to(person_of(request)).filter(state__in=states)
    return found.select_related("created_by").annotate(change_count=Count("changes"))


def _releases() -> QuerySet[PolicyRelease]:
    return PolicyRelease.objects.select_related("published_by")


def _draft_or_404(request: HttpRequest, draft_id: int) -> PolicyDraft:
    related = ("created_by", "submitted_by", "approved_by", "publish_by", "release", "takes_back")
    return get_object_or_404(drafts.visible_to(person_of(request)).select_related(*related), pk=draft_id)


def _row(row: Any) -> dict[str, Any]:
    return {
        "draft": row,
        "url": reverse("web:policy_draft", args=[row.pk]),
        "chip": policy_view.chip_of(row),
        "changes": row.change_count,
    }


def _draft_page(
    request: HttpRequest, found: PolicyDraft, *, problem: str = "", status: int = 200
) -> HttpResponse:
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


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdigit() else None


def _common(request: HttpRequest) -> dict[str, Any]:
    return {"by": actor_of(request), "at": now_of(request), "version": _version(request)}


def _words(request: HttpRequest) -> str:
    return request.POST.get("words", "").strip()


def _name(request: HttpRequest, found: PolicyDraft) -> None:
    title, reason = request.POST.get("title", ""), request.POST.get("reason", "")
    drafts.name(found.pk, title, reason, **_common(request))


def _take_out(request: HttpRequest, found: PolicyDraft) -> None:
    text = request.POST.get("change", "")
    drafts.take_out(found.pk, int(text) if text.isdigit() else 0, **_common(request))


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
