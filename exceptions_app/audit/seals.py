"""Chains committed events: each seal hashes the previous one and every column of its event.

Writers only insert. Every second one sealer takes what has been committed since, in blocks; an event that
commits late, whatever its time, still waits in its own row and is sealed then. So the order of the chain is
the order in which events were sealed, and none is skipped.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

BLOCK = 5_000
#: Before the first seal.
GENESIS = bytes(32)
#: Columns whose text can hold no comma, then JSON, then free text; each as PostgreSQL writes it whatever its
#: settings are.
PLAIN = {
    "id": "e.id::text",
    "at": "to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    "case_id": "e.case_id::text",
    "company_id": "e.company_id::text",
    "actor_id": "e.actor_id::text",
    "release_id": "e.release_id::text",
}
OBJECTS = {"before": "e.before::text", "after": "e.after::text"}
TEXTS = {
    "kind": "e.kind",
    "subject_kind": "e.subject_kind",
    "subject_id": "e.subject_id",
    "actor_name": "e.actor_name",
    "summary": "e.summary",
    "reason": "e.reason",
    "source": "e.source",
}
COLUMNS = PLAIN | OBJECTS | TEXTS
#: The same as `digest`, in SQL over an event `e`. Free text has its length before it: no two read the same.
DIGEST = "sha256(convert_to(concat({}), 'UTF8'))".format(
    ", ".join(
        [f"{sql}, ','" for sql in (*PLAIN.values(), *OBJECTS.values())]
        + [f"octet_length({sql}), ':', {sql}" for sql in TEXTS.values()]
    )
)

# Three short statements instead of one: whatever the planner knows of these tables, each goes by a key.
_WAITING = "SELECT event_id FROM exceptions_app_unsealedevent ORDER BY event_id LIMIT %s"
_DIGESTS = f"""
SELECT e.id, {DIGEST} FROM unnest(%s::uuid[]) AS waiting (id)
JOIN exceptions_app_event AS e ON e.id = waiting.id ORDER BY e.id
"""
_TAKE = "DELETE FROM exceptions_app_unsealedevent WHERE event_id = ANY(%s::uuid[])"
_PUT = """
INSERT INTO exceptions_app_seal (sequence, event_id, hash, sealed_at)
SELECT sequence, event_id, hash, clock_timestamp()
FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS new (sequence, event_id, hash)
"""
#: What an event is found by later, so that its writer need not keep an index of words.
_READ = """
INSERT INTO exceptions_app_eventtext (event_id, words)
SELECT id, concat_ws(' ', summary, reason, actor_name) FROM exceptions_app_event WHERE id = ANY(%s::uuid[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last seal: how many there are, and the hash that stands for all of them."""

    sequence: int = 0
    hash: bytes = GENESIS


def digest(values: Mapping[str, str | None]) -> bytes:
    """Return the digest of an event whose columns are given as `COLUMNS` writes them."""
    hashed = hashlib.sha256()
    for column in (*PLAIN, *OBJECTS):
        hashed.update(f"{values[column] or ''},".encode())
    for column in TEXTS:
        text = (values[column] or "").encode()
        hashed.update(b"%d:%b" % (len(text), text))
    return hashed.digest()


def link(previous: bytes, event: bytes) -> bytes:
    """Return the hash of a seal, from the hash before it and the digest of its event."""
    return hashlib.sha256(previous + event).digest()


def head() -> Head:
    """Return the last seal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequence, hash FROM exceptions_app_seal ORDER BY sequence DESC LIMIT 1")
        row = cursor.fetchone()
    return Head(row[0], bytes(row[1])) if row else Head()


@transaction.atomic
def seal_committed(limit: int = BLOCK) -> int:
    """Seal up to `limit` committed events and return how many; 0 while another sealer is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('audit seal'))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_WAITING, [limit])
        cursor.execute(_DIGESTS, [[row[0] for row in cursor.fetchall()]])
        events: list[tuple[UUID, bytes]] = cursor.fetchall()
        if not events:
            return 0
        last = head()
        hashes: list[bytes] = []
        for _, of_event in events:
            hashes.append(link(hashes[-1] if hashes else last.hash, bytes(of_event)))
        sequences = range(last.sequence + 1, last.sequence + 1 + len(events))
        ids = [event for event, _ in events]
        cursor.execute(_TAKE, [ids])
        cursor.execute(_PUT, [list(sequences), ids, hashes])
        cursor.execute(_READ, [ids])
    return len(events)
