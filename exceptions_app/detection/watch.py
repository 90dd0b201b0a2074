"""The watch as a queue: mark what has to be looked at, claim what is due, say when to look again.

Marking and finishing may meet: a look that ends while a new mark came in leaves the watch due, since its
sequence is no longer the one that was read when the look began.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from erp_connectors.connectors.base import Stream
from exceptions_app.detection.models import Watch

LEASE = timedelta(minutes=2)
#: While a stream is blind a subject is looked at again this often, besides whenever one of them was read.
BLIND_AGAIN = timedelta(minutes=1)
#: Waiting time after the first, second ... failed look; the last one is kept.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))

MARK = """
    INSERT INTO exceptions_app_watch AS watch
        (subject_kind, subject_id, marked, seen, due_at, attempts, last_error)
    SELECT %(kind)s, subject_id, 1, 0, rightline_now(), 0, ''
    FROM (SELECT DISTINCT unnest(%(ids)s::bigint[]) AS subject_id ORDER BY 1) AS subjects
    ON CONFLICT (subject_kind, subject_id) DO UPDATE
    SET marked = watch.marked + 1, due_at = LEAST(watch.due_at, EXCLUDED.due_at)
"""
MARK_ALL = """
    WITH watched AS MATERIALIZED (
        SELECT id FROM exceptions_app_watch ORDER BY subject_kind, subject_id FOR UPDATE
    )
    UPDATE exceptions_app_watch AS watch
    SET marked = marked + 1, due_at = LEAST(due_at, rightline_now())
    FROM watched WHERE watch.id = watched.id
"""
ENSURE = """
    INSERT INTO exceptions_app_watch
        (subject_kind, subject_id, marked, seen, due_at, attempts, last_error)
    SELECT %(kind)s, subject_id, 1, 0, rightline_now(), 0, ''
    FROM (SELECT DISTINCT unnest(%(ids)s::bigint[]) AS subject_id ORDER BY 1) AS subjects
    ON CONFLICT (subject_kind, subject_id) DO NOTHING
"""
# The rows are chosen once, in a materialized CTE: a subquery in WHERE may run again and exceed its limit.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM exceptions_app_watch
        WHERE subject_kind = ANY(%(kinds)s) AND due_at <= rightline_now()
            AND (lease_until IS NULL OR lease_until <= rightline_now())
        ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE exceptions_app_watch AS watch
    SET lease_until = rightline_now() + make_interval(secs => %(lease)s), attempts = attempts + 1
    FROM due WHERE watch.id = due.id
    RETURNING subject_kind, subject_id
"""
FINISH = """
    UPDATE exceptions_app_watch
    SET seen = %(marked)s, looked_at = %(as_of)s, lease_until = NULL, attempts = 0, last_error = '',
        blind_since = %(blind_since)s,
        due_at = CASE WHEN marked = %(marked)s THEN %(next_look)s ELSE LEAST(due_at, rightline_now()) END
    WHERE subject_kind = %(kind)s AND subject_id = %(id)s
"""
# A stream of the subject's ERP, or of an EDI partner of its supplier, was read further since the last look.
WAKE_BLIND = """
    UPDATE exceptions_app_watch AS watch SET due_at = rightline_now()
    FROM {table} AS subject
    WHERE watch.subject_kind = ANY(%(kinds)s) AND watch.subject_id = subject.id
        AND watch.blind_since IS NOT NULL
        AND watch.due_at > rightline_now()
        AND watch.due_at <= rightline_now() + make_interval(secs => %(again)s)
        AND EXISTS (
            SELECT FROM erp_connectors_streamstate AS stream
            WHERE stream.last_success_at > watch.looked_at AND stream.watermark > watch.blind_since
                AND (
                    stream.connection_id = subject.connection_id
                    OR stream.connection_id IN (
                        SELECT partner.connection_id FROM erp_connectors_partnerprofile AS partner
                        WHERE partner.supplier_id = subject.supplier_id
                    )
                )
        )
"""
WATCH_STREAMS = """
    INSERT INTO exceptions_app_watch
        (subject_kind, subject_id, marked, seen, due_at, attempts, last_error)
    SELECT 'stream', state.id, 1, 0, rightline_now(), 0, ''
    FROM erp_connectors_streamstate AS state
    WHERE state.stream = ANY(%(streams)s) AND NOT EXISTS (
        SELECT FROM exceptions_app_watch AS watch
        WHERE watch.subject_kind = 'stream' AND watch.subject_id = state.id
    )
    ON CONFLICT (subject_kind, subject_id) DO NOTHING
"""
#: Which kinds of subjects have a connection, a supplier and streams that tell of them, by their table.
BLIND_IN = {
    "erp_connectors_purchaseorder": ["order"],
    "erp_connectors_documenthead": ["invoice", "document"],
}


@dataclass(frozen=True, slots=True)
class Look:
    """A watch as it was when a look began: its sequence, the one seen last, and when that was."""

    subject_id: int
    marked: int
    seen: int
    looked_at: datetime | None


def mark(subject_kind: str, subject_ids: Iterable[int]) -> None:
    """Have the subjects looked at now, in one statement; in the transaction of what happened to them."""
    _execute(MARK, kind=subject_kind, ids=list(subject_ids))


def mark_all() -> None:
    """Have everything that is watched looked at now: a rule changed for all of them."""
    _execute(MARK_ALL)


def lock(subject_kind: str, subject_ids: Iterable[int]) -> None:
    """Hold the watches of the subjects until the transaction ends; everybody locks them in one order."""
    rows = Watch.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids))
    list(rows.order_by("subject_id").select_for_update().values_list("pk"))


def wake_blind() -> None:
    """Have looked at what no stream could tell about, once one was read further: orders and documents."""
    for table, kinds in BLIND_IN.items():
        _execute(WAKE_BLIND.format(table=table), kinds=kinds, again=BLIND_AGAIN.total_seconds())


def watch_streams() -> None:
    """Watch every stream by which somebody speaks to us, from when it first does."""
    _execute(WATCH_STREAMS, streams=[stream.value for stream in Stream])


def claim(subject_kinds: Sequence[str], limit: int) -> list[tuple[str, int]]:
    """Take up to `limit` due subjects, longest due first; no other worker gets them for two minutes.

    A worker that dies loses its lease, and the subjects are due again.
    """
    with connection.cursor() as cursor:
        kinds = list(map(str, subject_kinds))
        cursor.execute(CLAIM, {"kinds": kinds, "limit": limit, "lease": LEASE.total_seconds()})
        return [(kind, subject_id) for kind, subject_id in cursor.fetchall()]


def begin(subject_kind: str, subject_ids: Sequence[int]) -> dict[int, Look]:
    """Return the subjects' watches as they are before their snapshots are read; a missing one is made."""
    _execute(ENSURE, kind=subject_kind, ids=list(subject_ids))
    return looks(subject_kind, subject_ids)


def looks(subject_kind: str, subject_ids: Sequence[int]) -> dict[int, Look]:
    """Return the watches of the subjects as they are now."""
    rows = Watch.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids)
    return {row.subject_id: Look(row.subject_id, row.marked, row.seen, row.looked_at) for row in rows}


def finish(
    subject_kind: str,
    look: Look,
    *,
    as_of: datetime,
    next_look: datetime | None,
    blind_since: datetime | None = None,
) -> None:
    """End a look at `as_of`: due again at `next_look` (None: when marked), or at once if marked meanwhile.

    A blind subject is due again within a minute.
    """
    if blind_since is not None:
        next_look = min(next_look or as_of + BLIND_AGAIN, as_of + BLIND_AGAIN)
    _execute(
        FINISH,
        kind=subject_kind,
        id=look.subject_id,
        marked=look.marked,
        as_of=as_of,
        next_look=next_look,
        blind_since=blind_since,
    )


def due(subject_kind: str, at: datetime) -> list[int]:
    """Return what is due at `at`, longest due first; nobody claims it by this."""
    rows = Watch.objects.filter(subject_kind=subject_kind, due_at__lte=at).order_by("due_at", "pk")
    return list(rows.values_list("subject_id", flat=True))


def fail(subject_kind: str, subject_id: int, *, error: str, now: datetime) -> None:
    """Note that a look failed, and try again after a wait that grows with the failures."""
    row = Watch.objects.filter(subject_kind=subject_kind, subject_id=subject_id).first()
    if row is None:
        return
    wait = BACK_OFF[min(max(row.attempts, 1), len(BACK_OFF)) - 1]
    Watch.objects.filter(pk=row.pk).update(last_error=error[:2000], lease_until=None, due_at=now + wait)


def _execute(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
