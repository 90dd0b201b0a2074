"""What the mappings of all X12 transactions share: the tables of the partner, and the findings so far."""

from collections.abc import Iterable
from typing import ClassVar

from erp_connectors.canonical.documents import Purpose
from erp_connectors.edi.envelope import Finding, Severity
from erp_connectors.edi.values import LONGEST_COPY, mapping_warning
from erp_connectors.edi.x12.mapping.source import Source


class Mapper:
    """The mapping of one transaction and the findings so far."""

    #: What can be done about something odd.
    way_out: ClassVar[str] = "Ask the supplier, or add the meaning to the partner's profile."

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tables = source.tables
        self.findings: list[Finding] = []

    def purpose_of(self, code: str, at: int | None, segment: str, element: int) -> Purpose:
        """Return what the transaction does to an earlier one, by a code of its beginning."""
        if code not in self.tables.purposes:
            text = f"{segment}{element:02} {code!r} is read as an original."
            self.warn("UNKNOWN_CODE", text, at, segment, element, code)
        return self.tables.purposes.get(code, Purpose.ORIGINAL)

    def unit(self, code: str) -> str:
        """Return the unit a code stands for."""
        return self.tables.units.get(code, code)

    def named(self, kind: str, refs: Iterable[list[str]]) -> list[str]:
        """Return the values of the references of one kind."""
        kinds = self.tables.reference_kinds
        return [value for qualifier, value in refs if kinds.get(qualifier) == kind and value]

    def warn(
        self,
        code: str,
        text: str,
        at: int | None,
        segment: str,
        element: int | None,
        value: str | None,
        *,
        severity: Severity = Severity.WARNING,
    ) -> None:
        """Note something odd that does not forbid the document."""
        self.findings.append(
            mapping_warning(
                code=code,
                text=text,
                severity=severity,
                segment_index=at,
                segment=segment,
                element=element,
                value=value[:LONGEST_COPY] if value is not None else None,
                way_out=self.way_out,
            )
        )
