"""The permission table, walked completely: every action, every relation of a team to a case, every role."""

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser

from exceptions_app.cases.models import Case, QueueRole
from exceptions_app.people.models import Role, User
from exceptions_app.people.permissions import (
    CASE_ACTIONS,
    COMPANY_ACTIONS,
    may,
    may_in_company,
    permitted_actions,
    queue_teams,
    those_allowed,
    visible_cases,
    works_in,
)
from tests.builders.factories import (
    CaseFactory,
    CompanyFactory,
    MembershipFactory,
    QueueEntryFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

WORK = {"take", "start", "ask", "wait_for_supplier", "note_answer", "resume", "escalate", "propose"}
BY_HAND = {"override_severity", "override_state", "override_owner", "override_clock", "settle_command"}
LEAD = {"assign", "dismiss", "hand_over", "reopen", "end_override", *BY_HAND}
#: Whoever counts the goods leads a team that is only involved, as a rule.
COUNT = {"override_position"}
TALK = {"view", "comment", "complete_task"}
#: What each role may do, by how its team stands to the case: written out, so that the table cannot drift.
EXPECTED: dict[str, dict[Role, set[str]]] = {
    "owner": {
        Role.MEMBER: TALK | WORK,
        Role.LEAD: TALK | WORK | LEAD | COUNT,
        Role.MANAGER: TALK | WORK | LEAD | COUNT,
        Role.AUDITOR: {"view"},
    },
    "task": {
        Role.MEMBER: TALK,
        Role.LEAD: TALK | COUNT,
        Role.MANAGER: TALK | COUNT,
        Role.AUDITOR: {"view"},
    },
    "approval": {
        Role.MEMBER: TALK,
        Role.LEAD: TALK | COUNT,
        Role.MANAGER: TALK | COUNT,
        Role.AUDITOR: {"view"},
    },
    "told": {
        Role.MEMBER: TALK,
        Role.LEAD: TALK | COUNT,
        Role.MANAGER: TALK | COUNT,
        Role.AUDITOR: {"view"},
    },
    "other team": {
        Role.MEMBER: set(),
        Role.LEAD: set(),
        Role.MANAGER: {"view", "comment"},
        Role.AUDITOR: {"view"},
    },
    "other company": {role: set() for role in Role},
}


def person_standing(relation: str, role: Role, case: Case) -> User:
    """Return somebody in `role` of a team that stands to the case in that relation."""
    if relation == "owner":
        team = case.team
    elif relation == "other company":
        team = TeamFactory.create(company=CompanyFactory.create(), code="PRO")
    else:
        team = TeamFactory.create(company=case.company, code="FIN")
        if relation != "other team":
            QueueEntryFactory.create(case=case, team=team, role=QueueRole(relation))
    return MembershipFactory.create(team=team, role=role).user


def case_in_its_queue() -> Case:
    """Make a case in the queue of its team."""
    made: Case = CaseFactory.create()
    QueueEntryFactory.create(case=made)
    return made


SCENE = case_in_its_queue


@pytest.fixture
def case(scene: Case) -> Case:
    return scene


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("relation", list(EXPECTED))
def test_every_cell_of_the_table_is_as_written_here(relation: str, role: Role, case: Case) -> None:
    person = person_standing(relation, role, case)
    granted = {action for action in CASE_ACTIONS if may(person, action, case)}
    assert granted == EXPECTED[relation][role]
    assert permitted_actions(person, case) == granted
    assert {action for action in CASE_ACTIONS if those_allowed(person, action, [case])} == granted
    assert (case in visible_cases(person)) is ("view" in granted)


def test_the_expectation_names_every_action() -> None:
    assert set(CASE_ACTIONS) == TALK | WORK | LEAD | COUNT


def test_a_person_may_what_any_of_their_memberships_may(case: Case) -> None:
    person = person_standing("told", Role.MEMBER, case)
    assert not may(person, "take", case)
    MembershipFactory.create(user=person, team=case.team, role=Role.MEMBER)
    assert may(person, "take", case)
    assert not may(person, "dismiss", case)


def test_a_superuser_sees_everything_and_works_nothing(case: Case) -> None:
    root = UserFactory.create(is_superuser=True)
    assert permitted_actions(root, case) == {"view"}
    assert {action for action in CASE_ACTIONS if may(root, action, case)} == {"view"}
    assert case in visible_cases(root)
    assert may_in_company(root, "view_exchange", case.company)
    assert not may_in_company(root, "match_documents", case.company)


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_has_left_may_nothing(is_superuser: bool, case: Case) -> None:
    person = UserFactory.create(is_active=False, is_superuser=is_superuser)
    MembershipFactory.create(user=person, team=case.team, role=Role.MANAGER)
    assert permitted_actions(person, case) == frozenset()
    assert not any(may(person, action, case) for action in CASE_ACTIONS)
    assert not any(may_in_company(person, action, case.company) for action in COMPANY_ACTIONS)
    assert not visible_cases(person).exists()
    assert queue_teams(person) == []
    assert not works_in(person, case.team)


def test_somebody_in_no_team_may_nothing(case: Case) -> None:
    stranger = UserFactory.create()
    assert permitted_actions(stranger, case) == frozenset()
    assert not visible_cases(stranger).exists()
    assert not visible_cases(AnonymousUser()).exists()  # type: ignore[arg-type]


def test_an_action_nobody_defined_is_an_error_and_not_a_no(case: Case) -> None:
    person = UserFactory.create()
    with pytest.raises(KeyError):
        may(person, "delete", case)
    with pytest.raises(KeyError):
        may_in_company(person, "delete", case.company)


IN_COMPANY = {
    "view_orders": lambda team, role: True,
    "view_documents": lambda team, role: True,
    "view_exchange": lambda team, role: team == "EDI" or role != Role.MEMBER,
    "replay_interchange": lambda team, role: team == "EDI" and role != Role.AUDITOR,
    "correct_interchange": lambda team, role: team == "EDI" and role in (Role.LEAD, Role.MANAGER),
    "view_shadow": lambda team, role: role != Role.MEMBER,
    "manage_incidents": lambda team, role: (
        (team in ("PRO", "SUP") and role != Role.AUDITOR) or role in (Role.LEAD, Role.MANAGER)
    ),
    "match_documents": lambda team, role: team in ("PRO", "WHS", "FIN", "EDI") and role != Role.AUDITOR,
    "manage_tokens": lambda team, role: team == "EDI" and role in (Role.LEAD, Role.MANAGER),
    "view_history": lambda team, role: role in (Role.MANAGER, Role.AUDITOR),
    "view_policies": lambda team, role: role != Role.MEMBER,
    "edit_policies": lambda team, role: role == Role.MANAGER,
    "review_policies": lambda team, role: role == Role.MANAGER,
    "publish_policies": lambda team, role: role == Role.MANAGER,
}


@pytest.mark.parametrize("team_code", ["PRO", "PLN", "WHS", "FIN", "CSR", "SUP", "EDI"])
def test_every_cell_of_the_company_table_is_as_written_here(team_code: str) -> None:
    assert set(IN_COMPANY) == set(COMPANY_ACTIONS)
    team, elsewhere = TeamFactory.create(code=team_code), CompanyFactory.create()
    people = {role: MembershipFactory.create(team=team, role=role).user for role in Role}
    for role, action in itertools.product(Role, COMPANY_ACTIONS):
        expected = IN_COMPANY[action](team_code, role)
        assert may_in_company(people[role], action, team.company) is expected, (action, role)
        assert not may_in_company(people[role], action, elsewhere)


def test_the_queues_of_a_person_are_those_of_their_teams() -> None:
    person = UserFactory.create()
    second = CompanyFactory.create(name="Zentrale")
    first = CompanyFactory.create(name="Auenland")
    teams = [
        TeamFactory.create(company=first, code="FIN"),
        TeamFactory.create(company=first, code="PRO"),
        TeamFactory.create(company=second, code="EDI"),
    ]
    TeamFactory.create(company=first, code="WHS")
    for team in reversed(teams):
        MembershipFactory.create(user=person, team=team)
    assert queue_teams(person) == teams


@pytest.mark.parametrize(
    ("role", "works"),
    [(Role.MEMBER, True), (Role.LEAD, True), (Role.MANAGER, True), (Role.AUDITOR, False)],
)
def test_everybody_but_an_auditor_works_in_their_team(role: Role, works: bool) -> None:
    membership = MembershipFactory.create(role=role)
    assert works_in(membership.user, membership.team) is works
    assert not works_in(membership.user, TeamFactory.create(company=membership.team.company, code="FIN"))
