"""Every fact of a message as plain values, as sent: the same for all message types, mapped or not.

Heading and summary stand at the top, each line by itself. Amounts have a point, whatever mark was sent.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from erp_connectors.edi.edifact.mapping.sections import Block, cut
from erp_connectors.edi.edifact.mapping.values import parse_number
from erp_connectors.edi.edifact.tokens import COMPONENT, part
from erp_connectors.edi.frame import Row

Facts = dict[str, Any]
CONTAINERS = "BJ"
ANYWHERE = frozenset({"PAC", "GIN", "CPS", "CNI", "STS", "CNT", "UCI", "UCM", "UCF", "UCS", "UCD"})


def message_facts(rows: Sequence[Row], marks: str) -> Facts:
    """Return the facts of a message; what was not sent is not there."""
    message = cut(rows)
    facts: Facts = _beginning(message.heading)
    outside = [message.heading, *message.summaries]
    facts |= _collected(
        ((row, before) for block in outside for row, before in _pairs(block)), _OUTSIDE, marks
    )
    every = (pair for block in (*outside, *message.body) for pair in _pairs(block))
    facts |= _collected(((row, before) for row, before in every if row[0] in ANYWHERE), _ANYWHERE, marks)
    facts["ref"] = _grouped(facts.pop("rff", []))
    facts["uci"] = next(iter(facts.get("uci", [])), None)
    currency = facts.pop("cux", [])
    facts["cur"] = next((code for code in currency if code), "")
    sent = {name: value for name, value in facts.items() if value}
    lines = [_line(block, marks) for block in message.lines]
    return sent | {"lines_n": len(lines), "lines": lines} | _quantity_sum(lines, marks)


def _beginning(heading: Block) -> Facts:
    row = next((row for _, row in heading.segments() if row[0] == "BGM"), None)
    if row is None:
        return {}
    return {"bgm": part(row, 1), "doc": part(row, 2), "func": part(row, 3), "resp": part(row, 4)}


def _pairs(block: Block) -> Iterable[tuple[Row, str]]:
    """Yield every segment with the tag that the dates before it belong to."""
    before = ""
    for _, row in block.segments():
        yield row, before
        if row[0] != "DTM":
            before = row[0]


Reader = Callable[[Row, str], Any]


def _collected(rows: Iterable[tuple[Row, str]], readers: dict[str, Reader], marks: str) -> Facts:
    """Return what each segment says, in lists by its name; None says nothing."""
    facts: dict[str, list[Any]] = defaultdict(list)
    for row, before in rows:
        reader = readers.get(row[0])
        if reader is not None:
            fact = reader(row, before)
            if fact is not None:
                facts[_NAMES.get(row[0], row[0].lower())].append(fact)
    for name in ("moa", "qty", "pri"):
        if "," in marks and name in facts:
            facts[name] = [[fact[0], fact[1].replace(",", "."), *fact[2:]] for fact in facts[name]]
    return dict(facts)


def _line(block: Block, marks: str) -> Facts:
    row = block.opener
    facts: Facts = {
        "n": part(row, 1),
        "act": part(row, 2),
        "item": part(row, 3),
        "itemq": part(row, 3, 1),
        **_collected(((row, "") for _, row in block.segments(skip=1)), _LINE, marks),
    }
    facts["pia"] = [one for pairs in facts.get("pia", []) for one in pairs]
    facts["rff_line"] = [one for one in facts.pop("order_line", []) if one]
    texts = facts.get("ftx", [])
    facts["ftx"] = texts[0] if len(texts) == 1 else texts
    facts["imd"] = next(iter(facts.get("imd", [])), "")
    return {name: value for name, value in facts.items() if value}


def _grouped(pairs: Iterable[list[str]]) -> Facts:
    """Return qualifier to value, or to the list of values where a qualifier repeats."""
    values: dict[str, list[str]] = {}
    for qualifier, value in pairs:
        values.setdefault(qualifier, []).append(value)
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def _quantity_sum(lines: Sequence[Facts], marks: str) -> Facts:
    """Return the sum of the first quantity of each line, as a control total; nothing without numbers."""
    first = [line["qty"][0][1] for line in lines if line.get("qty")]
    numbers = [number for text in first if (number := parse_number(text, ".")) is not None]
    return {"qty_sum": sum(numbers, Decimal(0))} if numbers else {}


# --- single segments ---------------------------------------------------------------------------------


def _pair(row: Row, before: str) -> list[str]:
    return [part(row, 1), part(row, 1, 1)]


def _three(row: Row, before: str) -> list[str]:
    return [part(row, 1), part(row, 1, 1), part(row, 1, 2)]


def _heading_date(row: Row, before: str) -> list[str] | None:
    """Return a date of the document; the one of a reference before it is not."""
    return None if before == "RFF" else _date(row, before)


def _date(row: Row, before: str) -> list[str]:
    return _short(_three(row, before))


def _short(values: list[str]) -> list[str]:
    while values and not values[-1]:
        values.pop()
    return values


def _allowance(row: Row, before: str) -> list[str]:
    return [part(row, 1), part(row, 5) or part(row, 2)]


def _price(row: Row, before: str) -> list[str]:
    return [part(row, 1, place) for place in (0, 1, 2, 4, 5)]


def _additional(row: Row, before: str) -> list[str]:
    return [f"{part(row, place)}/{part(row, place, 1)}" for place in range(2, len(row)) if part(row, place)]


def _text(row: Row, before: str) -> str | None:
    element = row[4] if len(row) > 4 else ""
    return ":".join(piece.strip() for piece in element.split(COMPONENT)).rstrip(":") or part(row, 3) or None


def _description(row: Row, before: str) -> str | None:
    return part(row, 3, 3) or part(row, 3) or None


def _container(row: Row, before: str) -> str | None:
    return part(row, 2) if part(row, 1) == CONTAINERS else None


_NAMES = {"GIN": "sscc"}
_OUTSIDE: dict[str, Reader] = {
    "DTM": _heading_date,
    "RFF": _pair,
    "NAD": lambda row, before: f"{part(row, 1)}={part(row, 2)}",
    "CUX": lambda row, before: part(row, 1, 1),
    "MOA": _pair,
    "ALC": _allowance,
}
_ANYWHERE: dict[str, Reader] = {
    "PAC": lambda row, before: [part(row, 1), part(row, 3)],
    "GIN": _container,
    "CPS": lambda row, before: part(row, 1),
    "CNI": lambda row, before: [part(row, 1), part(row, 2)],
    "STS": lambda row, before: [part(row, 1), part(row, 2), part(row, 3)],
    "CNT": _pair,
    "UCI": lambda row, before: [part(row, 1), part(row, 2), part(row, 3), part(row, 4)],
    "UCM": lambda row, before: [part(row, 1), part(row, 2), part(row, 3)],
    "UCF": lambda row, before: [part(row, 1), part(row, 4), part(row, 5)],
    "UCS": lambda row, before: [part(row, 1), part(row, 2)],
    "UCD": lambda row, before: [part(row, 1), part(row, 2), part(row, 2, 1)],
}
_LINE: dict[str, Reader] = {
    "PIA": _additional,
    "IMD": _description,
    "QTY": _three,
    "QVR": lambda row, before: [part(row, 1), part(row, 1, 1), part(row, 2)],
    "DTM": _date,
    "RFF": lambda row, before: f"{part(row, 1)}={part(row, 1, 1)}",
    "MOA": _pair,
    "PRI": _price,
    "ALC": _allowance,
    "FTX": _text,
    "LOC": lambda row, before: [part(row, 1), part(row, 2)],
}
