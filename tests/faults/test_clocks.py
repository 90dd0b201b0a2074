"""Clocks tell everything once: workers are killed, the broker forgets, metronomes are many or none."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client

from erp_connectors import clock
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Clock, ClockKind
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.sla import auditor
from exceptions_app.sla.models import ClockFinding, Heartbeat
from exceptions_app.sla.notices import TOGETHER
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    EscalationStepFactory,
    Ground,
    ServiceLevelRowFactory,
    ground,
)
from tests.builders.many_cases import multiply
from tests.faults.broker import Broker
from tests.faults.mortals import Mortals, Point
from tests.journeys.programs import Programs

pytestmark = [pytest.mark.slow, pytest.mark.proof]

#: Eight hours later business is closed; seven hours of it have passed.
AFTER_THE_OUTAGE = TUESDAY_TEN + timedelta(hours=8)
TIMERS = 2_000

IN_THE_SWEEP: tuple[Point, ...] = (
    ("S1 claimed, nothing told", "exceptions_app.sla.notices:tell", "before", "worker"),
    ("S2 events written, no notice", "exceptions_app.sla.notices:send", "before", "child"),
    ("S3 told, clocks not stored", "exceptions_app.sla.sweep:_store", "before", "child"),
    ("S4 stored, not committed", "exceptions_app.sla.sweep:_look", "after", "worker"),
    ("S5 committed, not noted", "exceptions_app.sla.heartbeat:beat", "before", "child"),
)


def start_cases(world: Ground, count: int) -> None:
    """Open cases of procurement at ten: two hours to respond, three to resolve, two steps after each."""
    ServiceLevelRowFactory.create(respond_hours=Decimal(2), resolve_hours=Decimal(3))
    case: Case = CaseFactory.create(
        team=world.teams["PRO"], company=world.company, supplier=world.supplier, owner=world.people["bea"]
    )
    EscalationStepFactory.create(team=case.team, level=2, after_minutes=60, role="manager")
    with transaction.atomic():
        sla.start(case, TUESDAY_TEN)
    multiply(case, count - 1, open_one_in=1)


def everything_was_told_once(count: int) -> None:
    """Compare the history with the truth: each clock broke once, and took each step once."""
    told = Counter(Event.objects.filter(kind__startswith="clock.").values_list("case", "summary"))
    cases = list(Case.objects.values_list("pk", flat=True))
    assert len(cases) == count
    truth = Counter(
        (case, words)
        for case in cases
        for promise in ("First response", "Resolution")
        for words in (
            f"{promise} is overdue",
            f"Escalated to level 1: {promise.lower()} is overdue",
            f"Escalated to level 2: {promise.lower()} is overdue",
        )
    )
    assert told == truth, {"twice": list(told - truth)[:5], "never": list(truth - told)[:5]}
    assert not Clock.objects.filter(sweep_at__isnull=False).exists()
    assert not Clock.objects.exclude(level=2).exists()


def is_swept() -> bool:
    return not Clock.objects.filter(sweep_at__lte=clock.now()).exists()


@pytest.fixture
def world(transactional_db: None) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return ground()


def test_workers_killed_inside_the_sweep_and_a_flushed_broker_double_nothing_and_lose_nothing(
    world: Ground, programs: Programs, broker: Broker, tmp_path: Path
) -> None:
    start_cases(world, 40)
    clock.set_now(AFTER_THE_OUTAGE)
    mortals = Mortals(programs, IN_THE_SWEEP, tmp_path / "notes")
    programs.start_beat()
    for deaths in range(1, len(IN_THE_SWEEP) + 1):
        mortals.wait_until(lambda least=deaths: len(mortals.died_at) >= least, f"{deaths} have died")
        broker.flush()
    mortals.wait_until(is_swept, "all that was due is told")
    assert mortals.died_at == {name for name, *_ in IN_THE_SWEEP}
    everything_was_told_once(40)


def test_without_a_metronome_nothing_is_lost_and_three_of_them_double_nothing(
    world: Ground, programs: Programs, broker: Broker, client: Client
) -> None:
    start_cases(world, 40)
    programs.start_worker()
    done = Heartbeat.objects.filter(done_until__isnull=False)
    programs.wait_until(lambda: done.count() == 2, "a worker that starts has swept and audited")
    clock.set_now(AFTER_THE_OUTAGE)
    Heartbeat.objects.update(beaten_at=Now() - timedelta(hours=9))
    assert "the sweep has not run for" in client.get("/readyz").json()["checks"]["clocks"]
    assert not Event.objects.filter(kind__startswith="clock.").exists()
    for _ in range(3):
        programs.start_beat()
    programs.wait_until(is_swept, "all that was due is told")
    programs.wait_until(
        lambda: "sweep" not in client.get("/readyz").json()["checks"]["clocks"], "/readyz hears the sweep"
    )
    everything_was_told_once(40)


def test_thousands_of_timers_overdue_after_eight_hours_are_told_once_and_as_few_notices(
    world: Ground, programs: Programs, broker: Broker
) -> None:
    start_cases(world, TIMERS // 2)
    assert Clock.objects.filter(sweep_at__lte=AFTER_THE_OUTAGE).count() == TIMERS
    clock.set_now(AFTER_THE_OUTAGE)
    programs.start_worker()
    programs.start_beat()
    for left in (TIMERS * 3 // 4, TIMERS // 4):
        waiting = Clock.objects.filter(sweep_at__lte=AFTER_THE_OUTAGE)
        programs.wait_until(
            lambda most=left, rows=waiting: rows.count() <= most, f"{left} timers are left", 60
        )
        broker.flush()
    programs.wait_until(is_swept, "all that was due is told", 60)
    everything_was_told_once(TIMERS // 2)
    assert not Event.objects.filter(kind="clock.warned").exists(), "it is too late to warn"
    told = Notification.objects.filter(kind__in=[NotificationKind.BREACH, NotificationKind.ESCALATION])
    by_kind = Counter[str]()
    for kind, count in told.values_list("kind", "count"):
        by_kind[kind] += count
    assert by_kind == {"breach": TIMERS, "escalation": 2 * TIMERS}
    # Bea of the breaches, Paul and Mona of a step each; a few more where a minute was over, or two swept.
    assert told.count() < 40
    # One that waits for more to tell does not wait longer because more comes.
    assert all(notice.due_at is None or notice.due_at <= notice.created_at + TOGETHER for notice in told)
    auditor.audit(seconds=60)
    assert not ClockFinding.objects.exists()
    assert Clock.objects.get(case=Case.objects.earliest("pk"), kind=ClockKind.RESPOND).breached_at == (
        TUESDAY_TEN + timedelta(hours=2)
    )
