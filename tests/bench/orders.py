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
from erp_connectors.documents.store import Arrival, record_many
from erp_connectors.exchange.models import StreamState
from tests.builders.factories import TUESDAY_TEN, Ground, ItemFactory, ground, see_until

ITEM, WANTED_ON = "SEAL-KIT", date(2026, 12, 2)
ORDERED = 100
BLOCK = 100
#: The day before the clocks begin, so that nothing is late yet.
RELEASED_AT = TUESDAY_TEN - timedelta(days=1)


def trading_ground() -> Ground:
    """Make the ground, with streams that are read to the end and that nobody polls."""
    world = ground()
    ItemFactory.create(connection=world.erp, number=ITEM, base_unit="EA")
    see_until(world, TUESDAY_TEN + timedelta(days=1))
    StreamState.objects.update(is_polled=False)
    return world


def place_orders(world: Ground, numbers: Sequence[str], *, lines: int = 1) -> None:
    """Record orders of so many lines, ORDERED pieces on each."""
    quantity = Quantity(Decimal(ORDERED), "EA")
    placed = tuple(
        OrderLine(
            number=str(line * 10),
            item=ITEM,
            quantity=quantity,
            price=Price(Decimal("182.40"), "EUR", Decimal(1)),
            schedule=(SchedulePart(quantity, WANTED_ON),),
            warehouse=world.warehouse.code,
        )
        for line in range(1, lines + 1)
    )
    documents = [
        PurchaseOrder(
            number=number,
            supplier=world.supplier.number,
            currency="EUR",
            version=DocumentVersion(RELEASED_AT),
            lines=placed,
            released_at=RELEASED_AT,
            buyer="BEA",
        )
        for number in numbers
    ]
    _record(world, [Arrival(document=document) for document in documents])


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
    _record(world, [Arrival(document=document, supplier=world.supplier) for document in documents])


def _record(world: Ground, arrivals: Sequence[Arrival]) -> None:
    for start in range(0, len(arrivals), BLOCK):
        record_many(
            arrivals[start : start + BLOCK],
            connection=world.erp,
            company=world.company,
            received_at=TUESDAY_TEN,
        )
