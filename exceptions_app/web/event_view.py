"""How events look in a history: who did what and why, and the values it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from exceptions_app.audit.models import Event
from exceptions_app.spoken.reading import event_in_words, in_words
from exceptions_app.web import formats, labels
from exceptions_app.web.labels import Text
from exceptions_app.web.message_view import MessageView

#: Events that show red.
CRITICAL = (
    "clock.breached",
    "clock.escalated",
    "case.escalated",
    "case.not_asked",
    "command.refused",
    "message.failed",
)
FIELDS: dict[str, Text] = {
    "state": _("Status"),
    "severity": _("Severity"),
    "amount": _("Value"),
    "expected_loss": _("Expected loss"),
    "escalation_level": _("Escalation"),
    "headline": _("Headline"),
    "close_reason": _("Closing reason"),
    "team": _("Team"),
    "owner": _("Owner"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One value an event changed."""

    label: Text
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of the timeline."""

    at: datetime
    who: str
    summary: str
    reason: str
    tone: str
    moves: list[Move]
    message: MessageView | None = None


def event_view(event: Event, messages: Sequence[MessageView] = ()) -> EventView:
    """Return an event with what it moved, and its message; what the summary says already is left out."""
    moves = moves_of(event.before, event.after) if event.kind.startswith("case.") else []
    return EventView(
        at=event.at,
        who="" if event.actor_name and event.actor_name in event.summary else event.actor_name,
        summary=event_in_words(event.kind, event.summary),
        reason=event.reason if event.actor_id else in_words(event.reason),
        tone=_event_tone(event),
        moves=[move for move in moves if move.label not in (FIELDS["state"], FIELDS["headline"])],
        message=_message_of(event, messages),
    )


def _message_of(event: Event, messages: Sequence[MessageView]) -> MessageView | None:
    """Return the message an event is the beginning of; what became of it, its chip tells there."""
    if event.kind not in ("case.asked", "message.reminded"):
        return None
    return next((each for each in messages if each.id == event.after.get("message")), None)


def _event_tone(event: Event) -> str:
    if event.kind in CRITICAL:
        return "crit"
    if event.kind.startswith("proposal."):
        return "accent"
    if event.kind in ("case.closed", "case.resolved"):
        return "good"
    return "person" if event.actor_id else ""


def moves_of(before: dict[str, Any], after: dict[str, Any]) -> list[Move]:
    """Return the fields of a case that differ, in words."""
    return [
        Move(label, _value(name, before[name]), _value(name, after.get(name)))
        for name, label in FIELDS.items()
        if name in before and before[name] != after.get(name)
    ]


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return formats.NOTHING
    if name == "state":
        return str(labels.CASE_STATES[value].label) if value in labels.CASE_STATES else str(value)
    if name == "severity":
        return labels.severity_label(value) if value in labels.SEVERITIES else str(value)
    if name in ("amount", "expected_loss"):
        return formats.number(Decimal(str(value)), places=2)
    return str(value)
