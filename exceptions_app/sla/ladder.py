"""Whom a clock tells what, and when: the policies of a team, as values that stay for a round of the clock.

A clock keeps its ladder as plain JSON with the release it was made under, so that a rule that changes later
changes nothing for a case that is open.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from exceptions_app.people.models import Team
from exceptions_app.policies import lookup
from exceptions_app.policies.lookup import SupplierTime
from exceptions_app.policies.models import ClockWarning, PolicyRelease, Side

#: Without a rule, the owner is warned once this share of our time is used; the supplier's has reminders.
WARN_PERCENT = 75


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a ladder: `after_minutes` of business time after the breach, tell everybody in `role`."""

    level: int
    after_minutes: int
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """When to warn, whom to tell after a breach, and how often to remind the supplier."""

    release: int | None = None
    warn_percent: int | None = None
    warn_minutes_before: int | None = None
    steps: tuple[Step, ...] = ()
    remind_every_minutes: Decimal | None = None
    reminders: int = 0

    def warns_at(self, allowed: Decimal) -> Decimal | None:
        """Return the minutes of use at which to warn, when `allowed` are allowed; None: never."""
        if self.warn_percent is not None:
            return allowed * self.warn_percent / 100
        if self.warn_minutes_before is not None:
            return max(Decimal(0), allowed - self.warn_minutes_before)
        return None

    def reminder_at(self, number: int) -> Decimal | None:
        """Return the minutes of use at which the supplier is reminded for the nth time; None: never."""
        if not self.remind_every_minutes or number > self.reminders:
            return None
        return self.remind_every_minutes * number

    def as_plain(self) -> dict[str, Any]:
        """Return the ladder as plain JSON."""
        every = self.remind_every_minutes
        return {
            "release": self.release,
            "warn_percent": self.warn_percent,
            "warn_minutes_before": self.warn_minutes_before,
            "steps": [[step.level, step.after_minutes, step.role] for step in self.steps],
            "remind_every_minutes": None if every is None else str(every),
            "reminders": self.reminders,
        }

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> Self:
        """Read what `as_plain` wrote; a clock without a ladder tells only of its breach."""
        every = plain.get("remind_every_minutes")
        return cls(
            release=plain.get("release"),
            warn_percent=plain.get("warn_percent"),
            warn_minutes_before=plain.get("warn_minutes_before"),
            steps=tuple(Step(*step) for step in plain.get("steps", ())),
            remind_every_minutes=None if every is None else Decimal(every),
            reminders=plain.get("reminders", 0),
        )


def of_ours(team: Team, at: datetime, release: PolicyRelease) -> Ladder:
    """Return what holds for our clocks in a team at `at`."""
    return Ladder(**_of(team, Side.OURS, at, release))


def of_supplier(team: Team, time: SupplierTime, at: datetime, release: PolicyRelease) -> Ladder:
    """Return what holds for the clock of a supplier that owes the team an answer, at `at`."""
    hours = time.remind_every_hours
    return Ladder(
        **_of(team, Side.SUPPLIER, at, release),
        remind_every_minutes=None if hours is None else hours * 60,
        reminders=0 if hours is None else time.reminders,
    )


def _of(team: Team, side: Side, at: datetime, release: PolicyRelease) -> dict[str, Any]:
    today = at.astimezone(ZoneInfo(team.calendar.zone)).date()
    steps = lookup.escalation_steps(team, side, today)
    percent, minutes = _warning(lookup.clock_warning(team, side, today), side)
    return {
        "release": release.number,
        "steps": tuple(Step(step.level, step.after_minutes, step.role) for step in steps),
        "warn_percent": percent,
        "warn_minutes_before": minutes,
    }


def _warning(row: ClockWarning | None, side: Side) -> tuple[int | None, int | None]:
    if row is not None:
        return row.percent, row.minutes_before
    return (WARN_PERCENT if side == Side.OURS else None), None
