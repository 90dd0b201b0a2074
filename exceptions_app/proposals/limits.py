"""Up to which amount somebody decides alone, and what of a proposal that is held against."""

from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from exceptions_app.cases.models import Case
from exceptions_app.people.models import Membership, User
from exceptions_app.people.permissions import decides, deciding, memberships_of
from exceptions_app.proposals.models import Proposal, ProposalState

#: Proposals that come to nothing.
OVER = (ProposalState.REJECTED, ProposalState.VOID)


def limit_of(case: Case, person: User) -> Decimal | None:
    """Return up to which amount the person decides alone in the team that owns the case; None: not at all."""
    own = Membership.objects.filter(user=person, user__is_active=True, team=case.team_id)
    membership = deciding(own).first()
    return None if membership is None else membership.limit


def is_within_limit(case: Case, amount: Decimal | None, person: User) -> bool:
    """Say whether the person's limit covers the amount; an unknown amount is covered by nobody's."""
    limit = limit_of(case, person)
    return limit is not None and amount is not None and amount <= limit


def measured(proposal: Proposal, amount: Decimal | None) -> Decimal | None:
    """Return what limits are held against where a proposal comes to `amount`.

    Of one decision over several cases that is the whole, as it was proposed or as it has become, the greater;
    None where a part of it is unknown.
    """
    if proposal.bundle is None:
        return amount
    live = proposal.bundle.proposals.exclude(pk=proposal.pk).exclude(state__in=OVER)
    parts = [amount, proposal.bundle.amount, *live.values_list("amount", flat=True)]
    if any(part is None for part in parts):
        return None
    whole = [part for part in parts if part is not None]
    return max(whole[1], whole[0] + sum(whole[2:], Decimal(0)))


def is_free(amount: Decimal | None, *, writes: bool) -> bool:
    """Say whether a decision costs nothing and changes nothing in the ERP: then it needs no limit."""
    return amount == 0 and not writes


def covered_by_limits_of(person: User) -> Q:
    """Return the condition that a limit of the person covers a proposal, measured as in `measured`."""
    unknown = _parts_of_bundle().filter(amount=None)
    covered = Q(pk__in=[])
    for membership in deciding_memberships(person):
        limit = membership.limit
        if limit is not None:
            by_itself = Q(bundle=None, amount__lte=limit)
            as_a_whole = Q(~Exists(unknown), bundle__amount__lte=limit, together__lte=limit)
            covered |= Q(by_itself | as_a_whole, case__team=membership.team_id)
    return covered


def come_to_together() -> Subquery:
    """Return what the live proposals of a proposal's bundle come to now."""
    return Subquery(_parts_of_bundle().order_by().values("bundle").annotate(sum=Sum("amount")).values("sum"))


def _parts_of_bundle() -> QuerySet[Proposal]:
    return Proposal.objects.filter(bundle=OuterRef("bundle")).exclude(state__in=OVER)


def deciding_memberships(person: User) -> list[Membership]:
    """Return the memberships in which the person decides, if they still work here."""
    return [each for each in memberships_of(person) if person.is_active and decides(each)]
