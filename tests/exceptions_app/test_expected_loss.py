"""The expected loss: the golden examples of its design, and what holds for any figures."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions_app.expected_loss import (
    Cover,
    Input,
    Loss,
    Penalty,
    Service,
    Source,
    Stockout,
    blindness_term,
    discount_term,
    handling_term,
    held_term,
    rounded,
    service_terms,
    stockout,
    variance_term,
)

EXAMPLES = json.loads((Path(__file__).parent / "priority_examples.json").read_text(), parse_float=Decimal)
CENT = Decimal("0.01")


def known(code: str, value: Any, **more: Any) -> Input:
    return Input(code=code, value=Decimal(value), source=Source.ITEM, **more)


def cover_of(inputs: dict[str, Any]) -> Cover:
    return Cover(
        on_hand=known("on_hand", inputs["on_hand"]),
        inbound=known("inbound", inputs["inbound"]),
        firm=known("firm", inputs.get("firm", 0)),
        per_day=known("per_day", inputs["demand_day"]),
        spread_per_day=known("spread_per_day", inputs["sd_day"]),
        days=known("days", inputs["days"]),
    )


def service_of(inputs: dict[str, Any]) -> Service:
    return Service(
        unit_margin=known("unit_margin", inputs["unit_margin"]),
        lost_share=known("lost_share", inputs["p_lost"]),
        expedite_share=known("expedite_share", inputs["p_exped"]),
        expedite_cost=known("expedite_cost", inputs["exped"]),
        penalties=(
            Penalty(
                per_day=known("penalty_per_day", inputs["pen_day"]),
                days_late=known("days_late", inputs["days_late"]),
                flat=known("penalty_flat", inputs["pen_flat"]),
            ),
        ),
    )


def out_of(inputs: dict[str, Any]) -> Stockout:
    return stockout(Decimal(inputs["short_units"]), cover_of(inputs))


def loss_of(inputs: dict[str, Any]) -> Loss:
    held = known("held_value", inputs["hold_val"])
    return Loss(
        terms=(
            *service_terms(out_of(inputs), service_of(inputs)),
            held_term(held, known("wacc", inputs["wacc"]), known("hold_days", inputs["hold_days"])),
            discount_term(known("lost_discount", inputs["disc_lost"]), known("discount_share", 1)),
            variance_term(known("price_variance", inputs["price_var"])),
            handling_term(known("handling", inputs["manual"])),
        ),
        criticality=known("criticality", inputs["criticality"]),
    )


# --- the golden examples ------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_it_agrees_with_the_golden_examples_to_the_cent(example: dict[str, Any]) -> None:
    expected, loss = example["expected"], loss_of(example["inputs"])
    amounts = {term.code: term.amount for term in loss.terms}
    amounts["invoice_hold"] = amounts.pop("held_value") + amounts.pop("lost_discount")
    assert amounts == expected["components"]
    assert abs(loss.total - expected["expected_loss"]) <= CENT


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_it_runs_out_as_in_the_golden_examples(example: dict[str, Any]) -> None:
    expected, out = example["expected"], out_of(example["inputs"])
    assert abs(out.probability - expected["p_stockout"]) <= Decimal("0.0001")
    assert abs(out.units - expected["expected_short"]) <= CENT


# --- single rules -------------------------------------------------------------------------------------------

AMPLE = EXAMPLES[0]["inputs"]


def test_firm_orders_come_first_and_the_forecast_fills_the_rest() -> None:
    covers = [cover_of(AMPLE | {"firm": firm, "demand_day": 10, "days": 5}) for firm in (20, 50, 80)]
    assert [cover.need for cover in covers] == [50, 50, 80]


@pytest.mark.parametrize(("on_hand", "missing", "chance"), [(90, 10, 1), (100, 0, 0), (120, 0, 0)])
def test_without_spread_it_is_a_subtraction(on_hand: int, missing: int, chance: int) -> None:
    inputs = AMPLE | {"on_hand": on_hand, "sd_day": 0, "demand_day": 10, "days": 10}
    assert out_of(inputs) == Stockout(Decimal(chance), Decimal(missing))


def test_stock_below_nothing_is_nothing() -> None:
    inputs = AMPLE | {"on_hand": -50, "sd_day": 0, "demand_day": 10, "days": 10}
    assert out_of(inputs).units == 100


def test_what_another_case_counts_is_not_counted_again() -> None:
    cover = cover_of(AMPLE | {"on_hand": 20, "sd_day": 0, "demand_day": 10, "days": 10})
    parts = [stockout(Decimal(50), cover, counted=Decimal(counted)).units for counted in (0, 50, 80)]
    assert parts == [50, 30, 0]


def test_a_term_shows_what_it_was_computed_from() -> None:
    margin, penalties, expedite = service_terms(
        Stockout(Decimal("0.5"), Decimal(10)), service_of(AMPLE), unit="EA", line="10"
    )
    assert [(each.code, each.unit) for each in margin.inputs] == [
        ("expected_short", "EA"),
        ("unit_margin", ""),
        ("lost_share", ""),
    ]
    assert [each.code for each in penalties.inputs] == [
        "stockout",
        "penalty_per_day",
        "days_late",
        "penalty_flat",
    ]
    assert [each.code for each in expedite.inputs] == ["expedite_share", "expedite_cost"]
    assert {term.line for term in (margin, penalties, expedite)} == {"10"}


def test_what_is_only_likely_counts_for_less() -> None:
    service = service_of(AMPLE)
    sure = service_terms(out_of(AMPLE), service)
    likely = service_terms(out_of(AMPLE), replace(service, likelihood=known("likelihood", "0.25")))
    assert [term.amount for term in likely] == [rounded(term.exact / 4) for term in sure]
    assert all(term.inputs[-1].code == "likelihood" for term in likely)


def test_each_customer_claims_for_their_own_days() -> None:
    two = tuple(
        Penalty(per_day=known("a", 100), days_late=known("b", days), flat=known("c", 7)) for days in (2, 5)
    )
    terms = service_terms(Stockout(Decimal(1), Decimal(1)), replace(service_of(AMPLE), penalties=two))
    assert terms[1].amount == Decimal(714)


def test_what_nobody_sees_costs_by_the_number_of_its_subjects() -> None:
    assert blindness_term(known("blinded", 12), known("blinded_cost", 5)).amount == 60


def test_a_figure_nobody_knows_counts_as_nothing_and_is_an_estimate() -> None:
    unknown = Input(code="price_variance", value=None, source=Source.CASE)
    loss = Loss(terms=(variance_term(unknown),), criticality=known("criticality", 1))
    assert (loss.total, loss.is_estimated) == (0, True)


@pytest.mark.parametrize("guessed", ["handling", "criticality", ""])
def test_a_default_anywhere_makes_the_loss_an_estimate(guessed: str) -> None:
    handling, criticality = (
        known(name, 1, is_estimated=guessed == name) for name in ("handling", "criticality")
    )
    loss = Loss(terms=(handling_term(handling),), criticality=criticality)
    assert loss.is_estimated is bool(guessed)


def test_money_is_rounded_once_and_half_up() -> None:
    third = variance_term(known("price_variance", "0.005"))
    assert third.amount == CENT
    loss = Loss(terms=(third, third, third), criticality=known("criticality", 1))
    assert loss.total == Decimal("0.02"), "not three cents"


# --- whatever the figures -----------------------------------------------------------------------------------

whole = st.integers(0, 5000)
money = st.decimals(0, 10_000, places=2)
share = st.decimals(0, 1, places=3)
figures = st.fixed_dictionaries(
    {
        "short_units": whole,
        "on_hand": st.integers(-500, 5000),
        "inbound": whole,
        "firm": whole,
        "demand_day": st.integers(0, 300),
        "sd_day": st.integers(0, 150),
        "days": st.integers(0, 90),
        "unit_margin": money,
        "p_lost": share,
        "pen_day": money,
        "pen_flat": money,
        "days_late": st.integers(0, 60),
        "exped": money,
        "p_exped": share,
        "hold_val": money,
        "hold_days": st.integers(0, 90),
        "wacc": share,
        "disc_lost": money,
        "price_var": money,
        "manual": money,
        "criticality": st.decimals(1, "1.5", places=2),
    }
)


@given(figures, whole)
def test_more_stock_never_raises_the_loss(inputs: dict[str, Any], more: int) -> None:
    for place in ("on_hand", "inbound"):
        assert loss_of(inputs | {place: inputs[place] + more}).total <= loss_of(inputs).total


@given(figures, whole)
def test_more_demand_never_lowers_the_loss(inputs: dict[str, Any], more: int) -> None:
    for place in ("firm", "demand_day"):
        assert loss_of(inputs | {place: inputs[place] + more}).total >= loss_of(inputs).total


@given(figures)
def test_a_loss_is_never_below_nothing_and_always_exact(inputs: dict[str, Any]) -> None:
    loss = loss_of(inputs)
    assert loss.total >= 0
    assert all(term.exact >= 0 for term in loss.terms)
    assert loss.total == loss.total.quantize(CENT)
    assert all(isinstance(each.value, Decimal) for term in loss.terms for each in term.inputs)


@given(figures, whole)
def test_no_more_is_short_than_is_missing(inputs: dict[str, Any], counted: int) -> None:
    out = stockout(Decimal(inputs["short_units"]), cover_of(inputs), counted=Decimal(counted))
    assert 0 <= out.units <= inputs["short_units"]
    assert 0 <= out.probability <= 1


@given(figures, st.sampled_from([2, 5, 12, 100, 144]))
def test_another_unit_changes_nothing(inputs: dict[str, Any], pack: int) -> None:
    """Counted in packs of some pieces, at the margin of a pack, it is the same loss."""
    pieces = {name: inputs[name] * pack for name in ("short_units", "on_hand", "inbound", "firm")}
    rates = {name: inputs[name] * pack for name in ("demand_day", "sd_day")}
    in_packs = inputs | {"unit_margin": inputs["unit_margin"] * pack}
    assert loss_of(inputs | pieces | rates).total == loss_of(in_packs).total
