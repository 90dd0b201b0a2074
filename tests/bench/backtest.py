"""P12: a backtest of one changed tolerance over planted history, beside a predicate join of the same lines.

What it says is held against really publishing the tolerance and judging everything again, number by number.
The floor is one SELECT count that joins order lines with confirmation lines in a flat table and compares both
tolerances: it knows nothing of revisions, moments, cases, severity or teams, nor where the lines came from.
"""

from decimal import Decimal

from django.db import connection

from exceptions_app.backtest.compare import Difference, Effect
from exceptions_app.policies.models import ToleranceRow
from tests.bench.backtest_truth import held_against_publishing, run_of, tolerance
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.ingest import judge, planted, take_in
from tests.bench.measuring import analyze, begin_on_tuesday
from tests.bench.orders import trading_ground
from tests.bench.plain_loop import PlainTables
from tests.bench.timing import wall_of
from tests.bench.truth import PlantedWorld
from tests.bench.wanted import Wanted

PERCENT, CAP = 15, 3000
BAR = Bar(v1=0.15, moonshot=0.5, more_is_better=True)
FLOOR = """
    SELECT count(*) FROM plain_line AS ordered
    JOIN plain_line AS confirmed USING (order_number, line_number)
    WHERE ordered.kind = 'order' AND confirmed.kind = 'confirmation'
        AND abs(confirmed.price - ordered.price) * confirmed.quantity
            > least(250, greatest(25, ordered.price * confirmed.quantity / 100))
        AND abs(confirmed.price - ordered.price) * confirmed.quantity
            <= least(%s, ordered.price * confirmed.quantity * %s / 100)
"""


def measure(wanted: Wanted) -> list[Figure]:
    """Plant a history and judge it; time the backtest beside the floor, then publish and compare."""
    begin_on_tuesday()
    ground = trading_ground()
    world = planted(ground, wanted.n, seed=wanted.seed)
    tables = PlainTables(world)
    tables.copy()
    take_in(ground, world.documents)
    judge(world)
    analyze()
    found: list[list[Difference]] = []
    judged: list[int] = []

    def backtest() -> None:
        run = run_of(_wider())
        found.append(list(run.differences()))
        judged.append(run.counts.subjects.total())

    counted: list[int] = []
    pairs = []
    for _ in range(wanted.reps):
        floor = wall_of(lambda: counted.append(_floor()))
        pairs.append((world.order_lines / wall_of(backtest), world.order_lines / floor))
    _check(found, counted)
    compared = wall_of(lambda: _held(world))
    lines = sum(len(each.live.lines) for each in found[0] if each.live and Effect.NOT_OPENED in each.effects)
    return [
        Figure(
            area=f"backtest@{world.order_lines}",
            value=sorted(mine for mine, _ in pairs)[len(pairs) // 2],
            unit="order lines/s",
            floor=sorted(floor for _, floor in pairs)[len(pairs) // 2],
            ratio=Ratio.of(pairs),
            bar=BAR,
            facts={
                "document lines": world.document_lines,
                "orders judged again": judged[0],
                "cases otherwise": len(found[0]),
                "lines not opened": lines,
                "backtest s": world.order_lines / sorted(mine for mine, _ in pairs)[len(pairs) // 2],
                "published and judged again s": compared,
            },
        )
    ]


def _wider() -> ToleranceRow:
    return tolerance("price_mismatch", percent=str(PERCENT), cap=str(CAP))


def _floor() -> int:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [CAP, Decimal(PERCENT)])
        return int(cursor.fetchone()[0])


def _check(found: list[list[Difference]], counted: list[int]) -> None:
    """Raise WrongAnswer unless every run says the same, and of as many lines as the floor counts."""
    if any(each != found[0] for each in found):
        raise WrongAnswer("Two backtests of the same say something else.")
    lines = sum(
        len(each.live.lines) - (len(each.tried.lines) if each.tried else 0) for each in found[0] if each.live
    )
    if lines != counted[0]:
        raise WrongAnswer(f"{lines} lines would not have opened, the floor counts {counted[0]}.")


def _held(world: PlantedWorld) -> None:
    held = held_against_publishing(world, _wider())
    if held.said != held.done:
        keys = held.said.keys() | held.done.keys()
        wrong = [key for key in keys if held.said.get(key) != held.done.get(key)]
        told = "; ".join(
            f"{key}: said {held.said.get(key)}, is {held.done.get(key)}" for key in sorted(wrong)[:3]
        )
        raise WrongAnswer(f"{len(wrong)} cases are otherwise than the backtest said: {told}.")
