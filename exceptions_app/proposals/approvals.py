"""Who has to agree to a proposal, who may, and to what exactly.

The proposer's own limit authorises a proposal that it covers; else somebody of the owning team with a
sufficient limit has to agree. Approval rules name further approvers. One person fills one need, and whoever
proposed or edited a proposal fills none of its needs. An approval holds for the values it was given for
(`values_hash`).
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from erp_connectors import clock
from erp_connectors.canonical.codec import content_hash, from_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from erp_connectors.errors import ConfigurationError
from exceptions_app import kept_apart
from exceptions_app.cases.models import Case
from exceptions_app.kept_apart import Pair
from exceptions_app.people.models import Delegation, Membership, Role, Team, User
from exceptions_app.people.permissions import (
    decides,
    deciding,
    filling,
    fills,
    higher_role,
    memberships_of,
    roles_filled_by,
    standing_in,
)
from exceptions_app.people.standing_in import StandIn, away_on, holds, stand_ins_for
from exceptions_app.playbook.schedules import plain
from exceptions_app.policies import lookup, rows
from exceptions_app.policies.matrix import Approver, Facts, Rule
from exceptions_app.proposals import conditions
from exceptions_app.proposals.models import (
    Approval,
    ApprovalNeed,
    Decision,
    NeedSet,
    Proposal,
    ProposalState,
)

#: Proposals that come to nothing.
OVER = (ProposalState.REJECTED, ProposalState.VOID)
NOBODY: Mapping[int, Pair] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who may fill a need: `people` themselves, `stand_ins` in the place of one; `away`: who of them is."""

    people: tuple[User, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    away: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An approver that a proposal would need, with `who` may fill it.

    Those of one `place` are alternatives; `step` says when it is their turn.
    """

    label: str
    team: Team
    role: str = ""
    min_limit: Decimal | None = None
    amount: Decimal | None = None
    step: int = 1
    place: int = 0
    rule_id: int | None = None
    who: Candidates = Candidates()

    @property
    def people(self) -> tuple[User, ...]:
        """Who may fill it themselves, not counting who proposes."""
        return self.who.people


Asked = Need | ApprovalNeed


@dataclass(frozen=True, slots=True)
class Capacity:
    """In which membership somebody would agree: their own, or one of whom they stand in for."""

    membership: Membership
    stand_in: StandIn | None = None


# --- what a proposal needs ----------------------------------------------------------------------------------


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


def may_alone(proposal: Proposal, person: User) -> bool:
    """Say whether the person's limit covers a proposal by itself, or none is needed for it."""
    amount = measured(proposal, proposal.amount)
    if is_free(amount, writes=proposal.writes_to_erp):
        return True
    return person.pk not in kept_from(proposal) and is_within_limit(proposal.case, amount, person)


def rules_for(facts: Facts, today: date) -> list[Rule]:
    """Return the rules about such decisions, whatever their figures: a proposal is made under these."""
    return [rule for rule in lookup.approval_rules(today) if rule.may_hold(facts)]


def needs_of(
    case: Case,
    *,
    facts: Facts,
    rules: Iterable[Rule],
    deciders: Collection[User],
    writes: bool = True,
    apart: Mapping[int, Pair] = NOBODY,
    also: Iterable[Asked] = (),
) -> list[Need]:
    """Return whom a decision needs besides its deciders, by those of the `rules` that hold, step by step.

    Nobody else is needed for the amount where the limit of each who proposed or edited it covers it, or where
    it costs nothing and `writes` nothing to the ERP. `apart`: who may not agree to it; where it is one of the
    deciders, somebody else has to in any case. `also`: whom other parts of one decision need. Raises
    ConfigurationError where a rule names a team the company does not have.
    """
    amount = facts.amount
    asked = [need for rule in rules if rule.holds(facts) for need in _needs_of_rule(case, rule, amount)]
    is_covered = all(is_within_limit(case, amount, person) for person in deciders)
    is_own = bool(asked) or not any(person.pk in apart for person in deciders)
    if not (is_covered and is_own) and not is_free(amount, writes=writes):
        asked.insert(0, _need_of_amount(case, amount))
    barred = {person.pk for person in deciders} | apart.keys()
    asked += _of_other_parts(also)
    return _with_people(_numbered(_asked_once(asked, barred)), barred)


def _need_of_amount(case: Case, amount: Decimal | None) -> Need:
    if amount is None:
        # No limit covers what cannot be computed; a manager answers for it in person.
        return Need(
            label=f"Manager of {case.team.name}: the amount is unknown", team=case.team, role=Role.MANAGER
        )
    label = f"{case.team.name}: limit of {amount:,.2f} {case.company.currency} or more"
    return Need(label=label, team=case.team, min_limit=amount, amount=amount)


def _needs_of_rule(case: Case, rule: Rule, amount: Decimal | None) -> Iterator[Need]:
    """Yield whom a rule asks; alternatives have the same place, a negative one that no other rule has."""
    for number, step in enumerate(rule.steps, start=1):
        for index, approver in enumerate(step.approvers):
            team = _team_of_rule(case, rule, approver)
            yield Need(
                label=f"{team.name}: {rule.name}",
                team=team,
                role=approver.role,
                min_limit=approver.limit,
                amount=amount,
                step=number,
                place=_shared(rule.id, number) if step.is_any and len(step.approvers) > 1 else index,
                rule_id=rule.id,
            )


def _team_of_rule(case: Case, rule: Rule, approver: Approver) -> Team:
    for team in rows.current().teams_of(case.company_id):
        if team.code == approver.team:
            return team
    raise ConfigurationError(
        f"The approval rule “{rule.name}” names team {approver.team}, which {case.company} lacks. "
        "An administrator must add the team or change the rule."
    )


def _of_other_parts(needs: Iterable[Asked]) -> list[Need]:
    """Return needs of other parts of a decision so that they can be asked for again; alternatives stay so."""
    known = list(needs)
    together = Counter(need.place for need in known)
    return [
        Need(
            label=need.label,
            team=need.team,
            role=need.role,
            min_limit=need.min_limit,
            amount=need.amount,
            step=need.step,
            place=_shared(need.rule_id, need.step) if together[need.place] > 1 else 0,
            rule_id=need.rule_id,
        )
        for need in known
    ]


def _shared(rule_id: int | None, step: int) -> int:
    """Return a place for the alternatives of one step of a rule: a negative one that no other has."""
    return -((rule_id or 0) * 100 + step)


def _asked_once(needs: Iterable[Need], barred: Container[int]) -> list[Need]:
    """Ask a team once where several reasons name it in one step: somebody who answers to all of them.

    Where nobody does, each reason keeps an approver of its own.
    """
    kept: list[Need] = []
    known = set()
    for need in needs:
        reason = (need.team.pk, need.role, need.min_limit, need.step, need.rule_id, need.place < 0)
        if reason in known:
            continue
        known.add(reason)
        same = next((each for each in kept if need.place >= 0 and _are_same(each, need)), None)
        both = None if same is None else _strictest(same, need)
        if same is not None and both is not None and _people_for(both, barred):
            kept[kept.index(same)] = both
        else:
            kept.append(need)
    return kept


def _are_same(one: Need, other: Need) -> bool:
    """Say whether two reasons name one team at one time; a rule that names it twice wants two people."""
    is_other_reason = one.rule_id != other.rule_id or one.rule_id is None
    return is_other_reason and one.place >= 0 and (one.team, one.step) == (other.team, other.step)


def _strictest(one: Need, other: Need) -> Need:
    limits = [limit for limit in (one.min_limit, other.min_limit) if limit is not None]
    return replace(
        one,
        label=f"{one.label}; {other.label.removeprefix(f'{one.team.name}: ')}",
        role=higher_role(one.role, other.role),
        min_limit=max(limits, default=None),
        rule_id=one.rule_id or other.rule_id,
    )


def _numbered(needs: Iterable[Need]) -> list[Need]:
    """Give each need a place, and alternatives the same one; in the order in which they are asked."""
    places: dict[Any, int] = {}
    in_order = sorted(needs, key=lambda need: need.step)
    return [
        replace(need, place=places.setdefault(need.place if need.place < 0 else (index,), len(places) + 1))
        for index, need in enumerate(in_order)
    ]


def candidates_of(asked: Sequence[tuple[Asked, Container[int]]]) -> list[Candidates]:
    """Return who may fill each need now, in a number of queries that does not grow with them.

    Each comes with who may not: who decided on it, and who is kept apart from it.
    """
    teams = {need.team.pk for need, _ in asked}
    found = deciding(Membership.objects.filter(team__in=teams, user__is_active=True))
    members = list(found.select_related("user").order_by("pk"))
    stand_ins = stand_ins_for(members)
    away = away_on([member.user_id for member in members], clock.now())
    return [_candidates(need, barred, members, stand_ins, away) for need, barred in asked]


def _candidates(
    need: Asked,
    barred: Container[int],
    members: Iterable[Membership],
    stand_ins: Iterable[StandIn],
    away: Collection[int],
) -> Candidates:
    people = {
        member.user_id: member.user
        for member in members
        if member.user_id not in barred and _is_named(member, need)
    }
    return Candidates(
        people=tuple(people.values()),
        stand_ins=tuple(
            each
            for each in stand_ins
            if each.membership.team_id == need.team.pk
            and each.person.pk in people
            and _may_stand_in(need, barred, each)
        ),
        away=frozenset(people.keys() & set(away)),
    )


def _with_people(needs: Sequence[Need], barred: Container[int]) -> list[Need]:
    found = candidates_of([(need, barred) for need in needs])
    return [replace(need, who=who) for need, who in zip(needs, found, strict=True)]


def _people_for(need: Need, barred: Container[int]) -> list[User]:
    members = _who_fits(need.team.pk, need.role, need.min_limit).select_related("user").order_by("pk")
    return [each.user for each in members if each.user_id not in barred]


def _may_stand_in(need: Asked, barred: Container[int], stand_in: StandIn) -> bool:
    if stand_in.delegation.delegate_id in barred:
        return False
    return _is_passed_on(need, stand_in)


def _is_passed_on(need: Asked, stand_in: StandIn) -> bool:
    return stand_in.cap is None or (need.amount is not None and need.amount <= stand_in.cap)


# --- who fills it -------------------------------------------------------------------------------------------


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
        (capacity.stand_in is not None, _others(need, person), need.pk, need, capacity)
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
    if membership is None or not _is_named(membership, need):
        return False
    if capacity.stand_in is None:
        return True
    delegations = Delegation.objects.select_for_update(of=("self",), no_key=True).select_related("person")
    delegation = delegations.get(pk=capacity.stand_in.delegation.pk)
    return holds(delegation, clock.now()) and _is_passed_on(need, StandIn(delegation, membership))


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
    named = [need for need in asked if _is_named(membership, need)]
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


def _is_named(membership: Membership, need: Asked) -> bool:
    return (
        membership.team_id == need.team.pk
        and fills(membership.role, need.role)
        and (need.min_limit is None or (membership.limit is not None and membership.limit >= need.min_limit))
    )


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
    alone = Q(~Exists(needs), ~Exists(conditions.apart(OuterRef("pk"), user)), _within_limits_of(user))
    pending = Proposal.objects.filter(state=ProposalState.PENDING).alias(together=_together())
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
    own = [Capacity(membership) for membership in _deciding_memberships(person)]
    return own + [Capacity(stand_in.membership, stand_in) for stand_in in standing_in(person)]


def _fits(capacity: Capacity) -> Q:
    """Return the condition that a need names a capacity: its team, role and limit."""
    roles = roles_filled_by(capacity.membership.role)
    if capacity.stand_in is None:
        return conditions.names(capacity.membership, roles=roles)
    return conditions.names_stand_in(capacity.stand_in, roles=roles)


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
    return [each for each in memberships_of(person) if person.is_active and decides(each)]


def _who_fits(team_id: int, role: str, min_limit: Decimal | None) -> QuerySet[Membership]:
    members = filling(Membership.objects.filter(team=team_id, user__is_active=True), role)
    return members if min_limit is None else members.filter(limit__gte=min_limit)


def _others(need: ApprovalNeed, person: User) -> int:
    return _who_fits(need.team_id, need.role, need.min_limit).exclude(user=person).count()


# --- what exactly is approved -------------------------------------------------------------------------------


def values_hash(proposal: Proposal) -> str:
    """Return the fingerprint of what an approver agrees to: resolution, inputs, amount, values of every line.

    Equal values give equal fingerprints, however their numbers are spelled.
    """
    known = list(proposal.lines.all())
    lines = [
        (line.case_line_id, from_builtins(line.before, LineValues), from_builtins(line.after, LineValues))
        for line in known
    ]
    added = [new for line in known if (new := line.new_line()) is not None]
    return hash_of(proposal.resolution, proposal.inputs, proposal.amount, lines, added)


def hash_of(
    resolution: str,
    inputs: dict[str, str],
    amount: Decimal | None,
    lines: Iterable[tuple[int, LineValues, LineValues]],
    added: Iterable[NewLine],
) -> str:
    """Return the fingerprint of these values (`values_hash`); each line with the key of its case line.

    Where no line is added it does not speak of added lines, so that older fingerprints stay what they were.
    """
    new_lines = {new.line_number: [new.item, new.warehouse, _spelled(new.values)] for new in added}
    return content_hash(
        {
            "resolution": resolution,
            "inputs": inputs,
            "amount": None if amount is None else plain(amount),
            "lines": {str(key): [_spelled(before), _spelled(after)] for key, before, after in lines},
        }
        | ({"added": new_lines} if new_lines else {})
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
