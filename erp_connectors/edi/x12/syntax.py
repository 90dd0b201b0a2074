"""X12 as the reading of files knows it."""

from collections.abc import Collection
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.frame import Frame
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import GroupSpan, Header, InterchangeSpan
from erp_connectors.edi.syntax import AnswerCodes, Envelope, GroupHead, Syntax
from erp_connectors.edi.values import is_sentinel
from erp_connectors.edi.x12 import STANDARD, envelope, reader
from erp_connectors.edi.x12.dates import parse_date, parse_time
from erp_connectors.edi.x12.facts import envelope_facts, envelope_ids
from erp_connectors.edi.x12.frame import X12Frame
from erp_connectors.edi.x12.mapping import MAPPING_VERSION
from erp_connectors.edi.x12.mapping.tables import tables_for
from erp_connectors.edi.x12.sets import ACKNOWLEDGEMENT_GROUPS, ACKNOWLEDGEMENT_SETS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class X12(Syntax):
    """ANSI X12."""

    standard = STANDARD
    mapping_version = MAPPING_VERSION
    header_missing = "No readable ISA segment was found."
    codes = AnswerCodes(accepted="000", refused="022", duplicate="025", too_large="024")

    def find_header(self, view: bytes, start: int, before: Header | None) -> Header | None:
        """Return the first readable ISA at or after `start`; each interchange declares its own delimiters."""
        return reader.find_header(view, start)

    def scan(self, view: bytes, header: Header, most_pieces: int) -> InterchangeSpan:
        """Find the envelope of the interchange that `header` opens."""
        return reader.scan(view, header, most_pieces)

    def envelope(self, span: InterchangeSpan) -> Envelope:
        """Return what the ISA says."""
        isa = span.header.elements
        return Envelope(
            ids=envelope_ids(span),
            control=isa[13],
            date=isa[9],
            time=isa[10],
            version=isa[12],
            test=isa[15] == "T",
            facts=envelope_facts(span),
        )

    def head(self, span: InterchangeSpan, group: GroupSpan) -> GroupHead:
        """Return what the GS and the GE say."""
        trailer = group.trailer
        included = envelope.trailer_element(span, trailer, 1) if trailer else ""
        header = group.header
        if header is None:
            return GroupHead(included=included)
        functional_code, sender, receiver, control, version = (
            envelope.trailer_element(span, header, place) for place in (1, 2, 3, 6, 8)
        )
        return GroupHead(
            functional_code=functional_code,
            sender=sender,
            receiver=receiver,
            control=control,
            version=version,
            included=included,
        )

    def judge_interchange(
        self, span: InterchangeSpan, envelope_: Envelope, rules: PartnerRules | None, *, ebcdic: bool
    ) -> list[Finding]:
        """Return what is wrong or odd with an interchange."""
        return envelope.judge_interchange(span, envelope_.ids, rules, ebcdic=ebcdic)

    def judge_group(self, span: InterchangeSpan, group: GroupSpan, used_numbers: set[str]) -> list[Finding]:
        """Return what is wrong or odd with a group."""
        return envelope.judge_group(span, group, used_numbers)

    def frame(self, span: InterchangeSpan, group: GroupSpan, rules: PartnerRules) -> Frame:
        """Return the context of the transactions of a group."""
        head = self.head(span, group)
        return X12Frame(
            delimiters=span.header.delimiters,
            stray_component=reader.has_stray_component(span),
            interchange_control=span.header.elements[13],
            group_control=head.control,
            version=head.version,
            document_time=_document_time(span, group, rules),
            rules=rules,
            tables=tables_for(head.version, rules.overrides),
        )

    def reuse_finding(self, *, same_bytes: bool, in_interchange: bool) -> Finding:
        """Return the finding for control numbers that came before."""
        return envelope.reuse_finding(same_bytes=same_bytes, in_interchange=in_interchange)

    def interchange_needs_answer(
        self, span: InterchangeSpan, rules: PartnerRules, status: str, sets: Collection[str]
    ) -> bool:
        """Say whether a TA1 is due: asked for, set in the profile, or the only way to refuse."""
        if span.header.elements[14] == "1" or rules.always_ta1:
            return True
        only_acknowledges = all(
            group.header is not None and group.header.element(1) in ACKNOWLEDGEMENT_GROUPS
            for group in span.groups
        )
        return status == "R" and not only_acknowledges

    def group_may_be_answered(self, group: GroupSpan, head: GroupHead, sets: Collection[str]) -> bool:
        """Say whether a 997 may be due: never for one."""
        if group.header is None or head.functional_code in ACKNOWLEDGEMENT_GROUPS:
            return False
        return not ACKNOWLEDGEMENT_SETS.intersection(sets)


def _document_time(span: InterchangeSpan, group: GroupSpan, rules: PartnerRules) -> datetime:
    """Return GS04/GS05, else ISA09/ISA10, from the partner's time zone; the epoch without either."""
    isa, header = span.header.elements, group.header
    own = [envelope.trailer_element(span, header, place) if header else "" for place in (4, 5)]
    zone = ZoneInfo(rules.time_zone)
    for date_text, time_text in (own, isa[9:11]):
        day = parse_date(date_text)
        if day is not None and not is_sentinel(day):
            return datetime.combine(day, parse_time(time_text), tzinfo=zone).astimezone(UTC)
    return EPOCH
