"""Where the pieces of an interchange stand in a file, found in one scan of its envelope segments.

The scan keeps only offsets; transactions are split one at a time afterwards. Nothing is judged here. What the
envelope segments are called, and what ends one, each standard says in its own reader.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import ClassVar

from erp_connectors.edi.text import NOISE_BYTES


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators one interchange uses; the terminator may be several bytes of one UTF-8 character."""

    element: bytes
    component: bytes
    terminator: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """The segment that opens an interchange: ISA or UNB, with the delimiters it, or its UNA, declares.

    `elements[1]` is the first element; blanks at the ends are gone. `layout` says how an ISA was written
    (padded, wrapped by line breaks, or unpadded), `length` how long it was; `advice` is the UNA as sent.
    `offset` and `end` are its place, UNA and terminator included.
    """

    elements: tuple[str, ...]
    delimiters: Delimiters
    offset: int
    end: int
    layout: str = "padded"
    length: int = 0
    advice: str | None = None

    def element(self, position: int) -> str:
        """Return element `position`, empty where it was not sent."""
        return self.elements[position] if position < len(self.elements) else ""


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
    """Where a transaction stands. `headless`: a trailer ends segments that no readable header opens."""

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


class Role(Enum):
    """What an envelope segment does, whatever its tag."""

    INTERCHANGE = auto()
    GROUP = auto()
    TRANSACTION = auto()
    TRANSACTION_END = auto()
    GROUP_END = auto()
    INTERCHANGE_END = auto()
    LOOSE = auto()


class Scan(ABC):
    """One scan: the open group, where the open transaction began, where the last piece ended."""

    roles: ClassVar[Mapping[bytes, Role]]

    def __init__(self, view: bytes, header: Header, most_pieces: int) -> None:
        self.view = view
        self.found = InterchangeSpan(header)
        self.delimiters = header.delimiters
        self.most_pieces = most_pieces
        self.group: GroupSpan | None = None
        self.opened: int | None = None
        self.position = header.end

    @abstractmethod
    def pattern(self) -> re.Pattern[bytes]:
        """Return what matches a terminator, noise and, as its first group, the tag of an envelope segment."""

    @abstractmethod
    def segment_at(self, offset: int) -> Segment:
        """Read the segment that begins at `offset`."""

    @abstractmethod
    def opens_interchange(self, offset: int) -> bool:
        """Say whether a readable interchange begins at `offset`."""

    def is_boundary(self, place: int) -> bool:
        """Say whether the terminator at `place` really ends a segment."""
        return True

    def passes_over(self, gap: bytes) -> bool:
        """Say whether what stands between the pieces of the envelope is known to mean nothing."""
        return False

    def run(self) -> InterchangeSpan:
        """Find the pieces of the interchange up to its trailer, the next one's header or the end.

        Stops, and says so, at more than `most_pieces` transactions, groups and stray envelope segments.
        """
        begin = self.found.header.end - len(self.delimiters.terminator)
        for match in self.pattern().finditer(self.view, begin):
            if not self.is_boundary(match.start()):
                continue
            offset = match.start(1)
            tag = match[1].translate(None, b"\r\n")
            role = self.roles[tag]
            if role is Role.INTERCHANGE:
                if self.opens_interchange(offset):
                    return self._finish(offset)
                self.found.pieces += 1
            elif role is Role.INTERCHANGE_END:
                return self._end_interchange(offset)
            else:
                self._take(role, tag, offset)
            if self.found.pieces > self.most_pieces:
                self.found.too_many_pieces = True
                return self._finish(offset)
        return self._finish(len(self.view))

    def _take(self, role: Role, tag: bytes, offset: int) -> None:
        if role is Role.TRANSACTION:
            self._start_transaction(offset)
        elif role is Role.TRANSACTION_END:
            self._end_transaction(offset)
        elif role is Role.GROUP:
            self._start_group(offset)
        elif role is Role.GROUP_END:
            self._end_group(offset, tag)
        elif self.opened is None:
            self._keep_gap(offset)
            self.found.acknowledgements.append(self._segment(offset))
            self.found.pieces += 1

    def _segment(self, offset: int) -> Segment:
        segment = self.segment_at(offset)
        self.position = segment.end
        return segment

    def _keep_gap(self, offset: int) -> None:
        """Record segments that stand between the pieces of the envelope and belong to none."""
        gap = self.view[self.position : offset].strip(NOISE_BYTES + self.delimiters.terminator)
        if gap and not (self.group is None and self.passes_over(gap)):
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

    def _end_group(self, offset: int, tag: bytes) -> None:
        if self.opened is not None:
            self._close_transaction(offset, closed=False)
            self.position = offset
        self._keep_gap(offset)
        trailer = self._segment(offset)
        if self.group is None:
            self.found.strays.append((offset, tag.decode()))
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
