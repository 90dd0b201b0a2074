"""Who has to agree to a proposal, who may, and to what exactly.

The proposer's own limit authorises a proposal that it covers; else somebody of the owning team with a
sufficient limit has to agree. Approval rules name further approvers. One person fills one need, and whoever
proposed or edited a proposal fills none of its needs. An approval holds for the values it was given for
(`values_hash`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from erp_connectors.canonical.codec import content_hash, from_builtins
from erp_connectors.canonical.commands import LineValues
from erp_connectors.errors import ConfigurationError
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.people.permissions import memberships_of
from exceptions_app.playbook.schedules import plain
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals.models import Approval, ApprovalNeed, Decision, Proposal, ProposalState

#: Roles that decide, the least first; a need that names one takes that role and those after it.
DECIDING = (Role.MEMBER, Role.LEAD, Role.MANAGER)


#: Proposals that come to nothing.
OVER = (ProposalState.REJECTED, ProposalState.VOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An approver that a proposal would need; `people` may fill it (not counting the proposer)."""

    label: str
    team: Team
    role: str = ""
    min_limit: Decimal | None = None
    rule_id: int | None = None
    people: tuple[User, ...] = ()


# --- what a proposal needs ----------------------------------------------------------------------------------


def limit_of(case: Case, person: User) -> Decimal | None:
    """Return up to which amount the person decides alone in the team that owns the case; None: not at all."""
    membership = Membership.objects.filter(
        user=person, user__is_active=True, team=case.team_id, role__in=DECIDING
    ).first()
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


def may_alone(proposal: Proposal, person: User) -> bool:
    """Say whether the person's limit covers a proposal by itself, or none is needed for it."""
    amount = measured(proposal, proposal.amount)
    return is_free(amount, writes=proposal.writes_to_erp) or is_within_limit(proposal.case, amount, person)


def needs_of(
    case: Case,
    *,
    resolution: str,
    amount: Decimal | None,
    percent: Decimal | None,
    deciders: Collection[User],
    today: date,
    writes: bool = True,
) -> list[Need]:
    """Return whom a resolution needs besides its deciders, by the rules that hold `today`.

    Nobody else is needed for the amount where the limit of each who proposed or edited it covers it, or where
    it costs nothing and `writes` nothing to the ERP. Raises ConfigurationError where a rule names a team the
    company does not have.
    """
    needs = []
    is_covered = all(is_within_limit(case, amount, person) for person in deciders)
    if not is_covered and not is_free(amount, writes=writes):
        needs.append(_need_of_amount(case, amount))
    needs.extend(_need_of_rule(case, rule) for rule in _rules(case, resolution, percent, today))
    return [_with_people(need, deciders) for need in needs]


def _need_of_amount(case: Case, amount: Decimal | None) -> Need:
    if amount is None:
        # No limit covers what cannot be computed; a manager answers for it in person.
        return Need(
            label=f"Manager of {case.team.name}: the amount is unknown", team=case.team, role=Role.MANAGER
        )
    label = f"{case.team.name}: limit of {amount:,.2f} {case.company.currency} or more"
    return Need(label=label, team=case.team, min_limit=amount)


def _rules(case: Case, resolution: str, percent: Decimal | None, today: date) -> list[ApprovalRule]:
    rules = ApprovalRule.objects.filter(
        Q(company=None) | Q(company=case.company_id),
        Q(type_code="") | Q(type_code=case.type_code),
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_until=None) | Q(valid_until__gte=today),
    ).order_by("pk")
    return [
        rule
        for rule in rules
        if (not rule.resolutions or resolution in rule.resolutions)
        and (rule.percent_above is None or percent is None or percent > rule.percent_above)
    ]


def _need_of_rule(case: Case, rule: ApprovalRule) -> Need:
    team = Team.objects.filter(company=case.company_id, code=rule.team_code).first()
    if team is None:
        raise ConfigurationError(
            f"The approval rule “{rule.name}” names team {rule.team_code}, which {case.company} lacks. "
            "An administrator must add the team or change the rule."
        )
    return Need(label=f"{team.name}: {rule.name}", team=team, role=rule.role, rule_id=rule.pk)


def _with_people(need: Need, deciders: Collection[User]) -> Need:
    people = _who_fits(need.team.pk, need.role, need.min_limit).exclude(user__in=deciders)
    return Need(
        label=need.label,
        team=need.team,
        role=need.role,
        min_limit=need.min_limit,
        rule_id=need.rule_id,
        people=tuple(membership.user for membership in people.select_related("user").order_by("pk")),
    )


# --- who fills it -------------------------------------------------------------------------------------------


def unfilled(proposal: Proposal) -> QuerySet[ApprovalNeed]:
    """Return the needs nobody has agreed to for the values the proposal has now."""
    given = Approval.objects.filter(
        need=OuterRef("pk"), decision=Decision.APPROVED, values_hash=values_hash(proposal)
    )
    return ApprovalNeed.objects.filter(~Exists(given), proposal=proposal)


def is_approver(proposal: Proposal, person: User) -> bool:
    """Say whether a need, filled or not, names the person, who neither proposed nor edited it."""
    return named_need(proposal, person) is not None


def need_for(proposal: Proposal, person: User) -> ApprovalNeed | None:
    """Return the need the person would fill by approving now; None when there is none.

    Of several, the one that the fewest others could fill.
    """
    if _decided(proposal, person) or given_by(proposal, person) is not None:
        return None
    fitting = unfilled(proposal).filter(pk__in=_needs_fitting(person).values("pk"))
    return min(fitting, key=lambda need: (_others(need, person), need.pk), default=None)


def named_need(proposal: Proposal, person: User) -> ApprovalNeed | None:
    """Return a need, filled or not, that names the person; None for who proposed or edited."""
    if _decided(proposal, person):
        return None
    return _needs_fitting(person).filter(proposal=proposal).order_by("pk").first()


def why_not(proposal: Proposal, person: User) -> str:
    """Say in a sentence why the person cannot approve."""
    if _decided(proposal, person):
        return "Who proposed or edited a proposal does not approve it."
    if given_by(proposal, person) is not None:
        return "You have approved it already; another person has to fill the other need."
    labels = "; ".join(need.label for need in unfilled(proposal).order_by("pk"))
    return f"Your teams, role and limit do not cover what it needs: {labels or 'a sufficient limit'}."


def given_by(proposal: Proposal, person: User) -> Approval | None:
    """Return the approval the person has given for the values the proposal has now."""
    return Approval.objects.filter(
        need__proposal=proposal,
        person=person,
        decision=Decision.APPROVED,
        values_hash=values_hash(proposal),
    ).first()


def open_approvals(user: User) -> QuerySet[Proposal]:
    """Return the proposals that wait for this person: a need that nobody has filled names them.

    Also those that need nobody else and wait for somebody with the limit to look again.
    """
    open_needs = _needs_fitting(user).filter(~Exists(_approvals_of(OuterRef("pk"))))
    has_agreed = ApprovalNeed.objects.filter(
        approvals__person=user, approvals__decision=Decision.APPROVED
    ).values("proposal")
    has_edited = Proposal.edited_by.through.objects.filter(proposal=OuterRef("pk"), user=user)
    asked = Q(
        ~Q(proposed_by=user),
        ~Q(pk__in=has_agreed),
        ~Exists(has_edited),
        pk__in=open_needs.values("proposal"),
    )
    needs = ApprovalNeed.objects.filter(proposal=OuterRef("pk"))
    alone = Q(~Exists(needs), _within_limits_of(user))
    pending = Proposal.objects.filter(state=ProposalState.PENDING).alias(together=_together())
    return pending.filter(asked | alone).order_by("created_at", "pk")


def deciders_of(proposal: Proposal) -> list[User]:
    """Return who proposed a proposal and who edited it."""
    return [proposal.proposed_by, *proposal.edited_by.order_by("pk")]


def _decided(proposal: Proposal, person: User) -> bool:
    return person in deciders_of(proposal)


def _needs_fitting(person: User) -> QuerySet[ApprovalNeed]:
    """Return the needs, of all proposals, that name a team, role and limit the person has."""
    fits = Q(pk__in=[])
    for membership in _deciding_memberships(person):
        roles = ["", *DECIDING[: DECIDING.index(Role(membership.role)) + 1]]
        covered = Q(min_limit=None)
        if membership.limit is not None:
            covered |= Q(min_limit__lte=membership.limit)
        fits |= Q(team=membership.team_id, role__in=roles) & covered
    return ApprovalNeed.objects.filter(fits)


def _within_limits_of(person: User) -> Q:
    """Return the condition that a limit of the person covers a proposal, measured as in `measured`."""
    unknown = _parts_of_bundle().filter(amount=None)
    covered = Q(pk__in=[])
    for membership in _deciding_memberships(person):
        limit = membership.limit
        if limit is not None:
            by_itself = Q(bundle=None, amount__lte=limit)
            as_a_whole = Q(~Exists(unknown), bundle__amount__lte=limit, together__lte=limit)
            covered |= Q(by_itself | as_a_whole, case__team=membership.team_id)
    return covered


def _together() -> Subquery:
    """Return what the live proposals of a proposal's bundle come to now."""
    return Subquery(_parts_of_bundle().order_by().values("bundle").annotate(sum=Sum("amount")).values("sum"))


def _parts_of_bundle() -> QuerySet[Proposal]:
    return Proposal.objects.filter(bundle=OuterRef("bundle")).exclude(state__in=OVER)


def _deciding_memberships(person: User) -> list[Membership]:
    return [each for each in memberships_of(person) if person.is_active and each.role in DECIDING]


def _who_fits(team_id: int, role: str, min_limit: Decimal | None) -> QuerySet[Membership]:
    roles = DECIDING[DECIDING.index(Role(role)) :] if role else DECIDING
    members = Membership.objects.filter(team=team_id, role__in=roles, user__is_active=True)
    return members if min_limit is None else members.filter(limit__gte=min_limit)


def _others(need: ApprovalNeed, person: User) -> int:
    return _who_fits(need.team_id, need.role, need.min_limit).exclude(user=person).count()


def _approvals_of(need: OuterRef) -> QuerySet[Approval]:
    return Approval.objects.filter(need=need, decision=Decision.APPROVED)


# --- what exactly is approved -------------------------------------------------------------------------------


def values_hash(proposal: Proposal) -> str:
    """Return the fingerprint of what an approver agrees to: resolution, inputs, amount, values of every line.

    Equal values give equal fingerprints, however their numbers are spelled.
    """
    lines = [
        (line.case_line_id, from_builtins(line.before, LineValues), from_builtins(line.after, LineValues))
        for line in proposal.lines.all()
    ]
    return hash_of(proposal.resolution, proposal.inputs, proposal.amount, lines)


def hash_of(
    resolution: str,
    inputs: dict[str, str],
    amount: Decimal | None,
    lines: Iterable[tuple[int, LineValues, LineValues]],
) -> str:
    """Return the fingerprint of these values (`values_hash`); each line with the key of its case line."""
    return content_hash(
        {
            "resolution": resolution,
            "inputs": inputs,
            "amount": None if amount is None else plain(amount),
            "lines": {str(key): [_spelled(before), _spelled(after)] for key, before, after in lines},
        }
    )


def same_values(one: LineValues, other: LineValues) -> bool:
    """Say whether two sets of values are the same, however they are spelled."""
    return _spelled(one) == _spelled(other)


def _spelled(values: LineValues) -> dict[str, Any]:
    """Return values so that equal content is equal, however an ERP spells it."""
    unit = values.quantity.unit
    parts: dict[tuple[str, str, str], Decimal] = {}
    for part in values.schedule:
        day = (part.date.isoformat(), part.date_kind.value, part.quantity.unit)
        parts[day] = parts.get(day, Decimal(0)) + part.quantity.value
    price = values.price
    return {
        "quantity": [plain(values.quantity.value), unit],
        "schedule": [[*day, plain(quantity)] for day, quantity in sorted(parts.items()) if quantity],
        "price": None
        if price is None
        else [
            plain(price.amount),
            price.currency,
            plain(price.per or Decimal(1)),
            price.per_unit or unit,
        ],
        "cancelled": values.cancelled,
    }
