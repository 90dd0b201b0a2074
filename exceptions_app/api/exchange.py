"""What comes in and goes out: deliveries, interchanges with their verdicts, commands to the ERP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from erp_connectors import clock
from erp_connectors.companies import Connection
from erp_connectors.exchange import idempotency, inbox, processing
from erp_connectors.exchange.models import Command, Interchange, Transaction
from exceptions_app.api.access import AUTHENTICATION, actor, scope, within
from exceptions_app.api.paging import NewestFirst
from exceptions_app.audit.record import record
from exceptions_app.cases.models import Case
from exceptions_app.people.models import ApiToken

CONTENT_TYPES = ("application/edi-x12", "application/edifact", "application/json", "text/csv")


class AnyBytes(BaseParser):
    """Leaves the body as it is: the inbox keeps the bytes that were sent."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> bytes:
        """Return the body unread."""
        return bytes(stream.read())


class TransactionSerializer(serializers.ModelSerializer):
    """One transaction with its verdict, its findings and the cases its documents touch."""

    documents = serializers.SerializerMethodField()
    cases = serializers.SerializerMethodField()

    class Meta:
        model = Transaction
        fields = [
            "position",
            "kind",
            "control_number",
            "verdict",
            "status",
            "findings",
            "reading",
            "documents",
            "cases",
        ]

    def get_documents(self, transaction: Transaction) -> list[dict[str, str]]:
        """What was recorded from it."""
        return [
            {"id": str(document.pk), "kind": document.kind, "key": document.key}
            for document in transaction.documents.all()
        ]

    def get_cases(self, transaction: Transaction) -> list[str]:
        """Numbers of the cases on the orders its documents name."""
        cases = Case.objects.filter(order__document__transaction=transaction)
        named = [
            reference.order_number
            for document in transaction.documents.all()
            for reference in document.orders.all()
        ]
        connections = [document.connection_id for document in transaction.documents.all()]
        cases |= Case.objects.filter(order__number__in=named, order__connection__in=connections)
        return sorted(set(cases.values_list("number", flat=True)))


class InterchangeSerializer(serializers.ModelSerializer):
    """What was delivered, and what became of it."""

    connection = serializers.CharField(source="connection.code")

    class Meta:
        model = Interchange
        fields = [
            "id",
            "connection",
            "channel",
            "file_name",
            "content_type",
            "size",
            "sha256",
            "received_at",
            "processed_at",
            "status",
            "verdict",
            "findings",
            "envelope",
            "is_test",
        ]


class InterchangeDetailSerializer(InterchangeSerializer):
    """An interchange with its transactions."""

    transactions = TransactionSerializer(many=True, read_only=True)

    class Meta(InterchangeSerializer.Meta):
        fields = [*InterchangeSerializer.Meta.fields, "transactions"]


class InboundView(APIView):
    """Takes one delivery as it is and answers at once; a worker does the rest."""

    authentication_classes = AUTHENTICATION
    permission_classes = [scope("inbound:write")]
    parser_classes = [AnyBytes]

    @extend_schema(
        operation_id="inbound_create",
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=False)],
        request=dict.fromkeys(CONTENT_TYPES, OpenApiTypes.BINARY),
        responses={
            202: InterchangeSerializer,
            409: OpenApiResponse(description="Key used with another body."),
        },
    )
    def post(self, request: Request, connection: str) -> Response:
        """Store the body and answer 202 with the interchange; the same again gets the first answer again."""
        line = get_object_or_404(Connection.objects.filter(within(request)), code=connection, is_active=True)
        content_type = str(request.content_type or "").split(";")[0].strip().lower()
        if content_type not in CONTENT_TYPES:
            raise exceptions.UnsupportedMediaType(
                content_type or "(none)", f"Send one of: {', '.join(CONTENT_TYPES)}."
            )
        return deliver(request, line, request.data, content_type)


class DocumentView(APIView):
    """Takes one canonical document as JSON, for a connection of the caller's company."""

    authentication_classes = AUTHENTICATION
    permission_classes = [scope("documents:write")]
    parser_classes = [AnyBytes]

    @extend_schema(
        operation_id="documents_create",
        parameters=[
            OpenApiParameter("connection", str, OpenApiParameter.QUERY, required=True),
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=False),
        ],
        request={"application/json": OpenApiTypes.OBJECT},
        responses={202: InterchangeSerializer},
    )
    def post(self, request: Request) -> Response:
        """Store one canonical document and answer 202 with its interchange."""
        code = request.query_params.get("connection", "")
        if not code:
            raise exceptions.ValidationError({"connection": "Name the connection the document is about."})
        line = get_object_or_404(Connection.objects.filter(within(request)), code=code, is_active=True)
        inbox.check_document(request.data)
        return deliver(request, line, request.data, "application/json")


def deliver(request: Request, connection: Connection, payload: bytes, content_type: str) -> Response:
    """Hand `payload` to the inbox, once per Idempotency-Key, and answer 202."""

    def receive() -> tuple[int, Any]:
        received = inbox.receive(payload, connection=connection, channel="api", content_type=content_type)
        return status.HTTP_202_ACCEPTED, InterchangeSerializer(received.interchange).data

    key = request.headers.get("Idempotency-Key", "")
    caller = f"token {request.auth.pk}" if isinstance(request.auth, ApiToken) else f"person {request.user.pk}"
    code, answer = idempotency.once(caller, key, body=payload, do=receive, now=clock.now())
    return Response(answer, status=code)


class InterchangeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Deliveries of the caller's companies with their verdicts."""

    authentication_classes = AUTHENTICATION
    pagination_class = NewestFirst
    filterset_fields = ["status", "connection__code", "channel"]
    queryset = Interchange.objects.select_related("connection").defer("payload")

    def get_permissions(self) -> list[Any]:
        """Reading and replaying are different scopes."""
        return [scope("interchanges:write" if self.action == "replay" else "interchanges:read")()]

    def get_queryset(self) -> QuerySet[Interchange]:
        """Only deliveries of the caller's companies."""
        deliveries = super().get_queryset().filter(within(self.request, "connection__company"))
        if self.action == "retrieve":
            return deliveries.prefetch_related("transactions__documents__orders")
        return deliveries

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One interchange comes with its transactions."""
        return InterchangeDetailSerializer if self.action == "retrieve" else InterchangeSerializer

    @extend_schema(request=None, responses={202: InterchangeSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: UUID) -> Response:
        """Process the interchange again from its kept bytes, with the profiles of today."""
        interchange = self.get_object()
        processing.replay(interchange)
        record(
            "interchange.replayed",
            at=clock.now(),
            summary=f"{interchange} is processed again",
            subject=("interchange", str(interchange.pk)),
            actor=actor(request),
        )
        interchange.refresh_from_db()
        return Response(InterchangeSerializer(interchange).data, status=status.HTTP_202_ACCEPTED)


class CommandSerializer(serializers.ModelSerializer):
    """One write to an ERP, under whose authorisation, and what came of it."""

    connection = serializers.CharField(source="connection.code")
    order = serializers.CharField(source="order.number")

    class Meta:
        model = Command
        fields = [
            "id",
            "connection",
            "order",
            "kind",
            "content",
            "authorisation",
            "case_number",
            "state",
            "attempts",
            "last_error",
            "created_at",
            "sent_at",
            "settled_at",
            "answer",
        ]


class CommandViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Commands to the ERPs of the caller's companies."""

    authentication_classes = AUTHENTICATION
    permission_classes = [scope("orders:read")]
    pagination_class = NewestFirst
    serializer_class = CommandSerializer
    filterset_fields = ["state", "case_number", "kind"]
    queryset = Command.objects.select_related("connection", "order")

    def get_queryset(self) -> QuerySet[Command]:
        """Only commands of the caller's companies."""
        return super().get_queryset().filter(within(self.request, "connection__company"))
