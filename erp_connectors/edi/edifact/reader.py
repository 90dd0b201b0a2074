"""EDIFACT bytes to interchanges, groups and messages, each with its place in the file.

What is told here from the shared scan: how UNA and UNB are read, which segments make the envelope, and that a
released terminator ends nothing.
"""

import re
from functools import lru_cache
from itertools import islice

from erp_connectors.edi.edifact.tokens import EITHER_MARK, ServiceCharacters, part, rows_of
from erp_connectors.edi.spans import Header, InterchangeSpan, Role, Scan, Segment
from erp_connectors.edi.text import NOISE_BYTES, decode_text

ADVICE_LENGTH = 9
LONGEST_HEADER = 2_000
LONGEST_SEGMENT = 4_096
MOST_UNREADABLE_HEADERS = 200
NEARBY = 16
READABLE, AMBIGUOUS = "readable", "ambiguous"
LINE_BREAKS = rb"[\r\n]{0,2}"
UNB = rb"U" + LINE_BREAKS + rb"N" + LINE_BREAKS + rb"B"
NOISE_CLASS = b"[" + re.escape(NOISE_BYTES) + b"]"
HEADER_START = re.compile(
    rb"UNA(?=.{6}" + NOISE_CLASS + rb"{0,200}" + UNB + rb")|" + UNB + rb"(?=[^A-Za-z0-9 ])", re.DOTALL
)
UNB_START = re.compile(NOISE_CLASS + rb"{0,200}(" + UNB + rb")" + LINE_BREAKS)
STANDARD_CHARACTERS = ServiceCharacters(b"+", b":", b"'")
LEVEL_B_CHARACTERS = ServiceCharacters(b"\x1d", b"\x1f", b"\x1c", release=b"")
REPEATING_VERSION = "4"
STANDARD_REPETITION = b"*"
ROLES = {
    b"UNA": Role.INTERCHANGE,
    b"UNB": Role.INTERCHANGE,
    b"UNG": Role.GROUP,
    b"UNH": Role.TRANSACTION,
    b"UNT": Role.TRANSACTION_END,
    b"UNE": Role.GROUP_END,
    b"UNZ": Role.INTERCHANGE_END,
}


def characters_of(header: Header) -> ServiceCharacters:
    """Return the service characters of an interchange."""
    assert isinstance(header.delimiters, ServiceCharacters)
    return header.delimiters


def find_header(view: bytes, start: int, before: Header | None = None) -> Header | None:
    """Return the first readable UNB, with its UNA, at or after `start`; None when there is none.

    An interchange without a UNA of its own goes by the one `before` it where its element separator is the
    same. Gives up after MOST_UNREADABLE_HEADERS that look like one, so that no input takes long.
    """
    for match in islice(HEADER_START.finditer(view, start), MOST_UNREADABLE_HEADERS):
        header = read_header(view, match.start(), before)
        if header is not None:
            return header
    return None


def read_header(view: bytes, offset: int, before: Header | None = None) -> Header | None:
    """Read the UNA and UNB at `offset`; None where there is no UNB, or it never ends."""
    advised = view[offset : offset + 3] == b"UNA"
    found = UNB_START.match(view, offset + (ADVICE_LENGTH if advised else 0))
    if found is None or (not advised and found.start(1) != offset):
        return None
    separator = view[found.end() : found.end() + 1]
    layout = READABLE
    characters, advice = _assumed(separator, before)
    if advised:
        advice = view[offset : offset + ADVICE_LENGTH].decode("latin-1")
        declared = _advised(view[offset + 3 : offset + ADVICE_LENGTH])
        characters, layout = (declared, READABLE) if declared else (STANDARD_CHARACTERS, AMBIGUOUS)
    if separator != characters.element:
        return None
    end = segment_end(view, found.start(1), characters, found.start(1) + LONGEST_HEADER)
    if end < 0:
        return None
    text = decode_text(view[found.start(1) : end], None)
    elements = tuple(rows_of(text, characters)[0])
    characters = _of_version(characters, part(elements, 1, 1), advised)
    stop = end + len(characters.terminator)
    return Header(elements, characters, offset, stop, layout=layout, length=stop - offset, advice=advice)


def _advised(text: bytes) -> ServiceCharacters | None:
    """Return what the six characters of a UNA declare, None where they cannot be told apart."""
    component, element, mark, release, reserved, terminator = (text[place : place + 1] for place in range(6))
    used = [component, element, terminator, *(one for one in (release, reserved) if one != b" ")]
    if len(set(used)) < len(used) or any(one.isalnum() or one == b" " for one in used):
        return None
    if any(one in (b"\r", b"\n") for one in used if one != terminator):
        return None
    return ServiceCharacters(
        element,
        component,
        terminator,
        release=release.strip(b" "),
        repetition=reserved.strip(b" "),
        marks=mark.decode("latin-1") if mark in (b".", b",") else EITHER_MARK,
    )


def _assumed(separator: bytes, before: Header | None) -> tuple[ServiceCharacters, str | None]:
    """Return the service characters without a UNA: those before where they may still hold, or the standard's.

    What was declared for another interchange does not bind its decimal mark: either one is read.
    """
    if before is not None and before.advice and characters_of(before).element == separator:
        known = characters_of(before)
        carried = ServiceCharacters(
            known.element, known.component, known.terminator, known.release, known.repetition, EITHER_MARK
        )
        return carried, before.advice
    return (LEVEL_B_CHARACTERS if separator == LEVEL_B_CHARACTERS.element else STANDARD_CHARACTERS), None


def _of_version(characters: ServiceCharacters, version: str, advised: bool) -> ServiceCharacters:
    """Return the service characters as the syntax version reads them.

    Only version 4 has repetitions; it allows either decimal mark whatever the UNA says.
    """
    repetition, marks = b"", characters.marks
    if version == REPEATING_VERSION:
        marks = EITHER_MARK
        repetition = characters.repetition if advised else STANDARD_REPETITION
    return ServiceCharacters(
        characters.element,
        characters.component,
        characters.terminator,
        characters.release,
        repetition,
        marks,
    )


def segment_end(view: bytes, start: int, characters: ServiceCharacters, stop: int | None = None) -> int:
    """Return where the next terminator stands, before `stop`, that is not released; -1 when there is none."""
    place = view.find(characters.terminator, start, stop)
    if place >= 0 and is_released(view, place, characters.release):
        found = _segment_pattern(characters).match(view, start, len(view) if stop is None else stop)
        return found.end() - 1 if found else -1
    return place


@lru_cache(maxsize=64)
def _segment_pattern(characters: ServiceCharacters) -> re.Pattern[bytes]:
    """Match a segment with its terminator, whatever it releases; linear on any input."""
    release, terminator = re.escape(characters.release), re.escape(characters.terminator)
    plain = b"[^" + release + terminator + b"]++"
    return re.compile(b"(?:" + plain + b"|" + release + rb"[\r\n]*+." + b")*+" + terminator, re.DOTALL)


def segment_starts(view: bytes, characters: ServiceCharacters) -> list[int]:
    """Return where each segment begins, behind the terminator before it; noise in front included."""
    if not characters.release or characters.release not in view:
        ends = [match.end() for match in re.finditer(re.escape(characters.terminator), view)]
    else:
        ends = [match.end() for match in _segment_pattern(characters).finditer(view)]
    return [0, *(end for end in ends if end < len(view))]


def is_released(view: bytes, place: int, release: bytes) -> bool:
    """Say whether the character at `place` is released: by an odd number of release characters before it.

    Line breaks between them are noise of a file wrapped at some column.
    """
    size = NEARBY
    while release:
        before = view[max(0, place - size) : place].rstrip(b"\r\n")
        rest = before.rstrip(release)
        if rest or size >= place:
            return (len(before) - len(rest)) % 2 == 1
        size *= 64
    return False


@lru_cache(maxsize=64)
def _envelope_pattern(characters: ServiceCharacters) -> re.Pattern[bytes]:
    """Match a terminator, noise, and the tag of an envelope segment; linear on any input.

    The run of noise is possessive and cannot contain the terminator, so no byte is tried twice.
    """
    terminator = re.escape(characters.terminator)
    noise = re.escape(NOISE_BYTES.replace(characters.terminator, b""))
    breaks = b"[" + re.escape(b"\r\n".replace(characters.terminator, b"")) + b"]{0,2}"
    letters = (
        [bytes([letter]) for letter in tag] for tag in (b"UNB", b"UNG", b"UNH", b"UNT", b"UNE", b"UNZ")
    )
    tags = b"|".join(map(breaks.join, letters))
    ends = breaks + b"(?:" + re.escape(characters.element) + b"|" + terminator + b")"
    return re.compile(
        terminator + b"[" + noise + b"]*+(UNA(?=.{6})|(?:" + tags + b")(?=" + ends + b"))", re.DOTALL
    )


def scan(view: bytes, header: Header, most_pieces: int) -> InterchangeSpan:
    """Find the envelope of the interchange that `header` opens, up to its UNZ, the next UNB or the end."""
    return _Scan(view, header, most_pieces).run()


class _Scan(Scan):
    """The scan of an EDIFACT interchange."""

    roles = ROLES

    def pattern(self) -> re.Pattern[bytes]:
        return _envelope_pattern(characters_of(self.found.header))

    def segment_at(self, offset: int) -> Segment:
        return segment_at(self.view, offset, characters_of(self.found.header))

    def opens_interchange(self, offset: int) -> bool:
        return read_header(self.view, offset, self.found.header) is not None

    def is_boundary(self, place: int) -> bool:
        return not is_released(self.view, place, characters_of(self.found.header).release)


def segment_at(view: bytes, offset: int, characters: ServiceCharacters) -> Segment:
    """Read the segment that begins at `offset`; one that nothing terminates ends with the file."""
    place = segment_end(view, offset, characters)
    stop = place if place >= 0 else len(view)
    rows = rows_of(decode_text(view[offset : min(stop, offset + LONGEST_SEGMENT)], None), characters)
    end = stop + len(characters.terminator) if place >= 0 else stop
    return Segment(tuple(rows[0] if rows else [""]), offset, end)
