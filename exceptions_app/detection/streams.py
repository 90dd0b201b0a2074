"""A stream of messages as detection sees it: when it spoke, and how often it should. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from exceptions_app.calendars import BusinessCalendar
from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.subject import ACTIVE, SubjectSnapshot, SubjectView, counting

#: A rhythm is learned from so many pauses, the newest ones; fewer than the least are no rhythm.
LEAST_PAUSES = 10
MOST_PAUSES = 30
#: Twice as long as ever is silence, but never less than this.
SHORTEST_SILENCE = timedelta(hours=1)
#: An endpoint that was not read for so long cannot be read.
SHORTEST_LOSS = timedelta(minutes=10)
TWICE = 2


@dataclass(frozen=True, slots=True)
class Expectation:
    """By when a stream should have spoken, or been read; and how that is known."""

    by: datetime
    since: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class StreamSnapshot(SubjectSnapshot):
    """One stream of one connection.

    `spoke`: when messages came, oldest first, the newest ones only. `every`: how often the other side is to
    speak. `read_every`: how often we try to read it while that fails, and `read_at` when we last could.
    """

    key: str
    stream: str
    connection: str
    spoke: tuple[datetime, ...] = ()
    every: timedelta | None = None
    read_every: timedelta | None = None
    read_at: datetime | None = None
    last_error: str = ""

    def look(
        self, agreements: Iterable[Agreement], as_of: datetime, states: frozenset[AgreementState] = ACTIVE
    ) -> "StreamView":
        """Return the stream as it is at `as_of`."""
        return StreamView(self, as_of, counting(self.calendar, agreements, as_of, states))


@dataclass(frozen=True)
class StreamView(SubjectView):
    """One stream at one moment."""

    @property
    def expectations(self) -> list[Expectation]:
        """What is expected of the stream, the earliest first."""
        found = [_read(self.snapshot), _scheduled(self.snapshot), _learned(self.snapshot)]
        return sorted((each for each in found if each is not None), key=lambda each: each.by)


def _read(stream: StreamSnapshot) -> Expectation | None:
    if stream.read_every is None or stream.read_at is None:
        return None
    by = stream.read_at + max(TWICE * stream.read_every, SHORTEST_LOSS)
    return Expectation(by, stream.read_at, "cannot be read")


def _scheduled(stream: StreamSnapshot) -> Expectation | None:
    """Return when the schedule is missed twice."""
    if stream.every is None or not stream.spoke:
        return None
    return Expectation(stream.spoke[-1] + TWICE * stream.every, stream.spoke[-1], "missed its schedule twice")


def _learned(stream: StreamSnapshot) -> Expectation | None:
    """Return when the stream has been silent twice as long as it was at most, in business time."""
    if stream.every is not None or len(stream.spoke) <= LEAST_PAUSES:
        return None
    allowed = max(TWICE * max(_pauses(stream.calendar, stream.spoke)), SHORTEST_SILENCE)
    by = stream.calendar.add_business_time(stream.spoke[-1], allowed)
    return Expectation(by, stream.spoke[-1], "is silent for longer than ever")


def _pauses(calendar: BusinessCalendar, spoke: tuple[datetime, ...]) -> list[timedelta]:
    newest = spoke[-MOST_PAUSES - 1 :]
    return [calendar.business_time_between(one, other) for one, other in pairwise(newest)]
