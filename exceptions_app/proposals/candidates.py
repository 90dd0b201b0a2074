"""Who may fill a need: in their own name, or in the place of whom they stand in for."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from erp_connectors import clock
from exceptions_app.people.models import Membership, Team, User
from exceptions_app.people.permissions import deciding, filling, fills
from exceptions_app.people.standing_in import StandIn, away_on, stand_ins_for
from exceptions_app.proposals.models import ApprovalNeed


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
        if member.user_id not in barred and is_named(member, need)
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


def _may_stand_in(need: Asked, barred: Container[int], stand_in: StandIn) -> bool:
    return stand_in.delegation.delegate_id not in barred and is_passed_on(need, stand_in)


def is_passed_on(need: Asked, stand_in: StandIn) -> bool:
    """Say whether the amount lies within what a stand-in was given to decide."""
    return stand_in.cap is None or (need.amount is not None and need.amount <= stand_in.cap)


def is_named(membership: Membership, need: Asked) -> bool:
    """Say whether a need names a membership: its team, role and limit."""
    return (
        membership.team_id == need.team.pk
        and fills(membership.role, need.role)
        and (need.min_limit is None or (membership.limit is not None and membership.limit >= need.min_limit))
    )


def people_for(need: Need, barred: Container[int]) -> list[User]:
    """Return who could fill a need themselves, but for those who may not."""
    members = _who_fits(need.team.pk, need.role, need.min_limit).select_related("user").order_by("pk")
    return [each.user for each in members if each.user_id not in barred]


def others_who_fit(need: ApprovalNeed, person: User) -> int:
    """Return how many besides the person could fill a need themselves."""
    return _who_fits(need.team_id, need.role, need.min_limit).exclude(user=person).count()


def _who_fits(team_id: int, role: str, min_limit: Decimal | None) -> QuerySet[Membership]:
    members = filling(Membership.objects.filter(team=team_id, user__is_active=True), role)
    return members if min_limit is None else members.filter(limit__gte=min_limit)
