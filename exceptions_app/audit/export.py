"""Takes events away with proof, and checks such a file without the database.

Each event stands there exactly as it was hashed, with the hash before it and its own. The digests of the
events between, which say nothing of what is in them, lead from one to the next and up to the head; that head
is written outside the database when the file is made.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from exceptions_app.audit.models import Event
from exceptions_app.audit.seals import COLUMNS, DIGEST, GENESIS, OBJECTS, PLAIN, Head, digest, link

MOST_EVENTS = 20_000
#: With more events between, the file shows each event with its neighbours only.
MOST_LINKS = 200_000
BLOCK = 2_000
FORM = 1
#: How a spreadsheet would take a cell for a formula; the mark is undone when the file is checked.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
NULL = "\\N"
HEADS = ("sequence", "previous", "hash", *COLUMNS)
HEAD_ROW = "head of the chain"

_ROWS = f"""
SELECT s.sequence, before.hash, s.hash, {", ".join(COLUMNS.values())}
FROM exceptions_app_seal AS s
JOIN exceptions_app_event AS e ON e.id = s.event_id
LEFT JOIN exceptions_app_seal AS before ON before.sequence = s.sequence - 1
WHERE s.sequence = ANY(%s::bigint[]) ORDER BY s.sequence
"""
_LINKS = f"""
SELECT {DIGEST} FROM exceptions_app_seal AS s JOIN exceptions_app_event AS e ON e.id = s.event_id
WHERE s.sequence > %s AND s.sequence < %s ORDER BY s.sequence
"""


class BrokenProof(ValueError):
    """A file does not prove what it says; the text says where."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event as it was hashed, with its place in the chain."""

    sequence: int
    previous: bytes
    hash: bytes
    values: dict[str, str | None]


#: What a file consists of: how many events it says it has, events, digests of those between, the head.
Part = int | Sealed | list[bytes] | Head


@dataclass(frozen=True, slots=True)
class Proved:
    """What a file proves: so many events, and whether the way from them to the head is in it."""

    events: int
    head: Head
    is_whole: bool


def sequences_of(events: QuerySet[Event]) -> list[int]:
    """Return the places of the newest MOST_EVENTS of `events` that are sealed, in the order of the chain."""
    newest = events.filter(seal__isnull=False).order_by("-at", "-id")
    return sorted(newest.values_list("seal__sequence", flat=True)[:MOST_EVENTS])


def sealed(sequences: list[int]) -> Iterator[Sealed]:
    """Read events with their seals, in the order of the chain."""
    for start in range(0, len(sequences), BLOCK):
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, [sequences[start : start + BLOCK]])
            rows = cursor.fetchall()
        for sequence, previous, hash_, *values in rows:
            before = GENESIS if previous is None else bytes(previous)
            yield Sealed(sequence, before, bytes(hash_), dict(zip(COLUMNS, values, strict=True)))


def as_lines(sequences: list[int], head: Head, about: dict[str, Any]) -> Iterator[str]:
    """Write JSON lines: what the file is, the events, and between them what leads to the head."""
    first = sequences[0] if sequences else head.sequence
    is_whole = bool(sequences) and head.sequence - first <= MOST_LINKS
    yield _line({"rightline_audit_export": FORM, "events": len(sequences), **about})
    last = None
    for each in sealed(sequences):
        if is_whole and last is not None:
            yield from _links(last, each.sequence)
        yield _line(
            {
                "sequence": each.sequence,
                "previous": each.previous.hex(),
                "hash": each.hash.hex(),
                "event": each.values,
            }
        )
        last = each.sequence
    if is_whole and last is not None:
        yield from _links(last, head.sequence + 1)
    yield _line({"head": {"sequence": head.sequence, "hash": head.hash.hex()}})


def as_csv(sequences: list[int], head: Head) -> Iterator[str]:
    """Write CSV: a row for each event with its seal and the hash before it, and in the end the head."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _row(HEADS)
    for each in sealed(sequences):
        values = [NULL if value is None else _harmless(value) for value in each.values.values()]
        yield _row([str(each.sequence), each.previous.hex(), each.hash.hex(), *values])
    yield _row([str(head.sequence), "", head.hash.hex(), *([HEAD_ROW] + [""] * (len(COLUMNS) - 1))])


def check(text: str) -> Proved:
    """Check a file of `as_lines` or `as_csv`. Raises BrokenProof at the first thing that does not hold."""
    lines = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    try:
        parts: list[Part] = list(_from_lines(lines) if lines.startswith("{") else _from_csv(lines))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise BrokenProof(f"This is no export of the history, or a damaged one: {error}") from error
    return _follow(parts)


@dataclass
class _Walk:
    """How far a file has been followed: the last seal, and whether every step to it was in the file."""

    place: int | None = None
    hash: bytes = b""
    events: int = 0
    is_whole: bool = True

    def see(self, event: Sealed) -> None:
        """Go on to an event. Raises BrokenProof where it is not what was sealed, or not there."""
        if not _is_sound(event.values) or link(event.previous, digest(event.values)) != event.hash:
            raise BrokenProof(f"The event of seal {event.sequence} is not what was sealed.")
        if self.place is not None and event.sequence <= self.place:
            raise BrokenProof(f"Seal {event.sequence} stands after seal {self.place}: the order was changed.")
        is_next = self.place is None or event.sequence == self.place + 1
        if is_next and self.place is not None and event.previous != self.hash:
            raise BrokenProof(f"Seal {event.sequence} does not follow from seal {self.place}.")
        self.is_whole = self.is_whole and is_next
        self.place, self.hash, self.events = event.sequence, event.hash, self.events + 1

    def pass_by(self, digests: list[bytes]) -> None:
        """Go on over events that are in the file by their digest only."""
        if self.place is None:
            return
        for each in digests:
            self.hash = link(self.hash, each)
        self.place += len(digests)


def _follow(parts: list[Part]) -> Proved:
    """Follow the chain through the parts of a file."""
    head = parts[-1] if parts else None
    if not isinstance(head, Head):
        raise BrokenProof("The head of the chain is missing: the end of the file was cut off.")
    walk = _Walk()
    for part in parts:
        if isinstance(part, Sealed):
            walk.see(part)
        elif isinstance(part, list):
            walk.pass_by(part)
    announced = parts[0]
    if isinstance(announced, int) and announced != walk.events:
        raise BrokenProof(f"The file says it has {announced} events, and has {walk.events}.")
    if walk.place == head.sequence and walk.hash != head.hash:
        raise BrokenProof(f"The events do not lead to the head at seal {head.sequence}.")
    return Proved(walk.events, head, walk.is_whole and walk.place == head.sequence)


def _is_sound(values: dict[str, str | None]) -> bool:
    """Say whether no text was moved from one column to the next: then they could read the same together."""
    try:
        for column in OBJECTS:
            json.loads(values[column] or "")
    except ValueError:
        return False
    return not any("," in (values[column] or "") for column in PLAIN)


def _from_lines(text: str) -> Iterator[Part]:
    for number, line in enumerate(text.rstrip().split("\n")):
        read = json.loads(line)
        if number == 0:
            if read["rightline_audit_export"] != FORM:
                raise ValueError("it is of a form that this version does not know")
            yield int(read["events"])
        elif "event" in read:
            values = {column: read["event"][column] for column in COLUMNS}
            previous, hash_ = bytes.fromhex(read["previous"]), bytes.fromhex(read["hash"])
            yield Sealed(int(read["sequence"]), previous, hash_, values)
        elif "links" in read:
            yield [bytes.fromhex(each) for each in read["links"]]
        else:
            yield Head(int(read["head"]["sequence"]), bytes.fromhex(read["head"]["hash"]))


def _from_csv(text: str) -> Iterator[Part]:
    rows = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(rows, ())) != HEADS:
        raise ValueError("its columns are others")
    for sequence, previous, hash_, *cells in rows:
        if cells[0] == HEAD_ROW:
            yield Head(int(sequence), bytes.fromhex(hash_))
            continue
        values = {name: _read(cell) for name, cell in zip(COLUMNS, cells, strict=True)}
        yield Sealed(int(sequence), bytes.fromhex(previous), bytes.fromhex(hash_), values)


def _links(after: int, until: int) -> Iterator[str]:
    """Write the digests of the events between two places."""
    for start in range(after, until - 1, BLOCK):
        with connection.cursor() as cursor:
            cursor.execute(_LINKS, [start, min(start + BLOCK + 1, until)])
            digests = [bytes(row[0]).hex() for row in cursor.fetchall()]
        if digests:
            yield _line({"links": digests})


def _harmless(text: str) -> str:
    """Mark a text that a spreadsheet would take for a formula, or that reads as an empty value."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text == NULL else text


def _read(cell: str) -> str | None:
    return None if cell == NULL else cell.removeprefix("'")


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def file_name(now: datetime, form: str) -> str:
    """Return what a file is called that is made now."""
    return f"rightline-audit-{now:%Y-%m-%d-%H%M}.{form}"
