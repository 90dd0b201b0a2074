"""The auditor: computes again what every clock must be, and tells what is wrong until it is right again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from erp_connectors import clock as our_clock
from exceptions_app import sla, tasks
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState, Clock, ClockKind, ClockSegment, Severity
from exceptions_app.notifications.models import Notification
from exceptions_app.policies.models import Calendar
from exceptions_app.sla import auditor
from exceptions_app.sla.auditor import audit
from exceptions_app.sla.models import ClockFinding, Heartbeat
from tests.builders.factories import (
    CaseFactory,
    ClockFactory,
    ReleaseFactory,
    SupplierTimeRowFactory,
    TeamFactory,
    berlin,
)
from tests.exceptions_app.sla.clockwork import TUESDAY, WEDNESDAY, clock, watched_case

pytestmark = pytest.mark.django_db

RESOLVE, SUPPLIER = ClockKind.RESOLVE, ClockKind.SUPPLIER


def swept_case() -> Case:
    """Open a case on Tuesday at ten, and let the sweep look at it until three."""
    our_clock.set_now(berlin(TUESDAY, 15))
    case = watched_case()
    TeamFactory.create(company=case.company, code="EDI")
    sla.start(case)
    swept_at(berlin(TUESDAY, 15))
    return case


SCENE = swept_case


@pytest.fixture
def case(scene: Case) -> Case:
    our_clock.set_now(berlin(TUESDAY, 15))
    return scene


def swept_at(moment: datetime) -> None:
    our_clock.set_now(moment)
    tasks.sweep_clocks()


def found() -> list[str]:
    return sorted(ClockFinding.objects.filter(gone_at=None).values_list("kind", flat=True))


def change(case: Case, kind: ClockKind = ClockKind.RESPOND, **values: Any) -> None:
    """Change a clock as nothing of Rightline would."""
    Clock.objects.filter(case=case, kind=kind).update(**values)


# --- what is right ------------------------------------------------------------------------------------------


def test_nothing_is_found_whatever_a_case_goes_through(case: Case) -> None:
    SupplierTimeRowFactory.create(answer_hours=3, remind_every_hours=1)
    steps: tuple[Callable[[datetime], Any], ...] = (
        lambda at: set_state(case, CaseState.WAITING_SUPPLIER) or sla.wait(case, at),
        lambda at: None,
        lambda at: set_severity(case, Severity.CRITICAL) or sla.rescale(case, at),
        lambda at: set_state(case, CaseState.IN_PROGRESS) or sla.resume(case, at, is_answered=True),
        lambda at: set_severity(case, Severity.LOW) or sla.rescale(case, at),
        lambda at: set_state(case, CaseState.WAITING_SUPPLIER) or sla.wait(case, at),
        lambda at: set_state(case, CaseState.IN_PROGRESS) or sla.resume(case, at, is_answered=False),
        lambda at: set_state(case, CaseState.RESOLVED) or sla.stop(case, at),
        lambda at: set_state(case, CaseState.IN_PROGRESS) or sla.go_on(case, at),
        lambda at: None,
        lambda at: set_state(case, CaseState.CLOSED) or sla.stop(case, at),
    )
    for hours, step in enumerate(steps):
        at = berlin(TUESDAY, 15) + timedelta(hours=hours * 5)
        step(at)
        swept_at(at)
        assert audit().is_whole
        swept_at(at + timedelta(hours=3))
        audit()
        assert ClockFinding.objects.count() == 0, (hours, list(ClockFinding.objects.all()))


def set_state(case: Case, state: CaseState) -> None:
    Case.objects.filter(pk=case.pk).update(state=state)


def set_severity(case: Case, severity: Severity) -> None:
    case.severity = severity
    Case.objects.filter(pk=case.pk).update(severity=severity)


# --- what is wrong ------------------------------------------------------------------------------------------


def test_a_breach_that_did_not_happen_is_found(case: Case) -> None:
    change(case, breached_at=None, breached_minutes=None, level=0, sweep_at=None)
    assert audit().found == 2
    assert found() == ["missed", "timer"]
    words = ClockFinding.objects.get(kind="missed").words
    assert words.startswith("The breach was due after 240.0000 minutes; 299.")


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (ClockKind.RESPOND, {"level": 0, "sweep_at": None}, "Level 1 of the ladder"),
        (RESOLVE, {"warned_at": None, "sweep_at": None}, "The warning"),
    ],
)
def test_a_step_or_a_warning_that_did_not_happen_is_found(
    case: Case, kind: ClockKind, values: dict[str, Any], words: str
) -> None:
    swept_at(berlin(WEDNESDAY, 16))
    change(case, kind, **values)
    audit()
    assert ClockFinding.objects.get(kind="missed").words.startswith(words)


def test_a_reminder_that_was_not_due_is_not_missed_and_one_that_was_is(case: Case) -> None:
    set_state(case, CaseState.WAITING_SUPPLIER)
    sla.wait(case, berlin(TUESDAY, 15))
    swept_at(berlin(WEDNESDAY, 14, 30))
    assert clock(case, SUPPLIER).reminders == 1
    audit()
    assert found() == []
    change(case, SUPPLIER, reminders=0)
    audit()
    assert ClockFinding.objects.get(kind="missed").words.startswith("Reminder 1 was due after 480 minutes")


def test_nothing_is_missed_before_the_sweep_could_have_come_by(case: Case) -> None:
    our_clock.set_now(berlin(WEDNESDAY, 17))
    audit()
    assert found() == [], "the clock was set forward, and nobody has swept yet"
    Heartbeat.objects.filter(name="sweep").update(done_until=None)
    change(case, breached_at=None, breached_minutes=None, level=0)
    audit()
    assert "missed" not in found()


def test_a_timer_the_sweep_passed_over_is_found(case: Case) -> None:
    change(case, RESOLVE, sweep_at=berlin(TUESDAY, 11))
    audit()
    assert ClockFinding.objects.get().words == "Nobody has looked at it at 2026-11-24 10:00 UTC"


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (CaseState.WAITING_SUPPLIER, ["state", "state"]),
        (CaseState.RESOLVED, ["state", "state"]),
        (CaseState.CLOSED, ["state", "state"]),
        (CaseState.MONITORING, []),
    ],
)
def test_a_clock_that_runs_in_the_wrong_state_is_found(
    case: Case, state: CaseState, kinds: list[str]
) -> None:
    set_state(case, state)
    audit()
    assert found() == kinds


def test_a_clock_that_stands_still_without_reason_is_found(case: Case) -> None:
    set_state(case, CaseState.WAITING_SUPPLIER)
    sla.wait(case, berlin(TUESDAY, 15))
    set_state(case, CaseState.IN_PROGRESS)
    audit()
    assert sorted(ClockFinding.objects.values_list("words", flat=True)) == [
        f"First response of {case.number}, which is in progress, stands still",
        f"Resolution of {case.number}, which is in progress, stands still",
        f"The supplier's answer of {case.number}, which is in progress, runs",
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda clock: Clock.objects.filter(pk=clock.pk).update(used_minutes=Decimal(1)),
        lambda clock: clock.segments.filter(ended_at=None).update(started_at=berlin(TUESDAY, 9)),
        lambda clock: clock.segments.filter(ended_at=None).delete(),
        lambda clock: clock.segments.filter(ended_at__isnull=False).update(minutes=Decimal(299)),
        lambda clock: clock.segments.filter(ended_at__isnull=False).update(ended_at=berlin(TUESDAY, 16)),
    ],
)
def test_segments_that_do_not_add_up_are_found(case: Case, spoil: Callable[[Clock], Any]) -> None:
    set_severity(case, Severity.LOW)
    sla.rescale(case, berlin(TUESDAY, 15))
    audit()
    assert found() == []
    spoil(clock(case, RESOLVE))
    audit()
    assert "sum" in found()


@pytest.mark.parametrize("spoil", [timedelta(minutes=-1), timedelta(microseconds=1), timedelta(hours=15)])
def test_a_due_time_that_is_wrong_is_found(case: Case, spoil: timedelta) -> None:
    right = clock(case, RESOLVE).due_at
    assert right is not None
    change(case, RESOLVE, due_at=right + spoil)
    audit()
    assert found() == ["due"]


def test_a_due_time_that_is_missing_or_long_past_is_found(case: Case) -> None:
    change(case, RESOLVE, due_at=None)
    audit()
    assert found() == ["due"]
    change(case, RESOLVE, allowed_minutes=Decimal(0), used_minutes=Decimal(0), due_at=berlin(WEDNESDAY, 9))
    audit()
    assert "due" in found()


def test_a_timer_that_comes_too_late_is_found(case: Case) -> None:
    change(case, RESOLVE, sweep_at=berlin(WEDNESDAY, 14))
    audit()
    assert found() == ["timer"]


def test_a_calendar_nobody_can_read_is_found(case: Case) -> None:
    Calendar.objects.update(hours={})
    audit()
    assert found() == ["calendar", "calendar"]


def test_an_open_case_without_a_clock_is_found(case: Case) -> None:
    for state in (CaseState.NEW, CaseState.RESOLVED, CaseState.CLOSED):
        CaseFactory.create(state=state)
    audit()
    finding = ClockFinding.objects.get()
    assert finding.kind == "no_clock"
    assert finding.case is not None
    ClockFactory.create(case=finding.case, kind="resolve", running_since=None, due_at=None)
    audit()
    assert "no_clock" not in found()


def test_a_calendar_that_was_changed_spoils_no_earlier_segment(case: Case) -> None:
    set_severity(case, Severity.LOW)
    sla.rescale(case, berlin(TUESDAY, 15))
    later = ReleaseFactory.create(number=2, published_at=berlin(TUESDAY, 16))
    Calendar.objects.update(hours={"1": [["14:00", "16:00"]], "2": [["09:00", "10:00"]]}, release=later)
    sla.look_again(Clock.objects.all(), berlin(TUESDAY, 16))
    swept_at(berlin(TUESDAY, 16))
    audit()
    assert found() == []


def test_what_was_used_before_segments_were_kept_counts(case: Case) -> None:
    row = clock(case, RESOLVE)
    moment = berlin(TUESDAY)
    ClockSegment.objects.create(clock=row, started_at=moment, ended_at=moment, minutes=Decimal(30))
    due = berlin(WEDNESDAY, 16, 30)
    change(case, RESOLVE, used_minutes=Decimal(30), due_at=due, sweep_at=berlin(WEDNESDAY, 12, 30))
    audit()
    assert found() == []


# --- what is told -------------------------------------------------------------------------------------------


def test_a_finding_is_told_once_to_the_integration_team_and_the_history(case: Case) -> None:
    change(case, RESOLVE, due_at=berlin(WEDNESDAY, 9))
    Notification.objects.all().delete()
    assert (audit().found, audit().found) == (1, 0)
    told = Notification.objects.get()
    assert told.team is not None
    assert (told.team.code, told.kind, told.case) == ("EDI", "alert", case)
    assert told.body.startswith("Its due time is wrong: Due 2026-11-25 08:00:00+00:00")
    event = Event.objects.get(kind="clock.found_wrong")
    assert (event.case, event.after) == (case, {"finding": "due", "clock": "resolve"})


def test_without_an_integration_team_the_fallback_team_is_told(case: Case) -> None:
    case.company.teams.filter(code="EDI").delete()
    change(case, RESOLVE, due_at=berlin(WEDNESDAY, 9))
    Notification.objects.all().delete()
    audit()
    assert Notification.objects.get().team == case.team


def test_a_finding_ends_when_the_clock_is_right_again(case: Case) -> None:
    right = clock(case, RESOLVE).due_at
    change(case, RESOLVE, due_at=berlin(WEDNESDAY, 9))
    audit()
    change(case, RESOLVE, due_at=right)
    assert audit().gone == 1
    assert ClockFinding.objects.get().gone_at is not None
    change(case, RESOLVE, due_at=berlin(WEDNESDAY, 9))
    assert audit().found == 1


def test_a_finding_ends_when_the_clock_is_stopped(case: Case) -> None:
    change(case, RESOLVE, due_at=berlin(WEDNESDAY, 9))
    audit()
    set_state(case, CaseState.CLOSED)
    sla.stop(case, berlin(TUESDAY, 15))
    assert audit().gone == 1


# --- the sweep itself ---------------------------------------------------------------------------------------


def test_a_sweep_that_stands_still_is_told_once_and_its_end_noted(case: Case) -> None:
    audit()
    Notification.objects.all().delete()
    Heartbeat.objects.filter(name="sweep").update(beaten_at=Now() - timedelta(seconds=75))
    assert (audit().found, audit().found) == (1, 0)
    told = Notification.objects.get()
    assert told.team is not None
    assert (told.team.code, told.title) == ("EDI", "No clock is looked at: the sweep stands still")
    assert told.body.startswith("It has not run for 75 s.")
    assert Event.objects.filter(kind="clock.sweep_stands_still").count() == 1
    tasks.sweep_clocks()
    assert audit().gone == 1


def test_a_sweep_that_never_ran_is_told_too(case: Case) -> None:
    Heartbeat.objects.all().delete()
    audit()
    audit()
    assert found() == [], "it may just be late"
    Heartbeat.objects.filter(name="sweep").update(beaten_at=Now() - timedelta(seconds=61))
    audit()
    assert found() == ["sweep"]


def test_a_night_in_which_nothing_ran_accuses_no_sweep(case: Case) -> None:
    audit()
    Heartbeat.objects.update(beaten_at=Now() - timedelta(hours=10))
    audit()
    assert found() == []


def test_a_sweep_that_could_not_finish_beats_without_being_done(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Heartbeat.objects.get(name="sweep")
    monkeypatch.setattr(tasks, "LONGEST", 0.0)
    monkeypatch.setattr(tasks, "CLOCKS", 1)
    sla.start(CaseFactory.create(company=case.company, team=case.team), berlin(TUESDAY, 10))
    swept_at(berlin(WEDNESDAY, 18))
    after = Heartbeat.objects.get(name="sweep")
    assert after.done_until == before.done_until
    assert after.beaten_at > before.beaten_at


# --- many ---------------------------------------------------------------------------------------------------


def test_a_round_goes_on_where_the_last_run_ended(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditor, "BATCH", 2)
    for _ in range(3):
        sla.start(CaseFactory.create(company=case.company, team=case.team), berlin(TUESDAY, 14))
    last = Clock.objects.order_by("pk")[6]
    Clock.objects.filter(pk=last.pk).update(due_at=None)
    runs = [audit(seconds=0) for _ in range(5)]
    assert [run.seen for run in runs] == [2, 2, 2, 2, 0]
    assert [run.found for run in runs] == [0, 0, 0, 1, 0]
    assert [run.is_whole for run in runs] == [False] * 4 + [True]
    assert Heartbeat.objects.get(name="audit").place == 0
    assert audit().seen == 8


def test_it_reads_the_clocks_that_go_by_index_in_a_fixed_number_of_queries(
    case: Case, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(20):
        sla.start(CaseFactory.create(company=case.company, team=case.team), berlin(TUESDAY, 14))
    with django_assert_max_num_queries(26):
        assert audit().seen == 42
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Clock.objects.filter(stopped_at=None, pk__gt=0).order_by("pk")[:10].explain()
    assert "clock_going" in plan
