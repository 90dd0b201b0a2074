"""The CONTRL that answers an interchange: its messages one by one, their bad segments and elements.

Sender and recipient of the inbound envelope change places, its syntax is kept, and the references are ours.
An acknowledgement is never asked to be acknowledged.
"""

from collections.abc import Sequence
from datetime import datetime

from erp_connectors.edi.acknowledgements import ControlNumbers
from erp_connectors.edi.edifact.messages import ACKNOWLEDGEMENT_MESSAGES
from erp_connectors.edi.edifact.writer import OutgoingInterchange, OutgoingMessage, Style, write_interchange
from erp_connectors.edi.envelope import Finding, Severity
from erp_connectors.edi.results import DecodedGroup, DecodedInterchange, TransactionAnswer
from erp_connectors.edi.writing import Element

REJECTED, ACKNOWLEDGED = "4", "7"
VERSIONS = {"4": "4:1:UN"}
OLDER_VERSION = "D:3:UN"
LONGEST_REFERENCE, LONGEST_ID, LONGEST_QUALIFIER = 35, 35, 4
STYLE = Style(replacement="-", charset="iso8859-1")
PLAIN_SYNTAX, PLAIN_VERSION = "UNOC", "3"
NO_TYPE = "ZZZZZZ"

Segment = Sequence[Element]


def syntax_report(
    interchange: DecodedInterchange,
    groups: Sequence[DecodedGroup],
    numbers: ControlNumbers,
    at: datetime,
    style: Style = STYLE,
) -> bytes:
    """Return the CONTRL for an interchange with its groups, under our own references.

    Rejected as a whole, nothing below it is reported; else every message is, as accepted or rejected.
    """
    identifier, _, version = interchange.version.partition(":")
    known = len(identifier) == 4 and version in ("1", "2", "3", "4")
    ids = interchange.ids
    outgoing = OutgoingInterchange(
        sender_qualifier=ids.receiver_qualifier[:LONGEST_QUALIFIER],
        sender=ids.receiver[:LONGEST_ID],
        receiver_qualifier=ids.sender_qualifier[:LONGEST_QUALIFIER],
        receiver=ids.sender[:LONGEST_ID],
        reference=str(numbers.interchange),
        at=at,
        syntax=identifier if known else PLAIN_SYNTAX,
        syntax_version=version if known else PLAIN_VERSION,
        test=interchange.test,
    )
    message = OutgoingMessage(
        kind="CONTRL",
        version=VERSIONS.get(version, OLDER_VERSION) if known else OLDER_VERSION,
        reference=str(numbers.transaction),
        segments=_segments(interchange, groups),
    )
    return write_interchange(outgoing, [message], style)


def _segments(interchange: DecodedInterchange, groups: Sequence[DecodedGroup]) -> list[Segment]:
    ids = interchange.ids
    is_rejected = interchange.ack_status == "R"
    segments: list[Segment] = [
        (
            "UCI",
            interchange.control_number[:LONGEST_REFERENCE],
            (ids.sender[:LONGEST_ID], ids.sender_qualifier[:LONGEST_QUALIFIER]),
            (ids.receiver[:LONGEST_ID], ids.receiver_qualifier[:LONGEST_QUALIFIER]),
            REJECTED if is_rejected else ACKNOWLEDGED,
            interchange.ack_code if is_rejected else "",
        )
    ]
    if not is_rejected:
        for group in groups:
            segments += _group(group)
    return segments


def _group(group: DecodedGroup) -> list[Segment]:
    """Return UCF and what is below it; messages outside any group stand right below the interchange."""
    answers = [one for one in group.answers if one.set_code not in ACKNOWLEDGEMENT_MESSAGES]
    below = [segment for answer in answers for segment in _message(answer)]
    if not group.functional_code and not group.control_number:
        return below
    refused = any(finding.ack_code and finding.severity is Severity.ERROR for finding in group.findings)
    action = REJECTED if refused else ACKNOWLEDGED
    code = group.ack_codes[0] if group.ack_codes else ""
    head = ("UCF", group.control_number, group.sender, group.receiver, action, code)
    return [head] if refused else [head, *below]


def _message(answer: TransactionAnswer) -> list[Segment]:
    kind = (answer.set_code or NO_TYPE, *answer.version.split(":"))
    reference = answer.control_number[:LONGEST_REFERENCE]
    if answer.status != "R":
        return [("UCM", reference, kind, ACKNOWLEDGED)]
    segments: list[Segment] = [("UCM", reference, kind, REJECTED, answer.codes[0] if answer.codes else "")]
    for finding in answer.findings:
        if finding.segment_code is not None:
            segments += _finding(finding)
    return segments


def _finding(finding: Finding) -> list[Segment]:
    segments: list[Segment] = [("UCS", str(finding.segment_index or 1), finding.segment_code or "")]
    if finding.element is not None and finding.element_code:
        place = (str(finding.element + 1), str(finding.component or ""))
        segments.append(("UCD", finding.element_code, place))
    return segments
