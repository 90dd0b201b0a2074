"""The table of the benchmarks says what was found, and judges it by its bar."""

import pytest

from tests.bench.figures import Bar, Figure, Ratio, table

TIMES = Bar(v1=20, moonshot=8)
SHARE = Bar(v1=0.2, moonshot=0.5, more_is_better=True)
QUERIES = Bar(v1=6, moonshot=4, on_value=True)


def figure(bar: Bar | None, *, ratio: float = 1.0, value: float = 1.0) -> Figure:
    found = Ratio(median=ratio, least=ratio, most=ratio)
    return Figure(area="page", value=value, unit="ms", floor=1.0, ratio=found, bar=bar)


@pytest.mark.parametrize(
    ("bar", "reached", "verdict"),
    [
        (TIMES, 8, "moonshot"),
        (TIMES, 20, "holds"),
        (TIMES, 20.1, "misses"),
        (SHARE, 0.5, "moonshot"),
        (SHARE, 0.2, "holds"),
        (SHARE, 0.19, "misses"),
        (None, 1000, "baseline"),
    ],
)
def test_a_figure_is_judged_by_its_ratio(bar: Bar | None, reached: float, verdict: str) -> None:
    assert figure(bar, ratio=reached).verdict() == verdict


def test_a_figure_that_is_a_number_is_judged_by_itself() -> None:
    assert figure(QUERIES, ratio=100, value=6).verdict() == "holds"
    assert figure(QUERIES, ratio=1, value=7).verdict() == "misses"


def test_a_miss_on_a_busy_machine_proves_nothing() -> None:
    assert figure(TIMES, ratio=30).verdict(busy=True) == "busy"
    assert figure(TIMES, ratio=20).verdict(busy=True) == "holds"


def test_the_ratio_is_the_middle_of_the_pairs() -> None:
    ratio = Ratio.of([(2, 1), (9, 3), (40, 4)])

    assert (ratio.median, ratio.least, ratio.most) == (3, 2, 10)


def test_a_figure_survives_being_kept() -> None:
    kept = figure(TIMES, ratio=8).as_plain()

    assert kept["verdict"] == "moonshot"
    assert Figure.of_plain(kept) == figure(TIMES, ratio=8)


def test_the_table_shows_value_floor_ratio_bar_and_verdict() -> None:
    head, line = table([figure(TIMES, ratio=12.34)], busy=False).splitlines()

    assert head.split() == ["area", "value", "floor", "ratio", "(min-max)", "bar", "(moonshot)", "verdict"]
    assert line.split() == ["page", "1", "ms", "1", "ms", "12.3", "(12.3-12.3)", "<=", "20", "(8)", "holds"]
