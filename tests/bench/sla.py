"""P8: what the sweep of the clocks costs when nothing is due, at few cases and at many, and per clock due.

The tables grow between the two measurements of an idle sweep; the processor's time is taken, ours and the
database's. A sweep with work is rolled back after each repetition, so that all of them find the same.
"""

from datetime import datetime, timedelta

from django.db import transaction

from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Clock
from exceptions_app.sla import auditor, heartbeat
from exceptions_app.sla.models import ClockFinding
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.measuring import (
    analyze,
    begin_on_tuesday,
    building,
    counted_queries,
    cpu_of,
    database_process,
)
from tests.bench.timing import percentile
from tests.bench.wanted import Wanted
from tests.builders.factories import TUESDAY_TEN, CaseFactory, EscalationStepFactory, Ground, ground
from tests.builders.many_cases import multiply

#: A table of ten thousand is the floor; one case in fifty is open, as after some years.
FEW, OPEN_ONE_IN, BATCH, IDLE, MOST_DUE = 10_000, 50, 200, 200, 1_000
IDLE_BAR = Bar(v1=2, moonshot=1.3)
DUE_BAR = Bar(v1=5, moonshot=1, on_value=True)
ON_TIME = TUESDAY_TEN + timedelta(minutes=1)
#: Both clocks of every open case are overdue then, and the first step of the ladder is due.
TOO_LATE = TUESDAY_TEN + timedelta(days=7)


def measure(wanted: Wanted) -> list[Figure]:
    """Measure the idle sweep at few and at many cases, then sweep and audit the many."""
    begin_on_tuesday()
    database = database_process()
    few = min(FEW, wanted.n)
    case = _first_case(ground())
    with building():
        multiply(case, few - 1, open_one_in=OPEN_ONE_IN)
    analyze()
    floor = _idle(wanted.reps, database)
    with building():
        multiply(case, wanted.n - few, open_one_in=OPEN_ONE_IN)
    analyze()
    if Case.objects.count() != wanted.n:
        raise WrongAnswer("The cases were not built.")
    many = _idle(wanted.reps, database)
    return [
        Figure(
            area=f"sla.idle@{wanted.n}",
            value=percentile(many, 0.5),
            unit="ms",
            floor=percentile(floor, 0.5),
            ratio=Ratio.of(zip(many, floor, strict=True)),
            bar=IDLE_BAR,
            facts={
                "cases at the floor": few,
                "clocks that go": Clock.objects.filter(stopped_at=None).count(),
            },
        ),
        _due(wanted.reps, database),
        _audit(wanted.reps, database),
    ]


def _first_case(world: Ground) -> Case:
    case: Case = CaseFactory.create(
        team=world.teams["PRO"], company=world.company, supplier=world.supplier, owner=world.people["bea"]
    )
    EscalationStepFactory.create(team=case.team, level=2, after_minutes=60, role="manager")
    with transaction.atomic():
        sla.start(case, TUESDAY_TEN)
    return case


def _idle(reps: int, database: int) -> list[float]:
    """Return the milliseconds of a sweep that finds nothing due."""

    def look() -> None:
        for _ in range(IDLE):
            if sla.sweep(ON_TIME, BATCH):
                raise WrongAnswer("Something was due.")

    look()
    return [cpu_of(look, database=database) / IDLE * 1000 for _ in range(reps)]


def _due(reps: int, database: int) -> Figure:
    """Let what is due happen on up to MOST_DUE clocks, again and again."""
    due = min(MOST_DUE, Clock.objects.filter(sweep_at__lte=TOO_LATE).count())
    each: list[float] = []
    queries = 0
    for _ in range(reps + 1):
        with transaction.atomic():
            with counted_queries() as statements:
                each.append(cpu_of(lambda: _sweep(TOO_LATE, due), database=database) / due * 1000)
            queries = len(statements)
            _check_told(due)
            transaction.set_rollback(True)
    # The first one also warms up what is kept of calendars and plans.
    return Figure(
        area="sla.due",
        value=percentile(each[1:], 0.5),
        unit="ms",
        bar=DUE_BAR,
        facts={"clocks that were due": due, "in batches of": BATCH, "queries": queries},
    )


def _sweep(now: datetime, due: int) -> None:
    left = due
    while left > 0:
        left -= sla.sweep(now, min(BATCH, left))


def _check_told(due: int) -> None:
    told = {
        kind: Event.objects.filter(kind=f"clock.{kind}").count()
        for kind in ("warned", "breached", "escalated")
    }
    if told != {"warned": 0, "breached": due, "escalated": 2 * due}:
        raise WrongAnswer(f"{due} clocks were due, and told: {told}")


def _audit(reps: int, database: int) -> Figure:
    """Let the auditor look at every clock that goes, and find nothing."""
    heartbeat.beat(heartbeat.SWEEP, done_until=ON_TIME)
    heartbeat.beat(heartbeat.AUDIT)
    going = Clock.objects.filter(stopped_at=None).count()
    each: list[float] = []
    for _ in range(reps):
        rounds: list[auditor.Round] = []
        cpu = cpu_of(lambda kept=rounds: kept.append(auditor.audit(seconds=600)), database=database)  # type: ignore[misc]
        if rounds[0].seen != going or ClockFinding.objects.exists():
            raise WrongAnswer(f"{rounds[0]} of {going}: {list(ClockFinding.objects.all()[:3])}")
        each.append(cpu / going * 1000)
    return Figure(
        area="sla.audit", value=percentile(each, 0.5), unit="ms", facts={"clocks that were audited": going}
    )
