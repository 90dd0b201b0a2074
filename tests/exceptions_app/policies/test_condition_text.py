"""Conditions as lines: what is written is read as the same, and what cannot be read is named by its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions_app.policies import conditions
from exceptions_app.policies.condition_text import read, written
from exceptions_app.policies.conditions import OPERATORS, ConditionError, Kind
from exceptions_app.routing.facts import FACTS

TEXT = """amount at least 1000
any of:
  supplier is 77
  all of:
    category has any of seals, bearings
    severity above low
not:
  customer_class is C
  amount between 5, 10"""
TREE = {
    "all": [
        {"fact": "amount", "op": "at_least", "value": "1000"},
        {
            "any": [
                {"fact": "supplier", "op": "is", "value": "77"},
                {
                    "all": [
                        {"fact": "category", "op": "has_any_of", "value": ["seals", "bearings"]},
                        {"fact": "severity", "op": "above", "value": "low"},
                    ]
                },
            ]
        },
        {
            "not": {
                "all": [
                    {"fact": "customer_class", "op": "is", "value": "C"},
                    {"fact": "amount", "op": "between", "value": ["5", "10"]},
                ]
            }
        },
    ]
}


def test_lines_are_read_as_the_condition_they_say() -> None:
    assert read(TEXT, FACTS) == TREE
    assert read(TEXT.replace("\n", "\r\n").replace("  ", "\t"), FACTS) == TREE


def test_a_condition_is_written_as_lines_that_say_it() -> None:
    assert read(written(TREE, FACTS), FACTS) == {
        "all": [*TREE["all"][:2], {"not": {"all": TREE["all"][2]["not"]["all"]}}]  # type: ignore[index]
    }
    assert written({"fact": "amount", "op": "is_unknown"}, FACTS) == "amount is unknown"


@pytest.mark.parametrize("text", ["", "  \n\n", "{}"])
def test_nothing_always_holds(text: str) -> None:
    assert read(text, FACTS) == {}
    assert written({}, FACTS) == ""


def test_json_is_taken_as_it_is() -> None:
    assert read('{"fact": "amount", "op": "is_known"}', FACTS) == {"fact": "amount", "op": "is_known"}


def test_what_cannot_be_read_is_shown_as_json_to_be_mended() -> None:
    assert '"fact": "colour"' in written({"fact": "colour", "op": "is"}, FACTS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amount at least 1000\ncolour is red", "Line 2: “colour” is no fact; there are amount"),
        ("amount at leest 1000", "Line 1: after amount comes one of: above, at least"),
        ("amount at least", "Line 1: say after “at least” what amount is compared with"),
        ("amount at least many", "Line 1: value: must be a number"),
        ("amount is known 5", "Line 1: “is known” takes no value"),
        ("amount between 5", "Line 1: write two numbers"),
        ("amount between 10, 5", "Line 1: value: must be two numbers, the lower one first"),
        ("severity is grave", "Line 1: value: 'grave' is not one of"),
        ('supplier is "77', "Line 1: the quotes of"),
        ("supplier one of 77,,78", "Line 1: value[1]: must be a text"),
        ("any of:", "Line 1: indent at least one line below “any of:”"),
        ("amount is 5\n  amount is 6", "Line 2: only lines below"),
        ("any of:\n  amount is 5\n   supplier is 7", "Line 3"),
        ("any of:\n    amount is 5\n  supplier is 7", "Line 3: indent it as far as line 2"),
        ("{nonsense", "This is no JSON"),
        ("\n".join("  " * n + "not:" for n in range(9)) + "\n" + "  " * 9 + "amount is 5", "nested deeper"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ConditionError) as refused:
        read(text, FACTS)
    assert words in str(refused.value)


words_of_a_rule = st.text(min_size=1, max_size=12).filter(lambda text: "\x00" not in text)


@st.composite
def clauses(draw: st.DrawFn) -> dict[str, object]:
    fact = draw(st.sampled_from(sorted(FACTS.values(), key=lambda fact: fact.name)))
    op = draw(st.sampled_from(sorted(OPERATORS[fact.kind])))
    if fact.kind is Kind.NUMBER:
        value: st.SearchStrategy[str] = st.decimals(0, 10**6, places=2).map(str)
    elif fact.kind is Kind.LEVEL:
        value = st.sampled_from(fact.levels)
    else:
        value = words_of_a_rule
    wants = OPERATORS[fact.kind][op].wants
    clause: dict[str, object] = {"fact": fact.name, "op": op}
    if wants == conditions.ONE:
        clause["value"] = draw(value)
    elif wants == conditions.MANY:
        clause["value"] = draw(st.lists(value, min_size=1, max_size=3))
    elif wants == conditions.PAIR:
        clause["value"] = ["1", "2.50"]
    return clause


trees = st.recursive(
    clauses(),
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=6,
)


@given(st.lists(trees, min_size=1, max_size=3))
def test_whatever_is_written_is_read_as_the_same(parts: list[dict[str, object]]) -> None:
    tree = {"all": parts}
    try:
        conditions.read(tree, FACTS)
    except ConditionError:
        return
    assert read(written(tree, FACTS), FACTS) == tree
