"""A message of which something could not be applied, as detection sees it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.subject import ACTIVE, SubjectSnapshot, SubjectView, counting


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPart:
    """One transaction that was not applied, by its position, or the message as a whole; why, in words."""

    position: int | None
    kind: str
    control_number: str
    text: str
    code: str = ""
    way_out: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageSnapshot(SubjectSnapshot):
    """One interchange as it was read last; `refused` is empty once everything of it is applied."""

    key: str
    name: str
    connection: str
    received_at: datetime
    refused: tuple[RefusedPart, ...] = ()

    def look(
        self, agreements: Iterable[Agreement], as_of: datetime, states: frozenset[AgreementState] = ACTIVE
    ) -> "MessageView":
        """Return the message as it is at `as_of`."""
        return MessageView(self, as_of, counting(self.calendar, agreements, as_of, states))


@dataclass(frozen=True)
class MessageView(SubjectView):
    """One message at one moment."""
