"""Who acts for whom: the delegations that hold now, and the memberships in which somebody stands in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from erp_connectors import clock
from exceptions_app.people.models import Absence, Delegation, Membership, User

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A membership of somebody else in which a person acts, by a delegation."""

    delegation: Delegation
    membership: Membership

    @property
    def person(self) -> User:
        """Whom the person stands in for."""
        return self.delegation.person

    @property
    def cap(self) -> Decimal | None:
        """Up to which amount it holds: within the limit of both; None where neither has one."""
        limits = [each for each in (self.delegation.limit, self.membership.limit) if each is not None]
        return min(limits, default=None)


def read_stand_ins(user: User) -> tuple[StandIn, ...]:
    """Read in which memberships of active people the person stands in for them now.

    Which of them decide anything is for the policy module to say (`permissions.standing_in`).
    """
    if not user.is_active:
        return ()
    given = Delegation.objects.filter(delegate=user, ended_at=None).select_related("person")
    # Most people stand in for nobody, and every page asks: what time it is matters only to the others.
    known = list(given.prefetch_related("teams").order_by("pk"))
    now = clock.now() if known else None
    delegations = [each for each in known if now is not None and holds(each, now) and each.person.is_active]
    memberships = _memberships_of([each.person_id for each in delegations])
    return tuple(
        StandIn(delegation, membership)
        for delegation in delegations
        for membership in memberships
        if membership.user_id == delegation.person_id and _covers(delegation, membership.team_id)
    )


def stand_ins_for(memberships: Iterable[Membership]) -> list[StandIn]:
    """Return who stands in now for whom, of the people with these memberships, in one of them."""
    of_person: dict[int, list[Membership]] = {}
    for membership in memberships:
        of_person.setdefault(membership.user_id, []).append(membership)
    if not of_person:
        return []
    now = clock.now()
    related = _about_now(now).filter(person__in=of_person, delegate__is_active=True)
    return [
        StandIn(delegation, membership)
        for delegation in related.select_related("person", "delegate").prefetch_related("teams")
        if holds(delegation, now)
        for membership in of_person[delegation.person_id]
        if _covers(delegation, membership.team_id)
    ]


def away_on(people: Collection[int], now: datetime) -> set[int]:
    """Return which of the people are away today, each by the day where they are."""
    found = Absence.objects.filter(
        person__in=people,
        first_day__lte=now.date() + ONE_DAY,
        last_day__gte=now.date() - ONE_DAY,
    ).select_related("person")
    return {each.person_id for each in found if each.first_day <= _day_of(each.person, now) <= each.last_day}


def holds(delegation: Delegation, now: datetime) -> bool:
    """Say whether a delegation holds: not ended, and today is one of its days where the person is."""
    today = _day_of(delegation.person, now)
    return delegation.ended_at is None and delegation.first_day <= today <= delegation.last_day


def _day_of(person: User, now: datetime) -> date:
    return now.astimezone(ZoneInfo(person.time_zone)).date()


def _about_now(now: datetime) -> QuerySet[Delegation]:
    """Return the delegations that may hold at `now`, wherever it is that day."""
    day = now.date()
    return Delegation.objects.filter(
        Q(ended_at=None), first_day__lte=day + ONE_DAY, last_day__gte=day - ONE_DAY
    )


def _memberships_of(people: Collection[int]) -> list[Membership]:
    if not people:
        return []
    found = Membership.objects.filter(user__in=people, user__is_active=True)
    return list(found.select_related("team__company", "team__calendar", "user").order_by("pk"))


def _covers(delegation: Delegation, team_id: int) -> bool:
    teams = [team.pk for team in delegation.teams.all()]
    return not teams or team_id in teams
