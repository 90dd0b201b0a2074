"""What all transactions of a group share: how one of them is split within limits, judged, and mapped."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.results import Document
from erp_connectors.edi.rules import Limits
from erp_connectors.edi.spans import TransactionSpan

Row = list[str]
"""A segment as a list of elements; the first is its tag."""
Mapped = tuple[Document | None, list[Finding]]
"""The canonical document of a transaction, None where there is none, and what was found."""


@dataclass(frozen=True, slots=True)
class Names:
    """By what a transaction goes: its set, its control number, the version of the standard it follows."""

    set_code: str
    control_number: str
    version: str


class Frame(ABC):
    """The context of the transactions of one group, in one standard."""

    @abstractmethod
    def rows(self, view: bytes) -> tuple[list[Row], list[Finding]]:
        """Return the segments of a transaction as lists of elements, or none and which limit it breaks."""

    @abstractmethod
    def opening(self, view: bytes) -> Row:
        """Return the first segment of a transaction that is too large to be split."""

    @abstractmethod
    def names(self, row: Row, *, headless: bool) -> Names:
        """Return by what a transaction goes, from its header, or from its trailer where it is headless."""

    @abstractmethod
    def judge(self, span: TransactionSpan, rows: Sequence[Row]) -> list[Finding]:
        """Return what is wrong with the header, the trailer or the count of a transaction."""

    @abstractmethod
    def map(self, rows: list[Row], names: Names) -> Mapped:
        """Return the canonical document of a sound transaction and what was odd in it."""

    @abstractmethod
    def facts(self, view: bytes) -> dict[str, Any] | None:
        """Return every fact of a transaction as plain values as sent; None where it cannot be split."""

    @abstractmethod
    def offsets(self, view: bytes, wanted: set[int | None]) -> dict[int | None, int]:
        """Return where the segments with these numbers begin, counted as `rows` counts."""

    def placed(self, findings: Sequence[Finding], view: bytes, offset: int) -> tuple[Finding, ...]:
        """Return the findings with the byte offset of the segment each names; `offset` is the header's."""
        wanted = {finding.segment_index for finding in findings if finding.offset is None}
        if wanted <= {None}:
            return tuple(findings)
        offsets = self.offsets(view, wanted)
        return tuple(
            replace(finding, offset=offset + offsets[finding.segment_index])
            if finding.offset is None and finding.segment_index in offsets
            else finding
            for finding in findings
        )


def charset_of(raw: bytes, declared: str | None, otherwise: str = "latin-1") -> str:
    """Return the declared charset, else UTF-8 where the bytes are, else the one `otherwise` assumed."""
    if declared is not None:
        return declared
    if raw.isascii():
        return "ascii"
    try:
        raw.decode()
    except UnicodeDecodeError:
        return otherwise
    return "utf-8"


def first_too_large(
    segments: Sequence[str], separator: str, limits: Limits, finding: Callable[[str, str], Finding]
) -> Finding | None:
    """Return the finding for the first segment with too many or too long elements; made by `finding`."""
    smallest = min(limits.elements, limits.element_bytes)
    if max(map(len, segments), default=0) <= smallest:
        return None
    for index, segment in enumerate(segments, start=1):
        if len(segment) <= smallest:
            continue
        found = None
        if segment.count(separator) > limits.elements:
            found = finding("LIMIT_ELEMENTS", f"Segment {index} has more than {limits.elements} elements.")
        elif max(map(len, segment.split(separator))) > limits.element_bytes:
            text = f"Segment {index} has an element longer than {limits.element_bytes} characters."
            found = finding("LIMIT_ELEMENT_LENGTH", text)
        if found is not None:
            return replace(found, segment_index=index, segment=segment[:3].rstrip(separator))
    return None
