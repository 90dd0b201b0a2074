"""Compares the values a decision was made on with those an ERP has now. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal

from erp_connectors.canonical.commands import LineValues, OrderCommand
from erp_connectors.canonical.documents import OrderLine, OrderState, PurchaseOrder
from erp_connectors.canonical.values import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value of one line that is not what it should be, both as words."""

    line_number: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"line {self.line_number}: {self.what} is {self.found}, not {self.expected}"


def values_of(line: OrderLine) -> LineValues:
    """Return the values of an order line that a command may change."""
    return LineValues(
        quantity=line.quantity, schedule=line.schedule, price=line.price, cancelled=line.cancelled
    )


def differences_before(command: OrderCommand, order: PurchaseOrder) -> tuple[Difference, ...]:
    """Say where the order is not as the approver saw it. Empty: it still is, and has no new line yet."""
    changed = _differences({change.line_number: change.before for change in command.changes}, command, order)
    there = {line.number for line in order.lines}
    taken = tuple(
        Difference(line_number=new.line_number, what="the line", expected="new", found="there already")
        for new in command.additions
        if new.line_number in there
    )
    return changed + taken


def holds_after(command: OrderCommand, order: PurchaseOrder) -> bool:
    """Say whether the order has every value and every line that the command asks for."""
    wanted = {change.line_number: change.after for change in command.changes}
    wanted |= {new.line_number: new.values for new in command.additions}
    items = {line.number: line.item for line in order.lines}
    is_of_item = all(items.get(new.line_number) == new.item for new in command.additions)
    return is_of_item and not _differences(wanted, command, order)


def _differences(
    expected: dict[str, LineValues], command: OrderCommand, order: PurchaseOrder
) -> tuple[Difference, ...]:
    lines = {line.number: line for line in order.lines}
    found: list[Difference] = []
    for number, values in expected.items():
        line = lines.get(number)
        if line is None:
            found.append(Difference(line_number=number, what="the line", expected="there", found="gone"))
            continue
        now = values_of(line)
        if order.state is OrderState.CANCELLED:
            now = replace(now, cancelled=True)
        found.extend(_between(number, values, now, order.currency))
    return tuple(found)


def _between(number: str, expected: LineValues, found: LineValues, currency: str) -> list[Difference]:
    pairs = [
        ("the quantity", _quantity(expected), _quantity(found)),
        ("the schedule", _schedule(expected), _schedule(found)),
        ("the price", _price(expected, currency), _price(found, currency)),
        ("the state", _state(expected), _state(found)),
    ]
    return [
        Difference(line_number=number, what=what, expected=wanted, found=seen)
        for what, wanted, seen in pairs
        if wanted != seen
    ]


def _quantity(values: LineValues) -> str:
    return f"{_number(values.quantity.value)} {values.quantity.unit}"


def _schedule(values: LineValues) -> str:
    """The parts by day: what is wanted on one day counts together."""
    wanted: dict[tuple[str, str, str], Decimal] = {}
    for part in values.schedule:
        day = (part.date.isoformat(), part.date_kind.value, part.quantity.unit)
        wanted[day] = wanted.get(day, Decimal(0)) + part.quantity.value
    return ", ".join(
        f"{_number(amount)} {unit} {kind} {day}"
        for (day, kind, unit), amount in sorted(wanted.items())
        if amount
    )


def _price(values: LineValues, currency: str) -> str:
    """What a price leaves out is the order's currency, one unit, and the line's unit."""
    price: Price | None = values.price
    if price is None:
        return "not stated"
    per, unit = price.per or Decimal(1), price.per_unit or values.quantity.unit
    return f"{_number(price.amount)} {price.currency or currency} per {_number(per)} {unit}"


def _state(values: LineValues) -> str:
    return "cancelled" if values.cancelled else "open"


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")
