"""Gives people their own time, programs English and every request its teams, and guards the door."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from exceptions_app.api.problems import API, refused
from exceptions_app.people.models import User
from exceptions_app.people.permissions import remember_memberships
from exceptions_app.signing_in import factors, sessions
from exceptions_app.web.pages import now_of

#: What stays open to somebody who still has to set up a second factor, or to show it.
SETTING_UP, CONFIRMING = "/profile/security/", "/profile/confirm/"
PROGRAMS_READ = "en"
ALWAYS = ("/login/", "/logout/", "/profile/theme/", "/healthz", "/readyz", "/metrics")


def english_for_programs(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Speak English below /api/, whatever the caller accepts, and say so in the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API):
            return get_response(request)
        with translation.override(PROGRAMS_READ):
            request.LANGUAGE_CODE = PROGRAMS_READ
            response = get_response(request)
        response.headers["Content-Language"] = PROGRAMS_READ
        return response

    return middleware


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


def session_of_the_reader(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Keep when and from where the session was used, for the list its person sees."""

    def middleware(request: HttpRequest) -> HttpResponse:
        row = getattr(request.session, "row", None)
        if isinstance(request.user, User) and row is not None:
            address, device = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_USER_AGENT", "")
            sessions.note_use(row, address=address, device=device, now=now_of(request))
        return get_response(request)

    return middleware


def second_factor_where_asked(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let nobody of whom a second factor is asked go anywhere before they have shown one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        person = request.user
        if (
            not isinstance(person, User)
            or request.path_info.startswith(ALWAYS)
            or factors.has_shown_factor(request, person)
            or not factors.is_required_of(person)
        ):
            return get_response(request)
        return _led_to_the_factor(request, person) or get_response(request)

    return middleware


def _led_to_the_factor(request: HttpRequest, person: User) -> HttpResponse | None:
    """Return the way to setting up or showing a factor; None when the person is there already."""
    has_one = factors.has_factor(person)
    open_here = (CONFIRMING,) if has_one else (CONFIRMING, SETTING_UP)
    if request.path_info.startswith(open_here):
        return None
    if request.path_info.startswith(API):
        return refused(request, gettext("This needs a session that was opened with a second factor."))
    if has_one:
        answer = redirect_to_login(request.get_full_path(), login_url=factors.confirming_address(person))
    else:
        messages.warning(request, gettext("Your role asks for a second factor. Set one up to go on."))
        answer = redirect(reverse("mfa_index"))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": answer["Location"]})
    return answer
