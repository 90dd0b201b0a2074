"""Turns received bytes into recorded documents: claim, read, record, acknowledge; safe to run twice.

A worker that dies anywhere loses nothing and doubles nothing: every transaction of an interchange is recorded
in one database transaction with the row that says so, and whoever comes next goes on behind the last of them.
Small interchanges that wait together are read together, as long as nothing goes wrong with any of them.
Every accepted interchange ends processed, or quarantined with a reason.
"""

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError

from erp_connectors import clock
from erp_connectors.errors import ConfigurationError, PermanentError, TransientError
from erp_connectors.exchange import inbox, reading_edi, reading_json, reading_table
from erp_connectors.exchange.inbox import Format
from erp_connectors.exchange.models import Interchange
from erp_connectors.exchange.work import (
    LIGHT_BYTES,
    MOST_ATTEMPTS,
    MOST_TRANSIENT_ATTEMPTS,
    LeaseLost,
    Pause,
    Work,
    claim,
    claim_due,
)

READERS = {
    Format.EDI: reading_edi.read,
    Format.JSON: reading_json.read,
    Format.TABLE: reading_table.read,
}

log = logging.getLogger(__name__)


def process_interchange(interchange_id: UUID) -> None:
    """Process one received interchange; nothing happens where it is done, not due or in other hands."""
    work = claim(interchange_id)
    if work is not None:
        _process([work])


def process_due(limit: int = 100, *, seconds: float = 30.0) -> int:
    """Process what is due, the longest due first, for about so many seconds; return how many were taken."""
    stop_at = time.monotonic() + seconds
    taken = 0
    while taken < limit and time.monotonic() < stop_at and (works := claim_due(limit - taken)):
        _process(works)
        taken += len(works)
    return taken


def replay(interchange: Interchange) -> None:
    """Have the interchange read again from its kept bytes, with the profiles and tables of today.

    What was recorded from it stays as it is; what was refused, quarantined or not mapped is tried again.
    """
    inbox.read_again(interchange, now=clock.now())


def _process(works: Sequence[Work]) -> None:
    through = _read_together([work for work in works if _is_small(work)])
    for work in works:
        if work not in through:
            _process_alone(work)


def _is_small(work: Work) -> bool:
    return work.is_first_attempt and work.interchange.size <= LIGHT_BYTES and _format_of(work) is Format.EDI


def _read_together(works: Sequence[Work]) -> list[Work]:
    """Return which of some small interchanges are through, read together; all others are taken alone."""
    try:
        return reading_edi.read_together(works)
    # Which of them it was, and what becomes of it, is found out one by one.
    except Exception as error:
        log.info("%d interchanges are taken one by one: %s", len(works), error)
        return []


def _process_alone(work: Work) -> None:
    try:
        _read_or_refuse(work)
    except LeaseLost:
        log.warning("Interchange %s is in other hands now", work.interchange.pk)


def _format_of(work: Work) -> Format:
    return inbox.format_of(
        work.payload, content_type=work.interchange.content_type, connection=work.connection
    )


def _read_or_refuse(work: Work) -> None:
    if work.died and work.interchange.attempts > MOST_ATTEMPTS:
        work.quarantine(f"Reading it ended {MOST_ATTEMPTS} times in a dead worker.", code="POISON")
        return
    try:
        READERS[_format_of(work)](work)
    except LeaseLost:
        raise
    except Pause as pause:
        work.give_back(pause)
    except (TransientError, OperationalError, InterfaceError) as error:
        log.warning("Interchange %s has to wait: %s", work.interchange.pk, error)
        _wait_or_quarantine(work, error, MOST_TRANSIENT_ATTEMPTS)
    except (PermanentError, ConfigurationError) as error:
        work.quarantine(error, code=type(error).__name__)
    # Whatever else goes wrong with one interchange, the others go on.
    except Exception as error:
        log.exception("Interchange %s cannot be processed", work.interchange.pk)
        _wait_or_quarantine(work, error, MOST_ATTEMPTS)


def _wait_or_quarantine(work: Work, error: Exception, most_attempts: int) -> None:
    if work.interchange.attempts >= most_attempts:
        work.quarantine(error)
    else:
        work.give_back(error)
