"""Errors as problem documents (RFC 9457): what happened, where, and the way out."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from erp_connectors.errors import ConfigurationError, ConflictError, PermanentError, TransientError

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem document; None for what is no answer but a fault of ours."""
    known = _as_api_exception(error)
    if known is None:
        return None
    set_rollback()
    request = context.get("request")
    body = {
        "type": f"urn:rightline:problem:{_code(known)}",
        "title": HTTPStatus(known.status_code).phrase,
        "status": known.status_code,
        "detail": _detail(known),
        "instance": request.path if request is not None else "",
    }
    if isinstance(known, exceptions.ValidationError):
        body["errors"] = _places(known.detail)
    response = Response(body, status=known.status_code, headers=_headers(known), content_type=CONTENT_TYPE)
    response.exception = True
    return response


class Conflict(exceptions.APIException):
    """The thing changed since the caller read it."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


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
        case PermissionDenied():
            return exceptions.PermissionDenied(str(error) or None)
        case DjangoValidationError():
            return exceptions.ValidationError(
                error.message_dict if hasattr(error, "error_dict") else error.messages
            )
        case ConflictError():
            return Conflict(str(error))
        case TransientError():
            return TryAgain(str(error))
        case PermanentError() | ConfigurationError():
            return NotPossible(str(error))
    return None


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
    if isinstance(error, exceptions.Throttled) and error.wait:
        return {"Retry-After": str(int(error.wait) + 1)}
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def _places(detail: Any, pointer: str = "#") -> list[dict[str, str]]:
    """Flatten nested error details into a list of places (JSON pointers) and sentences."""
    if isinstance(detail, dict):
        return [place for name, inner in detail.items() for place in _places(inner, f"{pointer}/{name}")]
    if isinstance(detail, list):
        return [
            place
            for index, inner in enumerate(detail)
            for place in _places(inner, f"{pointer}/{index}" if isinstance(inner, (dict, list)) else pointer)
        ]
    return [{"pointer": pointer, "detail": str(detail)}]
