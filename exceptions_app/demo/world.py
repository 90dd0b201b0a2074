"""One company's world from a seed: items, stock, orders, customer orders, and what everybody said about them.

Pure: the same seed, company and moment give the same world. Everything lies around `now`, so that a demo
started today is about today.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import Demand, PurchaseOrder, Stock
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo.catalogue import DemoCompany
from exceptions_app.demo.cover import Cover
from exceptions_app.demo.goods import Goods
from exceptions_app.demo.parties.scene import on_day
from exceptions_app.demo.plots import Plots
from exceptions_app.demo.stories import Plot, Teller, Told

#: Since when the ERP has had its master data, in business days before today.
BEGINNING = -60


@dataclass(frozen=True, slots=True)
class World:
    """Everything of one company that is brought in, up to `now`. `told` is in order of time."""

    company: DemoCompany
    now: datetime
    suppliers: tuple[SupplierRecord, ...]
    items: tuple[ItemRecord, ...]
    plots: tuple[Plot, ...]
    stock: tuple[Stock, ...]
    demand: tuple[Demand, ...]
    told: tuple[Told, ...]

    @property
    def orders(self) -> tuple[PurchaseOrder, ...]:
        """Every order as it was released."""
        return tuple(plot.order for plot in self.plots)


def build(company: DemoCompany, calendar: BusinessCalendar, *, seed: int, now: datetime) -> World:
    """Return the world of `company` as it stands at `now`."""
    zone = ZoneInfo(company.time_zone)
    now = now.astimezone(zone)
    version = DocumentVersion(on_day(calendar.shift_days(now.date(), BEGINNING), 6, zone))
    events, costs = (random.Random(f"{seed}/{company.code}{part}") for part in ("", "/costs"))
    goods = Goods(company, version, events, costs)
    items = goods.items()
    plots = Plots(company, calendar, zone, now, events, items, goods.prices).all()
    teller = Teller(calendar, zone, now, events)
    told = sorted((each for plot in plots for each in teller.tell(plot)), key=lambda each: each.at)
    cover = Cover(version, {item.number: item.packs[0].factor for item in items}, events, costs)
    stock, demand = cover.of(plots, has_tour=bool(company.tour_item))
    return World(
        company=company,
        now=now,
        suppliers=goods.suppliers(),
        items=items,
        plots=tuple(plots),
        stock=stock,
        demand=demand,
        told=tuple(told),
    )
