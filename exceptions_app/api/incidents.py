"""Incidents: what came together, whether it is one thing, and one message to the supplier about all of it."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from exceptions_app.api.access import Scoped, actor, cases_for, cases_named, person, within
from exceptions_app.api.case_shapes import ResolutionSerializer
from exceptions_app.api.messages import (
    InquirySerializer,
    MessageSerializer,
    MessageWordsSerializer,
    inquiry_of,
)
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.asking.ask import STATES as ASKABLE
from exceptions_app.asking.ask import ask_about
from exceptions_app.asking.draft import draft, inquiries_for
from exceptions_app.cases.models import Case
from exceptions_app.incidents import actions
from exceptions_app.incidents.decide import decidable
from exceptions_app.incidents.models import Incident, IncidentState
from exceptions_app.incidents.queries import with_figures
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may_in_company, those_allowed
from exceptions_app.playbook import registry
from exceptions_app.proposals.together import MOST_CASES
from suppliers.messaging.outbox import messages_about
from suppliers.profiles import Language

NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH)
#: The verbs of an incident that people are suggested, or have confirmed, and what each needs.
VERBS: dict[str, tuple[str, ...]] = {
    "confirm": ("cause",),
    "dismiss": ("reason",),
    "add": ("cases", "reason"),
    "take_out": ("cases", "reason"),
}


class IncidentSerializer(serializers.ModelSerializer):
    """Cases of one type at one supplier that came together, with how much of it is open.

    The figures are of all its cases; which of them the caller sees, `GET cases/?incident=` says. `value`
    and `expected_loss` are of the open ones, in the company's currency; null where there is none to count.
    """

    company = serializers.CharField(source="company.code", read_only=True)
    supplier = serializers.CharField(source="supplier.number", read_only=True)
    type = serializers.CharField(source="type_code", read_only=True)
    state = serializers.ChoiceField(choices=IncidentState.choices, read_only=True)
    cases = serializers.IntegerField(source="case_count", read_only=True)
    open_cases = serializers.IntegerField(source="open_count", read_only=True)
    orders = serializers.IntegerField(source="order_count", read_only=True)
    value = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True, read_only=True)
    expected_loss = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True, read_only=True)
    currency = serializers.CharField(source="company.currency", read_only=True)
    decided_by = serializers.CharField(
        source="decided_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Incident
        fields = [
            "number",
            "company",
            "supplier",
            "type",
            "state",
            "cause",
            "cases",
            "open_cases",
            "orders",
            "value",
            "expected_loss",
            "currency",
            "suggested_at",
            "joined_at",
            "decided_at",
            "decided_by",
            "ended_at",
            "version",
        ]
        read_only_fields = fields


class IncidentDetailSerializer(IncidentSerializer):
    """An incident with the verbs the caller may use on it now."""

    actions = serializers.SerializerMethodField()

    class Meta(IncidentSerializer.Meta):
        fields = [*IncidentSerializer.Meta.fields, "actions"]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=list(VERBS))))
    def get_actions(self, incident: Incident) -> list[str]:
        """The verbs allowed to the caller's person; none for a token that acts as nobody."""
        someone = self.context["request"].user
        if not isinstance(someone, User) or not incident.is_live:
            return []
        return list(VERBS) if may_in_company(someone, "manage_incidents", incident.company) else []


class IncidentActionSerializer(serializers.Serializer):
    """What a verb needs: `confirm` a cause, `dismiss` a reason, `add` and `take_out` both
    the numbers of cases and a reason.
    """

    cause = serializers.CharField(required=False, max_length=500)
    reason = serializers.CharField(required=False, max_length=1000)
    cases = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, max_length=MOST_CASES
    )
    expected_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class IncidentQuestionSerializer(MessageWordsSerializer):
    """What is asked, about which of its cases; without `cases` about all the caller may ask about."""

    inquiry = serializers.CharField(max_length=32)
    cases = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, max_length=MOST_CASES
    )


class UndecidedSerializer(serializers.Serializer):
    """An open case of the incident that the caller may decide, with its undecided lines."""

    case = serializers.CharField()
    headline = serializers.CharField()
    order = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    lines = serializers.ListField(child=serializers.CharField())


class TogetherSerializer(serializers.Serializer):
    """What can be decided for an incident at once: which cases and lines, and the resolutions with fields."""

    cases = UndecidedSerializer(many=True)
    resolutions = ResolutionSerializer(many=True)


class IncidentFilter(django_filters.FilterSet):
    """By state (several as `state=suggested&state=confirmed`), supplier and type."""

    state = django_filters.MultipleChoiceFilter(choices=IncidentState.choices, distinct=False)
    supplier = django_filters.CharFilter(field_name="supplier__number")
    type = django_filters.CharFilter(field_name="type_code")

    class Meta:
        model = Incident
        fields: list[str] = []


class IncidentViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Incidents of the caller's companies, newest first."""

    scopes = {"act": "cases:write", "ask": "cases:write", "*": "cases:read"}
    pagination_class = NewestFirst
    filterset_class = IncidentFilter
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]+"
    queryset = Incident.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        """Only incidents of the caller's companies."""
        incidents = Incident.objects.filter(within(self.request))
        return with_figures(incidents.select_related("company", "supplier", "decided_by"))

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One incident says what may be done with it."""
        return IncidentDetailSerializer if self.action in ("retrieve", "act") else IncidentSerializer

    @extend_schema(
        parameters=[
            NUMBER,
            OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=list(VERBS)),
            IDEMPOTENCY_KEY,
        ],
        request=IncidentActionSerializer,
        responses=IncidentDetailSerializer,
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=f"actions/(?P<verb>{'|'.join(VERBS)})",
        filterset_class=None,
    )
    @once
    def act(self, request: Request, number: str, verb: str) -> Response:
        """Confirm with a cause, dismiss with a reason; add cases or take them out, with a reason too."""
        person(request)
        incident = self.get_object()
        given = IncidentActionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        missing = [name for name in VERBS[verb] if not wanted.get(name)]
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This is needed."))
        by, version = actor(request), wanted["expected_version"]
        if verb == "confirm":
            actions.confirm(incident, cause=wanted["cause"], by=by, expected_version=version)
        elif verb == "dismiss":
            actions.dismiss(incident, reason=wanted["reason"], by=by, expected_version=version)
        else:
            change = actions.add if verb == "add" else actions.take_out
            change(incident, cases_named(request, wanted["cases"]), reason=wanted["reason"], by=by)
        return Response(self.get_serializer(self.get_queryset().get(pk=incident.pk)).data)

    @extend_schema(parameters=[NUMBER], responses=TogetherSerializer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def decidable(self, request: Request, number: str) -> Response:
        """What the caller's person can decide for all of it at once (`POST bundles/`)."""
        someone = person(request)
        incident = self.get_object()
        cases = decidable(incident, someone) if incident.is_live else []
        resolutions = registry.common_resolutions(*cases[0], someone) if cases else []
        shown = {
            "cases": [
                {
                    "case": case.number,
                    "headline": case.headline,
                    "order": case.order.number if case.order else None,
                    "version": case.version,
                    "lines": [line.line_number for line in lines],
                }
                for case, lines in cases
            ],
            "resolutions": resolutions,
        }
        return Response(TogetherSerializer(shown).data)

    @extend_schema(
        parameters=[NUMBER, OpenApiParameter("language", str, enum=Language.values)],
        responses=InquirySerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def inquiries(self, request: Request, number: str) -> Response:
        """What the supplier can be asked about all of it in one message, and what would be written."""
        someone = person(request)
        cases = askable(request, self.get_object(), someone)
        if not cases:
            return Response([])
        language = request.query_params.get("language", "")
        chosen = Language(language) if language in Language.values else None
        written = [
            draft(cases, person=someone, at=clock.now(), inquiry=inquiry, language=chosen)
            for inquiry in inquiries_for(cases)
        ]
        return Response(InquirySerializer([inquiry_of(each) for each in written], many=True).data)

    @extend_schema(
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=IncidentQuestionSerializer,
        responses={201: MessageSerializer},
    )
    @action(detail=True, methods=["post"], filterset_class=None)
    @once
    def ask(self, request: Request, number: str) -> Response:
        """Send the supplier one message about its cases, which then all wait for the answer."""
        someone = person(request)
        incident = self.get_object()
        given = IncidentQuestionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        written = dict(given.validated_data)
        numbers = written.pop("cases", None)
        cases = askable(request, incident, someone)
        if numbers is not None:
            cases = [case for case in cases_named(request, numbers) if case.incident_id == incident.pk]
        if not cases:
            raise serializers.ValidationError({"cases": "None of these can be asked about."})
        message = ask_about(cases, by=actor(request), **written)
        sent = messages_about(cases[0].number).get(pk=message.pk)
        return Response(MessageSerializer(sent).data, status=201)


def askable(request: Request, incident: Incident, someone: User) -> list[Case]:
    """Return the cases of an incident that the person may ask the supplier about now."""
    related = ("company", "team", "owner", "supplier", "order", "release")
    cases = cases_for(request).filter(incident=incident, state__in=ASKABLE).select_related(*related)
    return those_allowed(someone, "ask", cases.order_by("-priority", "pk")[:MOST_CASES])
