"""One decision over several cases: of an incident, or of one order such as a whole confirmation."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from exceptions_app.api.access import Scoped, actor, cases_for, cases_named, person, within
from exceptions_app.api.decisions import (
    PreviewLineSerializer,
    PreviewNeedSerializer,
    ProposalSerializer,
    lines_shown,
    whole_proposals,
)
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.incidents import decide
from exceptions_app.incidents.models import Incident
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.proposals import together
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from exceptions_app.proposals.together import Wanted, Whole


class DecisionSerializer(serializers.Serializer):
    """What is decided for one case; `inputs` as `cases/{number}/resolutions/` asks for them."""

    case = serializers.CharField(max_length=32)
    resolution = serializers.CharField(max_length=40)
    inputs = serializers.DictField(required=False, default=dict)
    expected_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class NewBundleSerializer(serializers.Serializer):
    """Either an `incident` with one `resolution` and the `lines` it is for, or `decisions` of one order.

    `lines`: line numbers by the number of their case; without them all that `decidable` names.
    """

    incident = serializers.CharField(required=False, max_length=32)
    resolution = serializers.CharField(required=False, max_length=40)
    inputs = serializers.DictField(required=False, default=dict)
    lines = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=64)), required=False
    )
    decisions = DecisionSerializer(many=True, required=False)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let it be one of the two. Raises ValidationError."""
        if ("incident" in attrs) == bool(attrs.get("decisions")):
            raise serializers.ValidationError("Name an incident, or decisions on cases of one order.")
        if "incident" in attrs and "resolution" not in attrs:
            raise serializers.ValidationError({"resolution": "This is needed."})
        return attrs


class BundlePartSerializer(serializers.Serializer):
    """What it would do in one case, or what is wrong with it there."""

    case = serializers.CharField()
    summary = serializers.CharField()
    lines = PreviewLineSerializer(many=True)
    amount = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    writes_to_erp = serializers.BooleanField()
    problems = serializers.ListField(child=serializers.CharField())


class BundlePreviewSerializer(serializers.Serializer):
    """What deciding would do: case by case, what it costs together, and whom that needs."""

    parts = BundlePartSerializer(many=True)
    amount = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    needs = PreviewNeedSerializer(many=True)


class BundleSerializer(serializers.ModelSerializer):
    """A decision over several cases. `resolution` is empty where they differ."""

    incident = serializers.CharField(source="incident.number", default=None, allow_null=True, read_only=True)
    proposed_by = serializers.CharField(source="proposed_by.username", read_only=True)

    class Meta:
        model = Bundle
        fields = ["id", "incident", "resolution", "amount", "reason", "proposed_by", "created_at"]
        read_only_fields = fields


class BundleDetailSerializer(BundleSerializer):
    """A decision with its proposals, as far as the caller sees their cases."""

    proposals = ProposalSerializer(many=True, read_only=True)

    class Meta(BundleSerializer.Meta):
        fields = [*BundleSerializer.Meta.fields, "proposals"]
        read_only_fields = fields


class ConsentSerializer(serializers.Serializer):
    """What is approved: each proposal with the `values_hash` of the values that were read."""

    proposals = serializers.DictField(child=serializers.CharField(max_length=64))
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class ConsentGivenSerializer(serializers.Serializer):
    """What became of one approval; `detail` says why it could not be given."""

    proposal = serializers.UUIDField()
    case = serializers.CharField()
    is_given = serializers.BooleanField()
    state = serializers.ChoiceField(choices=ProposalState.choices)
    detail = serializers.CharField()


class BundleFilter(django_filters.FilterSet):
    """By incident and order."""

    incident = django_filters.CharFilter(field_name="incident__number")
    order = django_filters.CharFilter(method="filter_order")

    class Meta:
        model = Bundle
        fields: list[str] = []

    def filter_order(self, bundles: QuerySet[Bundle], name: str, value: str) -> QuerySet[Bundle]:
        """Decisions over cases of this order."""
        about = Proposal.objects.filter(bundle=OuterRef("pk"), case__order__number=value)
        return bundles.filter(Exists(about))


class BundleViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Decisions over several cases, of which the caller sees at least one, newest first."""

    scopes = {"create": "cases:write", "approve": "cases:write", "*": "cases:read"}
    pagination_class = NewestFirst
    filterset_class = BundleFilter
    queryset = Bundle.objects.none()

    def get_queryset(self) -> QuerySet[Bundle]:
        """Only decisions on visible cases, each with the proposals on these."""
        visible = Proposal.objects.filter(case__in=cases_for(self.request))
        bundles = Bundle.objects.filter(Exists(visible.filter(bundle=OuterRef("pk"))))
        bundles = bundles.select_related("incident", "proposed_by")
        if self.action in ("retrieve", "approve"):
            shown = whole_proposals(visible.order_by("case_id", "pk"))
            return bundles.prefetch_related(Prefetch("proposals", shown))
        return bundles

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One decision comes with its proposals."""
        return BundleDetailSerializer if self.action == "retrieve" else BundleSerializer

    @extend_schema(request=NewBundleSerializer, responses=BundlePreviewSerializer)
    @action(detail=False, methods=["post"], filterset_class=None)
    def preview(self, request: Request) -> Response:
        """Say what deciding would do in each case and together, and change nothing."""
        someone = person(request)
        wanted = _wanted(request)
        if "incident" in wanted:
            incident = _incident(request, wanted["incident"])
            _require_open(incident)
            whole = decide.preview(
                incident,
                resolution=wanted["resolution"],
                inputs=wanted["inputs"],
                chosen=_chosen(request, incident, wanted),
                person=someone,
            )
        else:
            whole = together.preview_of_order(_decisions(request, wanted), person=someone)
        return Response(BundlePreviewSerializer(_shown(whole)).data)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=NewBundleSerializer, responses={201: BundleDetailSerializer}
    )
    @once
    def create(self, request: Request) -> Response:
        """Propose it for all of the cases, or for none; at once where the caller's limit covers the whole."""
        person(request)
        wanted = _wanted(request)
        by = actor(request)
        if "incident" in wanted:
            incident = _incident(request, wanted["incident"])
            bundle = decide.propose(
                incident,
                resolution=wanted["resolution"],
                inputs=wanted["inputs"],
                chosen=_chosen(request, incident, wanted),
                reason=wanted["reason"],
                by=by,
            )
        else:
            decisions = _decisions(request, wanted)
            bundle = together.propose_for_order(decisions, reason=wanted["reason"], by=by)
        shown = whole_proposals(Proposal.objects.order_by("case_id", "pk"))
        made = Bundle.objects.select_related("incident", "proposed_by").prefetch_related(
            Prefetch("proposals", shown)
        )
        return Response(BundleDetailSerializer(made.get(pk=bundle.pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=ConsentSerializer, responses=ConsentGivenSerializer(many=True)
    )
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    @once
    def approve(self, request: Request, pk: UUID) -> Response:
        """Approve proposals of it, each for the values that were read; one refused holds up no other."""
        person(request)
        known = {str(proposal.pk): proposal for proposal in self.get_object().proposals.all()}
        given = ConsentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        hashes = given.validated_data["proposals"]
        unknown = [key for key in hashes if key not in known]
        if unknown or not hashes:
            told = f"None of this decision: {', '.join(unknown)}." if unknown else "Name what you approve."
            raise exceptions.ValidationError({"proposals": told})
        outcome = together.approve(
            {known[key]: value for key, value in hashes.items()},
            by=actor(request),
            comment=given.validated_data["comment"],
        )
        rows = [
            {
                "proposal": each.proposal.pk,
                "case": each.proposal.case.number,
                "is_given": each.is_done,
                "state": each.proposal.state,
                "detail": each.words,
            }
            for each in outcome
        ]
        return Response(ConsentGivenSerializer(rows, many=True).data)


def _wanted(request: Request) -> dict[str, Any]:
    given = NewBundleSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    wanted: dict[str, Any] = given.validated_data
    return wanted


def _incident(request: Request, number: str) -> Incident:
    """Return the incident that is meant. Raises ValidationError where the caller sees none of that number."""
    found = Incident.objects.filter(within(request), number=number).select_related("company").first()
    if found is None:
        raise exceptions.ValidationError({"incident": f"There is no incident {number}."})
    return found


def _require_open(incident: Incident) -> None:
    if not incident.is_live:
        raise NotAllowed(f"{incident.number} is over: {incident.get_state_display().lower()}.")


def _chosen(request: Request, incident: Incident, wanted: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lines chosen of each case. Raises ValidationError for one that is not to be decided."""
    free = {
        case.number: [line.line_number for line in lines]
        for case, lines in decide.decidable(incident, person(request))
    }
    chosen: dict[str, list[str]] = wanted.get("lines", free)
    unknown = [
        f"{number} / {line}"
        for number, lines in chosen.items()
        for line in lines
        if line not in free.get(number, ())
    ]
    if unknown:
        raise exceptions.ValidationError({"lines": f"Not to be decided by you: {', '.join(unknown)}."})
    return chosen


def _decisions(request: Request, wanted: dict[str, Any]) -> list[Wanted]:
    decisions = wanted["decisions"]
    cases = {case.number: case for case in cases_named(request, [each["case"] for each in decisions])}
    return [
        Wanted(
            case=cases[each["case"]],
            resolution=each["resolution"],
            inputs=each["inputs"],
            expected_version=each["expected_version"],
        )
        for each in decisions
    ]


def _shown(whole: Whole) -> dict[str, Any]:
    """Return a preview as plain values."""
    return {
        "parts": [
            {
                "case": part.case.number,
                "summary": part.decision.plan.summary if part.decision else "",
                "lines": lines_shown(part.decision.plan.lines) if part.decision else [],
                "amount": part.decision.amount if part.decision else None,
                "writes_to_erp": part.decision is not None and part.decision.plan.command is not None,
                "problems": [problem.message for problem in part.problems],
            }
            for part in whole.parts
        ],
        "amount": whole.amount,
        "currency": whole.currency,
        "needs": whole.needs,
    }
