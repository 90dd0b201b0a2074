"""Whom proposals ask, as conditions on rows: whose turn it is, in which capacity, and who is kept from it.

Which roles answer to which is for the policy module to say (`people/permissions.py`); here they are given.
"""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from exceptions_app.people.models import Membership, User
from exceptions_app.people.standing_in import StandIn
from exceptions_app.proposals.models import (
    Approval,
    ApprovalNeed,
    Decision,
    KeptApart,
    Proposal,
    ProposalState,
)


def names(membership: Membership, *, roles: Sequence[str]) -> Q:
    """Return the condition that a need names a membership: its team, its limit, a role of `roles`."""
    covered = Q(min_limit=None)
    if membership.limit is not None:
        covered |= Q(min_limit__lte=membership.limit)
    return Q(covered, team=membership.team_id, role__in=roles)


def names_stand_in(stand_in: StandIn, *, roles: Sequence[str]) -> Q:
    """Return the condition that a need names somebody in the place of another.

    Within what was passed on, and where that person could agree themselves.
    """
    fits = names(stand_in.membership, roles=roles)
    if stand_in.cap is not None:
        fits &= Q(amount__lte=stand_in.cap)
    kept = is_kept_from(stand_in.person, spoken_by=stand_in.delegation.delegate)
    return fits & ~Q(proposal__in=Proposal.objects.filter(kept).values("pk"))


def waiting(needs: Q, person: User) -> QuerySet[Proposal]:
    """Return the pending proposals of which it is the turn of one of `needs`, unless kept from the person."""
    asked = ApprovalNeed.objects.open().filter(needs).values("proposal")
    return Proposal.objects.filter(~is_kept_from(person), state=ProposalState.PENDING, pk__in=asked)


def is_kept_from(person: User, *, spoken_by: User | None = None) -> Q:
    """Return the condition that a proposal is the person's, agreed to by them already, or kept from them.

    `spoken_by`: their own word in the person's place does not keep them from it.
    """
    has_agreed = Approval.objects.filter(
        Q(person=person) | Q(given_for=person),
        need__proposal=OuterRef("pk"),
        decision=Decision.APPROVED,
    )
    if spoken_by is not None:
        has_agreed = has_agreed.exclude(person=spoken_by)
    has_edited = Proposal.edited_by.through.objects.filter(proposal=OuterRef("pk"), user=person)
    return (
        Q(proposed_by=person)
        | Q(Exists(has_agreed))
        | Q(Exists(has_edited))
        | Q(Exists(apart(OuterRef("pk"), person)))
    )


def apart(proposal: OuterRef, person: User) -> QuerySet[KeptApart]:
    """Return what keeps the person from a proposal by a named pair."""
    return KeptApart.objects.filter(proposal=proposal, person=person)
