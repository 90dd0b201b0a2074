"""Who calls the API, and what they may see: a token within its company and scopes, or a person signed in."""

from datetime import UTC
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.api.bodies import JsonBody
from exceptions_app.api.throttling import CallsPerMinute
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case
from exceptions_app.people import tokens
from exceptions_app.people.models import ApiToken, User
from exceptions_app.people.permissions import companies_open, may_in_company, visible_cases


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer rl_...`. The token is `request.auth`; its person, if any, is `request.user`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Return the caller, None without a bearer token. Raises AuthenticationFailed for a bad one."""
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != "bearer":
            return None
        token = tokens.find(parts[1], now=clock.now()) if len(parts) == 2 else None
        if token is None:
            # For the history (audit/requests.py): whose token it was that is refused.
            request._request.refused_token = tokens.named(parts[-1])  # type: ignore[attr-defined]
            raise exceptions.AuthenticationFailed("The token is unknown, expired or revoked.")
        return token.acts_as or AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing token answers 401."""
        return 'Bearer realm="Rightline"'


AUTHENTICATION = [BearerToken, SessionAuthentication]


class HasScope(BasePermission):
    """Lets in a token with the scope `name`, and a person signed in.

    What a person may see and do with it is narrowed by `companies` and by the verbs themselves.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.message = f"This needs a token with the scope {name}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the caller is let in."""
        if isinstance(request.auth, ApiToken):
            return self.name in request.auth.scopes
        return isinstance(request.user, User) and request.user.is_active


class Scoped(APIView):
    """A view that names the scope each of its actions needs; one that it does not name is closed.

    `scopes` are by HTTP method, or for a view set by action; `*` stands for all others.
    """

    authentication_classes = AUTHENTICATION
    throttle_classes = [CallsPerMinute]
    parser_classes = [JsonBody]
    scopes: dict[str, str] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in UTC, whatever zone the caller's person lives in."""
        with timezone.override(UTC):
            return super().dispatch(request, *args, **kwargs)

    def needed_scope(self) -> str | None:
        """Return the scope of what is asked; None where the view names none: nobody is let in then."""
        asked = getattr(self, "action", None) or (self.request.method or "").lower()
        return self.scopes.get(asked) or self.scopes.get("*")

    def get_permissions(self) -> list[Any]:
        """Ask for the scope of what is asked."""
        name = self.needed_scope()
        return [HasScope(name)] if name else list(super().get_permissions())


def companies(request: Request, action: str = "view_orders") -> list[int]:
    """Return the primary keys of the companies in which the caller may do `action`.

    A token is let in by its scope and stays within its company; a person needs a membership that grants it.
    """
    if isinstance(request.auth, ApiToken):
        return [request.auth.company_id]
    return [company.pk for company in companies_open(person(request), action)]


def cases_for(request: Request) -> QuerySet[Case]:
    """Return the cases the caller may see: a token its company's, a person those of their queues.

    A token that acts as a person sees what both may see.
    """
    cases = visible_cases(request.user) if isinstance(request.user, User) else Case.objects.all()
    return cases.filter(company__in=companies(request)) if isinstance(request.auth, ApiToken) else cases


def cases_named(request: Request, numbers: list[str]) -> list[Case]:
    """Return cases by number, in this order. Raises ValidationError for one the caller does not see."""
    related = ("company", "team", "owner", "supplier", "order", "release")
    cases = cases_for(request).filter(number__in=numbers).select_related(*related)
    found = {case.number: case for case in cases}
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise exceptions.ValidationError({"cases": f"There is no case {', '.join(unknown)}."})
    return [found[number] for number in dict.fromkeys(numbers)]


def within(request: Request, field: str = "company", action: str = "view_orders") -> Q:
    """Return the filter that keeps a query inside the companies in which the caller may do `action`."""
    return Q(**{f"{field}__in": companies(request, action)})


def require_in_company(request: Request, action: str, company: Company) -> None:
    """Raise PermissionDenied where a person signed in may not do `action` in the company."""
    if not isinstance(request.auth, ApiToken) and not may_in_company(person(request), action, company):
        raise exceptions.PermissionDenied(f"Your teams do not {action.replace('_', ' ')}s in {company}.")


def person(request: Request) -> User:
    """Return the person in whose name the call acts. Raises PermissionDenied for a token that has none."""
    if not isinstance(request.user, User):
        raise exceptions.PermissionDenied(
            "This token acts as nobody: an administrator has to name a person in it."
        )
    return request.user


def actor(request: Request) -> Actor:
    """Return who acts, as the history will show it."""
    source = f"api {address(request)}"
    someone = request.user if isinstance(request.user, User) else None
    if not isinstance(request.auth, ApiToken):
        return Actor(someone, source)
    label = f"{someone} through {request.auth.name}" if someone else request.auth.name
    return Actor(someone, source, label)


def address(request: HttpRequest | Request) -> str:
    """Return the network address of the caller."""
    return str(request.META.get("REMOTE_ADDR", ""))


def caller_key(request: Request) -> str:
    """Return what tells this caller from others, where something is remembered for it."""
    return f"token {request.auth.pk}" if isinstance(request.auth, ApiToken) else f"person {request.user.pk}"
