"""The bytes of an interchange as text that a person edits, and back: what is not touched stays byte for byte.

One segment or row stands on each line. Browsers send line breaks as they like, so those of the file are put
back from the file itself. Pure.
"""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from erp_connectors.errors import PermanentError

#: More is not edited in a form; the sender corrects it.
LARGEST = 256 * 1024
BREAK = re.compile(r"\r\n|\n|\r")
EDI = re.compile(r"\s*\ufeff?\s*(ISA|UNA|UNB)")
ISA_TERMINATOR_AT, UNA_TERMINATOR_AT = 105, 8


class NotEditable(PermanentError):
    """The bytes cannot be edited as text, or the text cannot be written as those bytes; the words say why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment or row, and the line break that follows it, if any."""

    text: str
    ending: str = ""


def text_of(payload: bytes) -> str:
    """Return the bytes as text, one segment or row on each line. Raises NotEditable."""
    pieces = _pieces(_decoded(payload))
    ends = "\n" if pieces and pieces[-1].ending else ""
    return "\n".join(piece.text for piece in pieces) + ends


def bytes_of(text: str, original: bytes) -> bytes:
    """Return edited text as bytes in the code and with the line breaks of `original`. Raises NotEditable."""
    before = _decoded(original)
    lines, ends = _lines(text)
    edited = "".join(piece.text + piece.ending for piece in _with_endings(lines, ends, before))
    try:
        payload = edited.encode(_code_of(original))
    except UnicodeEncodeError as error:
        raise NotEditable(
            f"“{edited[error.start]}” cannot be written in the code of this file (ISO 8859-1)."
        ) from error
    if not payload.strip():
        raise NotEditable("Nothing is left of it.")
    if len(payload) > LARGEST:
        raise NotEditable(f"It has {len(payload)} bytes now; no more than {LARGEST} can be edited here.")
    return payload


def difference(before: bytes, after: bytes) -> str:
    """Return what differs, as a unified diff of segments or rows; empty when nothing does."""
    old, new = (text_of(payload).split("\n") for payload in (before, after))
    return "\n".join(difflib.unified_diff(old, new, "as received", "as corrected", lineterm="", n=2))


def _decoded(payload: bytes) -> str:
    if len(payload) > LARGEST:
        raise NotEditable(f"It has {len(payload)} bytes; no more than {LARGEST} can be edited here.")
    if b"\0" in payload:
        raise NotEditable("It is not text, and cannot be edited here.")
    return payload.decode(_code_of(payload))


def _code_of(payload: bytes) -> str:
    """Return a code in which the bytes are text: every byte is a character of ISO 8859-1."""
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _pieces(text: str) -> list[Piece]:
    if not BREAK.search(text) and EDI.match(text):
        return _segments(text)
    pieces, at = [], 0
    for found in BREAK.finditer(text):
        pieces.append(Piece(text[at : found.start()], found.group()))
        at = found.end()
    return [*pieces, Piece(text[at:])] if at < len(text) else pieces


def _segments(text: str) -> list[Piece]:
    """Split EDI that stands on one line, each segment with its terminator."""
    start = text.lstrip("\ufeff ")
    if start.startswith("ISA"):
        terminator, release = start[ISA_TERMINATOR_AT : ISA_TERMINATOR_AT + 1], ""
    elif start.startswith("UNA"):
        terminator, release = start[UNA_TERMINATOR_AT : UNA_TERMINATOR_AT + 1], start[6:7].strip()
    else:
        terminator, release = "'", "?"
    if not terminator:
        return [Piece(text)]
    # UNA names the characters themselves, the terminator last: none of them ends it but its length.
    begin = len(text) - len(start) + UNA_TERMINATOR_AT + 1 if start.startswith("UNA") else 0
    pieces, at = [Piece(text[:begin])] if begin else [], begin
    while at < len(text):
        if release and text[at] == release:
            at += 2
            continue
        at += 1
        if text[at - 1] == terminator:
            pieces.append(Piece(text[begin:at]))
            begin = at
    return [*pieces, Piece(text[begin:])] if begin < len(text) else pieces


def _lines(text: str) -> tuple[list[str], bool]:
    """Return what a browser sent line by line, and whether the last line ends with a break."""
    lines = BREAK.sub("\n", text).split("\n")
    ends = len(lines) > 1 and not lines[-1]
    return (lines[:-1] if ends else lines), ends


def _with_endings(lines: Sequence[str], ends: bool, before: str) -> list[Piece]:
    """Give each line the break it had, and a changed one the break that most of the file have."""
    pieces = _pieces(before)
    most = _usual_ending(pieces, before)
    first = _in_common(lines, [piece.text for piece in pieces])
    last = _in_common(lines[first:][::-1], [piece.text for piece in pieces[first:]][::-1])
    middle = [Piece(line, most) for line in lines[first : len(lines) - last]]
    kept = [*pieces[:first], *middle, *(pieces[-last:] if last else [])]
    if not kept:
        return kept
    # Only the last line may stand without a break, and has one where it was typed.
    inner = [piece if piece.ending else Piece(piece.text, most) for piece in kept[:-1]]
    end = (kept[-1].ending or most) if ends else ""
    return [*inner, Piece(kept[-1].text, end)]


def _usual_ending(pieces: Sequence[Piece], text: str) -> str:
    endings = Counter(piece.ending for piece in pieces if piece.ending)
    if endings:
        return endings.most_common(1)[0][0]
    return "" if EDI.match(text) else "\n"


def _in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many of the first lines are the same."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count
