"""What a decision costs, as limits and approval rules measure it (TAXONOMY, Amount). Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Protocol

from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.values import Price, Quantity
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.playbook.ordering import cost_of
from exceptions_app.playbook.schedules import changed
from exceptions_app.playbook.situation import LineFacts, LinePlan, Situation

CENT = Decimal("0.01")
#: The type of what is charged that was not ordered.
CHARGE = "invoice_charge"


class Rescheduled(Protocol):
    """The values of a line before and after a decision."""

    @property
    def before(self) -> LineValues:
        """What the ERP has."""

    @property
    def after(self) -> LineValues:
        """What it shall have."""


def amount_of(lines: Iterable[LinePlan], situation: Situation) -> Decimal | None:
    """Return what a decision comes to in the company's currency, rounded once.

    That is moved, changed or added quantity x price, and the money of each line: agreed costs, claims, price
    differences. Of a line that takes the place of another it is what the other is worth, and the difference
    between the two. None when a price, its unit, the money or the exchange rate of a line is unknown: then no
    limit covers it.
    """
    facts = {line.case_line_id: line for line in situation.lines}
    total = Decimal(0)
    for line in lines:
        part = _amount_of_line(line, facts[line.case_line_id], situation)
        if part is None:
            return None
        total += part
    return total.quantize(CENT, rounding=ROUND_HALF_UP)


def percent_of(lines: Iterable[LinePlan], situation: Situation) -> Decimal | None:
    """Return how large the deviation is in percent of the ordered quantity, of the line where it is largest.

    Rounded up, so that a little above ten percent stays above ten. None when it is unknown for some line.
    """
    facts = {line.case_line_id: line for line in situation.lines}
    largest = Decimal(0)
    for line in lines:
        fact = facts[line.case_line_id]
        if fact.deviating is None or not fact.ordered:
            return None
        largest = max(largest, fact.deviating * 100 / fact.ordered)
    return largest.quantize(Decimal("0.0001"), rounding=ROUND_UP)


def days_later_of(lines: Iterable[Rescheduled], calendar: BusinessCalendar) -> int:
    """Return by how many business days a decision postpones goods, of the part where it is most."""
    return max((_days_later(line.before, line.after, calendar) for line in lines), default=0)


def charge_of(lines: Iterable[LinePlan], situation: Situation) -> Decimal | None:
    """Return what is charged that was not ordered, in the company's currency.

    None where nothing is. A charge nobody can convert counts in full, as if it were in that currency.
    """
    facts = {line.case_line_id: line for line in situation.lines}
    charges = [facts[line.case_line_id] for line in lines if situation.type_code == CHARGE]
    if not charges:
        return None
    return charged((line.at_stake for line in charges), _rate(situation.order_currency, situation))


def charged(stakes: Iterable[Decimal | None], rate: Decimal | None) -> Decimal:
    """Return what charges come to at a rate; without one as if they were in the company's currency."""
    whole = sum((abs(stake or Decimal(0)) for stake in stakes), Decimal(0))
    return whole if rate is None else whole * rate


def _days_later(before: LineValues, after: LineValues, calendar: BusinessCalendar) -> int:
    """Compare two schedules part by part, the earliest goods with the earliest."""
    days = [0]
    was, becomes = _by_day(before), _by_day(after)
    while was and becomes:
        (first, has), (second, gets) = was[0], becomes[0]
        days.append(calendar.business_days_between(first, second))
        same = min(has, gets)
        was[0], becomes[0] = (first, has - same), (second, gets - same)
        was = was if was[0][1] else was[1:]
        becomes = becomes if becomes[0][1] else becomes[1:]
    return max(days)


def _by_day(values: LineValues) -> list[tuple[date, Decimal]]:
    parts = sorted(values.schedule, key=lambda part: part.date)
    return [(part.date, part.quantity.value) for part in parts if part.quantity.value > 0]


def _amount_of_line(line: LinePlan, facts: LineFacts, situation: Situation) -> Decimal | None:
    moved = _amount_of_quantity(line, facts, situation)
    if moved is None or line.money is None:
        return None
    is_paid = line.money or line.added is not None
    rate = _rate(situation.order_currency, situation) if is_paid else Decimal(0)
    if rate is None:
        return None
    added = moved if line.added is None else cost_of(line.added) * rate
    return (moved or added) + abs(added - moved if moved else Decimal(0)) + abs(line.money) * rate


def _amount_of_quantity(line: LinePlan, facts: LineFacts, situation: Situation) -> Decimal | None:
    quantity = changed(line.before, line.after)
    if not quantity:
        return Decimal(0)
    price = line.before.price
    if price is None:
        return None
    rate = _rate(price.currency or situation.order_currency, situation)
    counted = _in_price_unit(Quantity(quantity, facts.unit), price, facts.factors)
    if rate is None or counted is None:
        return None
    return counted * price.amount / (price.per or Decimal(1)) * rate


def _rate(currency: str, situation: Situation) -> Decimal | None:
    return Decimal(1) if currency == situation.company_currency else situation.rates.get(currency)


def _in_price_unit(quantity: Quantity, price: Price, factors: Mapping[str, Decimal]) -> Decimal | None:
    try:
        return convert(quantity, price.per_unit or quantity.unit, factors)
    except UnitUnknown:
        return None
