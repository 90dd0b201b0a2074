"""What types in shadow would have opened."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets

from exceptions_app.api.access import Scoped, within
from exceptions_app.api.case_shapes import SEVERITIES
from exceptions_app.api.moments import MomentFilter
from exceptions_app.api.paging import NewestFirst
from exceptions_app.cases.models import Severity
from exceptions_app.shadow.models import ShadowFinding


class ShadowFindingSerializer(serializers.ModelSerializer):
    """One deviation of a type in shadow, as the case line it would have been; `at_risk` in company currency.

    `team` is where the rules would have sent it. `cleared_at` null: it is still so.
    """

    company = serializers.CharField(source="company.code", read_only=True)
    type = serializers.CharField(source="type_code", read_only=True)
    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    order = serializers.CharField(source="order.number", default=None, allow_null=True, read_only=True)
    document = serializers.CharField(source="document.number", default=None, allow_null=True, read_only=True)
    team = serializers.CharField(source="team.code", read_only=True)
    release = serializers.IntegerField(source="release.number", read_only=True)
    severity = serializers.SerializerMethodField()
    expected = serializers.DictField(read_only=True)
    actual = serializers.DictField(read_only=True)

    class Meta:
        model = ShadowFinding
        fields = [
            "id",
            "company",
            "type",
            "headline",
            "severity",
            "at_risk",
            "team",
            "supplier",
            "order",
            "document",
            "line_number",
            "quantity",
            "unit",
            "amount",
            "currency",
            "expected",
            "actual",
            "release",
            "found_at",
            "updated_at",
            "cleared_at",
            "cleared_reason",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=SEVERITIES))
    def get_severity(self, finding: ShadowFinding) -> str:
        """The band as a word."""
        return Severity(finding.severity).name.lower()


class ShadowFindingFilter(django_filters.FilterSet):
    """By type, supplier and order; `open` true: still so, false: ended."""

    type = django_filters.CharFilter(field_name="type_code")
    supplier = django_filters.CharFilter(field_name="supplier__number")
    order = django_filters.CharFilter(field_name="order__number")
    open = django_filters.BooleanFilter(field_name="cleared_at", lookup_expr="isnull")
    found_after = MomentFilter(field_name="found_at", lookup_expr="gt")

    class Meta:
        model = ShadowFinding
        fields: list[str] = []


class ShadowFindingViewSet(Scoped, mixins.ListModelMixin, viewsets.GenericViewSet):
    """What types in shadow would have opened in the caller's companies, newest first."""

    scopes = {"*": "cases:read"}
    pagination_class = NewestFirst
    serializer_class = ShadowFindingSerializer
    filterset_class = ShadowFindingFilter
    queryset = ShadowFinding.objects.none()

    def get_queryset(self) -> QuerySet[ShadowFinding]:
        """Only of companies in which the caller may see it: a person as a leader or an auditor."""
        found = ShadowFinding.objects.filter(within(self.request, action="view_shadow"))
        return found.select_related("company", "supplier", "order", "document", "team", "release")
