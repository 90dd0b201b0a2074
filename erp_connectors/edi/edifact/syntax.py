"""EDIFACT as the reading of files knows it."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from erp_connectors.edi.edifact import STANDARD, envelope, reader
from erp_connectors.edi.edifact.dates import interchange_time
from erp_connectors.edi.edifact.facts import envelope_facts, envelope_ids
from erp_connectors.edi.edifact.frame import EdifactFrame
from erp_connectors.edi.edifact.mapping import MAPPING_VERSION
from erp_connectors.edi.edifact.mapping.tables import tables_for
from erp_connectors.edi.edifact.messages import ACKNOWLEDGEMENT_MESSAGES
from erp_connectors.edi.edifact.tokens import part, shown
from erp_connectors.edi.envelope import Finding, element
from erp_connectors.edi.frame import Frame
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import GroupSpan, Header, InterchangeSpan
from erp_connectors.edi.syntax import AnswerCodes, Envelope, GroupHead, Syntax


class Edifact(Syntax):
    """UN/EDIFACT in the syntax versions 1 to 4."""

    standard = STANDARD
    mapping_version = MAPPING_VERSION
    header_missing = "No readable UNB segment was found."
    codes = AnswerCodes(
        accepted="",
        refused=envelope.UNSPECIFIED,
        duplicate=envelope.DUPLICATE,
        too_large=envelope.TOO_MANY,
    )

    def find_header(self, view: bytes, start: int, before: Header | None) -> Header | None:
        """Return the first readable UNB, with its UNA, at or after `start`."""
        return reader.find_header(view, start, before)

    def scan(self, view: bytes, header: Header, most_pieces: int) -> InterchangeSpan:
        """Find the envelope of the interchange that `header` opens."""
        return reader.scan(view, header, most_pieces)

    def envelope(self, span: InterchangeSpan) -> Envelope:
        """Return what the UNB says."""
        unb = span.header.elements
        return Envelope(
            ids=envelope_ids(span),
            control=part(unb, 5),
            date=part(unb, 4),
            time=part(unb, 4, 1),
            version=shown(span.header.element(1)),
            test=envelope.is_test(span),
            facts=envelope_facts(span),
        )

    def head(self, span: InterchangeSpan, group: GroupSpan) -> GroupHead:
        """Return what the UNG and the UNE say."""
        if group.header is None:
            return GroupHead()
        ung, trailer = group.header.elements, group.trailer
        return GroupHead(
            functional_code=part(ung, 1),
            sender=part(ung, 2),
            receiver=part(ung, 3),
            control=element(ung, 5),
            version=":".join([part(ung, 6), shown(group.header.element(7))]).strip(":"),
            included=element(trailer.elements, 1) if trailer else "",
        )

    def judge_interchange(
        self, span: InterchangeSpan, envelope_: Envelope, rules: PartnerRules | None, *, ebcdic: bool
    ) -> list[Finding]:
        """Return what is wrong or odd with an interchange."""
        return envelope.judge_interchange(span, envelope_.ids, rules, ebcdic=ebcdic)

    def judge_group(self, span: InterchangeSpan, group: GroupSpan, used_numbers: set[str]) -> list[Finding]:
        """Return what is wrong or odd with a group."""
        return envelope.judge_group(group, used_numbers)

    def frame(self, span: InterchangeSpan, group: GroupSpan, rules: PartnerRules) -> Frame:
        """Return the context of the messages of a group."""
        unb = span.header.elements
        moment = interchange_time(part(unb, 4), part(unb, 4, 1), ZoneInfo(rules.time_zone))
        return EdifactFrame(
            characters=reader.characters_of(span.header),
            syntax_identifier=part(unb, 1),
            interchange_reference=part(unb, 5),
            group_reference=element(group.header.elements, 5) if group.header else "",
            interchange_time=moment,
            rules=rules,
            tables=tables_for(rules.edifact),
        )

    def reuse_finding(self, *, same_bytes: bool, in_interchange: bool) -> Finding:
        """Return the finding for references that came before."""
        return envelope.reuse_finding(same_bytes=same_bytes, in_interchange=in_interchange)

    def interchange_needs_answer(
        self, span: InterchangeSpan, rules: PartnerRules, status: str, sets: Collection[str]
    ) -> bool:
        """Say whether a CONTRL is due: for every interchange but one that only acknowledges."""
        return not sets or not ACKNOWLEDGEMENT_MESSAGES.issuperset(sets)

    def group_may_be_answered(self, group: GroupSpan, head: GroupHead, sets: Collection[str]) -> bool:
        """Say no: a CONTRL answers the whole interchange, its groups included."""
        return False
