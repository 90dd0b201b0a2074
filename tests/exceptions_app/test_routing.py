"""Where a case goes: rules in order, the type's owner, the fallback; then the person."""

from decimal import Decimal
from typing import Any

import pytest

from exceptions_app import routing
from exceptions_app.people.models import Role
from exceptions_app.policies import lookup
from exceptions_app.policies.conditions import ConditionError
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    MembershipFactory,
    RoutingRuleFactory,
    UserFactory,
    ground,
)

pytestmark = pytest.mark.django_db

FACTS = {
    "type": "quantity_short",
    "severity": 3,
    "amount": Decimal("3283.20"),
    "company": "weserland",
    "supplier": "77",
    "supplier_tier": "A",
    "category": frozenset({"seals"}),
    "warehouse": frozenset({"KAS"}),
    "item_class": frozenset({"B"}),
    "percent_short": Decimal(18),
    "customer_class": "A",
}


@pytest.fixture
def world() -> Ground:
    return ground()


def routed(
    world: Ground, facts: dict[str, Any] = FACTS, *, owner: str = "PRO", buyer: str = ""
) -> routing.Route:
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    return routing.route(facts, company_id=world.company.pk, owner_code=owner, buyer=buyer, policies=policies)


def clause(fact: str, op: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value}


def test_the_first_rule_that_holds_takes_the_case(world: Ground) -> None:
    RoutingRuleFactory.create(
        position=1, name="Large", team=world.teams["FIN"], condition=clause("amount", "above", "5000")
    )
    second = RoutingRuleFactory.create(
        position=2, name="Tier A", team=world.teams["SUP"], condition=clause("supplier_tier", "is", "A")
    )
    RoutingRuleFactory.create(position=3, name="All", team=world.teams["PLN"])
    route = routed(world)
    assert (route.team, route.person, route.rule_id) == (world.teams["SUP"], None, second.pk)
    assert route.words == "Rule “Tier A” of Release 1."


@pytest.mark.parametrize("fact", list(routing.FACTS))
def test_a_rule_can_ask_for_every_fact(fact: str, world: Ground) -> None:
    value = FACTS[fact]
    asked = {
        "TEXT": lambda: clause(fact, "is", value),
        "NUMBER": lambda: clause(fact, "at_least", str(value)),
        "LEVEL": lambda: clause(fact, "is", "high"),
        "TEXTS": lambda: clause(fact, "has", next(iter(value))),
    }[routing.FACTS[fact].kind.name]()
    rule = RoutingRuleFactory.create(team=world.teams["SUP"], condition=asked)
    assert routed(world).rule_id == rule.pk
    assert routed(world, FACTS | {fact: None}).rule_id is None


def test_a_rule_may_name_a_person_of_its_team(world: Ground) -> None:
    sam = world.people["sam"]
    rule = RoutingRuleFactory.create(team=world.teams["SUP"], person=sam)
    assert routed(world).person == sam
    rule.person = world.people["bea"]
    rule.save()
    assert routed(world).person is None, "she does not work there"


def test_without_a_rule_it_goes_to_the_owner_of_the_type(world: Ground) -> None:
    route = routed(world, owner="WHS")
    assert (route.team, route.rule_id) == (world.teams["WHS"], None)
    assert route.words == "No rule holds: the owner of this type."


def test_without_that_team_it_goes_to_the_fallback(world: Ground) -> None:
    world.teams["WHS"].delete()
    route = routed(world, owner="WHS")
    assert route.team == world.teams["PRO"]
    assert "there is no team WHS: the fallback team" in route.words


@pytest.mark.parametrize("owner", ["PRO", "WHS"])
def test_it_is_given_to_the_buyer_where_the_buyer_works(owner: str, world: Ground) -> None:
    expected = world.people["bea"] if owner == "PRO" else None
    assert routed(world, owner=owner, buyer="BEA").person == expected


def test_an_unknown_buyer_an_auditor_and_who_has_left_get_nothing(world: Ground) -> None:
    assert routed(world, buyer="NOBODY").person is None
    auditor = UserFactory.create(erp_user="AUD")
    MembershipFactory.create(user=auditor, team=world.teams["PRO"], role=Role.AUDITOR)
    assert routed(world, buyer="AUD").person is None
    world.people["bea"].is_active = False
    world.people["bea"].save()
    assert routed(world, buyer="BEA").person is None


def test_a_rule_that_cannot_be_read_is_passed_over_and_said(world: Ground) -> None:
    RoutingRuleFactory.create(
        position=1, name="Broken", team=world.teams["FIN"], condition={"fact": "colour", "op": "is"}
    )
    RoutingRuleFactory.create(position=2, name="All", team=world.teams["PLN"])
    route = routed(world)
    assert route.team == world.teams["PLN"]
    assert route.words.startswith("Rule “All” of Release 1. Rule “Broken” cannot be read: fact: 'colour'")


def test_a_rule_with_a_team_of_another_company_is_passed_over(world: Ground) -> None:
    other = ground("elbland")
    RoutingRuleFactory.create(name="Theirs", team=other.teams["FIN"])
    route = routed(world)
    assert route.team == world.teams["PRO"]
    assert "Rule “Theirs” names a team of another company." in route.words


def test_every_rule_explains_its_answer(world: Ground) -> None:
    RoutingRuleFactory.create(
        position=1, name="Large", team=world.teams["FIN"], condition=clause("amount", "above", "5000")
    )
    RoutingRuleFactory.create(position=2, name="All", team=world.teams["PLN"])
    RoutingRuleFactory.create(position=3, name="Late", team=world.teams["SUP"])
    RoutingRuleFactory.create(position=4, name="Broken", team=world.teams["SUP"], condition={"all": 1})
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    answers = routing.explain(FACTS, company_id=world.company.pk, policies=policies)
    assert [answer.chosen for answer in answers] == [False, True, False, False]
    assert answers[0].explanation is not None
    assert answers[0].explanation.words == "Amount in company currency is above 5,000 (it is 3,283.20)"
    assert (answers[3].explanation, "cannot be read" in answers[3].problem) == (None, True)


def test_a_condition_is_checked_before_it_is_saved() -> None:
    assert routing.read_condition(clause("severity", "at_least", "high")).holds(FACTS)
    with pytest.raises(ConditionError, match="critical"):
        routing.read_condition(clause("severity", "at_least", "urgent"))
