"""Writes what goes out by file: a row first, then a file that is there whole or not at all."""

import logging
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from erp_connectors import clock
from erp_connectors.errors import PermanentError, RightlineError
from erp_connectors.exchange import reports
from erp_connectors.exchange.channels.folders import folders_of, write_atomically
from erp_connectors.exchange.models import OutgoingFile, OutgoingStatus

LEASE = timedelta(minutes=1)
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=1)
#: About a day of back-off; then somebody has to look why the folder cannot be written.
MOST_ATTEMPTS = 30

log = logging.getLogger(__name__)


def send_due(limit: int = 100, *, seconds: float = 30.0) -> int:
    """Write the outgoing files that are due, for about so many seconds; return how many were tried."""
    stop_at = time.monotonic() + seconds
    tried = 0
    while tried < limit and time.monotonic() < stop_at and (file := _claim()) is not None:
        _send(file)
        tried += 1
    return tried


def _claim() -> OutgoingFile | None:
    now = clock.now()
    with transaction.atomic():
        file = (
            OutgoingFile.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("connection")
            .filter(Q(lease_until=None) | Q(lease_until__lte=now))
            .filter(status=OutgoingStatus.WAITING, due_at__lte=now, connection__is_active=True)
            .order_by("due_at", "id")
            .first()
        )
        if file is not None:
            file.lease_until = now + LEASE
            file.attempts += 1
            file.save(update_fields=["lease_until", "attempts"])
    return file


def _send(file: OutgoingFile) -> None:
    """Write the file; doing it twice leaves the same file."""
    try:
        folders = folders_of(file.connection)
        folder = folders.error if file.kind == reports.KIND else folders.outgoing
        write_atomically(folder, file.file_name, bytes(file.payload))
    except (RightlineError, OSError) as error:
        _try_later(file, error)
        return
    file.status, file.sent_at, file.due_at = OutgoingStatus.SENT, clock.now(), None
    file.lease_until, file.last_error = None, ""
    file.save(update_fields=["status", "sent_at", "due_at", "lease_until", "last_error"])


def _try_later(file: OutgoingFile, error: Exception) -> None:
    log.warning("%s cannot be written for %s: %s", file.file_name, file.connection.code, error)
    wait = min(FIRST_BACK_OFF * 2 ** min(file.attempts - 1, 10), LONGEST_BACK_OFF)
    given_up = file.attempts >= MOST_ATTEMPTS or isinstance(error, PermanentError)
    file.status = OutgoingStatus.DEAD if given_up else OutgoingStatus.WAITING
    file.due_at = None if given_up else clock.now() + wait
    file.lease_until, file.last_error = None, str(error)[:2000]
    file.save(update_fields=["status", "due_at", "lease_until", "last_error"])
