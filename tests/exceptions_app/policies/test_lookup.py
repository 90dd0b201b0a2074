"""Which policy rows hold, and which of them wins."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.documents.models import Supplier
from erp_connectors.errors import ConfigurationError
from exceptions_app.detection import registry
from exceptions_app.policies import lookup
from exceptions_app.policies.calendar_rows import business_calendar
from exceptions_app.policies.models import ToleranceRow, TypeMode
from exceptions_app.policies.values import STANDARD_FIGURES, Direction, Figure, LimitState, Tolerance
from exceptions_app.severity import Bands
from tests.builders.factories import (
    TUESDAY_TEN,
    CalendarFactory,
    CompanyFactory,
    CompanyPolicyFactory,
    ExchangeRateFactory,
    Ground,
    ImpactDefaultsFactory,
    ReleaseFactory,
    RoutingRuleFactory,
    ServiceLevelRowFactory,
    SeverityBandsFactory,
    SupplierFactory,
    SupplierProfileFactory,
    TermRowFactory,
    ToleranceRowFactory,
    TypeSettingFactory,
    WarehouseFactory,
    ground,
)

pytestmark = pytest.mark.django_db
SCENE = ground
DEFAULT = Tolerance()
SHORT, BACKORDER = registry.exception_type("quantity_short"), registry.exception_type("backorder")


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def scope_of(world: Ground, **places: Any) -> lookup.LineScope:
    return lookup.LineScope(
        **{
            "company_id": world.company.pk,
            "supplier_id": world.supplier.pk,
            "item_number": "SEAL-KIT",
            "category": "seals",
            "warehouse_id": world.warehouse.pk,
            **places,
        }
    )


def applied(world: Ground, *, at: datetime = TUESDAY_TEN, **places: Any) -> int | None:
    table = lookup.load([world.company.pk], at).tolerances(scope_of(world, **places))
    return table.get("quantity_short", Direction.UNDER, DEFAULT).id


def test_the_more_specific_row_wins_step_by_step(world: Ground) -> None:
    ladder = [
        {},
        {"warehouse": world.warehouse},
        {"category": "seals"},
        {"supplier": world.supplier},
        {"supplier": world.supplier, "category": "seals"},
        {"item_number": "SEAL-KIT"},
        {"supplier": world.supplier, "item_number": "SEAL-KIT"},
    ]
    for rung, scope in enumerate(ladder):
        row = ToleranceRowFactory.create(**scope, percent_state="value", percent=Decimal(rung + 1))
        assert applied(world) == row.pk, scope


def test_rows_made_in_the_other_order_win_alike(world: Ground) -> None:
    specific = ToleranceRowFactory.create(supplier=world.supplier, item_number="SEAL-KIT")
    ToleranceRowFactory.create(item_number="SEAL-KIT")
    ToleranceRowFactory.create()
    assert applied(world) == specific.pk


def test_the_companys_row_wins_over_the_one_of_all_companies(world: Ground) -> None:
    own = ToleranceRowFactory.create(company=world.company)
    ToleranceRowFactory.create(valid_from=date(2026, 11, 1))
    assert applied(world) == own.pk


def test_the_later_effective_date_wins_among_equals(world: Ground) -> None:
    later = ToleranceRowFactory.create(valid_from=date(2026, 11, 20))
    ToleranceRowFactory.create(valid_from=date(2026, 11, 1))
    ToleranceRowFactory.create()
    assert applied(world) == later.pk


def test_a_row_holds_from_its_first_to_its_last_day_where_the_company_is(world: Ground) -> None:
    row = ToleranceRowFactory.create(valid_from=date(2026, 11, 24), valid_until=date(2026, 11, 25))
    midnight_in_berlin = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert applied(world, at=midnight_in_berlin) == row.pk
    assert applied(world, at=midnight_in_berlin.replace(hour=22)) is None
    assert applied(world, at=datetime(2026, 11, 25, 22, 59, tzinfo=UTC)) == row.pk
    assert applied(world, at=datetime(2026, 11, 25, 23, 0, tzinfo=UTC)) is None


def test_the_next_change_of_a_rule_is_the_midnight_it_starts_or_ends_at(world: Ground) -> None:
    ToleranceRowFactory.create(valid_from=date(2026, 11, 24), valid_until=date(2026, 12, 31))
    TypeSettingFactory.create(valid_from=date(2026, 12, 1))
    TermRowFactory.create(valid_from=date(2026, 11, 28), company=CompanyFactory.create())
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    assert policies.next_change(world.company.pk) == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("factory", [ImpactDefaultsFactory, SeverityBandsFactory])
def test_a_rule_of_impact_that_ends_is_a_change_too(world: Ground, factory: Any) -> None:
    factory.create(valid_until=date(2026, 11, 30))
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    assert policies.next_change(world.company.pk) == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def test_no_rule_with_dates_means_no_next_change(world: Ground) -> None:
    ToleranceRowFactory.create()
    assert lookup.load([world.company.pk], TUESDAY_TEN).next_change(world.company.pk) is None


def test_limits_keep_unchecked_zero_and_value_apart(world: Ground) -> None:
    ToleranceRowFactory.create(
        percent_state="zero", amount_state="value", amount=Decimal(25), direction="over", mode="tighter"
    )
    table = lookup.load([world.company.pk], TUESDAY_TEN).tolerances(scope_of(world))
    row = table.get("quantity_short", Direction.OVER, DEFAULT)
    assert row.percent.state is LimitState.ZERO
    assert (row.amount.state, row.amount.value) == (LimitState.VALUE, Decimal(25))
    assert row.cap.state is LimitState.UNCHECKED
    assert table.get("quantity_short", Direction.UNDER, DEFAULT) is DEFAULT


def test_each_term_comes_from_the_most_specific_row_that_names_it(world: Ground) -> None:
    TermRowFactory.create(confirm_days=5, transit_days=4)
    TermRowFactory.create(supplier=world.supplier, confirm_days=1)
    profile = SupplierProfileFactory.build(
        supplier=None, expects_ship_notice=False, answers_total_quantity=False, ship_to_delivery_days=3
    )
    terms = lookup.load([world.company.pk], TUESDAY_TEN).terms(scope_of(world), profile)
    assert (terms.confirm_days, terms.transit_days) == (1, 4)
    assert (terms.expects_confirmation, terms.expects_ship_notice) == (True, False)
    assert (terms.total_quantity, terms.ship_to_delivery_days) == (False, 3)


def test_without_rows_and_profile_the_default_terms_hold(world: Ground) -> None:
    terms = lookup.load([world.company.pk], TUESDAY_TEN).terms(scope_of(world), None)
    assert (terms.confirm_days, terms.transit_days, terms.expects_confirmation) == (2, 2, True)


def test_each_figure_comes_from_the_most_specific_row_that_names_it(world: Ground) -> None:
    second = ReleaseFactory.create(number=2, published_at=TUESDAY_TEN)
    ImpactDefaultsFactory.create(handling_cost=Decimal(30), wacc_percent=Decimal(8))
    ImpactDefaultsFactory.create(category="seals", handling_cost=None, criticality=Decimal("1.2"))
    ImpactDefaultsFactory.create(supplier=world.supplier, handling_cost=Decimal(60), release=second)
    figures = lookup.load([world.company.pk], TUESDAY_TEN).figures(scope_of(world))
    assert figures["handling_cost"] == Figure(Decimal(60), 2, TUESDAY_TEN)
    assert (figures["wacc_percent"].value, figures["criticality"].value) == (8, Decimal("1.2"))
    assert not figures["wacc_percent"].is_standard
    assert figures["expedite_cost"] == Figure(STANDARD_FIGURES["expedite_cost"])
    assert figures["expedite_cost"].is_standard


def test_every_standard_figure_can_be_set(world: Ground) -> None:
    ImpactDefaultsFactory.create(**dict.fromkeys(STANDARD_FIGURES, 1))
    figures = lookup.load([world.company.pk], TUESDAY_TEN).figures(scope_of(world))
    assert {name: (figure.value, figure.release) for name, figure in figures.items()} == dict.fromkeys(
        STANDARD_FIGURES, (1, 1)
    )


def test_bands_are_the_companys_before_those_of_all_before_the_standard(world: Ground) -> None:
    def bands() -> Bands:
        return lookup.load([world.company.pk], TUESDAY_TEN).bands(world.company.pk)

    assert bands() == Bands(medium=Decimal(200), high=Decimal(1000), critical=Decimal(5000))
    SeverityBandsFactory.create(high=Decimal(400))
    assert bands().high == 400
    SeverityBandsFactory.create(company=world.company, valid_from=date(2026, 11, 2), high=Decimal(300))
    SeverityBandsFactory.create(company=world.company, valid_from=date(2026, 11, 1), high=Decimal(350))
    SeverityBandsFactory.create(valid_from=date(2026, 11, 20), high=Decimal(200))
    SeverityBandsFactory.create(company=world.company, valid_from=date(2026, 11, 25), high=Decimal(250))
    assert bands().high == 300


def test_a_type_is_switched_by_the_most_specific_setting(world: Ground) -> None:
    TypeSettingFactory.create(mode="off")
    TypeSettingFactory.create(mode="on", supplier=world.supplier)
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    other = SupplierFactory.create(connection=world.erp)
    assert policies.mode(SHORT, scope_of(world)) == TypeMode.ON
    assert policies.mode(SHORT, scope_of(world, supplier_id=other.pk)) == TypeMode.OFF
    assert policies.mode(BACKORDER, scope_of(world)) == TypeMode.ON


def test_a_type_that_is_off_by_default_is_switched_on_or_into_shadow_where_a_setting_says_so(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(SHORT), "is_on_by_default", False)
    TypeSettingFactory.create(mode=TypeMode.SHADOW, category="seals")
    TypeSettingFactory.create(mode=TypeMode.ON, supplier=world.supplier, category="seals")
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    other = SupplierFactory.create(connection=world.erp)

    def mode(category: str, supplier: Supplier) -> TypeMode:
        return policies.mode(SHORT, scope_of(world, supplier_id=supplier.pk, category=category))

    assert mode("pumps", world.supplier) == TypeMode.OFF
    assert mode("seals", world.supplier) == TypeMode.ON
    assert mode("seals", other) == TypeMode.SHADOW


def test_amounts_are_converted_by_the_newest_live_rate_and_unknown_without_one(world: Ground) -> None:
    ExchangeRateFactory.create(company=world.company, rate=Decimal("0.95"), valid_from=date(2026, 11, 1))
    ExchangeRateFactory.create(company=world.company, rate=Decimal("0.90"))
    ExchangeRateFactory.create(company=world.company, rate=Decimal("0.80"), valid_from=date(2026, 12, 1))
    policies = lookup.load([world.company.pk], TUESDAY_TEN)
    in_euro = policies.in_company_currency
    assert in_euro(Decimal(100), "USD", world.company.pk) == Decimal(95)
    assert in_euro(Decimal(100), "EUR", world.company.pk) == Decimal(100)
    assert in_euro(Decimal(100), "GBP", world.company.pk) is None
    assert in_euro(None, "EUR", world.company.pk) is None


def test_routing_rules_come_in_order_and_only_live_ones_of_the_company(world: Ground) -> None:
    team = world.teams["PRO"]
    second = RoutingRuleFactory.create(team=team, position=2)
    first = RoutingRuleFactory.create(team=team, position=1, company=world.company)
    RoutingRuleFactory.create(team=team, position=0, is_active=False)
    RoutingRuleFactory.create(team=team, position=0, valid_until=date(2026, 11, 23))
    RoutingRuleFactory.create(team=team, position=0, company=CompanyFactory.create())
    assert lookup.load([world.company.pk], TUESDAY_TEN).rules(world.company.pk) == [first, second]


def test_the_companys_service_level_wins_over_the_shared_one_and_the_type(world: Ground) -> None:
    at = TUESDAY_TEN
    by_type = lookup.service_level(world.company, "quantity_short", at)
    assert (by_type.respond_hours, by_type.resolve_hours, by_type.row_id) == (4, 16, None)
    shared = ServiceLevelRowFactory.create(respond_hours=3)
    assert lookup.service_level(world.company, "quantity_short", at).row_id == shared.pk
    own = ServiceLevelRowFactory.create(company=world.company, respond_hours=2)
    ServiceLevelRowFactory.create(valid_from=date(2026, 11, 1))
    assert lookup.service_level(world.company, "quantity_short", at).row_id == own.pk


def test_a_calendar_closes_on_public_holidays_and_days_off(world: Ground) -> None:
    row = CalendarFactory.create(code="hesse", closed_on=["2026-12-24"])
    calendar = business_calendar(row)
    assert not calendar.is_business_day(date(2026, 12, 25))
    assert not calendar.is_business_day(date(2026, 6, 4)), "Corpus Christi, a holiday of Hesse"
    assert not calendar.is_business_day(date(2026, 12, 24))
    assert calendar.is_business_day(date(2026, 12, 23))
    assert calendar.hours[0] == ((time(8), time(17)),)


@pytest.mark.parametrize(
    "broken",
    [
        {"country": "XX"},
        {"subdivision": "ZZ"},
        {"zone": "Europe/Kassel"},
        {"hours": {"0": [["8", "25:00"]]}},
        {"hours": {}},
        {"closed_on": ["Christmas"]},
    ],
)
def test_a_calendar_that_cannot_be_read_is_said_to_be(broken: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="odd"):
        business_calendar(CalendarFactory.create(code="odd", **broken))


def test_one_query_says_that_nothing_has_changed_however_many_rows_and_companies(
    world: Ground, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        company = CompanyFactory.create()
        CompanyPolicyFactory.create(company=company)
        ToleranceRowFactory.create(company=company, warehouse=WarehouseFactory.create(company=company))
        RoutingRuleFactory.create(company=company, position=number, team=world.teams["PRO"])
        ImpactDefaultsFactory.create(company=company)
        SeverityBandsFactory.create(company=company)
    companies = list(type(world.company).objects.values_list("pk", flat=True))
    assert len(companies) > 5
    lookup.load(companies, TUESDAY_TEN)
    with django_assert_num_queries(1):
        policies = lookup.load(companies, TUESDAY_TEN)
        for company_id in companies:
            policies.of(company_id)
            policies.rules(company_id)
            policies.tolerances(lookup.LineScope(company_id=company_id))
            policies.figures(lookup.LineScope(company_id=company_id))
            policies.bands(company_id)


def test_the_newest_release_is_the_live_one(world: Ground) -> None:
    newest = ReleaseFactory.create(number=7)
    assert lookup.current_release() == newest
    assert lookup.load([world.company.pk], TUESDAY_TEN).release == newest


def test_a_tolerance_names_its_row_and_release(world: Ground) -> None:
    row = ToleranceRowFactory.create(percent_state="value", percent=Decimal(5))
    assert ToleranceRow.objects.get().release_id == row.release_id
    table = lookup.load([world.company.pk], TUESDAY_TEN).tolerances(scope_of(world))
    tolerance = table.get("quantity_short", Direction.UNDER, DEFAULT)
    assert (tolerance.id, tolerance.release) == (row.pk, row.release_id)
