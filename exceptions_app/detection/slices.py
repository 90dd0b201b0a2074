"""The supply of an order line laid against its demand: first offered meets first wanted. Pure."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from exceptions_app.detection.counting import NOTHING, Counter
from exceptions_app.detection.offers import Day, Supply
from exceptions_app.detection.snapshot import LineSnapshot


class Slice(NamedTuple):
    """A part of the demand and the part of the supply that meets it; None where nothing is offered."""

    quantity: Decimal
    wanted: Day | None
    supply: Supply | None

    @property
    def promised(self) -> Day | None:
        """The day that was promised for it."""
        return self.supply.day if self.supply else None


def demand_of(line: LineSnapshot, ordered: Decimal, counter: Counter) -> list[tuple[Decimal, Day | None]]:
    """Return what the ERP wants by when; a schedule that does not add up is cut or filled at its end."""
    demand: list[tuple[Decimal, Day | None]] = []
    left = ordered
    for part in sorted(line.position.line.schedule, key=lambda part: part.date):
        taken = min(counter.count(part.quantity), left)
        left -= taken
        demand.append((taken, Day(part.date, part.date_kind)))
    last = demand[-1][1] if demand else None
    return [*demand, (left, last)]


def meet(demand: Iterable[tuple[Decimal, Day | None]], supplies: Iterable[Supply]) -> list[Slice]:
    """Compare the supply curve with the demand curve: the first piece offered meets the first one wanted."""
    slices: list[Slice] = []
    waiting = list(supplies)
    for wanted, day in demand:
        while wanted > 0:
            if not waiting:
                slices.append(Slice(wanted, day, None))
                break
            supply = waiting[0]
            taken = min(wanted, supply.quantity)
            wanted -= taken
            waiting[0] = supply._replace(quantity=supply.quantity - taken)
            if waiting[0].quantity <= 0:
                del waiting[0]
            if taken > 0:
                slices.append(Slice(taken, day, supply))
    return slices


def cut(slices: Iterable[Slice], quantity: Decimal) -> tuple[list[Slice], list[Slice]]:
    """Return the first `quantity` of the slices, and the rest."""
    first: list[Slice] = []
    rest: list[Slice] = []
    for part in slices:
        taken = max(min(part.quantity, quantity), NOTHING)
        quantity -= taken
        if taken > 0:
            first.append(part._replace(quantity=taken))
        if part.quantity > taken:
            rest.append(part._replace(quantity=part.quantity - taken))
    return first, rest
