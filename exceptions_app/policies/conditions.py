"""Conditions as data: a typed tree of whitelisted facts and operators that explains itself. Pure.

A condition is JSON. An empty one always holds. A group is `{"all": [...]}`, `{"any": [...]}` or
`{"not": {...}}`; a clause is `{"fact": "amount", "op": "at_least", "value": "1000"}`. There are no loops, no
regular expressions and no arithmetic, so that no rule can be slow or do anything. `read` checks the whole
tree and names the place of an error; what it returns is evaluated many thousand times a second.

A fact that is not known matches no clause but `is_unknown`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from erp_connectors.errors import PermanentError

DEEPEST = 8
MOST_CLAUSES = 200
MOST_VALUES = 1000

Value = str | int | Decimal | frozenset[str] | tuple[Decimal, Decimal]
Facts = Mapping[str, Any]


class ConditionError(PermanentError):
    """A condition cannot be read; the text names the place, as `all[1].value`, and what is wanted there."""


class Kind(StrEnum):
    """What values a fact has. TEXTS: several words at once, such as the categories of all lines of a case."""

    TEXT = "text"
    NUMBER = "number"
    LEVEL = "level"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact a condition may ask for. A LEVEL is the place of a word in `levels`, lowest first, from 1."""

    name: str
    label: str
    kind: Kind
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operator:
    """How a fact is compared. `wants`: none, one or many values, or a pair."""

    words: str
    wants: str
    holds: Callable[[Any, Any], bool]


NOTHING, ONE, MANY, PAIR = "none", "one", "many", "pair"
UNKNOWN = Operator("is not known", NOTHING, lambda fact, _: fact is None)
KNOWN = Operator("is known", NOTHING, lambda fact, _: fact is not None)
COMPARISONS = {
    "is": Operator("is", ONE, lambda fact, value: bool(fact == value)),
    "is_not": Operator("is not", ONE, lambda fact, value: bool(fact != value)),
    "above": Operator("is above", ONE, lambda fact, value: bool(fact > value)),
    "at_least": Operator("is at least", ONE, lambda fact, value: bool(fact >= value)),
    "below": Operator("is below", ONE, lambda fact, value: bool(fact < value)),
    "at_most": Operator("is at most", ONE, lambda fact, value: bool(fact <= value)),
    "between": Operator("is between", PAIR, lambda fact, value: bool(value[0] <= fact <= value[1])),
}
OPERATORS: dict[Kind, dict[str, Operator]] = {
    Kind.TEXT: {
        "is": COMPARISONS["is"],
        "is_not": COMPARISONS["is_not"],
        "one_of": Operator("is one of", MANY, lambda fact, value: fact in value),
        "not_one_of": Operator("is none of", MANY, lambda fact, value: fact not in value),
        "starts_with": Operator("starts with", ONE, lambda fact, value: fact.startswith(value)),
    },
    Kind.NUMBER: COMPARISONS,
    Kind.LEVEL: {
        name: COMPARISONS[name] for name in ("is", "is_not", "above", "at_least", "below", "at_most")
    },
    Kind.TEXTS: {
        "has": Operator("has", ONE, lambda fact, value: value in fact),
        "has_not": Operator("does not have", ONE, lambda fact, value: value not in fact),
        "has_any_of": Operator("has any of", MANY, lambda fact, value: not value.isdisjoint(fact)),
        "has_none_of": Operator("has none of", MANY, lambda fact, value: value.isdisjoint(fact)),
        "only_has": Operator("has nothing but", MANY, lambda fact, value: value.issuperset(fact)),
    },
}
for operators in OPERATORS.values():
    operators.update(is_known=KNOWN, is_unknown=UNKNOWN)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node of a condition with its answer, in words, and those of its parts.

    A comparison names its `clause` and the fact as it is, so that a page can say it in another language.
    """

    holds: bool
    words: str
    parts: tuple["Explanation", ...] = ()
    clause: "Clause | None" = None
    known: Any = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of one fact."""

    fact: Fact
    operator: Operator
    value: Value | None

    def holds(self, facts: Facts) -> bool:
        """Say whether the comparison holds; a fact that is not known matches nothing but `is_unknown`."""
        known = facts.get(self.fact.name)
        if known is None and self.operator.wants != NOTHING:
            return False
        return self.operator.holds(known, self.value)

    def explain(self, facts: Facts) -> Explanation:
        """Return the comparison in words, with the fact as it is."""
        asked = f"{self.fact.label} {self.operator.words}"
        if self.operator.wants != NOTHING:
            asked = f"{asked} {_in_words(self.value, self.fact)}"
        known = facts.get(self.fact.name)
        is_now = "not known" if known is None else _in_words(known, self.fact)
        return Explanation(self.holds(facts), f"{asked} (it is {is_now})", clause=self, known=known)


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions that must all hold, or of which one must."""

    needs_all: bool
    parts: tuple["Condition", ...]

    def holds(self, facts: Facts) -> bool:
        """Say whether the group holds; a group without parts always does."""
        if not self.parts:
            return True
        answers = (part.holds(facts) for part in self.parts)
        return all(answers) if self.needs_all else any(answers)

    def explain(self, facts: Facts) -> Explanation:
        """Return every part with its answer."""
        if not self.parts:
            return Explanation(True, "Always")
        words = "All of these hold" if self.needs_all else "At least one of these holds"
        return Explanation(self.holds(facts), words, tuple(part.explain(facts) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Opposite:
    """A condition that must not hold."""

    part: "Condition"

    def holds(self, facts: Facts) -> bool:
        """Say whether the part does not hold."""
        return not self.part.holds(facts)

    def explain(self, facts: Facts) -> Explanation:
        """Return the part with its answer."""
        return Explanation(self.holds(facts), "This does not hold", (self.part.explain(facts),))


Condition = Clause | Group | Opposite
ALWAYS = Group(needs_all=True, parts=())


def read(tree: object, facts: Mapping[str, Fact]) -> Condition:
    """Return the condition that `tree` (plain JSON) stands for, over the whitelisted `facts`.

    Raises ConditionError, naming the place, where it is malformed, too deep or too long.
    """
    if tree in ({}, None):
        return ALWAYS
    return _Reader(facts).node(tree, "", 1)


class _Reader:
    """Reads one tree and counts its clauses."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self._clauses = 0

    def node(self, tree: object, place: str, depth: int) -> Condition:
        if depth > DEEPEST:
            raise ConditionError(f"{place}: nested deeper than {DEEPEST} levels.")
        if not isinstance(tree, dict):
            raise ConditionError(f"{place or 'The condition'}: must be an object, not {_shown(tree)}.")
        keys = set(tree)
        if keys == {"all"} or keys == {"any"}:
            return self._group(tree, place, depth)
        if keys == {"not"}:
            return Opposite(self.node(tree["not"], _inside(place, "not"), depth + 1))
        return self._clause(tree, place)

    def _group(self, tree: dict[str, Any], place: str, depth: int) -> Group:
        ((name, parts),) = tree.items()
        place = _inside(place, name)
        if not isinstance(parts, list) or not parts:
            raise ConditionError(f"{place}: must be a list with at least one condition.")
        read_parts = tuple(
            self.node(part, f"{place}[{number}]", depth + 1) for number, part in enumerate(parts)
        )
        return Group(name == "all", read_parts)

    def _clause(self, tree: dict[str, Any], place: str) -> Clause:
        self._clauses += 1
        if self._clauses > MOST_CLAUSES:
            raise ConditionError(f"{place}: more than {MOST_CLAUSES} clauses.")
        unknown = set(tree) - {"fact", "op", "value"}
        if unknown:
            raise ConditionError(
                f"{place or 'The condition'}: unknown key {_shown(sorted(unknown)[0])}; "
                "use all, any, not, or fact, op and value."
            )
        fact = self._chosen(tree.get("fact"), self._facts, _inside(place, "fact"))
        operator = self._chosen(tree.get("op"), OPERATORS[fact.kind], _inside(place, "op"))
        return Clause(fact, operator, _value(tree, fact, operator, _inside(place, "value")))

    @staticmethod
    def _chosen(name: object, among: Mapping[str, Any], place: str) -> Any:
        if not isinstance(name, str) or name not in among:
            raise ConditionError(f"{place}: {_shown(name)} is not one of {', '.join(sorted(among))}.")
        return among[name]


def _value(tree: dict[str, Any], fact: Fact, operator: Operator, place: str) -> Value | None:
    if operator.wants == NOTHING:
        if "value" in tree:
            raise ConditionError(f"{place}: “{operator.words}” takes no value.")
        return None
    if "value" not in tree:
        raise ConditionError(f"{place}: is missing.")
    given = tree["value"]
    if operator.wants == ONE:
        return _one(given, fact, place)
    if not isinstance(given, list) or not 0 < len(given) <= MOST_VALUES:
        raise ConditionError(f"{place}: must be a list of 1 to {MOST_VALUES} values.")
    values = [_one(each, fact, f"{place}[{number}]") for number, each in enumerate(given)]
    if operator.wants == MANY:
        return frozenset(str(value) for value in values)
    if len(values) != 2 or Decimal(values[0]) > Decimal(values[1]):
        raise ConditionError(f"{place}: must be two numbers, the lower one first.")
    return Decimal(values[0]), Decimal(values[1])


def value_of(fact: Fact, given: object) -> str | int | Decimal:
    """Return `given` as a value of the fact. Raises ConditionError for what is none."""
    return _one(given, fact, fact.label)


def _one(given: object, fact: Fact, place: str) -> str | int | Decimal:
    if fact.kind is Kind.LEVEL:
        if given not in fact.levels:
            raise ConditionError(f"{place}: {_shown(given)} is not one of {', '.join(fact.levels)}.")
        return fact.levels.index(str(given)) + 1
    if fact.kind is Kind.NUMBER:
        return _number(given, place)
    if not isinstance(given, str) or not given:
        raise ConditionError(f"{place}: must be a text, not {_shown(given)}.")
    return given


def _number(given: object, place: str) -> Decimal:
    """Read a number from text or a whole JSON number: a JSON fraction would not be exact."""
    if isinstance(given, str) or (isinstance(given, int) and not isinstance(given, bool)):
        try:
            number = Decimal(given)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise ConditionError(f'{place}: must be a number written as text, as "1000.50", not {_shown(given)}.')


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(value: object) -> str:
    return repr(value)[:60]


def _in_words(value: object, fact: Fact) -> str:
    if fact.kind is Kind.LEVEL and isinstance(value, int):
        return fact.levels[value - 1]
    if isinstance(value, tuple):
        return " and ".join(_in_words(each, fact) for each in value)
    if isinstance(value, frozenset | set | list):
        return ", ".join(sorted(str(each) for each in value)) or "empty"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return str(value)
