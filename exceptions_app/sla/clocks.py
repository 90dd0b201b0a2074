"""What happens to the clocks of a case when the case changes. All are called with the case locked.

They set when the case is due; whoever calls saves the case.

Ours run while we have the case, the supplier's exactly while it owes an answer. Time that was used is carried
over whatever changes: severity, team, calendar, a pause, a decision that did not hold. Only a case that is
reopened after its end, and a question asked after the last one was answered, begin anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import OUR_CLOCKS, Case, CaseState, Clock, ClockKind, ClockSegment, Severity
from exceptions_app.policies import calendar_rows, lookup
from exceptions_app.policies.models import Calendar, PolicyRelease
from exceptions_app.sla import ladder, notices
from exceptions_app.sla.counting import SCALE, used_by
from exceptions_app.sla.ladder import Ladder
from exceptions_app.sla.timers import fall_due, look_ahead


def first_round(case: Case, at: datetime) -> list[Clock]:
    """Return both our clocks as they begin to run with a case that is yet to be saved; `add` saves them."""
    clocks = _round_of(case, {}, at)
    _set_running(clocks, at)
    _show(case, clocks)
    return clocks


def add(clocks: Sequence[Clock], at: datetime) -> None:
    """Save the clocks of a case that was just opened."""
    Clock.objects.bulk_create(clocks)
    _add_segments(clocks, at)


def start(case: Case, at: datetime | None = None) -> None:
    """Begin another round of both our clocks for a case that reopens, at `at` (else since its state)."""
    at = at or case.state_since
    kept = {clock.kind: clock for clock in _locked(Clock.objects.filter(case=case, kind__in=OUR_CLOCKS))}
    for clock in kept.values():
        clock.case = case
    _halt(list(kept.values()), at)
    clocks = _round_of(case, kept, at)
    _run(clocks, at)
    _show(case, clocks)


def wait(case: Case, at: datetime) -> None:
    """Halt our clocks, since the case waits for its supplier, and let the supplier's run."""
    clocks = _going(case)
    ours = [clock for clock in clocks if clock.is_ours]
    _halt(ours, at)
    theirs = [clock for clock in clocks if not clock.is_ours] or [_ask(case, at)]
    _run([clock for clock in theirs if clock.running_since is None], at)
    _show(case, ours)


def resume(case: Case, at: datetime, *, is_answered: bool) -> None:
    """Let our clocks run on with all that remained, since the case no longer waits for its supplier.

    `is_answered`: the supplier has kept its promise, or broken it by `at`; the next question is another one.
    Otherwise its time is only halted, and what it used counts when the case waits again.
    """
    clocks = _going(case)
    ours = [clock for clock in clocks if clock.is_ours]
    theirs = [clock for clock in clocks if not clock.is_ours]
    _halt(theirs, at, is_end=is_answered)
    _run([clock for clock in ours if clock.running_since is None], at)
    _show(case, ours)


def stop(case: Case, at: datetime, *kinds: ClockKind) -> None:
    """End the clocks of these kinds, or all, for good: the promise is kept, or was broken by `at`."""
    clocks = _going(case)
    _halt([clock for clock in clocks if not kinds or clock.kind in kinds], at, is_end=True)
    _show(case, clocks)


def go_on(case: Case, at: datetime) -> None:
    """Let our clocks run on that had ended with the case: what was decided does not hold.

    A response that was given stays given.
    """
    kinds = OUR_CLOCKS if case.first_action_at is None else (ClockKind.RESOLVE,)
    clocks = _locked(Clock.objects.filter(case=case, kind__in=kinds))
    for clock in clocks:
        clock.case, clock.stopped_at = case, None
        _fit(clock, case)
    _run([clock for clock in clocks if clock.running_since is None], at)
    _show(case, clocks)


def rescale(case: Case, at: datetime, *, is_other_team: bool = False) -> None:
    """Take over the severity of the case and the calendar of its team, and with another team its ladder.

    A clock that has already used more than is now allowed is due at `at`, and its ladder counts from there.
    One that has time again is not overdue any more; what its ladder has told is not told again. How long the
    supplier may take does not change.
    """
    clocks = _going(case)
    ours = [clock for clock in clocks if clock.is_ours]
    running = [clock for clock in ours if clock.running_since is not None]
    _halt(ours, at)
    for clock in ours:
        _fit(clock, case)
    if is_other_team:
        _take_ladder(case, clocks, at)
    _save(clocks)
    _run(running, at)
    _show(case, ours)


# --- by hand ------------------------------------------------------------------------------------------------


def move_due_by_hand(case: Case, kind: ClockKind, due: datetime, at: datetime) -> Clock:
    """Let a clock be due at another time, for the rest of its round. LookupError: it does not go."""
    clock = _going_clock(case, kind)
    was_running = clock.running_since is not None
    _halt([clock], at)
    clock.due_by_hand, clock.is_held = due, False
    if due > at:
        clock.breached_at = clock.breached_minutes = None
    if was_running or _must_run(case, clock):
        _run([clock], at)
    else:
        _save([clock])
    show_next_due(case)
    return clock


def hold_by_hand(case: Case, kind: ClockKind, at: datetime) -> Clock:
    """Let a clock stand still until it is released. LookupError: it does not go."""
    clock = _going_clock(case, kind)
    clock.is_held = True
    _halt([clock], at)
    show_next_due(case)
    return clock


def release_by_hand(case: Case, kind: ClockKind, at: datetime) -> None:
    """Let a clock that was held go as the state of its case says; one that has ended meanwhile stays so."""
    clock = next((clock for clock in _going(case) if clock.kind == kind and clock.is_held), None)
    if clock is None:
        return
    clock.is_held = False
    if _must_run(case, clock):
        _run([clock], at)
    else:
        _save([clock])
    show_next_due(case)


def _going_clock(case: Case, kind: ClockKind) -> Clock:
    found = next((clock for clock in _going(case) if clock.kind == kind), None)
    if found is None:
        raise LookupError(f"{case.number} has no such clock that goes.")
    return found


def _must_run(case: Case, clock: Clock) -> bool:
    """Say whether a clock runs in the state of its case: ours exactly while the supplier's does not."""
    is_theirs = case.state == CaseState.WAITING_SUPPLIER
    return bool(clock.is_ours != is_theirs)


def look_again(clocks: QuerySet[Clock], at: datetime) -> None:
    """Have the sweep look at running clocks whose calendar was changed, or is another one now."""
    clocks.filter(running_since__isnull=False).update(sweep_at=at)


def show_next_due(case: Case) -> None:
    """Set when a case is due whose clocks were looked at; whoever calls saves it."""
    _show(case, Clock.objects.filter(case=case, stopped_at=None))


# --- one clock ----------------------------------------------------------------------------------------------


def _round_of(case: Case, kept: Mapping[str, Clock], at: datetime) -> list[Clock]:
    """Return both our clocks at the beginning of a round, those that are `kept` and new ones."""
    level = lookup.service_level(case.company, case.type_code, at)
    hours = {ClockKind.RESPOND: level.respond_hours, ClockKind.RESOLVE: level.resolve_hours}
    release = lookup.current_release()
    pinned = ladder.of_ours(case.team, at, release)
    return [
        _begin(
            kept.get(kind) or Clock(case=case, kind=kind, round=0),
            case,
            calendar=case.team.calendar,
            minutes=promised * 60,
            row_id=level.row_id,
            pinned=pinned,
            release=release,
        )
        for kind, promised in hours.items()
    ]


def _ask(case: Case, at: datetime) -> Clock:
    """Return the supplier's clock, not yet running, with all the time there is for a new question."""
    time = lookup.supplier_time(case.company, case.supplier, case.type_code, at)
    release = lookup.current_release()
    kept = _locked(Clock.objects.filter(case=case, kind=ClockKind.SUPPLIER))
    return _begin(
        kept[0] if kept else Clock(case=case, kind=ClockKind.SUPPLIER, round=0),
        case,
        calendar=lookup.supplier_calendar(case.company, case.supplier),
        minutes=time.answer_hours * 60,
        row_id=time.row_id,
        pinned=ladder.of_supplier(case.team, time, at, release),
        release=release,
    )


def _begin(
    clock: Clock,
    case: Case,
    *,
    calendar: Calendar,
    minutes: Decimal,
    row_id: int | None,
    pinned: Ladder,
    release: PolicyRelease,
) -> Clock:
    """Begin the next round of a clock: nothing used, nothing told."""
    clock.case = case
    clock.round += 1
    clock.calendar = calendar
    clock.release = release
    clock.row_id = row_id
    clock.ladder = pinned.as_plain()
    clock.base_minutes = minutes
    clock.allowed_minutes = minutes * SCALE[Severity(case.severity)] if clock.is_ours else minutes
    clock.used_minutes = Decimal(0)
    clock.running_since = clock.stopped_at = None
    clock.warned_at = clock.breached_at = clock.breached_minutes = None
    clock.reminders = clock.level = 0
    clock.due_by_hand, clock.is_held = None, False
    return clock


def _fit(clock: Clock, case: Case) -> None:
    """Give one of our clocks the calendar and the time that the case has now, unless a person set its due."""
    if clock.due_by_hand is not None:
        return
    clock.calendar = case.team.calendar
    clock.allowed_minutes = clock.base_minutes * SCALE[Severity(case.severity)]
    if clock.used_minutes < clock.allowed_minutes:
        clock.breached_at = clock.breached_minutes = None


def _take_ladder(case: Case, clocks: Iterable[Clock], at: datetime) -> None:
    """Let the team that has the case now tell what is yet to be told."""
    release = lookup.current_release()
    time = lookup.supplier_time(case.company, case.supplier, case.type_code, at)
    ours = ladder.of_ours(case.team, at, release)
    theirs = ladder.of_supplier(case.team, time, at, release)
    for clock in clocks:
        clock.ladder = (ours if clock.is_ours else theirs).as_plain()
        look_ahead(clock, calendar_rows.business_calendar(clock.calendar))


def _run(clocks: Sequence[Clock], at: datetime) -> None:
    """Start a segment of each clock at `at`, and save them; one that a person holds stands still."""
    running = [clock for clock in clocks if not clock.is_held]
    _set_running(running, at)
    _save(clocks)
    _add_segments(running, at)


def _set_running(clocks: Iterable[Clock], at: datetime) -> None:
    calendars: dict[int, BusinessCalendar] = {}
    for clock in clocks:
        if clock.calendar_id not in calendars:
            calendars[clock.calendar_id] = calendar_rows.business_calendar(clock.calendar)
        clock.running_since = at
        look_ahead(clock, calendars[clock.calendar_id])


def _add_segments(clocks: Iterable[Clock], at: datetime) -> None:
    ClockSegment.objects.bulk_create(
        ClockSegment(clock=clock, round=clock.round, calendar=clock.calendar, started_at=at)
        for clock in clocks
    )


def _halt(clocks: Sequence[Clock], at: datetime, *, is_end: bool = False) -> None:
    """End the segment of each clock that runs, for good if `is_end`; what was due by `at` comes first."""
    happened = []
    for clock in clocks:
        if clock.running_since is not None:
            calendar = calendar_rows.business_calendar(clock.calendar)
            happened += fall_due(clock, calendar, at)
            used = used_by(clock, calendar, at)
            ClockSegment.objects.filter(clock=clock, ended_at=None).update(
                ended_at=max(at, clock.running_since), minutes=used - clock.used_minutes
            )
            clock.used_minutes, clock.running_since = used, None
            look_ahead(clock, calendar)
        if is_end:
            clock.stopped_at = at
    notices.tell(happened, at)
    _save(clocks)


# --- rows ---------------------------------------------------------------------------------------------------


def _going(case: Case) -> list[Clock]:
    """Lock and return the clocks of the case that were not stopped."""
    clocks = _locked(Clock.objects.filter(case=case, stopped_at=None))
    for clock in clocks:
        clock.case = case
    return clocks


def _locked(clocks: QuerySet[Clock]) -> list[Clock]:
    found = clocks.select_for_update(of=("self",), no_key=True).select_related("calendar", "release")
    return list(found.order_by("pk"))


def _save(clocks: Iterable[Clock]) -> None:
    for clock in clocks:
        clock.save()


def _show(case: Case, clocks: Iterable[Clock]) -> None:
    """Set when the case is due: the earliest due time of our running clocks."""
    case.due_at = min((clock.due_at for clock in clocks if clock.is_ours and clock.due_at), default=None)
