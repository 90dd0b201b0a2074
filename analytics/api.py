"""KPIs over the API: the number, what it is made of, and its definition."""

from datetime import UTC, datetime, timedelta

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.kpis import KPIS, Kpi, Scope
from erp_connectors import clock
from exceptions_app.api.access import Scoped, companies

DEFAULT_PERIOD = timedelta(days=28)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class PeriodSerializer(serializers.Serializer):
    """The period asked for; without one, the last 28 days."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, datetime]) -> dict[str, datetime]:
        """Refuse times before there was anything, and a period that ends before it begins."""
        for name, moment in attrs.items():
            if moment < EARLIEST:
                raise serializers.ValidationError({name: f"Nothing is counted before {EARLIEST:%Y-%m-%d}."})
        if "since" in attrs and "until" in attrs and attrs["until"] <= attrs["since"]:
            raise serializers.ValidationError({"until": "The period ends before it begins."})
        return attrs


class KpiSerializer(serializers.Serializer):
    """A KPI with its two numbers; `percent` is null when nothing was counted."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    definition = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    percent = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)


def _computed(request: Request, kpi: Kpi, now: datetime) -> dict[str, object]:
    asked = PeriodSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    until = asked.validated_data.get("until", now)
    since = asked.validated_data.get("since", until - DEFAULT_PERIOD)
    rate = kpi.compute(Scope(companies=companies(request), since=since, until=until, as_of=now))
    return {
        "code": kpi.code,
        "label": kpi.label,
        "definition": kpi.definition,
        "since": since,
        "until": until,
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "percent": rate.percent,
    }


class KpiListView(Scoped):
    """All KPIs over the caller's companies."""

    scopes = {"*": "kpis:read"}

    @extend_schema(
        operation_id="kpis_list", parameters=[PeriodSerializer], responses=KpiSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return every KPI for the period."""
        now = clock.now()
        return Response(
            KpiSerializer([_computed(request, kpi, now) for kpi in KPIS.values()], many=True).data
        )


class KpiView(Scoped):
    """One KPI over the caller's companies."""

    scopes = {"*": "kpis:read"}

    @extend_schema(operation_id="kpis_retrieve", parameters=[PeriodSerializer], responses=KpiSerializer)
    def get(self, request: Request, code: str) -> Response:
        """Return one KPI for the period."""
        if code not in KPIS:
            raise Http404
        return Response(KpiSerializer(_computed(request, KPIS[code], clock.now())).data)
