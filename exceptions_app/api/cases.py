"""Cases: the list, one case, its history, what can be decided, and the verbs the caller may use now."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from exceptions_app.api.access import Scoped, actor, companies, person
from exceptions_app.api.impact import ImpactSerializer
from exceptions_app.api.messages import (
    InquirySerializer,
    MessageSerializer,
    WritingSerializer,
    inquiry_of,
)
from exceptions_app.api.moments import MomentFilter
from exceptions_app.api.paging import ByKey, InOrder, NewestFirst, UpdatedFirst
from exceptions_app.asking.ask import send_again
from exceptions_app.asking.draft import draft, inquiries_for
from exceptions_app.audit.models import Event
from exceptions_app.cases import actions
from exceptions_app.cases.change import StaleVersion, changes_since
from exceptions_app.cases.models import (
    OUR_CLOCKS,
    Case,
    CaseLine,
    CaseState,
    Clock,
    Severity,
    Task,
    TaskState,
)
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.people.models import ApiToken, Team, User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import FieldKind
from suppliers.messaging.outbox import messages_about
from suppliers.profiles import Language

SEVERITIES = [severity.name.lower() for severity in Severity]
VERBS = [verb.code for verb, _ in actions.VERBS]


class CaseLineSerializer(serializers.ModelSerializer):
    """One deviation: what was expected, what is, and the tolerance row that decided."""

    expected = serializers.DictField(read_only=True)
    actual = serializers.DictField(read_only=True)
    evidence = serializers.DictField(read_only=True)

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

    case = serializers.CharField(source="case.number", read_only=True)
    team = serializers.CharField(source="team.code", read_only=True)
    facts = serializers.DictField(read_only=True)

    class Meta:
        model = Task
        fields = ["id", "case", "team", "title", "body", "facts", "state", "due_at", "done_at", "outcome"]
        read_only_fields = fields


class ClockSegmentSerializer(serializers.Serializer):
    """One stretch of time in which a clock ran: its business minutes, once it ended, on a calendar."""

    round = serializers.IntegerField()
    calendar = serializers.CharField(source="calendar.code", default=None, allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    minutes = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)


class ClockSerializer(serializers.ModelSerializer):
    """One promise on the case, ours or the supplier's, in business minutes, with the segments it sums up.

    `used_minutes` are those of the segments of this round that ended; while it runs, `due_at` is when what is
    left will be used up. Who is told when follows `ladder`, as it was when the round began.
    """

    side = serializers.SerializerMethodField()
    calendar = serializers.CharField(source="calendar.code", read_only=True)
    release = serializers.IntegerField(source="release.number", read_only=True)
    ladder = serializers.DictField(read_only=True)
    segments = ClockSegmentSerializer(many=True, read_only=True)

    class Meta:
        model = Clock
        fields = [
            "kind",
            "side",
            "round",
            "calendar",
            "release",
            "row_id",
            "allowed_minutes",
            "used_minutes",
            "running_since",
            "due_at",
            "warned_at",
            "reminders",
            "breached_at",
            "level",
            "stopped_at",
            "ladder",
            "segments",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["ours", "supplier"]))
    def get_side(self, clock: Clock) -> str:
        """Whose promise it is."""
        return "ours" if clock.is_ours else "supplier"


class CaseSerializer(serializers.ModelSerializer):
    """A case as a list shows it."""

    company = serializers.CharField(source="company.code", read_only=True)
    type = serializers.CharField(source="type_code", read_only=True)
    state = serializers.ChoiceField(choices=CaseState.choices, read_only=True)
    team = serializers.CharField(source="team.code", read_only=True)
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, read_only=True)
    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    subject = serializers.CharField(source="subject_kind", read_only=True)
    order = serializers.CharField(source="order.number", default=None, allow_null=True, read_only=True)
    document = serializers.CharField(source="document.number", default=None, allow_null=True, read_only=True)
    interchange = serializers.UUIDField(source="interchange_id", allow_null=True, read_only=True)
    stream = serializers.CharField(source="stream.stream", default=None, allow_null=True, read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True, read_only=True)
    connection = serializers.SerializerMethodField()
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
            "expected_loss",
            "priority",
            "team",
            "owner",
            "supplier",
            "subject",
            "order",
            "document",
            "interchange",
            "stream",
            "connection",
            "warehouse",
            "opened_at",
            "updated_at",
            "due_at",
            "escalation_level",
            "closed_at",
            "close_reason",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=SEVERITIES))
    def get_severity(self, case: Case) -> str:
        """The band as a word."""
        return Severity(case.severity).name.lower()

    def get_connection(self, case: Case) -> str | None:
        """The ERP or mailbox the case comes from."""
        about = case.interchange or case.stream or case.document or case.order
        return about.connection.code if about is not None else None


class AllowedActionSerializer(serializers.Serializer):
    """A verb the caller may use on the case now, the fields it needs, and those it takes besides."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    needs = serializers.ListField(child=serializers.CharField())
    takes = serializers.ListField(child=serializers.CharField())


class CaseDetailSerializer(CaseSerializer):
    """A case with its lines, tasks, clocks, and the verbs the caller may use now."""

    impact = serializers.SerializerMethodField()
    clocks = ClockSerializer(many=True, read_only=True)
    lines = CaseLineSerializer(many=True, read_only=True)
    tasks = TaskSerializer(many=True, read_only=True)
    routed_by = serializers.CharField(read_only=True)
    assigned_by = serializers.CharField(
        source="route.person_words",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="Why the rules gave it to its first owner.",
    )
    release = serializers.IntegerField(source="release.number", read_only=True)
    actions = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = [
            *CaseSerializer.Meta.fields,
            "routed_by",
            "assigned_by",
            "release",
            "impact",
            "clocks",
            "lines",
            "tasks",
            "actions",
        ]
        read_only_fields = fields

    @extend_schema_field(ImpactSerializer(allow_null=True))
    def get_impact(self, case: Case) -> dict[str, Any] | None:
        """The expected loss with every term; null before the case was weighed."""
        return dict(ImpactSerializer(case.impact).data) if case.impact else None

    @extend_schema_field(AllowedActionSerializer(many=True))
    def get_actions(self, case: Case) -> list[dict[str, Any]]:
        """The verbs allowed to the caller's person; none for a token that acts as nobody."""
        someone = self.context["request"].user
        if not isinstance(someone, User):
            return []
        return [
            dict(each) for each in AllowedActionSerializer(actions.allowed(case, someone), many=True).data
        ]


class InputFieldSerializer(serializers.Serializer):
    """A value a resolution asks for; `name` is its key in the inputs of a proposal."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=[kind.value for kind in FieldKind])
    help = serializers.CharField()
    initial = serializers.CharField()
    unit = serializers.CharField()
    line_number = serializers.CharField(allow_null=True)


class ResolutionSerializer(serializers.Serializer):
    """A resolution the caller may propose for the case now, with what has to be entered for it."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    fields = InputFieldSerializer(many=True)  # type: ignore[assignment]


class EventSerializer(serializers.ModelSerializer):
    """One entry of the history."""

    actor = serializers.CharField(source="actor_name", read_only=True)
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)
    release = serializers.IntegerField(source="release.number", default=None, allow_null=True, read_only=True)

    class Meta:
        model = Event
        fields = ["id", "at", "kind", "actor", "summary", "before", "after", "reason", "source", "release"]
        read_only_fields = fields


class CaseFilter(django_filters.FilterSet):
    """The filters of the interface; several states as `state=new&state=assigned`."""

    state = django_filters.MultipleChoiceFilter(choices=CaseState.choices, distinct=False)
    type = django_filters.CharFilter(field_name="type_code")
    team = django_filters.CharFilter(field_name="team__code")
    owner = django_filters.CharFilter(field_name="owner__username")
    supplier = django_filters.CharFilter(field_name="supplier__number")
    order = django_filters.CharFilter(field_name="order__number")
    subject = django_filters.ChoiceFilter(
        field_name="subject_kind", choices=[(kind.value, kind.value) for kind in SubjectKind]
    )
    document = django_filters.CharFilter(field_name="document__number")
    interchange = django_filters.UUIDFilter(field_name="interchange_id")
    connection = django_filters.CharFilter(method="filter_connection")
    warehouse = django_filters.CharFilter(field_name="warehouse__code")
    item = django_filters.CharFilter(method="filter_item")
    severity = django_filters.ChoiceFilter(
        choices=[(name, name) for name in SEVERITIES], method="filter_severity"
    )
    breached = django_filters.BooleanFilter(method="filter_breached")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Case
        fields: list[str] = []

    def filter_item(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases with a line on this item."""
        lines = CaseLine.objects.filter(case=OuterRef("pk"), order_line__item_number=value)
        return cases.filter(Exists(lines))

    def filter_connection(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases about something of this ERP or mailbox."""
        found = Q()
        for about in ("interchange", "stream", "document", "order"):
            found |= Q(**{f"{about}__connection__code": value})
        return cases.filter(found)

    def filter_severity(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Cases of one band."""
        return cases.filter(severity=Severity[value.upper()])

    def filter_breached(self, cases: QuerySet[Case], name: str, value: bool) -> QuerySet[Case]:
        """Cases with a clock of ours that ran out and has not stopped, or without one."""
        out = Exists(
            Clock.objects.filter(
                case=OuterRef("pk"),
                kind__in=OUR_CLOCKS,
                breached_at__isnull=False,
                stopped_at__isnull=True,
            )
        )
        return cases.filter(out) if value else cases.filter(~out)


class ActionSerializer(WritingSerializer):
    """What a verb may need or take, as the case lists it under `needs` and `takes`.

    `expected_version` is the version of the case that was read: if it has changed since, nothing is done.
    """

    expected_version = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, max_length=1000)
    text = serializers.CharField(required=False, max_length=5000)
    to = serializers.CharField(required=False, max_length=150, help_text="User name")
    team = serializers.CharField(required=False, max_length=3, help_text="Team code")
    answer = serializers.CharField(required=False, max_length=1000, help_text="What the supplier said")
    severity = serializers.ChoiceField(required=False, choices=SEVERITIES)


class CompletionSerializer(serializers.Serializer):
    """What came of a task."""

    outcome = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


def cases_for(request: Request) -> QuerySet[Case]:
    """Return the cases the caller may see: a token its company's, a person those of their queues.

    A token that acts as a person sees what both may see.
    """
    cases = visible_cases(request.user) if isinstance(request.user, User) else Case.objects.all()
    return cases.filter(company__in=companies(request)) if isinstance(request.auth, ApiToken) else cases


ABOUT = (
    "order__connection",
    "document__connection",
    "interchange__connection",
    "stream__connection",
    "warehouse",
)
#: Bytes and findings of what a case is about: not shown with it, and large.
UNSHOWN = ("interchange__payload", "interchange__findings", "interchange__envelope", "document__loose")


def with_what_it_is_about(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return cases read together with what a list shows of them."""
    related = cases.select_related("company", "team", "owner", "supplier", "release", *ABOUT)
    return related.defer(*UNSHOWN)


AROUND = (
    "lines",
    "tasks__team",
    Prefetch("clocks", Clock.objects.select_related("calendar", "release").order_by("pk")),
    "clocks__segments__calendar",
)
NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH)


class CaseViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Cases the caller may see, newest change first."""

    scopes = {"act": "cases:write", "send_again": "cases:write", "*": "cases:read"}
    pagination_class = UpdatedFirst
    filterset_class = CaseFilter
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]+"
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        """Only what the caller may see."""
        cases = with_what_it_is_about(cases_for(self.request))
        return cases.prefetch_related(*AROUND) if self.action in ("retrieve", "act") else cases

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One case comes whole."""
        return CaseDetailSerializer if self.action in ("retrieve", "act") else CaseSerializer

    @extend_schema(parameters=[NUMBER], responses=EventSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=InOrder, filterset_class=None)
    def events(self, request: Request, number: str) -> Response:
        """The history of the case, oldest first."""
        events = Event.objects.filter(case=self.get_object()).select_related("release")
        page = self.paginate_queryset(events)
        return self.get_paginated_response(EventSerializer(page, many=True).data)

    @extend_schema(parameters=[NUMBER], responses=ResolutionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def resolutions(self, request: Request, number: str) -> Response:
        """What the caller's person may propose for the case now, with what has to be entered."""
        forms = registry.resolutions_for(self.get_object(), person(request))
        return Response(ResolutionSerializer(forms, many=True).data)

    @extend_schema(
        parameters=[NUMBER, OpenApiParameter("language", str, enum=Language.values)],
        responses=InquirySerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def inquiries(self, request: Request, number: str) -> Response:
        """What the caller's person may ask the supplier about the case, and what would be written."""
        case, someone = self.get_object(), person(request)
        if "ask" not in {each.code for each in actions.allowed(case, someone)}:
            return Response([])
        language = request.query_params.get("language", "")
        chosen = Language(language) if language in Language.values else None
        written = [
            draft([case], person=someone, at=clock.now(), inquiry=inquiry, language=chosen)
            for inquiry in inquiries_for([case])
        ]
        return Response(InquirySerializer([inquiry_of(each) for each in written], many=True).data)

    @extend_schema(parameters=[NUMBER], responses=MessageSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=NewestFirst, filterset_class=None)
    def messages(self, request: Request, number: str) -> Response:
        """The messages to the supplier about the case, newest first."""
        page = self.paginate_queryset(messages_about(self.get_object().number))
        return self.get_paginated_response(MessageSerializer(page, many=True).data)

    @extend_schema(
        parameters=[NUMBER, OpenApiParameter("message", UUID, OpenApiParameter.PATH)],
        request=None,
        responses=MessageSerializer,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="messages/(?P<message>[0-9a-f-]{36})/send-again",
        filterset_class=None,
    )
    def send_again(self, request: Request, number: str, message: str) -> Response:
        """Send a message that failed once more."""
        person(request)
        case = self.get_object()
        failed = get_object_or_404(messages_about(case.number), pk=_uuid_or_404(message))
        send_again(case, failed, by=actor(request))
        return Response(MessageSerializer(messages_about(case.number).get(pk=failed.pk)).data)

    @extend_schema(
        parameters=[NUMBER, OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=VERBS)],
        request=ActionSerializer,
        responses=CaseDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="actions/(?P<verb>[a-z_]+)", filterset_class=None)
    def act(self, request: Request, number: str, verb: str) -> Response:
        """Use a verb that the case lists under `actions`."""
        if verb not in VERBS:
            raise Http404
        case = self.get_object()
        someone = person(request)
        given = ActionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        version = given.validated_data.get("expected_version")
        allowed = {each.code: each for each in actions.allowed(case, someone)}
        if verb not in allowed:
            # Why it is not allowed any more says more than that it is not.
            if version is not None and version < case.version:
                raise StaleVersion(case, changes_since(case, version))
            can = ", ".join(sorted(allowed)) or "nothing"
            raise exceptions.PermissionDenied(f"{someone} cannot {verb} {case.number} now, only: {can}.")
        wanted = arguments(case, allowed[verb], given.validated_data)
        if "cases" in wanted:
            wanted["cases"] = _cases_of(request, wanted["cases"])
        getattr(actions, verb)(case, by=actor(request), expected_version=version, **wanted)
        # Whoever handed it over may no longer see it, and is shown what became of it once more.
        done = with_what_it_is_about(Case.objects.all())
        return Response(self.get_serializer(done.prefetch_related(*AROUND).get(pk=case.pk)).data)


def _uuid_or_404(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _cases_of(request: Request, numbers: list[str]) -> list[Case]:
    """Return more cases by number. Raises ValidationError for one the caller does not see."""
    related = ("company", "team", "owner", "supplier", "order", "release")
    cases = cases_for(request).filter(number__in=numbers).select_related(*related)
    found = {case.number: case for case in cases}
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise exceptions.ValidationError({"cases": f"There is no case {', '.join(unknown)}."})
    return [found[number] for number in numbers]


def arguments(case: Case, verb: actions.AllowedAction, given: dict[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a verb. Raises ValidationError naming what is missing or unknown."""
    missing = [name for name in verb.needs if not given.get(name)]
    if missing:
        raise exceptions.ValidationError(dict.fromkeys(missing, "This is needed."))
    wanted: dict[str, Any] = {name: given[name] for name in (*verb.needs, *verb.takes) if given.get(name)}
    if "to" in wanted:
        people = User.objects.filter(memberships__team__company=case.company, is_active=True).distinct()
        wanted["to"] = people.filter(username=wanted["to"]).first()
    if "team" in wanted:
        wanted["team"] = Team.objects.filter(company=case.company, code=wanted["team"]).first()
    if "severity" in wanted:
        wanted["severity"] = Severity[wanted["severity"].upper()]
    unknown = [name for name, value in wanted.items() if value is None]
    if unknown:
        raise exceptions.ValidationError(
            {name: f"{given[name]!r} is nobody and nothing in {case.company}." for name in unknown}
        )
    return wanted


class TaskFilter(django_filters.FilterSet):
    """By state, team, case and due time."""

    state = django_filters.ChoiceFilter(choices=TaskState.choices)
    team = django_filters.CharFilter(field_name="team__code")
    case = django_filters.CharFilter(field_name="case__number")
    due_before = MomentFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Task
        fields: list[str] = []


class TaskViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Tasks on the cases the caller may see."""

    scopes = {"complete": "cases:write", "*": "cases:read"}
    pagination_class = ByKey
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    queryset = Task.objects.none()

    def get_queryset(self) -> QuerySet[Task]:
        """Only tasks of visible cases."""
        return Task.objects.filter(case__in=cases_for(self.request)).select_related("team", "case")

    @extend_schema(request=CompletionSerializer, responses=TaskSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def complete(self, request: Request, pk: str) -> Response:
        """Say that the task is done, and what came of it."""
        person(request)
        task = self.get_object()
        given = CompletionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actions.complete_task(task, by=actor(request), outcome=given.validated_data["outcome"])
        return Response(TaskSerializer(Task.objects.select_related("team", "case").get(pk=task.pk)).data)
