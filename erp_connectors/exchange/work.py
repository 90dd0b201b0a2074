"""A claimed interchange: a worker's lease on it, taken in steps that each commit, and its end.

Whoever loses the lease loses the right to write: every step renews it in its own database transaction, so two
workers never both record the same part. What a step has committed is never done again.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Q

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

    def __init__(self, interchange: Interchange, *, died: bool) -> None:
        """Hold `interchange`, whose lease was just taken; `died`: from a worker that did not come back."""
        self.interchange = interchange
        self.connection = interchange.connection
        self.payload = bytes(interchange.payload)
        self.died = died
        self.done = set(interchange.transactions.values_list("position", flat=True))
        self._stop_at = time.monotonic() + LONGEST_STAY

    @property
    def is_last_attempt(self) -> bool:
        """Say whether an unforeseen error now means quarantine."""
        return self.interchange.attempts >= MOST_ATTEMPTS

    def pause_when_due(self) -> None:
        """Raise Pause when the worker has stayed long enough."""
        if time.monotonic() > self._stop_at:
            raise Pause("Goes on in the next round.")

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run one step in one database transaction, under the lease; it counts as progress once committed."""
        done = set(self.done)
        try:
            with transaction.atomic():
                until = self._renew()
                yield
        except BaseException:
            self.done = done
            raise
        self.interchange.lease_until = until
        self.interchange.attempts = 0

    def _renew(self) -> datetime:
        until = clock.now() + LEASE
        renewed = Interchange.objects.filter(
            pk=self.interchange.pk, lease_until=self.interchange.lease_until
        ).update(lease_until=until, due_at=until, attempts=0)
        if not renewed:
            raise LeaseLost("Another worker took over.")
        return until

    def add(self, position: int, **values: Any) -> Transaction:
        """Write what became of the transaction at `position`; within a step."""
        for name in ("findings", "reading"):
            if name in values:
                values[name] = storable(values[name])
        row = Transaction.objects.create(interchange=self.interchange, position=position, **values)
        self.done.add(position)
        return row

    def finish(self, reading: Reading) -> None:
        """End the interchange by what its transactions have become; within a step."""
        statuses = set(self.interchange.transactions.values_list("status", flat=True).distinct())
        row = self.interchange
        row.status = _status(statuses, has_errors=reading.has_errors)
        row.verdict, row.is_test = reading.verdict, reading.is_test
        row.findings, row.envelope = storable(list(reading.findings)), storable(reading.envelope)
        row.processed_at = clock.now()
        row.due_at = row.lease_until = None
        row.last_error = ""
        row.save(
            update_fields=[
                "status", "verdict", "is_test", "findings", "envelope", "processed_at", "due_at",
                "lease_until", "last_error",
            ]
        )  # fmt: skip
        report(row, now=row.processed_at)
        self._keep_quarantine(has_errors=reading.has_errors)
        take_its_place(row)

    def _keep_quarantine(self, *, has_errors: bool) -> None:
        """Tell those above what was refused now, or is no longer; within the step that ends it."""
        row = self.interchange
        refused = row.status in (InterchangeStatus.QUARANTINED, InterchangeStatus.PARTLY)
        kept = Quarantine.objects.select_for_update().filter(interchange=row).first()
        if kept is None and not refused:
            return
        kept = kept or Quarantine(interchange=row, since=row.processed_at or clock.now())
        kept.is_whole = refused and has_errors
        kept.save()
        message_refused.send(sender=Quarantine, quarantine=kept)

    def quarantine(self, error: Exception | str, *, code: str = "UNFORESEEN") -> None:
        """End the interchange with an error nobody foresaw; what was recorded before stays."""
        with self.step():
            finding = refusal(error, code=code, way_out="Report this error, then process the file again.")
            self.finish(Reading(verdict="quarantine", findings=[finding], has_errors=True))
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


def claim(interchange_id: UUID | None = None) -> Work | None:
    """Take one due interchange, the named one or the one due longest; None where nobody's is to be had."""
    now = clock.now()
    with transaction.atomic():
        waiting = (
            Interchange.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("connection__company")
            .filter(Q(lease_until=None) | Q(lease_until__lte=now), status=InterchangeStatus.RECEIVED)
        )
        if interchange_id is not None:
            waiting = waiting.filter(pk=interchange_id)
        row = waiting.filter(due_at__lte=now).order_by("due_at", "id").first()
        if row is None:
            return None
        died = row.lease_until is not None
        row.attempts += 1
        row.lease_until = row.due_at = now + LEASE
        row.save(update_fields=["attempts", "lease_until", "due_at"])
    return Work(row, died=died)


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
