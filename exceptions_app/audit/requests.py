"""Sees to it that no request changes something, takes something away or is refused without an event.

What is done by a verb of the product tells its own event. This is the net below: calls of the API that write,
files that are taken away, refusals, and whatever else was posted without a word in the history.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from erp_connectors import clock
from exceptions_app.audit.concerns import only_company_of
from exceptions_app.audit.record import Actor, counting, record
from exceptions_app.people.models import ApiToken, User

SAFE = ("GET", "HEAD", "OPTIONS")
#: Why a view that is posted to may leave no event.
CHANGES_NOTHING = "It shows what would be done, and does nothing."
NOTHING_BUT_LOOKS = "It is about how a person sees their own pages."

AnyView = TypeVar("AnyView", bound=Callable[..., Any])
AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


def leaves_no_event(why: str) -> Callable[[AnyView], AnyView]:
    """Say why nothing is told of what is posted to a view; a test lists all that do."""

    def mark(view: AnyView) -> AnyView:
        view.leaves_no_event = why  # type: ignore[attr-defined]
        return view

    return mark


def of_rows(response: AnyResponse, rows: int) -> AnyResponse:
    """Note on a file how many rows it has, for the history."""
    response.rows = rows  # type: ignore[attr-defined]
    return response


def leave_no_request_untold(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Tell of each request what nothing else has told."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with counting() as told:
            response = get_response(request)
            if request.path.startswith("/api/"):
                _of_api(request, response)
            else:
                _of_page(request, response, is_told=bool(told()))
        return response

    return middleware


def _of_api(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell of a call that writes, whatever came of it, and of one that was refused, if we know whose it is.

    Whoever calls with a token that never was is told to nobody: that would let anybody fill the history.
    """
    token = getattr(request, "auth", None) or getattr(request, "refused_token", None)
    person = getattr(request, "user", None)
    if not isinstance(token, ApiToken) and not isinstance(person, User):
        return
    is_refused = response.status_code in (401, 403)
    if request.method not in SAFE:
        _tell(request, response, "access.refused" if is_refused else "api.called")
    elif is_refused:
        _tell(request, response, "access.refused")


def _of_page(request: HttpRequest, response: HttpResponseBase, *, is_told: bool) -> None:
    """Tell of a file that somebody takes away, of a refusal, and of what was posted without an event."""
    if not isinstance(request.user, User):
        return
    if response.status_code == 403:
        _tell(request, response, "access.refused")
    elif response.get("Content-Disposition", "").startswith("attachment"):
        _tell(request, response, "export.taken")
    elif request.method not in SAFE and not is_told and _has_done(request, response):
        _tell(request, response, "page.posted")


def _has_done(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Say whether something may have been done: a form that is shown again was not taken."""
    view = request.resolver_match.func if request.resolver_match else None
    if view is None or hasattr(view, "leaves_no_event") or _tells_by_itself(request):
        return False
    shown_again = response.status_code == 200 and not getattr(request, "htmx", False)
    return response.status_code < 400 and not shown_again


def _tells_by_itself(request: HttpRequest) -> bool:
    """Say whether a form of the administration was sent that tells whatever it changes."""
    match = request.resolver_match
    screen = getattr(match.func, "model_admin", None) if match else None
    is_form = str(match.url_name).endswith(("_add", "_change")) if match else False
    return is_form and getattr(screen, "tells_changes", False)


def _tell(request: HttpRequest, response: HttpResponseBase, kind: str) -> None:
    token = getattr(request, "auth", None) or getattr(request, "refused_token", None)
    route = request.resolver_match.view_name if request.resolver_match else ""
    told: dict[str, Any] = {"route": route, "path": request.path[:300], "status": response.status_code}
    filters = {name: request.GET.getlist(name) for name in sorted(request.GET)}
    if filters and (kind == "export.taken" or request.method in SAFE):
        told["filter"] = filters
    if kind == "export.taken":
        told["file"] = response["Content-Disposition"].partition('filename="')[2].rstrip('"')
        told["rows"] = getattr(response, "rows", None)
    if isinstance(token, ApiToken):
        told["token"] = token.prefix
    record(
        kind,
        at=clock.now(),
        summary=_words(request, kind, told),
        subject=("route", (route or request.path)[:64]),
        actor=_actor(request, token),
        company=_company(request, token),
        after=told,
    )


def _words(request: HttpRequest, kind: str, told: dict[str, Any]) -> str:
    if kind == "export.taken":
        rows = "" if told["rows"] is None else f", {told['rows']} rows"
        return f"Took away {told['file'] or request.path}{rows}"
    what = f"{request.method} {request.path}"
    return f"Refused: {what}" if kind == "access.refused" else f"{what}: {told['status']}"


def _actor(request: HttpRequest, token: object) -> Actor:
    user = getattr(request, "user", None)
    person = user if isinstance(user, User) else None
    address = request.META.get("REMOTE_ADDR", "")
    if isinstance(token, ApiToken):
        return Actor(person, f"api {address}", f"{person} through {token.name}" if person else token.name)
    where = "api" if request.path.startswith("/api/") else "web"
    return Actor(person, f"{where} {address}".strip())


def _company(request: HttpRequest, token: object) -> Any:
    if isinstance(token, ApiToken):
        return token.company
    return only_company_of(request.user) if isinstance(request.user, User) else None
