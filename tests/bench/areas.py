"""The areas of the benchmark, what each needs around it and what its size means; a new one is one entry."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from tests.bench import audit, backtest, detect, e2e, edi, ingest, page, sla
from tests.bench.figures import Figure
from tests.bench.wanted import Wanted


class Around(Enum):
    """What has to run before an area begins."""

    NOTHING = auto()
    SERVERS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One file beside this one. `process` decides how its process holds database connections."""

    name: str
    measure: Callable[[Wanted], list[Figure]]
    size: int
    size_is: str
    around: Around = Around.NOTHING
    process: str = "command"


AREAS = {
    area.name: area
    for area in (
        Area(
            name="page",
            measure=page.measure,
            size=100_000,
            size_is="cases in the long queue",
            around=Around.SERVERS,
            process="web",
        ),
        Area(name="e2e", measure=e2e.measure, size=250, size_is="messages at most at one rate"),
        Area(name="edi", measure=edi.measure, size=10, size_is="MB of X12"),
        Area(
            name="ingest",
            measure=ingest.measure,
            size=100_000,
            size_is="order lines",
            around=Around.SERVERS,
        ),
        Area(
            name="detect",
            measure=detect.measure,
            size=200,
            size_is="orders in a batch",
            around=Around.SERVERS,
        ),
        Area(
            name="backtest",
            measure=backtest.measure,
            size=100_000,
            size_is="order lines of history",
            around=Around.SERVERS,
        ),
        Area(
            name="sla",
            measure=sla.measure,
            size=200_000,
            size_is="cases whose clocks are swept",
            around=Around.SERVERS,
        ),
        Area(
            name="audit",
            measure=audit.measure,
            size=200_000,
            size_is="sealed events",
            around=Around.SERVERS,
        ),
    )
}
