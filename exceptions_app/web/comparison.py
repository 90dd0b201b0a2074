"""What changed: what was ordered beside what was confirmed, shipped, received and invoiced, line by line.

Quantities are counted in the unit of the order line; what cannot be converted is shown as it was said and
makes no difference, for a guess would be worse than none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors.canonical.documents import InvoiceKind, OfferedPart
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.web import formats

ORDERED, CONFIRMED, SHIPPED, RECEIVED, INVOICED = "ordered", "confirmed", "shipped", "received", "invoiced"
COLUMNS: dict[str, str | Promise] = {
    ORDERED: _("Ordered"),
    CONFIRMED: _("Confirmed"),
    SHIPPED: _("Shipped"),
    RECEIVED: _("Received"),
    INVOICED: _("Invoiced"),
}
#: Which two columns the difference is between, by the family of the exception type.
COMPARED = (
    (("invoice", "credit"), INVOICED, RECEIVED),
    (("receipt",), RECEIVED, SHIPPED),
    (("ship_notice",), SHIPPED, CONFIRMED),
    (("",), CONFIRMED, ORDERED),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one source says, in one or more short lines. `note` qualifies it."""

    lines: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two sources are apart. `is_off`: not the same; empty text: cannot be said."""

    text: str = ""
    detail: str = ""
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One thing compared, with a cell for every column shown."""

    label: str | Promise
    cells: tuple[Cell, ...]
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table of one order line."""

    columns: tuple[str | Promise, ...]
    against: str
    rows: tuple[Row, ...]
    is_only_ordered: bool = False

    @property
    def ordered(self) -> tuple[Cell, ...]:
        """What was ordered: quantity, delivery and unit price."""
        return tuple(row.cells[0] for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Facts:
    """One column before it is written down: a quantity (None: unknown or unsaid), days, a price."""

    quantity: Decimal | None = None
    said: tuple[str, ...] = ()
    days: tuple[tuple[Decimal | None, date | None], ...] = ()
    price: Price | None = None
    note: str = ""
    day_note: str = ""


def compare(
    position: LinePosition, *, factors: Mapping[str, Decimal], type_code: str, today: date
) -> Comparison:
    """Return the comparison of one line as a case of `type_code` is about it."""
    facts = {
        ORDERED: _ordered(position),
        CONFIRMED: _confirmed(position, factors),
        SHIPPED: _shipped(position, factors),
        RECEIVED: _received(position, factors),
        INVOICED: _invoiced(position, factors),
    }
    newer, older = next((new, old) for names, new, old in COMPARED if type_code.startswith(names))
    shown = [name for name, fact in facts.items() if fact is not None or name in (ORDERED, newer)]
    known = {name: fact or _Facts() for name, fact in facts.items()}
    unit, currency = position.line.quantity.unit, position.currency
    return Comparison(
        is_only_ordered=all(fact is None for name, fact in facts.items() if name != ORDERED),
        columns=tuple(COLUMNS[name] for name in shown),
        against=gettext("%(new)s against %(old)s") % {"new": COLUMNS[newer], "old": COLUMNS[older]},
        rows=(
            Row(
                _("Quantity"),
                tuple(_quantity_cell(known[name], unit) for name in shown),
                _quantity_difference(known[newer], known[older], unit),
            ),
            Row(
                _("Delivery"),
                tuple(_day_cell(known[name], unit, today) for name in shown),
                _day_difference(known[newer], known[older]),
            ),
            Row(
                _("Unit price"),
                tuple(_price_cell(known[name].price, currency, unit) for name in shown),
                _price_difference(known[newer].price, known[older].price, currency),
            ),
        ),
    )


# --- what each source says ----------------------------------------------------------------------------------


def _ordered(position: LinePosition) -> _Facts:
    line = position.line
    return _Facts(
        quantity=line.quantity.value,
        days=_schedule(line.schedule),
        price=line.price,
        note=gettext("cancelled") if line.cancelled else "",
    )


def _confirmed(position: LinePosition, factors: Mapping[str, Decimal]) -> _Facts | None:
    answer, unit = position.answer, position.line.quantity.unit
    if answer is None:
        return None
    price = next((fact.price for fact in (answer, *position.earlier_answers) if fact.price), None)
    if answer.offered is None:
        return _Facts(said=(gettext("answered, quantity unreadable"),), price=price)
    promised = _parts(answer.offered, position, factors)
    first = position.first_promise
    note = ""
    if first is not None and _last_day(_parts(first, position, factors)) != _last_day(promised):
        day = formats.day(_last_day(_parts(first, position, factors)))
        note = gettext("first promised %(day)s") % {"day": day}
    return _Facts(
        quantity=_sum((part.quantity for part in answer.offered), unit, factors),
        said=_as_said((part.quantity for part in answer.offered), unit, factors),
        days=promised,
        price=price,
        note=gettext("entered by %(who)s") % {"who": answer.on_behalf_by} if answer.on_behalf_by else "",
        day_note=note,
    )


def _shipped(position: LinePosition, factors: Mapping[str, Decimal]) -> _Facts | None:
    if not position.shipments:
        return None
    unit = position.line.quantity.unit
    sent = [shipment.shipped for shipment in position.shipments if shipment.shipped]
    return _Facts(
        quantity=_sum(sent, unit, factors),
        said=_as_said(sent, unit, factors),
        days=tuple(
            (_in(shipment.shipped, unit, factors), shipment.expected_on or shipment.shipped_on)
            for shipment in position.shipments
        ),
    )


def _received(position: LinePosition, factors: Mapping[str, Decimal]) -> _Facts | None:
    if not position.receipts:
        return None
    unit = position.line.quantity.unit
    booked = [receipt.received for receipt in position.receipts if receipt.received]
    damaged = _sum((receipt.damaged for receipt in position.receipts if receipt.damaged), unit, factors)
    return _Facts(
        quantity=_sum(booked, unit, factors),
        said=_as_said(booked, unit, factors),
        days=tuple((_in(each.received, unit, factors), each.received_on) for each in position.receipts),
        note=gettext("%(quantity)s damaged") % {"quantity": formats.quantity(damaged, unit)}
        if damaged
        else "",
    )


def _invoiced(position: LinePosition, factors: Mapping[str, Decimal]) -> _Facts | None:
    if not position.invoices:
        return None
    unit = position.line.quantity.unit
    total = Decimal(0)
    for invoice in position.invoices:
        billed = _in(invoice.quantity, unit, factors)
        if billed is None:
            return _Facts(said=(gettext("quantity unreadable"),), price=invoice.price)
        total += -billed if invoice.kind is InvoiceKind.CREDIT else billed
    newest = max(position.invoices, key=lambda invoice: invoice.version)
    return _Facts(quantity=total, days=((None, newest.issued_on),), price=newest.price)


def _schedule(parts: Iterable[SchedulePart]) -> tuple[tuple[Decimal | None, date | None], ...]:
    return tuple((part.quantity.value, part.date) for part in parts)


def _parts(
    parts: Iterable[OfferedPart], position: LinePosition, factors: Mapping[str, Decimal]
) -> tuple[tuple[Decimal | None, date | None], ...]:
    """Read offered parts; a firm part without a day comes when the order that was answered wanted it."""
    requested = (position.answer.requested if position.answer else ()) or position.line.schedule
    unit, wanted = position.line.quantity.unit, _last_day(_schedule(requested))
    return tuple(
        (_in(part.quantity, unit, factors), part.date or (wanted if part.firm else None)) for part in parts
    )


# --- arithmetic ---------------------------------------------------------------------------------------------


def _in(quantity: Quantity | None, unit: str, factors: Mapping[str, Decimal]) -> Decimal | None:
    if quantity is None:
        return None
    try:
        return convert(quantity, unit, factors)
    except UnitUnknown:
        return None


def _sum(quantities: Iterable[Quantity], unit: str, factors: Mapping[str, Decimal]) -> Decimal | None:
    total = Decimal(0)
    for quantity in quantities:
        counted = _in(quantity, unit, factors)
        if counted is None:
            return None
        total += counted
    return total


def _as_said(quantities: Iterable[Quantity], unit: str, factors: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Return quantities in other units as they were said."""
    return tuple(formats.quantity(each.value, each.unit) for each in quantities if each.unit != unit)


def _last_day(days: Iterable[tuple[Decimal | None, date | None]]) -> date | None:
    known = [day for _quantity, day in days if day is not None]
    return max(known) if known else None


# --- how it reads -------------------------------------------------------------------------------------------


def _quantity_cell(facts: _Facts, unit: str) -> Cell:
    if facts.quantity is None:
        return Cell(facts.said, facts.note)
    note = ", ".join(filter(None, (*facts.said, facts.note)))
    return Cell((formats.quantity(facts.quantity, unit),), note)


def _day_cell(facts: _Facts, unit: str, today: date) -> Cell:
    if not facts.days:
        return Cell()
    if len(facts.days) == 1:
        return Cell((_day(facts.days[0][1], today),), facts.day_note)
    lines = tuple(
        gettext("%(quantity)s on %(day)s") % {"quantity": formats.quantity(quantity), "day": _day(day, today)}
        for quantity, day in facts.days
    )
    return Cell(lines, facts.day_note)


def _day(day: date | None, today: date) -> str:
    return gettext("no date") if day is None else formats.day(day, today=today)


def _price_cell(price: Price | None, currency: str, unit: str) -> Cell:
    if price is None:
        return Cell()
    return Cell((formats.price(price.amount, price.currency or currency, price.per, price.per_unit or unit),))


def _quantity_difference(new: _Facts, old: _Facts, unit: str) -> Difference:
    if new.quantity is None or old.quantity is None:
        return Difference()
    apart = new.quantity - old.quantity
    share = formats.percent(apart * 100 / old.quantity) if old.quantity and apart else ""
    sign = "+" if apart > 0 else ""
    return Difference(formats.signed(apart), f"{sign}{share}" if share else "", is_off=bool(apart))


def _day_difference(new: _Facts, old: _Facts) -> Difference:
    last_new, last_old = _last_day(new.days), _last_day(old.days)
    if last_new is None or last_old is None:
        return Difference()
    apart = (last_new - last_old).days
    return Difference(formats.days_apart(apart), is_off=bool(apart))


def _price_difference(new: Price | None, old: Price | None, currency: str) -> Difference:
    if new is None or old is None or (new.currency or currency) != (old.currency or currency):
        return Difference()
    if (new.per_unit or old.per_unit) != (old.per_unit or new.per_unit):
        return Difference()
    each_new, each_old = new.amount / (new.per or 1), old.amount / (old.per or 1)
    apart = each_new - each_old
    if not apart:
        return Difference("0")
    share = formats.percent(apart * 100 / each_old, places=2) if each_old else ""
    sign = "+" if apart > 0 else ""
    return Difference(f"{sign}{formats.price(apart, currency)}", f"{sign}{share}", is_off=True)
