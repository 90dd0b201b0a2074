"""The same call twice has one effect: an `Idempotency-Key` sent again gets the first answer again."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from erp_connectors.exchange import idempotency
from exceptions_app.api.access import caller_key

HEADER = "Idempotency-Key"
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    required=False,
    description="The same key with the same call gets the first answer again; with another, 409.",
)
Answer = Callable[..., Response]


def once(view: Answer) -> Answer:
    """Let a writing action be called twice with one key and have one effect; an error is not remembered.

    It runs in one transaction with the memory of its answer, so it must not keep anything where it raises.
    """

    @wraps(view)
    def answered(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not key:
            return view(self, request, *args, **kwargs)

        def do() -> tuple[int, Any]:
            response = view(self, request, *args, **kwargs)
            return response.status_code, json.loads(JSONRenderer().render(response.data))

        code, answer = idempotency.once(
            caller_key(request), key, body=_asked(request), do=do, now=clock.now()
        )
        return Response(answer, status=code)

    return answered


def _asked(request: Request) -> bytes:
    """Return what is asked for: a key is for one call, so the same body at another address is another."""
    body = json.dumps(request.data, sort_keys=True, default=str)
    return f"{request.method} {request.path}\n{body}".encode()
