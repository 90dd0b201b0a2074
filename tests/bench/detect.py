"""How many orders a second one process evaluates, over reading their rows by plain SQL: a baseline to beat.

Orders of three lines each. Unchanged ones are healthy and were looked at before; opened ones get their case;
changed ones have their open case brought up to date with another shortage.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import connection

from erp_connectors.documents.models import PurchaseOrder
from exceptions_app import intake
from exceptions_app.cases.models import CaseLine
from exceptions_app.intake import Evaluation
from tests.bench.figures import Figure, Ratio, WrongAnswer
from tests.bench.measuring import (
    analyze,
    begin_on_tuesday,
    building,
    counted_queries,
    cpu_of,
    database_process,
    processor_time,
)
from tests.bench.orders import RELEASED_AT, answer_orders, place_orders, trading_ground
from tests.bench.timing import percentile, wall_of
from tests.bench.wanted import Wanted
from tests.builders.factories import TUESDAY_TEN, Ground

LINES, SHORT = 3, 18
FLOOR = (
    """SELECT * FROM erp_connectors_purchaseorder AS purchase_order
        JOIN erp_connectors_orderline AS line ON line.order_id = purchase_order.id
        JOIN erp_connectors_supplier AS supplier ON supplier.id = purchase_order.supplier_id
        LEFT JOIN erp_connectors_item AS item ON item.id = line.item_id
        WHERE purchase_order.id = ANY(%s)""",
    "SELECT * FROM exceptions_app_watch WHERE subject_kind = 'order' AND subject_id = ANY(%s)",
    """SELECT * FROM exceptions_app_case AS found
        JOIN exceptions_app_caseline AS line ON line.case_id = found.id WHERE found.order_id = ANY(%s)""",
)


class Batch:
    """Orders that are answered alike."""

    def __init__(self, world: Ground, *, first: int, orders: int, short: int) -> None:
        self.world = world
        self.numbers = [f"45{number:08}" for number in range(first, first + orders)]
        place_orders(world, self.numbers, lines=LINES)
        self.answer(short)
        rows = PurchaseOrder.objects.filter(number__in=self.numbers).order_by("pk")
        self.orders = list(rows.values_list("pk", flat=True))

    def answer(self, short: int) -> None:
        """Record an answer that is `short` on every line; each is newer than one that was shorter."""
        said_at = RELEASED_AT + timedelta(hours=1, minutes=short)
        answer_orders(self.world, self.numbers, lines=LINES, short=short, said_at=said_at)

    def check_shortage(self, short: int) -> None:
        """Compare what stands open on the orders with the truth."""
        found = CaseLine.objects.filter(case__order__in=self.orders, cleared_at=None)
        lines = sorted(found.values_list("case__order__number", "line_number", "case__type_code", "quantity"))
        expected = [
            (number, str(line * 10), "quantity_short", Decimal(short))
            for number in self.numbers
            for line in range(1, LINES + 1)
        ]
        if lines != expected:
            raise WrongAnswer(f"{len(lines)} of {len(expected)} lines are short: {lines[:3]}.")


class Stopwatch:
    """Times evaluations beside the floor, block by block."""

    def __init__(self) -> None:
        self.database = database_process()
        self.pairs: list[tuple[float, float]] = []
        self.shares: list[float] = []
        self.queries = 0
        self.orders = 0

    def evaluate(self, orders: Sequence[int], *, look: int, touched: int) -> None:
        """Read the rows, then evaluate the orders; check how many cases that has touched."""
        floor = wall_of(_reading(orders))
        evaluations: list[Evaluation] = []
        as_of = TUESDAY_TEN + timedelta(seconds=look)

        def evaluate() -> None:
            evaluations.append(intake.evaluate(orders, as_of))

        theirs = processor_time(self.database)
        with counted_queries() as statements:
            both: list[float] = []
            wall = wall_of(lambda: both.append(cpu_of(evaluate, database=self.database)))
        theirs = processor_time(self.database) - theirs
        (evaluation,) = evaluations
        if evaluation.failures or len(evaluation.touched) != touched:
            raise WrongAnswer(
                f"{len(evaluation.touched)} cases were touched instead of {touched}: "
                f"{list(evaluation.failures.values())[:1]}"
            )
        self.pairs.append((wall, floor))
        self.shares.append(theirs / both[0])
        self.queries, self.orders = len(statements), len(orders)

    def figure(self, area: str) -> Figure:
        """Return what was measured, in orders a second; the ratio is how often slower than the floor."""
        return Figure(
            area=area,
            value=percentile([self.orders / wall for wall, _ in self.pairs], 0.5),
            unit="orders/s",
            floor=percentile([self.orders / floor for _, floor in self.pairs], 0.5),
            ratio=Ratio.of((wall, floor) for wall, floor in self.pairs),
            facts={
                "queries an order": self.queries / self.orders,
                "database's share of the processor": percentile(self.shares, 0.5),
                "ratio": "times the floor's time",
            },
        )


def measure(wanted: Wanted) -> list[Figure]:
    """Measure opening in blocks of a batch, then changed and unchanged batches in turn."""
    begin_on_tuesday()
    with building():
        world = trading_ground()
        healthy = Batch(world, first=1, orders=wanted.n, short=0)
        short = Batch(world, first=wanted.n + 1, orders=wanted.n, short=SHORT)
    analyze()
    first, opened, changed, unchanged = (Stopwatch() for _ in range(4))
    first.evaluate(healthy.orders, look=0, touched=0)
    block = -(-wanted.n // wanted.reps)
    for start in range(0, wanted.n, block):
        orders = short.orders[start : start + block]
        opened.evaluate(orders, look=0, touched=len(orders))
    short.check_shortage(SHORT)
    for look in range(1, wanted.reps + 1):
        unchanged.evaluate(healthy.orders, look=look, touched=0)
        short.answer(SHORT + look)
        changed.evaluate(short.orders, look=look, touched=wanted.n)
        short.check_shortage(SHORT + look)
    return [
        unchanged.figure("detect.unchanged"),
        opened.figure("detect.opened"),
        changed.figure("detect.changed"),
    ]


def _reading(orders: Sequence[int]) -> Callable[[], None]:
    def read() -> None:
        with connection.cursor() as cursor:
            for statement in FLOOR:
                cursor.execute(statement, [list(orders)])
                cursor.fetchall()

    return read
