"""Clocks run on business time, cost nothing while paused, and breach and escalate exactly once."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, Clock, ClockKind, Severity
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.policies import lookup
from exceptions_app.policies.models import Calendar, EscalationStep
from tests.builders.factories import (
    BERLIN,
    CalendarFactory,
    CaseFactory,
    EscalationStepFactory,
    MembershipFactory,
    ServiceLevelRowFactory,
    TeamFactory,
    UserFactory,
    berlin,
)

TUESDAY = date(2026, 11, 24)
WEDNESDAY = date(2026, 11, 25)
MONDAY = date(2026, 11, 30)


@pytest.fixture
def case(db: None) -> Case:
    """A shortage of severity high, opened on Tuesday at 10:00: 4 hours to respond, 16 to resolve."""
    opened: Case = CaseFactory.create(opened_at=berlin(TUESDAY), state_since=berlin(TUESDAY))
    EscalationStepFactory.create(team=opened.team, level=1, after_minutes=60, role="lead")
    return opened


def clock(case: Case, kind: ClockKind = ClockKind.RESPOND) -> Clock:
    return Clock.objects.get(case=case, kind=kind)


def due(case: Case, kind: ClockKind = ClockKind.RESPOND) -> datetime | None:
    return clock(case, kind).due_at


def told(kind: NotificationKind) -> list[str]:
    rows = Notification.objects.filter(kind=kind).order_by("pk")
    return [str(row.person or row.team) for row in rows]


# --- a table of cases computed by hand ----------------------------------------------------------------------

# severity, opened, first response due, resolution due: calendar Mon-Fri 08:00-17:00 in Berlin, Hesse
HAND_COMPUTED = [
    ("high", (2026, 11, 24, 10, 0), (2026, 11, 24, 14, 0), (2026, 11, 25, 17, 0)),
    ("critical", (2026, 11, 24, 10, 0), (2026, 11, 24, 12, 0), (2026, 11, 25, 9, 0)),
    ("medium", (2026, 11, 24, 10, 0), (2026, 11, 25, 9, 0), (2026, 11, 27, 15, 0)),
    ("low", (2026, 11, 24, 10, 0), (2026, 11, 25, 17, 0), (2026, 12, 3, 11, 0)),
    ("high", (2026, 11, 24, 7, 0), (2026, 11, 24, 12, 0), (2026, 11, 25, 15, 0)),
    ("high", (2026, 11, 24, 17, 0), (2026, 11, 25, 12, 0), (2026, 11, 26, 15, 0)),
    ("high", (2026, 11, 27, 16, 30), (2026, 11, 30, 11, 30), (2026, 12, 1, 14, 30)),
    ("high", (2026, 11, 28, 12, 0), (2026, 11, 30, 12, 0), (2026, 12, 1, 15, 0)),
    # Christmas Day is a Friday; Christmas Eve is worked.
    ("high", (2026, 12, 24, 15, 0), (2026, 12, 28, 10, 0), (2026, 12, 29, 13, 0)),
    # New Year's Eve is worked, New Year's Day is a Friday.
    ("critical", (2026, 12, 31, 16, 0), (2027, 1, 4, 9, 0), (2027, 1, 4, 15, 0)),
    # Over the end of summer time: 08:00 on Monday is 07:00 UTC, on Friday it was 06:00 UTC.
    ("high", (2026, 10, 23, 16, 0), (2026, 10, 26, 11, 0), (2026, 10, 27, 14, 0)),
    # Good Friday and Easter Monday 2027, with the start of summer time between them.
    ("high", (2027, 3, 25, 16, 0), (2027, 3, 30, 11, 0), (2027, 3, 31, 14, 0)),
]


@pytest.mark.parametrize(("severity", "opened", "respond", "resolve"), HAND_COMPUTED)
def test_both_clocks_are_due_when_the_table_says(
    case: Case,
    severity: str,
    opened: tuple[int, ...],
    respond: tuple[int, ...],
    resolve: tuple[int, ...],
) -> None:
    case.severity = Severity[severity.upper()]
    case.state_since = datetime(*opened, tzinfo=BERLIN)  # type: ignore[misc,arg-type]
    sla.start(case)
    assert due(case) == datetime(*respond, tzinfo=BERLIN)  # type: ignore[misc,arg-type]
    assert due(case, ClockKind.RESOLVE) == datetime(*resolve, tzinfo=BERLIN)  # type: ignore[misc,arg-type]
    assert case.due_at == Case.objects.get(pk=case.pk).due_at == due(case)


NIGHT = {"6": [["00:00", "06:00"]]}


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        # 02:00 to 03:00 happens twice: four hours after midnight the clock on the wall shows 03:00.
        (datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        # 02:00 to 03:00 does not happen: it shows 05:00.
        (datetime(2027, 3, 28, 0, 0, tzinfo=BERLIN), datetime(2027, 3, 28, 3, 0, tzinfo=UTC)),
    ],
)
def test_a_night_of_the_time_change_has_its_true_length(
    case: Case, opened: datetime, expected: datetime
) -> None:
    case.team.calendar = CalendarFactory.create(code="night", hours=NIGHT, country="", subdivision="")
    sla.start(case, opened)
    assert due(case) == expected


def test_a_row_of_the_company_overrides_the_hours_of_the_type(case: Case) -> None:
    ServiceLevelRowFactory.create(
        company=case.company, respond_hours=Decimal("1.5"), resolve_hours=Decimal(3)
    )
    sla.start(case)
    assert due(case) == berlin(TUESDAY, 11, 30)
    assert clock(case).release == lookup.current_release()


# --- pausing ------------------------------------------------------------------------------------------------


def test_a_pause_costs_nothing_however_long(case: Case) -> None:
    sla.start(case)
    sla.pause(case, berlin(TUESDAY, 12))
    assert case.due_at is None
    assert sla.sweep(berlin(date(2026, 12, 20)), 100) == 0
    sla.resume(case, berlin(date(2026, 12, 21), 9))
    assert due(case) == berlin(date(2026, 12, 21), 11)
    assert case.due_at == berlin(date(2026, 12, 21), 11)
    assert clock(case).breached_at is None
    assert sla.sweep(berlin(date(2026, 12, 21), 10, 59), 100) == 0
    assert Notification.objects.count() == 0


def test_a_pause_from_night_to_night_keeps_all_that_was_left(case: Case) -> None:
    sla.start(case)
    sla.pause(case, berlin(TUESDAY, 22))
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert clock(case, ClockKind.RESOLVE).used_minutes == 7 * 60
    sla.resume(case, berlin(date(2026, 11, 28), 3))
    assert due(case, ClockKind.RESOLVE) == berlin(MONDAY, 17)


def test_a_breach_nobody_swept_happens_when_the_case_is_paused(case: Case) -> None:
    sla.start(case)
    sla.pause(case, berlin(TUESDAY, 14, 30))
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert told(NotificationKind.BREACH) == [str(case.team)]
    sla.resume(case, berlin(WEDNESDAY, 9))
    assert due(case) == berlin(TUESDAY, 14)
    assert sla.sweep(berlin(WEDNESDAY, 9, 29), 100) == 0
    assert sla.sweep(berlin(WEDNESDAY, 9, 30), 100) == 1
    assert len(told(NotificationKind.BREACH)) == 1
    assert len(told(NotificationKind.ESCALATION)) == 1


def test_pausing_and_resuming_twice_changes_nothing(case: Case) -> None:
    sla.start(case)
    sla.pause(case, berlin(TUESDAY, 11))
    sla.pause(case, berlin(TUESDAY, 13))
    assert clock(case).used_minutes == 60
    sla.resume(case, berlin(WEDNESDAY, 8))
    sla.resume(case, berlin(WEDNESDAY, 10))
    assert due(case) == berlin(WEDNESDAY, 11)


def test_a_stopped_clock_never_runs_again(case: Case) -> None:
    sla.start(case)
    sla.stop(case, ClockKind.RESPOND, berlin(TUESDAY, 11))
    assert case.due_at == due(case, ClockKind.RESOLVE) == berlin(WEDNESDAY, 17)
    sla.pause(case, berlin(TUESDAY, 12))
    sla.resume(case, berlin(TUESDAY, 13))
    stopped = clock(case)
    assert (stopped.used_minutes, stopped.stopped_at, stopped.due_at) == (60, berlin(TUESDAY, 11), None)
    assert sla.sweep(berlin(WEDNESDAY), 100) == 0


def test_stopping_too_late_still_records_the_breach(case: Case) -> None:
    sla.start(case)
    sla.stop(case, ClockKind.RESPOND, berlin(TUESDAY, 14, 1))
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert clock(case).used_minutes == 241


def test_a_reopened_case_gets_new_clocks(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(WEDNESDAY, 18), 100)
    sla.stop(case, ClockKind.RESPOND, berlin(WEDNESDAY, 18))
    case.state_since = berlin(MONDAY)
    sla.start(case)
    fresh = clock(case)
    assert (fresh.used_minutes, fresh.breached_at, fresh.stopped_at, fresh.level) == (0, None, None, 0)
    assert fresh.due_at == berlin(MONDAY, 14)


# --- another severity, another team -------------------------------------------------------------------------


def test_a_change_of_severity_carries_the_time_used(case: Case) -> None:
    sla.start(case)
    case.severity = Severity.MEDIUM
    sla.rescale(case, berlin(TUESDAY, 12))
    assert due(case) == berlin(WEDNESDAY, 9)
    case.severity = Severity.CRITICAL
    sla.rescale(case, berlin(TUESDAY, 13))
    assert due(case) == berlin(TUESDAY, 13)
    assert clock(case).breached_at is None
    assert sla.sweep(berlin(TUESDAY, 13), 100) == 1
    assert clock(case).breached_at == berlin(TUESDAY, 13)


def test_a_change_of_severity_while_paused_leaves_the_clock_halted(case: Case) -> None:
    sla.start(case)
    sla.pause(case, berlin(TUESDAY, 12))
    case.severity = Severity.CRITICAL
    sla.rescale(case, berlin(TUESDAY, 15))
    assert clock(case).running_since is None
    sla.resume(case, berlin(WEDNESDAY, 9))
    assert due(case) == berlin(WEDNESDAY, 9)


def test_another_team_counts_on_its_own_calendar(case: Case) -> None:
    sla.start(case)
    late = CalendarFactory.create(
        code="late", hours={str(day): [["12:00", "20:00"]] for day in range(5)}, country="", subdivision=""
    )
    case.team = TeamFactory.create(company=case.company, code="PLN", calendar=late)
    sla.rescale(case, berlin(TUESDAY, 11))
    assert due(case) == berlin(TUESDAY, 15)
    assert due(case, ClockKind.RESOLVE) == berlin(WEDNESDAY, 19)
    assert clock(case).calendar == late


# --- breach and escalation ----------------------------------------------------------------------------------


def test_a_breach_and_a_step_happen_exactly_once(case: Case) -> None:
    lead = MembershipFactory.create(team=case.team, role="lead", user=UserFactory.create(username="paul"))
    MembershipFactory.create(
        team=case.team, role="lead", user=UserFactory.create(username="gone", is_active=False)
    )
    MembershipFactory.create(team=case.team, role="member", user=UserFactory.create(username="bea"))
    sla.start(case)
    assert sla.sweep(berlin(TUESDAY, 13, 59), 100) == 0
    assert sla.sweep(berlin(TUESDAY, 14), 100) == 1
    assert told(NotificationKind.BREACH) == [str(case.team)]
    assert sla.sweep(berlin(TUESDAY, 14), 100) == 0
    assert sla.sweep(berlin(TUESDAY, 15), 100) == 1
    assert sla.sweep(berlin(TUESDAY, 16), 100) == 0
    assert told(NotificationKind.ESCALATION) == [str(lead.user)]
    assert Case.objects.get(pk=case.pk).escalation_level == 1
    assert list(Event.objects.filter(case=case).order_by("id").values_list("kind", flat=True)) == [
        "clock.breached",
        "clock.escalated",
    ]
    assert clock(case).sweep_at is None


def test_an_owner_is_told_in_person(case: Case) -> None:
    case.owner = UserFactory.create(username="bea")
    case.save()
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 14), 100)
    assert told(NotificationKind.BREACH) == [str(case.owner)]


def test_the_team_is_told_when_nobody_has_the_role(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 15), 100)
    assert told(NotificationKind.ESCALATION) == [str(case.team)]


def test_a_step_that_no_longer_holds_is_not_taken(case: Case) -> None:
    EscalationStep.objects.update(valid_until=date(2026, 11, 23))
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 16), 100)
    assert told(NotificationKind.BREACH) == [str(case.team)]
    assert told(NotificationKind.ESCALATION) == []


def test_everything_happens_once_after_an_outage(case: Case) -> None:
    EscalationStepFactory.create(team=case.team, level=2, after_minutes=600, role="manager")
    sla.start(case)
    assert sla.sweep(berlin(MONDAY, 16), 100) == 2
    assert sla.sweep(berlin(MONDAY, 16), 100) == 0
    assert len(told(NotificationKind.BREACH)) == 2
    assert len(told(NotificationKind.ESCALATION)) == 4
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert Case.objects.get(pk=case.pk).escalation_level == 2


def test_a_ladder_waits_while_the_case_does(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 14), 100)
    sla.pause(case, berlin(TUESDAY, 14, 20))
    assert sla.sweep(berlin(WEDNESDAY, 16), 100) == 0
    sla.resume(case, berlin(date(2026, 11, 26), 8))
    assert sla.sweep(berlin(date(2026, 11, 26), 8, 39), 100) == 0
    assert sla.sweep(berlin(date(2026, 11, 26), 8, 40), 100) == 1
    assert len(told(NotificationKind.ESCALATION)) == 1


def test_a_clock_that_cannot_be_computed_holds_up_no_other(case: Case) -> None:
    other = CaseFactory.create(
        company=case.company, team=TeamFactory.create(code="PLN", calendar=CalendarFactory.create(code="odd"))
    )
    sla.start(case)
    sla.start(other, berlin(TUESDAY, 9))
    Calendar.objects.filter(code="odd").update(hours={})
    now = berlin(TUESDAY, 14)
    assert sla.sweep(now, 100) == 2
    assert clock(case).breached_at == now
    waiting = clock(other)
    assert (waiting.breached_at, waiting.sweep_at) == (None, now + timedelta(minutes=5))


def test_a_sweep_takes_no_more_than_it_is_allowed_and_the_longest_due_first(case: Case) -> None:
    other = CaseFactory.create(company=case.company, team=case.team)
    sla.start(case)
    sla.start(other, berlin(TUESDAY, 9))
    assert sla.sweep(berlin(TUESDAY, 14), 1) == 1
    assert clock(other).breached_at == berlin(TUESDAY, 13)
    assert clock(case).breached_at is None


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_let_everything_happen_once() -> None:
    cases = [CaseFactory.create() for _ in range(6)]
    for case in cases:
        EscalationStep.objects.get_or_create(team=case.team, level=1, defaults={"release": case.release})
        sla.start(case, berlin(TUESDAY))
    together(*[lambda: sla.sweep(berlin(WEDNESDAY, 16), 100)] * 3)
    sla.sweep(berlin(WEDNESDAY, 16), 100)
    assert Notification.objects.filter(kind=NotificationKind.BREACH).count() == 6
    assert Notification.objects.filter(kind=NotificationKind.ESCALATION).count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_sweep_passes_over_a_case_that_somebody_holds() -> None:
    case = CaseFactory.create()
    sla.start(case, berlin(TUESDAY))
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=case.pk)
        together(lambda: sla.sweep(berlin(TUESDAY, 14), 100))
        assert clock(case).breached_at is None
    assert sla.sweep(berlin(TUESDAY, 14), 100) == 1


def together(*calls: Callable[[], object]) -> None:
    """Make the calls at once, each in a thread and a connection of its own."""
    barrier = Barrier(len(calls))

    def meet(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        finally:
            connection.close()

    threads = [Thread(target=meet, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- against a model that counts minute by minute -----------------------------------------------------------

#: A Thursday before the end of summer time in Berlin; the model counts eight days from here.
ORIGIN = datetime(2026, 10, 22, 0, 0, tzinfo=UTC)
MINUTES = 8 * 24 * 60
STEP_AFTER = 90
WEEK = {day: ((time(8), time(12, 30)), (time(13), time(17))) for day in range(5)}
CALENDARS = {
    "berlin": BusinessCalendar("berlin", ZoneInfo("Europe/Berlin"), WEEK, frozenset({date(2026, 10, 27)})),
    "nights": BusinessCalendar(
        "nights",
        ZoneInfo("Europe/Berlin"),
        {day: ((time(0), time(5)), (time(22), time(0))) for day in range(7)},
    ),
    "chicago": BusinessCalendar(
        "chicago", ZoneInfo("America/Chicago"), {1: ((time(7), time(19)),), 4: WEEK[4]}
    ),
}


@cache
def open_minutes(name: str) -> tuple[bool, ...]:
    """Say of every minute from ORIGIN whether the calendar is open, from the clock on the wall alone."""
    calendar = CALENDARS[name]
    verdicts = []
    for minute in range(MINUTES):
        local = (ORIGIN + timedelta(minutes=minute)).astimezone(calendar.zone)
        hours: Iterable[tuple[time, time]] = calendar.hours.get(local.weekday(), ())
        verdicts.append(
            local.date() not in calendar.holidays
            and any(a <= local.time() and (local.time() < b or b == time(0)) for a, b in hours)
        )
    return tuple(verdicts)


class Naive:
    """A clock that looks at every minute: is it running, is it open, is it used up."""

    def __init__(self, base: int) -> None:
        self.base = self.allowed = base
        self.used = 0
        self.calendar = "berlin"
        self.is_running = True
        self.minute = 0
        self.breached: int | None = None
        self.escalated = False

    def go_on_until(self, minute: int) -> None:
        self.look()
        while self.minute < minute:
            if self.is_running and open_minutes(self.calendar)[self.minute]:
                self.used += 1
            self.minute += 1
            self.look()

    def look(self) -> None:
        if self.is_running and self.used >= self.allowed and self.breached is None:
            self.breached = self.minute
        if self.is_running and self.breached is not None and self.used >= self.allowed + STEP_AFTER:
            self.escalated = True

    def due(self) -> int | None:
        left = self.allowed - self.used
        for minute in range(self.minute, MINUTES):
            left -= open_minutes(self.calendar)[minute]
            if left <= 0:
                return minute + 1
        return None


moves = st.lists(
    st.tuples(
        st.integers(0, MINUTES - 1),
        st.sampled_from(["pause", "resume", "sweep", *Severity.names, *CALENDARS]),
    ),
    max_size=12,
).map(sorted)


@pytest.fixture
def timed(db: None) -> Case:
    """A case with a ladder of one step and the calendars of the model as rows."""
    case: Case = CaseFactory.create(severity=Severity.HIGH)
    EscalationStepFactory.create(team=case.team, level=1, after_minutes=STEP_AFTER)
    return case


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=st.integers(1, 40).map(lambda quarters: quarters * 60), moves=moves)
def test_a_clock_agrees_with_one_that_counts_every_minute(
    timed: Case, base: int, moves: list[tuple[int, str]]
) -> None:
    naive = Naive(base)
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(lookup, "business_calendar", lambda row: CALENDARS[row.code])
        ServiceLevelRowFactory.create(
            company=timed.company, respond_hours=Decimal(base) / 60, resolve_hours=Decimal(9999)
        )
        rows = {code: CalendarFactory.create(code=code) for code in CALENDARS}
        timed.severity, timed.team.calendar = Severity.HIGH, rows["berlin"]
        sla.start(timed, ORIGIN)
        for minute, move in [*moves, (MINUTES - 1, "sweep")]:
            naive.go_on_until(minute)
            at = ORIGIN + timedelta(minutes=minute)
            if move == "pause":
                sla.pause(timed, at)
                naive.is_running = False
            elif move == "resume":
                sla.resume(timed, at)
                naive.is_running = True
            elif move == "sweep":
                sla.sweep(at, 100)
            elif move in rows:
                timed.team.calendar = rows[move]
                sla.rescale(timed, at)
                naive.calendar = move
            else:
                timed.severity = Severity[move]
                sla.rescale(timed, at)
                naive.allowed = int(base * sla.SCALE[Severity[move]])
            naive.look()
            _agree(timed, naive, at)
        sla.sweep(ORIGIN + timedelta(minutes=MINUTES - 1), 100)
        row = clock(timed)
        assert row.breached_at == (
            None if naive.breached is None else ORIGIN + timedelta(minutes=naive.breached)
        )
        assert told(NotificationKind.BREACH) == ([str(timed.team)] if naive.breached is not None else [])
        assert len(told(NotificationKind.ESCALATION)) == naive.escalated
        transaction.set_rollback(True)


def _agree(case: Case, naive: Naive, at: datetime) -> None:
    row = clock(case)
    assert sla.used_by(row, CALENDARS[row.calendar.code], at) == naive.used
    assert (row.running_since is not None) == naive.is_running
    if naive.is_running and naive.used < naive.allowed:
        expected = naive.due()
        assert row.due_at is not None
        if expected is None:
            assert row.due_at >= ORIGIN + timedelta(minutes=MINUTES)
        else:
            assert row.due_at == ORIGIN + timedelta(minutes=expected)
