"""Whom a decision needs, step by step: by its amount, and by the approval rules that hold.

Nobody is needed for an amount that the limit of each decider covers; else somebody of the owning team with a
sufficient limit has to agree. Approval rules name further approvers. One person fills one need.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from erp_connectors.errors import ConfigurationError
from exceptions_app.cases.models import Case
from exceptions_app.kept_apart import Pair
from exceptions_app.people.models import Role, Team, User
from exceptions_app.people.permissions import higher_role
from exceptions_app.policies import lookup, rows
from exceptions_app.policies.matrix import Approver, Facts, Rule
from exceptions_app.proposals.candidates import Asked, Need, candidates_of, people_for
from exceptions_app.proposals.limits import is_free, is_within_limit

NOBODY: Mapping[int, Pair] = {}


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
        if same is not None and both is not None and people_for(both, barred):
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


def _with_people(needs: Sequence[Need], barred: Container[int]) -> list[Need]:
    found = candidates_of([(need, barred) for need in needs])
    return [replace(need, who=who) for need, who in zip(needs, found, strict=True)]
