"""What cannot be a rule is refused where it is entered, with the place and the way out in words."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from erp_connectors.companies import Company, Connection
from erp_connectors.exchange.models import PartnerProfile
from exceptions_app.administration.policy_forms import ConditionField
from exceptions_app.people.models import User
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    MessageTemplate,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    SupplierTimeRow,
    ToleranceRow,
    TypeSetting,
)
from suppliers.profiles import SupplierProfile
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.administration.forms import errors, send
from tests.exceptions_app.administration.publishing import publish_what_is_written
from tests.exceptions_app.administration.signed_in import SignedIn, ground_with_ada

pytestmark = pytest.mark.django_db
SCENE = ground_with_ada


@pytest.fixture
def world(scene: SignedIn) -> Ground:
    return scene.world


@pytest.fixture
def root(scene: SignedIn) -> Client:
    return scene.client


def address(model: type[Model], page: str, *key: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=key)


def refused(root: Client, row: Model, **changes: Any) -> dict[str, list[str]]:
    """Return what is refused of a change, after looking that nothing was saved."""
    before = type(row)._default_manager.filter(pk=row.pk).values().get()
    found = errors(send(root, address(type(row), "change", row.pk), **changes))
    assert type(row)._default_manager.filter(pk=row.pk).values().get() == before
    return found


@pytest.mark.parametrize(
    ("entered", "field", "words"),
    [
        ({"percent_state": "value", "percent": ""}, "percent", "Its state is “value”: enter it"),
        ({"percent_state": "value", "percent": "0"}, "percent", "choose the state “zero”"),
        ({"percent_state": "zero", "percent": "1"}, "percent", "nothing is tolerated"),
        ({"percent_state": "unchecked", "percent": "1"}, "percent", "the limit does not count"),
        ({"amount_state": "value", "amount": "-5"}, "amount", "A value is above zero"),
        ({"cap_state": "zero", "cap": "0"}, "cap", "Empty this"),
        ({"type_code": "no_such_type"}, "type_code", "not one of the available choices"),
        ({"valid_from": "2026-12-01", "valid_until": "2026-11-30"}, "valid_until", "ends before it begins"),
    ],
)
def test_a_tolerance_never_confuses_zero_unchecked_and_a_value(
    root: Client, world: Ground, entered: dict[str, str], field: str, words: str
) -> None:
    row = factories.ToleranceRowFactory.create(company=world.company)
    found = refused(root, row, **entered)
    assert list(found) == [field]
    assert words in found[field][0]


@pytest.mark.parametrize(
    ("states", "values"),
    [
        (("zero", "unchecked", "unchecked"), ("", "", "")),
        (("value", "value", "value"), ("1", "25", "250")),
        (("unchecked", "zero", "value"), ("", "", "10")),
    ],
)
def test_a_tolerance_keeps_each_limit_as_it_was_entered(
    root: Client, world: Ground, states: tuple[str, ...], values: tuple[str, ...]
) -> None:
    row = factories.ToleranceRowFactory.create(company=world.company)
    names = ("percent", "amount", "cap")
    entered = dict(zip(names, values, strict=True)) | {
        f"{name}_state": state for name, state in zip(names, states, strict=True)
    }
    answer = send(root, address(ToleranceRow, "change", row.pk), **entered)
    assert answer.status_code == 302, errors(answer)
    publish_what_is_written()
    row.refresh_from_db()
    assert tuple(getattr(row, f"{name}_state") for name in names) == states
    kept = tuple("" if getattr(row, name) is None else f"{getattr(row, name):f}" for name in names)
    assert [text.rstrip("0").rstrip(".") if "." in text else text for text in kept] == list(values)


def test_the_supplier_of_a_scope_is_one_of_its_company(root: Client, world: Ground) -> None:
    other = factories.ground("fulda")
    row = factories.TypeSettingFactory.create(company=world.company)
    found = refused(root, row, supplier=other.supplier.pk)
    assert "belongs to Fulda" in found["supplier"][0]
    assert TypeSetting.objects.get(pk=row.pk).supplier is None


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('{"fact": "colour", "op": "is", "value": "red"}', "fact: 'colour' is not one of"),
        (
            '{"all": [{"fact": "amount", "op": "above", "value": 1.5}]}',
            "all[0].value: must be a number written",
        ),
        (
            '{"all": [{"fact": "severity", "op": "is", "value": "huge"}]}',
            "all[0].value: 'huge' is not one of low",
        ),
        ('{"any": []}', "any: must be a list with at least one condition"),
        ('["x"]', "must be an object"),
        ("{broken", "This is no JSON"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused_with_its_place(
    root: Client, world: Ground, condition: str, words: str
) -> None:
    rule = factories.RoutingRuleFactory.create(company=world.company, team=world.teams["PRO"])
    found = refused(root, rule, condition=condition)
    assert words in found["condition"][0]


def test_a_condition_is_shown_and_taken_as_lines(root: Client, world: Ground) -> None:
    rule = factories.RoutingRuleFactory.create(
        company=world.company,
        team=world.teams["PRO"],
        condition={"fact": "amount", "op": "at_least", "value": "1000"},
    )
    page = root.get(address(RoutingRule, "change", rule.pk)).content.decode()
    assert "amount at least 1000" in page
    assert "<summary>Facts</summary>" in page

    lines = "amount at least 500\nany of:\n  supplier is 77\n  region one of DE, AT"
    send(root, address(RoutingRule, "change", rule.pk), condition=lines)
    publish_what_is_written()
    rule.refresh_from_db()
    assert rule.condition["all"][1]["any"][1] == {"fact": "region", "op": "one_of", "value": ["DE", "AT"]}


def test_the_same_condition_written_otherwise_is_no_change(root: Client, world: Ground) -> None:
    field = ConditionField()
    kept = {"all": [{"fact": "amount", "op": "at_least", "value": 1000}]}

    assert not field.has_changed(kept, '{"fact": "amount", "op": "at_least", "value": "1000"}')
    assert not field.has_changed(kept, "amount at_least 1000\r\n")
    assert field.has_changed(kept, "amount at least 1001")
    assert field.has_changed(kept, "amount at")
    assert not field.has_changed({}, "")


def test_a_line_that_cannot_be_read_is_named(root: Client, world: Ground) -> None:
    rule = factories.RoutingRuleFactory.create(company=world.company, team=world.teams["PRO"])
    found = refused(root, rule, condition="amount at least 500\ncolour is red")
    assert "Line 2: “colour” is no fact" in found["condition"][0]


def test_a_condition_that_can_be_read_is_taken(root: Client, world: Ground) -> None:
    rule = factories.RoutingRuleFactory.create(company=world.company, team=world.teams["PRO"])
    condition = '{"all": [{"fact": "amount", "op": "at_least", "value": "1000"}]}'
    answer = send(root, address(RoutingRule, "change", rule.pk), condition=condition)
    assert answer.status_code == 302, errors(answer)
    publish_what_is_written()
    rule.refresh_from_db()
    assert rule.condition["all"][0]["value"] == "1000"


def test_a_routing_rule_names_a_team_of_its_company_and_somebody_who_works_in_it(
    root: Client, world: Ground
) -> None:
    other = factories.ground("fulda")
    rule = factories.RoutingRuleFactory.create(company=world.company, team=world.teams["PRO"])
    assert "This is a team of Fulda" in refused(root, rule, team=other.teams["PRO"].pk)["team"][0]
    assert "Weserland" in refused(root, rule, company="")["company"][0]
    assert "does not work in" in refused(root, rule, person=world.people["pia"].pk)["person"][0]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ('{"7": [["08:00", "17:00"]]}', "'7' is no weekday; use 0 for Monday to 6 for Sunday"),
        ('{"Monday": [["08:00", "17:00"]]}', "'Monday' is no weekday"),
        ('{"1": [["8", "17:00"]]}', "Tuesday, place 1: write opening and closing as HH:MM"),
        ('{"1": [["08:00:00", "17:00"]]}', "Tuesday, place 1: write opening and closing as HH:MM"),
        ('{"1": [["08:00", "25:00"]]}', "Tuesday, place 1: write opening and closing as HH:MM"),
        ('{"1": [["08:00"]]}', "Tuesday, place 1: write opening and closing as HH:MM"),
        ('{"1": "08:00-17:00"}', "Tuesday: write a list"),
        ('{"0": [["17:00", "08:00"]]}', "Monday, place 1: it closes at 08:00, not after 17:00"),
        ('{"0": [["08:00", "08:00"]]}', "Monday, place 1: it closes at 08:00"),
        ('{"0": [["08:00", "13:00"], ["12:00", "17:00"]]}', "Monday: the hours overlap"),
        ('{"0": [["13:00", "17:00"], ["08:00", "12:00"]]}', "Monday: the hours overlap or are out of order"),
        ('{"0": []}', "Never open"),
        ("{}", "This field is required"),
        ('["08:00"]', "Write opening hours like"),
    ],
)
def test_hours_no_clock_could_run_by_are_refused_with_their_day(
    root: Client, world: Ground, hours: str, words: str
) -> None:
    found = refused(root, world.calendar, hours=hours)
    assert words in found["hours"][0]


@pytest.mark.parametrize(
    ("entered", "field", "words"),
    [
        ({"zone": "Europe/Kassel"}, "zone", "There is no time zone 'Europe/Kassel'"),
        ({"zone": "/etc/passwd"}, "zone", "There is no time zone"),
        ({"closed_on": '["24.12.2026"]'}, "closed_on", "Place 1: '24.12.2026' is no day"),
        ({"closed_on": '{"a": 1}'}, "closed_on", "Write days off as a list"),
        ({"country": "XX"}, "country", "No holidays are known for 'XX'"),
        ({"subdivision": "QQ"}, "subdivision", "No holidays are known for 'QQ' in DE"),
        ({"country": ""}, "country", "Name the country of the subdivision"),
    ],
)
def test_a_calendar_nobody_could_read_is_refused(
    root: Client, world: Ground, entered: dict[str, str], field: str, words: str
) -> None:
    found = refused(root, world.calendar, **entered)
    assert list(found) == [field]
    assert words in found[field][0]


def test_a_calendar_with_a_pause_and_a_late_shift_is_taken(root: Client, world: Ground) -> None:
    hours = '{"0": [["08:00", "12:00"], ["13:00", "00:00"]], "5": []}'
    answer = send(
        root, address(Calendar, "change", world.calendar.pk), hours=hours, closed_on='["2026-12-24"]'
    )
    assert answer.status_code == 302, errors(answer)
    publish_what_is_written()
    world.calendar.refresh_from_db()
    assert world.calendar.hours["0"] == [["08:00", "12:00"], ["13:00", "00:00"]]
    assert world.calendar.closed_on == ["2026-12-24"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('{"folder": "/srv/erp", "colour": "red"}', "There is no setting named 'colour'"),
        ("{}", "missing required field `folder`"),
        ('{"folder": "/srv/erp", "answer_timeout": "soon"}', "$.answer_timeout"),
        ('{"folder": "/srv/erp", "encoding": "klingon"}', "There is no encoding named 'klingon'"),
        ('{"folder": "/srv/erp", "headings": {"prders": {}}}', "There is no stream named 'prders'"),
        ('["folder"]', "Write settings as names and values"),
    ],
)
def test_a_setting_the_connector_does_not_know_is_refused_in_its_words(
    root: Client, world: Ground, settings: str, words: str
) -> None:
    found = refused(root, world.erp, settings=settings)
    assert words in found["settings"][0]


def test_settings_the_connector_reads_are_taken(root: Client, world: Ground) -> None:
    answer = send(root, address(Connection, "change", world.erp.pk), settings='{"folder": "/srv/erp"}')
    assert answer.status_code == 302, errors(answer)


@pytest.mark.parametrize(
    ("entered", "field", "words"),
    [
        ({"overrides": '{"colour": "red"}'}, "overrides", "colour"),
        ({"overrides": '{"price_divisors": {"X": "0"}}'}, "overrides", "must be greater than zero"),
        ({"overrides": '{"limits": {"segments": -1}}'}, "overrides", "must be greater than zero"),
        ({"overrides": '{"charset": "klingon"}'}, "overrides", "no character set named 'klingon'"),
        ({"time_zone": "Mars/Base"}, "overrides", "no time zone named 'Mars/Base'"),
    ],
)
def test_an_override_nobody_reads_is_refused_with_its_place(
    root: Client, world: Ground, entered: dict[str, str], field: str, words: str
) -> None:
    partner = PartnerProfile.objects.get(connection=world.edi)
    found = refused(root, partner, **entered)
    assert words in found[field][0]


def test_a_partner_is_a_supplier_of_the_company_of_its_connection(root: Client, world: Ground) -> None:
    other = factories.ground("fulda")
    partner = PartnerProfile.objects.get(connection=world.edi)
    found = refused(root, partner, supplier=other.supplier.pk)
    assert "belongs to Fulda" in found["supplier"][0]


def test_emptied_overrides_are_no_overrides(root: Client, world: Ground) -> None:
    partner = PartnerProfile.objects.get(connection=world.edi)
    partner.overrides = {"always_ta1": True}
    partner.save()
    answer = send(root, address(PartnerProfile, "change", partner.pk), overrides="")
    assert answer.status_code == 302, errors(answer)
    partner.refresh_from_db()
    assert partner.overrides == {}


@pytest.mark.parametrize(
    ("model", "entered", "field", "words"),
    [
        (ServiceLevelRow, {"respond_hours": "0"}, "respond_hours", "more than nothing"),
        (ServiceLevelRow, {"respond_hours": "9", "resolve_hours": "8"}, "resolve_hours", "no sooner"),
        (SupplierTimeRow, {"answer_hours": "0"}, "answer_hours", "more than nothing"),
        (SupplierTimeRow, {"remind_every_hours": "-1"}, "remind_every_hours", "more than nothing"),
        (ClockWarning, {"percent": "50", "minutes_before": "30"}, "minutes_before", "in percent or in"),
        (ClockWarning, {"percent": "100"}, "percent", "between 1 and 99 percent"),
        (ApprovalRule, {"resolutions": '["flee"]'}, "resolutions", "There is no resolution flee"),
        (ApprovalRule, {"resolutions": '{"a": 1}'}, "resolutions", "There is no resolution"),
        (ApprovalRule, {"steps": "XXX lead"}, "steps", "begins with a team"),
        (ApprovalRule, {"steps": "FIN boss"}, "steps", "after the team a role"),
        (ApprovalRule, {"steps": "FIN from much"}, "steps", "write the limit as a number"),
        (ApprovalRule, {"steps": "FIN and PLN or PRO"}, "steps", "mixes"),
        (
            ApprovalRule,
            {"resolutions": '["accept_date"]'},
            "resolutions",
            "does not resolve a case of this type",
        ),
        (ApprovalRule, {"amount_above": "-1"}, "amount_above", "zero or more"),
        (ImpactDefaults, {"handling_cost": "-1"}, "handling_cost", "greater than or equal to 0"),
        (ImpactDefaults, {"lost_sale_percent": "101"}, "lost_sale_percent", "less than or equal to 100"),
        (ImpactDefaults, {"criticality": "1.6"}, "criticality", "less than or equal to 1.5"),
        (ImpactDefaults, {"recovery_days": "1000"}, "recovery_days", "less than or equal to 999"),
        (ImpactDefaults, {"handling_cost": ""}, "__all__", "at least one figure"),
        (SeverityBands, {"medium": "0"}, "medium", "above nothing"),
        (SeverityBands, {"high": "100"}, "high", "above the band before"),
        (SeverityBands, {"critical": "499.99"}, "critical", "above the band before"),
        (ExchangeRate, {"rate": "0"}, "rate", "A rate is above zero"),
        (ExchangeRate, {"currency": "usd"}, "currency", "three capital letters"),
        (ExchangeRate, {"currency": "EUR"}, "currency", "the currency of Weserland itself"),
        (Company, {"currency": "EURO"}, "currency", ""),
        (Company, {"currency": "eur"}, "currency", "three capital letters"),
        (Company, {"time_zone": "Berlin"}, "time_zone", "There is no time zone 'Berlin'"),
        (Connection, {"time_zone": "Berlin"}, "time_zone", "There is no time zone 'Berlin'"),
        (User, {"time_zone": "Berlin"}, "time_zone", "There is no time zone 'Berlin'"),
        (
            SupplierProfile,
            {"calendar_code": "fulda"},
            "calendar_code",
            "There is no calendar fulda; use one of kassel",
        ),
    ],
)
def test_values_without_meaning_are_refused(
    root: Client, world: Ground, model: type[Model], entered: dict[str, str], field: str, words: str
) -> None:
    factories_of: dict[Any, Any] = {
        ServiceLevelRow: factories.ServiceLevelRowFactory,
        ExchangeRate: factories.ExchangeRateFactory,
        ImpactDefaults: factories.ImpactDefaultsFactory,
        SeverityBands: factories.SeverityBandsFactory,
        SupplierTimeRow: factories.SupplierTimeRowFactory,
    }
    if model in factories_of:
        factories_of[model].create(company=world.company)
    if model is ClockWarning:
        factories.ClockWarningFactory.create(team=world.teams["PRO"])
    row = model._default_manager.order_by("pk")[0]
    found = refused(root, row, **entered)
    assert list(found) == [field]
    assert words in found[field][0]


def test_a_time_is_for_a_supplier_or_for_a_tier(root: Client, world: Ground) -> None:
    row = factories.SupplierTimeRowFactory.create(company=world.company, supplier=world.supplier)
    assert "not both" in refused(root, row, tier="A")["tier"][0]
    other = factories.ground("fulda")
    assert "belongs to Fulda" in refused(root, row, supplier=other.supplier.pk)["supplier"][0]


@pytest.mark.parametrize(("minutes", "words"), [("30", "Level 1 comes after 60"), ("500", "Level 3 comes")])
def test_a_step_comes_between_those_below_and_above_it(
    root: Client, world: Ground, minutes: str, words: str
) -> None:
    team = world.teams["PRO"]
    EscalationStep.objects.filter(team=team).update(after_minutes=60)
    factories.EscalationStepFactory.create(team=team, level=3, after_minutes=480)
    factories.EscalationStepFactory.create(team=team, side="supplier", level=1, after_minutes=900)
    row = factories.EscalationStepFactory.create(team=team, level=2, after_minutes=120)
    assert words in refused(root, row, after_minutes=minutes)["after_minutes"][0]


def test_the_fallback_team_is_one_of_the_company(root: Client, world: Ground) -> None:
    other = factories.ground("fulda")
    policy = CompanyPolicy.objects.get(company=world.company)
    found = refused(root, policy, fallback_team=other.teams["PRO"].pk)
    assert "This is a team of Fulda" in found["fallback_team"][0]


@pytest.mark.parametrize(
    ("entered", "field", "words"),
    [
        ({"body": "Dear {supplier}, your margin is {margin}"}, "body", "no fact {margin} here; use {case}"),
        ({"subject": "{lines}"}, "subject", "no fact {lines} here"),
        ({"subject": "{asked_on}"}, "subject", "no fact {asked_on} here"),
        ({"line": "{person}"}, "line", "no fact {person} here; use {case}, {order}, {line}"),
        ({"language": "fr"}, "language", "not one of the available choices"),
    ],
)
def test_a_mail_to_a_supplier_names_only_facts_there_are(
    root: Client, world: Ground, entered: dict[str, str], field: str, words: str
) -> None:
    found = refused(root, factories.MessageTemplateFactory.create(), **entered)
    assert list(found) == [field]
    assert words in found[field][0]


def test_a_reminder_may_name_what_it_reminds_of(root: Client, world: Ground) -> None:
    row = factories.MessageTemplateFactory.create()
    address_of_row = address(MessageTemplate, "change", row.pk)
    sent = send(root, address_of_row, inquiry="reminder", subject="{asked_about}", body="{asked_on} {asked}")
    assert sent.status_code == 302


@pytest.mark.parametrize(
    ("kind", "place", "words"),
    [
        ("alert", "title", "Cover {orders}"),
        ("task", "body", "{shortfalls} of {headline}"),
        ("cover", "title", "Cover {everything}"),
    ],
)
def test_a_template_that_names_what_there_is_not_is_refused(
    kind: str, place: str, words: str, root: Client, world: Ground
) -> None:
    row = factories.TaskTemplateFactory.create()
    found = refused(root, row, kind=kind, **{place: words})
    assert "There is no fact {" in found[place][0]
    assert "{headline}" in found[place][0]
