"""What is said about an interchange, a group and a transaction: verdicts, findings, control keys.

The words are the same for X12 and EDIFACT; the rules that find a verdict stand beside each syntax.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of a file, an interchange, a group or a transaction."""

    ACCEPT = "accept"
    ACCEPT_WARN = "accept_warn"
    REJECT = "reject"
    DUPLICATE = "duplicate"
    QUARANTINE = "quarantine"

    @property
    def is_accepted(self) -> bool:
        """Say whether the content may have an effect."""
        return self in (Verdict.ACCEPT, Verdict.ACCEPT_WARN)


class Severity(StrEnum):
    """How much a finding weighs: a note explains, a warning is looked at, an error refuses."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Layer(StrEnum):
    """Where in the reading a finding was made."""

    FILE = "file"
    INTERCHANGE = "interchange"
    GROUP = "group"
    TRANSACTION = "transaction"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found wrong or odd, where it stands, and the way out.

    `segment_index` counts from 1 at the header of the layer (ST is 1); `offset` is a byte offset in
    the file as received; `element`, and `component` in it, count from 1. `ack_code` is what the
    acknowledgement says: AK502 of a transaction, AK905 of a group, TA105 of an interchange, in EDIFACT
    DE 0085 of UCM, UCF and UCI. A finding about one segment has `segment_code` (AK304, UCS) and, about
    one element, `element_code` (AK403, UCD) as well.
    """

    layer: Layer
    code: str
    text: str
    severity: Severity = Severity.ERROR
    way_out: str = ""
    segment_index: int | None = None
    offset: int | None = None
    segment: str | None = None
    element: int | None = None
    component: int | None = None
    value: str | None = None
    ack_code: str | None = None
    segment_code: str | None = None
    element_code: str | None = None

    @property
    def transaction_code(self) -> str:
        """Return the code by which a transaction is refused for this: 5, segments in error, unless named."""
        return self.ack_code or "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeIds:
    """Who sent an interchange to whom; the group ids are those of its first group."""

    standard: str
    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    group_sender: str | None = None
    group_receiver: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class ControlKey:
    """What makes a transaction the same one again: every control number it travelled under.

    `group` and `transaction` are empty in the key of a whole interchange. The set is not part of
    the key: an 810 under the numbers of an 850 is a reused number, not another transaction.
    """

    standard: str
    sender: str
    receiver: str
    interchange: str
    group: str = ""
    transaction: str = ""

    def __str__(self) -> str:
        """Return the key as one line of text, unambiguous because parts are escaped."""
        parts = (self.standard, self.sender, self.receiver, self.interchange, self.group, self.transaction)
        return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


SeenLookup = Callable[[ControlKey], str | None]
"""Tells the SHA-256 a transaction had when it was *successfully* received before, else None."""


def nothing_seen(key: ControlKey) -> str | None:
    """Answer for a reader without history: nothing came before."""
    return None


class Reuse(StrEnum):
    """What a control key that came before means for the one that comes now."""

    NEW = "new"
    SAME_BYTES = "same_bytes"
    OTHER_BYTES = "other_bytes"


def judge_reuse(earlier_hash: str | None, sha256: str) -> Reuse:
    """Compare what came under a key before with what comes now."""
    if earlier_hash is None:
        return Reuse.NEW
    return Reuse.SAME_BYTES if earlier_hash == sha256 else Reuse.OTHER_BYTES


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return reject where a finding is an error, accept_warn where one is a warning, else accept.

    Findings of the mapping layer weigh only as errors: a warning about a value does not touch the
    envelope it came in.
    """
    verdict = Verdict.ACCEPT
    for finding in findings:
        if finding.severity is Severity.ERROR:
            return Verdict.REJECT
        if finding.severity is Severity.WARNING and finding.layer is not Layer.MAPPING:
            verdict = Verdict.ACCEPT_WARN
    return verdict


REFUSED_NOT_KEPT = frozenset({"UNPADDED_ISA", "PRODUCTION_IN_TEST_PROFILE"})
"""Interchange errors that the sender must mend; all others are kept in quarantine for a person."""


def interchange_verdict(findings: Sequence[Finding]) -> Verdict:
    """Return what becomes of an interchange with these findings."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if any(finding.code not in REFUSED_NOT_KEPT for finding in errors):
        return Verdict.QUARANTINE
    if errors:
        return Verdict.REJECT
    warned = any(finding.severity is Severity.WARNING for finding in findings)
    return Verdict.ACCEPT_WARN if warned else Verdict.ACCEPT


def refused_above(findings: Sequence[Finding]) -> Finding:
    """Return the note on a sound transaction that its interchange or group takes down with it."""
    cause = next(finding for finding in findings if finding.severity is Severity.ERROR)
    return Finding(
        layer=Layer.TRANSACTION,
        code="ENVELOPE_REFUSED",
        text=f"Nothing is wrong with this transaction itself. {cause.text}",
        severity=Severity.NOTE,
        way_out=cause.way_out,
    )


def same_number(first: str, second: str) -> bool:
    """Compare control numbers or counts as numbers where both are, else as text."""
    if first.isdecimal() and second.isdecimal():
        return first.lstrip("0") == second.lstrip("0")
    return first == second


def element(row: Sequence[str], position: int) -> str:
    """Return element `position` of a segment without blanks at its ends, empty where it was not sent."""
    return row[position].strip() if position < len(row) else ""
