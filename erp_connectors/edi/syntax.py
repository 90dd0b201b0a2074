"""What a standard has to say about itself, so that one reading serves all of them."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar

from erp_connectors.edi.envelope import EnvelopeIds, Finding
from erp_connectors.edi.frame import Frame
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import GroupSpan, Header, InterchangeSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCodes:
    """The codes by which an interchange is answered where no finding has one of its own."""

    accepted: str
    refused: str
    duplicate: str
    too_large: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the envelope of an interchange says of who, to whom and when; `facts` is all of it."""

    ids: EnvelopeIds
    control: str
    date: str
    time: str
    version: str
    test: bool
    facts: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHead:
    """What the envelope of a group says; all is empty where transactions stand outside any group."""

    functional_code: str = ""
    sender: str = ""
    receiver: str = ""
    control: str = ""
    version: str = ""
    included: str = ""


class Syntax(ABC):
    """One EDI standard: where its interchanges begin, what is wrong with them, how they are mapped."""

    standard: ClassVar[str]
    mapping_version: ClassVar[str]
    header_missing: ClassVar[str]
    codes: ClassVar[AnswerCodes]

    @abstractmethod
    def find_header(self, view: bytes, start: int, before: Header | None) -> Header | None:
        """Return the first readable header at or after `start`; `before` is the one before it."""

    @abstractmethod
    def scan(self, view: bytes, header: Header, most_pieces: int) -> InterchangeSpan:
        """Find the envelope of the interchange that `header` opens."""

    @abstractmethod
    def envelope(self, span: InterchangeSpan) -> Envelope:
        """Return what the envelope of an interchange says."""

    @abstractmethod
    def head(self, span: InterchangeSpan, group: GroupSpan) -> GroupHead:
        """Return what the envelope of a group says."""

    @abstractmethod
    def judge_interchange(
        self, span: InterchangeSpan, envelope: Envelope, rules: PartnerRules | None, *, ebcdic: bool
    ) -> list[Finding]:
        """Return what is wrong or odd with an interchange; None for rules nobody has."""

    @abstractmethod
    def judge_group(self, span: InterchangeSpan, group: GroupSpan, used_numbers: set[str]) -> list[Finding]:
        """Return what is wrong or odd with a group; `used_numbers` are those of the groups before it."""

    @abstractmethod
    def frame(self, span: InterchangeSpan, group: GroupSpan, rules: PartnerRules) -> Frame:
        """Return the context of the transactions of a group."""

    @abstractmethod
    def reuse_finding(self, *, same_bytes: bool, in_interchange: bool) -> Finding:
        """Return the finding for control numbers that came before."""

    @abstractmethod
    def interchange_needs_answer(
        self, span: InterchangeSpan, rules: PartnerRules, status: str, sets: Collection[str]
    ) -> bool:
        """Say whether the interchange itself is answered (TA1, CONTRL); `sets` are those it holds."""

    @abstractmethod
    def group_may_be_answered(self, group: GroupSpan, head: GroupHead, sets: Collection[str]) -> bool:
        """Say whether a group with these sets is answered for itself (997), where it is accepted."""
