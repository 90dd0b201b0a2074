"""The front door: looks at orders, finds what deviates, and brings their cases up to date.

One transaction per order: lock it, look, reconcile, then open, update, reopen or close its cases with impact,
routing, clocks and alerts. Looking again with nothing new writes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Max

from erp_connectors import clock
from erp_connectors.documents.models import Document, OrderReference, PurchaseOrder
from exceptions_app.cases.models import Case
from exceptions_app.desk import Desk, Outcome
from exceptions_app.detection import watch
from exceptions_app.detection.load import LoadedOrders, load
from exceptions_app.detection.watch import Look

log = structlog.get_logger(__name__)

ORDER = "order"


@dataclass(slots=True)
class Evaluation:
    """What a look at some orders came to, order by order; what failed is tried again later."""

    as_of: datetime
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def opened(self) -> list[str]:
        """The numbers of the cases that were opened."""
        return [number for outcome in self.outcomes.values() for number in outcome.opened]

    @property
    def touched(self) -> list[str]:
        """The numbers of all cases that changed."""
        return [
            number
            for outcome in self.outcomes.values()
            for number in dict.fromkeys(
                [*outcome.opened, *outcome.reopened, *outcome.updated, *outcome.closed]
            )
        ]


def evaluate_due(limit: int) -> int:
    """Look at up to `limit` orders that are due, and return at how many."""
    watch.wake_blind()
    claimed = watch.claim(ORDER, limit)
    if claimed:
        evaluate(claimed, clock.now())
    return len(claimed)


def evaluate(order_ids: Collection[int], as_of: datetime) -> Evaluation:
    """Bring the cases of the orders up to date with what deviates at `as_of`.

    An order that fails is rolled back, noted on its watch and tried again later; it harms no other.
    """
    evaluation = Evaluation(as_of)
    looks = watch.begin(ORDER, list(order_ids))
    world = load(order_ids, as_of)
    for order_id, look in looks.items():
        try:
            with transaction.atomic():
                evaluation.outcomes[order_id] = _evaluate_one(order_id, look, world, as_of)
        except Exception as error:
            log.exception("order_not_evaluated", order=order_id)
            watch.fail(ORDER, order_id, error=f"{type(error).__name__}: {error}", now=clock.now())
            evaluation.failures[order_id] = str(error)
    return evaluation


def report_cases(order_ids: Sequence[int]) -> dict[str, list[str]]:
    """Look at orders that a received file named, and name the cases that changed since it was recorded.

    For the report of `manage.py receive --wait`; a worker may have been quicker.
    """
    marked = [each.subject_id for each in watch.looks(ORDER, order_ids).values() if each.marked != each.seen]
    if marked:
        evaluate(marked, clock.now())
    touched: list[str] = []
    for order in PurchaseOrder.objects.filter(pk__in=order_ids):
        documents = Document.objects.filter(connection=order.connection_id, orders__order_number=order.number)
        newest = documents.aggregate(newest=Max("recorded_at"))["newest"]
        if newest is not None:
            cases = Case.objects.filter(order=order, updated_at__gte=newest).order_by("pk")
            touched += cases.values_list("number", flat=True)
    return {"cases": touched}


def _evaluate_one(order_id: int, look: Look, world: LoadedOrders, as_of: datetime) -> Outcome:
    """Look at one order alone: whoever records a document on it, or looks at it too, waits for its lock.

    What was read before the lock is read again if the watch moved meanwhile.
    """
    if order_id in world.rows:
        _queue_up_for(world.rows[order_id])
    now = watch.looks(ORDER, [order_id])[order_id]
    if now != look:
        if _was_looked_at_later(now, look, as_of):
            return Outcome()
        look, world = now, load([order_id], as_of)
    if order_id in world.problems:
        raise world.problems[order_id]
    if order_id not in world.orders:
        watch.finish(ORDER, look, as_of=as_of, next_look=None)
        return Outcome()
    desk = Desk(world.orders[order_id], world.policies, marked=look.marked)
    outcome = desk.work()
    watch.finish(ORDER, look, as_of=as_of, next_look=desk.next_look(), blind_since=desk.detection.blind_since)
    return outcome


def _queue_up_for(order: PurchaseOrder) -> None:
    """Lock an order by its reference without a supplier, as `store.record` does; else by its row."""
    reference = OrderReference.objects.filter(
        connection=order.connection_id, supplier_number="", order_number=order.number
    )
    if not reference.select_for_update().values_list("pk"):
        list(PurchaseOrder.objects.filter(pk=order.pk).select_for_update(no_key=True).values_list("pk"))


def _was_looked_at_later(now: Look, before: Look, as_of: datetime) -> bool:
    """Say whether somebody looked meanwhile, at a later moment: an older look must not undo a newer one."""
    return now.looked_at is not None and now.looked_at != before.looked_at and now.looked_at >= as_of
