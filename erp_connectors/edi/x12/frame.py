"""X12 transactions of one group: split into segments within limits, judged, mapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_connectors.edi.envelope import Finding, element, same_number
from erp_connectors.edi.frame import Frame, Mapped, Names, Row, charset_of, first_too_large
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import Delimiters, TransactionSpan
from erp_connectors.edi.text import NOISE_BYTES, clean, decode_text, split_segments
from erp_connectors.edi.x12 import envelope
from erp_connectors.edi.x12.mapping import map_transaction, read_transaction
from erp_connectors.edi.x12.mapping.source import Source
from erp_connectors.edi.x12.mapping.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class X12Frame(Frame):
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
        encoding = charset_of(view, self.rules.charset)
        terminator = decode_text(self.delimiters.terminator, encoding)
        segments = split_segments(decode_text(view, encoding), terminator)
        separator = self.delimiters.element.decode("latin-1")
        finding = first_too_large(segments, separator, limits, envelope.limit_finding)
        if finding is not None:
            return [], [finding]
        if self.stray_component:
            component = self.delimiters.component.decode("latin-1")
            segments = [segment.rstrip(component) for segment in segments]
        return [segment.split(separator) for segment in segments], []

    def opening(self, view: bytes) -> Row:
        """Return the ST segment of a transaction that is too large to be split."""
        stop = view.find(self.delimiters.terminator)
        text = clean(decode_text(view[: min(stop, 100) if stop >= 0 else 100], None))
        return text.split(self.delimiters.element.decode("latin-1"))

    def names(self, row: Row, *, headless: bool) -> Names:
        """Return set and control number; the version is that of the group."""
        return Names("" if headless else element(row, 1), element(row, 2), self.version)

    def judge(self, span: TransactionSpan, rows: Sequence[Row]) -> list[Finding]:
        """Return what is wrong with ST, SE or the count."""
        return envelope.judge_transaction(span, rows, self.rules, self.version)

    def map(self, rows: list[Row], names: Names) -> Mapped:
        """Return the canonical document of a sound transaction and what was odd in it."""
        return map_transaction(rows, self._source(names))

    def facts(self, view: bytes) -> dict[str, Any] | None:
        """Return every fact of a transaction as plain values; None where it cannot be split."""
        rows, _ = self.rows(view)
        if not rows or element(rows[0], 0) != "ST":
            return None
        return frame_facts(rows) | read_transaction(rows, self._source(self.names(rows[0], headless=False)))

    def _source(self, names: Names) -> Source:
        """Return what the mapping needs to know of where a transaction came from."""
        numbers = (self.interchange_control, self.group_control, names.control_number)
        return Source(
            set_code=names.set_code,
            version=self.version,
            document_time=self.document_time,
            control_number=".".join(number.zfill(9) for number in numbers),
            rules=self.rules,
            tables=self.tables,
        )

    def offsets(self, view: bytes, wanted: set[int | None]) -> dict[int | None, int]:
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
    closed = element(closing, 0) == "SE"
    return {
        "set": element(opening, 1),
        "ctl": element(opening, 2),
        "nseg": len(rows),
        "se01_ok": closed and same_number(element(closing, 1), str(len(rows))),
        "se02_ok": closed and element(closing, 2) == element(opening, 2),
    }
