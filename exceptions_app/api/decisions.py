"""Proposals and approvals: what is wanted, for which values, and who agrees."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erp_connectors.canonical.codec import to_builtins
from exceptions_app.api.access import Scoped, actor, cases_for, person, within
from exceptions_app.api.paging import NewestFirst
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.cases.models import Case
from exceptions_app.detection.registry import exception_type
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, addressed_to, may
from exceptions_app.playbook.situation import LinePlan
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import (
    Approval,
    ApprovalNeed,
    Decision,
    Proposal,
    ProposalLine,
    ProposalState,
)

VERBS = ("approve", "reject", "ask_back", "answer", "edit", "withdraw")


class ProposalLineSerializer(serializers.ModelSerializer):
    """One order line, before and after; `added` is the order line that is ordered for it, if one is."""

    line_number = serializers.CharField(source="order_line.number", read_only=True, allow_null=True)
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)
    added = serializers.DictField(read_only=True, allow_null=True)

    class Meta:
        model = ProposalLine
        fields = ["line_number", "before", "after", "added"]


class NeedSerializer(serializers.ModelSerializer):
    """An approver the proposal needs, and who has given it.

    Those of one `place` are alternatives; those of a later `step` are asked once the steps before are filled.
    """

    team = serializers.CharField(source="team.code", read_only=True)
    approved_by = serializers.SerializerMethodField()
    approved_for = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalNeed
        fields = [
            "id",
            "label",
            "step",
            "place",
            "team",
            "role",
            "min_limit",
            "approved_by",
            "approved_for",
        ]

    def get_approved_by(self, need: ApprovalNeed) -> str | None:
        """The user name of whoever approved the values there are now, if anybody has."""
        given = _given(need)
        return None if given is None else given.person.username

    def get_approved_for(self, need: ApprovalNeed) -> str | None:
        """The user name of whom they stood in for, if they did."""
        given = _given(need)
        return given.given_for.username if given is not None and given.given_for is not None else None


def _given(need: ApprovalNeed) -> Approval | None:
    """Return the approval of the values there are now."""
    now = values_hash(need.proposal)
    words = (each for each in need.approvals.all() if each.decision == Decision.APPROVED)
    return next((each for each in words if each.values_hash == now), None)


class ProposalSerializer(serializers.ModelSerializer):
    """A proposal with the values it would write. `values_hash` names them: an approval sends it back."""

    case = serializers.CharField(source="case.number", read_only=True)
    state = serializers.ChoiceField(choices=ProposalState.choices, read_only=True)
    inputs = serializers.DictField(read_only=True)
    currency = serializers.CharField(source="case.company.currency", read_only=True)
    proposed_by = serializers.CharField(source="proposed_by.username", read_only=True)
    authorisation = serializers.DictField(read_only=True)
    lines = ProposalLineSerializer(many=True, read_only=True)
    needs = NeedSerializer(many=True, read_only=True)
    values_hash = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = [
            "id",
            "case",
            "resolution",
            "state",
            "summary",
            "reason",
            "inputs",
            "amount",
            "currency",
            "percent",
            "proposed_by",
            "created_at",
            "decided_at",
            "settled_at",
            "end_reason",
            "authorisation",
            "lines",
            "needs",
            "values_hash",
        ]
        read_only_fields = fields

    def get_values_hash(self, proposal: Proposal) -> str:
        """The fingerprint of every value the proposal changes."""
        return values_hash(proposal)


class NewProposalSerializer(serializers.Serializer):
    """A resolution for a case; `inputs` are the fields it asks for (`cases/{number}/resolutions/`)."""

    case = serializers.CharField(max_length=32)
    resolution = serializers.CharField(max_length=40)
    inputs = serializers.DictField(required=False, default=dict)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    expected_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class VerdictSerializer(serializers.Serializer):
    """What an approver says. `values_hash` is the one of the values that were read; approving needs it."""

    values_hash = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    inputs = serializers.DictField(
        required=False, default=dict, help_text="What `edit` enters instead, as for a new proposal."
    )


class ProposalFilter(django_filters.FilterSet):
    """By case and state."""

    case = django_filters.CharFilter(field_name="case__number")
    state = django_filters.ChoiceFilter(choices=ProposalState.choices)

    class Meta:
        model = Proposal
        fields: list[str] = []


class PreviewLineSerializer(serializers.Serializer):
    """One order line, before and after; `added` is the order line that is ordered for it, if one is."""

    line_number = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField()
    added = serializers.DictField(allow_null=True)


class PreviewNeedSerializer(serializers.Serializer):
    """An approver the proposal would need."""

    label = serializers.CharField()  # type: ignore[assignment]
    step = serializers.IntegerField()
    place = serializers.IntegerField()
    team = serializers.CharField(source="team.code")
    role = serializers.CharField()
    min_limit = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)


class ProblemSerializer(serializers.Serializer):
    """What cannot be used of the inputs; `field` is empty when it is about the decision as a whole."""

    field = serializers.CharField()
    message = serializers.CharField()


class PreviewSerializer(serializers.Serializer):
    """What proposing would do: the lines before and after, what it costs and whom it needs."""

    summary = serializers.CharField()
    lines = PreviewLineSerializer(many=True)
    writes_to_erp = serializers.BooleanField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    percent = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    within_limit = serializers.BooleanField()
    needs = PreviewNeedSerializer(many=True)
    problems = ProblemSerializer(many=True)


class ProposalViewSet(Scoped, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Proposals on the cases the caller may see."""

    scopes = {"create": "cases:write", "act": "cases:write", "*": "cases:read"}
    pagination_class = NewestFirst
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    queryset = Proposal.objects.none()

    def get_queryset(self) -> QuerySet[Proposal]:
        """Only proposals on visible cases; a verb is answered also to whom one was addressed to."""
        seen = Q(case__in=cases_for(self.request))
        if self.action == "act" and isinstance(self.request.user, User):
            addressed = Q(pk__in=addressed_to(self.request.user).values("pk"))
            seen |= Q(addressed, within(self.request, "case__company"))
        return whole_proposals(Proposal.objects.filter(seen))

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=NewProposalSerializer, responses={201: ProposalSerializer}
    )
    @once
    def create(self, request: Request) -> Response:
        """Propose a resolution; within the proposer's limit it is authorised at once."""
        person(request)
        wanted = _wanted(request)
        proposal = actions.propose(
            _case(request, wanted),
            resolution=wanted["resolution"],
            inputs=wanted["inputs"],
            reason=wanted["reason"],
            by=actor(request),
            expected_version=wanted["expected_version"],
        )
        return self._answer(proposal.pk, status.HTTP_201_CREATED)

    @extend_schema(request=NewProposalSerializer, responses=PreviewSerializer)
    @action(detail=False, methods=["post"], filterset_class=None)
    def preview(self, request: Request) -> Response:
        """Say what proposing would do, and change nothing."""
        someone = person(request)
        wanted = _wanted(request)
        case = _case(request, wanted)
        if not may(someone, "propose", case):
            raise NotAllowed(f"{someone} may not propose a resolution for {case.number}.")
        would = actions.preview(
            case, resolution=wanted["resolution"], inputs=wanted["inputs"], person=someone
        )
        return Response(PreviewSerializer(_shown(would)).data)

    @extend_schema(
        request=VerdictSerializer,
        responses=ProposalSerializer,
        parameters=[OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=VERBS)],
    )
    @action(
        detail=True, methods=["post"], url_path=f"actions/(?P<verb>{'|'.join(VERBS)})", filterset_class=None
    )
    def act(self, request: Request, pk: UUID, verb: str) -> Response:
        """Approve, reject, ask back, answer, edit or withdraw."""
        person(request)
        proposal = self.get_object()
        given = VerdictSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        comment, values_hash = given.validated_data["comment"], given.validated_data["values_hash"]
        by = actor(request)
        if verb == "approve":
            if not values_hash:
                raise exceptions.ValidationError({"values_hash": "Say which values you approve."})
            actions.approve(proposal, by=by, values_hash=values_hash, comment=comment)
        elif verb == "withdraw":
            actions.withdraw(proposal, by=by, reason=comment)
        elif verb == "answer":
            actions.answer(proposal, by=by, words=comment)
        elif verb == "edit":
            actions.edit(proposal, inputs=given.validated_data["inputs"], by=by, reason=comment)
        elif verb == "reject":
            actions.reject(proposal, by=by, comment=comment)
        else:
            actions.ask_back(proposal, by=by, comment=comment)
        return self._answer(proposal.pk, status.HTTP_200_OK)

    def _answer(self, key: UUID, code: int) -> Response:
        return Response(
            self.get_serializer(whole_proposals(Proposal.objects.filter(pk=key)).get()).data, status=code
        )


def whole_proposals(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Return the proposals with all that is shown of them."""
    return proposals.select_related("case__company", "proposed_by").prefetch_related(
        Prefetch("lines", ProposalLine.objects.select_related("order_line").order_by("pk")),
        "needs__team",
        "needs__approvals__person",
        "needs__approvals__given_for",
    )


def _wanted(request: Request) -> dict[str, Any]:
    given = NewProposalSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    wanted: dict[str, Any] = given.validated_data
    return wanted


def _case(request: Request, wanted: dict[str, Any]) -> Case:
    """Return the case that is meant. Raises ValidationError where the caller sees none of that number."""
    found = (
        cases_for(request).filter(number=wanted["case"]).select_related("company", "team", "order").first()
    )
    if found is None:
        raise exceptions.ValidationError({"case": f"There is no case {wanted['case']}."})
    if wanted["resolution"] not in exception_type(found.type_code).resolutions:
        known = ", ".join(exception_type(found.type_code).resolutions) or "none"
        raise exceptions.ValidationError({"resolution": f"Not one for this case; there are: {known}."})
    return found


def _shown(would: actions.Preview) -> dict[str, Any]:
    """Return a preview as plain values."""
    return {
        "summary": would.summary,
        "lines": lines_shown(would.lines),
        "writes_to_erp": would.writes_to_erp,
        "amount": would.amount,
        "currency": would.currency,
        "percent": would.percent,
        "within_limit": would.within_limit,
        "needs": would.needs,
        "problems": would.problems,
    }


def lines_shown(plans: Iterable[LinePlan]) -> list[dict[str, Any]]:
    """Return lines before and after as plain values, with what is ordered for them."""
    return [
        {
            "line_number": plan.number,
            "before": to_builtins(plan.before),
            "after": to_builtins(plan.after),
            "added": None if plan.added is None else to_builtins(plan.added),
        }
        for plan in plans
    ]
