"""The rules that hold now, read only: each kind is a list, and every row names the release that set it."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.api.access import Scoped, companies
from exceptions_app.api.paging import ByKey, InPosition, NewestFirst
from exceptions_app.policies import lookup
from exceptions_app.policies.models import (
    ApprovalRule,
    ImpactDefaults,
    PolicyRelease,
    PolicyRow,
    Responsibility,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)
from exceptions_app.policies.values import STANDARD_FIGURES


class ReleaseSerializer(serializers.ModelSerializer):
    """A numbered state of the rules."""

    published_by = serializers.CharField(
        source="published_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = PolicyRelease
        fields = ["number", "title", "published_at", "published_by"]
        read_only_fields = fields


class PoliciesSerializer(serializers.Serializer):
    """The release that holds now, and where the rules of each kind are listed."""

    release = ReleaseSerializer()
    tolerances = serializers.URLField()
    terms = serializers.URLField()
    routing_rules = serializers.URLField()
    service_levels = serializers.URLField()
    approval_rules = serializers.URLField()
    impact_defaults = serializers.URLField()
    severity_bands = serializers.URLField()
    type_settings = serializers.URLField()
    responsibilities = serializers.URLField()
    task_templates = serializers.URLField()
    drafts = serializers.URLField()
    backtests = serializers.URLField()
    releases = serializers.URLField()


class PoliciesView(Scoped):
    """What rules there are."""

    scopes = {"*": "policies:read"}

    @extend_schema(operation_id="policies_retrieve", responses=PoliciesSerializer)
    def get(self, request: Request) -> Response:
        """Return the newest release, and the addresses of the lists."""
        companies(request)
        names = (
            "tolerances",
            "terms",
            "routing_rules",
            "service_levels",
            "approval_rules",
            "impact_defaults",
            "severity_bands",
            "type_settings",
            "responsibilities",
            "task_templates",
        )
        places: dict[str, Any] = {
            name: reverse(f"api:{name.replace('_', '-')}-list", request=request) for name in names
        }
        for name in ("draft", "release"):
            places[f"{name}s"] = reverse(f"api:policy-{name}-list", request=request)
        places["backtests"] = reverse("api:backtest-list", request=request)
        return Response(PoliciesSerializer(places | {"release": lookup.current_release()}).data)


class PolicySerializer(serializers.ModelSerializer):
    """What every rule has; a rule without a company holds for all."""

    company = serializers.CharField(source="company.code", default=None, allow_null=True, read_only=True)
    release = serializers.IntegerField(source="release.number", read_only=True)


SCOPE = ["id", "release", "owner", "valid_from", "valid_until", "company"]
LINES = [*SCOPE, "supplier", "item_number", "category", "warehouse"]


class LineScopeSerializer(PolicySerializer):
    """A rule for some order lines; an empty or null scope is any."""

    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True, read_only=True)


class ToleranceSerializer(LineScopeSerializer):
    """How far a value may be off. Each limit is unchecked, zero, or has a value."""

    type = serializers.CharField(source="type_code", read_only=True)

    class Meta:
        model = ToleranceRow
        fields = [
            *LINES,
            "type",
            "direction",
            "percent_state",
            "percent",
            "amount_state",
            "amount",
            "cap_state",
            "cap",
            "mode",
        ]
        read_only_fields = fields


class TermSerializer(LineScopeSerializer):
    """What a supplier owes by when, in business days; null: the default stands."""

    class Meta:
        model = TermRow
        fields = [*LINES, "confirm_days", "transit_days"]
        read_only_fields = fields


class TypeSettingSerializer(LineScopeSerializer):
    """Whether a type is on, off or in shadow there; the most specific setting wins."""

    type = serializers.CharField(source="type_code", read_only=True)

    class Meta:
        model = TypeSetting
        fields = [*LINES, "type", "mode"]
        read_only_fields = fields


class ResponsibilitySerializer(LineScopeSerializer):
    """Who in a team looks after what is in the scope."""

    team = serializers.CharField(source="team.code", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True)

    class Meta:
        model = Responsibility
        fields = [*LINES, "team", "person"]
        read_only_fields = fields


class TaskTemplateSerializer(PolicySerializer):
    """What a team told about a type gets, and in which words."""

    type = serializers.CharField(source="type_code", read_only=True)

    class Meta:
        model = TaskTemplate
        fields = [*SCOPE, "type", "team_code", "kind", "title", "body", "due_hours"]
        read_only_fields = fields


class RoutingRuleSerializer(PolicySerializer):
    """Which team takes a case; the first rule by position whose condition holds decides."""

    team = serializers.CharField(source="team.code", read_only=True)
    person = serializers.CharField(source="person.username", default=None, allow_null=True, read_only=True)
    condition = serializers.DictField(read_only=True)

    class Meta:
        model = RoutingRule
        fields = [*SCOPE, "position", "name", "condition", "team", "person"]
        read_only_fields = fields


class ServiceLevelSerializer(PolicySerializer):
    """Business hours to respond and to resolve at severity high."""

    type = serializers.CharField(source="type_code", read_only=True)

    class Meta:
        model = ServiceLevelRow
        fields = [*SCOPE, "type", "respond_hours", "resolve_hours"]
        read_only_fields = fields


class ApprovalRuleSerializer(PolicySerializer):
    """Who must agree besides the amount limit; an empty type and no resolutions: any."""

    type = serializers.CharField(source="type_code", read_only=True)
    resolutions = serializers.ListField(child=serializers.CharField(), read_only=True)
    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    uncovered_class = serializers.CharField(
        read_only=True, help_text="A or B: where a customer order of that class is uncovered; empty: any."
    )
    steps = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = ApprovalRule
        fields = [
            *SCOPE,
            "name",
            "type",
            "resolutions",
            "supplier",
            "category",
            "uncovered_class",
            "amount_above",
            "percent_above",
            "days_above",
            "charge_above",
            "steps",
        ]
        read_only_fields = fields


class ImpactDefaultsSerializer(LineScopeSerializer):
    """Figures of the expected loss, money in the company's currency; null: a wider row, or the standard."""

    class Meta:
        model = ImpactDefaults
        fields = [*LINES, *STANDARD_FIGURES]
        read_only_fields = fields


class SeverityBandsSerializer(PolicySerializer):
    """From which expected loss on a case is in a band, in the company's currency."""

    class Meta:
        model = SeverityBands
        fields = [*SCOPE, "medium", "high", "critical"]
        read_only_fields = fields


class PolicyViewSet(Scoped, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Rules of one kind that hold today, of the caller's companies and of all."""

    scopes = {"*": "policies:read"}
    pagination_class: type[NewestFirst] = ByKey
    filterset_class = None
    related: tuple[str, ...] = ("company", "release")

    def get_queryset(self) -> QuerySet[PolicyRow]:
        """Only what holds on the day it is in the company, and for rules of all companies in UTC."""
        now = clock.now()
        holds = Q()
        for company in Company.objects.filter(pk__in=companies(self.request)):
            holds |= Q(company=company) & _on(now.astimezone(ZoneInfo(company.time_zone)).date())
        holds |= Q(company=None) & _on(now.date())
        rows: QuerySet[PolicyRow] = super().get_queryset()
        return rows.filter(holds).select_related(*self.related)


def _on(day: date) -> Q:
    return (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_until=None) | Q(valid_until__gte=day))


class ToleranceViewSet(PolicyViewSet):
    """Tolerances that hold today."""

    serializer_class = ToleranceSerializer
    queryset = ToleranceRow.objects.all()
    related = ("company", "release", "supplier", "warehouse")


class TermViewSet(PolicyViewSet):
    """Terms of suppliers that hold today."""

    serializer_class = TermSerializer
    queryset = TermRow.objects.all()
    related = ("company", "release", "supplier", "warehouse")


class RoutingRuleViewSet(PolicyViewSet):
    """Routing rules that hold today, in the order they are tried."""

    pagination_class = InPosition
    serializer_class = RoutingRuleSerializer
    queryset = RoutingRule.objects.filter(is_active=True)
    related = ("company", "release", "team", "person")


class ServiceLevelViewSet(PolicyViewSet):
    """Service levels that hold today."""

    serializer_class = ServiceLevelSerializer
    queryset = ServiceLevelRow.objects.all()


class ApprovalRuleViewSet(PolicyViewSet):
    """Approval rules that hold today."""

    serializer_class = ApprovalRuleSerializer
    queryset = ApprovalRule.objects.all()


class ImpactDefaultsViewSet(PolicyViewSet):
    """Figures of the expected loss that hold today."""

    serializer_class = ImpactDefaultsSerializer
    queryset = ImpactDefaults.objects.all()
    related = ("company", "release", "supplier", "warehouse")


class SeverityBandsViewSet(PolicyViewSet):
    """Severity bands that hold today."""

    serializer_class = SeverityBandsSerializer
    queryset = SeverityBands.objects.all()


class TypeSettingViewSet(PolicyViewSet):
    """Settings of types that hold today."""

    serializer_class = TypeSettingSerializer
    queryset = TypeSetting.objects.all()
    related = ("company", "release", "supplier", "warehouse")


class ResponsibilityViewSet(PolicyViewSet):
    """Responsibilities that hold today."""

    serializer_class = ResponsibilitySerializer
    queryset = Responsibility.objects.all()
    related = ("company", "release", "supplier", "warehouse", "team", "person")


class TaskTemplateViewSet(PolicyViewSet):
    """Templates of alerts and tasks that hold today."""

    serializer_class = TaskTemplateSerializer
    queryset = TaskTemplate.objects.all()
