"""Who calls the API, and what they may see: a token within its company and scopes, or a person signed in."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.audit.record import Actor
from exceptions_app.people import tokens
from exceptions_app.people.models import ApiToken, User


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer rl_...`. The token is `request.auth`; its person, if any, is `request.user`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Return the caller, None without a bearer token. Raises AuthenticationFailed for a bad one."""
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != "bearer":
            return None
        token = tokens.find(parts[1], now=clock.now()) if len(parts) == 2 else None
        if token is None:
            raise exceptions.AuthenticationFailed("The token is unknown, expired or revoked.")
        return token.acts_as or AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing token answers 401."""
        return 'Bearer realm="Rightline"'


AUTHENTICATION = [BearerToken, SessionAuthentication]


def scope(name: str) -> type[BasePermission]:
    """Return the permission of a route: a token that has the scope `name`, or a person signed in.

    What a person may see and do with it is narrowed by `companies` and by the verbs themselves.
    """

    class HasScope(BasePermission):
        message = f"This needs a token with the scope {name}."
        scope_name = name

        def has_permission(self, request: Request, view: APIView) -> bool:
            if isinstance(request.auth, ApiToken):
                return name in request.auth.scopes
            return bool(request.user and request.user.is_authenticated)

    return HasScope


def companies(request: Request) -> list[int]:
    """Return the primary keys of the companies the caller may see anything of."""
    if isinstance(request.auth, ApiToken):
        return [request.auth.company_id]
    if request.user.is_superuser:
        return list(Company.objects.values_list("pk", flat=True))
    return list(
        Company.objects.filter(teams__memberships__user=request.user).distinct().values_list("pk", flat=True)
    )


def within(request: Request, field: str = "company") -> Q:
    """Return the filter that keeps a query inside the caller's companies."""
    return Q(**{f"{field}__in": companies(request)})


def person(request: Request) -> User:
    """Return the person in whose name the call acts. Raises PermissionDenied for a token that has none."""
    if not isinstance(request.user, User):
        raise exceptions.PermissionDenied(
            "This token acts as nobody: an administrator has to name a person in it."
        )
    return request.user


def actor(request: Request) -> Actor:
    """Return who acts, as the history will show it."""
    token = request.auth if isinstance(request.auth, ApiToken) else None
    source = f"api {address(request)}"
    if token is None:
        return Actor(request.user, source)
    someone = request.user if isinstance(request.user, User) else None
    label = f"{someone} through {token.name}" if someone else token.name
    return Actor(someone, source, label)


def address(request: HttpRequest | Request) -> str:
    """Return the network address of the caller."""
    return str(request.META.get("REMOTE_ADDR", ""))
