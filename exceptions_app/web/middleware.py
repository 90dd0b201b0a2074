"""Shows every person their own time, and reads once in a request which teams they are in."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from exceptions_app.people.models import User
from exceptions_app.people.permissions import remember_memberships


def time_zone_of_the_reader(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Activate the signed-in person's time zone for the length of the request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return get_response(request)
        with timezone.override(ZoneInfo(request.user.time_zone)):
            return get_response(request)

    return middleware


def teams_of_the_reader(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Read the memberships of who is signed in, on which everything in the request depends, in one query."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            remember_memberships(request.user)
        return get_response(request)

    return middleware
