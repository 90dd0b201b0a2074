"""A backtest held against really publishing: number by number, for every case of a planted world."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, F, Q

from exceptions_app import intake
from exceptions_app.backtest.compare import Difference
from exceptions_app.backtest.run import Run, Span
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.detection.models import Watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.policies.values import LimitState
from tests.bench.ingest import BATCH, judge
from tests.bench.truth import PlantedWorld
from tests.builders.factories import TUESDAY_TEN, PolicyChangeFactory, ToleranceRowFactory

SPAN = Span(TUESDAY_TEN - timedelta(days=30), TUESDAY_TEN)
#: A case by its type and group, and what it comes to: lines, amount, loss, severity, team.
Numbers = tuple[int, Decimal | None, Decimal | None, int | None, str]
Found = Mapping[tuple[str, str], Numbers]


def tolerance(type_code: str, *, percent: str, cap: str = "", direction: str = "over") -> ToleranceRow:
    """Return a tolerance of all companies, not saved."""
    row: ToleranceRow = ToleranceRowFactory.build(
        type_code=type_code,
        direction=direction,
        percent_state=LimitState.VALUE,
        percent=Decimal(percent),
        amount_state=LimitState.UNCHECKED,
        amount=None,
        cap_state=LimitState.VALUE if cap else LimitState.UNCHECKED,
        cap=Decimal(cap) if cap else None,
    )
    row.company = row.supplier = None
    return row


def run_of(row: ToleranceRow) -> Run:
    """Return the backtest of a draft that adds a tolerance."""
    change = PolicyChangeFactory.build(draft=None, changed_by=None, after=values_of(row))
    return Run.of([change], SPAN)


def publish(row: ToleranceRow) -> None:
    """Have a tolerance hold from now on."""
    row.release = ToleranceRowFactory.create(type_code="unused", company=None, supplier=None).release
    row.save()


def settle() -> None:
    """Look again at orders that were marked meanwhile, until none is, or four times."""
    for _ in range(4):
        marked = Watch.objects.filter(subject_kind=SubjectKind.ORDER).exclude(marked=F("seen"))
        orders = list(marked.order_by("subject_id").values_list("subject_id", flat=True))
        if not orders:
            return
        for start in range(0, len(orders), BATCH):
            intake.evaluate(orders[start : start + BATCH], TUESDAY_TEN)


def open_cases(*, with_loss: bool) -> dict[tuple[str, str], Numbers]:
    """Return every case that stands open, with its numbers."""
    rows = Case.objects.exclude(state__in=(CaseState.CLOSED, CaseState.DISMISSED)).select_related("team")
    rows = rows.annotate(open_lines=Count("lines", filter=Q(lines__cleared_at=None)))
    return {
        (case.type_code, case.group_key): (
            case.open_lines,
            case.amount,
            case.expected_loss if with_loss else None,
            case.severity if with_loss else None,
            case.team.code,
        )
        for case in rows
    }


@dataclass(frozen=True, slots=True)
class Held:
    """What a backtest said, and what publishing did."""

    said: dict[tuple[str, str], tuple[Numbers | None, Numbers | None]]
    done: dict[tuple[str, str], tuple[Numbers | None, Numbers | None]]


def held_against_publishing(world: PlantedWorld, row: ToleranceRow, *, with_loss: bool = True) -> Held:
    """Backtest a tolerance on a world that was judged, publish it, judge again, and return what changed.

    Before and after, orders are looked at again that were marked because of their neighbours: a case that is
    weighed anew for goods it shares is none of the tolerance.
    """
    settle()
    said = {
        (each.type_code, each.group_key): _both(each, with_loss=with_loss)
        for each in run_of(row).differences()
    }
    before = open_cases(with_loss=with_loss)
    publish(row)
    judge(world)
    settle()
    after = open_cases(with_loss=with_loss)
    done = {
        key: (before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    return Held(said, done)


def _both(each: Difference, *, with_loss: bool) -> tuple[Numbers | None, Numbers | None]:
    live, tried = (
        None
        if verdict is None or verdict.closed_at is not None
        else (
            len(verdict.lines),
            verdict.amount,
            verdict.expected_loss if with_loss else None,
            int(verdict.severity) if with_loss else None,
            verdict.team_code,
        )
        for verdict in (each.live, each.tried)
    )
    return live, tried
