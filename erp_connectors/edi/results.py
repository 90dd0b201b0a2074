"""What reading a file yields, in the order it is read: transactions, then their group, interchange, file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from erp_connectors.canonical.documents import Confirmation, Invoice, Receipt, ShipmentStatus, ShipNotice
from erp_connectors.edi.envelope import ControlKey, EnvelopeIds, Finding, Verdict

Document = Confirmation | ShipNotice | ShipmentStatus | Receipt | Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedTransaction:
    """One transaction with its final verdict: that of its interchange and group is already in it.

    `document` is None unless the verdict is accepted and the set is mapped to a canonical document.
    `raw` is the bytes from ST to the terminator of SE as received, `sha256` their hash, `offset` and
    `end` their place in the file. `ack_status` (A, E, R) and `ack_codes` answer in AK501 and AK502..;
    `reader` makes the reading anew, so that a large file never stands in memory as values.
    """

    ids: EnvelopeIds
    interchange_index: int
    group_index: int
    index: int
    interchange_control: str
    group_control: str
    control_number: str
    set_code: str
    version: str
    test: bool
    key: ControlKey
    verdict: Verdict
    findings: tuple[Finding, ...]
    ack_status: str
    ack_codes: tuple[str, ...]
    offset: int
    end: int
    segment_count: int
    sha256: str
    raw: bytes = field(repr=False)
    document: Document | None
    mapping_version: str | None
    reader: Callable[[], dict[str, Any] | None] = field(repr=False, compare=False)

    @property
    def reading(self) -> dict[str, Any] | None:
        """Return every fact read from the transaction as plain values, as sent; None when not mapped."""
        return self.reader()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionAnswer:
    """What an acknowledgement says of one transaction, and the findings it details."""

    set_code: str
    control_number: str
    version: str
    status: str
    codes: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedGroup:
    """A functional group after its last transaction: all that its 997 needs.

    `ack_status` is A, E, P or R (AK901); `included` is what GE01 says, `received` what was found.
    """

    ids: EnvelopeIds
    interchange_index: int
    index: int
    functional_code: str
    sender: str
    receiver: str
    control_number: str
    version: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    ack_status: str
    ack_codes: tuple[str, ...]
    included: int
    received: int
    accepted: int
    answers: tuple[TransactionAnswer, ...]
    needs_acknowledgement: bool
    offset: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedInterchange:
    """An interchange after its last group: its verdict and all that its TA1 or CONTRL needs.

    `ack_status` is A or R, `ack_code` what a TA1 (I18) or CONTRL (0085) says beside it, and
    `needs_acknowledgement` whether one is due. `envelope` holds the header's facts as plain values.
    """

    ids: EnvelopeIds
    index: int
    control_number: str
    date: str
    time: str
    version: str
    test: bool
    key: ControlKey
    verdict: Verdict
    findings: tuple[Finding, ...]
    ack_status: str
    ack_code: str
    needs_acknowledgement: bool
    groups: int
    transactions: int
    envelope: dict[str, Any]
    offset: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFile:
    """The last word on a file. A file nobody could read has no interchange and says why here."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    standard: str | None
    size: int
    sha256: str
    interchanges: int
    transactions: int


Decoded = DecodedTransaction | DecodedGroup | DecodedInterchange | DecodedFile
