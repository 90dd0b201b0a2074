"""What a clock has to tell by a moment, and when it has to be looked at next. No database.

What falls due is marked on the clock as it is returned, so that it is told once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import Clock
from exceptions_app.sla.counting import keep_due_by_hand, moment_of_use, used_by
from exceptions_app.sla.ladder import Ladder, Step


class What(StrEnum):
    """What a clock tells."""

    WARNING = "warned"
    REMINDER = "reminded"
    BREACH = "breached"
    STEP = "escalated"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that fell due on a clock: a warning, a reminder (its number), the breach, a step."""

    clock: Clock
    what: What
    number: int = 0
    step: Step | None = None


def fall_due(clock: Clock, calendar: BusinessCalendar, by: datetime) -> list[Happening]:
    """Mark on the clock what is due by `by` and was not told yet, and return it in order.

    A warning that comes when time is up is told no more, and of several missed reminders only the last.
    """
    if clock.running_since is None:
        return []
    keep_due_by_hand(clock, calendar)
    ladder = Ladder.of_plain(clock.ladder)
    happened = [*_reminder(clock, ladder, calendar, by)]
    if clock.breached_at is None:
        clock.due_at = due = _due(clock, calendar)
        if due > by:
            return [*_warning(clock, ladder, calendar, by), *happened]
        clock.warned_at = clock.warned_at or by
        clock.breached_at = due
        clock.breached_minutes = max(clock.allowed_minutes, used_by(clock, calendar, due))
        happened.append(Happening(clock, What.BREACH))
    for step in ladder.steps:
        if step.level > clock.level and _is_past(clock, calendar, _use_of(step, clock), by):
            clock.level = step.level
            happened.append(Happening(clock, What.STEP, step=step))
    return happened


def look_ahead(clock: Clock, calendar: BusinessCalendar) -> None:
    """Set when the clock is due, and when it has to be looked at next; never while it does not run."""
    if clock.running_since is None:
        clock.due_at = clock.sweep_at = None
        return
    keep_due_by_hand(clock, calendar)
    if clock.breached_at is None:
        clock.due_at = moment_of_use(clock, calendar, clock.allowed_minutes)
    else:
        clock.due_at = clock.breached_at
    ahead = min(_ahead(clock), default=None)
    clock.sweep_at = None if ahead is None else moment_of_use(clock, calendar, ahead)


def _ahead(clock: Clock) -> Iterator[Decimal]:
    """Yield the minutes of use at which there will be something to tell."""
    ladder = Ladder.of_plain(clock.ladder)
    reminder = ladder.reminder_at(clock.reminders + 1)
    if reminder is not None:
        yield reminder
    if clock.breached_at is not None:
        yield from (_use_of(step, clock) for step in ladder.steps if step.level > clock.level)
        return
    yield clock.allowed_minutes
    warning = ladder.warns_at(clock.allowed_minutes)
    if warning is not None and clock.warned_at is None:
        yield warning


def _due(clock: Clock, calendar: BusinessCalendar) -> datetime:
    """Return when the promise of a running clock breaks.

    A calendar that was changed may put that into the past. It then broke when the clock was marked to be
    looked at for the change: nothing that follows from a change happens before it.
    """
    due = moment_of_use(clock, calendar, clock.allowed_minutes)
    assert due is not None
    if clock.due_at is None or clock.sweep_at is None or due >= clock.due_at:
        return due
    return max(due, min(clock.due_at, clock.sweep_at))


def _warning(clock: Clock, ladder: Ladder, calendar: BusinessCalendar, by: datetime) -> Iterator[Happening]:
    use = ladder.warns_at(clock.allowed_minutes)
    if use is not None and clock.warned_at is None and _is_past(clock, calendar, use, by):
        clock.warned_at = by
        yield Happening(clock, What.WARNING)


def _reminder(clock: Clock, ladder: Ladder, calendar: BusinessCalendar, by: datetime) -> Iterator[Happening]:
    number = clock.reminders
    while (use := ladder.reminder_at(number + 1)) is not None and _is_past(clock, calendar, use, by):
        number += 1
    if number > clock.reminders:
        clock.reminders = number
        yield Happening(clock, What.REMINDER, number=number)


def _use_of(step: Step, clock: Clock) -> Decimal:
    """Return the minutes of use at which a step is taken: so many after the promise broke."""
    return (clock.breached_minutes or clock.allowed_minutes) + step.after_minutes


def _is_past(clock: Clock, calendar: BusinessCalendar, use: Decimal, by: datetime) -> bool:
    moment = moment_of_use(clock, calendar, use)
    return moment is not None and moment <= by
