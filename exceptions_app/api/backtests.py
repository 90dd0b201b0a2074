"""Drafts tried on history: asked for, how far they are, and what they found, case by case."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors import clock
from exceptions_app.api.access import Scoped, companies, person
from exceptions_app.api.case_shapes import SEVERITIES
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.policy_drafts import require, visible_drafts
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.backtest import job, queries
from exceptions_app.backtest.approving import NeedsEffect
from exceptions_app.backtest.compare import Effect
from exceptions_app.backtest.models import Backtest, BacktestCase, BacktestProposal, BacktestStatus
from exceptions_app.backtest.words import REASONS
from exceptions_app.cases.models import Severity
from exceptions_app.policies import drafts
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.proposals.models import ProposalState

#: Whoever may do one of these with a draft may try it.
TRYING = ("edit_policies", "review_policies")
MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 2, "allow_null": True, "read_only": True}
EFFECTS = [(each.value, each.value) for each in Effect]
NEEDS_EFFECTS = [(each.value, each.value) for each in NeedsEffect]
ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class BacktestSerializer(serializers.ModelSerializer):
    """History judged again under a draft (or as if a release were undone), and how far that is.

    `version` is of the draft as it was tried. `cases`: how many were found so far, in all companies.
    """

    draft = serializers.IntegerField(source="draft_id", read_only=True)
    release = serializers.IntegerField(
        source="draft.release.number", default=None, allow_null=True, read_only=True
    )
    status = serializers.ChoiceField(choices=BacktestStatus.choices, read_only=True)
    percent = serializers.IntegerField(read_only=True)
    asked_by = serializers.CharField(
        source="asked_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Backtest
        fields = [
            "id",
            "draft",
            "release",
            "version",
            "since",
            "until",
            "status",
            "percent",
            "cases",
            "error",
            "asked_by",
            "asked_at",
            "ended_at",
        ]
        read_only_fields = fields


class EffectSumSerializer(serializers.Serializer):
    """So many cases with one effect, with what is known of their money; a case may have several effects."""

    effect = serializers.ChoiceField(choices=EFFECTS, source="name")
    currency = serializers.CharField()
    cases = serializers.IntegerField()
    amount = serializers.DecimalField(**MONEY)
    expected_loss = serializers.DecimalField(**MONEY)


class ApprovalSumSerializer(serializers.Serializer):
    """So many proposals that would need more, fewer or other approvals, with what is known of amounts."""

    effect = serializers.ChoiceField(choices=NEEDS_EFFECTS)
    currency = serializers.CharField()
    proposals = serializers.IntegerField()
    amount = serializers.DecimalField(**MONEY)


class JudgedSerializer(serializers.Serializer):
    """How much was judged again, in all companies, and what was not, by reason.

    `happened`: the cases that were there; `found_again`: how many of them the rules of today find again.
    """

    subjects = serializers.DictField(child=serializers.IntegerField())
    looks = serializers.IntegerField()
    proposals = serializers.IntegerField()
    happened = serializers.IntegerField()
    found_again = serializers.IntegerField()
    unjudged = serializers.DictField(child=serializers.IntegerField(), help_text=f"By {', '.join(REASONS)}.")


class BacktestDetailSerializer(BacktestSerializer):
    """A backtest with what it comes to in the caller's companies."""

    judged = serializers.SerializerMethodField()
    sums = serializers.SerializerMethodField()
    approval_sums = serializers.SerializerMethodField()

    class Meta(BacktestSerializer.Meta):
        fields = [*BacktestSerializer.Meta.fields, "judged", "sums", "approval_sums"]
        read_only_fields = fields

    @extend_schema_field(JudgedSerializer)
    def get_judged(self, backtest: Backtest) -> Any:
        """How much was judged; nothing before it begins."""
        nothing: dict[str, Any] = dict.fromkeys(("looks", "proposals", "happened", "found_again"), 0)
        kept = nothing | {"subjects": {}, "unjudged": {}} | backtest.counts
        return JudgedSerializer(kept).data

    @extend_schema_field(EffectSumSerializer(many=True))
    def get_sums(self, backtest: Backtest) -> Any:
        """What each effect comes to."""
        return EffectSumSerializer(
            queries.by_effect(cases_of(self.context["request"], backtest)), many=True
        ).data

    @extend_schema_field(ApprovalSumSerializer(many=True))
    def get_approval_sums(self, backtest: Backtest) -> Any:
        """What the proposals come to that would need others."""
        found = proposals_of(self.context["request"], backtest)
        return ApprovalSumSerializer(queries.by_need(found), many=True).data


class ReplayedCaseSerializer(serializers.Serializer):
    """A case under one state of the rules: as it opened, and what it came to last."""

    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    headline = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())
    amount = serializers.DecimalField(**MONEY)
    expected_loss = serializers.DecimalField(max_digits=20, decimal_places=2)
    severity = serializers.SerializerMethodField()
    team = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    is_overdue = serializers.BooleanField()
    level = serializers.IntegerField()

    @extend_schema_field(serializers.ChoiceField(choices=SEVERITIES))
    def get_severity(self, verdict: dict[str, Any]) -> str:
        """The band as a word."""
        return Severity(verdict["severity"]).name.lower()


class BacktestCaseSerializer(serializers.ModelSerializer):
    """One case that would be otherwise; null under the rules that do not have it.

    `case` is the one that really was there; null: there was none. `amount` and `expected_loss` are what it
    comes to more as tried, in the company's currency; null: nobody knows.
    """

    company = serializers.CharField(source="company.code", read_only=True)
    currency = serializers.CharField(source="company.currency", read_only=True)
    type = serializers.CharField(source="type_code", read_only=True)
    supplier = serializers.CharField(source="supplier.number", default=None, allow_null=True, read_only=True)
    case = serializers.SerializerMethodField()
    effects = serializers.ListField(child=serializers.ChoiceField(choices=EFFECTS), read_only=True)
    live = ReplayedCaseSerializer(read_only=True, allow_null=True)
    tried = ReplayedCaseSerializer(read_only=True, allow_null=True)

    class Meta:
        model = BacktestCase
        fields = [
            "id",
            "company",
            "currency",
            "type",
            "number",
            "supplier",
            "case",
            "effects",
            "headline",
            "team",
            "amount",
            "expected_loss",
            "live",
            "tried",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_case(self, found: BacktestCase) -> str | None:
        """The number of the case that was there."""
        return found.case or None


class BacktestProposalSerializer(serializers.ModelSerializer):
    """One proposal that would need other approvals: whom it needs by the rules as they are, and as tried."""

    company = serializers.CharField(source="company.code", read_only=True)
    currency = serializers.CharField(source="company.currency", read_only=True)
    case = serializers.CharField(source="proposal.case.number", read_only=True)
    proposal = serializers.UUIDField(source="proposal_id", read_only=True)
    resolution = serializers.CharField(source="proposal.resolution", read_only=True)
    summary = serializers.CharField(source="proposal.summary", read_only=True)
    state = serializers.ChoiceField(source="proposal.state", choices=ProposalState.choices, read_only=True)
    effect = serializers.ChoiceField(choices=NEEDS_EFFECTS, read_only=True)
    live = serializers.ListField(child=serializers.CharField(), read_only=True)
    tried = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = BacktestProposal
        fields = [
            "id",
            "company",
            "currency",
            "case",
            "proposal",
            "resolution",
            "summary",
            "state",
            "amount",
            "effect",
            "live",
            "tried",
        ]
        read_only_fields = fields


class NewBacktestSerializer(serializers.Serializer):
    """What to try: a draft, or a published one as if it were undone, from when to when (null: now)."""

    draft = serializers.IntegerField(min_value=1, max_value=10**18)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class BacktestFilter(django_filters.FilterSet):
    """By draft and status; several as `status=waiting&status=running`."""

    draft = django_filters.NumberFilter(field_name="draft", min_value=1, max_value=10**18)
    status = django_filters.MultipleChoiceFilter(choices=BacktestStatus.choices, distinct=False)

    class Meta:
        model = Backtest
        fields: list[str] = []


def cases_of(request: Request, backtest: Backtest) -> QuerySet[BacktestCase]:
    """Return what a backtest found in the caller's companies."""
    return queries.found_in(backtest, companies(request, "view_policies"))


def proposals_of(request: Request, backtest: Backtest) -> QuerySet[BacktestProposal]:
    """Return the proposals in the caller's companies that would need other approvals."""
    return queries.proposals_in(backtest, companies(request, "view_policies"))


def _require_may_try(request: Request, draft: PolicyDraft) -> None:
    someone = person(request)
    allowed = (each for each in TRYING if drafts.may(someone, each, draft))
    require(request, draft, next(allowed, TRYING[0]))


class BacktestViewSet(
    Scoped,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Backtests of the drafts the caller may see, newest first."""

    scopes = {"create": "policies:write", "stop": "policies:write", "*": "policies:read"}
    pagination_class = NewestFirst
    filterset_class = BacktestFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Backtest.objects.none()

    def get_queryset(self) -> QuerySet[Backtest]:
        """Only of drafts the caller may see."""
        seen = visible_drafts(self.request).values("pk")
        return Backtest.objects.filter(draft__in=seen).select_related("draft__release", "asked_by")

    def get_serializer_class(self) -> type[serializers.Serializer]:
        """One backtest says what it comes to."""
        return BacktestSerializer if self.action == "list" else BacktestDetailSerializer

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=NewBacktestSerializer,
        responses={201: BacktestDetailSerializer},
    )
    @once
    def create(self, request: Request) -> Response:
        """Have history judged again in the background; one of the same draft that is running is stopped."""
        someone = person(request)
        given = NewBacktestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted, now = given.validated_data, clock.now()
        draft = visible_drafts(request).filter(pk=wanted["draft"]).first()
        if draft is None:
            raise exceptions.ValidationError({"draft": f"There is no draft {wanted['draft']}."})
        _require_may_try(request, draft)
        until = min(wanted["until"] or now, now)
        asked = job.ask(draft, since=wanted["since"], until=until, by=someone, at=now)
        return Response(self.get_serializer(asked).data, status=201)

    @extend_schema(
        parameters=[ID, OpenApiParameter("effect", str, enum=[each.value for each in Effect])],
        responses=BacktestCaseSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def cases(self, request: Request, pk: str) -> Response:
        """Every case that would be otherwise, newest first; of one effect where it is named."""
        found = cases_of(request, self.get_object())
        effect = request.query_params.get("effect", "")
        if effect:
            found = queries.of_effect(found, effect)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(BacktestCaseSerializer(page, many=True).data)

    @extend_schema(parameters=[ID], responses=BacktestProposalSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def approvals(self, request: Request, pk: str) -> Response:
        """Every proposal that would need other approvals, newest first."""
        page = self.paginate_queryset(proposals_of(request, self.get_object()))
        return self.get_paginated_response(BacktestProposalSerializer(page, many=True).data)

    @extend_schema(parameters=[ID, IDEMPOTENCY_KEY], request=None, responses=BacktestDetailSerializer)
    @action(detail=True, methods=["post"], url_path="actions/stop", filterset_class=None)
    @once
    def stop(self, request: Request, pk: str) -> Response:
        """End it where it is; what it found stays."""
        person(request)
        backtest = self.get_object()
        _require_may_try(request, backtest.draft)
        job.stop(backtest, at=clock.now())
        return Response(self.get_serializer(self.get_queryset().get(pk=backtest.pk)).data)
