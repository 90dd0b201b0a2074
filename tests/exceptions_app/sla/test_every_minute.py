"""The clocks of a case against a model that counts every minute, whatever happens in whatever order."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions_app import sla
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, ClockKind, ClockSegment, Severity
from exceptions_app.policies import calendar_rows
from exceptions_app.policies.models import Calendar
from exceptions_app.sla.counting import SCALE
from suppliers.profiles import SupplierProfile
from tests.builders.factories import (
    CalendarFactory,
    EscalationStepFactory,
    ServiceLevelRowFactory,
    SupplierTimeRowFactory,
)
from tests.exceptions_app.sla.clockwork import happened, watched_case

#: A Thursday before the end of summer time in Berlin; the model counts eight days from here.
ORIGIN = datetime(2026, 10, 22, 0, 0, tzinfo=UTC)
MINUTES = 8 * 24 * 60
STEP_AFTER, REMIND_EVERY, REMINDERS, SUPPLIER_TIME = 60, 90, 3, 240
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
    "lord_howe": BusinessCalendar("lord_howe", ZoneInfo("Australia/Lord_Howe"), WEEK),
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

    def __init__(self, calendar: str, allowed: int, *, warns: bool) -> None:
        self.calendar, self.allowed, self.warns = calendar, allowed, warns
        self.is_running = False
        self.begin()

    def begin(self) -> None:
        self.used = self.level = self.reminders = 0
        self.since_break: int | None = None
        self.is_warned = self.has_ended = False

    def minutes_pass(self, since: int, until: int) -> None:
        if self.is_running:
            self.used += sum(open_minutes(self.calendar)[since:until])

    def look(self) -> list[str]:
        """Return what there is to tell now."""
        if not self.is_running:
            return []
        heard = []
        reminders = min(REMINDERS, self.used // REMIND_EVERY)
        if not self.warns and reminders > self.reminders:
            self.reminders = reminders
            heard.append("reminded")
        if self.since_break is None and self.used >= self.allowed:
            self.since_break, self.is_warned = max(self.allowed, self.used_at_start), True
            heard.append("breached")
        if (
            self.warns
            and self.since_break is None
            and not self.is_warned
            and self.used * 4 >= self.allowed * 3
        ):
            self.is_warned = True
            heard.append("warned")
        if self.since_break is not None and self.level == 0 and self.used >= self.since_break + STEP_AFTER:
            self.level = 1
            heard.append("escalated")
        return heard

    def run(self) -> None:
        if not self.is_running and not self.has_ended:
            self.is_running, self.used_at_start = True, self.used

    def halt(self) -> None:
        self.is_running = False

    def change(self, *, allowed: int | None = None, calendar: str | None = None) -> None:
        self.allowed, self.calendar = allowed or self.allowed, calendar or self.calendar
        self.used_at_start = self.used
        if self.used < self.allowed:
            self.since_break = None


class NaiveCase:
    """Our clock for the resolution and the supplier's, with everything that can happen to them."""

    def __init__(self, base: int) -> None:
        self.base, self.minute = base, 0
        self.ours = Naive("berlin", base, warns=True)
        self.theirs = Naive("lord_howe", SUPPLIER_TIME, warns=False)
        self.theirs.has_ended = True
        self.ours.run()
        self.heard: list[str] = []

    def go_on_until(self, minute: int) -> None:
        self.ours.minutes_pass(self.minute, minute)
        self.theirs.minutes_pass(self.minute, minute)
        self.minute = minute

    def move(self, move: str) -> None:
        if move in ("wait", "sweep", *CALENDARS, *Severity.names):
            self.heard += self.ours.look()
        if move in ("sweep", "answered", "resume"):
            self.heard += self.theirs.look()
        if move == "wait":
            self.ours.halt()
            if self.theirs.has_ended:
                self.theirs.begin()
            self.theirs.run()
        elif move in ("answered", "resume"):
            self.theirs.has_ended = self.theirs.has_ended or move == "answered"
            self.theirs.halt()
            self.ours.run()
        elif move in CALENDARS:
            self.ours.change(calendar=move)
        elif move in Severity.names:
            self.ours.change(allowed=int(self.base * SCALE[Severity[move]]))


moves = st.lists(
    st.tuples(
        st.integers(0, MINUTES - 1),
        st.sampled_from(["wait", "wait", "answered", "resume", "sweep", *Severity.names, *CALENDARS]),
    ),
    max_size=14,
).map(sorted)


@pytest.fixture
def case(db: None) -> Case:
    """A case with a ladder of one step on either side, and the calendars of the model as rows."""
    case = watched_case()
    for code in CALENDARS:
        CalendarFactory.create(code=code)
    EscalationStepFactory.create(team=case.team, side="supplier", level=1, after_minutes=STEP_AFTER)
    SupplierTimeRowFactory.create(
        answer_hours=Decimal(SUPPLIER_TIME) / 60,
        remind_every_hours=Decimal(REMIND_EVERY) / 60,
        reminders=REMINDERS,
    )
    SupplierProfile.objects.update(calendar_code="lord_howe")
    return case


@pytest.mark.proof
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=st.integers(1, 40).map(lambda quarters: quarters * 60), moves=moves)
def test_clocks_agree_with_those_that_count_every_minute(
    case: Case, base: int, moves: list[tuple[int, str]]
) -> None:
    naive = NaiveCase(base)
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(calendar_rows, "business_calendar", lambda row: CALENDARS[row.code])
        ServiceLevelRowFactory.create(
            company=case.company, respond_hours=Decimal(9999), resolve_hours=Decimal(base) / 60
        )
        rows = {row.code: row for row in Calendar.objects.filter(code__in=CALENDARS)}
        case.severity, case.team.calendar = Severity.HIGH, rows["berlin"]
        case.team.save()
        sla.start(case, ORIGIN)
        sla.stop(case, ORIGIN, ClockKind.RESPOND)
        for minute, move in [*moves, (MINUTES - 1, "sweep")]:
            at = ORIGIN + timedelta(minutes=minute)
            naive.go_on_until(minute)
            naive.move(move)
            _move(case, move, at, rows)
            assert sorted(happened(case)) == sorted(naive.heard), (minute, move)
            _agree(case, naive, at)
        transaction.set_rollback(True)


def _move(case: Case, move: str, at: datetime, rows: dict[str, object]) -> None:
    if move == "wait":
        sla.wait(case, at)
    elif move in ("answered", "resume"):
        sla.resume(case, at, is_answered=move == "answered")
    elif move == "sweep":
        sla.sweep(at, 100)
    elif move in rows:
        case.team.calendar = rows[move]  # type: ignore[assignment]
        case.team.save()
        sla.rescale(case, at)
    else:
        case.severity = Severity[move]
        sla.rescale(case, at)


def _agree(case: Case, naive: NaiveCase, at: datetime) -> None:
    for kind, model in ((ClockKind.RESOLVE, naive.ours), (ClockKind.SUPPLIER, naive.theirs)):
        row = case.clocks.filter(kind=kind).first()
        if row is None:
            assert not model.is_running
            continue
        assert sla.used_by(row, CALENDARS[row.calendar.code], at) == model.used
        assert (row.running_since is not None) == model.is_running
        ended = ClockSegment.objects.filter(clock=row, round=row.round, ended_at__isnull=False)
        assert sum(segment.minutes or 0 for segment in ended) == row.used_minutes
        if model.is_running and model.used < model.allowed:
            assert row.due_at is not None
            assert _due(model, naive.minute) == min(row.due_at, ORIGIN + timedelta(minutes=MINUTES))


def _due(model: Naive, minute: int) -> datetime:
    """Return when the clock will be used up if it goes on, at the latest where the model ends."""
    left, is_open = model.allowed - model.used, open_minutes(model.calendar)
    while left > 0 and minute < MINUTES:
        left -= is_open[minute]
        minute += 1
    return ORIGIN + timedelta(minutes=minute)
