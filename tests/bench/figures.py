"""What a benchmark found: a value beside its floor, their ratio in one run, and how it stands to its bar."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self


class WrongAnswer(Exception):
    """What was measured did not do its work: a fast wrong answer counts for nothing."""


class Verdict(StrEnum):
    """How a figure stands to its bar."""

    MOONSHOT = "moonshot"
    HOLDS = "holds"
    MISSES = "misses"
    BUSY = "busy"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The median of the pairwise ratios, with the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Self:
        """Return the ratio of (value, floor) pairs, each of which was measured side by side."""
        ratios = [value / floor for value, floor in pairs]
        return cls(median=statistics.median(ratios), least=min(ratios), most=max(ratios))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure has to reach: at most `v1` (or, where more is better, at least), then `moonshot`.

    `on_value` judges the value itself instead of the ratio to the floor.
    """

    v1: float
    moonshot: float
    more_is_better: bool = False
    on_value: bool = False

    def is_met(self, reached: float, bar: float) -> bool:
        """Return whether `reached` is on the right side of `bar`."""
        return reached >= bar if self.more_is_better else reached <= bar

    def __str__(self) -> str:
        return f"{'>=' if self.more_is_better else '<='} {_short(self.v1)} ({_short(self.moonshot)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `facts` are what else was seen in the same run."""

    area: str
    value: float
    unit: str
    floor: float | None = None
    ratio: Ratio | None = None
    bar: Bar | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def verdict(self, *, busy: bool = False) -> Verdict:
        """Judge the figure. On a busy machine a miss proves nothing and is not called one."""
        if self.bar is None:
            return Verdict.BASELINE
        reached = self.value if self.bar.on_value or self.ratio is None else self.ratio.median
        if self.bar.is_met(reached, self.bar.moonshot):
            return Verdict.MOONSHOT
        if self.bar.is_met(reached, self.bar.v1):
            return Verdict.HOLDS
        return Verdict.BUSY if busy else Verdict.MISSES

    def cells(self, *, busy: bool = False) -> tuple[str, ...]:
        """Return area, value, floor, ratio, bar and verdict as text."""
        spread = f"{_short(self.ratio.least)}-{_short(self.ratio.most)}" if self.ratio else ""
        return (
            self.area,
            f"{_short(self.value)} {self.unit}".strip(),
            "-" if self.floor is None else f"{_short(self.floor)} {self.unit}".strip(),
            "-" if self.ratio is None else f"{_short(self.ratio.median)} ({spread})",
            "-" if self.bar is None else str(self.bar),
            self.verdict(busy=busy).value,
        )

    def as_plain(self, *, busy: bool = False) -> dict[str, Any]:
        """Return the figure as plain values, with its verdict."""
        return asdict(self) | {"verdict": self.verdict(busy=busy).value}

    @classmethod
    def of_plain(cls, values: dict[str, Any]) -> Self:
        """Return the figure that `as_plain` wrote."""
        known = {name: value for name, value in values.items() if name != "verdict"}
        known["ratio"] = Ratio(**known["ratio"]) if known["ratio"] else None
        known["bar"] = Bar(**known["bar"]) if known["bar"] else None
        return cls(**known)


HEAD = ("area", "value", "floor", "ratio (min-max)", "bar (moonshot)", "verdict")


def table(figures: Sequence[Figure], *, busy: bool) -> str:
    """Return the figures as lines of equal columns under a head; what else was seen stands below each."""
    rows = [HEAD, *(figure.cells(busy=busy) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    told = [", ".join(f"{name} {_fact(value)}" for name, value in figure.facts.items()) for figure in figures]
    for place in range(len(figures), 0, -1):
        if told[place - 1]:
            lines.insert(place + 1, f"    {told[place - 1]}")
    return "\n".join(lines)


def _fact(value: Any) -> str:
    return _short(value) if isinstance(value, float) else str(value)


def _short(value: float) -> str:
    """Return three significant digits, and whole numbers whole."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
