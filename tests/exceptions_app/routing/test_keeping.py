"""A case keeps why it is where it is, and follows the rules until somebody acts on it."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import OrderLine
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import RIGHTLINE, Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.policies.release import publish
from exceptions_app.routing import facts
from tests.builders.factories import (
    TUESDAY_TEN,
    AbsenceFactory,
    Ground,
    RoutingRuleFactory,
    offer,
    shortage_ground,
)

pytestmark = pytest.mark.django_db
SCENE = shortage_ground
LATER = TUESDAY_TEN + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def tuesday_ten(db: None) -> Iterator[None]:
    clock.set_now(TUESDAY_TEN)
    yield
    clock.reset()


@pytest.fixture
def shortage(scene: tuple[Ground, OrderLine]) -> tuple[Ground, OrderLine]:
    offer(scene[1], (82, date(2026, 12, 2)))
    return scene


def look(line: OrderLine) -> Case:
    """Look at the order now, and return its case."""
    evaluation = intake.evaluate([line.order_id], clock.now())
    assert evaluation.failures == {}
    return Case.objects.get()


def rule_is_published(world: Ground, team: str) -> None:
    """Publish a rule that sends everything to a team, a little later."""
    clock.set_now(LATER)
    release = publish("All to one", by=RIGHTLINE, at=clock.now())
    RoutingRuleFactory.create(name="All", team=world.teams[team], release=release)


def test_a_case_keeps_what_the_rules_were_asked_and_what_they_said(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    rule = RoutingRuleFactory.create(name="All", team=world.teams["PRO"])
    route = look(line).route
    assert (route.rule, route.release.number) == (rule, 1)
    assert route.routed_at >= TUESDAY_TEN
    assert route.team_words == "Rule “All” of Release 1."
    assert route.person_words == "Bea Example is the buyer in the ERP."
    known = facts.from_json(route.facts)
    assert (known["type"], known["amount"], known["buyer"]) == (
        "quantity_short",
        Decimal("3283.20"),
        "BEA",
    )
    assert known["category"] == {"seals"}


def test_new_figures_are_kept_too(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    look(line)
    offer(line, (70, date(2026, 12, 2)), at=LATER)
    clock.set_now(LATER)
    assert facts.from_json(look(line).route.facts)["percent_short"] == 30


def test_a_new_rule_moves_a_case_nobody_has_acted_on(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    look(line)
    rule_is_published(world, "FIN")
    case = look(line)
    assert (case.team, case.owner) == (world.teams["FIN"], world.people["finn"])
    assert (case.route.release.number, case.routed_by) == (2, "Rule “All” of Release 2.")
    event = Event.objects.get(kind="case.rerouted")
    assert event.summary == "Goes to Finance: Rule “All” of Release 2."


def test_a_new_rule_that_sends_it_to_the_same_team_changes_nothing_but_what_is_kept(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    version = look(line).version
    rule_is_published(world, "PRO")
    case = look(line)
    assert (case.version, case.owner) == (version, world.people["bea"])
    assert case.route.release.number == 2


def test_a_case_somebody_has_acted_on_stays_where_it_is(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    actions.start(look(line), by=Actor(world.people["bea"], "test"))
    rule_is_published(world, "FIN")
    case = look(line)
    assert (case.team, case.route.release.number) == (world.teams["PRO"], 1)


def test_a_case_nobody_was_there_for_is_given_to_whoever_is_back_when_it_is_looked_at(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    for name in ("bea", "paul", "mona"):
        AbsenceFactory.create(
            person=world.people[name], first_day=date(2026, 11, 24), last_day=date(2026, 11, 24)
        )
    case = look(line)
    assert (case.owner, case.state) == (None, CaseState.NEW)
    clock.set_now(TUESDAY_TEN + timedelta(days=1))
    offer(line, (70, date(2026, 12, 2)), at=LATER)
    assert look(line).owner == world.people["bea"]


def test_looking_again_under_the_same_rules_asks_them_nothing(
    shortage: tuple[Ground, OrderLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, line = shortage
    look(line)
    monkeypatch.setattr("exceptions_app.desk.scales.route", None)
    assert look(line).team == world.teams["PRO"]
