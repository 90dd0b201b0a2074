"""Orders and their answers, recorded in the mirror as the inbox would."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    OfferedPart,
    OrderLine,
    PurchaseOrder,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.arrivals import Arrival
from erp_connectors.documents.models import Item
from erp_connectors.documents.store import record_many
from erp_connectors.exchange.models import StreamState
from tests.builders.factories import TUESDAY_TEN, Ground, ItemFactory, ground, see_until

ITEM, WANTED_ON = "SEAL-KIT", date(2026, 12, 2)
#: What orders are about where there are many: cases of one item share its stock, and all never are of one.
ITEMS = tuple(f"SEAL-KIT-{number:02}" for number in range(100))
ORDERED = 100
BLOCK = 100
#: The day before the clocks begin, so that nothing is late yet.
RELEASED_AT = TUESDAY_TEN - timedelta(days=1)


def trading_ground() -> Ground:
    """Make the ground, with streams that are read to the end and that nobody polls."""
    world = ground()
    Item.objects.bulk_create(
        ItemFactory.build(connection=world.erp, number=number, base_unit="EA") for number in (ITEM, *ITEMS)
    )
    see_until(world, TUESDAY_TEN + timedelta(days=1))
    StreamState.objects.update(is_polled=False)
    return world


def place_orders(
    world: Ground, numbers: Sequence[str], *, lines: int = 1, items: Sequence[str] = (ITEM,)
) -> None:
    """Record orders of so many lines, ORDERED pieces of one of the items on each."""
    documents = [
        PurchaseOrder(
            number=number,
            supplier=world.supplier.number,
            currency="EUR",
            version=DocumentVersion(RELEASED_AT),
            lines=tuple(_line(world, item_of(number, items), line * 10) for line in range(1, lines + 1)),
            released_at=RELEASED_AT,
            buyer="BEA",
        )
        for number in numbers
    ]
    _record(world, [Arrival(document=document, received_at=TUESDAY_TEN) for document in documents])


def item_of(order: str, items: Sequence[str]) -> str:
    """Return which of the items an order, its number ending in two digits, is about."""
    return items[int(order[-2:]) % len(items)]


def _line(world: Ground, item: str, number: int) -> OrderLine:
    quantity = Quantity(Decimal(ORDERED), "EA")
    return OrderLine(
        number=str(number),
        item=item,
        quantity=quantity,
        price=Price(Decimal("182.40"), "EUR", Decimal(1)),
        schedule=(SchedulePart(quantity, WANTED_ON),),
        warehouse=world.warehouse.code,
    )


def answer_orders(
    world: Ground, numbers: Sequence[str], *, lines: int, short: int, said_at: datetime
) -> None:
    """Record the supplier's answers, every line `short` of what was ordered."""
    offered = (OfferedPart(Quantity(Decimal(ORDERED - short), "EA"), WANTED_ON),)
    answered = tuple(
        ConfirmationLine(line_number=str(line * 10), offered=offered) for line in range(1, lines + 1)
    )
    documents = [
        Confirmation(order_number=number, version=DocumentVersion(said_at), lines=answered)
        for number in numbers
    ]
    _record(
        world,
        [
            Arrival(document=document, received_at=TUESDAY_TEN, supplier=world.supplier)
            for document in documents
        ],
    )


def _record(world: Ground, arrivals: Sequence[Arrival]) -> None:
    for start in range(0, len(arrivals), BLOCK):
        record_many(
            arrivals[start : start + BLOCK],
            connection=world.erp,
            company=world.company,
        )
