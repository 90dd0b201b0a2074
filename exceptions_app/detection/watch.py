"""The watch as a queue: mark what has to be looked at, claim what is due, say when to look again.

Marking and finishing may meet: a look that ends while a new mark came in leaves the watch due, since its
sequence is no longer the one that was read when the look began.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from erp_connectors import clock
from erp_connectors.connectors.base import Stream
from exceptions_app.detection.models import LookOver, Watch

LEASE = timedelta(minutes=2)
#: What is merely around a subject has moved: one look for all that comes within this time.
SOON = timedelta(seconds=3)
#: While a stream is blind a subject is looked at again this often, besides whenever one of them was read.
BLIND_AGAIN = timedelta(minutes=1)
#: Waiting time after the first, second ... failed look; the last one is kept.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))

MARK = """
    INSERT INTO exceptions_app_watch AS watch
        (subject_kind, subject_id, marked, seen, due_at, attempts, last_error)
    SELECT %(kind)s, subject_id, 1, 0, rightline_now() + make_interval(secs => wait), 0, ''
    FROM (
        SELECT subject_id, min(wait) AS wait
        FROM unnest(%(ids)s::bigint[], %(waits)s::float8[]) AS wanted (subject_id, wait)
        GROUP BY subject_id ORDER BY subject_id
    ) AS subjects
    ON CONFLICT (subject_kind, subject_id) DO UPDATE
    SET marked = watch.marked + 1, due_at = LEAST(watch.due_at, EXCLUDED.due_at)
"""
# The subjects that follow in a look over everything; locked in the one order in which all lock them.
MARK_NEXT = """
    WITH following AS MATERIALIZED (
        SELECT id FROM exceptions_app_watch
        WHERE (subject_kind, subject_id) > (%(kind)s, %(subject)s)
        ORDER BY subject_kind, subject_id LIMIT %(limit)s FOR UPDATE
    )
    UPDATE exceptions_app_watch AS watch
    SET marked = marked + 1, due_at = LEAST(due_at, rightline_now())
    FROM following WHERE watch.id = following.id
    RETURNING subject_kind, subject_id
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
    UPDATE exceptions_app_watch AS watch
    SET seen = look.marked, looked_at = %(as_of)s, lease_until = NULL, attempts = 0, last_error = '',
        blind_since = look.blind_since,
        due_at = CASE WHEN watch.marked = look.marked THEN look.next_look
            ELSE LEAST(watch.due_at, rightline_now()) END
    FROM unnest(
        %(ids)s::bigint[], %(marked)s::bigint[], %(next_looks)s::timestamptz[], %(blind)s::timestamptz[]
    ) AS look (subject_id, marked, next_look, blind_since)
    WHERE watch.subject_kind = %(kind)s AND watch.subject_id = look.subject_id
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


@dataclass(frozen=True, slots=True)
class Finished:
    """A look that ended: when the next is due by itself (None: when it is marked), and, for one that was held
    up by a stream, until when that could be seen.
    """

    look: Look
    next_look: datetime | None = None
    blind_since: datetime | None = None

    def due_after(self, as_of: datetime) -> datetime | None:
        """Return when the next look is due after one at `as_of`; a blind subject is within a minute."""
        if self.blind_since is None:
            return self.next_look
        again = as_of + BLIND_AGAIN
        return min(self.next_look or again, again)


def mark(subject_kind: str, subject_ids: Iterable[int], *, soon: Iterable[int] = ()) -> None:
    """Have the subjects looked at now, in one statement; in the transaction of what happened to them.

    Those around which something moved are looked at `soon`: within SOON, once for all that comes by then.
    """
    now, later = list(subject_ids), list(soon)
    waits = [0.0] * len(now) + [SOON.total_seconds()] * len(later)
    _execute(MARK, kind=subject_kind, ids=[*now, *later], waits=waits)


def look_over(at: datetime) -> None:
    """Have everything that is watched looked at whenever nothing else is due: a rule changed for all of it.

    One row says so, in the transaction that changed the rule; `claim` marks what follows, as it has time.
    """
    LookOver.objects.create(asked_at=at)


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

    Where fewer are due, those that follow in a look over everything are taken too: what comes in meanwhile
    waits for one batch of them at most. A worker that dies loses its lease, and the subjects are due again.
    """
    kinds = list(map(str, subject_kinds))
    claimed = _claim(kinds, limit)
    if len(claimed) < limit and _mark_next(limit - len(claimed)):
        claimed += _claim(kinds, limit - len(claimed))
    return claimed


def _claim(kinds: list[str], limit: int) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"kinds": kinds, "limit": limit, "lease": LEASE.total_seconds()})
        return [(kind, subject_id) for kind, subject_id in cursor.fetchall()]


@transaction.atomic
def _mark_next(limit: int) -> bool:
    """Mark what follows in the newest look over everything, and say whether something did.

    Nothing is skipped, whenever it was looked at last: a look may have begun before the rule changed.
    """
    over = LookOver.objects.select_for_update().filter(done_at=None).order_by("-pk").first()
    if over is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(MARK_NEXT, {"kind": over.kind, "subject": over.subject_id, "limit": limit})
        marked = cursor.fetchall()
    if not marked:
        # An earlier one has nothing to add: everything was looked at since it was asked for.
        LookOver.objects.filter(pk__lte=over.pk, done_at=None).update(done_at=clock.now())
        return False
    over.kind, over.subject_id = max(marked)
    over.save(update_fields=["kind", "subject_id"])
    return True


def begin(subject_kind: str, subject_ids: Sequence[int]) -> dict[int, Look]:
    """Return the subjects' watches as they are before their snapshots are read; a missing one is made."""
    _execute(ENSURE, kind=subject_kind, ids=list(subject_ids))
    return looks(subject_kind, subject_ids)


def looks(subject_kind: str, subject_ids: Sequence[int]) -> dict[int, Look]:
    """Return the watches of the subjects as they are now."""
    rows = Watch.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids)
    return {row.subject_id: Look(row.subject_id, row.marked, row.seen, row.looked_at) for row in rows}


def finish(subject_kind: str, looks: Iterable[Finished], *, as_of: datetime) -> None:
    """End looks that were made at `as_of`, in one statement, by the marks that were read when they began.

    What was marked meanwhile is due at once, what is blind within a minute, all else at its next look.
    """
    ended = list(looks)
    _execute(
        FINISH,
        kind=subject_kind,
        as_of=as_of,
        ids=[each.look.subject_id for each in ended],
        marked=[each.look.marked for each in ended],
        next_looks=[each.due_after(as_of) for each in ended],
        blind=[each.blind_since for each in ended],
    )


def due(subject_kind: str, at: datetime) -> list[int]:
    """Return what is due at `at`, longest due first, then what follows in a look over everything.

    Nobody claims it by this.
    """
    waiting = Q(due_at__lte=at)
    over = LookOver.objects.filter(done_at=None).order_by("-pk").first()
    if over is not None and subject_kind >= over.kind:
        after = over.subject_id if subject_kind == over.kind else 0
        waiting |= Q(subject_id__gt=after)
    rows = Watch.objects.filter(waiting, subject_kind=subject_kind)
    return list(rows.order_by(F("due_at").asc(nulls_last=True), "pk").values_list("subject_id", flat=True))


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
