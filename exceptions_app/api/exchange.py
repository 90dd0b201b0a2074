"""What comes in and goes out: deliveries, interchanges with their verdicts, commands to the ERP."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import django_filters
from django.db import transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from erp_connectors.companies import Connection
from erp_connectors.connectors.registry import has_connector
from erp_connectors.documents.heads import group_of
from erp_connectors.documents.models import Document, PurchaseOrder
from erp_connectors.exchange import idempotency, inbox, processing
from erp_connectors.exchange.models import (
    Command,
    CommandState,
    Interchange,
    InterchangeStatus,
    Transaction,
    TransactionStatus,
)
from erp_connectors.exchange.work import REFUSED
from exceptions_app.api import bodies
from exceptions_app.api.access import Scoped, actor, caller_key, require_in_company, within
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.repeating import HEADER, IDEMPOTENCY_KEY
from exceptions_app.audit.record import record
from exceptions_app.cases.models import Case

#: What a person must be granted in a company to deliver for it, and to look at what was delivered.
DELIVER, LOOK = "replay_interchange", "view_exchange"


class RecordedDocumentSerializer(serializers.Serializer):
    """A document that was recorded from a transaction."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    key = serializers.CharField()


class TransactionSerializer(serializers.ModelSerializer):
    """One transaction with its verdict, its findings and the cases of the orders its documents name."""

    status = serializers.ChoiceField(choices=TransactionStatus.choices, read_only=True)
    findings = serializers.ListField(child=serializers.DictField(), read_only=True)
    reading = serializers.DictField(read_only=True)
    documents = RecordedDocumentSerializer(many=True, read_only=True)
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
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_cases(self, row: Transaction) -> list[str]:
        """Their numbers."""
        return sorted(self.context["cases"].get(row.pk, ()))


class InterchangeSerializer(serializers.ModelSerializer):
    """What was delivered, and what became of it."""

    connection = serializers.CharField(source="connection.code", read_only=True)
    status = serializers.ChoiceField(choices=InterchangeStatus.choices, read_only=True)
    findings = serializers.ListField(child=serializers.DictField(), read_only=True)
    envelope = serializers.DictField(read_only=True)

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
        read_only_fields = fields


class InterchangeDetailSerializer(InterchangeSerializer):
    """An interchange with its transactions."""

    transactions = TransactionSerializer(many=True, read_only=True)

    class Meta(InterchangeSerializer.Meta):
        fields = [*InterchangeSerializer.Meta.fields, "transactions"]
        read_only_fields = fields


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
        received = inbox.receive(payload, connection=connection, channel="api", content_type=content_type)
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


class InterchangeFilter(django_filters.FilterSet):
    """By connection, status and channel."""

    connection = django_filters.CharFilter(field_name="connection__code")
    status = django_filters.ChoiceFilter(choices=InterchangeStatus.choices)
    channel = django_filters.CharFilter()

    class Meta:
        model = Interchange
        fields: list[str] = []


class InterchangeViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Deliveries of the caller's companies with their verdicts, newest first."""

    scopes = {"replay": "interchanges:write", "*": "interchanges:read"}
    pagination_class = NewestFirst
    filterset_class = InterchangeFilter
    queryset = Interchange.objects.none()

    def get_queryset(self) -> QuerySet[Interchange]:
        """Only deliveries of companies whose exchange the caller may see."""
        deliveries = (
            Interchange.objects.filter(within(self.request, "connection__company", LOOK))
            .select_related("connection__company")
            .defer("payload")
        )
        if self.action == "retrieve":
            return deliveries.prefetch_related("transactions__documents__orders")
        return deliveries

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One interchange comes with its transactions."""
        return InterchangeDetailSerializer if self.action == "retrieve" else InterchangeSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One delivery, with the verdict, documents and cases of each transaction."""
        interchange = self.get_object()
        context = {**self.get_serializer_context(), "cases": cases_of(interchange)}
        return Response(InterchangeDetailSerializer(interchange, context=context).data)

    @extend_schema(request=None, responses={202: InterchangeSerializer})
    @action(detail=True, methods=["post"], filterset_class=None)
    def replay(self, request: Request, pk: UUID) -> Response:
        """Process the interchange again from its kept bytes, with the profiles of today."""
        interchange = self.get_object()
        require_in_company(request, DELIVER, interchange.connection.company)
        with transaction.atomic():
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


def cases_of(interchange: Interchange) -> dict[int, set[str]]:
    """Return the numbers of the cases each transaction has to do with: on orders, documents and itself."""
    documents: dict[int, list[Document]] = {
        row.pk: list(row.documents.all()) for row in interchange.transactions.all()
    }
    named = {
        (reference.connection_id, reference.order_number)
        for of_transaction in documents.values()
        for document in of_transaction
        for reference in document.orders.all()
    }
    orders = _orders(named)
    cases: dict[int | None, set[str]] = {}
    for case in Case.objects.filter(order__in=orders.values()).only("order", "number"):
        cases.setdefault(case.order_id, set()).add(case.number)
    on_documents = _cases_on(documents.values())
    refused = set(interchange.transactions.filter(status__in=REFUSED).values_list("pk", flat=True))
    on_message = set(Case.objects.filter(interchange=interchange).values_list("number", flat=True))
    return {
        row: {
            number
            for document in of_transaction
            for reference in document.orders.all()
            if (order_id := orders.get((reference.connection_id, reference.order_number))) is not None
            for number in cases.get(order_id, ())
        }.union(
            *(on_documents.get((each.connection_id, *group_of(each)), ()) for each in of_transaction),
            on_message if row in refused else (),
        )
        for row, of_transaction in documents.items()
    }


def _cases_on(documents: Iterable[Iterable[Document]]) -> dict[tuple[Any, ...], set[str]]:
    """Return the cases on documents, by their connection and what all revisions of each share."""
    groups = {(each.connection_id, *group_of(each)) for some in documents for each in some}
    found: dict[tuple[Any, ...], set[str]] = {}
    cases = Case.objects.filter(
        document__connection__in={group[0] for group in groups},
        document__key__in={group[2] for group in groups},
    )
    for case in cases.select_related("document"):
        head = case.document
        if head is not None:
            group = (head.connection_id, head.kind, head.key, head.supplier_id)
            found.setdefault(group, set()).add(case.number)
    return found


def _orders(named: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Return the orders that are in the mirror, by connection and number."""
    wanted = set(named)
    found = PurchaseOrder.objects.filter(
        Q(connection__in={connection for connection, _ in wanted})
        & Q(number__in={number for _, number in wanted})
    )
    return {
        (connection, number): key
        for key, connection, number in found.values_list("pk", "connection", "number")
        if (connection, number) in wanted
    }


class CommandSerializer(serializers.ModelSerializer):
    """One write to an ERP, under whose authorisation, and what came of it."""

    connection = serializers.CharField(source="connection.code", read_only=True)
    order = serializers.CharField(source="order.number", read_only=True)
    content = serializers.DictField(read_only=True)
    authorisation = serializers.DictField(read_only=True)
    state = serializers.ChoiceField(choices=CommandState.choices, read_only=True)
    answer = serializers.DictField(read_only=True)

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
        read_only_fields = fields


class CommandFilter(django_filters.FilterSet):
    """By state, case, order and kind."""

    state = django_filters.ChoiceFilter(choices=CommandState.choices)
    case = django_filters.CharFilter(field_name="case_number")
    order = django_filters.CharFilter(field_name="order__number")
    kind = django_filters.CharFilter()

    class Meta:
        model = Command
        fields: list[str] = []


class CommandViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Commands to the ERPs of the caller's companies, newest first."""

    scopes = {"*": "orders:read"}
    pagination_class = NewestFirst
    serializer_class = CommandSerializer
    filterset_class = CommandFilter
    queryset = Command.objects.none()

    def get_queryset(self) -> QuerySet[Command]:
        """Only commands of the caller's companies."""
        commands = Command.objects.filter(within(self.request, "connection__company"))
        return commands.select_related("connection", "order")
