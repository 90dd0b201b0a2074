"""Facts: one row per order line and promise, derived from positions and policies, ready to be counted.

Facts are never the truth: `refresh` may be run again over everything at any time and gives the same rows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models, transaction

from erp_connectors.companies import Company
from erp_connectors.documents.models import OrderLine, PurchaseOrder, Supplier
from exceptions_app.detection import load
from exceptions_app.detection.deadlines import Deadlines
from exceptions_app.detection.models import Watch
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot

BATCH = 200
#: A look that was being committed while the last refresh read: looked at again.
OVERLAP = timedelta(minutes=2)
HOUR = Decimal(3600)


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


class FactsRead(models.Model):
    """Up to which look at orders the facts are fresh. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    up_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="facts_read_is_one_row")]

    def __str__(self) -> str:
        return f"fresh up to {self.up_to}"


def refresh(as_of: datetime) -> int:
    """Bring the facts of all orders looked at since the last refresh up to date; return how many orders."""
    state, _ = FactsRead.objects.get_or_create(id=1)
    looked = Watch.objects.filter(subject_kind="order", looked_at__isnull=False, looked_at__lte=as_of)
    if state.up_to is not None:
        looked = looked.filter(looked_at__gte=state.up_to - OVERLAP)
    orders = list(looked.order_by("subject_id").values_list("subject_id", flat=True))
    for start in range(0, len(orders), BATCH):
        refresh_orders(orders[start : start + BATCH], as_of)
    FactsRead.objects.filter(id=1).update(up_to=as_of)
    return len(orders)


@transaction.atomic
def refresh_orders(order_ids: Iterable[int], as_of: datetime) -> None:
    """Replace the facts of these orders by what holds at `as_of`."""
    wanted = list(order_ids)
    lines = {
        (line.order_id, line.number): line
        for line in OrderLine.objects.filter(order__in=wanted, is_present=True).select_related("order")
    }
    facts = [
        fact
        for snapshot in load.snapshots(wanted, as_of)
        for line in snapshot.lines
        if (row := lines.get((snapshot.order_id, line.position.line.number))) is not None
        and (fact := _fact(snapshot, line, row, as_of)) is not None
    ]
    ConfirmationFact.objects.filter(line__order__in=wanted).exclude(
        line__in=[fact.pk for fact in facts]
    ).delete()
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


def _fact(
    snapshot: OrderSnapshot, line: LineSnapshot, row: OrderLine, as_of: datetime
) -> ConfirmationFact | None:
    """Return the fact of a line; None when no answer is owed: not released, cancelled, not expected."""
    order: PurchaseOrder = row.order
    deadline = Deadlines(snapshot, line).answer()
    released_at = line.position.asked_at or line.position.released_at
    cancelled = row.cancelled and row.answered_at is None
    if deadline is None or released_at is None or cancelled or not snapshot.watched:
        return None
    return ConfirmationFact(
        line=row,
        company_id=order.company_id,
        supplier_id=order.supplier_id,
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
