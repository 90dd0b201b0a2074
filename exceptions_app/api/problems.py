"""Errors as problem documents (RFC 9457): what happened, where, and the way out."""

import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from erp_connectors.canonical.codec import CanonicalError
from erp_connectors.errors import ConfigurationError, ConflictError, PermanentError, TransientError
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.playbook.inputs import UnusableInputs
from suppliers.messaging.addresses import UnusableMessage

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
API = "/api/"
#: How the codec ends a sentence about a place in a document.
PLACE = re.compile(r"(?P<told>.*?) - at `\$(?P<path>.*)`", re.DOTALL)
STEP = re.compile(r"\.(?P<name>\w+)|\[(?P<place>[^\]]*)\]")


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem document; None for what is no answer but a fault of ours."""
    known = _as_api_exception(error)
    if known is None:
        return None
    set_rollback()
    request = context.get("request")
    body = problem(
        known.status_code,
        code=_code(known),
        detail=_detail(known),
        path=request.path if request is not None else "",
    )
    if isinstance(known, exceptions.ValidationError):
        body["errors"] = _places(known.detail)
    response = Response(body, status=known.status_code, headers=_headers(known), content_type=CONTENT_TYPE)
    response.exception = True
    return response


def problem(status: int, *, code: str, detail: str, path: str) -> dict[str, Any]:
    """Return the problem document itself."""
    return {
        "type": f"urn:rightline:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": path,
    }


@csrf_exempt
def no_such_route(request: HttpRequest) -> HttpResponse:
    """Answer for an address below /api/ that is none of ours."""
    detail = "There is nothing at this address; /api/v1/docs/ shows what there is."
    if not request.path.endswith("/"):
        detail = "There is nothing at this address: the addresses of the API end with a slash."
    return _plain(request, HTTPStatus.NOT_FOUND, "not_found", detail)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer for a fault of ours: a problem document below /api/, the page for people elsewhere."""
    if not request.path.startswith(API):
        return defaults.server_error(request)
    detail = "This is a fault of ours. It has been logged; the same call may be tried again later."
    return _plain(request, HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", detail)


def refused(request: HttpRequest, detail: str) -> HttpResponse:
    """Answer for a call below /api/ that its session does not allow."""
    return _plain(request, HTTPStatus.FORBIDDEN, "permission_denied", detail)


def _plain(request: HttpRequest, status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    body = problem(status, code=code, detail=detail, path=request.path)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


class Conflict(exceptions.APIException):
    """The thing changed since the caller read it."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    """More was sent than is ever read."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class NotPossible(exceptions.APIException):
    """The request was understood, and cannot be done."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "not_possible"


class TryAgain(exceptions.APIException):
    """Something we need is away for a moment."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "try_again"


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied() | NotAllowed():
            return exceptions.PermissionDenied(str(error) or None)
        case DjangoValidationError():
            told = error.message_dict if hasattr(error, "error_dict") else error.messages
            return exceptions.ValidationError(told)
        case CanonicalError():
            return exceptions.ValidationError(_placed(str(error)))
        case UnusableMessage() if error.field:
            return exceptions.ValidationError({error.field: [str(error)]})
        case UnusableInputs():
            return exceptions.ValidationError({"inputs": _by_field(error)})
        case ConflictError():
            return Conflict(str(error))
        case TransientError():
            return TryAgain(str(error))
        case PermanentError() | ConfigurationError():
            return NotPossible(str(error))
    return None


def _placed(told: str) -> Any:
    """Turn "Expected `str` - at `$.lines[0].item`" into details nested as the document is."""
    found = PLACE.fullmatch(told)
    if found is None:
        return [told]
    nested: Any = [found["told"]]
    for step in reversed(list(STEP.finditer(found["path"]))):
        nested = {step["name"] or step["place"]: nested}
    return nested


def _by_field(error: UnusableInputs) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for each in error.problems:
        told.setdefault(each.field, []).append(each.message)
    return told


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some values cannot be used; `errors` names each with its place."
    return str(error.detail)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    if isinstance(error, TryAgain):
        return {"Retry-After": RETRY_AFTER_SECONDS}
    wait = getattr(error, "wait", None)
    if wait is not None:
        return {"Retry-After": str(int(wait))}
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def _places(detail: Any, pointer: str = "#") -> list[dict[str, str]]:
    """Flatten nested error details into a list of places (JSON pointers, RFC 6901) and sentences."""
    if isinstance(detail, dict):
        return [
            place
            for name, inner in detail.items()
            for place in _places(inner, f"{pointer}/{_escaped(str(name))}" if name else pointer)
        ]
    if isinstance(detail, list):
        return [
            place
            for index, inner in enumerate(detail)
            for place in _places(inner, f"{pointer}/{index}" if isinstance(inner, (dict, list)) else pointer)
        ]
    return [{"pointer": pointer, "detail": str(detail)}]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
