"""The clocks of a case: how much business time a team has, and what happens when it is used up.

A clock is a sum of running segments. `used_minutes` holds the segments that ended, `running_since` the start
of the one that runs. A due time is always what remains, laid onto the calendar of the owning team from the
start of the running segment: a pause, however long, costs nothing, and no due time is kept without segments.

All functions but `sweep` are called with the case locked; `sweep` locks only what nobody else holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

import structlog
from django.db import transaction
from django.db.models import Q

from exceptions_app.audit.record import record
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Case, Clock, ClockKind, Severity
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Membership
from exceptions_app.policies import lookup
from exceptions_app.policies.models import EscalationStep

log = structlog.get_logger(__name__)

#: How the time allowed at severity high is scaled (TAXONOMY, SLA).
SCALE = {
    Severity.CRITICAL: Decimal("0.5"),
    Severity.HIGH: Decimal(1),
    Severity.MEDIUM: Decimal(2),
    Severity.LOW: Decimal(4),
}
MICROSECONDS_A_MINUTE = 60_000_000
RETRY_AFTER = timedelta(minutes=5)


# --- one clock on one calendar: no database -----------------------------------------------------------------


def used_by(clock: Clock, calendar: BusinessCalendar, at: datetime) -> Decimal:
    """Return the business minutes the clock has used by `at`, a little less rather than a little more."""
    if clock.running_since is None or at <= clock.running_since:
        return clock.used_minutes
    passed = calendar.business_time_between(clock.running_since, at) // timedelta(microseconds=1)
    minutes = Decimal(passed) / MICROSECONDS_A_MINUTE
    return clock.used_minutes + minutes.quantize(Decimal("0.0001"), rounding=ROUND_DOWN)


def moment_of_use(clock: Clock, calendar: BusinessCalendar, minutes: Decimal) -> datetime | None:
    """Return when the running clock will have used `minutes` in all; None while it does not run.

    The start of the running segment when they were used up before it.
    """
    if clock.running_since is None:
        return None
    remaining = minutes - clock.used_minutes
    if remaining <= 0:
        return clock.running_since
    return calendar.add_business_time(
        clock.running_since, timedelta(microseconds=int(remaining * MICROSECONDS_A_MINUTE))
    )


def run(clock: Clock, calendar: BusinessCalendar, at: datetime) -> None:
    """Start a running segment at `at`. A clock that broke its promise before keeps the time it was due."""
    clock.running_since = at
    clock.due_at = moment_of_use(clock, calendar, clock.allowed_minutes)
    if clock.breached_at is not None and clock.used_minutes >= clock.allowed_minutes:
        clock.due_at = clock.breached_at


def halt(clock: Clock, calendar: BusinessCalendar, at: datetime) -> None:
    """End the running segment at `at`, if one runs."""
    clock.used_minutes = used_by(clock, calendar, at)
    clock.running_since = clock.due_at = None


# --- what happens to a case ---------------------------------------------------------------------------------


def start(case: Case, at: datetime | None = None) -> None:
    """Start both clocks of a case that opens, or anew of one that reopens, at `at` (else since its state)."""
    at = at or case.state_since
    level = lookup.service_level(case.company, case.type_code, at)
    hours = {ClockKind.RESPOND: level.respond_hours, ClockKind.RESOLVE: level.resolve_hours}
    calendar = lookup.business_calendar(case.team.calendar)
    for kind, promised in hours.items():
        minutes = Decimal(promised) * 60
        clock, _ = Clock.objects.update_or_create(
            case=case,
            kind=kind,
            defaults={
                "calendar": case.team.calendar,
                "release": lookup.current_release(),
                "base_minutes": minutes,
                "allowed_minutes": minutes * SCALE[Severity(case.severity)],
                "used_minutes": Decimal(0),
                "running_since": None,
                "due_at": None,
                "stopped_at": None,
                "breached_at": None,
                "level": 0,
                "sweep_at": None,
            },
        )
        run(clock, calendar, at)
        _save(clock, ())
    _show_next_due(case)


def pause(case: Case, at: datetime) -> None:
    """Halt the clocks of a case that waits for its supplier; what was due by `at` happens first."""
    for clock in _going(case):
        if clock.running_since is not None:
            calendar, ladder = _terms(clock, at)
            _fire(clock, calendar, ladder, at)
            halt(clock, calendar, at)
            _save(clock, ladder)
    _show_next_due(case)


def resume(case: Case, at: datetime) -> None:
    """Let the halted clocks run on from `at`, with all that remained when they were halted."""
    for clock in _going(case):
        if clock.running_since is None:
            calendar, ladder = _terms(clock, at)
            run(clock, calendar, at)
            _save(clock, ladder)
    _show_next_due(case)


def stop(case: Case, kind: ClockKind, at: datetime) -> None:
    """End the clock of `kind` for good: its promise is kept, or was broken by `at`."""
    for clock in _going(case):
        if clock.kind == kind:
            calendar, ladder = _terms(clock, at)
            _fire(clock, calendar, ladder, at)
            halt(clock, calendar, at)
            clock.stopped_at = at
            _save(clock, ladder)
    _show_next_due(case)


def rescale(case: Case, at: datetime) -> None:
    """Take over the severity of the case and the calendar of its team; the time used is carried over.

    A clock that has already used more than is now allowed is due at `at`.
    """
    for clock in _going(case):
        calendar, ladder = _terms(clock, at)
        _fire(clock, calendar, ladder, at)
        was_running = clock.running_since is not None
        halt(clock, calendar, at)
        clock.calendar = case.team.calendar
        clock.allowed_minutes = clock.base_minutes * SCALE[Severity(case.severity)]
        calendar, ladder = _terms(clock, at)
        if was_running:
            run(clock, calendar, at)
        _save(clock, ladder)
    _show_next_due(case)


def sweep(now: datetime, limit: int) -> int:
    """Let what is due by `now` happen, exactly once, on up to `limit` clocks; return on how many.

    A clock whose case somebody else holds is left for the next sweep, and so is one that cannot be computed
    (its calendar is wrong, say): that one is logged, waits five minutes and holds up no other.
    """
    with transaction.atomic():
        clocks = list(
            Clock.objects.select_for_update(skip_locked=True, of=("self", "case"))
            .select_related("case__team", "case__owner", "calendar")
            .filter(sweep_at__lte=now)
            .order_by("sweep_at", "pk")[:limit]
        )
        cases: dict[int, Case] = {}
        for clock in clocks:
            clock.case = cases.setdefault(clock.case_id, clock.case)
            _sweep_one(clock, now)
    return len(clocks)


def _sweep_one(clock: Clock, now: datetime) -> None:
    try:
        with transaction.atomic():
            calendar, ladder = _terms(clock, now)
            _fire(clock, calendar, ladder, now)
            _save(clock, ladder)
    except Exception:
        log.exception("clock_not_swept", clock=clock.pk, case=clock.case.number)
        Clock.objects.filter(pk=clock.pk).update(sweep_at=now + RETRY_AFTER)


# --- breach and escalation ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a ladder: `after_minutes` of business time after the breach, tell everybody in `role`."""

    level: int
    after_minutes: int
    role: str


def _fire(clock: Clock, calendar: BusinessCalendar, ladder: Iterable[Step], by: datetime) -> None:
    """Let the breach and the escalation steps that are due by `by` happen, each once."""
    if clock.due_at is None:
        return
    if clock.breached_at is None:
        if clock.due_at > by:
            return
        _breach(clock, by)
    for step in ladder:
        moment = _moment_of(step, clock, calendar)
        if step.level > clock.level and moment is not None and moment <= by:
            _escalate(clock, step, by)


def _breach(clock: Clock, at: datetime) -> None:
    case, promise = clock.case, clock.get_kind_display()
    clock.breached_at = clock.due_at
    record(
        "clock.breached",
        at=at,
        case=case,
        subject=("case", case.number),
        summary=f"{promise} is overdue",
        after={"clock": clock.kind, "due_at": clock.due_at.isoformat() if clock.due_at else None},
        release=clock.release,
    )
    Notification.objects.create(
        case=case,
        person=case.owner,
        team=None if case.owner else case.team,
        kind=NotificationKind.BREACH,
        title=f"{promise} is overdue: {case}"[:300],
        created_at=at,
        due_at=at,
    )


def _escalate(clock: Clock, step: Step, at: datetime) -> None:
    case, promise = clock.case, clock.get_kind_display()
    clock.level = step.level
    members = Membership.objects.filter(team=case.team, role=step.role, user__is_active=True)
    # A ladder that names a role nobody has must not end in silence: then the team is told.
    people = [member.user for member in members.select_related("user").order_by("pk")]
    for person in people or (None,):
        Notification.objects.create(
            case=case,
            person=person,
            team=None if person else case.team,
            kind=NotificationKind.ESCALATION,
            title=f"Escalated to level {step.level}: {case}"[:300],
            body=f"{promise} has been overdue since {clock.breached_at:%Y-%m-%d %H:%M} UTC.",
            created_at=at,
            due_at=at,
        )
    record(
        "clock.escalated",
        at=at,
        case=case,
        subject=("case", case.number),
        summary=f"Escalated to level {step.level}: {promise.lower()} is overdue",
        before={"escalation_level": case.escalation_level},
        after={"escalation_level": max(case.escalation_level, step.level), "clock": clock.kind},
        release=clock.release,
    )
    if step.level > case.escalation_level:
        case.escalation_level = step.level
        case.updated_at = at
        case.save(update_fields=["escalation_level", "updated_at"])


def _moment_of(step: Step, clock: Clock, calendar: BusinessCalendar) -> datetime | None:
    return moment_of_use(clock, calendar, clock.allowed_minutes + step.after_minutes)


# --- rows ---------------------------------------------------------------------------------------------------


def _going(case: Case) -> list[Clock]:
    """Lock and return the clocks of the case that were not stopped."""
    clocks = list(
        Clock.objects.select_for_update(of=("self",))
        .select_related("calendar", "release")
        .filter(case=case, stopped_at=None)
        .order_by("pk")
    )
    for clock in clocks:
        clock.case = case
    return clocks


def _terms(clock: Clock, at: datetime) -> tuple[BusinessCalendar, tuple[Step, ...]]:
    """Return the calendar the clock runs on, and the ladder of the owning team that holds at `at`."""
    calendar = lookup.business_calendar(clock.calendar)
    today = calendar.local_date(at)
    steps = EscalationStep.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_until=None) | Q(valid_until__gte=today),
        team=clock.case.team,
    ).order_by("level")
    return calendar, tuple(Step(step.level, step.after_minutes, step.role) for step in steps)


def _save(clock: Clock, ladder: Iterable[Step]) -> None:
    """Save the clock with the next moment at which the sweep must look at it."""
    clock.sweep_at = clock.due_at
    if clock.breached_at is not None and clock.running_since is not None:
        calendar = lookup.business_calendar(clock.calendar)
        ahead = (_moment_of(step, clock, calendar) for step in ladder if step.level > clock.level)
        clock.sweep_at = min((moment for moment in ahead if moment is not None), default=None)
    clock.save()


def _show_next_due(case: Case) -> None:
    """Set when the case is due: the earliest due time of its running clocks."""
    due = Clock.objects.filter(case=case, due_at__isnull=False).order_by("due_at").first()
    case.due_at = due.due_at if due else None
    case.save(update_fields=["due_at"])
