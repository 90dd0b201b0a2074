"""Stands apart from the engine and computes again what every clock that goes must be.

Nothing of `clocks`, `timers`, `sweep` and `counting` is used here. What a clock used is measured from its
segments; a due time is right when measuring up to it gives just what was left, so even the calendar is asked
the other way round. Escalations are judged as of the last moment the sweep says it has done all for, so that
no clock is called late that could not be looked at yet. What looks wrong is looked at again with its case
locked before it counts. What stays wrong is told: a finding, an event, a notice to the integration team.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from erp_connectors import clock as our_clock
from erp_connectors.errors import ConfigurationError
from exceptions_app.audit.record import record
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import ENDED, Case, CaseState, Clock, ClockKind, ClockSegment
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.overrides.models import Override, OverrideKind
from exceptions_app.people.models import Team
from exceptions_app.policies import calendar_rows
from exceptions_app.policies.models import Calendar, CompanyPolicy
from exceptions_app.sla import heartbeat
from exceptions_app.sla.models import ClockFinding, FindingKind, Heartbeat
from exceptions_app.sla.notices import Notice, send

BATCH = 500
LONGEST = 10.0
#: A case may be held by somebody for a moment when the sweep comes by.
GRACE = timedelta(minutes=1)
INTEGRATION = "EDI"
SETTLED = (CaseState.RESOLVED, CaseState.CLOSED, CaseState.DISMISSED)

Wrong = tuple[FindingKind, str]


@dataclass(slots=True)
class Round:
    """How far one run has come, and what it found; `is_whole`: it came to the last clock."""

    seen: int = 0
    found: int = 0
    gone: int = 0
    is_whole: bool = False


@dataclass(slots=True)
class Desk:
    """What one run knows: until when the sweep is done, and the calendars it has read."""

    now: datetime
    swept_until: datetime | None
    calendars: dict[int, BusinessCalendar | None] = field(default_factory=dict)

    def calendar(self, row: Calendar) -> BusinessCalendar | None:
        """Return a calendar, or None where it cannot be read."""
        if row.pk not in self.calendars:
            try:
                self.calendars[row.pk] = calendar_rows.business_calendar(row)
            except ConfigurationError:
                self.calendars[row.pk] = None
        return self.calendars[row.pk]


def audit(*, seconds: float = LONGEST) -> Round:
    """Look at the sweep, then at clocks in the order of their keys, going on where the last run ended.

    Safe beside itself; one of two runs at once leaves it to the other.
    """
    done = Round()
    stop_at = time.monotonic() + seconds
    # What was never heard counts as silent from here on.
    for name in heartbeat.STILL_AFTER:
        Heartbeat.objects.get_or_create(name=name, defaults={"beaten_at": Now()})
    ages = heartbeat.ages()
    # Whoever was away, as after a night without power, cannot tell that somebody else stood still.
    if not heartbeat.is_still(heartbeat.AUDIT, ages):
        _look_at_sweep(ages, done)
    while _one_batch(done) and time.monotonic() < stop_at:
        continue
    return done


@transaction.atomic
def _one_batch(done: Round) -> bool:
    """Look at the next clocks; return whether there are more of them in this round."""
    mark = Heartbeat.objects.select_for_update(skip_locked=True).filter(name=heartbeat.AUDIT).first()
    if mark is None:
        return False
    desk = Desk(our_clock.now(), _swept_until())
    found = _with_segments(Clock.objects.filter(stopped_at=None, pk__gt=mark.place).order_by("pk")[:BATCH])
    done.seen += len(found)
    suspected = {clock.pk: clock for clock in found if problems(clock, desk)}
    confirmed = _confirm(suspected, desk)
    between = Q(clock__gt=mark.place) & (Q(clock__lte=found[-1].pk) if len(found) == BATCH else Q())
    _take_down(between, confirmed, desk, done)
    if len(found) < BATCH:
        _look_for_cases_without_clock(desk, done)
        done.is_whole = True
    heartbeat.beat(
        heartbeat.AUDIT,
        place=found[-1].pk if len(found) == BATCH else 0,
        done_until=desk.now if done.is_whole else None,
    )
    return not done.is_whole


def _swept_until() -> datetime | None:
    return Heartbeat.objects.filter(name=heartbeat.SWEEP).values_list("done_until", flat=True).first()


def _with_segments(clocks: QuerySet[Clock]) -> list[Clock]:
    related = clocks.select_related("case__team", "case__company", "calendar__release", "release")
    return list(related.prefetch_related("segments__calendar__release"))


def _confirm(suspected: dict[int, Clock], desk: Desk) -> dict[Clock, list[Wrong]]:
    """Look again at what seems wrong with its case locked; what somebody holds is left for the next round."""
    if not suspected:
        return {}
    cases = {clock.case_id for clock in suspected.values()}
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk__in=cases)
    held = list(rows.values_list("pk", flat=True))
    again = _with_segments(Clock.objects.filter(pk__in=suspected, case__in=held, stopped_at=None))
    return {clock: wrong for clock in again if (wrong := problems(clock, desk))}


# --- what must be -------------------------------------------------------------------------------------------


def problems(clock: Clock, desk: Desk) -> list[Wrong]:
    """Return everything that is wrong with a clock that was not stopped, each with its words."""
    calendar = desk.calendar(clock.calendar)
    if calendar is None:
        return [(FindingKind.CALENDAR, f"Calendar {clock.calendar.code} cannot be read")]
    wrong = [*_state(clock), *_sum(clock, desk)]
    if clock.running_since is None:
        return wrong
    if clock.sweep_at is None or clock.sweep_at > desk.now:
        wrong += [*_due(clock, calendar), *_timer(clock, calendar)]
    if desk.swept_until is not None:
        wrong += _missed(clock, calendar, desk.swept_until - GRACE)
    return wrong


def _state(clock: Clock) -> Iterator[Wrong]:
    """Ours run exactly while the supplier's does not, unless held; none goes on in a case that has ended."""
    case = clock.case
    words = f"{clock.get_kind_display()} of {case.number}, which is {case.get_state_display().lower()}"
    if case.state in SETTLED:
        yield FindingKind.STATE, f"{words}, was not stopped"
        return
    is_theirs = clock.kind == ClockKind.SUPPLIER
    must_run = is_theirs == (case.state == CaseState.WAITING_SUPPLIER) and not clock.is_held
    if must_run != (clock.running_since is not None):
        yield FindingKind.STATE, f"{words}, {'stands still' if must_run else 'runs'}"


def _sum(clock: Clock, desk: Desk) -> Iterator[Wrong]:
    """What was used is the sum of the segments, each as long as its calendar says, and one of them runs."""
    of_round = [segment for segment in clock.segments.all() if segment.round == clock.round]
    ended = [segment for segment in of_round if segment.ended_at is not None]
    total = sum((segment.minutes or Decimal(0) for segment in ended), Decimal(0))
    if total != clock.used_minutes:
        yield FindingKind.SUM, f"{clock.used_minutes} minutes are used, the segments add up to {total}"
    going = [(segment.started_at, segment.calendar_id) for segment in of_round if segment.ended_at is None]
    if going != ([(clock.running_since, clock.calendar_id)] if clock.running_since else []):
        yield FindingKind.SUM, "The segment that runs is not the one the clock runs since"
    for segment in ended:
        measured = _measured(segment, desk)
        if measured is not None and measured != segment.minutes:
            yield (
                FindingKind.SUM,
                f"A segment of {segment.minutes} minutes has {measured} on calendar {segment.calendar}",
            )


def _measured(segment: ClockSegment, desk: Desk) -> Decimal | None:
    """Return the length of a segment; None where its calendar was another when it ended."""
    if segment.calendar is None or segment.ended_at is None:
        return None
    if segment.calendar.release.published_at > segment.ended_at:
        return None
    calendar = desk.calendar(segment.calendar)
    return _minutes(calendar, segment.started_at, segment.ended_at) if calendar else None


def _due(clock: Clock, calendar: BusinessCalendar) -> Iterator[Wrong]:
    """Up to the due time passes exactly what is left, and a moment earlier not yet."""
    start, due = clock.running_since, clock.due_at
    if start is None or clock.breached_at is not None:
        return
    left = clock.allowed_minutes - clock.used_minutes
    if due is None or due < start or (left <= 0 and due != start):
        yield FindingKind.DUE, f"Due {due}, with {left} minutes left since {start}"
    elif left > 0:
        exactly = timedelta(microseconds=int(left * 60_000_000))
        moment = timedelta(microseconds=1)
        passed = calendar.business_time_between(start, due)
        if passed != exactly or calendar.business_time_between(start, due - moment) >= exactly:
            yield FindingKind.DUE, f"Due {due}, when {passed} have passed; {exactly} were left"


def _timer(clock: Clock, calendar: BusinessCalendar) -> Iterator[Wrong]:
    """Whatever is next to be told, the sweep comes by no later."""
    ahead = min((use for use, is_told, _ in _tellings(clock) if not is_told), default=None)
    if ahead is None:
        return
    comes = clock.sweep_at
    if comes is None or _used(clock, calendar, comes) > max(ahead, clock.used_minutes):
        yield FindingKind.TIMER, f"To be told after {ahead} minutes, looked at {comes}"


def _missed(clock: Clock, calendar: BusinessCalendar, by: datetime) -> Iterator[Wrong]:
    """Whatever was to be told by a moment that was swept was told."""
    used = _used(clock, calendar, by)
    for use, is_told, words in _tellings(clock):
        if used >= use and not is_told and clock.running_since and by > clock.running_since:
            yield FindingKind.MISSED, f"{words} was due after {use} minutes; {used} are used"
            return
    if clock.sweep_at is not None and clock.sweep_at < by:
        yield FindingKind.MISSED, f"Nobody has looked at it at {clock.sweep_at:%Y-%m-%d %H:%M} UTC"


def _tellings(clock: Clock) -> Iterator[tuple[Decimal, bool, str]]:
    """Yield what a clock has to tell: after how many minutes of use, whether it did, and what."""
    ladder, allowed = clock.ladder, clock.allowed_minutes
    broke = clock.breached_minutes if clock.breached_minutes is not None else allowed
    is_broken = clock.breached_at is not None
    yield max(allowed, Decimal(0)), is_broken, "The breach"
    if ladder.get("warn_percent") is not None:
        yield allowed * ladder["warn_percent"] / 100, _was_warned(clock), "The warning"
    elif ladder.get("warn_minutes_before") is not None:
        yield max(allowed - ladder["warn_minutes_before"], Decimal(0)), _was_warned(clock), "The warning"
    if is_broken:
        for level, after, _ in ladder.get("steps", ()):
            yield broke + after, clock.level >= level, f"Level {level} of the ladder"
    if ladder.get("remind_every_minutes"):
        every = Decimal(ladder["remind_every_minutes"])
        for number in range(1, ladder.get("reminders", 0) + 1):
            yield every * number, clock.reminders >= number, f"Reminder {number}"


def _was_warned(clock: Clock) -> bool:
    return clock.warned_at is not None or clock.breached_at is not None


def _used(clock: Clock, calendar: BusinessCalendar, at: datetime) -> Decimal:
    """Return what a clock has used at a moment: its segments, and what passed of the one that runs."""
    start = clock.running_since
    if start is None or at <= start:
        return clock.used_minutes
    return clock.used_minutes + _minutes(calendar, start, at)


def _minutes(calendar: BusinessCalendar, start: datetime, end: datetime) -> Decimal:
    passed = calendar.business_time_between(start, end) // timedelta(microseconds=1)
    return (Decimal(passed) / 60_000_000).quantize(Decimal("0.0001"), rounding=ROUND_DOWN)


# --- what is told -------------------------------------------------------------------------------------------


def _take_down(where: Q, confirmed: dict[Clock, list[Wrong]], desk: Desk, done: Round) -> None:
    """Keep what was found of these clocks, and end what is right again."""
    standing = {(each.clock_id, each.kind): each for each in ClockFinding.objects.filter(where, gone_at=None)}
    found = {(clock.pk, kind): (clock, words) for clock, wrong in confirmed.items() for kind, words in wrong}
    new = [
        ClockFinding(kind=kind, case=clock.case, clock=clock, words=words[:500], found_at=desk.now)
        for (key, kind), (clock, words) in found.items()
        if (key, kind) not in standing
    ]
    _tell(new, desk, done)
    gone = [finding for key, finding in standing.items() if key not in found]
    _end(gone, desk, done)


def _tell(found: Sequence[ClockFinding], desk: Desk, done: Round) -> None:
    """Keep findings that are new; tell the history and the integration team of the company."""
    if not found:
        return
    ClockFinding.objects.bulk_create(found)
    teams = _integration({each.case.company_id for each in found if each.case})
    notices = []
    for each in found:
        case = each.case
        assert case is not None
        record(
            "clock.found_wrong",
            at=desk.now,
            case=case,
            subject=("case", case.number),
            summary=f"A clock is wrong: {each}",
            after={"finding": each.kind, "clock": each.clock.kind if each.clock else None},
        )
        if case.company_id in teams:
            notices.append(
                Notice(
                    kind=NotificationKind.ALERT,
                    case=case,
                    title=f"A clock is wrong: {case}",
                    body=str(each),
                    team=teams[case.company_id],
                )
            )
    send(notices, desk.now)
    done.found += len(found)


def _end(gone: Iterable[ClockFinding], desk: Desk, done: Round) -> None:
    """Note that something is right again."""
    done.gone += ClockFinding.objects.filter(pk__in=[each.pk for each in gone]).update(gone_at=desk.now)


def _look_for_cases_without_clock(desk: Desk, done: Round) -> None:
    """Every case that is open and not resolved has a clock for its resolution, unless a person ended it."""
    going = Clock.objects.filter(case=OuterRef("pk"), kind=ClockKind.RESOLVE, stopped_at=None)
    ended_by_hand = Override.objects.filter(case=OuterRef("pk"), kind=OverrideKind.CLOCK, after__do="end")
    open_cases = Case.objects.exclude(state__in=ENDED).exclude(state=CaseState.RESOLVED)
    not_going = open_cases.filter(~Exists(going), ~Exists(ended_by_hand))
    without = list(not_going.filter(opened_at__lt=desk.now - GRACE).order_by("pk")[:BATCH])
    standing = {each.case_id: each for each in ClockFinding.objects.filter(_NO_CLOCK, gone_at=None)}
    new = [
        ClockFinding(kind=FindingKind.NO_CLOCK, case=case, words=f"{case.number} is open", found_at=desk.now)
        for case in without
        if case.pk not in standing
    ]
    _tell(new, desk, done)
    still = {case.pk for case in without}
    _end([finding for key, finding in standing.items() if key not in still], desk, done)


_NO_CLOCK = Q(kind=FindingKind.NO_CLOCK)


@transaction.atomic
def _look_at_sweep(ages: heartbeat.Ages, done: Round) -> None:
    """Tell every integration team, once, that the sweep stands still, and note when it runs again."""
    now, age = our_clock.now(), ages[heartbeat.SWEEP]
    standing = ClockFinding.objects.filter(kind=FindingKind.SWEEP, gone_at=None)
    if not heartbeat.is_still(heartbeat.SWEEP, ages):
        done.gone += standing.update(gone_at=now)
        return
    words = f"It has not run for {int(age.total_seconds()) if age else 0} s"
    _, is_new = ClockFinding.objects.get_or_create(
        kind=FindingKind.SWEEP,
        case=None,
        clock=None,
        gone_at=None,
        defaults={"words": words, "found_at": now},
    )
    if not is_new:
        return
    done.found += 1
    record(
        "clock.sweep_stands_still",
        at=now,
        subject=("sweep", "clocks"),
        summary=f"The sweep of the clocks stands still. {words}",
    )
    Notification.objects.bulk_create(
        Notification(
            team=team,
            kind=NotificationKind.ALERT,
            title="No clock is looked at: the sweep stands still",
            body=f"{words}. Nobody is warned, and nothing escalates, until it runs again.",
            created_at=now,
            due_at=now,
        )
        for team in _integration(CompanyPolicy.objects.values_list("company", flat=True)).values()
    )


def _integration(companies: Iterable[int]) -> dict[int, Team]:
    """Return the integration team of each company, or its fallback team where it has none."""
    wanted = list(companies)
    rows = CompanyPolicy.objects.filter(company__in=wanted).select_related("fallback_team")
    teams = {row.company_id: row.fallback_team for row in rows}
    return teams | {
        team.company_id: team for team in Team.objects.filter(company__in=wanted, code=INTEGRATION)
    }
