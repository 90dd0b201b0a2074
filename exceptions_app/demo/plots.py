"""The orders of one company and what happens to each: what must be seen, and the everyday. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import (
    Confirmation,
    LineAnswer,
    OfferedPart,
    OrderLine,
    OrderState,
    PaymentTerms,
    PurchaseOrder,
)
from erp_connectors.canonical.master import ItemRecord
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo.catalogue import DemoCompany, DemoSupplier, Standard
from exceptions_app.demo.goods import TOUR_PRICE
from exceptions_app.demo.parties import kinds
from exceptions_app.demo.parties.misdeeds import Misdeed, Stage, drawn
from exceptions_app.demo.parties.scene import Scene, on_day, wanted
from exceptions_app.demo.stories import Plot

SHARE_MISBEHAVING = 0.2
SHARE_RECENT = 0.12
SHARE_DUE = 0.3
WORTHS = (200, 400, 800, 1200, 1500, 2500, 4000, 6000, 9000, 16000)
#: A line that goes wrong is worth at least so much, so that what goes wrong is above the tolerances.
SPOILT_WORTH = 1500
LEAST_QUANTITY = Decimal(4)
NET_DAYS = 30
#: What more than one team works on is shown more than once.
SHOWN_OFTEN = {"says_nothing": 3, "never_ships": 3, "falls_behind": 2, "announces_a_later_arrival": 2}
LONG_UNCONFIRMED = 2
CREEPING_ORDERS, CREPT_ORDERS = 36, 8
STRIKE_ORDERS = 7
#: When the goods were wanted of which a part came broken and was claimed.
CLAIMED_ON = -19


@dataclass(slots=True)
class Plots:
    """Makes the plots, around `now`."""

    company: DemoCompany
    calendar: BusinessCalendar
    zone: ZoneInfo
    now: datetime
    random: Random
    items: tuple[ItemRecord, ...]
    prices: dict[str, Decimal]
    by_category: dict[str, list[ItemRecord]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: iter(()))

    def all(self) -> list[Plot]:
        """Return what happens to each order: what must be seen first, then the everyday ones."""
        first = self.company.first_order
        self.numbers = iter(range(first + 1, first + 100_000))
        # The seal kit of the tour is on no other order: what is missing of it must be missing.
        for item in (each for each in self.items if each.description != self.company.tour_item):
            self.by_category.setdefault(item.category or "", []).append(item)
        plots = [self._order_named_1000()]
        if self.company.tour_item:
            plots.insert(0, self._tour())
        if self.company.shows_everything:
            plots += self._shown()
        while len(plots) < self.company.orders:
            plots.append(self._everyday())
        return plots

    def _shown(self) -> list[Plot]:
        """Return every misdeed once, and what takes more than one order or a long time."""
        plots = [
            self._misbehaving(misdeed)
            for misdeed in kinds.every_misdeed()
            for _ in range(SHOWN_OFTEN.get(misdeed.code, 1))
        ]
        plots += [self._claimed(), *(self._unconfirmed_for_long() for _ in range(LONG_UNCONFIRMED))]
        plots += self._creeping() + self._on_strike()
        return plots

    def _everyday(self) -> Plot:
        """Return an order as most are: in time for weeks, on its way, or delivered; some with a misdeed."""
        if self.random.random() < SHARE_MISBEHAVING:
            return self._misbehaving(drawn(self.random, kinds.every_misdeed()))
        fate = self.random.random()
        supplier = self._pick_supplier(self.company.suppliers)
        if fate < SHARE_RECENT:
            order = self._order(supplier, self.random.randint(4, 28), -self.random.randint(0, 1))
            return Plot(supplier=supplier, order=order, answered_at=None)
        if fate < SHARE_RECENT + SHARE_DUE:
            return self._answered(supplier, self.random.randint(-9, 3))
        return self._answered(supplier, self.random.randint(4, 28), released=-self.random.randint(4, 18))

    def _misbehaving(self, misdeed: Misdeed) -> Plot:
        able = [
            supplier
            for supplier in self.company.suppliers
            if supplier.edi_id and (misdeed.in_edifact or supplier.standard is Standard.X12)
        ]
        supplier, due = self._pick_supplier(able), self.random.randint(*misdeed.due)
        if misdeed.stage not in (Stage.CONFIRM, Stage.SEND):
            return replace(self._answered(supplier, due), misdeed=misdeed)
        said_on = -self.random.randint(misdeed.said_ago, misdeed.said_ago + 2)
        order = self._order(supplier, due, said_on - self.random.randint(2, 4), least=SPOILT_WORTH)
        answered_at = min(self._moment(said_on), self.now - timedelta(minutes=30))
        return Plot(supplier=supplier, order=order, answered_at=answered_at, misdeed=misdeed)

    def _answered(self, supplier: DemoSupplier, due: int, released: int | None = None) -> Plot:
        """Return an order that is answered within two days, as it was ordered."""
        on = due - self.random.randint(9, 16) if released is None else released
        order = self._order(supplier, due, on)
        return Plot(supplier=supplier, order=order, answered_at=self._soon_after(order))

    def _soon_after(self, order: PurchaseOrder) -> datetime:
        assert order.released_at is not None
        answered_at = order.released_at + timedelta(hours=self.random.randint(2, 30))
        return min(answered_at, self.now - timedelta(minutes=30))

    def _claimed(self) -> Plot:
        """Return an order of which a part came broken so long ago that its credit is overdue."""
        damaged = next(each for each in kinds.every_misdeed() if each.causes == "receipt_damaged")
        able = [supplier for supplier in self.company.suppliers if supplier.edi_id]
        return replace(self._answered(self._pick_supplier(able), CLAIMED_ON), misdeed=damaged)

    def _unconfirmed_for_long(self) -> Plot:
        """Return an order for an important item that comes soon, and of which nobody has spoken for long."""
        makers = {maker for item in self._important() for maker in self._makers(item)}
        able = [supplier for supplier in self.company.suppliers if supplier.edi_id and supplier in makers]
        supplier = self._pick_supplier(able)
        items = [item for item in self._important() if supplier in self._makers(item)]
        order = self._order(
            supplier, self.random.randint(3, 4), -16, items=items, site=self.company.warehouses[0][0]
        )
        return Plot(supplier=supplier, order=order, answered_at=self._soon_after(order))

    def _important(self) -> list[ItemRecord]:
        return [item for items in self.by_category.values() for item in items if item.abc_class == "A"]

    def _makers(self, item: ItemRecord) -> list[DemoSupplier]:
        return [maker for maker in self.company.suppliers if item.category in maker.categories]

    def _creeping(self) -> list[Plot]:
        """Return the orders of a supplier whose newest prices are a little higher each, and never lower."""
        supplier = self._named(self.company.creeping)
        releases = [-18 + index // 2 for index in range(CREEPING_ORDERS - CREPT_ORDERS)]
        releases += [-4] * CREPT_ORDERS
        plots = []
        for place, released in enumerate(releases):
            order = self._order(supplier, self.random.randint(8, 28), released, most_lines=1)
            creeps = place >= CREEPING_ORDERS - CREPT_ORDERS
            plots.append(
                Plot(supplier=supplier, order=order, answered_at=self._soon_after(order), creeps=creeps)
            )
        return plots

    def _on_strike(self) -> list[Plot]:
        """Return the orders that one factory delays at once."""
        supplier, day = self._named(self.company.on_strike), self._business_day(-1)
        answered_at = on_day(day, 11, self.zone)
        return [
            Plot(
                supplier=supplier,
                order=self._order(supplier, self.random.randint(6, 12), -2, hour=15),
                answered_at=answered_at,
                delayed_to=self._business_day(27),
            )
            for _ in range(STRIKE_ORDERS)
        ]

    def _named(self, number: str) -> DemoSupplier:
        return next(supplier for supplier in self.company.suppliers if supplier.number == number)

    def _pick_supplier(self, among: Sequence[DemoSupplier]) -> DemoSupplier:
        weights = [{"A": 5, "B": 3, "C": 2}[supplier.tier] for supplier in among]
        return self.random.choices(among, weights)[0]

    def _moment(self, day: int) -> datetime:
        return on_day(
            self._business_day(day), self.random.randint(8, 14), self.zone, self.random.randint(0, 59)
        )

    def _order(
        self,
        supplier: DemoSupplier,
        due: int,
        released: int,
        *,
        least: int = 150,
        items: Sequence[ItemRecord] = (),
        site: str = "",
        hour: int | None = None,
        most_lines: int = 5,
    ) -> PurchaseOrder:
        """Return an order released and wanted so many business days from today, each line worth `least`."""
        choice = items or [item for one in supplier.categories for item in self.by_category.get(one, [])]
        drawn_lines = self.random.choices((1, 2, 3, 4, 5), (4, 5, 4, 2, 1))[0]
        count = min(drawn_lines, most_lines, len(choice))
        warehouse = site or self.random.choice(self.company.warehouses)[0]
        day = self._business_day(due)
        lines = tuple(
            self._line(10 * (index + 1), item, supplier, day, warehouse, least)
            for index, item in enumerate(self.random.sample(list(choice), count))
        )
        released_at = self._moment(released)
        if hour is not None:
            released_at = released_at.replace(hour=hour)
        released_at = min(released_at, self.now - timedelta(minutes=40))
        return self._purchase_order(str(next(self.numbers)), supplier, lines, released_at)

    def _line(
        self,
        number: int,
        item: ItemRecord,
        supplier: DemoSupplier,
        day: date,
        warehouse: str,
        least: int,
    ) -> OrderLine:
        price = self.prices[item.number]
        worth = Decimal(max(least, self.random.choice(WORTHS)))
        by_case = self.random.random() < 0.2
        pack = item.packs[0].factor
        pieces = (worth / price).quantize(Decimal(1))
        quantity = max(LEAST_QUANTITY, (pieces / pack).quantize(Decimal(1)) if by_case else pieces)
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
            schedule=(SchedulePart(Quantity(quantity, unit), day),),
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
            payment_terms=PaymentTerms(net_days=NET_DAYS),
            tax_percent=self.company.tax_percent,
        )

    def _tour(self) -> Plot:
        """The order every tour starts with: 100 seal kits at 182.40, of which the supplier offers 82."""
        item = next(each for each in self.items if each.description == self.company.tour_item)
        supplier = self._makers(item)[0]
        line = OrderLine(
            number="10",
            item=item.number,
            supplier_item=item.supplier_items[0].number,
            description=item.description,
            quantity=Quantity(Decimal(100), "EA"),
            price=Price(TOUR_PRICE, self.company.currency, Decimal(1), "EA"),
            schedule=(SchedulePart(Quantity(Decimal(100), "EA"), self._business_day(7)),),
            warehouse=self.company.warehouses[0][0],
        )
        released_at = on_day(self._business_day(-1), 9, self.zone, 12)
        order = self._purchase_order(str(self.company.first_order), supplier, (line,), released_at)
        return Plot(
            supplier=supplier,
            order=order,
            answered_at=self.now - timedelta(minutes=45),
            misdeed=TOUR_MISDEED,
        )

    def _order_named_1000(self) -> Plot:
        """Both companies have an order 1000 with their own supplier 77: the numbers must never mix."""
        supplier = self._named("77")
        order = replace(self._order(supplier, self.random.randint(5, 20), -5), number="1000")
        return Plot(supplier=supplier, order=order, answered_at=self._soon_after(order))

    def _business_day(self, days: int) -> date:
        return self.calendar.shift_days(self.now.date(), days)


def _offers_82(said: Confirmation, scene: Scene) -> list[Confirmation]:
    """Offers 82 of the 100 seal kits of the tour."""
    (line,) = said.lines
    offered = (OfferedPart(Quantity(Decimal(82), "EA"), wanted(scene.line)),)
    return [replace(said, lines=(replace(line, answers=(LineAnswer.CHANGED,), offered=offered),))]


TOUR_MISDEED = Misdeed(
    code="offers_82",
    does="Offers 82 of the 100 seal kits of the tour.",
    stage=Stage.CONFIRM,
    causes="quantity_short",
    share=0,
    act=_offers_82,
    due=(7, 7),
)
