"""The rules that hold now, over the API."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground

TODAY = date(2026, 11, 24)


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


@pytest.fixture
def caller(world: Ground) -> Caller:
    return with_token(world.company, "policies:read")


def test_the_index_names_the_release_and_the_lists(world: Ground, caller: Caller) -> None:
    factories.ReleaseFactory.create(number=2, title="Two", published_by=world.people["mona"])
    shown = json_of(caller.get("policies/"))
    assert (shown["release"]["number"], shown["release"]["published_by"]) == (2, "mona")
    lists = ("tolerances", "terms", "routing_rules", "service_levels", "approval_rules")
    for name in (*lists, "impact_defaults", "severity_bands"):
        assert caller.get(shown[name].removeprefix("http://testserver")).status_code == 200


def test_only_rules_that_hold_today_are_listed_of_this_company_and_of_all(
    world: Ground, caller: Caller
) -> None:
    other = factories.ground("fulda")
    make = factories.ToleranceRowFactory.create
    held = [
        make(company=world.company, percent_state="value", percent=Decimal("2.5"), supplier=world.supplier),
        make(valid_from=TODAY, valid_until=TODAY),
    ]
    make(company=other.company)
    make(company=world.company, valid_from=TODAY + timedelta(days=1))
    make(company=world.company, valid_until=TODAY - timedelta(days=1))
    rows = results(caller.get("policies/tolerances/"))
    assert [row["id"] for row in rows] == [row.pk for row in held]
    assert (rows[0]["type"], rows[0]["percent_state"], rows[0]["percent"]) == (
        "quantity_short",
        "value",
        "2.5000",
    )
    assert (rows[0]["amount_state"], rows[0]["amount"]) == ("unchecked", None)
    assert (rows[0]["company"], rows[0]["supplier"], rows[0]["release"]) == ("weserland", "77", 1)
    assert rows[1]["company"] is None


def test_routing_rules_come_in_the_order_they_are_tried(world: Ground, caller: Caller) -> None:
    make = factories.RoutingRuleFactory.create
    condition = {"fact": "amount", "op": "above", "value": "1000"}
    make(position=2, company=world.company, team=world.teams["PRO"], condition=condition)
    make(position=1, company=world.company, team=world.teams["PLN"], person=world.people["pia"])
    make(position=0, company=world.company, team=world.teams["PRO"], is_active=False)
    rows = results(caller.get("policies/routing-rules/"))
    assert [(row["position"], row["team"], row["person"]) for row in rows] == [
        (1, "PLN", "pia"),
        (2, "PRO", None),
    ]
    assert rows[1]["condition"] == condition


def test_terms_service_levels_and_approval_rules_are_listed(world: Ground, caller: Caller) -> None:
    factories.TermRowFactory.create(company=world.company, confirm_days=1)
    factories.ServiceLevelRowFactory.create(company=world.company)
    (term,) = results(caller.get("policies/terms/"))
    (level,) = results(caller.get("policies/service-levels/"))
    (rule,) = results(caller.get("policies/approval-rules/"))
    assert (term["confirm_days"], term["transit_days"]) == (1, None)
    assert (level["type"], level["respond_hours"]) == ("quantity_short", "4.00")
    assert (rule["percent_above"], rule["resolutions"], rule["steps"]) == (
        "10.0000",
        [],
        [{"approvers": [{"team": "PLN", "role": "", "limit": None}], "is_any": False}],
    )


def test_impact_defaults_and_severity_bands_are_listed(world: Ground, caller: Caller) -> None:
    factories.ImpactDefaultsFactory.create(company=world.company, supplier=world.supplier)
    factories.SeverityBandsFactory.create(company=world.company)
    (row,) = results(caller.get("policies/impact-defaults/"))
    (bands,) = results(caller.get("policies/severity-bands/"))
    assert (row["supplier"], row["handling_cost"], row["margin_percent"]) == ("77", "40.00", None)
    assert (bands["medium"], bands["high"], bands["critical"]) == ("100.00", "500.00", "2500.00")


def test_rules_are_read_only(caller: Caller) -> None:
    for path in ("policies/", "policies/tolerances/"):
        problem(caller.post(path, {}), 405)


def test_type_settings_responsibilities_and_templates_are_listed(world: Ground, caller: Caller) -> None:
    factories.TypeSettingFactory.create(company=world.company, mode="shadow", warehouse=world.warehouse)
    factories.ResponsibilityFactory.create(
        company=world.company,
        team=world.teams["PRO"],
        person=world.people["bea"],
        supplier=world.supplier,
    )
    factories.TaskTemplateFactory.create(company=world.company, kind="task")
    (setting,) = results(caller.get("policies/type-settings/"))
    (responsibility,) = results(caller.get("policies/responsibilities/"))
    (template,) = results(caller.get("policies/task-templates/"))
    assert (setting["type"], setting["mode"], setting["warehouse"]) == ("quantity_short", "shadow", "KAS")
    assert (responsibility["team"], responsibility["person"]) == ("PRO", "bea")
    assert responsibility["supplier"] == "77"
    assert (template["team_code"], template["kind"], template["due_hours"]) == ("PLN", "task", "8.00")
