"""How long cases took, split into the time they were with us and with their supplier."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, DecimalField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from analytics.kpis import Scope
from exceptions_app.cases.models import Case, CaseState, ClockKind, ClockSegment

MINUTES = DecimalField(max_digits=16, decimal_places=4)
WAITED = Q(with_supplier__gt=0)


@dataclass(frozen=True, slots=True)
class Spread:
    """Business minutes of cases: the median and the 90th percentile, each that of one of them."""

    median: Decimal | None
    ninth: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long cases took. `waited`: how many were with their supplier at all; its spread is theirs."""

    cases: int
    waited: int
    with_us: Spread
    with_supplier: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierTimes:
    """The times of the cases of one supplier; None: of those that have none."""

    supplier_id: int | None
    name: str
    number: str
    times: Times


class Percentile(Aggregate):
    """A percentile that is one of the values, so that it stays exact."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    allow_distinct = False

    def __init__(self, expression: str, share: str, **extra: Any) -> None:
        super().__init__(expression, share=share, output_field=MINUTES, **extra)


def cases_closed(scope: Scope, cases: QuerySet[Case]) -> QuerySet[Any]:
    """Return those of `cases` that were closed in the period, each with `with_us` and `with_supplier`.

    Both are business minutes: with us those in which the clock of the resolution ran, on the calendar of the
    team that had the case, waiting for an approval and for the ERP included; with the supplier those in which
    it owed an answer, on its calendar.
    """
    found = cases.filter(
        company__in=scope.companies,
        state=CaseState.CLOSED,
        closed_at__gte=scope.since,
        closed_at__lt=min(scope.until, scope.as_of),
    )
    if scope.supplier_id is not None:
        found = found.filter(supplier=scope.supplier_id)
    return found.annotate(with_us=_used(ClockKind.RESOLVE), with_supplier=_used(ClockKind.SUPPLIER))


def times_of(closed: QuerySet[Any]) -> Times:
    """Return how long closed cases took, with us and with their suppliers."""
    return _times(closed.aggregate(**FIGURES))


def times_by_supplier(closed: QuerySet[Any]) -> Sequence[SupplierTimes]:
    """Return the times of each supplier: the longest with the supplier first, then the longest with us."""
    rows = closed.values("supplier", "supplier__name", "supplier__number").annotate(**FIGURES).order_by()
    found = [
        SupplierTimes(
            supplier_id=row["supplier"],
            name=row["supplier__name"] or "",
            number=row["supplier__number"] or "",
            times=_times(row),
        )
        for row in rows
    ]
    return sorted(found, key=_longest_first)


FIGURES = {
    "count": Count("pk"),
    "waited": Count("pk", filter=WAITED),
    "us_median": Percentile("with_us", "0.5"),
    "us_ninth": Percentile("with_us", "0.9"),
    "supplier_median": Percentile("with_supplier", "0.5", filter=WAITED),
    "supplier_ninth": Percentile("with_supplier", "0.9", filter=WAITED),
}


def _used(kind: ClockKind) -> Coalesce:
    """Return the minutes that the segments of one clock of a case add up to, over all of its rounds."""
    segments = ClockSegment.objects.filter(clock__case=OuterRef("pk"), clock__kind=kind)
    summed = segments.order_by().values("clock__case").annotate(used=Sum("minutes")).values("used")
    return Coalesce(Subquery(summed, output_field=MINUTES), Decimal(0), output_field=MINUTES)


def _times(row: dict[str, Any]) -> Times:
    return Times(
        cases=row["count"],
        waited=row["waited"],
        with_us=Spread(row["us_median"], row["us_ninth"]),
        with_supplier=Spread(row["supplier_median"], row["supplier_ninth"]),
    )


def _longest_first(each: SupplierTimes) -> tuple[Decimal, Decimal, str, int]:
    times = each.times
    theirs, ours = times.with_supplier.median or Decimal(0), times.with_us.median or Decimal(0)
    return (-theirs, -ours, each.name, each.supplier_id or 0)
