"""Conditions: what they accept, what they answer, how they explain themselves."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions_app.policies.conditions import (
    DEEPEST,
    MOST_CLAUSES,
    MOST_VALUES,
    ConditionError,
    Fact,
    Kind,
    read,
)

FACTS = {
    fact.name: fact
    for fact in (
        Fact("type", "Type", Kind.TEXT),
        Fact("amount", "Amount", Kind.NUMBER),
        Fact("severity", "Severity", Kind.LEVEL, ("low", "medium", "high", "critical")),
        Fact("category", "Category", Kind.TEXTS),
    )
}
SHORT = {
    "type": "quantity_short",
    "amount": Decimal("3283.20"),
    "severity": 3,
    "category": frozenset({"seals", "pumps"}),
}


def clause(fact: str, op: str, *value: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op} | ({"value": value[0]} if value else {})


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        ({}, True),
        (clause("type", "is", "quantity_short"), True),
        (clause("type", "is_not", "quantity_short"), False),
        (clause("type", "one_of", ["quantity_short", "backorder"]), True),
        (clause("type", "not_one_of", ["backorder"]), True),
        (clause("type", "starts_with", "quantity"), True),
        (clause("amount", "is", "3283.2"), True),
        (clause("amount", "above", "3283.20"), False),
        (clause("amount", "at_least", "3283.20"), True),
        (clause("amount", "below", 3284), True),
        (clause("amount", "at_most", "3283.19"), False),
        (clause("amount", "between", ["3283.20", "5000"]), True),
        (clause("amount", "is_known"), True),
        (clause("severity", "is", "high"), True),
        (clause("severity", "at_least", "medium"), True),
        (clause("severity", "at_least", "critical"), False),
        (clause("severity", "at_most", "high"), True),
        (clause("severity", "above", "high"), False),
        (clause("severity", "below", "critical"), True),
        (clause("category", "has", "pumps"), True),
        (clause("category", "has_not", "pumps"), False),
        (clause("category", "has_any_of", ["valves", "seals"]), True),
        (clause("category", "has_none_of", ["valves", "hoses"]), True),
        (clause("category", "has_none_of", ["valves", "seals"]), False),
        (clause("category", "only_has", ["seals"]), False),
        (clause("category", "only_has", ["seals", "pumps", "valves"]), True),
        ({"not": clause("type", "is", "backorder")}, True),
        ({"all": [clause("type", "is", "quantity_short"), clause("amount", "above", "5000")]}, False),
        ({"any": [clause("type", "is", "quantity_short"), clause("amount", "above", "5000")]}, True),
    ],
)
def test_it_answers_as_its_words_say(tree: dict[str, Any], holds: bool) -> None:
    assert read(tree, FACTS).holds(SHORT) is holds


@pytest.mark.parametrize("fact", ["type", "amount", "severity", "category"])
def test_a_fact_that_is_not_known_matches_nothing_but_is_unknown(fact: str) -> None:
    assert read(clause(fact, "is_unknown"), FACTS).holds({})
    assert not read(clause(fact, "is_known"), FACTS).holds({})
    matching_all_else = {
        "type": clause("type", "is_not", "x"),
        "amount": clause("amount", "is_not", "0"),
        "severity": clause("severity", "is_not", "low"),
        "category": clause("category", "has_not", "x"),
    }
    assert not read(matching_all_else[fact], FACTS).holds({})


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ("quantity_short", "The condition"),
        ({"all": []}, "all:"),
        ({"any": "type"}, "any:"),
        ({"all": [{"fact": "type", "op": "is", "value": "x"}, {}]}, "all[1].fact"),
        ({"not": {"not": {"fact": "colour", "op": "is", "value": "red"}}}, "not.not.fact: 'colour'"),
        (clause("amount", "starts_with", "3"), "op: 'starts_with' is not one of above"),
        (clause("amount", "is"), "value: is missing"),
        (clause("amount", "is", 1.5), "value: must be a number written as text"),
        (clause("amount", "is", True), "value: must be a number"),
        (clause("amount", "is", "NaN"), "value: must be a number"),
        (clause("amount", "between", ["5", "1"]), "value: must be two numbers"),
        (clause("amount", "is_known", "1"), "takes no value"),
        (clause("severity", "is", "urgent"), "value: 'urgent' is not one of low"),
        (clause("type", "is", ""), "value: must be a text"),
        (clause("type", "one_of", []), "value: must be a list"),
        (clause("type", "one_of", ["x"] * (MOST_VALUES + 1)), "value: must be a list"),
        (clause("type", "one_of", ["x", 7]), "value[1]: must be a text"),
        ({"all": [], "any": []}, "unknown key 'all'"),
        ({"fact": "type", "op": "is", "value": "x", "regex": ".*"}, "unknown key 'regex'"),
        ({"any": [clause("type", "is", "x")] * (MOST_CLAUSES + 1)}, f"any[{MOST_CLAUSES}]: more than"),
    ],
)
def test_an_error_names_its_place_and_what_is_wanted(tree: Any, place: str) -> None:
    with pytest.raises(ConditionError) as refused:
        read(tree, FACTS)
    assert place in str(refused.value)


def test_a_tree_nested_too_deep_is_refused() -> None:
    tree: Any = clause("type", "is", "x")
    for _ in range(DEEPEST):
        tree = {"not": tree}
    with pytest.raises(ConditionError, match="nested deeper"):
        read(tree, FACTS)


def test_it_explains_itself_clause_by_clause() -> None:
    tree = {
        "all": [
            clause("severity", "at_least", "high"),
            {"not": clause("category", "has_any_of", ["valves", "hoses"])},
            clause("amount", "between", ["5000", "9000"]),
        ]
    }
    explained = read(tree, FACTS).explain(SHORT)
    assert (explained.holds, explained.words) == (False, "All of these hold")
    severity, category, amount = explained.parts
    assert (severity.holds, severity.words) == (True, "Severity is at least high (it is high)")
    assert (category.holds, category.words) == (True, "This does not hold")
    assert category.parts[0].words == "Category has any of hoses, valves (it is pumps, seals)"
    assert (amount.holds, amount.words) == (False, "Amount is between 5,000 and 9,000 (it is 3,283.20)")
    assert amount.clause is not None
    assert (amount.clause.fact.name, amount.clause.operator.words) == ("amount", "is between")
    assert (amount.clause.value, amount.known) == ((5000, 9000), SHORT["amount"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "fact", "op", "value", "type", "amount"]),
            children | st.sampled_from(["type", "amount", "severity", "category", "is", "at_least", "has"]),
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_refused_and_what_is_read_can_be_asked(tree: Any) -> None:
    try:
        condition = read(tree, FACTS)
    except ConditionError:
        return
    assert condition.holds(SHORT) is condition.explain(SHORT).holds
    assert condition.holds({}) is condition.explain({}).holds
