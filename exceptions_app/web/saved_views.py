"""Saved views: a list with its filters under a name, for oneself or for everybody in it."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from exceptions_app.audit.requests import NOTHING_BUT_LOOKS, leaves_no_event
from exceptions_app.people.models import SavedView, User
from exceptions_app.web.access import Permission, permitted, person_of
from exceptions_app.web.pages import back, tell, warn

LISTS = ("web:queue", "web:cases", "web:shadow")


@leaves_no_event(NOTHING_BUT_LOOKS)
@permitted(Permission.SIGNED_IN)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a list under a name; the same name again replaces them."""
    name, path = request.POST.get("name", "").strip()[:80], request.POST.get("path", "")
    if not name or not _is_list(path):
        warn(request, gettext("Give the view a name."))
        return back(request, reverse("web:home"))
    SavedView.objects.update_or_create(
        user=person_of(request),
        name=name,
        defaults={
            "path": path,
            "query": request.POST.get("query", "")[:1000],
            "is_shared": request.POST.get("is_shared") == "1",
        },
    )
    tell(request, gettext("View “%(name)s” saved.") % {"name": name})
    return back(request, f"{path}?{request.POST.get('query', '')}")


@leaves_no_event(NOTHING_BUT_LOOKS)
@permitted(Permission.OWN)
@require_POST
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of the person's own views."""
    view = get_object_or_404(SavedView, pk=view_id, user=person_of(request))
    view.delete()
    tell(request, gettext("View “%(name)s” forgotten.") % {"name": view.name})
    return back(request, view.path)


def _is_list(path: str) -> bool:
    try:
        return resolve(path).view_name in LISTS
    except Resolver404:
        return False


def saved_views_of(person: User, path: str) -> list[SavedView]:
    """Return the views of a list that the person kept, or that somebody shared."""
    return list(SavedView.objects.filter(Q(user=person) | Q(is_shared=True), path=path)[:50])
