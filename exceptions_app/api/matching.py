"""Document lines that fit no order line: what they say, what they could be, and a person's word on it."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors.documents.candidates import candidates, said_by
from erp_connectors.documents.matching_by_hand import said_of
from erp_connectors.documents.models import DocumentHead, LineMatch
from erp_connectors.errors import PermanentError
from exceptions_app import matching
from exceptions_app.api.access import Scoped, actor, person, within
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once

LINE = OpenApiParameter("line", int, OpenApiParameter.PATH, description="Its index in the document, from 0.")


class WaitingLineSerializer(serializers.Serializer):
    """A line that fits no order line. `line` null: the document as a whole, which names no order we know."""

    line = serializers.IntegerField(allow_null=True)
    order = serializers.CharField(help_text="The order it names; empty: none.")
    reason = serializers.CharField()


class WaitingDocumentSerializer(serializers.ModelSerializer):
    """A document of which something waits for a match: its lines by the order they name."""

    company = serializers.CharField(source="company.code", read_only=True)
    connection = serializers.CharField(source="connection.code", read_only=True)
    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    document = serializers.UUIDField(source="document_id", read_only=True)
    waiting = serializers.SerializerMethodField()

    class Meta:
        model = DocumentHead
        fields = [
            "id",
            "company",
            "connection",
            "kind",
            "number",
            "supplier",
            "document",
            "first_said_at",
            "waiting",
        ]
        read_only_fields = fields

    @extend_schema_field(WaitingLineSerializer(many=True))
    def get_waiting(self, head: DocumentHead) -> list[dict[str, Any]]:
        """What waits, with the reason."""
        return [
            {"line": entry["line"], "order": order, "reason": entry["reason"]}
            for order, entries in head.loose.items()
            for entry in entries
        ]


class LineMatchSerializer(serializers.ModelSerializer):
    """What a person said of a line; `line` null: of the document as a whole."""

    order = serializers.CharField(source="order_number", read_only=True)
    order_line = serializers.CharField(source="line_number", read_only=True)

    class Meta:
        model = LineMatch
        fields = ["line", "order", "order_line", "made_by", "made_at", "reason"]
        read_only_fields = fields


class DocumentMatchesSerializer(WaitingDocumentSerializer):
    """A document with what waits and what people matched."""

    matches = serializers.SerializerMethodField()

    class Meta(WaitingDocumentSerializer.Meta):
        fields = [*WaitingDocumentSerializer.Meta.fields, "matches"]
        read_only_fields = fields

    @extend_schema_field(LineMatchSerializer(many=True))
    def get_matches(self, head: DocumentHead) -> list[dict[str, Any]]:
        """By line."""
        return [dict(row) for row in LineMatchSerializer(said_of(head).order_by("line"), many=True).data]


class CandidateSerializer(serializers.Serializer):
    """An order line it could be, and why; the likeliest comes first."""

    order = serializers.CharField(source="line.order.number")
    order_line = serializers.CharField(source="line.number")
    item = serializers.CharField(source="line.item_number")
    description = serializers.CharField(source="line.description")
    quantity = serializers.DecimalField(source="line.quantity", max_digits=20, decimal_places=6)
    unit = serializers.CharField(source="line.unit")
    reasons = serializers.ListField(child=serializers.CharField())


class SaidSerializer(serializers.Serializer):
    """What a document line says of itself, and the order lines it could be."""

    order = serializers.CharField(source="said.order_number", allow_null=True)
    line_number = serializers.CharField(source="said.line_number", allow_null=True)
    buyer_item = serializers.CharField(source="said.ids.buyer", allow_null=True)
    supplier_item = serializers.CharField(source="said.ids.supplier", allow_null=True)
    gtin = serializers.CharField(source="said.ids.gtin", allow_null=True)
    quantity = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_null=True)
    price = serializers.CharField(allow_null=True)
    candidates = CandidateSerializer(many=True)


class ChoiceSerializer(serializers.Serializer):
    """Which order line it is. `remember`: its item numbers mean that item in all the supplier sends."""

    line = serializers.IntegerField(min_value=0, max_value=1_000_000)
    order = serializers.CharField(max_length=64)
    order_line = serializers.CharField(max_length=32)
    reason = serializers.CharField(max_length=500, help_text="How you know")
    remember = serializers.BooleanField(required=False, default=False)


class UndoSerializer(serializers.Serializer):
    """Which line a person's word is taken back of, and why."""

    line = serializers.IntegerField(min_value=0, max_value=1_000_000)
    reason = serializers.CharField(max_length=500)


class WaitingFilter(django_filters.FilterSet):
    """By supplier, kind, connection and number; `matched`: those that people matched, waiting or not."""

    matched = django_filters.BooleanFilter(method="filter_matched")
    supplier = django_filters.CharFilter(field_name="supplier__number")
    kind = django_filters.CharFilter()
    connection = django_filters.CharFilter(field_name="connection__code")
    number = django_filters.CharFilter()

    class Meta:
        model = DocumentHead
        fields: list[str] = []

    def filter_matched(self, heads: QuerySet[DocumentHead], name: str, value: bool) -> QuerySet[DocumentHead]:
        """Those of which a person said what a line is, or not."""
        said = LineMatch.objects.filter(
            connection=OuterRef("connection"), kind=OuterRef("kind"), key=OuterRef("key")
        )
        is_matched = Q(Exists(said.filter(supplier=OuterRef("supplier")))) | Q(
            Exists(said.filter(supplier=None)), supplier=None
        )
        return heads.filter(is_matched if value else ~is_matched)


class MatchingViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Documents of the caller's companies of which something waits for a match, newest first."""

    scopes = {"match": "documents:write", "undo": "documents:write", "*": "orders:read"}
    pagination_class = NewestFirst
    filterset_class = WaitingFilter
    queryset = DocumentHead.objects.none()

    def get_queryset(self) -> QuerySet[DocumentHead]:
        """Only documents of companies the caller may see documents of; in the list those that wait."""
        heads = DocumentHead.objects.filter(within(self.request, action="view_documents"))
        heads = heads.select_related("company", "connection", "supplier", "document")
        waits = self.action == "list" and not self.request.query_params.get("matched")
        return heads.exclude(loose={}) if waits else heads

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One document comes with what people said of it."""
        return WaitingDocumentSerializer if self.action == "list" else DocumentMatchesSerializer

    @extend_schema(parameters=[LINE], responses=SaidSerializer, filters=False)
    @action(
        detail=True,
        methods=["get"],
        url_path="lines/(?P<line>[0-9]{1,6})",
        pagination_class=None,
        filterset_class=None,
    )
    def line(self, request: Request, pk: str, line: str) -> Response:
        """What one line says of itself, and what it could be, each with its reasons."""
        head = self.get_object()
        try:
            said = said_by(head, int(line))
        except PermanentError as missing:
            raise NotFound(str(missing)) from missing
        shown = {
            "said": said,
            "quantity": str(said.quantity.value) if said.quantity else None,
            "unit": said.quantity.unit if said.quantity else None,
            "price": str(said.price) if said.price is not None else None,
            "candidates": candidates(head, int(line)),
        }
        return Response(SaidSerializer(shown).data)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=ChoiceSerializer, responses={200: DocumentMatchesSerializer}
    )
    @action(detail=True, methods=["post"], filterset_class=None)
    @once
    def match(self, request: Request, pk: str) -> Response:
        """Say which order line a line is; what waited for that is looked at anew."""
        person(request)
        head = self.get_object()
        given = ChoiceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        matching.match(
            head,
            index=wanted["line"],
            order_number=wanted["order"],
            line_number=wanted["order_line"],
            reason=wanted["reason"],
            remember=wanted["remember"],
            by=actor(request),
        )
        return self._answer(head)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=UndoSerializer, responses={200: DocumentMatchesSerializer}
    )
    @action(detail=True, methods=["post"], filterset_class=None)
    @once
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what a person said of a line, and what it made known of the supplier's item numbers."""
        person(request)
        head = self.get_object()
        given = UndoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        matching.unmatch(head, index=wanted["line"], reason=wanted["reason"], by=actor(request))
        return self._answer(head)

    def _answer(self, head: DocumentHead) -> Response:
        shown = self.get_queryset().get(pk=head.pk)
        return Response(DocumentMatchesSerializer(shown).data, status=status.HTTP_200_OK)
