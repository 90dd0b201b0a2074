"""Two people at once: what moved between drawing a form and sending it."""

from dataclasses import dataclass
from typing import Any

from exceptions_app.audit.models import Event
from exceptions_app.cases.actions import StaleVersion
from exceptions_app.web.event_view import Move, moves_of


@dataclass(frozen=True, slots=True)
class Conflict:
    """What moved between drawing a form and sending it."""

    rows: list[Move]
    events: list[Event]


def conflict_of(error: StaleVersion) -> Conflict:
    """Return both versions side by side, from the events between them."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for event in error.changes:
        for name, value in event.before.items():
            before.setdefault(name, value)
            after[name] = event.after.get(name)
    return Conflict(rows=moves_of(before, after), events=error.changes)
