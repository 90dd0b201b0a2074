"""Who agrees to a proposal: what is asked of them now, in which capacity, and why somebody cannot.

Whoever proposed or edited a proposal fills none of its needs, and one person fills one. An approval holds for
the values it was given for (`fingerprint`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from erp_connectors import clock
from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues
from exceptions_app import kept_apart
from exceptions_app.kept_apart import Pair
from exceptions_app.people.models import Delegation, Membership, User
from exceptions_app.people.permissions import roles_filled_by, standing_in
from exceptions_app.people.standing_in import StandIn, holds
from exceptions_app.proposals import conditions
from exceptions_app.proposals.candidates import is_named, is_passed_on, others_who_fit
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.limits import (
    come_to_together,
    covered_by_limits_of,
    deciding_memberships,
    is_free,
    is_within_limit,
    measured,
)
from exceptions_app.proposals.models import Approval, ApprovalNeed, Decision, NeedSet, Proposal, ProposalState


@dataclass(frozen=True, slots=True)
class Capacity:
    """In which membership somebody would agree: their own, or one of whom they stand in for."""

    membership: Membership
    stand_in: StandIn | None = None


def may_alone(proposal: Proposal, person: User) -> bool:
    """Say whether the person's limit covers a proposal by itself, or none is needed for it."""
    amount = measured(proposal, proposal.amount)
    if is_free(amount, writes=proposal.writes_to_erp):
        return True
    return person.pk not in kept_from(proposal) and is_within_limit(proposal.case, amount, person)


def unfilled(proposal: Proposal) -> NeedSet:
    """Return the needs of all steps that nobody has agreed to for the values the proposal has now."""
    return ApprovalNeed.objects.filter(proposal=proposal).unfilled(values_hash=values_hash(proposal))


def open_needs(proposal: Proposal) -> list[ApprovalNeed]:
    """Return the needs whose turn it is: the unfilled ones of the present step."""
    left = list(unfilled(proposal).select_related("team").order_by("step", "place", "pk"))
    return [need for need in left if need.step == left[0].step]


def is_approver(proposal: Proposal, person: User) -> bool:
    """Say whether a need, filled or not, names the person, who neither proposed nor edited it."""
    return named_need(proposal, person) is not None


def need_for(proposal: Proposal, person: User) -> tuple[ApprovalNeed, Capacity] | None:
    """Return the need the person would fill by approving now, and in which capacity; None: there is none.

    Their own before that of whom they stand in for; of several, the one that the fewest others could fill.
    """
    if is_barred(proposal, person) or _has_spoken(proposal, person):
        return None
    asked = [need.pk for need in open_needs(proposal)]
    fitting = [
        (capacity.stand_in is not None, others_who_fit(need, person), need.pk, need, capacity)
        for capacity in _capacities(person)
        for need in ApprovalNeed.objects.filter(_fits(capacity), pk__in=asked)
    ]
    if not fitting:
        return None
    *_, need, capacity = min(fitting, key=lambda each: each[:3])
    return need, capacity


def still_fits(need: ApprovalNeed, capacity: Capacity) -> bool:
    """Lock the membership and the delegation a capacity rests on, and say whether it still fits a need.

    Either may have ended since it was read: then no word counts, however close the two were.
    """
    found = Membership.objects.select_for_update(of=("self",), no_key=True)
    membership = found.filter(pk=capacity.membership.pk, user__is_active=True).first()
    if membership is None or not is_named(membership, need):
        return False
    if capacity.stand_in is None:
        return True
    delegations = Delegation.objects.select_for_update(of=("self",), no_key=True).select_related("person")
    delegation = delegations.get(pk=capacity.stand_in.delegation.pk)
    return holds(delegation, clock.now()) and is_passed_on(need, StandIn(delegation, membership))


def named_need(proposal: Proposal, person: User) -> tuple[ApprovalNeed, Capacity] | None:
    """Return a need, filled or not, that names the person; None for who may not agree to it."""
    if is_barred(proposal, person):
        return None
    for capacity in _capacities(person):
        need = ApprovalNeed.objects.filter(_fits(capacity), proposal=proposal).order_by("step", "pk").first()
        if need is not None:
            return need, capacity
    return None


def why_not(proposal: Proposal, person: User) -> str:
    """Say in a sentence why the person cannot approve."""
    if _decided(proposal, person):
        return "Who proposed or edited a proposal does not approve it."
    pair = kept_from(proposal).get(person.pk)
    if pair is not None:
        return pair.told(str(person))
    if given_by(proposal, person) is not None:
        return "You have approved it already; another person has to fill the other need."
    spoken = _words_for(proposal, person).select_related("person").first()
    if spoken is not None:
        return f"{spoken.person} has approved it for you already."
    asked = open_needs(proposal)
    labels = "; ".join(need.label for need in asked)
    reasons = [_why_not_for(proposal, asked, stand_in) for stand_in in standing_in(person)]
    told = next(filter(None, reasons), "")
    if told:
        return told
    if named_need(proposal, person) is not None:
        return f"It is not your turn: first it needs {labels}."
    return f"Your teams, role and limit do not cover what it needs: {labels or 'a sufficient limit'}."


def _why_not_for(proposal: Proposal, asked: Iterable[ApprovalNeed], stand_in: StandIn) -> str:
    """Say why somebody cannot agree in the place of whom they stand in for; empty: it is not about them."""
    other, delegate = stand_in.person, stand_in.delegation.delegate
    membership = stand_in.membership
    named = [need for need in asked if is_named(membership, need)]
    if not named:
        return ""
    if _decided(proposal, other):
        return f"{other} proposed or edited it, so {delegate} does not approve it for them."
    pair = kept_from(proposal).get(other.pk)
    if pair is not None:
        return pair.told(str(other), str(delegate))
    amount, cap = named[0].amount, stand_in.cap
    if cap is not None and (amount is None or amount > cap):
        currency = proposal.case.company.currency
        comes_to = "of an unknown amount" if amount is None else f"{amount:,.2f} {currency}"
        return f"{delegate} acts for {other} up to {cap:,.2f} {currency}; this is {comes_to}."
    return ""


def given_by(proposal: Proposal, person: User) -> Approval | None:
    """Return the approval the person has given for the values the proposal has now."""
    return Approval.objects.filter(
        need__proposal=proposal,
        person=person,
        decision=Decision.APPROVED,
        values_hash=values_hash(proposal),
    ).first()


def open_approvals(user: User) -> QuerySet[Proposal]:
    """Return the proposals that wait for this person: an open need names them, or whom they stand in for.

    Also those that need nobody else and wait for somebody with the limit to look again.
    """
    needed = Q(pk__in=[])
    for capacity in _capacities(user):
        needed |= _fits(capacity)
    is_asked = Q(pk__in=conditions.waiting(needed, user).values("pk"))
    needs = ApprovalNeed.objects.filter(proposal=OuterRef("pk"))
    alone = Q(~Exists(needs), ~Exists(conditions.apart(OuterRef("pk"), user)), covered_by_limits_of(user))
    pending = Proposal.objects.filter(state=ProposalState.PENDING).alias(together=come_to_together())
    return pending.filter(is_asked | alone).order_by("created_at", "pk")


def deciders_of(proposal: Proposal) -> list[User]:
    """Return who proposed a proposal and who edited it."""
    return [proposal.proposed_by, *proposal.edited_by.order_by("pk")]


def kept_from(proposal: Proposal) -> dict[int, Pair]:
    """Return who may not agree to a proposal by a named pair, as things are now."""
    changes = []
    for line in proposal.lines.all():
        if line.before is None or line.after is None:
            continue
        before, new = from_builtins(line.before, LineValues), line.new_line()
        changes.append((before, from_builtins(line.after, LineValues)))
        if new is not None and new.instead_of is not None:
            changes.append((before, new.values))
    return kept_apart.of_decision(proposal.case, resolution=proposal.resolution, changes=changes)


def is_barred(proposal: Proposal, person: User) -> bool:
    """Say whether somebody may not agree to a proposal: they decided on it, or did what is kept apart."""
    return _decided(proposal, person) or person.pk in kept_from(proposal)


def _decided(proposal: Proposal, person: User) -> bool:
    return person in deciders_of(proposal)


def _has_spoken(proposal: Proposal, person: User) -> bool:
    """Say whether the person has agreed, or somebody in their place: one person fills one need."""
    return given_by(proposal, person) is not None or _words_for(proposal, person).exists()


def _words_for(proposal: Proposal, person: User) -> QuerySet[Approval]:
    return Approval.objects.filter(
        need__proposal=proposal,
        given_for=person,
        decision=Decision.APPROVED,
        values_hash=values_hash(proposal),
    )


def _capacities(person: User) -> list[Capacity]:
    """Return in which memberships the person may agree: their own first."""
    own = [Capacity(membership) for membership in deciding_memberships(person)]
    return own + [Capacity(stand_in.membership, stand_in) for stand_in in standing_in(person)]


def _fits(capacity: Capacity) -> Q:
    """Return the condition that a need names a capacity: its team, role and limit."""
    roles = roles_filled_by(capacity.membership.role)
    if capacity.stand_in is None:
        return conditions.names(capacity.membership, roles=roles)
    return conditions.names_stand_in(capacity.stand_in, roles=roles)
