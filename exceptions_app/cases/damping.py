"""Damping: what opens and clears again and again changes state only when two readings in a row agree.

The first reading that disagrees with the state is noted on the newest line of its key, as a doubt. The second
is a look at something new (the order was marked since), or at the same ten minutes later.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from exceptions_app.cases.models import CaseLine

WINDOW = timedelta(hours=24)
OFTEN = 2
SECOND_READING = timedelta(minutes=10)
DOUBT = "doubt"


def is_flapping(lines: Sequence[CaseLine], as_of: datetime) -> bool:
    """Say whether the lines of one key opened and cleared twice within the last 24 hours."""
    since = as_of - WINDOW
    return sum(line.cleared_at is not None and line.opened_at > since for line in lines) >= OFTEN


def is_confirmed(newest: CaseLine, *, deviates: bool, marked: int, as_of: datetime) -> bool:
    """Say whether this reading is the second in a row that disagrees with the state; note it if the first."""
    doubt: dict[str, Any] | None = newest.evidence.get(DOUBT)
    if doubt is None or doubt["deviates"] is not deviates:
        note = {"deviates": deviates, "since": as_of.isoformat(), "marked": marked}
        newest.evidence = newest.evidence | {DOUBT: note}
        newest.save(update_fields=["evidence"])
        return False
    if doubt["marked"] == marked and as_of < second_reading_at(newest):
        return False
    forget_doubt(newest)
    return True


def has_doubt(line: CaseLine) -> bool:
    """Say whether a reading that disagrees with the line's state waits for a second one."""
    return DOUBT in line.evidence


def second_reading_at(line: CaseLine) -> datetime:
    """Return when a line with a doubt is read for the second time, if nothing happens before."""
    return datetime.fromisoformat(line.evidence[DOUBT]["since"]) + SECOND_READING


def forget_doubt(line: CaseLine) -> None:
    """Drop a doubt: a reading agrees with the state again."""
    if has_doubt(line):
        line.evidence = {name: value for name, value in line.evidence.items() if name != DOUBT}
        line.save(update_fields=["evidence"])
