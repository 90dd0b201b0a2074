"""The page that says why a case is where it is."""

from datetime import timedelta
from typing import Any

from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import Case
from exceptions_app.policies import lookup
from exceptions_app.routing import route as routing
from exceptions_app.routing.asking import question_of
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import Scene, set_scene

SCENE = set_scene


def routed(scene: Scene, number: str = "EX-1") -> Case:
    """Make a case that keeps how the rules answered it."""
    case = scene.shortage(number, owner=scene.world.people["bea"])
    policies = lookup.load([case.company_id], TUESDAY_TEN)
    found = routing.route(question_of(case, TUESDAY_TEN), policies)
    routing.keep(case, found, at=TUESDAY_TEN)
    return case


def page_of(scene: Scene, name: str = "bea") -> str:
    answer = scene.browser(name).get("/cases/EX-1/why/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_case_leads_to_why_it_is_there(scene: Scene) -> None:
    routed(scene)
    assert 'href="/cases/EX-1/why/"' in scene.browser("bea").get("/cases/EX-1/").content.decode()


def test_it_says_what_the_rules_said_when_they_took_it(scene: Scene) -> None:
    routed(scene)
    page = page_of(scene)
    for words in (
        "It is with Procurement, and Bea Example has it",
        "No rule holds: the owner of this type.",
        "Bea Example is the buyer in the ERP.",
        "The rules of Release 1 were asked on 24 Nov 2026, 10:00.",
    ):
        assert words in page


def test_it_shows_every_rule_with_each_clause_as_it_is_now(scene: Scene) -> None:
    routed(scene)
    make.RoutingRuleFactory.create(
        position=10,
        name="Large",
        team=scene.world.teams["FIN"],
        condition={"fact": "amount", "op": "above", "value": "5000"},
    )
    page = page_of(scene)
    assert "Amount in company currency is above 5,000" in page
    assert "it is 3,283.2" in page
    assert "Does not hold" in page
    assert "would go to" not in page


def test_rules_published_since_are_named_with_where_it_would_go(scene: Scene) -> None:
    case = routed(scene)
    newer = make.ReleaseFactory.create(number=2)
    rule = make.RoutingRuleFactory.create(name="All", team=scene.world.teams["PRO"], release=newer)
    assert "The rules have changed since; it would still go to the same team." in page_of(scene)
    rule.team = scene.world.teams["FIN"]
    rule.save()
    assert "If it opened now it would go to Finance." in page_of(scene)
    assert case.team == scene.world.teams["PRO"]


def test_it_tells_who_moved_it_since(scene: Scene) -> None:
    case = routed(scene)
    paul = Actor(scene.world.people["paul"], "test")
    told: dict[str, Any] = {"case": case, "subject": ("case", case.number), "actor": paul}
    record("case.assigned", at=TUESDAY_TEN + timedelta(hours=1), summary="Assigned to Bea", **told)
    record("case.commented", at=TUESDAY_TEN, summary="Not a move", **told)
    page = page_of(scene)
    assert "Assigned to Bea" in page
    assert "Not a move" not in page


def test_a_case_from_before_routes_were_kept_is_asked_about_anew(scene: Scene) -> None:
    scene.shortage("EX-1", routed_by="A rule of old.")
    page = page_of(scene)
    assert "A rule of old." in page
    assert "It is with Procurement, and nobody has it yet" in page
    assert "No rule holds: the owner of this type." in page


def test_it_is_shown_to_those_who_see_the_case(scene: Scene) -> None:
    routed(scene)
    assert scene.browser("pia").get("/cases/EX-1/why/").status_code == 404
