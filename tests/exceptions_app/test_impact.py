"""What a case costs, which customer orders it leaves uncovered, and how severe that makes it."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors.documents.models import CustomerDemand, Item, OrderLine, StockLevel
from exceptions_app.cases.lines import new_line
from exceptions_app.cases.models import CaseLine, Severity
from exceptions_app.detection import registry
from exceptions_app.detection.detect import detect
from exceptions_app.detection.load import load
from exceptions_app.impact import Impact, assess
from exceptions_app.policies.values import STANDARD_FIGURES
from tests.builders.factories import (
    TUESDAY_TEN,
    CustomerDemandFactory,
    ExchangeRateFactory,
    Ground,
    ImpactDefaultsFactory,
    ItemFactory,
    ItemPackFactory,
    SeverityBandsFactory,
    StockLevelFactory,
    change_line,
    ground,
    offer,
    order_line,
    shortage_ground,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
DAY = date(2026, 12, 2)


@pytest.fixture
def shortage() -> tuple[Ground, OrderLine]:
    world, line = shortage_ground()
    return world, offer(line, (82, DAY))


def impact_of(order_id: int, type_code: str = "quantity_short", *, at: Any = TUESDAY_TEN) -> Impact:
    """Assess all that deviates in an order by one type, as the desk does for a case that opens."""
    kind = registry.exception_type(type_code)
    world = load([order_id], at)
    loaded = world.orders[order_id]
    detection = detect(loaded.snapshot, [], at, [kind])
    lines: Sequence[CaseLine] = [
        new_line(
            deviation,
            loaded.lines[deviation.line_number or ""],
            release=world.policies.release,
            at=at,
        )
        for deviation in detection.deviations
    ]
    assert detection.view is not None
    return assess(kind, lines, loaded=loaded, view=detection.view, policies=world.policies)  # type: ignore[arg-type]


def short(impact: Impact) -> list[tuple[str, str]]:
    assert impact.uncovered is not None
    return [
        (each.need.order_number, f"{each.short.normalize():f}")
        for item in impact.uncovered
        for each in item.shortfalls
    ]


def term(impact: Impact, code: str) -> dict[str, Any]:
    (found,) = (each for each in impact.record["terms"] if each["code"] == code)
    return dict(found)


def amounts(impact: Impact) -> dict[str, str]:
    return {each["code"]: each["amount"] for each in impact.record["terms"]}


def figure(impact: Impact, code: str, *, of: str | None = None) -> dict[str, Any]:
    """Return one input: of a term, or of what is missing on the first line."""
    inputs = term(impact, of)["inputs"] if of else impact.record["goods"][0]["inputs"]
    return dict(next(each for each in inputs if each["code"] == code))


# --- customers ----------------------------------------------------------------------------------------------


def test_the_shortage_of_scenario_1_leaves_two_orders_short(shortage: tuple[Ground, OrderLine]) -> None:
    impact = impact_of(shortage[1].order_id)
    assert impact.amount == Decimal("3283.20")
    assert impact.severity is Severity.HIGH
    assert short(impact) == [("SO-881", "3"), ("SO-882", "15")]


def test_routing_gets_its_facts(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    pump = ItemFactory.create(connection=world.erp, category="pumps", abc_class="A")
    offer(order_line(world, line="20", item=pump, quantity=Decimal(10)), (5, DAY))
    impact = impact_of(line.order_id)
    assert impact.facts == {
        "type": "quantity_short",
        "family": "confirmation",
        "subject": "order",
        "group": "order",
        "company": "weserland",
        "supplier": "77",
        "supplier_tier": "A",
        "region": None,
        "buyer": "BEA",
        "connection": "weserland-erp",
        "message_kind": None,
        "item": {"SEAL-KIT", pump.number},
        "category": {"seals", "pumps"},
        "item_class": {"A", "B"},
        "warehouse": {"KAS"},
        "percent_short": Decimal(50),
        "days_late": None,
        "severity": 3,
        "amount": Decimal("4195.20"),
        "expected_loss": impact.expected_loss,
        "customer_class": "A",
    }


def test_another_order_that_arrives_in_time_covers(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    other = order_line(world, number="4500010002", item=line.item, quantity=Decimal(12))
    offer(other, (12, DAY))
    assert short(impact_of(line.order_id)) == [("SO-882", "6")]
    offer(other, (12, date(2026, 12, 9)), at=TUESDAY_TEN + timedelta(minutes=1))
    assert short(impact_of(line.order_id)) == [("SO-881", "3"), ("SO-882", "15")], "it comes too late"


@pytest.mark.parametrize("gone", [{"cancelled": True}, {"is_present": False}])
def test_a_line_nobody_expects_covers_nothing(
    gone: dict[str, bool], shortage: tuple[Ground, OrderLine]
) -> None:
    world, line = shortage
    other = order_line(world, number="4500010002", item=line.item)
    offer(other, (100, DAY))
    assert short(impact_of(line.order_id)) == []
    OrderLine.objects.filter(pk=other.pk).update(**gone)
    assert len(short(impact_of(line.order_id))) == 2


def test_stock_and_demand_elsewhere_do_not_count(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    StockLevelFactory.create(on_hand=Decimal(500))
    CustomerDemandFactory.create(order_number="SO-990")
    assert len(short(impact_of(line.order_id))) == 2


def test_other_units_are_converted_by_the_items_packs(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    ItemPackFactory.create(item=line.item, unit="CS", factor=Decimal(12))
    StockLevel.objects.update(on_hand=2, unit="CS", demand_per_day=Decimal("0.5"), demand_sd=Decimal("0.25"))
    impact = impact_of(line.order_id)
    assert short(impact) == [("SO-882", "4")]
    figures = {code: figure(impact, code)["value"] for code in ("on_hand", "per_day", "spread_per_day")}
    assert figures == {"on_hand": "24", "per_day": "6", "spread_per_day": "3"}


def test_with_a_unit_nobody_can_convert_nobody_can_tell(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    CustomerDemand.objects.filter(order_number="SO-882").update(unit="BX")
    impact = impact_of(line.order_id)
    assert impact.uncovered is None
    assert (impact.amount, impact.severity) == (Decimal("3283.20"), Severity.LOW)
    assert figure(impact, "firm") | {"as_of": None} == {
        "code": "firm",
        "value": "0",
        "unit": "EA",
        "source": "customers",
        "about": "",
        "detail": "",
        "as_of": None,
        "estimated": True,
    }


def test_a_type_without_told_plus_teams_asks_for_no_customers(shortage: tuple[Ground, OrderLine]) -> None:
    world, _ = shortage
    silent = order_line(world, number="4500010003")
    impact = impact_of(unanswered(world, silent).order_id, "confirmation_late")
    assert impact.uncovered == ()


def unanswered(world: Ground, line: OrderLine) -> OrderLine:
    """Let everything be read far enough for an answer to be missed."""
    world.edi.streams.update(watermark=TUESDAY_TEN + timedelta(days=1))
    return line


# --- the golden examples, as a case brings them about -------------------------------------------------------


def everything_is_known(world: Ground, item: Item, **values: Any) -> None:
    """Let the ERP say all it can of an item, and administrators set what only they can."""
    known = {"unit_margin": 9, "sales_price": 30, "lead_days": 6, "criticality": 1, "as_of": TUESDAY_TEN}
    Item.objects.filter(pk=item.pk).update(**known | values)
    ImpactDefaultsFactory.create(**STANDARD_FIGURES | {"expedite_percent": 0, "lost_sale_percent": 35})


def test_a_shortage_on_thin_stock_costs_what_the_golden_example_says() -> None:
    world = ground()
    line = order_line(world, quantity=Decimal(500))
    assert line.item is not None
    everything_is_known(world, line.item)
    ImpactDefaultsFactory.create(company=world.company, lost_sale_percent=30)
    StockLevelFactory.create(
        item=line.item,
        warehouse=world.warehouse,
        on_hand=Decimal(60),
        demand_per_day=Decimal(30),
        demand_sd=Decimal(12),
    )
    impact = impact_of(offer(line, (380, DAY)).order_id)
    (goods,) = impact.record["goods"]
    assert (goods["missing"], goods["wanted_on"], goods["back_on"]) == ("120", "2026-12-02", "2026-12-08")
    assert round(Decimal(goods["stockout"]), 3) == Decimal("0.328")
    assert round(Decimal(goods["expected_short"]), 2) == Decimal("9.66")
    assert amounts(impact)["lost_margin"] == "26.08"
    assert [(each["code"], each["value"]) for each in goods["inputs"]] == [
        ("on_hand", "60"),
        ("inbound", "380"),
        ("firm", "0"),
        ("per_day", "30"),
        ("spread_per_day", "12"),
        ("days", "14"),
    ]


@pytest.fixture
def delay() -> tuple[Ground, OrderLine]:
    """Golden example A: 600 come twelve days from now; a customer who may claim waits since the seventh."""
    world = ground()
    line = order_line(world, quantity=Decimal(600), requested_on=date(2026, 12, 1))
    assert line.item is not None
    everything_is_known(world, line.item, unit_margin=Decimal("6.5"))
    StockLevelFactory.create(
        item=line.item,
        warehouse=world.warehouse,
        on_hand=Decimal(250),
        demand_per_day=Decimal(40),
        demand_sd=Decimal(15),
    )
    CustomerDemandFactory.create(
        item=line.item,
        warehouse=world.warehouse,
        order_number="SO-881",
        open_quantity=Decimal(300),
        due_on=date(2026, 12, 1),
        penalty_per_day=Decimal(400),
        penalty_flat=Decimal(0),
        as_of=TUESDAY_TEN,
    )
    return world, offer(line, (600, date(2026, 12, 6)))


def test_a_delay_with_a_penalty_costs_what_the_golden_example_says(delay: tuple[Ground, OrderLine]) -> None:
    impact = impact_of(delay[1].order_id, "date_later")
    assert (figure(impact, "inbound")["value"], figure(impact, "days")["value"]) == ("0", "12")
    assert amounts(impact) == {
        "lost_margin": "523.25",
        "penalties": "1999.99",
        "expedite": "0.00",
        "handling": "25.00",
    }
    assert impact.expected_loss == Decimal("2548.24"), "the example less its 900.00 for expediting"
    assert impact.severity is Severity.HIGH
    assert short(impact) == [("SO-881", "50")]
    assert figure(impact, "days_late", of="penalties")["value"] == "5"


def test_the_same_delay_with_ample_stock_costs_the_work_on_it(delay: tuple[Ground, OrderLine]) -> None:
    StockLevel.objects.update(on_hand=1200)
    ImpactDefaultsFactory.create(company=delay[0].company, expedite_percent=50, handling_cost=None)
    impact = impact_of(delay[1].order_id, "date_later")
    assert impact.expected_loss == Decimal("25.00")
    assert amounts(impact)["expedite"] == "0.00", "nobody expedites what nobody needs"
    assert (impact.severity, short(impact)) == (Severity.LOW, [])


def test_expediting_is_as_likely_as_running_out_makes_it(delay: tuple[Ground, OrderLine]) -> None:
    ImpactDefaultsFactory.create(
        company=delay[0].company, expedite_percent=50, expedite_cost=1800, handling_cost=None
    )
    impact = impact_of(delay[1].order_id, "date_later")
    assert amounts(impact)["expedite"] == "900.00"
    assert impact.expected_loss == Decimal("3448.24")
    assert [each["code"] for each in term(impact, "expedite")["inputs"]] == [
        "stockout",
        "expedite_share",
        "expedite_cost",
    ]


def test_revenue_at_risk_is_shown_and_not_added(delay: tuple[Ground, OrderLine]) -> None:
    record = impact_of(delay[1].order_id, "date_later").record
    assert record["revenue_at_risk"] == "6900.00"
    assert sum(Decimal(each["amount"]) for each in record["terms"]) == Decimal(record["expected_loss"])


# --- where each figure is from ------------------------------------------------------------------------------


def test_nothing_is_estimated_when_everything_is_known(delay: tuple[Ground, OrderLine]) -> None:
    record = impact_of(delay[1].order_id, "date_later").record
    assert record["estimated"] is False
    everything = [
        *(each for one in record["terms"] for each in one["inputs"]),
        *record["goods"][0]["inputs"],
    ]
    assert not [each for each in everything if each["estimated"]]
    sources = {each["code"]: each["source"] for each in everything}
    assert sources == {
        "on_hand": "stock",
        "per_day": "stock",
        "spread_per_day": "stock",
        "inbound": "inbound",
        "firm": "customers",
        "days": "supplier",
        "expected_short": "computed",
        "stockout": "computed",
        "unit_margin": "item",
        "lost_share": "policy",
        "penalty_per_day": "customers",
        "penalty_flat": "customers",
        "days_late": "computed",
        "expedite_share": "policy",
        "expedite_cost": "policy",
        "handling": "policy",
    }
    aged = ("on_hand", "per_day", "firm", "unit_margin", "penalty_per_day")
    at = TUESDAY_TEN.isoformat()
    assert {each["as_of"] for each in everything if each["code"] in aged} == {at}
    assert {each["detail"] for each in everything if each["source"] == "policy"} == {"1"}, "release 1"


def test_what_nobody_told_is_estimated_by_the_standard_figures(shortage: tuple[Ground, OrderLine]) -> None:
    impact = impact_of(shortage[1].order_id)
    record = impact.record
    assert record["estimated"] is True
    assert [(each["code"], each["value"]) for each in record["goods"][0]["inputs"] if each["estimated"]] == [
        ("per_day", "3.333333"),
        ("spread_per_day", "1.333333"),
        ("days", "22"),
    ]
    assert figure(impact, "unit_margin", of="lost_margin")["value"] == "45.6", "a quarter of the price"
    assert record["goods"][0]["revenue_at_risk"] | {"as_of": None, "detail": ""} == {
        "code": "revenue_at_risk",
        "value": "4104",
        "unit": "EUR",
        "source": "policy",
        "about": "",
        "detail": "",
        "as_of": None,
        "estimated": True,
    }


def test_a_margin_that_stands_in_stays_an_estimate_although_it_was_set(
    shortage: tuple[Ground, OrderLine],
) -> None:
    ImpactDefaultsFactory.create(margin_percent=10, lost_sale_percent=50)
    impact = impact_of(shortage[1].order_id)
    margin, lost = (figure(impact, code, of="lost_margin") for code in ("unit_margin", "lost_share"))
    assert (margin["value"], margin["estimated"]) == ("18.24", True)
    assert (lost["value"], lost["estimated"]) == ("0.5", False)


def test_the_stock_record_goes_before_the_item(delay: tuple[Ground, OrderLine]) -> None:
    _, line = delay
    Item.objects.update(demand_per_day=10, demand_sd=5)
    assert figure(impact_of(line.order_id, "date_later"), "per_day")["source"] == "stock"
    StockLevel.objects.update(demand_per_day=None, demand_sd=None)
    impact = impact_of(line.order_id, "date_later")
    found = [figure(impact, code) for code in ("per_day", "spread_per_day")]
    assert [(each["value"], each["source"]) for each in found] == [("10", "item"), ("5", "item")]


def test_without_a_stock_record_nothing_is_on_hand_and_that_is_an_estimate(
    delay: tuple[Ground, OrderLine],
) -> None:
    StockLevel.objects.all().delete()
    on_hand = figure(impact_of(delay[1].order_id, "date_later"), "on_hand")
    assert (on_hand["value"], on_hand["source"], on_hand["estimated"]) == ("0", "stock", True)


def test_goods_without_a_new_date_are_back_a_lead_time_after_they_were_wanted(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    assert impact_of(line.order_id).record["goods"][0]["back_on"] == "2026-12-16", "14 days by default"
    Item.objects.update(lead_days=3)
    goods = impact_of(line.order_id).record["goods"][0]
    assert goods["back_on"] == "2026-12-05"
    assert goods["inputs"][-1]["source"] == "item"


def test_goods_wanted_in_the_past_are_back_a_lead_time_from_today(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    Item.objects.update(lead_days=3)
    later = TUESDAY_TEN + timedelta(days=20)
    assert impact_of(line.order_id, at=later).record["goods"][0]["back_on"] == "2026-12-17"


def test_a_penalty_nobody_told_is_the_one_of_the_policy(delay: tuple[Ground, OrderLine]) -> None:
    CustomerDemand.objects.update(penalty_per_day=None)
    ImpactDefaultsFactory.create(company=delay[0].company, penalty_per_day=100)
    impact = impact_of(delay[1].order_id, "date_later")
    told = figure(impact, "penalty_per_day", of="penalties")
    assert (told["value"], told["about"], told["estimated"]) == ("100", "SO-881", True)
    assert (told["source"], told["detail"]) == ("policy", "1")
    assert amounts(impact)["penalties"] == "500.00"


def test_an_item_nobody_knows_is_weighed_by_standard_figures() -> None:
    world = ground()
    line = order_line(world)
    OrderLine.objects.filter(pk=line.pk).update(item=None, warehouse=None)
    offer(OrderLine.objects.get(pk=line.pk), (40, DAY))
    impact = impact_of(line.order_id)
    assert impact.uncovered == ()
    assert (impact.record["goods"][0]["item"], impact.record["goods"][0]["warehouse"]) == ("SEAL-KIT", "")
    assert Decimal(amounts(impact)["lost_margin"]) > 0


def test_a_line_without_a_price_has_a_margin_nobody_knows(shortage: tuple[Ground, OrderLine]) -> None:
    _, line = shortage
    line.position["line"]["price"] = None
    line.save()
    impact = impact_of(line.order_id)
    assert figure(impact, "unit_margin", of="lost_margin")["value"] is None
    assert (amounts(impact)["lost_margin"], impact.amount) == ("0.00", None)
    assert impact.record["goods"][0]["revenue_at_risk"]["value"] is None


# --- what is at stake ---------------------------------------------------------------------------------------


STAKES = {
    "line_rejected quantity_short backorder date_later ship_notice_short shipment_delayed": {"service"},
    "delivery_overdue receipt_short receipt_damaged receipt_wrong_item": {"service"},
    "confirmation_late answer_incomplete ship_notice_missing substitution answer_conflict": {"doubt"},
    "carrier_exception ship_notice_conflict reconfirmation_due": {"doubt"},
    "price_mismatch price_basis_suspect supplier_drift": {"price"},
    "invoice_price invoice_charge": {"price", "tied_up", "discount"},
    "date_earlier quantity_over shipped_after_cancel ship_notice_over receipt_over": {"tied_up"},
    "credit_missing": {"tied_up"},
    "invoice_quantity invoice_before_receipt invoice_total invoice_terms": {"tied_up", "discount"},
    "invoice_unordered invoice_duplicate": {"tied_up", "discount"},
    "invoice_missing receipt_unexpected unordered_line": set(),
    "unit_unknown feed_silent message_quarantined": {"blindness"},
}


@pytest.mark.parametrize(
    ("code", "stakes"), [(code, stakes) for codes, stakes in STAKES.items() for code in codes.split()]
)
def test_a_type_puts_at_stake_what_its_kind_of_deviation_costs(code: str, stakes: set[str]) -> None:
    assert {each.value for each in registry.exception_type(code).at_stake()} == stakes


def test_a_late_confirmation_only_makes_a_shortage_likely(delay: tuple[Ground, OrderLine]) -> None:
    world, _ = delay
    item = ItemFactory.create(connection=world.erp, unit_margin=Decimal(10), lead_days=10)
    StockLevelFactory.create(
        item=item, warehouse=world.warehouse, on_hand=0, demand_per_day=Decimal(20), demand_sd=Decimal(0)
    )
    line = unanswered(world, order_line(world, number="4500010007", item=item))
    impact = impact_of(line.order_id, "confirmation_late")
    (goods,) = impact.record["goods"]
    assert (goods["expected_short"], goods["back_on"], goods["inputs"][1]["value"]) == (
        "100",
        "2026-12-12",
        "0",
    )
    assert figure(impact, "likelihood", of="lost_margin")["value"] == "0.3"
    assert amounts(impact)["lost_margin"] == "105.00", "100 x 10.00 x 35 % x 30 %"


def dearer(world: Ground, price: str, **values: Any) -> OrderLine:
    """Leave an answer with another price than the order's."""
    line = order_line(world, number="4500010009", quantity=Decimal(1000), price=Decimal("12.50"))
    stated = {"amount": Decimal(price), "currency": "EUR", "per": Decimal(1)} | values
    return offer(line, (1000, DAY), price=stated)


def test_a_price_costs_what_is_paid_more() -> None:
    impact = impact_of(dearer(ground(), "12.84").order_id, "price_mismatch")
    assert amounts(impact) == {"price_variance": "340.00", "handling": "25.00"}
    assert impact.severity is Severity.MEDIUM
    assert impact.record["goods"] == []


def test_a_lower_price_costs_the_work_on_it() -> None:
    impact = impact_of(dearer(ground(), "12.00").order_id, "price_mismatch")
    assert (amounts(impact)["price_variance"], impact.amount) == ("0.00", Decimal("500.00"))


def test_a_price_in_another_currency_is_a_variance_nobody_knows() -> None:
    impact = impact_of(dearer(ground(), "12.84", currency="USD").order_id, "price_mismatch")
    variance = figure(impact, "price_variance", of="price_variance")
    assert (variance["value"], variance["estimated"], impact.amount) == (None, True, None)


def test_goods_too_early_tie_up_money() -> None:
    world = ground()
    line = order_line(world, requested_on=date(2026, 12, 16))
    ImpactDefaultsFactory.create(wacc_percent=10, hold_days=20, handling_cost=None)
    impact = impact_of(offer(line, (100, DAY)).order_id, "date_earlier")
    assert amounts(impact) == {"held_value": "99.95", "handling": "25.00"}, "18,240 x 10 % x 20 / 365"


# --- severity -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "severity"),
    [("199.99", 1), ("200", 2), ("999.99", 2), ("1000", 3), ("4999.99", 3), ("5000", 4)],
)
def test_severity_is_the_band_of_the_expected_loss(cost: str, severity: int) -> None:
    ImpactDefaultsFactory.create(handling_cost=Decimal(cost))
    impact = impact_of(dearer(ground(), "12.00").order_id, "price_mismatch")
    assert (impact.expected_loss, impact.severity) == (Decimal(cost), severity)


def test_a_company_has_bands_of_its_own() -> None:
    world = ground()
    SeverityBandsFactory.create(company=world.company, medium=1, high=2, critical=25)
    assert impact_of(dearer(world, "12.00").order_id, "price_mismatch").severity is Severity.CRITICAL


def test_an_uncovered_order_of_class_a_makes_little_money_high(
    shortage: tuple[Ground, OrderLine],
) -> None:
    _, line = shortage
    StockLevel.objects.update(on_hand=0)
    offer(line, (99, DAY), at=TUESDAY_TEN + timedelta(minutes=1))
    assert impact_of(line.order_id).severity is Severity.LOW, "class B alone is short"
    CustomerDemand.objects.filter(order_number="SO-882").update(customer_class="A")
    assert impact_of(line.order_id).severity is Severity.HIGH


def test_a_type_is_never_less_severe_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = registry.exception_type("price_mismatch")
    monkeypatch.setattr(type(kind), "severity_floor", Severity.HIGH)
    assert impact_of(dearer(ground(), "12.00").order_id, kind.code).severity is Severity.HIGH


def test_a_critical_item_multiplies_the_whole_loss(delay: tuple[Ground, OrderLine]) -> None:
    Item.objects.update(criticality=Decimal("1.2"))
    impact = impact_of(delay[1].order_id, "date_later")
    assert impact.record["criticality"]["value"] == "1.2"
    assert impact.expected_loss == Decimal("3057.89")


def test_the_most_critical_item_of_a_case_counts(delay: tuple[Ground, OrderLine]) -> None:
    world, line = delay
    pump = ItemFactory.create(connection=world.erp, criticality=Decimal(9))
    other = order_line(world, number=line.order.number, line="20", item=pump)
    offer(change_line(other, (10, DAY)), (10, date(2026, 12, 20)))
    assert impact_of(line.order_id, "date_later").record["criticality"]["value"] == "1.5", "at most"


def test_money_in_another_currency_is_converted_or_unknown(shortage: tuple[Ground, OrderLine]) -> None:
    world, line = shortage
    line.order.currency = "USD"
    line.order.save()
    position: Any = line.position
    position["currency"] = position["line"]["price"]["currency"] = "USD"
    line.save()
    assert impact_of(line.order_id).amount is None
    ExchangeRateFactory.create(company=world.company, rate=Decimal("0.9"))
    impact = impact_of(line.order_id)
    assert impact.amount == Decimal("2954.88")
    assert figure(impact, "unit_margin", of="lost_margin")["value"] == "41.04"


# --- in few queries -----------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_orders_and_customers(
    shortage: tuple[Ground, OrderLine],
) -> None:
    world, line = shortage
    impact_of(line.order_id)
    counts = []
    for batch in range(2):
        for number in range(8):
            order_line(world, number=f"45000{batch}{number}000", item=line.item)
            CustomerDemandFactory.create(
                item=line.item, warehouse=world.warehouse, order_number=f"SO-{batch}{number}"
            )
        with CaptureQueriesContext(connection) as queries:
            impact_of(line.order_id)
        counts.append(len(queries))
    assert counts[0] == counts[1]
