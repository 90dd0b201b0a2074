"""The rules: drafts and releases in lists, a release in sentences, and how a draft begins."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from erp_connectors.errors import RightlineError
from exceptions_app.people.permissions import companies_open
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.draft_models import DraftState, PolicyDraft
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.web import policy_view
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.addresses import PAGING, address, page_urls, without_empty
from exceptions_app.web.keyset import newest_first
from exceptions_app.web.pages import now_of, show, warn
from exceptions_app.web.policy_drafts import CHOSEN

OPEN, RELEASES, WITHDRAWN = "drafts", "releases", "withdrawn"
TABS = ((OPEN, _("Drafts")), (RELEASES, _("Releases")), (WITHDRAWN, _("Withdrawn")))


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


def _drafts(request: HttpRequest, tab: str) -> QuerySet[PolicyDraft]:
    states = [DraftState.WITHDRAWN] if tab == WITHDRAWN else drafts.OPEN
    found = drafts.visible_to(person_of(request)).filter(state__in=states)
    return found.select_related("created_by").annotate(change_count=Count("changes"))


def _releases() -> QuerySet[PolicyRelease]:
    return PolicyRelease.objects.select_related("published_by")


def _row(row: Any) -> dict[str, Any]:
    return {
        "draft": row,
        "url": reverse("web:policy_draft", args=[row.pk]),
        "chip": policy_view.chip_of(row),
        "changes": row.change_count,
    }
