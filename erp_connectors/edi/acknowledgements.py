"""Answers to what was received: the 997 for a functional group and the TA1 for an interchange.

Sender and receiver of the inbound envelope change places, its version is kept, and the control numbers
are ours. An acknowledgement is never asked to be acknowledged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.results import DecodedGroup, DecodedInterchange, TransactionAnswer
from erp_connectors.edi.x12.writer import (
    Element,
    OutgoingEnvelope,
    OutgoingGroup,
    OutgoingTransaction,
    Style,
    write_interchange,
)

ACKNOWLEDGEMENT_STYLE = Style(replacement=" ", charset="latin-1")
LONGEST_COPY = 99
MOST_CODES = 5
NO_SET = "000"


@dataclass(frozen=True, slots=True)
class ControlNumbers:
    """Our own control numbers for one outgoing interchange, its group and its transaction."""

    interchange: int
    group: int = 1
    transaction: int = 1


def functional_acknowledgement(
    interchange: DecodedInterchange,
    group: DecodedGroup,
    numbers: ControlNumbers,
    at: datetime,
    style: Style = ACKNOWLEDGEMENT_STYLE,
) -> bytes:
    """Return the 997 that answers one group: every transaction, its bad segments and elements, the count."""
    segments: list[Sequence[Element]] = [("AK1", group.functional_code, group.control_number)]
    for answer in group.answers:
        segments += _answer_segments(answer)
    counts = (str(group.included), str(group.received), str(group.accepted))
    segments.append(("AK9", group.ack_status, *counts, *group.ack_codes[:MOST_CODES]))
    outgoing = OutgoingGroup(
        functional_code="FA",
        sender=group.receiver,
        receiver=group.sender,
        control_number=numbers.group,
        version=group.version,
        transactions=[
            OutgoingTransaction(set_code="997", control_number=f"{numbers.transaction:04}", segments=segments)
        ],
    )
    return write_interchange(_envelope(interchange, numbers, at), [outgoing], style)


def interchange_acknowledgement(
    interchange: DecodedInterchange,
    numbers: ControlNumbers,
    at: datetime,
    style: Style = ACKNOWLEDGEMENT_STYLE,
) -> bytes:
    """Return the TA1 that answers one interchange."""
    ta1 = (
        "TA1",
        interchange.control_number,
        interchange.date,
        interchange.time,
        interchange.ack_status,
        interchange.ack_code,
    )
    return write_interchange(_envelope(interchange, numbers, at), [], style, loose=[ta1])


def _answer_segments(answer: TransactionAnswer) -> list[Sequence[Element]]:
    """Return AK2 to AK5 for one transaction; one whose ST was unreadable is named by its SE."""
    segments: list[Sequence[Element]] = [("AK2", answer.set_code or NO_SET, answer.control_number)]
    for finding in answer.findings:
        if finding.segment_code is not None:
            segments += _finding_segments(finding)
    segments.append(("AK5", answer.status, *answer.codes[:MOST_CODES]))
    return segments


def _finding_segments(finding: Finding) -> list[Sequence[Element]]:
    position = str(finding.segment_index or 1)
    segments: list[Sequence[Element]] = [
        ("AK3", finding.segment or "", position, "", finding.segment_code or "")
    ]
    if finding.element is not None and finding.element_code:
        copy = (finding.value or "")[:LONGEST_COPY]
        segments.append(("AK4", str(finding.element), "", finding.element_code, copy))
    return segments


def _envelope(interchange: DecodedInterchange, numbers: ControlNumbers, at: datetime) -> OutgoingEnvelope:
    ids = interchange.ids
    return OutgoingEnvelope(
        sender_qualifier=ids.receiver_qualifier,
        sender=ids.receiver,
        receiver_qualifier=ids.sender_qualifier,
        receiver=ids.sender,
        control_number=numbers.interchange,
        at=at,
        version=interchange.version,
        test=interchange.test,
    )
