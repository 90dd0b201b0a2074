"""Who may open a page. Every view names its permission; a test opens every address and looks for it."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from redis.exceptions import RedisError

from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import companies_open, overseen_teams, queue_teams, visible_cases

View = Callable[..., HttpResponse]


class Permission(StrEnum):
    """What a view asks of the person in front of it.

    All but PUBLIC and SIGNED_IN are asked again by the view, of the object it loads.
    """

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    QUEUE = "queue"
    VISIBLE_CASE = "visible_case"
    OWN = "own"
    ORDER = "order"
    EXCHANGE = "exchange"
    SHADOW = "shadow"
    POLICIES = "policies"
    TOKENS = "tokens"
    HISTORY = "history"


def permitted(permission: Permission) -> Callable[[View], View]:
    """Name what a view asks for, and ask for it: signing in first, then the right team."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if permission is not Permission.PUBLIC and not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if permission is Permission.EXCHANGE and not companies_open(person_of(request), "view_exchange"):
                raise PermissionDenied(
                    gettext("Interchanges and connections are for the integration team, leads and auditors.")
                )
            if permission is Permission.SHADOW and not companies_open(person_of(request), "view_shadow"):
                raise PermissionDenied(
                    gettext("What types in shadow would have opened is for leads, managers and auditors.")
                )
            if permission is Permission.POLICIES and not _sees_policies(person_of(request)):
                raise PermissionDenied(gettext("Rules are for leads, managers, auditors and administrators."))
            if permission is Permission.TOKENS and not companies_open(person_of(request), "manage_tokens"):
                raise Http404("API tokens are for leads of the integration team and for administrators.")
            if permission is Permission.HISTORY and not companies_open(person_of(request), "view_history"):
                raise PermissionDenied(gettext("The history of everything is for managers and auditors."))
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return wrap


def _sees_policies(person: User) -> bool:
    return person.is_staff or bool(companies_open(person, "view_policies"))


def while_attempts_can_be_counted(view: View) -> View:
    """Answer 503 where the cache is away: an outage must not allow guesses without end."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RedisError:
            return render(request, "503.html", status=503)

    return guarded


def person_of(request: HttpRequest) -> User:
    """Return who is signed in; only views behind `permitted` ask."""
    return cast(User, request.user)


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts, for the history: the person, through the web, from this address."""
    return Actor(person=person_of(request), source=f"web {request.META.get('REMOTE_ADDR', '')}".strip())


def case_or_404(request: HttpRequest, number: str) -> Case:
    """Return the case if this person may see it; otherwise it does not exist for them."""
    related = ("company", "team", "owner", "supplier", "order", "release", "warehouse", "incident")
    return get_object_or_404(visible_cases(person_of(request)).select_related(*related), number=number)


def teams_of(request: HttpRequest) -> list[Team]:
    """Return the teams that who is signed in is in; asked once in a request."""
    if not hasattr(request, "open_queues"):
        request.open_queues = queue_teams(person_of(request))  # type: ignore[attr-defined]
    return cast(list[Team], request.open_queues)  # type: ignore[attr-defined]


def other_teams_of(request: HttpRequest) -> list[Team]:
    """Return the teams that who is signed in oversees without being in them; asked once in a request."""
    if not hasattr(request, "overseen_queues"):
        request.overseen_queues = overseen_teams(person_of(request))  # type: ignore[attr-defined]
    return cast(list[Team], request.overseen_queues)  # type: ignore[attr-defined]


def team_or_404(request: HttpRequest, company: str, code: str) -> Team:
    """Return the team if its queue is open to this person."""
    for team in (*teams_of(request), *other_teams_of(request)):
        if team.company.code == company and team.code == code.upper():
            return team
    raise Http404("No such queue, or it is not one of yours.")
