"""Edited copies of interchanges that could not be applied: tried out, read in place of the original.

What came stays as it came. A copy is an interchange of its own, received when the original was; once it is
read, what was refused of the original counts as corrected, and what is refused of the copy counts instead.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from erp_connectors.errors import ConflictError, PermanentError
from erp_connectors.exchange import editing, processing
from erp_connectors.exchange.inbox import WAKE
from erp_connectors.exchange.models import (
    Correction,
    Interchange,
    InterchangeStatus,
    Transaction,
)
from erp_connectors.exchange.waking import wake

CHANNEL = "person"
CORRECTABLE = (InterchangeStatus.QUARANTINED, InterchangeStatus.PARTLY)


class NothingChanged(PermanentError):
    """The edited text is what came."""


class CannotCorrect(PermanentError):
    """Nothing of the interchange waits for a correction, or it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedOut:
    """What reading an edited copy would come to; nothing of it is kept. `diff`: what was changed."""

    interchange: Interchange
    transactions: tuple[Transaction, ...]
    diff: str


def text_of(original: Interchange) -> str:
    """Return what came as text to edit. Raises NotEditable."""
    return editing.text_of(bytes(original.payload))


def is_correctable(original: Interchange) -> bool:
    """Say whether something of it was refused that a corrected copy could put right."""
    return original.status in CORRECTABLE


def try_out(original: Interchange, text: str, *, at: datetime) -> TriedOut:
    """Read an edited copy exactly as it would be read, tell what comes of it, and undo all of it.

    Raises NotEditable, NothingChanged, CannotCorrect and ConflictError.
    """
    payload, diff = _edited(original, text)
    with transaction.atomic():
        copy = _copy(_locked(original), payload, at)
        processing.process_interchange(copy.pk)
        copy = Interchange.objects.defer("payload").get(pk=copy.pk)
        found = tuple(copy.transactions.prefetch_related("documents"))
        transaction.set_rollback(True)
    return TriedOut(interchange=copy, transactions=found, diff=diff)


@transaction.atomic
def correct(
    original: Interchange, text: str, *, reason: str, by: str, at: datetime, entered_by: str = ""
) -> Correction:
    """Have an edited copy read in place of an interchange; raises as `try_out` does.

    `by` is the name the history shows, `entered_by` the user name of the person.
    """
    payload, diff = _edited(original, text)
    locked = _locked(original)
    copy = _copy(locked, payload, at, entered_by)
    correction = Correction.objects.create(
        original=locked,
        corrected=copy,
        diff=diff,
        reason=reason[:500],
        made_by=by[:200],
        made_at=at,
    )
    wake(WAKE)
    return correction


def _edited(original: Interchange, text: str) -> tuple[bytes, str]:
    before = bytes(original.payload)
    payload = editing.bytes_of(text, before)
    if payload == before:
        raise NothingChanged("Nothing was changed. What came as it is can be read again instead.")
    return payload, editing.difference(before, payload)


def _locked(original: Interchange) -> Interchange:
    """Lock an interchange that can be corrected; two people at once correct one after the other."""
    row = (
        Interchange.objects.select_for_update(of=("self",))
        .select_related("connection__company")
        .defer("payload")
        .get(pk=original.pk)
    )
    if not is_correctable(row):
        raise CannotCorrect(f"{row} is {row.get_status_display().lower()}: nothing waits for a correction.")
    if row.corrections.filter(corrected__status=InterchangeStatus.RECEIVED).exists():
        raise ConflictError(f"A correction of {row} is being read at this moment. Look at it first.")
    return row


def _copy(original: Interchange, payload: bytes, at: datetime, entered_by: str = "") -> Interchange:
    """Store a copy, received when the original was: what a person does says nothing of the partner's line."""
    sha256 = hashlib.sha256(payload).hexdigest()
    before = Interchange.objects.filter(connection=original.connection, sha256=sha256).first()
    if before is not None:
        raise CannotCorrect(f"These very bytes came before, as {before}; look at that one.")
    return Interchange.objects.create(
        connection=original.connection,
        channel=CHANNEL,
        entered_by=entered_by,
        file_name=original.file_name,
        content_type=original.content_type,
        payload=payload,
        sha256=sha256,
        size=len(payload),
        received_at=original.received_at,
        due_at=at,
    )
