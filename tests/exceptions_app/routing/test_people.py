"""To whom in a team a case goes, and who is passed over."""

from datetime import date
from decimal import Decimal

import pytest

from exceptions_app.cases.models import CaseState, Severity
from exceptions_app.people.models import Membership, Role, User
from exceptions_app.policies.lookup import LineScope
from tests.builders.factories import (
    AbsenceFactory,
    CaseFactory,
    Ground,
    MembershipFactory,
    PurchaseOrderFactory,
    ResponsibilityFactory,
    RoutingRuleFactory,
    SupplierFactory,
    UserFactory,
    ground,
)
from tests.exceptions_app.routing.asking import clause, routed

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def colleague(world: Ground, name: str, team: str = "PRO", role: Role = Role.MEMBER) -> User:
    person: User = UserFactory.create(username=name, erp_user=name.upper())
    MembershipFactory.create(user=person, team=world.teams[team], role=role, limit=Decimal(2500))
    return person


def has_cases(world: Ground, person: User, *severities: Severity, state: str = CaseState.ASSIGNED) -> None:
    for severity in severities:
        CaseFactory.create(
            order=PurchaseOrderFactory.create(supplier=world.supplier),
            team=world.teams["PRO"],
            owner=person,
            severity=severity,
            state=state,
        )


# --- who has a claim ----------------------------------------------------------------------------------------


def test_a_rule_may_name_a_person_of_its_team(world: Ground) -> None:
    sam, other = world.people["sam"], colleague(world, "abel", "SUP")
    rule = RoutingRuleFactory.create(team=world.teams["SUP"], person=sam)
    route = routed(world)
    assert (route.person, route.person_words) == (sam, "The rule names Sam Example.")
    rule.person = world.people["bea"]
    rule.save()
    assert routed(world).person == other, "Bea does not work there, and Abel comes first by name"


def test_whoever_looks_after_the_supplier_comes_before_the_buyer(world: Ground) -> None:
    bruno = colleague(world, "bruno")
    assert routed(world, buyer="BEA").person == world.people["bea"]
    ResponsibilityFactory.create(team=world.teams["PRO"], person=bruno, supplier=world.supplier)
    route = routed(world, buyer="BEA")
    assert (route.person, route.person_words) == (bruno, "Bruno Example looks after Nordmann Dichtungen.")


def test_the_more_specific_responsibility_wins(world: Ground) -> None:
    team = world.teams["PRO"]
    people = [colleague(world, name) for name in ("a", "b", "c", "d", "e")]
    scopes = (
        {},
        {"warehouse": world.warehouse},
        {"category": "seals"},
        {"supplier": world.supplier},
        {"supplier": world.supplier, "category": "seals"},
    )
    for person, scope in zip(people, scopes, strict=True):
        ResponsibilityFactory.create(team=team, person=person, **scope)
        assert routed(world).person == person


def test_a_responsibility_elsewhere_in_another_team_or_no_longer_counts_for_nothing(world: Ground) -> None:
    bruno = colleague(world, "bruno")
    for scope in (
        {"supplier": SupplierFactory.create(connection=world.erp)},
        {"category": "pumps"},
        {"team": world.teams["FIN"]},
        {"valid_until": date(2026, 11, 23)},
        {"company": ground("elbland").company},
    ):
        ResponsibilityFactory.create(**{"team": world.teams["PRO"], "person": bruno, **scope})
    assert routed(world, buyer="BEA").person == world.people["bea"]


def test_one_line_in_the_scope_is_enough(world: Ground) -> None:
    bruno = colleague(world, "bruno")
    ResponsibilityFactory.create(team=world.teams["PRO"], person=bruno, category="pumps")
    scopes = tuple(
        LineScope(company_id=world.company.pk, category=category) for category in ("seals", "pumps")
    )
    assert routed(world, scopes=scopes, buyer="BEA").person == bruno


@pytest.mark.parametrize(("owner", "expected"), [("PRO", "bea"), ("WHS", "wade")])
def test_the_buyer_gets_it_only_where_the_buyer_works(owner: str, expected: str, world: Ground) -> None:
    colleague(world, "abel")
    assert routed(world, owner=owner, buyer="BEA").person == world.people[expected]


def test_an_auditor_and_who_has_left_get_nothing(world: Ground) -> None:
    auditor = colleague(world, "aud", role=Role.AUDITOR)
    gone = colleague(world, "abel")
    gone.is_active = False
    gone.save()
    for person in (auditor, gone):
        ResponsibilityFactory.create(team=world.teams["PRO"], person=person)
    assert routed(world, buyer="AUD").person == world.people["bea"]
    assert routed(world, buyer="ABEL").person == world.people["bea"]


# --- who has the least to do --------------------------------------------------------------------------------


def test_without_a_claim_it_goes_to_who_has_the_least_to_do_weighed_by_severity(world: Ground) -> None:
    bruno = colleague(world, "bruno")
    has_cases(world, world.people["bea"], Severity.CRITICAL)
    has_cases(world, bruno, Severity.LOW, Severity.LOW, Severity.MEDIUM)
    route = routed(world)
    assert (route.person, route.person_words) == (bruno, "Bruno Example has the least to do at the moment.")
    has_cases(world, bruno, Severity.HIGH, Severity.LOW)
    assert routed(world).person == world.people["bea"], "8 against 9"


@pytest.mark.parametrize("state", [CaseState.RESOLVED, CaseState.CLOSED, CaseState.DISMISSED])
def test_what_is_over_weighs_nothing(state: str, world: Ground) -> None:
    bruno = colleague(world, "bruno")
    has_cases(world, world.people["bea"], Severity.CRITICAL, state=state)
    has_cases(world, bruno, Severity.LOW)
    assert routed(world).person == world.people["bea"]


def test_of_two_with_the_same_load_the_first_by_user_name_gets_it(world: Ground) -> None:
    abel = colleague(world, "abel")
    assert routed(world).person == abel


def test_of_two_who_look_after_it_the_one_with_less_to_do_gets_it(world: Ground) -> None:
    abel, bruno = colleague(world, "abel"), colleague(world, "bruno")
    for person in (abel, bruno):
        ResponsibilityFactory.create(team=world.teams["PRO"], person=person, supplier=world.supplier)
    has_cases(world, abel, Severity.LOW)
    assert routed(world).person == bruno


def test_work_is_spread_over_members_then_leads_then_managers(world: Ground) -> None:
    for role in (Role.MEMBER, Role.LEAD, Role.MANAGER):
        person = routed(world).person
        assert person is not None
        membership = Membership.objects.get(user=person)
        assert membership.role == role
        membership.delete()


# --- who is away --------------------------------------------------------------------------------------------


def test_whoever_is_away_is_passed_over_and_said(world: Ground) -> None:
    bruno = colleague(world, "bruno")
    ResponsibilityFactory.create(team=world.teams["PRO"], person=bruno, supplier=world.supplier)
    AbsenceFactory.create(person=bruno, last_day=date(2026, 12, 4))
    route = routed(world, buyer="BEA")
    assert route.person == world.people["bea"]
    assert (
        route.person_words == "Bruno Example is away until 12/04/2026. Bea Example is the buyer in the ERP."
    )


@pytest.mark.parametrize(
    ("first", "last", "is_there"),
    [
        (date(2026, 11, 24), date(2026, 11, 24), False),
        (date(2026, 11, 1), date(2026, 11, 23), True),
        (date(2026, 11, 25), date(2026, 12, 1), True),
    ],
)
def test_an_absence_holds_from_its_first_to_its_last_day(
    first: date, last: date, is_there: bool, world: Ground
) -> None:
    bruno = colleague(world, "bruno")
    AbsenceFactory.create(person=world.people["bea"], first_day=first, last_day=last)
    assert routed(world, buyer="BEA").person == (world.people["bea"] if is_there else bruno)


def test_where_everybody_is_away_it_waits_in_the_queue_of_the_team(world: Ground) -> None:
    AbsenceFactory.create(person=world.people["wade"])
    route = routed(world, owner="WHS")
    assert (route.team, route.person) == (world.teams["WHS"], None)
    assert "Nobody in Warehouse is there today" in route.person_words


def test_a_person_named_by_a_rule_who_is_away_leaves_it_to_the_others(world: Ground) -> None:
    fritz = world.people["fritz"]
    RoutingRuleFactory.create(
        team=world.teams["FIN"], person=fritz, condition=clause("type", "is", "quantity_short")
    )
    AbsenceFactory.create(person=fritz)
    assert routed(world).person == world.people["finn"]
