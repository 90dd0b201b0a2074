"""Order lines whose confirmation fell due: asked for, answered, late, silent."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from analytics import facts
from analytics.facts import ConfirmationFact
from erp_connectors import clock
from erp_connectors.documents.models import OrderLine, PurchaseOrder, Supplier
from exceptions_app import intake
from tests.builders import factories
from tests.builders.factories import Ground, berlin

#: Thursday 16:00 in Berlin; its answer is due on Monday at 16:00.
RELEASED = berlin(date(2026, 11, 19), 16)
DUE = berlin(date(2026, 11, 23), 16)


def asked(
    world: Ground,
    number: str,
    *,
    released_at: datetime = RELEASED,
    line: str = "10",
    supplier: Supplier | None = None,
) -> OrderLine:
    """Make an order line that the supplier has to answer."""
    order = PurchaseOrder.objects.filter(connection=world.erp, number=number).first()
    if order is None:
        order = factories.PurchaseOrderFactory.create(
            supplier=supplier or world.supplier, number=number, released_at=released_at
        )
    item = factories.ItemFactory.create(connection=world.erp, number="SEAL-KIT")
    made: OrderLine = factories.OrderLineFactory.create(
        order=order, number=line, item=item, warehouse=world.warehouse
    )
    return made


def answered(line: OrderLine, at: datetime) -> OrderLine:
    """Let the supplier accept a line at a moment."""
    return factories.offer(line, (line.quantity, line.requested_on), at=at)


def refresh(world: Ground, at: datetime, *, seen_until: datetime | None = None) -> None:
    """Let it be `at`, with all streams read until then (or `seen_until`), and bring the facts up to date."""
    clock.set_now(at)
    factories.see_until(world, seen_until or at)
    facts.refresh_orders(list(PurchaseOrder.objects.values_list("pk", flat=True)), at)


def look_and_refresh(world: Ground, at: datetime, *, seen_until: datetime | None = None) -> int:
    """Let the orders be looked at as the worker does, and bring up to date what was looked at."""
    clock.set_now(at)
    factories.see_until(world, seen_until or at)
    intake.evaluate(list(PurchaseOrder.objects.values_list("pk", flat=True)), at)
    return facts.refresh(at)


def some_facts(
    world: Ground, count: int, *, supplier: Supplier | None = None, late: Sequence[int] = ()
) -> None:
    """Make `count` facts that fell due on DUE, a minute apart; those in `late` two hours late."""
    for number in range(count):
        line = asked(world, f"{(supplier or world.supplier).number}-{number}", supplier=supplier)
        due_at = DUE + timedelta(minutes=number)
        late_by = timedelta(hours=2) if number in late else timedelta(0)
        ConfirmationFact.objects.create(
            line=line,
            company=world.company,
            supplier=supplier or world.supplier,
            released_at=RELEASED,
            due_at=due_at,
            answered_at=due_at + late_by,
            hours_late=2 if number in late else 0,
            is_judged=True,
        )
