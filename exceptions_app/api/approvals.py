"""What waits for a person's approval, and approving several at once: each by itself, as it was read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from exceptions_app.api.access import Scoped, actor, cases_for, person
from exceptions_app.api.decisions import ProposalFilter, ProposalSerializer, whole_proposals
from exceptions_app.api.paging import ByKey
from exceptions_app.api.repeating import IDEMPOTENCY_KEY, once
from exceptions_app.people.models import User
from exceptions_app.proposals import approvals, together
from exceptions_app.proposals.models import Proposal, ProposalState
from exceptions_app.proposals.together import Outcome

#: More are approved in several calls.
MOST = 100


class SeveralConsentsSerializer(serializers.Serializer):
    """What is approved: each proposal with the `values_hash` of what was read, amount included."""

    proposals = serializers.DictField(child=serializers.CharField(max_length=64), allow_empty=False)
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)

    def validate_proposals(self, given: dict[str, str]) -> dict[str, str]:
        """Let it be so few that they can be read. Raises ValidationError."""
        if len(given) > MOST:
            raise serializers.ValidationError(f"Approve at most {MOST} at once.")
        return given


class ConsentOutcomeSerializer(serializers.Serializer):
    """What became of one approval: given, with what it was for; or not, and `detail` says why."""

    proposal = serializers.CharField()
    case = serializers.CharField(allow_null=True)
    summary = serializers.CharField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    is_given = serializers.BooleanField()
    state = serializers.ChoiceField(choices=ProposalState.choices, allow_null=True)
    detail = serializers.CharField()


class ApprovalViewSet(Scoped, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Proposals that wait for the caller's person, the longest waiting first."""

    scopes = {"approve": "cases:write", "*": "cases:read"}
    pagination_class = ByKey
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    queryset = Proposal.objects.none()

    def get_queryset(self) -> QuerySet[Proposal]:
        """Nobody's approvals for a token that acts as nobody."""
        someone = self.request.user
        if not isinstance(someone, User):
            return Proposal.objects.none()
        return whole_proposals(approvals.open_approvals(someone).filter(case__in=cases_for(self.request)))

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=SeveralConsentsSerializer,
        responses=ConsentOutcomeSerializer(many=True),
    )
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    @once
    def approve(self, request: Request) -> Response:
        """Approve several proposals, each for the values that were read; one refused holds up no other."""
        person(request)
        given = SeveralConsentsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        hashes: dict[str, str] = given.validated_data["proposals"]
        known = self._known(hashes)
        outcomes = together.approve(
            {proposal: hashes[key] for key, proposal in known.items()},
            by=actor(request),
            comment=given.validated_data["comment"],
        )
        rows = {str(each.proposal.pk): _row(each) for each in outcomes}
        shown = [
            rows[str(known[key].pk)] | {"proposal": key} if key in known else _unknown(key) for key in hashes
        ]
        return Response(ConsentOutcomeSerializer(shown, many=True).data)

    def _known(self, hashes: Mapping[str, str]) -> dict[str, Proposal]:
        """Return the proposals that are named and that the caller sees, in the order of their cases.

        So that two people who approve the same ones at once queue up.
        """
        keys = {key: named for key in hashes if (named := _key(key)) is not None}
        seen = Proposal.objects.filter(pk__in=keys.values(), case__in=cases_for(self.request))
        related = seen.select_related("case__company", "case__team", "proposed_by")
        by_key = {each.pk: each for each in related.order_by("case_id", "pk")}
        named_as = {named: key for key, named in keys.items()}
        return {named_as[pk]: proposal for pk, proposal in by_key.items()}


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _row(outcome: Outcome) -> dict[str, Any]:
    proposal = outcome.proposal
    return {
        "case": proposal.case.number,
        "summary": proposal.summary,
        "amount": proposal.amount,
        "currency": proposal.case.company.currency,
        "is_given": outcome.is_done,
        "state": proposal.state,
        "detail": outcome.words,
    }


def _unknown(key: str) -> dict[str, Any]:
    """Say of a key that it names nothing the caller sees; whether it names anything is not told."""
    return {
        "proposal": key,
        "case": None,
        "summary": "",
        "amount": None,
        "currency": "",
        "is_given": False,
        "state": None,
        "detail": "You see no proposal with this key.",
    }
