"""A claimed interchange: a worker's lease on it, taken in steps that each commit, and its end.

Whoever loses the lease loses the right to write: every step renews it in its own database transaction, so two
workers never both record the same part. What a step has committed is never done again. Small interchanges are
claimed together, and may take one step together.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F, Q, QuerySet

from erp_connectors import clock
from erp_connectors.errors import PermanentError, TransientError
from erp_connectors.exchange.models import (
    Interchange,
    InterchangeStatus,
    Quarantine,
    Transaction,
    TransactionStatus,
)
from erp_connectors.exchange.replaced import REFUSED, take_its_place
from erp_connectors.exchange.reports import report
from erp_connectors.signals import message_refused

LEASE = timedelta(minutes=2)
#: How long one worker stays with one interchange; a large file goes on in the next round.
LONGEST_STAY = 30.0
#: After so many attempts that ended in an error nobody foresaw, or in a dead worker, a person has to look.
MOST_ATTEMPTS = 3
MOST_TRANSIENT_ATTEMPTS = 20
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 30, 120, 600))
TAKEN = frozenset({TransactionStatus.APPLIED, TransactionStatus.NOT_MAPPED, TransactionStatus.IGNORED})
LONGEST_ERROR = 2000
#: An interchange of no more bytes is claimed with others like it, up to so many and so many bytes in all.
LIGHT_BYTES = 32 * 1024
MOST_TOGETHER = 25
MOST_BYTES_TOGETHER = 256 * 1024


class LeaseLost(TransientError):
    """Another worker has the interchange now: everything of this step is undone."""


class Pause(TransientError):
    """The worker has stayed long enough; the interchange goes on later where it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a whole interchange turned out to be, apart from its transactions."""

    verdict: str
    findings: Sequence[dict[str, Any]] = ()
    envelope: dict[str, Any] = field(default_factory=dict)
    is_test: bool = False
    has_errors: bool = False


class Work:
    """One worker's hold on one interchange."""

    def __init__(self, interchange: Interchange, done: Mapping[int, str], *, died: bool) -> None:
        """Hold `interchange`, whose lease was just taken; `died`: from a worker that did not come back.

        `done`: what its transactions have become so far, by position.
        """
        self.interchange = interchange
        self.connection = interchange.connection
        self.payload = bytes(interchange.payload)
        self.died = died
        self.done = dict(done)
        self._stop_at = time.monotonic() + LONGEST_STAY
        self._was_through = interchange.processed_at is not None

    @property
    def is_first_attempt(self) -> bool:
        """Say whether nobody has tried before, neither to the end nor to the death."""
        return self.interchange.attempts == 1 and not self.died and not self.done

    @property
    def is_last_attempt(self) -> bool:
        """Say whether an unforeseen error now means quarantine."""
        return self.interchange.attempts >= MOST_ATTEMPTS

    def pause_when_due(self) -> None:
        """Raise Pause when the worker has stayed long enough."""
        if time.monotonic() > self._stop_at:
            raise Pause("Goes on in the next round.")

    @contextmanager
    def step(self) -> Iterator[datetime]:
        """Run one step in one database transaction, under the lease; it counts as progress once committed."""
        with step_together([self]) as now:
            yield now

    def add(self, position: int, **values: Any) -> Transaction:
        """Write what became of the transaction at `position`; within a step."""
        (row,) = add_all([(self, position, values)])
        return row

    def finish(self, reading: Reading, *, now: datetime) -> None:
        """End the interchange by what its transactions have become; within a step."""
        row = self.interchange
        row.status = _status(set(self.done.values()), has_errors=reading.has_errors)
        row.verdict, row.is_test = reading.verdict, reading.is_test
        row.findings, row.envelope = storable(list(reading.findings)), storable(reading.envelope)
        row.processed_at = now
        row.due_at = row.lease_until = None
        row.last_error = ""
        row.save(
            update_fields=[
                "status", "verdict", "is_test", "findings", "envelope", "processed_at", "due_at",
                "lease_until", "last_error",
            ]
        )  # fmt: skip
        report(row, now=now)
        self._keep_quarantine(has_errors=reading.has_errors, now=now)
        take_its_place(row)

    def _keep_quarantine(self, *, has_errors: bool, now: datetime) -> None:
        """Tell those above what was refused now, or is no longer; within the step that ends it."""
        row = self.interchange
        refused = row.status in (InterchangeStatus.QUARANTINED, InterchangeStatus.PARTLY)
        if not refused and not self._was_through:
            return
        kept = Quarantine.objects.select_for_update().filter(interchange=row).first()
        if kept is None and not refused:
            return
        kept = kept or Quarantine(interchange=row, since=now)
        kept.is_whole = refused and has_errors
        kept.save()
        message_refused.send(sender=Quarantine, quarantine=kept)

    def quarantine(self, error: Exception | str, *, code: str = "UNFORESEEN") -> None:
        """End the interchange with an error nobody foresaw; what was recorded before stays."""
        with self.step() as now:
            finding = refusal(error, code=code, way_out="Report this error, then process the file again.")
            self.finish(Reading(verdict="quarantine", findings=[finding], has_errors=True), now=now)
            Interchange.objects.filter(pk=self.interchange.pk).update(last_error=str(error)[:LONGEST_ERROR])

    def give_back(self, error: Exception) -> None:
        """Let go of the interchange; it is due again after a wait that grows with the attempts."""
        pause = isinstance(error, Pause)
        wait = timedelta() if pause else BACK_OFF[min(self.interchange.attempts, len(BACK_OFF) - 1)]
        Interchange.objects.filter(pk=self.interchange.pk, lease_until=self.interchange.lease_until).update(
            lease_until=None,
            due_at=clock.now() + wait,
            last_error="" if pause else f"{type(error).__name__}: {error}"[:LONGEST_ERROR],
        )


# --- steps ----------------------------------------------------------------------------------------


@contextmanager
def step_together(works: Sequence[Work]) -> Iterator[datetime]:
    """Run one step of some interchanges in one database transaction, under all their leases.

    Gives the moment of the step. Raises LeaseLost, with nothing done, where one of them is in other hands.
    """
    done = [dict(work.done) for work in works]
    try:
        with transaction.atomic():
            now = clock.now()
            _renew(works, now + LEASE)
            yield now
    except BaseException:
        for work, before in zip(works, done, strict=True):
            work.done = before
        raise
    for work in works:
        work.interchange.lease_until = now + LEASE
        work.interchange.attempts = 0


def _renew(works: Sequence[Work], until: datetime) -> None:
    held = Q()
    for work in works:
        held |= Q(pk=work.interchange.pk, lease_until=work.interchange.lease_until)
    if Interchange.objects.filter(held).update(lease_until=until, due_at=until, attempts=0) != len(works):
        raise LeaseLost("Another worker took over.")


def add_all(rows: Sequence[tuple[Work, int, dict[str, Any]]]) -> list[Transaction]:
    """Write what became of transactions, each of a claimed interchange at its position; within a step."""
    added = Transaction.objects.bulk_create(
        [_row(work, position, values) for work, position, values in rows], batch_size=500
    )
    for (work, position, _), row in zip(rows, added, strict=True):
        work.done[position] = row.status
    return added


def _row(work: Work, position: int, values: Mapping[str, Any]) -> Transaction:
    kept = {
        name: storable(value) if name in ("findings", "reading") else value for name, value in values.items()
    }
    return Transaction(interchange=work.interchange, position=position, **kept)


# --- claiming -------------------------------------------------------------------------------------


def claim(interchange_id: UUID) -> Work | None:
    """Take one interchange; None where it is not due or is in other hands."""
    return next(iter(_claim(Interchange.objects.filter(pk=interchange_id), 1)), None)


def claim_due(most: int) -> list[Work]:
    """Take the interchange that is due longest; where it is small and new, up to `most` others like it, too.

    What was tried before is taken alone: should it kill the worker, no other interchange suffers for it.
    """
    return _claim(Interchange.objects.all(), min(most, MOST_TOGETHER))


def _claim(wanted: QuerySet[Interchange], most: int) -> list[Work]:
    now = clock.now()
    with transaction.atomic():
        waiting = (
            wanted.select_for_update(of=("self",), skip_locked=True)
            .select_related("connection__company", "correction")
            .defer("payload")
            .filter(Q(lease_until=None) | Q(lease_until__lte=now), status=InterchangeStatus.RECEIVED)
        )
        rows = list(_together(waiting.filter(due_at__lte=now).order_by("due_at", "id")[:most]))
        if not rows:
            return []
        died = {row.pk for row in rows if row.lease_until is not None}
        taken = Interchange.objects.filter(pk__in=[row.pk for row in rows])
        taken.update(attempts=F("attempts") + 1, lease_until=now + LEASE, due_at=now + LEASE)
        payloads = dict(taken.values_list("pk", "payload"))
    for row in rows:
        row.attempts += 1
        row.lease_until = row.due_at = now + LEASE
        row.payload = payloads[row.pk]
    done = _done(rows)
    return [Work(row, done[row.pk], died=row.pk in died) for row in rows]


def _together(waiting: Iterable[Interchange]) -> Iterator[Interchange]:
    """Yield the first, and what may be taken with it."""
    together = 0
    for number, row in enumerate(waiting):
        is_light = row.attempts == 0 and row.lease_until is None and row.size <= LIGHT_BYTES
        together += row.size
        if number == 0 and not is_light:
            yield row
            return
        if is_light and together <= MOST_BYTES_TOGETHER:
            yield row


def _done(rows: Sequence[Interchange]) -> dict[UUID, dict[int, str]]:
    done: dict[UUID, dict[int, str]] = defaultdict(dict)
    known = Transaction.objects.filter(interchange__in=[row.pk for row in rows]).order_by()
    for interchange, position, status in known.values_list("interchange", "position", "status"):
        done[interchange][position] = status
    return done


def refusal(
    error: Exception | str, *, code: str, layer: str = "interchange", way_out: str = ""
) -> dict[str, Any]:
    """Return an error as a finding, to stand beside those of the layers below."""
    text = str(error) if isinstance(error, str | PermanentError) else f"{type(error).__name__}: {error}"
    return {
        "layer": layer,
        "code": code,
        "severity": "error",
        "text": text[:LONGEST_ERROR],
        "way_out": way_out,
    }


def storable(value: Any) -> Any:
    """Return `value` as plain JSON types without NUL characters, which PostgreSQL cannot keep."""
    encoded = msgspec.json.encode(value)
    return msgspec.json.decode(encoded.replace(b"\\u0000", "\N{REPLACEMENT CHARACTER}".encode()))


def _status(statuses: set[str], *, has_errors: bool) -> InterchangeStatus:
    refused = has_errors or bool(statuses & REFUSED)
    if not refused:
        only_duplicates = statuses == {TransactionStatus.DUPLICATE}
        return InterchangeStatus.DUPLICATE if only_duplicates else InterchangeStatus.PROCESSED
    return InterchangeStatus.PARTLY if statuses - REFUSED else InterchangeStatus.QUARANTINED
