"""One order with all that somebody who says something about it needs to know. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from random import Random
from zoneinfo import ZoneInfo

from erp_connectors.canonical.documents import OrderLine, PurchaseOrder
from erp_connectors.canonical.values import Quantity
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo.catalogue import DemoSupplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An order, its supplier, when something is said about it, and the line that goes wrong if one does.

    Everything drawn comes from `random`, so that the same source gives the same words.
    """

    supplier: DemoSupplier
    order: PurchaseOrder
    line: OrderLine
    at: datetime
    calendar: BusinessCalendar
    random: Random

    @property
    def suffix(self) -> str:
        """The end of the order's number, by which papers about it are numbered."""
        return self.order.number[-5:]

    def shifted(self, day: date, least: int, most: int) -> date:
        """Return a day so many business days after another one."""
        return self.calendar.shift_days(day, self.random.randint(least, most))

    def share(self, quantity: Quantity, *percents: int) -> Quantity:
        """Return one of these shares of a quantity: less than all of it, but for shares above 100 %."""
        percent = self.random.choice(percents)
        rounding = ROUND_CEILING if percent > 100 else ROUND_FLOOR
        value = (quantity.value * percent / 100).quantize(Decimal(1), rounding=rounding)
        return Quantity(max(Decimal(1), value), quantity.unit)


def wanted(line: OrderLine) -> date:
    """Return the day by which all of a line is wanted."""
    return line.schedule[-1].date


def worth(line: OrderLine) -> Decimal:
    """Return what a line costs."""
    return line.quantity.value * line.price.amount if line.price else Decimal(0)


def odd_line(order: PurchaseOrder, chance: Random) -> OrderLine:
    """Return which line goes wrong where one does: half the time the dearest, which is what hurts."""
    if chance.random() < 0.5:
        return max(order.lines, key=worth)
    return chance.choice(order.lines)


def on_day(day: date, hour: int, zone: ZoneInfo, minute: int = 0) -> datetime:
    """Return a time of that day."""
    return datetime.combine(day, time(hour, minute), zone)
