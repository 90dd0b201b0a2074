"""Deliveries: bytes as they are, or one canonical document; a worker does the rest."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from erp_connectors.companies import Connection
from erp_connectors.connectors.registry import has_connector
from erp_connectors.exchange import idempotency, inbox
from exceptions_app.api import bodies
from exceptions_app.api.access import Scoped, caller_key, require_in_company, within
from exceptions_app.api.interchanges import InterchangeSerializer
from exceptions_app.api.repeating import HEADER, IDEMPOTENCY_KEY
from exceptions_app.people.models import User

#: What a person must be granted in a company to deliver for it.
DELIVER = "replay_interchange"


class InboundView(Scoped):
    """Takes one delivery as it is and answers at once; a worker does the rest."""

    scopes = {"post": "inbound:write", "*": "inbound:write"}
    parser_classes = [bodies.DeliveredBytes]

    @extend_schema(
        operation_id="inbound_create",
        parameters=[IDEMPOTENCY_KEY],
        request=dict.fromkeys(bodies.DELIVERIES, OpenApiTypes.BINARY),
        responses={202: InterchangeSerializer},
    )
    def post(self, request: Request, connection: str) -> Response:
        """Store the body and answer 202 with the interchange; the same again gets the first answer again."""
        line = get_object_or_404(_lines(request), code=connection)
        require_in_company(request, DELIVER, line.company)
        return _deliver(request, line, bodies.delivered(request, of=bodies.DELIVERIES))


class DocumentView(Scoped):
    """Takes one canonical document as JSON, about orders of one ERP of the caller's company."""

    scopes = {"post": "documents:write", "*": "documents:write"}
    parser_classes = [bodies.DeliveredBytes]

    @extend_schema(
        operation_id="documents_create",
        parameters=[
            OpenApiParameter(
                "connection",
                str,
                OpenApiParameter.QUERY,
                required=False,
                description="The ERP whose orders it is about. Not needed where there is only one.",
            ),
            IDEMPOTENCY_KEY,
        ],
        request={"application/json": OpenApiTypes.OBJECT},
        responses={202: InterchangeSerializer},
    )
    def post(self, request: Request) -> Response:
        """Check one canonical document, store it and answer 202 with its interchange."""
        line = _erp(request)
        require_in_company(request, DELIVER, line.company)
        payload = bodies.delivered(request, of=(bodies.JSON,))
        inbox.check_document(payload)
        return _deliver(request, line, payload)


def _lines(request: Request) -> QuerySet[Connection]:
    """Return the active connections of the companies whose documents the caller may see."""
    lines = Connection.objects.filter(within(request, action="view_documents"), is_active=True)
    return lines.select_related("company")


def _erp(request: Request) -> Connection:
    """Return the ERP a document is about: the one that is named, or the only one."""
    code = request.query_params.get("connection", "")
    if code:
        return get_object_or_404(_lines(request), code=code)
    erps = [line for line in _lines(request).order_by("code") if has_connector(line)]
    if len(erps) != 1:
        known = ", ".join(line.code for line in erps) or "none"
        raise exceptions.ValidationError(
            {"connection": f"Name the ERP the document is about, as ?connection=CODE. There are: {known}."}
        )
    return erps[0]


def _deliver(request: Request, connection: Connection, payload: bytes) -> Response:
    """Hand `payload` to the inbox, once per Idempotency-Key, and answer 202."""
    content_type = bodies.content_type(request)

    def receive() -> tuple[int, Any]:
        received = inbox.receive(
            payload,
            connection=connection,
            channel="api",
            content_type=content_type,
            entered_by=request.user.get_username() if isinstance(request.user, User) else "",
        )
        return status.HTTP_202_ACCEPTED, InterchangeSerializer(received.interchange).data

    code, answer = idempotency.once(
        caller_key(request),
        request.headers.get(HEADER, ""),
        # A key is for one delivery: the same bytes for another connection are another one.
        body=f"{connection.code} {content_type}\n".encode() + payload,
        do=receive,
        now=clock.now(),
    )
    return Response(answer, status=code)
