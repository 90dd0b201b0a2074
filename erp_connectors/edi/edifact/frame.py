"""EDIFACT messages of one group: split into segments within limits, judged, mapped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from erp_connectors.edi.edifact import envelope
from erp_connectors.edi.edifact.mapping import map_message, read_message
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import Tables
from erp_connectors.edi.edifact.reader import segment_at, segment_starts
from erp_connectors.edi.edifact.tokens import (
    COMPONENT,
    ELEMENT,
    ServiceCharacters,
    elements_of,
    part,
    segments_of,
)
from erp_connectors.edi.envelope import Finding, element, same_number
from erp_connectors.edi.frame import Frame, Mapped, Names, Row, charset_of, first_too_large
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import TransactionSpan
from erp_connectors.edi.text import NOISE_BYTES, decode_text

CHARSETS = {
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
}
"""DE 0001 to the character set of bytes that are not UTF-8; any other level is read as ISO-8859-1."""
REFERENCE_WIDTH = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class EdifactFrame(Frame):
    """The context of a message: the characters of its interchange, its partner's rules, what is above it."""

    characters: ServiceCharacters
    syntax_identifier: str
    interchange_reference: str
    group_reference: str
    interchange_time: datetime | None
    rules: PartnerRules
    tables: Tables = field(repr=False)

    def rows(self, view: bytes) -> tuple[list[Row], list[Finding]]:
        """Return the segments of a message as lists of elements, or none and which limit it breaks."""
        limits = self.rules.limits
        if view.count(self.characters.terminator) > limits.segments:
            text = f"The message has more than {limits.segments} segments."
            return [], [envelope.limit_finding("LIMIT_SEGMENTS", text)]
        otherwise = CHARSETS.get(self.syntax_identifier, "iso8859-1")
        text = decode_text(view, charset_of(view, self.rules.charset, otherwise))
        segments = segments_of(text, self.characters)
        finding = first_too_large(segments, ELEMENT, limits, envelope.limit_finding)
        return ([], [finding]) if finding is not None else (elements_of(segments), [])

    def opening(self, view: bytes) -> Row:
        """Return the UNH segment of a message that is too large to be split."""
        return list(segment_at(view[:200], 0, self.characters).elements)

    def names(self, row: Row, *, headless: bool) -> Names:
        """Return message type, reference and version, as UNH says; of UNT only the reference is known."""
        if headless:
            return Names("", element(row, 2), "")
        kind, *version = [
            component.strip() for component in (row[2] if len(row) > 2 else "").split(COMPONENT)
        ]
        return Names(kind, part(row, 1), ":".join(version).rstrip(":"))

    def judge(self, span: TransactionSpan, rows: Sequence[Row]) -> list[Finding]:
        """Return what is wrong with UNH, UNT or the count."""
        return envelope.judge_message(span, rows, self.names(rows[0], headless=span.headless), self.rules)

    def map(self, rows: list[Row], names: Names) -> Mapped:
        """Return the canonical document of a sound message and what was odd in it."""
        return map_message(rows, self._source(names))

    def facts(self, view: bytes) -> dict[str, Any] | None:
        """Return every fact of a message as plain values; None where it cannot be split."""
        rows, _ = self.rows(view)
        if not rows or element(rows[0], 0) != "UNH":
            return None
        names = self.names(rows[0], headless=False)
        return _frame_facts(rows, names) | read_message(rows, self._source(names))

    def offsets(self, view: bytes, wanted: set[int | None]) -> dict[int | None, int]:
        """Return where the segments with these numbers begin, counted as `rows` counts."""
        starts = segment_starts(view, self.characters)
        noise = NOISE_BYTES + self.characters.terminator
        found: dict[int | None, int] = {}
        number = 0
        for start, end in zip(starts, [*starts[1:], len(view)], strict=True):
            lead = len(view[start:end]) - len(view[start:end].lstrip(noise))
            number += lead < end - start
            if number in wanted:
                found.setdefault(number, start + lead)
        return found

    def _source(self, names: Names) -> Source:
        """Return what the mapping needs to know of where a message came from."""
        numbers = (self.interchange_reference, self.group_reference, names.control_number)
        return Source(
            set_code=names.set_code,
            version=names.version,
            interchange_time=self.interchange_time,
            control_number=".".join(number.zfill(REFERENCE_WIDTH) for number in numbers),
            marks=self.rules.edifact.decimal_marks or self.characters.marks,
            zone=ZoneInfo(self.rules.time_zone),
            rules=self.rules,
            tables=self.tables,
        )


def _frame_facts(rows: list[Row], names: Names) -> dict[str, Any]:
    """Return what any message says of itself: type, version, reference, segments and whether UNT agrees."""
    closing = rows[-1]
    closed = element(closing, 0) == "UNT"
    return {
        "set": names.set_code,
        "version": names.version,
        "ctl": names.control_number,
        "nseg": len(rows),
        "unt_ok": closed and same_number(element(closing, 1), str(len(rows))),
        "untref_ok": closed and element(closing, 2) == element(rows[0], 1),
    }
