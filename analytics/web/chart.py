"""A bar chart of weeks as plain numbers for an SVG: how many lines, and how many of them in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.kpis import Answers
from exceptions_app.web import formats

WIDTH, HEIGHT = 1080, 190
TOP, BOTTOM = 22, 24
PLOT = HEIGHT - TOP - BOTTOM
WIDEST = 64
#: A label under every bar would run into its neighbour from here on.
CROWDED = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One week: a bar as high as lines fell due, filled as far as they were answered in time."""

    url: str
    name: str
    label: str
    value: str
    x: int
    width: int
    middle: int
    y: int
    height: int
    on_time_y: int
    on_time_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The bars, and the lines that say how high they are."""

    width: int
    height: int
    top: int
    floor: int
    plot: int
    most: str
    bars: tuple[Bar, ...]


def chart_of(weeks: Sequence[tuple[date, Answers, str]]) -> Chart:
    """Return the chart of weeks, oldest first, each with the address that opens its lines."""
    most = max((answers.rate.denominator for _, answers, _ in weeks), default=0) or 1
    slot = WIDTH / max(len(weeks), 1)
    every = -(-len(weeks) // CROWDED)
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        top=TOP,
        floor=TOP + PLOT,
        plot=PLOT,
        most=formats.number(most),
        bars=tuple(
            _bar(index, week, slot=slot, most=most, is_labelled=index % every == 0)
            for index, week in enumerate(weeks)
        ),
    )


def _bar(index: int, week: tuple[date, Answers, str], *, slot: float, most: int, is_labelled: bool) -> Bar:
    monday, answers, url = week
    width = min(round(slot * 0.6), WIDEST)
    middle = round(slot * (index + 0.5))
    height = _scaled(answers.rate.denominator, most)
    on_time = _scaled(answers.rate.numerator, most)
    percent = formats.percent(answers.rate.percent)
    return Bar(
        url=url,
        name=f"{formats.day(monday)}: {answers.rate.numerator} / {answers.rate.denominator}, {percent}",
        label=formats.day(monday, today=monday) if is_labelled else "",
        value=percent if is_labelled and answers.rate.denominator else "",
        x=middle - width // 2,
        width=width,
        middle=middle,
        y=TOP + PLOT - height,
        height=height,
        on_time_y=TOP + PLOT - on_time,
        on_time_height=on_time,
    )


def _scaled(count: int, most: int) -> int:
    """Return the height of a count; whatever is there can be seen."""
    return max(round(PLOT * count / most), 2) if count else 0
