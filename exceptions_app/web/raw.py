"""The bytes of an interchange as lines one can read: a segment or row each, with its place in the file."""

from dataclasses import dataclass
from typing import cast

from django.db.models import BinaryField, F
from django.db.models.functions import Substr

from erp_connectors.exchange.models import Interchange

#: How much of a file a page shows at once, and how much of what stands around a transaction.
WINDOW, AROUND = 40_000, 400
ISA_TERMINATOR_AT = 105
UNA_TERMINATOR_AT = 8
LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class RawLine:
    """One segment or row: `offset` of its first byte in the file; `is_marked`: inside the range asked for."""

    offset: int
    text: str
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """A part of a file. `next_offset` is where the next part begins, None at the end."""

    lines: list[RawLine]
    is_binary: bool
    start: int
    size: int
    next_offset: int | None


def read_raw(
    interchange: Interchange, *, start: int = 0, mark_from: int = 0, mark_to: int = 0, length: int = WINDOW
) -> RawText:
    """Return `length` bytes from `start` on as lines, reading no more than that from the database."""
    start = max(0, min(start, interchange.size))
    first, part = (
        Interchange.objects.filter(pk=interchange.pk)
        .annotate(head=_part(0, 128), window=_part(start, length))
        .values_list("head", "window")
        .get()
    )
    head, window = bytes(cast(bytes, first)), bytes(cast(bytes, part))
    end = start + len(window)
    next_offset = end if end < interchange.size else None
    if b"\x00" in head or head.startswith(b"PK"):
        return RawText(lines=[], is_binary=True, start=start, size=interchange.size, next_offset=None)
    lines = []
    for offset, text in _split(window, _terminator(head), start):
        is_marked = mark_to > mark_from and offset < mark_to and offset + len(text) > mark_from
        shown = text.decode("utf-8", "replace").strip("\r\n")
        if shown:
            lines.append(RawLine(offset, _shorten(shown), is_marked))
    return RawText(lines=lines, is_binary=False, start=start, size=interchange.size, next_offset=next_offset)


def around(mark_from: int, mark_to: int) -> tuple[int, int]:
    """Return start and length of the part to show for a marked range: with a little before and after it."""
    start = max(0, mark_from - AROUND)
    return start, min(WINDOW, mark_to + AROUND - start)


def _part(start: int, length: int) -> Substr:
    return Substr(F("payload"), start + 1, length, output_field=BinaryField())


def _terminator(head: bytes) -> bytes:
    """Return what ends a segment: ISA and UNA say so, EDIFACT else uses an apostrophe, rows a break."""
    start = head.lstrip(b" \t\r\n\xef\xbb\xbf")
    if start.startswith(b"ISA") and len(start) > ISA_TERMINATOR_AT:
        return start[ISA_TERMINATOR_AT : ISA_TERMINATOR_AT + 1]
    if start.startswith(b"UNA") and len(start) > UNA_TERMINATOR_AT:
        return start[UNA_TERMINATOR_AT : UNA_TERMINATOR_AT + 1]
    return b"'" if start.startswith(b"UNB") else b"\n"


def _split(window: bytes, terminator: bytes, start: int) -> list[tuple[int, bytes]]:
    """Return the pieces of `window`, each with its terminator and its offset in the file."""
    pieces, at = [], 0
    while at < len(window):
        end = window.find(terminator, at)
        end = len(window) if end < 0 else end + 1
        piece = window[at:end]
        blank = len(piece) - len(piece.lstrip(b"\r\n"))
        pieces.append((start + at + blank, piece[blank:]))
        at = end
    return pieces


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]} …"
