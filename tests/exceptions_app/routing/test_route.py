"""Which team a case goes to: rules in order, the type's owner, the fallback, any team with somebody in it."""

from typing import Any

import pytest

from exceptions_app.people.models import Membership, Role
from exceptions_app.policies import rows
from exceptions_app.policies.conditions import ConditionError
from exceptions_app.routing.facts import FACTS as ASKABLE
from exceptions_app.routing.facts import read_condition
from tests.builders.factories import Ground, RoutingRuleFactory, UserFactory, ground
from tests.exceptions_app.routing.asking import FACTS, clause, explained, routed

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def nobody_works_in(world: Ground, *codes: str) -> None:
    Membership.objects.filter(team__company=world.company, team__code__in=codes).delete()


# --- rules --------------------------------------------------------------------------------------------------


def test_the_first_rule_that_holds_takes_the_case(world: Ground) -> None:
    RoutingRuleFactory.create(
        position=1, name="Large", team=world.teams["FIN"], condition=clause("amount", "above", "5000")
    )
    second = RoutingRuleFactory.create(
        position=2, name="Tier A", team=world.teams["SUP"], condition=clause("supplier_tier", "is", "A")
    )
    RoutingRuleFactory.create(position=3, name="All", team=world.teams["PLN"])
    route = routed(world)
    assert (route.team, route.rule) == (world.teams["SUP"], second)
    assert route.words == "Rule “Tier A” of Release 1."


@pytest.mark.parametrize("fact", list(ASKABLE))
def test_a_rule_can_ask_for_every_fact(fact: str, world: Ground) -> None:
    value = FACTS[fact]
    asked = {
        "TEXT": lambda: clause(fact, "is", value),
        "NUMBER": lambda: clause(fact, "at_least", str(value)),
        "LEVEL": lambda: clause(fact, "is", "high"),
        "TEXTS": lambda: clause(fact, "has", next(iter(value))),
    }[ASKABLE[fact].kind.name]()
    rule = RoutingRuleFactory.create(team=world.teams["SUP"], condition=asked)
    assert routed(world).rule == rule
    assert routed(world, **{fact: None}).rule is None


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


def test_a_rule_with_a_team_in_which_nobody_works_is_passed_over(world: Ground) -> None:
    nobody_works_in(world, "FIN")
    RoutingRuleFactory.create(name="Large", team=world.teams["FIN"])
    route = routed(world)
    assert route.team == world.teams["PRO"]
    assert "Rule “Large” names Finance, in which nobody works." in route.words


def test_every_rule_explains_its_answer(world: Ground) -> None:
    RoutingRuleFactory.create(
        position=1, name="Large", team=world.teams["FIN"], condition=clause("amount", "above", "5000")
    )
    RoutingRuleFactory.create(position=2, name="All", team=world.teams["PLN"])
    RoutingRuleFactory.create(position=3, name="Late", team=world.teams["SUP"])
    RoutingRuleFactory.create(position=4, name="Broken", team=world.teams["SUP"], condition={"all": 1})
    answers = explained(world).answers
    assert [answer.chosen for answer in answers] == [False, True, False, False]
    assert answers[0].explanation is not None
    assert answers[0].explanation.words == "Amount in company currency is above 5,000 (it is 3,283.20)"
    assert (answers[3].explanation, "cannot be read" in answers[3].problem) == (None, True)


def test_a_condition_is_checked_before_it_is_saved() -> None:
    assert read_condition(clause("severity", "at_least", "high")).holds(FACTS)
    with pytest.raises(ConditionError, match="critical"):
        read_condition(clause("severity", "at_least", "urgent"))


# --- without a rule -----------------------------------------------------------------------------------------


def test_without_a_rule_it_goes_to_the_owner_of_the_type(world: Ground) -> None:
    route = routed(world, owner="WHS")
    assert (route.team, route.rule) == (world.teams["WHS"], None)
    assert route.words == "No rule holds: the owner of this type."


def test_without_that_team_it_goes_to_the_fallback(world: Ground) -> None:
    world.teams["WHS"].delete()
    route = routed(world, owner="WHS")
    assert route.team == world.teams["PRO"]
    assert route.words == "No rule holds and there is no team WHS: the fallback team."


def test_without_anybody_in_that_team_it_goes_to_the_fallback(world: Ground) -> None:
    Membership.objects.filter(team=world.teams["WHS"]).update(role=Role.AUDITOR)
    route = routed(world, owner="WHS")
    assert route.team == world.teams["PRO"]
    assert route.words == "No rule holds and nobody works in team WHS: the fallback team."


def test_without_anybody_in_the_fallback_it_goes_to_the_first_team_with_somebody(world: Ground) -> None:
    nobody_works_in(world, "WHS", "PRO")
    route = routed(world, owner="WHS")
    assert route.team == world.teams["PLN"]
    assert "the first team in which somebody does" in route.words


def test_where_nobody_works_at_all_it_stays_with_the_fallback(world: Ground) -> None:
    Membership.objects.all().delete()
    route = routed(world, owner="WHS")
    assert (route.team, route.person) == (world.teams["PRO"], None)


def test_an_answer_takes_no_more_queries_with_many_rules_and_people(
    world: Ground, django_assert_max_num_queries: Any
) -> None:
    for position in range(20):
        RoutingRuleFactory.create(
            position=position, team=world.teams["FIN"], condition=clause("amount", "above", "5000")
        )
        Membership.objects.create(user=UserFactory.create(), team=world.teams["PRO"])
    rows.current()
    with django_assert_max_num_queries(3):
        assert routed(world).team == world.teams["PRO"]
