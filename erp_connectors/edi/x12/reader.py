"""X12 bytes to interchanges, groups and transactions, each with its place in the file.

An interchange is scanned once for its envelope segments (ISA GS ST SE GE IEA, TA1), which is cheap
and keeps only offsets; its transactions are then split one at a time. Nothing is judged here.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

ISA_LENGTH = 106
ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
ISA_FIELDS = tuple(zip(ISA_SEPARATORS, (*ISA_SEPARATORS[1:], 105), strict=True))
ISA_WIDTHS = (3, *(end - start - 1 for start, end in ISA_FIELDS[:15]))
ISA_WINDOW = 400
MOST_UNREADABLE_HEADERS = 200
NOISE = " \t\r\n\x00\x0b\x0c\x1a"
NOISE_BYTES = NOISE.encode()
BOM = b"\xef\xbb\xbf"
HEADER_START = re.compile(rb"ISA(?=[^A-Za-z0-9 \r\n])")
EBCDIC_ISA = "ISA".encode("cp037")
EBCDIC_TABLE = bytes(range(256)).decode("cp037").encode("latin-1")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators one interchange uses; the terminator may be several bytes of one UTF-8 character."""

    element: bytes
    component: bytes
    terminator: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """An ISA segment. `layout` is padded, wrapped (line breaks inside) or unpadded.

    `elements[1]` is ISA01; blanks at the ends are gone. `length` counts up to its terminator,
    106 when padded; `offset` and `end` are its place, the terminator included.
    """

    elements: tuple[str, ...]
    delimiters: Delimiters
    layout: str
    length: int
    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One envelope segment with its place; `elements[0]` is its tag."""

    elements: tuple[str, ...]
    offset: int
    end: int

    def element(self, position: int) -> str:
        """Return element `position` without blanks at its ends, empty where it was not sent."""
        return self.elements[position].strip() if position < len(self.elements) else ""


@dataclass(frozen=True, slots=True)
class TransactionSpan:
    """Where a transaction stands. `headless` means segments ended by an SE but without a readable ST."""

    offset: int
    end: int
    closed: bool
    headless: bool = False


@dataclass(slots=True)
class GroupSpan:
    """A functional group: its header (None when transactions stand outside any group), trailer, content."""

    header: Segment | None
    offset: int
    transactions: list[TransactionSpan] = field(default_factory=list)
    trailer: Segment | None = None
    strays: list[tuple[int, str]] = field(default_factory=list)
    end: int = 0


@dataclass(slots=True)
class InterchangeSpan:
    """An interchange with everything its envelope says; `end` is where the next one may begin."""

    header: Header
    groups: list[GroupSpan] = field(default_factory=list)
    acknowledgements: list[Segment] = field(default_factory=list)
    trailer: Segment | None = None
    strays: list[tuple[int, str]] = field(default_factory=list)
    end: int = 0
    pieces: int = 0
    too_many_pieces: bool = False

    @property
    def stray_component(self) -> bool:
        """Say whether segments end with a component separator that belongs to nothing."""
        component = self.header.delimiters.component.decode("latin-1")
        trailers = [group.trailer for group in self.groups if group.trailer] + [self.trailer]
        return any(segment and segment.elements[-1].endswith(component) for segment in trailers)


def ascii_view(data: bytes) -> tuple[bytes, bool]:
    """Return `data` readable as ASCII with every offset kept, and whether it was EBCDIC (code page 037).

    The EBCDIC line end (NEL) stays itself where it is the terminator and else becomes a line feed.
    """
    start = len(data[:64]) - len(data[:64].lstrip(b"\x40\x25\x15\x0d"))
    if not data.startswith(EBCDIC_ISA, start):
        return data, False
    view = data.translate(EBCDIC_TABLE)
    ends_in_nel = view[start + 105 : start + 106] == b"\x85"
    return view if ends_in_nel else view.replace(b"\x85", b"\n"), True


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
        layout=layout,
        length=place + 1,
        offset=offset,
        end=end,
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


def scan(view: bytes, header: Header, most_pieces: int) -> InterchangeSpan:
    """Find the envelope of the interchange that `header` opens, up to its IEA, the next ISA or the end.

    Stops, and says so, at more than `most_pieces` transactions, groups, TA1 and stray envelope segments.
    """
    return _Scan(view, header, most_pieces).run()


class _Scan:
    """The state of one scan: the open group, where the open transaction began, where the last piece ended."""

    def __init__(self, view: bytes, header: Header, most_pieces: int) -> None:
        self.view = view
        self.found = InterchangeSpan(header)
        self.delimiters = header.delimiters
        self.most_pieces = most_pieces
        self.group: GroupSpan | None = None
        self.opened: int | None = None
        self.position = header.end

    def run(self) -> InterchangeSpan:
        pattern = _envelope_pattern(self.delimiters)
        begin = self.found.header.end - len(self.delimiters.terminator)
        for match in pattern.finditer(self.view, begin):
            offset = match.start(1)
            tag = match[1].translate(None, b"\r\n")
            if tag == b"ISA":
                if read_header(self.view, offset) is not None:
                    return self._finish(offset)
                self.found.pieces += 1
            elif tag == b"ST":
                self._start_transaction(offset)
            elif tag == b"SE":
                self._end_transaction(offset)
            elif tag == b"GS":
                self._start_group(offset)
            elif tag == b"GE":
                self._end_group(offset)
            elif self.opened is None and tag == b"TA1":
                self._keep_gap(offset)
                self.found.acknowledgements.append(self._segment(offset))
                self.found.pieces += 1
            elif tag == b"IEA":
                return self._end_interchange(offset)
            if self.found.pieces > self.most_pieces:
                self.found.too_many_pieces = True
                return self._finish(offset)
        return self._finish(len(self.view))

    def _segment(self, offset: int) -> Segment:
        segment = segment_at(self.view, offset, self.delimiters)
        self.position = segment.end
        return segment

    def _keep_gap(self, offset: int) -> None:
        """Record segments that stand between the pieces of the envelope and belong to none."""
        gap = self.view[self.position : offset].strip(NOISE_BYTES + self.delimiters.terminator)
        if gap and not (self.group is None and gap[:3] in (b"ISB", b"ISE")):
            place = self.group.strays if self.group else self.found.strays
            place.append((self.position, gap[:40].decode("latin-1")))

    def _close_transaction(self, end: int, closed: bool) -> None:
        if self.opened is not None:
            self._open_group(self.opened).transactions.append(TransactionSpan(self.opened, end, closed))
            self.opened = None

    def _open_group(self, offset: int) -> GroupSpan:
        if self.group is None:
            self.group = GroupSpan(header=None, offset=offset, end=offset)
            self.found.groups.append(self.group)
        return self.group

    def _start_transaction(self, offset: int) -> None:
        if self.opened is None:
            self._keep_gap(offset)
        self._close_transaction(offset, closed=False)
        self.opened = offset
        self.found.pieces += 1

    def _end_transaction(self, offset: int) -> None:
        begin = self.position
        end = self._segment(offset).end
        if self.opened is not None:
            self._close_transaction(end, closed=True)
            return
        self.found.pieces += 1
        span = TransactionSpan(self._after_noise(begin), end, closed=True, headless=True)
        self._open_group(begin).transactions.append(span)

    def _after_noise(self, position: int) -> int:
        rest = self.view[position : self.position]
        return position + len(rest) - len(rest.lstrip(NOISE_BYTES + self.delimiters.terminator))

    def _start_group(self, offset: int) -> None:
        self._leave_group(offset)
        self._keep_gap(offset)
        self.found.pieces += 1
        self.group = GroupSpan(header=self._segment(offset), offset=offset)
        self.found.groups.append(self.group)

    def _leave_group(self, offset: int) -> None:
        if self.opened is not None:
            self._close_transaction(offset, closed=False)
            self.position = offset
        if self.group is not None:
            self._keep_gap(offset)
            self.position = self.group.end = offset
            self.group = None

    def _end_group(self, offset: int) -> None:
        if self.opened is not None:
            self._close_transaction(offset, closed=False)
            self.position = offset
        self._keep_gap(offset)
        trailer = self._segment(offset)
        if self.group is None:
            self.found.strays.append((offset, "GE"))
            self.found.pieces += 1
            return
        self.group.trailer = trailer
        self.group.end = trailer.end
        self.group = None

    def _end_interchange(self, offset: int) -> InterchangeSpan:
        self._leave_group(offset)
        self._keep_gap(offset)
        self.found.trailer = self._segment(offset)
        self.found.end = self.found.trailer.end
        return self.found

    def _finish(self, offset: int) -> InterchangeSpan:
        self._leave_group(offset)
        self.found.end = offset
        return self.found


def segment_at(view: bytes, offset: int, delimiters: Delimiters) -> Segment:
    """Read the segment that begins at `offset`; one that nothing terminates ends with the file."""
    place = view.find(delimiters.terminator, offset)
    stop = place if place >= 0 else len(view)
    text = clean(decode_text(view[offset : min(stop, offset + 4096)], None))
    end = stop + len(delimiters.terminator) if place >= 0 else stop
    return Segment(tuple(text.split(delimiters.element.decode("latin-1"))), offset, end)


def decode_text(raw: bytes, charset: str | None) -> str:
    """Return the text of `raw` in `charset`; without one as UTF-8, or as ISO-8859-1 where it is not UTF-8."""
    if charset is not None:
        return raw.decode(charset, errors="replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def clean(text: str) -> str:
    """Take noise off the ends of a segment and line breaks out of its middle."""
    text = text.strip(NOISE)
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    return text


def split_segments(text: str, terminator: str) -> list[str]:
    """Return the segments of a transaction, cleaned; what is only noise between terminators is gone."""
    segments = [segment for part in text.split(terminator) if (segment := part.strip(NOISE))]
    if "\n" in text or "\r" in text:
        return [clean(segment) if "\n" in segment or "\r" in segment else segment for segment in segments]
    return segments
