"""X12 bytes to interchanges, groups and transactions, each with its place in the file.

What is told here from the shared scan: how an ISA is read, and which segments make the envelope.
"""

import re
from functools import lru_cache
from itertools import islice

from erp_connectors.edi.spans import Delimiters, Header, InterchangeSpan, Role, Scan, Segment
from erp_connectors.edi.text import NOISE_BYTES, clean, decode_text

ISA_LENGTH = 106
ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
ISA_FIELDS = tuple(zip(ISA_SEPARATORS, (*ISA_SEPARATORS[1:], 105), strict=True))
ISA_WIDTHS = (3, *(end - start - 1 for start, end in ISA_FIELDS[:15]))
ISA_WINDOW = 400
MOST_UNREADABLE_HEADERS = 200
HEADER_START = re.compile(rb"ISA(?=[^A-Za-z0-9 \r\n])")


def find_header(view: bytes, start: int) -> Header | None:
    """Return the first readable ISA at or after `start`, None when there is none.

    Gives up after MOST_UNREADABLE_HEADERS that look like one, so that no input takes long.
    """
    for match in islice(HEADER_START.finditer(view, start), MOST_UNREADABLE_HEADERS):
        header = read_header(view, match.start())
        if header is not None:
            return header
    return None


def read_header(view: bytes, offset: int) -> Header | None:
    """Read the ISA at `offset`: padded to 106, else with line breaks taken out, else unpadded."""
    window = view[offset : offset + ISA_WINDOW]
    separator = window[3:4]
    if not _is_delimiter(separator):
        return None
    if _is_padded(window, separator):
        return _header(window, offset, 105, "padded", [window[a + 1 : b] for a, b in ISA_FIELDS])
    places = [index for index, byte in enumerate(window) if byte not in b"\r\n"]
    compact = bytes(window[index] for index in places[:ISA_LENGTH])
    if len(places) < len(window) and _is_padded(compact, separator):
        elements = [compact[a + 1 : b] for a, b in ISA_FIELDS]
        return _header(window, offset, places[105], "wrapped", elements)
    parts = window.split(separator, 16)
    if len(parts) < 17 or not _is_plausible(parts):
        return None
    terminator = len(separator.join(parts[:16])) + 2
    return _header(window, offset, terminator, "unpadded", [*parts[1:16], parts[16][:1]])


def _is_delimiter(byte: bytes) -> bool:
    return len(byte) == 1 and not byte.isalnum() and byte not in (b" ", b"\r", b"\n")


def _is_padded(text: bytes, separator: bytes) -> bool:
    return (
        len(text) >= ISA_LENGTH
        and text[:105].count(separator) == 16
        and all(text[place : place + 1] == separator for place in ISA_SEPARATORS)
        and not text[105:106].isalnum()
    )


def _is_plausible(parts: list[bytes]) -> bool:
    """Tell an ISA whose fields lost their padding from the letters ISA in a text."""
    cleaned = [part.strip() for part in parts]
    return (
        all(len(part) <= width for part, width in zip(cleaned[:16], ISA_WIDTHS, strict=True))
        and cleaned[13] != b""
        and len(parts[16]) >= 2
        and not parts[16][:1].isalnum()
        and not parts[16][1:2].isalnum()
    )


def _header(window: bytes, offset: int, place: int, layout: str, elements: list[bytes]) -> Header | None:
    terminator = _terminator(window, place)
    component = elements[15]
    separator = window[3:4]
    if not terminator or len({terminator, component, separator}) < 3:
        return None
    texts = tuple(element.decode("latin-1").replace("\r", "").replace("\n", "") for element in elements)
    end = offset + place + len(terminator)
    if terminator == b"\n" and window[place : place + 1] == b"\r":
        end += 1
    return Header(
        elements=("ISA", *(text if index == 15 else text.strip() for index, text in enumerate(texts))),
        delimiters=Delimiters(separator, component, terminator),
        offset=offset,
        end=end,
        layout=layout,
        length=place + 1,
    )


def _terminator(window: bytes, place: int) -> bytes:
    """Return the terminator at `place`: one byte, or all bytes of one UTF-8 character.

    CR LF counts as LF, the CR being noise, so that a file that is inconsistent about CR still splits.
    """
    byte = window[place : place + 1]
    if byte == b"\r" and window[place + 1 : place + 2] == b"\n":
        return b"\n"
    for size in (2, 3, 4) if byte >= b"\xc2" else ():
        try:
            window[place : place + size].decode()
        except UnicodeDecodeError:
            continue
        return window[place : place + size]
    return byte


@lru_cache(maxsize=64)
def _envelope_pattern(delimiters: Delimiters) -> re.Pattern[bytes]:
    """Match a terminator, noise, and the tag of an envelope segment; linear on any input.

    The run of noise is possessive and cannot contain the terminator, so no byte is tried twice.
    """
    terminator = re.escape(delimiters.terminator)
    noise = re.escape(NOISE_BYTES.replace(delimiters.terminator, b""))
    line_breaks = b"[" + re.escape(b"\r\n".replace(delimiters.terminator, b"")) + b"]{0,2}"
    letters = ([bytes([letter]) for letter in tag] for tag in (b"ST", b"SE", b"GS", b"GE", b"IEA", b"TA1"))
    tags = b"|".join(map(line_breaks.join, letters))
    ends = line_breaks + b"(?:" + re.escape(delimiters.element) + b"|" + terminator + b")"
    return re.compile(
        terminator + b"[" + noise + b"]*+(" + HEADER_START.pattern + b"|(?:" + tags + b")(?=" + ends + b"))"
    )


ROLES = {
    b"ISA": Role.INTERCHANGE,
    b"GS": Role.GROUP,
    b"ST": Role.TRANSACTION,
    b"SE": Role.TRANSACTION_END,
    b"GE": Role.GROUP_END,
    b"IEA": Role.INTERCHANGE_END,
    b"TA1": Role.LOOSE,
}


def scan(view: bytes, header: Header, most_pieces: int) -> InterchangeSpan:
    """Find the envelope of the interchange that `header` opens, up to its IEA, the next ISA or the end."""
    return _Scan(view, header, most_pieces).run()


class _Scan(Scan):
    """The scan of an X12 interchange."""

    roles = ROLES

    def pattern(self) -> re.Pattern[bytes]:
        return _envelope_pattern(self.delimiters)

    def segment_at(self, offset: int) -> Segment:
        return segment_at(self.view, offset, self.delimiters)

    def opens_interchange(self, offset: int) -> bool:
        return read_header(self.view, offset) is not None

    def passes_over(self, gap: bytes) -> bool:
        return gap[:3] in (b"ISB", b"ISE")


def has_stray_component(span: InterchangeSpan) -> bool:
    """Say whether segments end with a component separator that belongs to nothing."""
    component = span.header.delimiters.component.decode("latin-1")
    trailers = [group.trailer for group in span.groups if group.trailer] + [span.trailer]
    return any(segment and segment.elements[-1].endswith(component) for segment in trailers)


def segment_at(view: bytes, offset: int, delimiters: Delimiters) -> Segment:
    """Read the segment that begins at `offset`; one that nothing terminates ends with the file."""
    place = view.find(delimiters.terminator, offset)
    stop = place if place >= 0 else len(view)
    text = clean(decode_text(view[offset : min(stop, offset + 4096)], None))
    end = stop + len(delimiters.terminator) if place >= 0 else stop
    return Segment(tuple(text.split(delimiters.element.decode("latin-1"))), offset, end)
