"""Takes events away with proof, and checks such a file without the database.

Each event stands there exactly as it was hashed, with the hash before it and its own. The digests of the
events between, which say nothing of what is in them, lead from one to the next and up to the head; that head
is written outside the database when the file is made.
"""

import csv
import io
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from exceptions_app.audit.seals import COLUMNS, DIGEST, GENESIS, OBJECTS, PLAIN, Head, digest, link

MOST_EVENTS = 100_000
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
SELECT s.sequence, {DIGEST} FROM exceptions_app_seal AS s JOIN exceptions_app_event AS e ON e.id = s.event_id
WHERE s.sequence BETWEEN %s AND %s AND s.sequence <> ALL(%s::bigint[]) ORDER BY s.sequence
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
    if is_whole:
        for start in range(first, head.sequence + 1, BLOCK):
            yield from _block(sequences, start, min(start + BLOCK - 1, head.sequence))
    else:
        yield from map(_event, sealed(sequences))
    yield _line({"head": {"sequence": head.sequence, "hash": head.hash.hex()}})


def _block(sequences: list[int], start: int, end: int) -> Iterator[str]:
    """Write a piece of the chain without holes: events where they are wanted, else their digests."""
    wanted = sequences[bisect_left(sequences, start) : bisect_right(sequences, end)]
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [start, end, wanted])
        links = [(sequence, bytes(digest).hex()) for sequence, digest in cursor.fetchall()]
    at = 0
    for event in sealed(wanted):
        until = bisect_left(links, (event.sequence, ""), lo=at)
        yield from _run(links[at:until])
        yield _event(event)
        at = until
    yield from _run(links[at:])


def _run(links: list[tuple[int, str]]) -> Iterator[str]:
    if links:
        yield _line({"links": [digest for _, digest in links]})


def _event(event: Sealed) -> str:
    return _line(
        {
            "sequence": event.sequence,
            "previous": event.previous.hex(),
            "hash": event.hash.hex(),
            "event": event.values,
        }
    )


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


def file_name(now: datetime, form: str, *, is_cut: bool = False) -> str:
    """Return what a file is called that is made now; one that is cut holds the newest MOST_EVENTS only."""
    which = f"-newest-{MOST_EVENTS}" if is_cut else ""
    return f"rightline-audit-{now:%Y-%m-%d-%H%M}{which}.{form}"
