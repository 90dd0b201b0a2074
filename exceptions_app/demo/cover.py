"""What lies in the warehouses, and which customers wait for what: tight where orders go wrong. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from erp_connectors.canonical.documents import Demand, DemandLine, OrderLine, Stock
from erp_connectors.canonical.values import DocumentVersion, Quantity
from exceptions_app.demo.catalogue import CUSTOMERS
from exceptions_app.demo.goods import CENT
from exceptions_app.demo.parties.scene import wanted
from exceptions_app.demo.stories import Plot

SHARE_TIGHT = 0.5
SHARE_ASKED_FOR = 0.25
#: How often a customer of each class waits for something.
ASKING = {"A": 4, "B": 2, "C": 1}
#: What late goods cost us with a customer of each class: for each day, and once.
PENALTIES = {"A": ((150, 250, 400, 600), (0, 250, 500)), "B": ((0, 40, 80, 120), (0,)), "C": ((0,), (0,))}


@dataclass(slots=True)
class Cover:
    """Makes stock and customer orders for the items of the orders."""

    version: DocumentVersion
    packs: dict[str, Decimal]
    random: Random
    costs: Random
    stock: list[Stock] = field(default_factory=list)
    demand: list[Demand] = field(default_factory=list)

    def of(self, plots: Sequence[Plot], *, has_tour: bool) -> tuple[tuple[Stock, ...], tuple[Demand, ...]]:
        """Return the stock of every item that is ordered, and the customer orders for some of them."""
        seen: set[str] = set()
        if has_tour:
            seen.add(self._of_tour(plots[0].order.lines[0]))
        for plot in sorted(plots, key=lambda plot: plot.misdeed is None):
            for line in plot.order.lines:
                if line.item not in seen:
                    seen.add(line.item)
                    self._of_line(line, is_spoilt=plot.misdeed is not None or plot.delayed_to is not None)
        return tuple(self.stock), tuple(self.demand)

    def _of_tour(self, line: OrderLine) -> str:
        """Ten seal kits are left, and two customers wait for more than the supplier offers."""
        day_after = wanted(line) + timedelta(days=1)
        self.stock.append(self._on_hand(line, Decimal(10), Decimal(100)))
        self.demand.append(self._demand("SO-881", CUSTOMERS[0], line, Decimal(95), day_after))
        self.demand.append(self._demand("SO-882", CUSTOMERS[3], line, Decimal(15), day_after))
        return line.item

    def _of_line(self, line: OrderLine, *, is_spoilt: bool) -> None:
        pieces = line.quantity.value * (self.packs[line.item] if line.quantity.unit == "CS" else 1)
        is_tight = is_spoilt and self.random.random() < SHARE_TIGHT
        on_hand = self._share(pieces, (0, 5, 10, 30) if is_tight else (80, 120, 200, 300))
        self.stock.append(self._on_hand(line, on_hand, pieces))
        if is_tight or self.random.random() < SHARE_ASKED_FOR:
            asked = max(Decimal(1), self._share(pieces, (60, 85, 95, 100) if is_tight else (10, 25, 40)))
            number = f"SO-{900 + len(self.demand)}"
            due_on = wanted(line) + timedelta(days=1)
            self.demand.append(self._demand(number, self._customer(), line, asked, due_on))

    def _customer(self) -> tuple[str, str]:
        return self.random.choices(CUSTOMERS, [ASKING[customer_class] for _, customer_class in CUSTOMERS])[0]

    def _share(self, pieces: Decimal, percents: tuple[int, ...]) -> Decimal:
        return (pieces * self.random.choice(percents) / 100).quantize(Decimal(1))

    def _on_hand(self, line: OrderLine, quantity: Decimal, pieces: Decimal) -> Stock:
        """Return a stock level with the demand that uses up an order of so many `pieces` in some weeks."""
        per_day = (pieces / self.costs.randint(25, 70)).quantize(CENT, ROUND_HALF_UP)
        spread = Decimal(self.costs.randint(25, 60)) / 100
        return Stock(
            item=line.item,
            warehouse=str(line.warehouse),
            on_hand=Quantity(quantity, "EA"),
            version=self.version,
            demand_per_day=per_day,
            demand_sd=(per_day * spread).quantize(CENT, ROUND_HALF_UP),
        )

    def _demand(
        self, number: str, customer: tuple[str, str], line: OrderLine, asked: Decimal, due_on: date
    ) -> Demand:
        per_day, flat = (self.costs.choice(some) for some in PENALTIES[customer[1]])
        return Demand(
            number=number,
            customer=customer[0],
            customer_class=customer[1],
            version=self.version,
            lines=(
                DemandLine(
                    number="1",
                    item=line.item,
                    warehouse=str(line.warehouse),
                    open=Quantity(asked, "EA"),
                    due_on=due_on,
                    penalty_per_day=Decimal(per_day),
                    penalty_flat=Decimal(flat),
                ),
            ),
        )
