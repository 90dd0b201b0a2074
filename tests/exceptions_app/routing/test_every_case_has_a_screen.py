"""Whatever the rules, the teams and the people: a case ends up where somebody sees it."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from exceptions_app.people.models import Absence, Membership, Role, Team, User
from exceptions_app.people.permissions import queue_teams
from exceptions_app.policies import lookup
from exceptions_app.policies.models import CompanyPolicy, Responsibility, RoutingRule
from exceptions_app.routing.facts import FACTS as ASKABLE
from exceptions_app.routing.route import Question, Route, route
from tests.builders.factories import TEAM_NAMES, TUESDAY_TEN, Ground, ReleaseFactory, ground
from tests.exceptions_app.routing.asking import question

CODES = list(TEAM_NAMES)
people = st.tuples(st.sampled_from(CODES), st.sampled_from(list(Role)), st.booleans(), st.booleans())
clauses: st.SearchStrategy[Any] = st.one_of(
    st.just({}),
    st.builds(lambda fact: {"fact": fact, "op": "is_known"}, st.sampled_from(list(ASKABLE))),
    st.builds(lambda fact: {"fact": fact, "op": "is_unknown"}, st.sampled_from(list(ASKABLE))),
    st.just({"fact": "no such fact", "op": "is", "value": "1"}),
    st.just({"fact": "amount", "op": "above", "value": "5000"}),
)
conditions = st.recursive(
    clauses,
    lambda parts: st.one_of(
        st.builds(lambda several: {"any": several}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, parts),
    ),
    max_leaves=4,
)
rules = st.tuples(
    st.sampled_from([*CODES, "theirs"]), conditions, st.one_of(st.none(), st.integers(0, 5)), st.booleans()
)


class EveryCaseHasAScreenTest(TestCase):
    """Every example runs in a transaction of its own on a ground made once."""

    world: Ground
    theirs: Ground

    @classmethod
    def setUpTestData(cls) -> None:
        cls.world, cls.theirs = ground(), ground("elbland")

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        members=st.lists(people, max_size=6),
        written=st.lists(rules, max_size=5),
        gone=st.sets(st.sampled_from(CODES), max_size=7),
        fallback=st.sampled_from(CODES),
        owner=st.sampled_from([*CODES, "XXX"]),
        looks_after=st.booleans(),
    )
    def test_it_is_in_a_queue_that_somebody_who_works_there_can_open(
        self,
        members: list[tuple[str, Role, bool, bool]],
        written: list[tuple[str, Any, int | None, bool]],
        gone: set[str],
        fallback: str,
        owner: str,
        looks_after: bool,
    ) -> None:
        self._staff(members, written, fallback, looks_after)
        used = {rule.team_id for rule in RoutingRule.objects.all()} | {self.world.teams[fallback].pk}
        Team.objects.filter(company=self.world.company, code__in=gone, memberships=None).exclude(
            pk__in=used
        ).delete()
        asked: Question = question(self.world, owner=owner)
        policies = lookup.load([self.world.company.pk], TUESDAY_TEN)
        taken, again = route(asked, policies), route(asked, policies)
        assert (taken.team, taken.person) == (again.team, again.person), "nothing is left to chance"
        self._is_seen(taken)

    def _staff(self, members: Any, written: Any, fallback: str, looks_after: bool) -> None:
        Membership.objects.filter(team__company=self.world.company).delete()
        release = ReleaseFactory.create()
        company = CompanyPolicy.objects.get(company=self.world.company)
        company.fallback_team = self.world.teams[fallback]
        company.save()
        users: list[User] = []
        for number, (team, role, is_active, is_away) in enumerate(members):
            user = User.objects.create(username=f"worker{number}", is_active=is_active)
            Membership.objects.create(user=user, team=self.world.teams[team], role=role)
            if is_away:
                Absence.objects.create(person=user, first_day=TUESDAY_TEN.date(), last_day=TUESDAY_TEN.date())
            if looks_after:
                Responsibility.objects.create(
                    team=self.world.teams[team], person=user, category="seals", release=release
                )
            users.append(user)
        for position, (team, condition, person, is_active) in enumerate(written):
            RoutingRule.objects.create(
                position=position,
                name=f"Rule {position}",
                condition=condition,
                team=self.theirs.teams["PRO"] if team == "theirs" else self.world.teams[team],
                person=users[person] if person is not None and person < len(users) else None,
                is_active=is_active,
                release=release,
            )

    def _is_seen(self, taken: Route) -> None:
        assert taken.team.company_id == self.world.company.pk
        working = Membership.objects.filter(team__company=self.world.company, user__is_active=True).exclude(
            role=Role.AUDITOR
        )
        if not working.exists():
            assert taken.person is None
            return
        there = [each.user for each in working.filter(team=taken.team)]
        assert there, "it went to a team in which nobody works"
        assert all(taken.team in queue_teams(person) for person in there)
        today = TUESDAY_TEN.date()
        present = [
            person
            for person in there
            if not Absence.objects.filter(person=person, first_day__lte=today, last_day__gte=today).exists()
        ]
        assert (taken.person in present) if present else (taken.person is None)
