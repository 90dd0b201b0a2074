"""Facts: one row per order line that owes or owed an answer, derived from positions and policies.

Facts are never the truth: they may be computed again over everything at any time, and are the same rows.
"""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models, transaction

from erp_connectors.canonical.documents import OrderState
from erp_connectors.companies import Company
from erp_connectors.documents.models import OrderLine, Supplier
from exceptions_app.detection.deadlines import Deadlines
from exceptions_app.detection.load import LoadedOrder, load
from exceptions_app.detection.models import Watch
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot

BATCH = 200
#: A look that was being committed while the last refresh read: looked at again.
OVERLAP = timedelta(minutes=2)
HOUR = Decimal(3600)

log = logging.getLogger(__name__)


class ConfirmationFact(models.Model):
    """When the answer to an order line was due, and when it came (document time of the first answer).

    `is_judged`: the line was answered, or its silence could be seen past the due time; only then it counts.
    `hours_late` are business hours of the supplier's calendar, 0 when in time, None while unanswered.
    """

    line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, primary_key=True, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="+")
    released_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    hours_late = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    is_judged = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["company", "due_at"], name="confirmation_fact_due"),
            models.Index(fields=["supplier", "due_at"], name="confirmation_fact_supplier"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} due {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def is_late(self) -> bool:
        """True when the answer came after its due time, or has not come at all."""
        return self.answered_at is None or self.answered_at > self.due_at


class FactsRead(models.Model):
    """Up to which look at orders the facts are fresh. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    up_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="facts_read_is_one_row")]

    def __str__(self) -> str:
        return f"fresh up to {self.up_to}"


def refresh(as_of: datetime) -> int:
    """Bring the facts of all orders looked at since the last refresh up to date; return how many orders.

    How far it has come is kept after every batch: a worker that is stopped has not worked in vain.
    """
    state, _ = FactsRead.objects.get_or_create(id=1)
    looked = Watch.objects.filter(subject_kind="order", looked_at__isnull=False, looked_at__lte=as_of)
    if state.up_to is not None:
        looked = looked.filter(looked_at__gte=state.up_to - OVERLAP)
    looks = list(looked.order_by("looked_at", "subject_id").values_list("subject_id", "looked_at"))
    for start in range(0, len(looks), BATCH):
        batch = looks[start : start + BATCH]
        with transaction.atomic():
            # Two refreshes at once would write the same rows in two orders.
            FactsRead.objects.select_for_update().get(id=1)
            refresh_orders([order_id for order_id, _ in batch], as_of)
            FactsRead.objects.filter(id=1).update(up_to=batch[-1][1])
    FactsRead.objects.filter(id=1).update(up_to=as_of)
    return len(looks)


@transaction.atomic
def refresh_orders(order_ids: Collection[int], as_of: datetime) -> None:
    """Replace the facts of these orders by what holds at `as_of`, in a number of queries that does not grow.

    An order that cannot be read keeps the facts it has: the watch tells why, to those who can mend it.
    """
    loaded = load(order_ids, as_of)
    for order_id, problem in loaded.problems.items():
        log.warning("The facts of order %s stay as they were: %s", order_id, problem)
    facts = sorted(
        (fact for order in loaded.orders.values() for fact in _facts(order, as_of)), key=lambda fact: fact.pk
    )
    stale = ConfirmationFact.objects.filter(line__order__in=loaded.orders)
    stale.exclude(line__in=[fact.pk for fact in facts]).delete()
    ConfirmationFact.objects.bulk_create(
        facts,
        update_conflicts=True,
        unique_fields=["line"],
        update_fields=[
            "company",
            "supplier",
            "released_at",
            "due_at",
            "answered_at",
            "hours_late",
            "is_judged",
        ],
    )


def _facts(loaded: LoadedOrder, as_of: datetime) -> Iterator[ConfirmationFact]:
    if not loaded.snapshot.watched:
        return
    for line in loaded.snapshot.lines:
        row = loaded.lines[line.position.line.number]
        fact = _fact(loaded.snapshot, line, row, as_of) if row.is_present else None
        if fact is not None:
            fact.company_id = loaded.order.company_id
            fact.supplier_id = loaded.order.supplier_id
            yield fact


def _fact(
    snapshot: OrderSnapshot, line: LineSnapshot, row: OrderLine, as_of: datetime
) -> ConfirmationFact | None:
    """Return the fact of a line; None when no answer is owed: draft, not expected, cancelled in time."""
    position = line.position
    deadline = Deadlines(snapshot, line).answer()
    released_at = position.asked_at or position.released_at
    if deadline is None or released_at is None or position.state is OrderState.DRAFT:
        return None
    cancelled_at = position.cancelled_at
    if row.answered_at is None and cancelled_at is not None and cancelled_at <= deadline.at:
        return None
    return ConfirmationFact(
        line=row,
        released_at=released_at,
        due_at=deadline.at,
        answered_at=row.answered_at,
        hours_late=_hours_late(snapshot, deadline.at, row.answered_at),
        is_judged=row.answered_at is not None or deadline.is_missed(as_of),
    )


def _hours_late(snapshot: OrderSnapshot, due_at: datetime, answered_at: datetime | None) -> Decimal | None:
    if answered_at is None:
        return None
    if answered_at <= due_at:
        return Decimal(0)
    late = snapshot.supplier_calendar.business_time_between(due_at, answered_at)
    return (Decimal(int(late.total_seconds())) / HOUR).quantize(Decimal("0.01"))
