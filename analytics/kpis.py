"""The KPIs: one function each, its definition in its docstring; each can show the rows behind it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

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
class SupplierRate:
    """The rate of one supplier."""

    supplier_id: int
    name: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class WeekRate:
    """The rate of the lines that fell due in the week that starts at `starts`."""

    starts: datetime
    rate: Rate


ON_TIME = Count("pk", filter=Q(answered_at__lte=F("due_at")))
ALL = Count("pk")


def lines_fallen_due(scope: Scope) -> QuerySet[ConfirmationFact]:
    """Return the order lines whose confirmation fell due in the period: the rows behind the rate.

    A line counts when its due time has passed and it was answered, or its silence could be seen: what
    happened while a stream was blind is not held against anybody.
    """
    facts = ConfirmationFact.objects.filter(
        company__in=scope.companies,
        is_judged=True,
        due_at__gte=scope.since,
        due_at__lt=min(scope.until, scope.as_of),
    )
    return facts.filter(supplier=scope.supplier_id) if scope.supplier_id is not None else facts


def on_time_confirmation_rate(scope: Scope) -> Rate:
    """Order lines answered by their due time / order lines whose confirmation fell due in the period.

    Answered = document time of the first answer; due = release + the supplier's confirmation term in business
    days of its calendar (TAXONOMY, Terms).
    """
    found = lines_fallen_due(scope).aggregate(on_time=ON_TIME, all=ALL)
    return Rate(found["on_time"], found["all"])


def on_time_confirmation_by_supplier(scope: Scope) -> list[SupplierRate]:
    """Return the rate of each supplier, worst first, then by number of lines."""
    rows = lines_fallen_due(scope).values("supplier", "supplier__name").annotate(on_time=ON_TIME, all=ALL)
    rates = [
        SupplierRate(row["supplier"], row["supplier__name"], Rate(row["on_time"], row["all"])) for row in rows
    ]
    return sorted(rates, key=lambda each: (each.rate.percent or 0, -each.rate.denominator, each.name))


def on_time_confirmation_by_week(scope: Scope) -> list[WeekRate]:
    """Return the rate of each week of the period, oldest first; weeks start on Monday."""
    rows = (
        lines_fallen_due(scope)
        .annotate(week=TruncWeek("due_at"))
        .values("week")
        .annotate(on_time=ON_TIME, all=ALL)
        .order_by("week")
    )
    return [WeekRate(row["week"], Rate(row["on_time"], row["all"])) for row in rows]


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


KPIS = {
    kpi.code: kpi
    for kpi in (Kpi("on_time_confirmation_rate", "On-time confirmation rate", on_time_confirmation_rate),)
}
