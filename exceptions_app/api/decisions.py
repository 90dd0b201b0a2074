"""Proposals and approvals: what is wanted, for which values, and who agrees."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from exceptions_app.api.access import AUTHENTICATION, actor, person, scope
from exceptions_app.api.cases import cases_for
from exceptions_app.api.paging import NewestFirst
from exceptions_app.people.models import User
from exceptions_app.proposals import actions, approvals
from exceptions_app.proposals.models import ApprovalNeed, Proposal, ProposalLine


class ProposalLineSerializer(serializers.ModelSerializer):
    """One order line, before and after."""

    line_number = serializers.CharField(source="order_line.number")

    class Meta:
        model = ProposalLine
        fields = ["line_number", "before", "after"]


class NeedSerializer(serializers.ModelSerializer):
    """An approver the proposal needs, and who has given it."""

    team = serializers.CharField(source="team.code")
    approved_by = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalNeed
        fields = ["id", "label", "team", "role", "min_limit", "approved_by"]

    def get_approved_by(self, need: ApprovalNeed) -> str | None:
        """The user name of whoever approved, if anybody has."""
        names = [each.person.username for each in need.approvals.all() if each.decision == "approved"]
        return names[0] if names else None


class ProposalSerializer(serializers.ModelSerializer):
    """A proposal with the values it would write. `values_hash` names them: an approval sends it back."""

    case = serializers.CharField(source="case.number")
    proposed_by = serializers.CharField(source="proposed_by.username")
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

    def get_values_hash(self, proposal: Proposal) -> str:
        """The fingerprint of every value the proposal changes."""
        return approvals.values_hash(proposal)


class NewProposalSerializer(serializers.Serializer):
    """A resolution for a case; `inputs` are the fields of that resolution."""

    case = serializers.CharField()
    resolution = serializers.CharField()
    inputs = serializers.DictField(required=False, default=dict)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    expected_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class VerdictSerializer(serializers.Serializer):
    """What an approver says. `values_hash` is the one of the values that were read; approving needs it."""

    values_hash = serializers.CharField(required=False)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class ProposalFilter(django_filters.FilterSet):
    """By case and state."""

    case = django_filters.CharFilter(field_name="case__number")
    state = django_filters.CharFilter()

    class Meta:
        model = Proposal
        fields: list[str] = []


class ProposalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Proposals on the cases the caller may see."""

    authentication_classes = AUTHENTICATION
    pagination_class = NewestFirst
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    queryset = Proposal.objects.none()

    def get_permissions(self) -> list[BasePermission]:
        """Reading and deciding are different scopes."""
        reads = self.action in ("list", "retrieve")
        return [scope("cases:read" if reads else "cases:write")()]

    def get_queryset(self) -> QuerySet[Proposal]:
        """Only proposals on visible cases."""
        return (
            Proposal.objects.filter(case__in=cases_for(self.request))
            .select_related("case", "proposed_by")
            .prefetch_related("lines__order_line", "needs__team", "needs__approvals__person")
        )

    @extend_schema(request=NewProposalSerializer, responses={201: ProposalSerializer})
    def create(self, request: Request) -> Response:
        """Propose a resolution; within the proposer's limit it is authorised at once."""
        person(request)
        given = NewProposalSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted: dict[str, Any] = given.validated_data
        case = get_object_or_404(cases_for(request), number=wanted["case"])
        proposal = actions.propose(
            case,
            resolution=wanted["resolution"],
            inputs=wanted["inputs"],
            reason=wanted["reason"],
            by=actor(request),
            expected_version=wanted["expected_version"],
        )
        return self._answer(proposal.pk, status.HTTP_201_CREATED)

    @extend_schema(request=VerdictSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"], url_path=r"actions/(?P<verb>approve|reject|ask_back|withdraw)")
    def act(self, request: Request, pk: UUID, verb: str) -> Response:
        """Approve, reject, ask back or withdraw."""
        person(request)
        proposal = self.get_object()
        given = VerdictSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        comment = given.validated_data["comment"]
        by = actor(request)
        if verb == "approve":
            if not given.validated_data.get("values_hash"):
                raise exceptions.ValidationError({"values_hash": "Say which values you approve."})
            actions.approve(proposal, by=by, values_hash=given.validated_data["values_hash"], comment=comment)
        elif verb == "withdraw":
            actions.withdraw(proposal, by=by, reason=comment)
        else:
            {"reject": actions.reject, "ask_back": actions.ask_back}[verb](proposal, by=by, comment=comment)
        return self._answer(proposal.pk, status.HTTP_200_OK)

    def _answer(self, key: UUID, code: int) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=key)).data, status=code)


class ApprovalViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Proposals that wait for the caller's person."""

    authentication_classes = AUTHENTICATION
    permission_classes = [scope("cases:read")]
    pagination_class = NewestFirst
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    queryset = Proposal.objects.none()

    def get_queryset(self) -> QuerySet[Proposal]:
        """Nobody's approvals for a token that acts as nobody."""
        someone = self.request.user
        if not isinstance(someone, User):
            return Proposal.objects.none()
        return (
            approvals.open_approvals(someone)
            .filter(case__in=cases_for(self.request))
            .select_related("case", "proposed_by")
            .prefetch_related("lines__order_line", "needs__team", "needs__approvals__person")
        )
