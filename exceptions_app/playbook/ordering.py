"""What resolutions that order a line anew have in common. Pure.

The ERP stays the system of record: it makes the line, under the number and with the values that were agreed
on. What nobody said (a price, a unit, an item of ours) is asked for and never guessed.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from erp_connectors.canonical.commands import LineValues, NewLine
from erp_connectors.canonical.values import Quantity, SchedulePart
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.schedules import plain, quantity
from exceptions_app.playbook.situation import KnownItem, LikelyLine, LineFacts, LinePlan, Situation, TaskPlan

ITEM, QUANTITY, PRICE, DAY = "item", "quantity", "price", "date"


def fields(line: LineFacts) -> tuple[InputField, ...]:
    """Ask for item, quantity, price and day, with what was said of them filled in."""
    likely = line.likely
    if likely is None:
        return ()
    return (
        InputField(
            name=ITEM,
            label="Item to order",
            kind=FieldKind.WORDS,
            initial=likely.item,
            help="Its number in the ERP.",
        ),
        *terms(line),
    )


def terms(line: LineFacts) -> tuple[InputField, ...]:
    """Ask for quantity, price and day of an item that is known."""
    likely = line.likely
    if likely is None:
        return ()
    return (
        InputField(
            name=QUANTITY,
            label="Quantity to order",
            kind=FieldKind.MEASURE,
            initial="" if likely.quantity is None else quantity(likely.quantity),
            help="With its unit, such as 20 EA.",
        ),
        InputField(
            name=PRICE,
            label="Price",
            kind=FieldKind.PRICE,
            unit=likely.currency,
            initial=_price_in_words(likely),
            help="For one unit, such as 12.50; or 1250.00 per 100.",
        ),
        InputField(
            name=DAY,
            label="Delivery on",
            kind=FieldKind.DAY,
            initial=likely.on.isoformat() if likely.on else "",
        ),
    )


def read(line: LineFacts, inputs: Inputs, *, instead_of: str | None = None) -> NewLine | None:
    """Return the line that was entered; None, with problems noted, where something of it is not known."""
    likely = line.likely
    if likely is None:
        _refuse(line, inputs)
        return None
    number = inputs.words(ITEM, line.number, "Item to order")
    item = None if number is None else likely.find_item(number)
    if number is not None and item is None:
        inputs.refuse_field(
            ITEM, line.number, f"the ERP has no item {number}. It has to be made there first."
        )
    return read_terms(line, item, inputs, instead_of=instead_of)


def read_terms(
    line: LineFacts, item: KnownItem | None, inputs: Inputs, *, instead_of: str | None = None
) -> NewLine | None:
    """Return the line for an item (None: it was refused already); None, with problems noted, otherwise."""
    likely = line.likely
    if likely is None:
        _refuse(line, inputs)
        return None
    day = inputs.day(DAY, line.number, "Delivery on")
    units = item.factors if item is not None else _named_units(likely)
    much = inputs.measure(QUANTITY, line.number, "Quantity to order", units=units.keys())
    unit = "" if much is None else much.unit
    price = inputs.price(PRICE, line.number, "Price", currency=likely.currency, unit=unit)
    if item is None or day is None or much is None or price is None:
        return None
    return NewLine(
        line_number=likely.number,
        item=item.number,
        supplier_item=likely.supplier_item,
        description=item.description,
        warehouse=likely.warehouse,
        instead_of=instead_of,
        values=LineValues(quantity=much, schedule=(SchedulePart(much, day),), price=price),
    )


def in_words(lines: Iterable[LinePlan]) -> str:
    """Return what is ordered: `20 EA of GASKET as line 30`."""
    return "; ".join(
        f"{quantity(line.added.values.quantity)} of {line.added.item} as line {line.added.line_number}"
        for line in lines
        if line.added is not None
    )


def booking_task(team: str, lines: Iterable[LinePlan], situation: Situation) -> TaskPlan:
    """Return the task to book what is here already on its new line."""
    words = "; ".join(
        f"{quantity(line.added.values.quantity)} of {line.added.item} on line {line.added.line_number}"
        for line in lines
        if line.added is not None
    )
    return TaskPlan(
        team=team,
        title=f"Book {words} of order {situation.order_number}"[:200],
        body="It is ordered there now. Correct the receipt that is booked on another line.",
    )


def cost_of(new: NewLine) -> Decimal:
    """Return what a new line costs, in the order's currency: its price is for the unit it is ordered in."""
    price, much = new.values.price, new.values.quantity
    assert price is not None
    return much.value * price.amount / (price.per or Decimal(1))


def _refuse(line: LineFacts, inputs: Inputs) -> None:
    inputs.refuse("", f"Line {line.number}: no order is known to add it to; match it by hand first.")


def _price_in_words(likely: LikelyLine) -> str:
    """Return the stated price as it is entered; empty where it is not for the unit it would be ordered in."""
    price, much = likely.price, likely.quantity
    if price is None or much is None or price.per_unit not in (None, much.unit):
        return ""
    per = price.per or Decimal(1)
    return plain(price.amount) if per == 1 else f"{plain(price.amount)} per {plain(per)}"


def _named_units(likely: LikelyLine) -> Mapping[str, Decimal]:
    """Return the unit that was said, so that an unknown item is told of alone."""
    much: Quantity | None = likely.quantity
    return {} if much is None else {much.unit: Decimal(1)}
