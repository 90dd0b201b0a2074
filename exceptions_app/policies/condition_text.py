"""Conditions as lines one can read and write: a comparison on each, groups by indentation. Pure.

    amount at least 1000
    any of:
      supplier is 77
      category has any of seals, bearings
    not:
      customer_class is C

Lines that stand below each other must all hold. Words with a comma, or that read as something else, stand in
double quotes. What is written is a condition as JSON (`conditions`); both say the same.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exceptions_app.policies import conditions
from exceptions_app.policies.conditions import (
    MANY,
    NOTHING,
    ONE,
    OPERATORS,
    ConditionError,
    Fact,
    Operator,
)

STEP = "  "
BREAK = re.compile(r"\r\n|\n|\r")
JSON_BEGINS = ("{", "[")
ALL, ANY, NOT = "all of:", "any of:", "not:"
GROUPS = {ALL: "all", ANY: "any", NOT: "not"}
QUOTED_OR_PLAIN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)')

Tree = dict[str, Any]
Facts = Mapping[str, Fact]


@dataclass(slots=True)
class _Line:
    """One line with its number from 1, how far it is indented, and what is indented below it."""

    number: int
    depth: int
    text: str
    below: list["_Line"] = field(default_factory=list)


def written(tree: object, facts: Facts) -> str:
    """Return a condition as lines; as JSON where it cannot be read, so that it can be mended."""
    try:
        conditions.read(tree, facts)
    except ConditionError:
        return json.dumps(tree, ensure_ascii=False, indent=2)
    if not isinstance(tree, dict) or not tree:
        return ""
    parts = tree.get("all", [tree])
    return "\n".join(line for part in parts for line in _written(part, facts, 0))


def read(text: str, facts: Facts) -> Tree:
    """Return the condition that lines, or JSON, stand for; {} for none.

    Raises ConditionError, naming the line and what is wanted there.
    """
    if text.lstrip().startswith(JSON_BEGINS):
        return _read_json(text, facts)
    parts = [_read(line, facts) for line in _nested(_lines(text))]
    tree: Tree = {"all": parts} if parts else {}
    conditions.read(tree, facts)
    return tree


def _read_json(text: str, facts: Facts) -> Tree:
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise ConditionError(f"This is no JSON: {error}.") from error
    conditions.read(tree, facts)
    return dict(tree)


# --- writing ------------------------------------------------------------------------------------------------


def _written(node: Tree, facts: Facts, depth: int) -> Iterator[str]:
    indent = STEP * depth
    for head, key in GROUPS.items():
        if key in node:
            yield indent + head
            for part in node[key] if key != "not" else [node[key]]:
                yield from _written(part, facts, depth + 1)
            return
    yield indent + _clause_written(node, facts)


def _clause_written(node: Tree, facts: Facts) -> str:
    fact = facts[node["fact"]]
    operator = OPERATORS[fact.kind][node["op"]]
    compared = f"{fact.name} {node['op'].replace('_', ' ')}"
    if operator.wants == NOTHING:
        return compared
    values = [str(each) for each in (node["value"] if operator.wants != ONE else [node["value"]])]
    plain = f"{compared} {', '.join(values)}"
    quoted = f"{compared} {', '.join(json.dumps(each, ensure_ascii=False) for each in values)}"
    return plain if _says(plain, values, facts) else quoted


def _says(text: str, values: list[str], facts: Facts) -> bool:
    """Say whether a comparison without quotes is read as what it was written for."""
    try:
        found = read(text, facts)["all"][0]["value"]
    except ConditionError:
        return False
    return found == values or [found] == values


# --- reading ------------------------------------------------------------------------------------------------


def _lines(text: str) -> Iterator[_Line]:
    for number, line in enumerate(BREAK.split(text), start=1):
        bare = line.lstrip(" \t")
        if bare.strip():
            depth = len(line[: len(line) - len(bare)].expandtabs(len(STEP)))
            yield _Line(number, depth, bare.rstrip())


def _nested(lines: Iterable[_Line]) -> list[_Line]:
    """Return the outermost lines, each with those that are indented below it."""
    outermost: list[_Line] = []
    open_lines: list[_Line] = []
    for line in lines:
        while open_lines and open_lines[-1].depth >= line.depth:
            open_lines.pop()
        beside = open_lines[-1].below if open_lines else outermost
        if beside and beside[0].depth != line.depth:
            raise ConditionError(f"Line {line.number}: indent it as far as line {beside[0].number}.")
        beside.append(line)
        open_lines.append(line)
    return outermost


def _read(line: _Line, facts: Facts) -> Tree:
    key = GROUPS.get(line.text.lower())
    if key is None:
        if line.below:
            raise ConditionError(
                f"Line {line.below[0].number}: only lines below {ALL} {ANY} or {NOT} are indented."
            )
        return _placed(line, facts)
    if not line.below:
        raise ConditionError(f"Line {line.number}: indent at least one line below “{line.text}”.")
    parts = [_read(each, facts) for each in line.below]
    if key != "not":
        return {key: parts}
    return {"not": parts[0] if len(parts) == 1 else {"all": parts}}


def _placed(line: _Line, facts: Facts) -> Tree:
    """Return one comparison, after looking that it can be read."""
    try:
        clause = _clause(line.text, facts)
        conditions.read(clause, facts)
    except ConditionError as error:
        raise ConditionError(f"Line {line.number}: {error}") from error
    return clause


def _clause(text: str, facts: Facts) -> Tree:
    name, _, rest = text.partition(" ")
    if name not in facts:
        raise ConditionError(f"“{name}” is no fact; there are {', '.join(sorted(facts))}.")
    code, operator, rest = _operator(rest.strip(), facts[name])
    clause: Tree = {"fact": name, "op": code}
    if operator.wants == NOTHING:
        if rest:
            raise ConditionError(f"“{code.replace('_', ' ')}” takes no value, and there is “{rest}”.")
        return clause
    if not rest:
        raise ConditionError(f"say after “{code.replace('_', ' ')}” what {name} is compared with.")
    if operator.wants == ONE:
        return clause | {"value": _unquoted(rest)}
    return clause | {"value": _values(rest, operator)}


def _operator(rest: str, fact: Fact) -> tuple[str, Operator, str]:
    """Return the operator a comparison begins with, and what follows; of two that fit the longer one."""
    known = OPERATORS[fact.kind]
    for code in sorted(known, key=len, reverse=True):
        words = code.replace("_", " ")
        for said in (words, code):
            if rest.lower() == said or rest.lower().startswith(f"{said} "):
                return code, known[code], rest[len(said) :].strip()
    wanted = ", ".join(sorted(code.replace("_", " ") for code in known))
    raise ConditionError(f"after {fact.name} comes one of: {wanted}.")


def _values(rest: str, operator: Operator) -> list[str]:
    if operator.wants != MANY and "," not in rest:
        raise ConditionError("write two numbers with a comma between them, the lower one first.")
    values, at = [], 0
    while at < len(rest):
        found = QUOTED_OR_PLAIN.match(rest, at)
        if found is None or found.end() == at:
            raise ConditionError(f"“{rest[at:]}” is no list of words with commas between them.")
        values.append(_unquoted(found[1].strip()))
        at = found.end()
    return values


def _unquoted(word: str) -> str:
    if not word.startswith('"'):
        return word
    try:
        return str(json.loads(word))
    except ValueError as error:
        raise ConditionError(f"the quotes of {word} are not closed.") from error
