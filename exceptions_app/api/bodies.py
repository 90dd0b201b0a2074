"""How bodies are read: never more than is allowed, and nothing that is not JSON is taken for it."""

import json
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from erp_connectors.exchange.inbox import LARGEST, LARGEST_JSON
from exceptions_app.api.problems import TooLarge

JSON = "application/json"
DELIVERIES = ("application/edi-x12", "application/edifact", JSON, "text/csv")


class JsonBody(BaseParser):
    """Reads JSON of at most LARGEST_JSON bytes; numbers with a fraction stay exact."""

    media_type = JSON

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value. Raises ParseError and TooLarge."""
        payload = _read(stream, _stated_length(parser_context), LARGEST_JSON)
        try:
            return json.loads(payload, parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}") from error


class DeliveredBytes(BaseParser):
    """Leaves the body as it is: the inbox keeps the bytes that were sent."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the body unread. Raises TooLarge."""
        largest = LARGEST_JSON if content_type(parser_context["request"]) == JSON else LARGEST
        return _read(stream, _stated_length(parser_context), largest)


def content_type(request: Request) -> str:
    """Return the media type of the body, without its parameters."""
    return str(request.content_type or "").split(";")[0].strip().lower()


def delivered(request: Request, *, of: tuple[str, ...]) -> bytes:
    """Return the body as it was sent.

    Raises UnsupportedMediaType for any media type not in `of`, ParseError for an empty body, TooLarge.
    """
    if content_type(request) not in of:
        raise UnsupportedMediaType(content_type(request), f"Send it as {' or '.join(of)}.")
    # Without a body the framework gives an empty dictionary.
    payload: Any = request.data
    if not isinstance(payload, bytes) or not payload:
        raise ParseError("Nothing was sent: the body is empty.")
    return bytes(payload)


def _stated_length(parser_context: Any) -> int:
    stated = parser_context["request"].META.get("CONTENT_LENGTH") or "0"
    return int(stated) if str(stated).isdigit() else 0


def _read(stream: IO[bytes], stated: int, largest: int) -> bytes:
    payload = b"" if stated > largest else stream.read(largest + 1)
    if stated > largest or len(payload) > largest:
        raise TooLarge(f"More than {largest} bytes were sent. Send the parts one by one.")
    return bytes(payload)


def _refuse(literal: str) -> Any:
    raise ValueError(f"{literal} is no number.")
