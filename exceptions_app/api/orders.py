"""Orders as mirrored, with the position of every line: ordered, confirmed, shipped, received, invoiced."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets

from erp_connectors.canonical.documents import InvoiceKind, LineAnswer
from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import Item, OrderLine, PurchaseOrder, Supplier
from erp_connectors.documents.position import AnswerFact, ShipmentFact
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.api.access import Scoped, within
from exceptions_app.api.paging import ByNumber, NewestFirst
from exceptions_app.overrides.models import OverrideKind
from exceptions_app.overrides.stated import position_of

SMALLEST = Decimal("0.000001")
Signed = tuple[int, Quantity | None]
Total = Callable[[Iterable[Signed]], Decimal | None]


class QuantitiesSerializer(serializers.Serializer):
    """What each source last said of a line, as one number in the unit of the order line.

    Null: it has said nothing, or what it said cannot be counted in that unit; `position` has it as it was
    said. Damaged goods are among the received; credited quantities are taken off the invoiced.
    """

    unit = serializers.CharField()
    ordered = serializers.DecimalField(max_digits=20, decimal_places=6)
    confirmed = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    shipped = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    received = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    damaged = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    invoiced = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)


class LineSerializer(serializers.ModelSerializer):
    """A line with its quantities in its own unit, and all that each source last said, as it was said."""

    item = serializers.CharField(source="item_number", read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True, read_only=True)
    quantities = serializers.SerializerMethodField()
    position = serializers.DictField(read_only=True)
    by_hand = serializers.SerializerMethodField()

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
            "quantities",
            "position",
            "by_hand",
        ]
        read_only_fields = fields

    @extend_schema_field(QuantitiesSerializer)
    def get_quantities(self, line: OrderLine) -> dict[str, Any]:
        """The numbers."""
        return dict(QuantitiesSerializer(quantities_of(line)).data)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_by_hand(self, line: OrderLine) -> list[str]:
        """What people state of the line, in words, where `quantities` are not what `position` says."""
        stated = (each for each in line.overrides.all() if each.kind == OverrideKind.POSITION)
        return [f"{each.words}: {each.reason}" for each in stated if each.is_in_force]


class OrderSerializer(serializers.ModelSerializer):
    """An order of the ERP."""

    company = serializers.CharField(source="company.code", read_only=True)
    connection = serializers.CharField(source="connection.code", read_only=True)
    supplier = serializers.CharField(source="supplier.number", read_only=True)
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)

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
        read_only_fields = fields


class OrderDetailSerializer(OrderSerializer):
    """An order with its lines."""

    lines = serializers.SerializerMethodField()

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "lines"]
        read_only_fields = fields

    @extend_schema_field(LineSerializer(many=True))
    def get_lines(self, order: PurchaseOrder) -> list[dict[str, Any]]:
        """The lines the ERP has now, by number."""
        lines = [line for line in order.lines.all() if line.is_present]
        lines.sort(key=lambda line: (len(line.number), line.number))
        return [dict(line) for line in LineSerializer(lines, many=True).data]


class OrderFilter(django_filters.FilterSet):
    """By number, supplier, company and state."""

    number = django_filters.CharFilter()
    supplier = django_filters.CharFilter(field_name="supplier__number")
    company = django_filters.CharFilter(field_name="company__code")
    state = django_filters.CharFilter()

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []


class OrderViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Purchase orders of the caller's companies, read only: the ERP keeps them."""

    scopes = {"*": "orders:read"}
    pagination_class = NewestFirst
    filterset_class = OrderFilter
    queryset = PurchaseOrder.objects.none()

    def get_queryset(self) -> QuerySet[PurchaseOrder]:
        """Only orders of the caller's companies."""
        orders = PurchaseOrder.objects.filter(within(self.request, action="view_orders"))
        orders = orders.select_related("company", "connection", "supplier")
        if self.action == "retrieve":
            return orders.prefetch_related("lines__warehouse", "lines__item__packs", "lines__overrides")
        return orders

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One order comes with its lines."""
        return OrderDetailSerializer if self.action == "retrieve" else OrderSerializer


class SupplierSerializer(serializers.ModelSerializer):
    """A supplier as its ERP has it."""

    company = serializers.CharField(source="company.code", read_only=True)
    connection = serializers.CharField(source="connection.code", read_only=True)

    class Meta:
        model = Supplier
        fields = ["id", "company", "connection", "number", "name", "tier", "country"]
        read_only_fields = fields


class SupplierFilter(django_filters.FilterSet):
    """By number, company and tier."""

    number = django_filters.CharFilter()
    company = django_filters.CharFilter(field_name="company__code")
    tier = django_filters.CharFilter()

    class Meta:
        model = Supplier
        fields: list[str] = []


class SupplierViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Suppliers of the caller's companies, by number."""

    scopes = {"*": "suppliers:read"}
    pagination_class = ByNumber
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilter
    queryset = Supplier.objects.none()

    def get_queryset(self) -> QuerySet[Supplier]:
        """Only suppliers of the caller's companies."""
        suppliers = Supplier.objects.filter(within(self.request, action="view_orders"))
        return suppliers.select_related("company", "connection")


# --- one number for each source -----------------------------------------------------------------------------


def quantities_of(line: OrderLine) -> dict[str, Any]:
    """Return the quantities of a line in its own unit; None for what was not said or cannot be counted."""
    position = position_of(line)
    unit, factors = line.unit, _factors(line.item)

    def total(said: Iterable[Signed]) -> Decimal | None:
        return _total(said, unit, factors)

    return {
        "unit": unit,
        "ordered": line.quantity,
        "confirmed": _confirmed(position.answer, total),
        "shipped": _shipped(position.shipments, total),
        "received": total((1, fact.received) for fact in position.receipts) if position.receipts else None,
        "damaged": (
            total((1, fact.damaged) for fact in position.receipts if fact.damaged)
            if position.receipts
            else None
        ),
        "invoiced": (
            total((-1 if fact.kind is InvoiceKind.CREDIT else 1, fact.quantity) for fact in position.invoices)
            if position.invoices
            else None
        ),
    }


def _confirmed(answer: AnswerFact | None, total: Total) -> Decimal | None:
    """Return what the newest answer offers; a line rejected as a whole is offered nothing of."""
    if answer is None:
        return None
    if answer.offered is not None:
        return total((1, part.quantity) for part in answer.offered)
    is_refused = LineAnswer.REJECTED in answer.answers and answer.rejected is None
    return Decimal(0) if is_refused else None


def _shipped(shipments: Sequence[ShipmentFact], total: Total) -> Decimal | None:
    """Return what was ever shipped: the sum of all notices, or the highest running total one states."""
    if not shipments:
        return None
    stated = [total([(1, fact.shipped_to_date)]) for fact in shipments if fact.shipped_to_date is not None]
    summed = total((1, fact.shipped) for fact in shipments)
    known = [each for each in (*stated, summed) if each is not None]
    return max(known, default=None)


def _factors(item: Item | None) -> dict[str, Decimal]:
    if item is None:
        return {}
    return {pack.unit: pack.factor for pack in item.packs.all()} | {item.base_unit: Decimal(1)}


def _total(said: Iterable[Signed], unit: str, factors: dict[str, Decimal]) -> Decimal | None:
    total = Decimal(0)
    for sign, quantity in said:
        if quantity is None:
            return None
        try:
            total += sign * convert(quantity, unit, factors)
        except UnitUnknown:
            return None
    return total.quantize(SMALLEST)
