"""Cases: the list, one case, its history, and the verbs the caller may use now."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from exceptions_app.api.access import AUTHENTICATION, actor, companies, person, scope
from exceptions_app.api.paging import InOrder, UpdatedFirst
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseLine, CaseState, Severity, Task
from exceptions_app.people.models import ApiToken, Team, User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.playbook import registry


class CaseLineSerializer(serializers.ModelSerializer):
    """One deviation: what was expected, what is, and the tolerance row that decided."""

    class Meta:
        model = CaseLine
        fields = [
            "id",
            "line_number",
            "quantity",
            "unit",
            "amount",
            "currency",
            "expected",
            "actual",
            "evidence",
            "tolerance_id",
            "opened_at",
            "settled_at",
            "cleared_at",
            "cleared_reason",
        ]


class TaskSerializer(serializers.ModelSerializer):
    """Work of a told team."""

    team = serializers.CharField(source="team.code")

    class Meta:
        model = Task
        fields = ["id", "team", "title", "body", "facts", "state", "due_at", "done_at", "outcome"]


class CaseSerializer(serializers.ModelSerializer):
    """A case as a list shows it."""

    company = serializers.CharField(source="company.code")
    type = serializers.CharField(source="type_code")
    team = serializers.CharField(source="team.code")
    owner = serializers.CharField(source="owner.username", default=None)
    supplier = serializers.CharField(source="supplier.number", default=None)
    order = serializers.CharField(source="order.number", default=None)
    severity = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = [
            "number",
            "company",
            "type",
            "headline",
            "state",
            "severity",
            "amount",
            "team",
            "owner",
            "supplier",
            "order",
            "opened_at",
            "updated_at",
            "due_at",
            "escalation_level",
            "closed_at",
            "close_reason",
            "version",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=[severity.name.lower() for severity in Severity]))
    def get_severity(self, case: Case) -> str:
        """The band as a word."""
        return Severity(case.severity).name.lower()


class AllowedActionSerializer(serializers.Serializer):
    """A verb the caller may use on the case now, and the fields it needs."""

    code = serializers.CharField()
    label = serializers.CharField()
    needs = serializers.ListField(child=serializers.CharField())


class CaseDetailSerializer(CaseSerializer):
    """A case with its lines, tasks, and what the caller may do now."""

    lines = CaseLineSerializer(many=True, read_only=True)
    tasks = TaskSerializer(many=True, read_only=True)
    routed_by = serializers.CharField()
    release = serializers.IntegerField(source="release.number")
    actions = serializers.SerializerMethodField()
    resolutions = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = [
            *CaseSerializer.Meta.fields,
            "routed_by",
            "release",
            "lines",
            "tasks",
            "actions",
            "resolutions",
        ]

    @extend_schema_field(AllowedActionSerializer(many=True))
    def get_actions(self, case: Case) -> list[dict[str, Any]]:
        """The verbs allowed to the caller's person; none for a token that acts as nobody."""
        someone = self.context["request"].user
        if not isinstance(someone, User):
            return []
        return AllowedActionSerializer(actions.allowed(case, someone), many=True).data

    def get_resolutions(self, case: Case) -> list[str]:
        """Codes of the resolutions the caller's person may propose."""
        someone = self.context["request"].user
        if not isinstance(someone, User):
            return []
        return [resolution.code for resolution in registry.resolutions_for(case, someone)]


class EventSerializer(serializers.ModelSerializer):
    """One entry of the history."""

    actor = serializers.CharField(source="actor_name")
    release = serializers.IntegerField(source="release.number", default=None)

    class Meta:
        model = Event
        fields = ["id", "at", "kind", "actor", "summary", "before", "after", "reason", "source", "release"]


class CaseFilter(django_filters.FilterSet):
    """The filters of the interface; several states as `state=new&state=assigned`."""

    state = django_filters.MultipleChoiceFilter(choices=CaseState.choices)
    type = django_filters.CharFilter(field_name="type_code")
    team = django_filters.CharFilter(field_name="team__code")
    owner = django_filters.CharFilter(field_name="owner__username")
    supplier = django_filters.CharFilter(field_name="supplier__number")
    order = django_filters.CharFilter(field_name="order__number")
    item = django_filters.CharFilter(method="filter_item")
    severity = django_filters.ChoiceFilter(
        choices=[(severity.name.lower(), severity.label) for severity in Severity], method="filter_severity"
    )
    breached = django_filters.BooleanFilter(method="filter_breached")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Case
        fields: list[str] = []

    def filter_item(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases with a line on this item."""
        lines = CaseLine.objects.filter(order_line__item_number=value)
        return cases.filter(pk__in=lines.values("case"))

    def filter_severity(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases of one band."""
        return cases.filter(severity=Severity[value.upper()])

    def filter_breached(self, cases: QuerySet[Case], name: str, value: bool) -> QuerySet[Case]:
        """Cases with a clock that ran out, or without one."""
        breached = Q(clocks__breached_at__isnull=False, clocks__stopped_at__isnull=True)
        return (
            cases.filter(breached).distinct()
            if value
            else cases.exclude(pk__in=Case.objects.filter(breached))
        )


class ActionSerializer(serializers.Serializer):
    """What a verb may need. `expected_version` is the version the caller read: a stale one is refused."""

    expected_version = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, max_length=1000)
    text = serializers.CharField(required=False, max_length=5000)
    to = serializers.CharField(required=False, help_text="User name")
    team = serializers.CharField(required=False, help_text="Team code")
    severity = serializers.ChoiceField(
        required=False, choices=[severity.name.lower() for severity in Severity]
    )


def cases_for(request: Request) -> QuerySet[Case]:
    """Return the cases the caller may see: a token its company's, a person those of their queues.

    A token that acts as a person sees what both may see.
    """
    cases = visible_cases(request.user) if isinstance(request.user, User) else Case.objects.all()
    return cases.filter(company__in=companies(request)) if isinstance(request.auth, ApiToken) else cases


class CaseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Cases the caller may see, newest change first."""

    authentication_classes = AUTHENTICATION
    pagination_class = UpdatedFirst
    filterset_class = CaseFilter
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]+"
    queryset = Case.objects.none()

    def get_permissions(self) -> list[BasePermission]:
        """Reading and acting are different scopes."""
        return [scope("cases:write" if self.action == "act" else "cases:read")()]

    def get_queryset(self) -> QuerySet[Case]:
        """Only what the caller may see."""
        cases = cases_for(self.request).select_related(
            "company", "team", "owner", "supplier", "order", "release"
        )
        return cases.prefetch_related("lines", "tasks__team") if self.action == "retrieve" else cases

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One case comes whole."""
        return CaseDetailSerializer if self.action in ("retrieve", "act") else CaseSerializer

    @extend_schema(responses=EventSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=InOrder, filterset_class=None)
    def events(self, request: Request, number: str) -> Response:
        """The history of the case, oldest first."""
        events = Event.objects.filter(case=self.get_object()).select_related("release")
        page = self.paginate_queryset(events)
        return self.get_paginated_response(EventSerializer(page, many=True).data)

    @extend_schema(request=ActionSerializer, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"], url_path=r"actions/(?P<verb>[a-z_]+)")
    def act(self, request: Request, number: str, verb: str) -> Response:
        """Use a verb that the case lists under `actions`."""
        case = self.get_object()
        someone = person(request)
        allowed = {each.code: each for each in actions.allowed(case, someone)}
        if verb not in allowed:
            can = ", ".join(sorted(allowed)) or "nothing"
            raise exceptions.PermissionDenied(f"{someone} cannot {verb} {case.number} now, only: {can}.")
        given = ActionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = arguments(case, allowed[verb].needs, given.validated_data)
        getattr(actions, verb)(
            case, by=actor(request), expected_version=given.validated_data.get("expected_version"), **wanted
        )
        return Response(self.get_serializer(self.get_object()).data)


def arguments(case: Case, needs: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a verb. Raises ValidationError naming what is missing or unknown."""
    missing = [name for name in needs if not given.get(name)]
    if missing:
        raise exceptions.ValidationError(dict.fromkeys(missing, "This is needed."))
    wanted: dict[str, Any] = {name: given[name] for name in needs}
    if "to" in wanted:
        wanted["to"] = get_object_or_404(User, username=wanted["to"], memberships__team__company=case.company)
    if "team" in wanted:
        wanted["team"] = get_object_or_404(Team, company=case.company, code=wanted["team"])
    if "severity" in wanted:
        wanted["severity"] = Severity[wanted["severity"].upper()]
    return wanted


class TaskViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Tasks on the cases the caller may see."""

    authentication_classes = AUTHENTICATION
    serializer_class = TaskSerializer
    filterset_fields = ["state", "team__code"]
    queryset = Task.objects.none()

    def get_permissions(self) -> list[BasePermission]:
        """Reading and completing are different scopes."""
        return [scope("cases:write" if self.action == "complete" else "cases:read")()]

    def get_queryset(self) -> QuerySet[Task]:
        """Only tasks of visible cases."""
        return Task.objects.filter(case__in=cases_for(self.request)).select_related("team", "case")

    @extend_schema(request=ActionSerializer, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Say that the task is done, and what came of it (`reason`)."""
        person(request)
        task = self.get_object()
        outcome = str(request.data.get("reason", ""))
        task = actions.complete_task(task, by=actor(request), outcome=outcome)
        return Response(TaskSerializer(task).data)
