"""Recomputes the chain from the events as they stand, and names the first place where it does not hold.

Nothing here trusts what the database would answer by a function of its own: what is hashed is spelled out in
every query. What a person with the superuser's password can hide by writing the whole chain anew, only a head
outside the database shows.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from exceptions_app.audit import heads, seals
from exceptions_app.audit.seals import DIGEST, GENESIS, Head, link

BLOCK = 200_000
#: Where an event is looked for that another has changed places with.
AROUND = 5_000
#: An event that waits longer for its seal is told of, if it still does after PATIENCE.
SEALED_WITHIN = timedelta(minutes=1)
PATIENCE = 2.0

#: How many seals a block has, and how many of them follow from their event and the seal before.
_COUNTS = f"""
SELECT count(*), count(*) FILTER (WHERE e.id IS NOT NULL
    AND s.hash = sha256(CASE WHEN s.sequence = 1 THEN %s::bytea ELSE before.hash END || {DIGEST}))
FROM exceptions_app_seal AS s
LEFT JOIN exceptions_app_event AS e ON e.id = s.event_id
LEFT JOIN exceptions_app_seal AS before ON before.sequence = s.sequence - 1
WHERE s.sequence > %s AND s.sequence <= %s
"""
#: The first of a block that does not, in their order.
_BROKEN = f"""
SELECT sequence, event_id, before, previous, hash, found FROM (
    SELECT s.sequence, s.event_id, s.hash, e.id AS found,
        lag(s.sequence, 1, %s::bigint) OVER chain AS before,
        lag(s.hash, 1, %s::bytea) OVER chain AS previous,
        {DIGEST} AS digest
    FROM exceptions_app_seal AS s LEFT JOIN exceptions_app_event AS e ON e.id = s.event_id
    WHERE s.sequence > %s AND s.sequence <= %s
    WINDOW chain AS (ORDER BY s.sequence)
) AS chained
WHERE sequence <> before + 1 OR found IS NULL OR hash IS DISTINCT FROM sha256(previous || digest)
ORDER BY sequence LIMIT 1
"""
_LAST = """
SELECT sequence, hash FROM exceptions_app_seal
WHERE sequence <= %s ORDER BY sequence DESC LIMIT 1
"""
_MOVED = f"""
SELECT e.id FROM exceptions_app_seal AS s JOIN exceptions_app_event AS e ON e.id = s.event_id
WHERE s.sequence BETWEEN %s AND %s AND sha256(%s::bytea || {DIGEST}) = %s::bytea LIMIT 1
"""
_DIGEST_OF = f"""
SELECT s.hash, {DIGEST} FROM exceptions_app_seal AS s JOIN exceptions_app_event AS e ON e.id = s.event_id
WHERE s.sequence = %s
"""
_UNSEALED = """
SELECT e.id, e.at, e.summary FROM exceptions_app_event AS e
LEFT JOIN exceptions_app_seal AS s ON s.event_id = e.id
WHERE s.event_id IS NULL AND e.at < %s ORDER BY e.at, e.id LIMIT 1
"""
_LOST = """
SELECT waiting.event_id, waiting.since FROM exceptions_app_unsealedevent AS waiting
LEFT JOIN exceptions_app_event AS event ON event.id = waiting.event_id
WHERE event.id IS NULL ORDER BY waiting.event_id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain does not hold, in words; `sequence` of the seal there, None: there is none."""

    words: str
    sequence: int | None = None
    event: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: up to which head, how many heads outside agree, and the first break if there is one."""

    head: Head
    outside: int = 0
    broken: Break | None = None

    @property
    def holds(self) -> bool:
        """True when nothing was found."""
        return self.broken is None


def verify(now: datetime) -> Verified:
    """Recompute the whole chain, in blocks, and compare it with the heads outside the database."""
    last = seals.head()
    outside = heads.written()
    broken = broken_between(0, last.sequence) or _cut_off(last, outside) or _left_out(now)
    return Verified(last, len(outside), broken)


def broken_between(after: int, until: int) -> Break | None:
    """Return the first break in the seals after one and until another, both inclusive for `until`.

    The seal `after` itself is taken as it stands.
    """
    for start, end in _blocks(after, until):
        broken = None if _is_whole(start, end) else _first_broken(start, end)
        if broken is not None:
            return broken
    return None


def _is_whole(start: int, end: int) -> bool:
    """Say whether all seals of a block are there, each following from its event and the one before."""
    with _by_keys(), connection.cursor() as cursor:
        cursor.execute(_COUNTS, [GENESIS, start, end])
        there, follow = cursor.fetchone()
    return bool(there == follow == end - max(start, 0))


def _first_broken(start: int, end: int) -> Break | None:
    """Name the first break of a block; None where its end is missing, which shows in the next."""
    before, previous = _one(_LAST, [start]) or (0, GENESIS)
    row = _one(_BROKEN, [before, previous, start, end])
    return None if row is None else _told(*row)


@contextmanager
def _by_keys() -> Iterator[None]:
    """Have PostgreSQL look up each event by its key, with several processes if it has them.

    It would read the whole table for each block, since it does not know that events lie in about the order of
    their seals.
    """
    ways = ("enable_hashjoin", "enable_mergejoin")
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ways:
            cursor.execute(f"SET LOCAL {way} = off")
        yield
        for way in ways:
            cursor.execute(f"SET LOCAL {way} TO DEFAULT")


def _blocks(after: int, until: int) -> Iterator[tuple[int, int]]:
    # The first block has no lower end: a seal with a number below one is found too.
    for start in range(after, until, BLOCK):
        yield (start if start else -(2**62)), min(start + BLOCK, until)


def _told(
    sequence: int, event: UUID, before: int, previous: bytes, hash_: bytes, found: UUID | None
) -> Break:
    """Say what is wrong with the first seal that does not hold."""
    if sequence != before + 1:
        return Break(f"Seals are missing: after {before} comes {sequence}.", before + 1)
    if found is None:
        return Break(f"Event {event} of seal {sequence} was deleted.", sequence, event)
    moved = _one(_MOVED, [sequence - AROUND, sequence + AROUND, previous, hash_])
    if moved is not None:
        words = f"Seal {sequence} was made for event {moved[0]}, and names {event}: the order was changed."
        return Break(words, sequence, event)
    if _goes_on(sequence, previous):
        return Break(f"The hash of seal {sequence} was changed.", sequence, event)
    return Break(f"Event {event} of seal {sequence} was changed after it was sealed.", sequence, event)


def _goes_on(sequence: int, previous: bytes) -> bool:
    """Say whether the next seal follows from the event as it stands: then the seal itself is wrong."""
    here, after = _one(_DIGEST_OF, [sequence]), _one(_DIGEST_OF, [sequence + 1])
    if here is None or after is None:
        return False
    return link(link(previous, bytes(here[1])), bytes(after[1])) == bytes(after[0])


def _cut_off(last: Head, outside: list[heads.Written]) -> Break | None:
    """Return the first head outside that the chain no longer leads to."""
    for head in sorted(outside, key=lambda each: each.sequence):
        where = f"the head of {head.at:%Y-%m-%d %H:%M} UTC in {head.file}"
        if head.sequence > last.sequence:
            words = (
                f"The chain ends at seal {last.sequence}, {where} names {head.sequence}: its end was cut off."
            )
            return Break(words, last.sequence + 1)
        row = _one("SELECT hash FROM exceptions_app_seal WHERE sequence = %s", [head.sequence])
        if row is None or bytes(row[0]) != head.hash:
            words = f"Seal {head.sequence} has another hash than {where}: the chain was written anew."
            return Break(words, head.sequence)
    return None


def _left_out(now: datetime) -> Break | None:
    """Return an event that no seal is made for."""
    lost = _one(_LOST, [])
    if lost is not None:
        return Break(f"Event {lost[0]} was deleted before it was sealed.", None, lost[0])
    row = _one(_UNSEALED, [now - SEALED_WITHIN])
    if row is not None:
        # It may have been committed only now, in a transaction that took its time.
        time.sleep(PATIENCE)
        row = _one(_UNSEALED, [now - SEALED_WITHIN])
    if row is None:
        return None
    return Break(f"Event {row[0]} of {row[1]:%Y-%m-%d %H:%M} UTC ({row[2]}) has no seal.", None, row[0])


def _one(query: str, values: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
