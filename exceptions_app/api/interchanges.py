"""Interchanges as they came in: what became of them, reading them again, and corrected copies."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors.documents.models import Document, PurchaseOrder
from erp_connectors.exchange import corrections
from erp_connectors.exchange.editing import LARGEST
from erp_connectors.exchange.models import (
    Correction,
    Interchange,
    InterchangeStatus,
    Transaction,
    TransactionStatus,
)
from erp_connectors.exchange.work import REFUSED
from exceptions_app import exchange
from exceptions_app.api.access import Scoped, actor, person, within
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.cases.models import Case

#: What a person must be granted in a company to look at what was delivered.
LOOK = "view_exchange"


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


class CorrectionSerializer(serializers.ModelSerializer):
    """A corrected copy that is read in place of an interchange: what was changed, by whom and why."""

    original = serializers.UUIDField(source="original_id", read_only=True)
    corrected = serializers.UUIDField(source="corrected_id", read_only=True)

    class Meta:
        model = Correction
        fields = ["original", "corrected", "diff", "reason", "made_by", "made_at"]
        read_only_fields = fields


class InterchangeDetailSerializer(InterchangeSerializer):
    """An interchange with its transactions, its corrected copies, and the one it is a copy of."""

    transactions = TransactionSerializer(many=True, read_only=True)
    corrections = CorrectionSerializer(many=True, read_only=True)
    corrects = serializers.UUIDField(
        source="correction.original_id", default=None, allow_null=True, read_only=True
    )

    class Meta(InterchangeSerializer.Meta):
        fields = [*InterchangeSerializer.Meta.fields, "transactions", "corrections", "corrects"]
        read_only_fields = fields


class InterchangeTextSerializer(serializers.Serializer):
    """An interchange as text, one segment or row on each line."""

    text = serializers.CharField()


class EditedSerializer(serializers.Serializer):
    """The text of `GET interchanges/{id}/text/` with what is corrected in it."""

    text = serializers.CharField(trim_whitespace=False, max_length=LARGEST)


class EditedWithReasonSerializer(EditedSerializer):
    """An edited text, and why it is corrected."""

    reason = serializers.CharField(max_length=500)


class TriedTransactionSerializer(serializers.Serializer):
    """What a transaction of the edited copy would become."""

    position = serializers.IntegerField()
    kind = serializers.CharField()
    control_number = serializers.CharField()
    verdict = serializers.CharField()
    status = serializers.ChoiceField(choices=TransactionStatus.choices)
    findings = serializers.ListField(child=serializers.DictField())


class TriedOutSerializer(serializers.Serializer):
    """What would come of the edited copy; `received`: it cannot be told now, and would be tried later."""

    status = serializers.ChoiceField(choices=InterchangeStatus.choices, source="interchange.status")
    verdict = serializers.CharField(source="interchange.verdict")
    findings = serializers.ListField(child=serializers.DictField(), source="interchange.findings")
    transactions = TriedTransactionSerializer(many=True)
    diff = serializers.CharField()


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

    scopes = {
        "replay": "interchanges:write",
        "correct": "interchanges:write",
        "*": "interchanges:read",
    }
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
            whole = deliveries.select_related("connection__company", "correction")
            return whole.prefetch_related("transactions__documents__orders", "corrections")
        return deliveries

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One interchange comes with its transactions."""
        return InterchangeDetailSerializer if self.action == "retrieve" else InterchangeSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One delivery, with the verdict, documents and cases of each transaction."""
        interchange = self.get_object()
        context = {**self.get_serializer_context(), "cases": cases_of(interchange)}
        return Response(InterchangeDetailSerializer(interchange, context=context).data)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses={202: InterchangeSerializer})
    @action(detail=True, methods=["post"], filterset_class=None)
    @once
    def replay(self, request: Request, pk: UUID) -> Response:
        """Process the interchange again from its kept bytes, with the profiles of today."""
        interchange = exchange.read_again(self.get_object(), by=actor(request))
        return Response(InterchangeSerializer(interchange).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=InterchangeTextSerializer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def text(self, request: Request, pk: UUID) -> Response:
        """The interchange as text to edit, one segment or row on each line."""
        return Response(InterchangeTextSerializer({"text": corrections.text_of(self.get_object())}).data)

    @extend_schema(request=EditedSerializer, responses=TriedOutSerializer)
    @action(detail=True, methods=["post"], url_path="corrections/preview", filterset_class=None)
    def try_correction(self, request: Request, pk: UUID) -> Response:
        """Say what would come of an edited copy, and change nothing."""
        someone = person(request)
        interchange = self.get_object()
        given = EditedSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        tried = exchange.try_out(interchange, text=given.validated_data["text"], person=someone)
        return Response(TriedOutSerializer(tried).data)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=EditedWithReasonSerializer,
        responses={202: CorrectionSerializer},
    )
    @action(detail=True, methods=["post"], url_path="corrections", filterset_class=None)
    @once
    def correct(self, request: Request, pk: UUID) -> Response:
        """Have an edited copy read in place of the interchange, which stays as it came."""
        person(request)
        interchange = self.get_object()
        given = EditedWithReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        correction = exchange.correct(interchange, by=actor(request), **given.validated_data)
        return Response(CorrectionSerializer(correction).data, status=status.HTTP_202_ACCEPTED)


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
            *(on_documents.get((each.connection_id, *each.group), ()) for each in of_transaction),
            on_message if row in refused else (),
        )
        for row, of_transaction in documents.items()
    }


def _cases_on(documents: Iterable[Iterable[Document]]) -> dict[tuple[Any, ...], set[str]]:
    """Return the cases on documents, by their connection and what all revisions of each share."""
    groups = {(each.connection_id, *each.group) for some in documents for each in some}
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
