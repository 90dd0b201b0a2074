"""The approval matrix: for which decisions a rule holds, and how people write whom it asks."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from exceptions_app.policies.matrix import (
    Approver,
    Facts,
    Rule,
    Step,
    kept_rules,
    kept_steps,
    read_steps,
    rules_of,
    steps_in_text,
    steps_of,
)

DECISION = Facts(
    type_code="date_later",
    resolution="accept_date",
    company_id=1,
    supplier_id=7,
    categories=frozenset({"Seals"}),
    classes=frozenset({"B"}),
    amount=Decimal(5000),
    percent=Decimal(18),
    days_later=11,
    charge=None,
)
ANYTHING = Rule(id=1, name="Any", steps=(Step(approvers=(Approver(team="FIN"),)),))


@pytest.mark.parametrize(
    ("named", "holds"),
    [
        ({}, True),
        ({"type_code": "date_later"}, True),
        ({"type_code": "backorder"}, False),
        ({"resolutions": ("expedite", "accept_date")}, True),
        ({"resolutions": ("expedite",)}, False),
        ({"company_id": 1}, True),
        ({"company_id": 2}, False),
        ({"supplier_id": 7}, True),
        ({"supplier_id": 8}, False),
        ({"category": "Seals"}, True),
        ({"category": "Valves"}, False),
        ({"uncovered_class": "B"}, True),
        ({"uncovered_class": "A"}, False),
        ({"amount_above": Decimal("4999.99")}, True),
        ({"amount_above": Decimal(5000)}, False),
        ({"percent_above": Decimal(17)}, True),
        ({"percent_above": Decimal(18)}, False),
        ({"days_above": 10}, True),
        ({"days_above": 11}, False),
        ({"charge_above": Decimal(0)}, False),
        ({"days_above": 10, "uncovered_class": "A"}, False),
    ],
)
def test_a_rule_holds_where_everything_it_names_holds(named: dict[str, Any], holds: bool) -> None:
    assert replace(ANYTHING, **named).holds(DECISION) is holds


@pytest.mark.parametrize("figure", ["amount", "percent", "days_later"])
def test_what_cannot_be_measured_is_not_waved_through(figure: str) -> None:
    rule = replace(ANYTHING, amount_above=Decimal(10**6), percent_above=Decimal(99), days_above=99)
    unknown = dict.fromkeys(("amount", "percent", "days_later"))
    assert rule.holds(replace(DECISION, **unknown))
    assert not rule.holds(replace(DECISION, **{name: None for name in unknown if name != figure}))


@pytest.mark.parametrize(("charge", "holds"), [(Decimal("50.00"), False), (Decimal("50.01"), True)])
def test_a_charge_is_held_against_its_threshold(charge: Decimal, holds: bool) -> None:
    rule = replace(ANYTHING, charge_above=Decimal(50))
    assert rule.holds(replace(DECISION, charge=charge)) is holds


def test_an_order_of_class_a_also_passes_a_rule_for_a_and_b() -> None:
    rule = replace(ANYTHING, uncovered_class="B")
    assert rule.holds(replace(DECISION, classes=frozenset({"A"})))
    assert not rule.holds(replace(DECISION, classes=frozenset({"C"})))


STEPS = (
    Step(
        approvers=(Approver(team="PRO", role="lead", limit=Decimal(25000)), Approver(team="FIN")), is_any=True
    ),
    Step(approvers=(Approver(team="PLN"), Approver(team="WHS", role="manager"))),
)


def test_steps_are_written_one_a_line() -> None:
    assert read_steps("PRO lead from 25000 or FIN\n\n  pln AND whs Manager\n") == STEPS
    assert steps_in_text(STEPS) == "PRO lead from 25000 or FIN\nPLN and WHS manager"
    assert read_steps(steps_in_text(STEPS)) == STEPS


def test_steps_and_rules_come_back_as_they_were_kept() -> None:
    assert steps_of(kept_steps(STEPS)) == STEPS
    rule = replace(ANYTHING, steps=STEPS, resolutions=("split",), percent_above=Decimal("10.5"))
    assert rules_of(kept_rules([rule])) == [rule]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Say who has to agree"),
        ("Finance", "begins with a team"),
        ("FIN or", "begins with a team"),
        ("FIN chief", "after the team a role"),
        ("FIN lead from", "after the team a role"),
        ("FIN from 10k", "limit as a number"),
        ("FIN and FIN", "the same approver twice"),
        ("FIN and PLN or PRO", "mixes"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_steps(text)
