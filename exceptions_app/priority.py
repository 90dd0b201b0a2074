"""What a queue sorts by: the expected loss times how urgent it is (ASSIST, section 4).

Urgency grows with time alone, so it is kept in steps: a case is sorted anew when it crosses one, which a
sweep finds by the moment beside it, not every minute (docs/adr/0006). Priority sorts, and decides nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from exceptions_app.cases.models import Case, QueueEntry
from exceptions_app.expected_loss import rounded

FULL = Decimal(48)
LEAST, MOST = Decimal("0.5"), Decimal(3)
#: Hours to breach at which the urgency is taken anew; between two of them it is right to one sixth.
STEPS = (96, 88, 80, 72, 64, 56, 48, 44, 40, 36, 32, 28, 24, 22, 20, 18, 16)


def urgency_of(hours: Decimal) -> Decimal:
    """Return how urgent it is with so many hours to the breach; at or past it as urgent as can be."""
    return MOST if hours <= 0 else min(max(FULL / hours, LEAST), MOST)


@dataclass(frozen=True, slots=True)
class Urgency:
    """How urgent something is, and when time alone makes it more urgent; None: never."""

    factor: Decimal
    until: datetime | None


def urgency_at(due_at: datetime | None, now: datetime) -> Urgency:
    """Return the urgency of what is due at a moment, by the last step it has crossed; least without one."""
    if due_at is None:
        return Urgency(LEAST, None)
    ahead = [step for step in STEPS if due_at - timedelta(hours=step) > now]
    crossed = [step for step in STEPS if step not in ahead]
    return Urgency(
        factor=urgency_of(Decimal(crossed[-1])) if crossed else LEAST,
        until=due_at - timedelta(hours=ahead[0]) if ahead else None,
    )


def follow(case: Case, at: datetime) -> bool:
    """Give a case the priority it has at `at`, not yet saved; return whether it is another one."""
    urgency = urgency_at(case.due_at, at)
    priority = rounded(case.expected_loss * urgency.factor)
    before = (case.priority, case.priority_until)
    case.priority, case.priority_until = priority, urgency.until
    return before != (priority, urgency.until)


@transaction.atomic
def sweep(now: datetime, limit: int) -> int:
    """Sort up to `limit` open cases anew whose urgency has crossed a step by `now`; return how many.

    No event is left and no version raised: nothing happened to the case. One that somebody holds is left for
    the next sweep.
    """
    cases = list(
        Case.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(priority_until__lte=now)
        .order_by("priority_until", "pk")[:limit]
    )
    for case in cases:
        follow(case, now)
    Case.objects.bulk_update(cases, ["priority", "priority_until"])
    _repeat(cases)
    return len(cases)


def _repeat(cases: Iterable[Case]) -> None:
    """Repeat the priority of the cases in every queue they are in."""
    priorities = {case.pk: case.priority for case in cases}
    entries = list(QueueEntry.objects.filter(case__in=priorities).only("pk", "case_id", "priority"))
    for entry in entries:
        entry.priority = priorities[entry.case_id]
    QueueEntry.objects.bulk_update(entries, ["priority"])
