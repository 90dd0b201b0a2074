"""Orders as mirrored, with the position of every line."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from erp_connectors.documents.models import OrderLine, PurchaseOrder, Supplier
from exceptions_app.api.access import AUTHENTICATION, scope, within
from exceptions_app.api.paging import ByName, NewestFirst


class LineSerializer(serializers.ModelSerializer):
    """A line with what each source last said, in its own units."""

    item = serializers.CharField(source="item_number")
    warehouse = serializers.CharField(source="warehouse.code", default=None)
    position = serializers.JSONField()

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "number",
            "item",
            "description",
            "warehouse",
            "quantity",
            "unit",
            "price",
            "price_per",
            "requested_on",
            "cancelled",
            "answered_at",
            "received_quantity",
            "position",
        ]


class OrderSerializer(serializers.ModelSerializer):
    """An order of the ERP."""

    company = serializers.CharField(source="company.code")
    connection = serializers.CharField(source="connection.code")
    supplier = serializers.CharField(source="supplier.number")
    supplier_name = serializers.CharField(source="supplier.name")

    class Meta:
        model = PurchaseOrder
        fields = [
            "id",
            "company",
            "connection",
            "number",
            "supplier",
            "supplier_name",
            "state",
            "currency",
            "buyer",
            "released_at",
            "version_token",
        ]


class OrderDetailSerializer(OrderSerializer):
    """An order with its lines."""

    lines = serializers.SerializerMethodField()

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "lines"]

    def get_lines(self, order: PurchaseOrder) -> list[dict[str, Any]]:
        """The lines the ERP has now, by number."""
        lines = [line for line in order.lines.all() if line.is_present]
        lines.sort(key=lambda line: (len(line.number), line.number))
        return LineSerializer(lines, many=True).data


class OrderFilter(django_filters.FilterSet):
    """By number, supplier, company and state."""

    number = django_filters.CharFilter()
    supplier = django_filters.CharFilter(field_name="supplier__number")
    company = django_filters.CharFilter(field_name="company__code")
    state = django_filters.CharFilter()

    class Meta:
        model = PurchaseOrder
        fields = ["number", "supplier", "company", "state"]


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Purchase orders of the caller's companies, read only: the ERP keeps them."""

    authentication_classes = AUTHENTICATION
    permission_classes = [scope("orders:read")]
    pagination_class = NewestFirst
    filterset_class = OrderFilter
    queryset = PurchaseOrder.objects.select_related("company", "connection", "supplier")

    def get_queryset(self) -> QuerySet[PurchaseOrder]:
        """Only orders of the caller's companies."""
        orders = super().get_queryset().filter(within(self.request))
        return orders.prefetch_related("lines__warehouse") if self.action == "retrieve" else orders

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One order comes with its lines."""
        return OrderDetailSerializer if self.action == "retrieve" else OrderSerializer


class SupplierSerializer(serializers.ModelSerializer):
    """A supplier as its ERP has it."""

    company = serializers.CharField(source="company.code")
    connection = serializers.CharField(source="connection.code")

    class Meta:
        model = Supplier
        fields = ["id", "company", "connection", "number", "name", "tier", "country"]


class SupplierViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Suppliers of the caller's companies."""

    authentication_classes = AUTHENTICATION
    permission_classes = [scope("suppliers:read")]
    pagination_class = ByName
    serializer_class = SupplierSerializer
    filterset_fields = ["number", "tier"]
    queryset = Supplier.objects.select_related("company", "connection")

    def get_queryset(self) -> QuerySet[Supplier]:
        """Only suppliers of the caller's companies."""
        return super().get_queryset().filter(within(self.request))
