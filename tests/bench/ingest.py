"""P1: from documents to open cases in bulk, held against the truth, beside COPY and a plain loop.

What is found is compared with what was planted before any time counts: precision and recall have to be 1,
with nothing repeated and in order, and so they have to be for as many lines again that come with repetitions
and in any order. The floor is COPY of the same document
lines into one table with two indexes. The loop is what one writes first: for each order line a query for each
kind of document, a comparison, an insert.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from erp_connectors.canonical.documents import DocumentKind, Receipt
from erp_connectors.canonical.documents import PurchaseOrder as OrderDocument
from erp_connectors.documents.arrivals import Arrival
from erp_connectors.documents.models import DocumentHead, Item, PurchaseOrder, Supplier
from erp_connectors.documents.store import record_many
from exceptions_app import intake
from exceptions_app.cases.models import CaseLine
from exceptions_app.detection.types.base import SubjectKind
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.measuring import analyze, begin_on_tuesday
from tests.bench.orders import trading_ground
from tests.bench.plain_loop import PlainTables
from tests.bench.timing import wall_of
from tests.bench.truth import Document, PlantedWorld, Planter, Truth, noisy
from tests.bench.wanted import Wanted
from tests.builders.factories import TUESDAY_TEN, Ground, ItemFactory

BLOCK, BATCH = 500, 200
#: So many order lines there are of an item, open or done with, on average.
LINES_OF_AN_ITEM = 20
DUPLICATES = 0.02
ORDERS_AND_RECEIPTS = (OrderDocument, Receipt)
#: The loop takes seconds for a thousand lines: so many say how fast it is.
LOOPED = 5_000
BAR = Bar(v1=0.20, moonshot=0.50, more_is_better=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands open after a run, beside the truth."""

    found: frozenset[Truth]
    truth: frozenset[Truth]

    @property
    def precision(self) -> float:
        """The share of what was found that is true."""
        return len(self.found & self.truth) / len(self.found) if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of the truth that was found."""
        return len(self.found & self.truth) / len(self.truth) if self.truth else 1.0

    def check(self) -> None:
        """Raise WrongAnswer, with the first differences, unless just the truth was found."""
        if self.found != self.truth:
            missing, wrong = sorted(self.truth - self.found)[:3], sorted(self.found - self.truth)[:3]
            raise WrongAnswer(
                f"Precision {self.precision:.4f}, recall {self.recall:.4f}; missing {missing}, wrong {wrong}."
            )


def measure(wanted: Wanted) -> list[Figure]:
    """Plant a world, take it in, compare, and time it beside COPY and the loop; another comes with noise."""
    begin_on_tuesday()
    ground = trading_ground()
    world = planted(ground, wanted.n, seed=wanted.seed)
    analyze()
    tables = PlainTables(world)
    floor = wall_of(tables.copy)
    recorded = wall_of(lambda: take_in(ground, world.documents))
    evaluated = wall_of(lambda: judge(world))
    compared(world).check()
    loop = _loop(tables, world.truth)
    disturbed = planted(ground, wanted.n, seed=wanted.seed + 1, series="48")
    noise = noisy(disturbed.documents, seed=wanted.seed + 2, duplicates=DUPLICATES, reordered=True)
    recorded_with_noise = wall_of(lambda: take_in(ground, noise))
    judge(disturbed)
    compared(disturbed).check()
    lines, took = world.document_lines, recorded + evaluated
    return [
        Figure(
            area=f"ingest@{world.order_lines}",
            value=lines / took,
            unit="lines/s",
            floor=lines / floor,
            ratio=Ratio.of([(lines / took, lines / floor)]),
            bar=BAR,
            facts={
                "document lines": lines,
                "deviations": len(world.truth),
                "precision": 1.0,
                "recall": 1.0,
                "deviations with noise": len(disturbed.truth),
                "precision with noise": 1.0,
                "recall with noise": 1.0,
                "recorded s": recorded,
                "judged s": evaluated,
                "recorded with noise s": recorded_with_noise,
                "order lines/s": world.order_lines / took,
                "order lines/s of the loop": loop,
                "times the loop": world.order_lines / took / loop,
            },
        )
    ]


def planted(ground: Ground, order_lines: int, *, seed: int, series: str = "47") -> PlantedWorld:
    """Return a world of orders at the ground's supplier, about items of its own."""
    items = [f"ITEM-{series}-{number:05}" for number in range(1 + order_lines // LINES_OF_AN_ITEM)]
    Item.objects.bulk_create(
        ItemFactory.build(connection=ground.erp, number=item, base_unit="EA") for item in items
    )
    return Planter(
        supplier=ground.supplier.number,
        warehouse=ground.warehouse.code,
        items=items,
        seed=seed,
        series=series,
    ).world(order_lines)


def take_in(ground: Ground, documents: Sequence[Document]) -> None:
    """Record documents in blocks, in the order given, as channels would bring them."""
    for start in range(0, len(documents), BLOCK):
        record_many(
            [
                Arrival(document=document, received_at=TUESDAY_TEN, supplier=_speaker(ground, document))
                for document in documents[start : start + BLOCK]
            ],
            connection=ground.erp,
            company=ground.company,
        )


def judge(world: PlantedWorld) -> None:
    """Look at every order of a world and at every invoice on them, batch by batch."""
    invoices = DocumentHead.objects.filter(
        kind=DocumentKind.INVOICE, number__startswith=f"INV-{world.series}"
    )
    orders = PurchaseOrder.objects.filter(number__startswith=world.series)
    for kind, subjects in ((SubjectKind.ORDER, orders), (SubjectKind.INVOICE, invoices)):
        ids = list(subjects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH):
            evaluation = intake.evaluate(ids[start : start + BATCH], TUESDAY_TEN, kind=kind)
            if evaluation.failures:
                raise WrongAnswer(f"Not looked at: {next(iter(evaluation.failures.values()))}")


def compared(world: PlantedWorld) -> Found:
    """Return what stands open on the orders of a world, beside the truth."""
    lines = CaseLine.objects.filter(cleared_at=None).values_list(
        "case__order__number", "line_number", "case__type_code", "quantity", "key"
    )
    found = (
        (order or _billed_order(key), line, code, Decimal(quantity or 0))
        for order, line, code, quantity, key in lines
    )
    return Found(
        found=frozenset(each for each in found if each[0].startswith(world.series)), truth=world.truth
    )


def _billed_order(key: str) -> str:
    """Return the order a deviation of an invoice is on: such keys are type:order:line."""
    return key.split(":")[1]


def _speaker(ground: Ground, document: Document) -> Supplier | None:
    """Return who says it: orders and receipts are the word of the ERP."""
    return None if isinstance(document, ORDERS_AND_RECEIPTS) else ground.supplier


def _loop(tables: PlainTables, truth: frozenset[Truth]) -> float:
    """Return how many order lines a second the loop judges."""
    began = time.perf_counter()
    judged = tables.loop(LOOPED)
    took = time.perf_counter() - began
    if not tables.found() <= truth:
        raise WrongAnswer("The loop found what is not there.")
    return judged / took
