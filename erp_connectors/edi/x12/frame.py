"""What all transactions of a group share, and how one of them is split into segments within limits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.x12 import envelope
from erp_connectors.edi.x12.mapping.source import Row, Source
from erp_connectors.edi.x12.mapping.tables import Tables
from erp_connectors.edi.x12.reader import (
    NOISE_BYTES,
    Delimiters,
    clean,
    decode_text,
    split_segments,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The context of a transaction: its delimiters, its partner's rules, the numbers above it."""

    delimiters: Delimiters
    stray_component: bool
    interchange_control: str
    group_control: str
    version: str
    document_time: datetime
    rules: PartnerRules
    tables: Tables

    def rows(self, view: bytes) -> tuple[list[Row], list[Finding]]:
        """Return the segments of a transaction as lists of elements, or none and which limit it breaks."""
        limits = self.rules.limits
        if view.count(self.delimiters.terminator) > limits.segments:
            text = f"The transaction has more than {limits.segments} segments."
            return [], [envelope.limit_finding("LIMIT_SEGMENTS", text)]
        encoding = self._encoding(view)
        terminator = decode_text(self.delimiters.terminator, encoding)
        segments = split_segments(decode_text(view, encoding), terminator)
        separator = self.delimiters.element.decode("latin-1")
        finding = self._first_too_large(segments, separator)
        if finding is not None:
            return [], [finding]
        if self.stray_component:
            component = self.delimiters.component.decode("latin-1")
            segments = [segment.rstrip(component) for segment in segments]
        return [segment.split(separator) for segment in segments], []

    def _encoding(self, view: bytes) -> str:
        """Return the charset of the profile, else UTF-8 where the bytes are, else ISO-8859-1."""
        if self.rules.charset is not None:
            return self.rules.charset
        if view.isascii():
            return "ascii"
        try:
            view.decode()
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8"

    def _first_too_large(self, segments: list[str], separator: str) -> Finding | None:
        limits = self.rules.limits
        if max(map(len, segments), default=0) <= min(limits.elements, limits.element_bytes):
            return None
        for index, segment in enumerate(segments, start=1):
            if len(segment) <= min(limits.elements, limits.element_bytes):
                continue
            found = None
            if segment.count(separator) > limits.elements:
                text = f"Segment {index} has more than {limits.elements} elements."
                found = envelope.limit_finding("LIMIT_ELEMENTS", text)
            elif max(map(len, segment.split(separator))) > limits.element_bytes:
                text = f"Segment {index} has an element longer than {limits.element_bytes} characters."
                found = envelope.limit_finding("LIMIT_ELEMENT_LENGTH", text)
            if found is not None:
                return replace(found, segment_index=index, segment=segment[:3].rstrip(separator))
        return None

    def opening(self, view: bytes) -> Row:
        """Return the ST segment of a transaction that is too large to be split."""
        stop = view.find(self.delimiters.terminator)
        text = clean(decode_text(view[: min(stop, 100) if stop >= 0 else 100], None))
        return text.split(self.delimiters.element.decode("latin-1"))

    def source(self, set_code: str, control_number: str) -> Source:
        """Return what the mapping needs to know of where a transaction came from."""
        numbers = (self.interchange_control, self.group_control, control_number)
        return Source(
            set_code=set_code,
            version=self.version,
            document_time=self.document_time,
            control_number=".".join(number.zfill(9) for number in numbers),
            rules=self.rules,
            tables=self.tables,
        )

    def placed(self, findings: Sequence[Finding], view: bytes, offset: int) -> tuple[Finding, ...]:
        """Return the findings with the byte offset of the segment they name; `offset` is that of ST."""
        wanted = {finding.segment_index for finding in findings if finding.offset is None}
        if wanted <= {None}:
            return tuple(findings)
        offsets = self._offsets(view, wanted)
        return tuple(
            replace(finding, offset=offset + offsets[finding.segment_index])
            if finding.offset is None and finding.segment_index in offsets
            else finding
            for finding in findings
        )

    def _offsets(self, view: bytes, wanted: set[int | None]) -> dict[int | None, int]:
        """Return where the segments with these numbers begin, counted as `split_segments` counts."""
        terminator, start, number = self.delimiters.terminator, 0, 0
        found: dict[int | None, int] = {}
        for segment in view.split(terminator):
            lead = len(segment) - len(segment.lstrip(NOISE_BYTES))
            number += lead < len(segment)
            if number in wanted:
                found.setdefault(number, start + lead)
            start += len(segment) + len(terminator)
        return found


def frame_facts(rows: list[Row]) -> dict[str, Any]:
    """Return what any transaction says of itself: set, control number, segments and whether SE agrees."""
    opening, closing = rows[0], rows[-1]
    closed = envelope.element(closing, 0) == "SE"
    return {
        "set": envelope.element(opening, 1),
        "ctl": envelope.element(opening, 2),
        "nseg": len(rows),
        "se01_ok": closed and envelope.same_number(envelope.element(closing, 1), str(len(rows))),
        "se02_ok": closed and envelope.element(closing, 2) == envelope.element(opening, 2),
    }
