"""What is counted of queues.

Counts stop at CAP: "1000+" is all a person needs to know, and an exact count of a long queue costs more than
its page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from exceptions_app.cases.models import OUR_CLOCKS, Clock, QueueEntry, QueueRole, Task, TaskState
from exceptions_app.people.models import Team, User

CAP = 1000


class CappedCount(Subquery):
    """How many rows a query has, counted no further than the limit it was sliced to."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"


def open_entries(team: Team, role: str | None = None) -> QuerySet[QueueEntry]:
    """Return what is open in the queue of `team`, in one role or in all."""
    entries = QueueEntry.objects.filter(team=team, is_open=True)
    return entries.filter(role=role) if role else entries


def work_waiting(teams: Iterable[Team]) -> dict[int, int]:
    """Return, by team, how many open cases ask something of it (all roles but "for information"), capped."""
    entries = QueueEntry.objects.filter(team=OuterRef("pk"), is_open=True).exclude(role=QueueRole.TOLD)
    counted = Team.objects.filter(pk__in=[team.pk for team in teams]).annotate(
        waiting=CappedCount(entries.order_by().values("pk")[: CAP + 1])
    )
    return dict(counted.values_list("pk", "waiting"))


def role_counts(team: Team) -> dict[str, int]:
    """Return, by role, how many open cases the queue of `team` holds, and open tasks, capped."""
    annotations = {
        role: CappedCount(
            QueueEntry.objects.filter(team=OuterRef("pk"), is_open=True, role=role)
            .order_by()
            .values("pk")[: CAP + 1]
        )
        for role in QueueRole.values
        if role != QueueRole.TASK
    }
    # Tasks are counted themselves: what a decision leaves to do outlives its case.
    tasks = Task.objects.filter(team=OuterRef("pk"), state=TaskState.OPEN).order_by()
    annotations[QueueRole.TASK.value] = CappedCount(tasks.values("pk")[: CAP + 1])
    counted = Team.objects.filter(pk=team.pk).annotate(**annotations)
    return dict(zip(annotations, counted.values_list(*annotations).get(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSummary:
    """The head of a queue in figures, over its CAP most urgent cases; `is_capped`: there are more."""

    open: int
    breached: int
    due_soon: int
    mine: int
    unassigned: int
    expected_loss: Decimal
    orders: int
    documents: int
    suppliers: int

    @property
    def is_capped(self) -> bool:
        """True when the queue goes on beyond what was counted."""
        return self.open > CAP


def queue_summary(
    entries: QuerySet[QueueEntry], *, person: User, now: datetime, soon: timedelta = timedelta(hours=4)
) -> QueueSummary:
    """Return the figures above a queue, in one query over at most CAP + 1 rows."""
    overdue = Clock.objects.filter(
        case=OuterRef("case_id"),
        kind__in=OUR_CLOCKS,
        stopped_at=None,
        running_since__isnull=False,
        due_at__lte=now,
    )
    head = entries.order_by("-priority", "-case_id").annotate(
        _loss=F("case__expected_loss"),
        _owner=F("case__owner"),
        _order=F("case__order"),
        _document=F("case__document"),
        _supplier=F("case__supplier"),
        _due=F("case__due_at"),
        _overdue=Exists(overdue),
    )[: CAP + 1]
    figures = head.aggregate(
        open=Count("pk"),
        breached=Count("pk", filter=Q(_overdue=True)),
        due_soon=Count("pk", filter=Q(_overdue=False, _due__gt=now, _due__lte=now + soon)),
        mine=Count("pk", filter=Q(_owner=person.pk)),
        unassigned=Count("pk", filter=Q(_owner=None)),
        expected_loss=Sum("_loss"),
        orders=Count("_order", distinct=True),
        documents=Count("_document", distinct=True),
        suppliers=Count("_supplier", distinct=True),
    )
    return QueueSummary(**figures | {"expected_loss": figures["expected_loss"] or Decimal(0)})
