"""One company's world from a seed: items, stock, open orders, customer orders, and what suppliers answered.

Pure: the same seed, company and moment give the same world. Everything lies around `now`, so that a demo
started today is about today.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import Demand, DemandLine, OrderLine, OrderState, PurchaseOrder, Stock
from erp_connectors.canonical.master import ItemRecord, Pack, SupplierItem, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo.catalogue import CUSTOMERS, RANGES, DemoCompany, DemoSupplier, Range

CENT = Decimal("0.01")
RELEASED_LONGEST_AGO = 22
CONFIRM_TERM = 2
SHARE_SHORT = 0.045
SHARE_SILENT = 0.04
SHARE_RECENT = 0.12
SHARE_UNCOSTED = 0.1
TOUR_PRICE = Decimal("182.40")
#: What late goods cost us with a customer of each class: for each day, and once.
PENALTIES = {"A": ((80, 150, 250, 400), (0, 0, 250)), "B": ((0, 0, 40, 80), (0,)), "C": ((0,), (0,))}


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What the supplier offers of one line: quantity in the order's unit, and the day."""

    line: OrderLine
    quantity: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Answer:
    """One 855 of a supplier: to which order, when it was sent, and what it says."""

    supplier: DemoSupplier
    order: PurchaseOrder
    sent_at: datetime
    lines: tuple[AnswerLine, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Everything of one company that is brought in."""

    company: DemoCompany
    suppliers: tuple[SupplierRecord, ...]
    items: tuple[ItemRecord, ...]
    orders: tuple[PurchaseOrder, ...]
    stock: tuple[Stock, ...]
    demand: tuple[Demand, ...]
    answers: tuple[Answer, ...]


def build(company: DemoCompany, calendar: BusinessCalendar, *, seed: int, now: datetime) -> World:
    """Return the world of `company` as it stands at `now`."""
    return _Builder(company, calendar, seed, now).build()


class _Builder:
    """Carries the random source and the moment through the steps of one world."""

    def __init__(self, company: DemoCompany, calendar: BusinessCalendar, seed: int, now: datetime) -> None:
        self.company = company
        self.calendar = calendar
        self.random = random.Random(f"{seed}/{company.code}")
        # Apart from the rest: what things cost must not change what happens.
        self.costs = random.Random(f"{seed}/{company.code}/costs")
        self.zone = ZoneInfo(company.time_zone)
        self.now = now.astimezone(self.zone)
        self.today = self.now.date()
        self.version = DocumentVersion(self._at(self._business_day(-RELEASED_LONGEST_AGO - 1), 6))
        self.prices: dict[str, Decimal] = {}

    def build(self) -> World:
        suppliers = tuple(self._supplier(supplier) for supplier in self.company.suppliers)
        items = self._items()
        orders, answers = self._orders(items)
        shorts = {
            line.item for order, answer in self._pairs(orders, answers) for line in _short_lines(answer)
        }
        stock, demand = self._stock_and_demand(items, orders, shorts)
        return World(self.company, suppliers, items, orders, stock, demand, tuple(answers))

    # --- master data

    def _supplier(self, supplier: DemoSupplier) -> SupplierRecord:
        return SupplierRecord(
            number=supplier.number,
            name=supplier.name,
            version=self.version,
            tier=supplier.tier,
            country=supplier.country,
            currency=self.company.currency,
            email=f"orders@{supplier.name.split()[0].lower()}.example",
            buyer=supplier.buyer,
        )

    def _items(self) -> tuple[ItemRecord, ...]:
        names = [(family, name, size) for family in RANGES for name in family.names for size in family.sizes]
        self.random.shuffle(names)
        items = []
        for index in range(self.company.items):
            family, name, size = names[index % len(names)]
            series = index // len(names)
            items.append(self._item(family, name, size, index, series))
        return tuple(items)

    def _item(self, family: Range, name: str, size: str, index: int, series: int) -> ItemRecord:
        number = f"{family.code}-{10000 + index}"
        steps = self.random.random() ** 3
        price = family.cheapest + (family.dearest - family.cheapest) * Decimal(str(round(steps, 4)))
        description = f"{name} {size}" + (f", series {series + 1}" if series else "")
        is_on_tour = description == self.company.tour_item
        self.prices[number] = TOUR_PRICE if is_on_tour else price.quantize(CENT, ROUND_HALF_UP)
        margin = self._margin(self.prices[number])
        abc_class = self.random.choices("ABC", (2, 3, 5))[0]
        makers = [supplier for supplier in self.company.suppliers if family.category in supplier.categories]
        return ItemRecord(
            number=number,
            description=description,
            base_unit=family.unit,
            version=self.version,
            packs=(Pack("CS", Decimal(family.case_of)),),
            category=family.category,
            abc_class=abc_class,
            supplier_items=tuple(
                SupplierItem(maker.number, f"{family.code[0]}{maker.number[-2:]}-{index:05d}")
                for maker in makers
            ),
            unit_margin=margin,
            sales_price=None if margin is None else self.prices[number] + margin,
            lead_days=self.costs.choice((5, 7, 10, 14, 21)),
            criticality=Decimal("1.2") if abc_class == "A" else Decimal(1),
        )

    def _margin(self, price: Decimal) -> Decimal | None:
        """Return what is earned on one; of some items the ERP does not know it."""
        if self.costs.random() < SHARE_UNCOSTED:
            return None
        share = Decimal(self.costs.randint(18, 42)) / 100
        return max(CENT, (price * share).quantize(CENT, ROUND_HALF_UP))

    # --- orders and answers

    def _orders(self, items: tuple[ItemRecord, ...]) -> tuple[tuple[PurchaseOrder, ...], list[Answer]]:
        by_category: dict[str, list[ItemRecord]] = {}
        for item in items:
            by_category.setdefault(item.category or "", []).append(item)
        orders = [self._order_named_1000(by_category)]
        if self.company.tour_item:
            orders.insert(0, self._tour_order(items))
        numbers = iter(
            range(self.company.first_order + 1, self.company.first_order + self.company.orders + 1)
        )
        while len(orders) < self.company.orders:
            supplier = self._pick_supplier()
            orders.append(self._order(str(next(numbers)), supplier, by_category, self._released_at()))
        answers = [answer for order in orders if (answer := self._answer(order)) is not None]
        return tuple(orders), answers

    def _pick_supplier(self) -> DemoSupplier:
        weights = [{"A": 5, "B": 3, "C": 2}[supplier.tier] for supplier in self.company.suppliers]
        return self.random.choices(self.company.suppliers, weights)[0]

    def _released_at(self) -> datetime:
        if self.random.random() < SHARE_RECENT:
            days = self.random.randint(0, CONFIRM_TERM - 1)
        else:
            days = self.random.randint(CONFIRM_TERM + 2, RELEASED_LONGEST_AGO)
        moment = self._at(self._business_day(-days), self.random.randint(8, 15), self.random.randint(0, 59))
        return min(moment, self.now - timedelta(minutes=20))

    def _order(
        self,
        number: str,
        supplier: DemoSupplier,
        by_category: dict[str, list[ItemRecord]],
        released_at: datetime,
    ) -> PurchaseOrder:
        choice = [item for category in supplier.categories for item in by_category.get(category, [])]
        count = min(self.random.choices((1, 2, 3, 4, 5, 6), (3, 4, 5, 3, 2, 1))[0], len(choice))
        wanted = self._business_day(self.random.randint(3, 28))
        warehouse = self.random.choice(self.company.warehouses)[0]
        lines = tuple(
            self._line(10 * (index + 1), item, supplier, wanted, warehouse)
            for index, item in enumerate(self.random.sample(choice, count))
        )
        return self._purchase_order(number, supplier, lines, released_at)

    def _line(
        self, number: int, item: ItemRecord, supplier: DemoSupplier, wanted: date, warehouse: str
    ) -> OrderLine:
        price = self.prices[item.number]
        worth = Decimal(self.random.choice((150, 300, 600, 900, 1500, 2500, 4000, 7000)))
        by_case = self.random.random() < 0.2
        pack = item.packs[0].factor
        pieces = max(Decimal(1), (worth / price).quantize(Decimal(1)))
        quantity = max(Decimal(1), (pieces / pack).quantize(Decimal(1))) if by_case else pieces
        unit = "CS" if by_case else item.base_unit
        return OrderLine(
            number=str(number),
            item=item.number,
            supplier_item=next(
                (name.number for name in item.supplier_items if name.supplier == supplier.number), None
            ),
            description=item.description,
            quantity=Quantity(quantity, unit),
            price=Price(price * pack if by_case else price, self.company.currency, Decimal(1), unit),
            schedule=(SchedulePart(Quantity(quantity, unit), wanted),),
            warehouse=warehouse,
        )

    def _purchase_order(
        self, number: str, supplier: DemoSupplier, lines: tuple[OrderLine, ...], released_at: datetime
    ) -> PurchaseOrder:
        return PurchaseOrder(
            number=number,
            supplier=supplier.number,
            currency=self.company.currency,
            version=DocumentVersion(released_at),
            lines=lines,
            state=OrderState.RELEASED,
            released_at=released_at,
            buyer=supplier.buyer,
            version_token="1",
        )

    def _tour_order(self, items: tuple[ItemRecord, ...]) -> PurchaseOrder:
        """The order every tour starts with: 100 seal kits at 182.40, of which the supplier offers 82."""
        item = next(each for each in items if each.description == self.company.tour_item)
        supplier = next(maker for maker in self.company.suppliers if item.category in maker.categories)
        wanted = self._business_day(7)
        line = OrderLine(
            number="10",
            item=item.number,
            supplier_item=item.supplier_items[0].number,
            description=item.description,
            quantity=Quantity(Decimal(100), "EA"),
            price=Price(TOUR_PRICE, self.company.currency, Decimal(1), "EA"),
            schedule=(SchedulePart(Quantity(Decimal(100), "EA"), wanted),),
            warehouse=self.company.warehouses[0][0],
        )
        released_at = self._at(self._business_day(-1), 9, 12)
        return self._purchase_order(str(self.company.first_order), supplier, (line,), released_at)

    def _order_named_1000(self, by_category: dict[str, list[ItemRecord]]) -> PurchaseOrder:
        """Both companies have an order 1000 with their own supplier 77: the numbers must never mix."""
        supplier = next(maker for maker in self.company.suppliers if maker.number == "77")
        return self._order("1000", supplier, by_category, self._at(self._business_day(-5), 10, 5))

    def _answer(self, order: PurchaseOrder) -> Answer | None:
        supplier = next(maker for maker in self.company.suppliers if maker.number == order.supplier)
        if order.released_at is None:
            return None
        is_first = order.number == self._tour_number
        fate = self.random.random()
        recent = order.released_at.date() > self._business_day(-CONFIRM_TERM - 1)
        if not is_first and (recent or fate < SHARE_SILENT):
            return None
        short = is_first or fate < SHARE_SILENT + SHARE_SHORT
        sent_at = (
            self.now - timedelta(minutes=45) if is_first else self._answered_at(order.released_at, short)
        )
        short_line = self._short_line(order) if short else None
        lines = tuple(
            AnswerLine(
                line,
                self._offered(line, is_first) if index == short_line else line.quantity.value,
                _wanted(line),
            )
            for index, line in enumerate(order.lines)
        )
        return Answer(supplier, order, sent_at, lines)

    def _short_line(self, order: PurchaseOrder) -> int:
        """Return which line comes short: half the time the dearest, which is what hurts."""
        if self.random.random() < 0.5:
            return max(range(len(order.lines)), key=lambda index: _worth(order.lines[index]))
        return self.random.randrange(len(order.lines))

    def _answered_at(self, released_at: datetime, short: bool) -> datetime:
        """Shortages come in over the last three business days, so that the queue has young and old work."""
        if short:
            day = self._business_day(-self.random.randint(0, 2))
            return min(
                self._at(day, self.random.randint(8, 14), self.random.randint(0, 59)),
                self.now - timedelta(minutes=30),
            )
        return min(
            released_at + timedelta(hours=self.random.randint(2, 30)), self.now - timedelta(minutes=30)
        )

    def _offered(self, line: OrderLine, is_first: bool) -> Decimal:
        if is_first:
            return Decimal(82)
        share = Decimal(self.random.choice((95, 92, 90, 85, 80, 75, 60, 50, 30)))
        offered = (line.quantity.value * share / 100).quantize(Decimal(1))
        return min(offered, line.quantity.value - 1)

    # --- stock and customers

    def _stock_and_demand(
        self, items: tuple[ItemRecord, ...], orders: tuple[PurchaseOrder, ...], shorts: set[str]
    ) -> tuple[tuple[Stock, ...], tuple[Demand, ...]]:
        stock: list[Stock] = []
        demand: list[Demand] = []
        seen: set[str] = set()
        if self.company.tour_item:
            first = orders[0].lines[0]
            day_after = _wanted(first) + timedelta(days=1)
            stock.append(self._on_hand(first, Decimal(10), Decimal(100)))
            demand.append(self._demand("SO-881", CUSTOMERS[0], first, Decimal(95), day_after))
            demand.append(self._demand("SO-882", CUSTOMERS[3], first, Decimal(15), day_after))
            seen.add(first.item)
        packs = {item.number: item.packs[0].factor for item in items}
        for line in (line for order in orders for line in order.lines):
            if line.item in seen:
                continue
            seen.add(line.item)
            pieces = line.quantity.value * (packs[line.item] if line.quantity.unit == "CS" else 1)
            tight = line.item in shorts and self.random.random() < 0.5
            on_hand = self._share(pieces, (0, 5, 10) if tight else (60, 120, 200))
            stock.append(self._on_hand(line, on_hand, pieces))
            if tight or self.random.random() < 0.25:
                wanted = max(Decimal(1), self._share(pieces, (85, 95, 100) if tight else (10, 25, 40)))
                customer = self.random.choice(CUSTOMERS)
                number = f"SO-{900 + len(demand)}"
                demand.append(self._demand(number, customer, line, wanted, _wanted(line) + timedelta(days=1)))
        return tuple(stock), tuple(demand)

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
        self, number: str, customer: tuple[str, str], line: OrderLine, wanted: Decimal, due_on: date
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
                    open=Quantity(wanted, "EA"),
                    due_on=due_on,
                    penalty_per_day=Decimal(per_day),
                    penalty_flat=Decimal(flat),
                ),
            ),
        )

    @property
    def _tour_number(self) -> str | None:
        return str(self.company.first_order) if self.company.tour_item else None

    # --- days

    def _business_day(self, days: int) -> date:
        return self.calendar.shift_days(self.today, days)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), self.zone)

    @staticmethod
    def _pairs(
        orders: tuple[PurchaseOrder, ...], answers: list[Answer]
    ) -> list[tuple[PurchaseOrder, Answer]]:
        by_order = {answer.order.number: answer for answer in answers}
        return [(order, by_order[order.number]) for order in orders if order.number in by_order]


def _short_lines(answer: Answer) -> list[OrderLine]:
    return [said.line for said in answer.lines if said.quantity < said.line.quantity.value]


def _wanted(line: OrderLine) -> date:
    return line.schedule[-1].date


def _worth(line: OrderLine) -> Decimal:
    return line.quantity.value * line.price.amount if line.price else Decimal(0)
