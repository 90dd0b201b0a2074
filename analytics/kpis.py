"""The KPIs: one function each, its definition in its docstring; each can show the rows behind it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from analytics.facts import ConfirmationFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is counted: companies, a period [since, until) and, if given, one supplier."""

    companies: Collection[int]
    since: datetime
    until: datetime
    as_of: datetime
    supplier_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with both of its numbers. `percent` is None when nothing was counted: no data is not 100 %."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """The share in percent, to one decimal."""
        if self.denominator == 0:
            return None
        return (Decimal(self.numerator) * 100 / self.denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Answers:
    """How many lines were answered in time, answered late, and not answered at all."""

    on_time: int
    late: int
    missing: int

    @property
    def rate(self) -> Rate:
        """The on-time confirmation rate."""
        return Rate(self.on_time, self.on_time + self.late + self.missing)


@dataclass(frozen=True, slots=True)
class SupplierAnswers:
    """The answers of one supplier."""

    supplier_id: int
    name: str
    number: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class WeekAnswers:
    """The answers to the lines that fell due in the week that starts at `starts`."""

    starts: datetime
    answers: Answers


LATE = Q(answered_at__gt=F("due_at"))
MISSING = Q(answered_at__isnull=True)
COUNTS = {
    "on_time": Count("pk", filter=Q(answered_at__lte=F("due_at"))),
    "late": Count("pk", filter=LATE),
    "missing": Count("pk", filter=MISSING),
}


def lines_fallen_due(scope: Scope) -> QuerySet[ConfirmationFact]:
    """Return the order lines whose confirmation fell due in the period: the rows behind the rate.

    A line counts when its due time has passed and it was answered, or its silence could be seen: what
    happened while a stream was blind is not held against anybody.
    """
    return _due(scope).filter(is_judged=True)


def late_lines(scope: Scope) -> QuerySet[ConfirmationFact]:
    """Return those of them that were answered late, or not at all."""
    return lines_fallen_due(scope).filter(LATE | MISSING)


def unseen_lines(scope: Scope) -> int:
    """Return how many unanswered lines fell due and are not counted: nobody could see whether they were."""
    return _due(scope).filter(is_judged=False).count()


def confirmation_answers(scope: Scope) -> Answers:
    """Return how the lines that fell due in the period were answered."""
    return Answers(**lines_fallen_due(scope).aggregate(**COUNTS))


def on_time_confirmation_rate(scope: Scope) -> Rate:
    """Order lines answered by their due time / order lines whose confirmation fell due in the period.

    Answered = document time of the first answer; due = release + the supplier's confirmation term in business
    days of its calendar (TAXONOMY, Terms).
    """
    return confirmation_answers(scope).rate


def confirmation_answers_by_supplier(scope: Scope) -> list[SupplierAnswers]:
    """Return the answers of each supplier: the worst rate first, then the most lines."""
    rows = (
        lines_fallen_due(scope)
        .values("supplier", "supplier__name", "supplier__number")
        .annotate(**COUNTS)
        .order_by()
    )
    found = [
        SupplierAnswers(row["supplier"], row["supplier__name"], row["supplier__number"], _answers(row))
        for row in rows
    ]
    return sorted(found, key=_worst_first)


def confirmation_answers_by_week(scope: Scope) -> list[WeekAnswers]:
    """Return the answers of each week in which a line fell due, oldest first.

    Weeks start on Monday, in the time zone that is active.
    """
    rows = (
        lines_fallen_due(scope)
        .annotate(week=TruncWeek("due_at"))
        .values("week")
        .annotate(**COUNTS)
        .order_by("week")
    )
    return [WeekAnswers(row["week"], _answers(row)) for row in rows]


def _due(scope: Scope) -> QuerySet[ConfirmationFact]:
    facts = ConfirmationFact.objects.filter(
        company__in=scope.companies, due_at__gte=scope.since, due_at__lt=min(scope.until, scope.as_of)
    )
    return facts if scope.supplier_id is None else facts.filter(supplier=scope.supplier_id)


def _answers(row: Any) -> Answers:
    return Answers(**{name: row[name] for name in COUNTS})


def _worst_first(each: SupplierAnswers) -> tuple[Decimal, int, str, int]:
    rate = each.answers.rate
    return (rate.percent or Decimal(0), -rate.denominator, each.name, each.supplier_id)


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI as the API lists it."""

    code: str
    label: str
    compute: Callable[[Scope], Rate]

    @property
    def definition(self) -> str:
        """The definition, in words."""
        return " ".join((self.compute.__doc__ or "").split())


ON_TIME_CONFIRMATION = Kpi(
    "on_time_confirmation_rate", "On-time confirmation rate", on_time_confirmation_rate
)
KPIS = {kpi.code: kpi for kpi in (ON_TIME_CONFIRMATION,)}
