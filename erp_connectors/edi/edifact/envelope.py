"""The rules of the EDIFACT envelope: what is wrong with an interchange, a group, a message, and its code.

Codes are those of DE 0085, as UCI, UCF and UCM answer them.
"""

from collections.abc import Sequence
from datetime import UTC
from functools import partial

from erp_connectors.edi.edifact.dates import interchange_time
from erp_connectors.edi.edifact.messages import MESSAGES
from erp_connectors.edi.edifact.reader import AMBIGUOUS
from erp_connectors.edi.edifact.tokens import part, shown
from erp_connectors.edi.envelope import EnvelopeIds, Finding, Layer, Severity, element, same_number
from erp_connectors.edi.frame import Names, Row
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import GroupSpan, InterchangeSpan, Segment, TransactionSpan

_interchange = partial(Finding, layer=Layer.INTERCHANGE)
_group = partial(Finding, layer=Layer.GROUP)
_message = partial(Finding, layer=Layer.TRANSACTION)

SYNTAX_VERSIONS = frozenset("1234")
SYNTAX_IDENTIFIERS = frozenset(f"UNO{level}" for level in "ABCDEFGHIJKWXY")
TEST_INDICATOR_AT = 11
TRANSMIT_AGAIN = "Ask the sender to transmit it again."
NOT_SUPPORTED, INVALID, MISSING, NOT_HERE, NO_AGREEMENT = "2", "12", "13", "14", "17"
UNSPECIFIED, SERVICE_CHARACTERS, UNKNOWN_SENDER, TEST, DUPLICATE = "18", "22", "23", "25", "26"
REFERENCES_DIFFER, COUNT_DIFFERS, MIXED, TOO_MANY, EMPTY = "28", "29", "30", "16", "32"


def judge_interchange(
    span: InterchangeSpan, ids: EnvelopeIds, rules: PartnerRules | None, *, ebcdic: bool
) -> list[Finding]:
    """Return what is wrong or odd with the envelope of an interchange; None for rules nobody has."""
    findings = _judge_header(span, ids, rules)
    findings += _judge_sender(span, ids, rules)
    findings += _notes(span, rules, ebcdic=ebcdic)
    findings += _judge_trailer(span)
    findings += _judge_reference(span)
    findings += [
        _interchange(
            code="STRAY_SEGMENTS",
            text=f"Segments outside any message were passed over: {text!r}.",
            severity=Severity.WARNING,
            offset=offset,
            value=text,
        )
        for offset, text in span.strays
    ]
    if {group.header is None for group in span.groups} == {True, False}:
        findings.append(
            _interchange(
                code="GROUPS_MIXED",
                text="Some messages stand in functional groups (UNG), others outside any.",
                ack_code=MIXED,
                offset=next(group.offset for group in span.groups if group.header is None),
                way_out="Ask the sender for all messages in groups, or for none.",
            )
        )
    if span.too_many_pieces:
        findings.append(
            _interchange(
                code="LIMIT_PIECES",
                text="The interchange, or the file, holds more messages or groups than are read.",
                ack_code=TOO_MANY,
                offset=span.end,
                way_out="Ask the sender to split it.",
            )
        )
    return findings


def _judge_header(span: InterchangeSpan, ids: EnvelopeIds, rules: PartnerRules | None) -> list[Finding]:
    header = span.header
    unb = header.elements
    findings = []
    if header.layout == AMBIGUOUS:
        text = f"The service string {header.advice!r} uses one character for two purposes."
        findings.append(_unb("UNA_AMBIGUOUS", text, 0, header.advice or "", SERVICE_CHARACTERS, span))
    identifier, version = part(unb, 1), part(unb, 1, 1)
    if len(identifier) != 4 or version not in SYNTAX_VERSIONS:
        lenient = rules is not None and rules.lenient_isa and version == ""
        finding = _unb(
            "SYNTAX_VERSION",
            f"S001 {shown(unb[1]) if len(unb) > 1 else ''!r} names no syntax version that is known.",
            1,
            shown(unb[1]) if len(unb) > 1 else "",
            NOT_SUPPORTED,
            span,
            component=2,
            way_out="" if lenient else "Allow a lenient header in the profile, then read it again.",
        )
        findings.append(_as_note(finding) if lenient else finding)
    for code, what, place, value in (
        ("SENDER_MISSING", "sender", 2, ids.sender),
        ("RECIPIENT_MISSING", "recipient", 3, ids.receiver),
    ):
        if not value:
            findings.append(_unb(code, f"The {what} is empty.", place, "", MISSING, span))
    return findings


def _judge_reference(span: InterchangeSpan) -> list[Finding]:
    if part(span.header.elements, 5):
        return []
    text = "The interchange control reference is empty."
    return [_unb("CONTROL_REFERENCE_MISSING", text, 5, "", MISSING, span)]


def _unb(
    code: str,
    text: str,
    place: int,
    value: str,
    ack_code: str,
    span: InterchangeSpan,
    *,
    component: int | None = None,
    way_out: str = TRANSMIT_AGAIN,
) -> Finding:
    return _interchange(
        code=code,
        text=text,
        segment="UNB" if place else "UNA",
        element=place or None,
        component=component,
        value=value,
        ack_code=ack_code,
        offset=span.header.offset,
        way_out=way_out,
    )


def _as_note(finding: Finding) -> Finding:
    return _interchange(
        code=finding.code,
        text=finding.text,
        severity=Severity.NOTE,
        segment=finding.segment,
        element=finding.element,
        component=finding.component,
        value=finding.value,
        offset=finding.offset,
    )


def _judge_sender(span: InterchangeSpan, ids: EnvelopeIds, rules: PartnerRules | None) -> list[Finding]:
    if rules is None:
        text = (
            f"No trading partner is set up for sender {ids.sender_qualifier}/{ids.sender} "
            f"to receiver {ids.receiver_qualifier}/{ids.receiver}."
        )
        way_out = "Add a trading partner with these ids and qualifiers, then read the file again."
        return [
            _unb("UNKNOWN_PARTNER", text, 2, ids.sender, UNKNOWN_SENDER, span, component=1, way_out=way_out)
        ]
    if rules.test_only and not is_test(span):
        text = "The partner is set up for tests only; the interchange is not marked as one (0035)."
        way_out = "Go live with this partner in its profile, or ask the sender to mark tests with 1."
        value = part(span.header.elements, TEST_INDICATOR_AT)
        return [
            _unb("PRODUCTION_IN_TEST_PROFILE", text, TEST_INDICATOR_AT, value, TEST, span, way_out=way_out)
        ]
    return []


def is_test(span: InterchangeSpan) -> bool:
    """Say whether an interchange is marked as a test (DE 0035)."""
    return part(span.header.elements, TEST_INDICATOR_AT) == "1"


def _notes(span: InterchangeSpan, rules: PartnerRules | None, *, ebcdic: bool) -> list[Finding]:
    identifier = part(span.header.elements, 1)
    undeclared = ebcdic and not (rules is not None and rules.ebcdic)
    unknown = len(identifier) == 4 and identifier not in SYNTAX_IDENTIFIERS
    moment = interchange_time(part(span.header.elements, 4), part(span.header.elements, 4, 1), UTC)
    undated = f"The date of preparation {shown(span.header.element(4))!r} is none: others count as newer."
    empty = span.trailer is not None and not any(group.transactions for group in span.groups)
    notes = (
        (unknown, "SYNTAX_UNKNOWN", f"The syntax identifier {identifier!r} is not known.", Severity.NOTE),
        (undeclared, "EBCDIC", "The bytes are EBCDIC (code page 037), not declared.", Severity.NOTE),
        (is_test(span), "TEST", "The interchange is marked as a test (0035).", Severity.NOTE),
        (moment is None, "DATE_UNREADABLE", undated, Severity.WARNING),
        (empty, "INTERCHANGE_EMPTY", "The interchange holds no message.", Severity.WARNING),
    )
    return [
        _interchange(code=code, text=text, severity=severity, offset=span.header.offset, segment="UNB")
        for applies, code, text, severity in notes
        if applies
    ]


def pieces(span: InterchangeSpan) -> int:
    """Return what UNZ counts: groups where there are any, else messages."""
    groups = sum(group.header is not None for group in span.groups)
    return groups or sum(len(group.transactions) for group in span.groups)


def _judge_trailer(span: InterchangeSpan) -> list[Finding]:
    trailer, reference = span.trailer, part(span.header.elements, 5)
    if trailer is None:
        return [
            _interchange(
                code="UNZ_MISSING",
                text="The interchange ends without its UNZ segment: it may be cut off.",
                ack_code=MISSING,
                offset=span.end,
                way_out="Ask the sender to transmit the whole interchange again.",
            )
        ]
    findings = []
    if element(trailer.elements, 2) != reference:
        text = f"UNZ {element(trailer.elements, 2)!r} is not the control reference {reference!r} of UNB."
        way_out = "Ask the sender to transmit it again: two interchanges may have run together."
        findings.append(_trailer("UNZ_REFERENCE", text, 2, trailer, REFERENCES_DIFFER, way_out))
    if not same_number(element(trailer.elements, 1), str(pieces(span))):
        text = f"UNZ counts {element(trailer.elements, 1)!r}; found were {pieces(span)}."
        way_out = "Ask the sender to transmit all of it again."
        findings.append(_trailer("UNZ_COUNT", text, 1, trailer, COUNT_DIFFERS, way_out))
    return findings


def _trailer(code: str, text: str, place: int, trailer: Segment, ack_code: str, way_out: str) -> Finding:
    return _interchange(
        code=code,
        text=text,
        ack_code=ack_code,
        segment="UNZ",
        element=place,
        value=element(trailer.elements, place),
        offset=trailer.offset,
        way_out=way_out,
    )


# --- groups ---------------------------------------------------------------------------------------


def judge_group(group: GroupSpan, used_references: set[str]) -> list[Finding]:
    """Return what is wrong or odd with a group; `used_references` are those of the groups before it."""
    findings = [
        _group(
            code="STRAY_SEGMENTS",
            text=f"Segments outside any message were passed over: {text!r}.",
            severity=Severity.WARNING,
            offset=offset,
            value=text,
        )
        for offset, text in group.strays
    ]
    header = group.header
    if header is None:
        return findings
    reference = element(header.elements, 5)
    if reference in used_references:
        text = f"The group reference {reference!r} stands more than once in this interchange."
        findings.append(_in_group("UNG_REFERENCE_REPEATED", text, header, 5, severity=Severity.NOTE))
    return findings + _judge_group_trailer(group, reference)


def _judge_group_trailer(group: GroupSpan, reference: str) -> list[Finding]:
    trailer = group.trailer
    if trailer is None:
        return [
            _group(
                code="UNE_MISSING",
                text="The group ends without its UNE segment.",
                ack_code=MISSING,
                offset=group.end,
                way_out="Ask the sender to transmit the group again.",
            )
        ]
    findings = []
    if element(trailer.elements, 2) != reference:
        text = f"UNE {element(trailer.elements, 2)!r} is not the reference {reference!r} of UNG."
        findings.append(_in_group("UNE_REFERENCE", text, trailer, 2, ack_code=REFERENCES_DIFFER))
    if not same_number(element(trailer.elements, 1), str(len(group.transactions))):
        text = f"UNE counts {element(trailer.elements, 1)!r}; found were {len(group.transactions)}."
        warning = _in_group("UNE_COUNT", text, trailer, 1, ack_code=COUNT_DIFFERS, severity=Severity.WARNING)
        findings.append(warning)
    return findings


def _in_group(
    code: str,
    text: str,
    segment: Segment,
    place: int,
    *,
    ack_code: str | None = None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return _group(
        code=code,
        text=text,
        severity=severity,
        ack_code=ack_code,
        segment=segment.elements[0],
        element=place,
        value=element(segment.elements, place),
        offset=segment.offset,
        way_out="Ask the sender to transmit the group again." if severity is Severity.ERROR else "",
    )


# --- messages -------------------------------------------------------------------------------------


def judge_message(
    span: TransactionSpan, rows: Sequence[Row], names: Names, rules: PartnerRules
) -> list[Finding]:
    """Return what is wrong with the frame of a message: UNH, UNT, the count, the type."""
    if span.headless:
        return [
            _message(
                code="UNH_MISSING",
                text="Segments end with UNT, but no readable UNH opens them.",
                ack_code=MISSING,
                segment_index=1,
                segment=rows[0][0][:3],
                way_out="Ask the sender to transmit this message again.",
            )
        ]
    return _judge_opening(names, rules) + _judge_closing(span, rows)


def _judge_opening(names: Names, rules: PartnerRules) -> list[Finding]:
    kind, findings = names.set_code, []
    if len(kind) != 6 or not kind.isalnum():
        text = f"UNH names no message type: {kind!r}."
        findings.append(_unh("SET_INVALID", text, 2, kind, INVALID, component=1))
    elif kind not in MESSAGES:
        findings.append(
            _unh("SET_UNKNOWN", f"Message type {kind} is unknown.", 2, kind, NOT_HERE, component=1)
        )
    elif rules.sets is not None and kind not in rules.sets:
        text = f"This partner may not send message type {kind}."
        findings.append(_unh("SET_NOT_ALLOWED", text, 2, kind, NO_AGREEMENT, component=1))
    elif rules.versions is not None and not names.version.startswith(tuple(rules.versions)):
        text = f"This partner may not send version {names.version}."
        findings.append(_unh("VERSION_NOT_ALLOWED", text, 2, names.version, NO_AGREEMENT, component=2))
    if not names.control_number:
        findings.append(_unh("UNH_REFERENCE", "The message reference number is empty.", 1, "", MISSING))
    return findings


def _judge_closing(span: TransactionSpan, rows: Sequence[Row]) -> list[Finding]:
    if not span.closed:
        return [
            _message(
                code="UNT_MISSING",
                text="The message ends without its UNT segment.",
                ack_code=MISSING,
                segment_index=len(rows),
                way_out="Ask the sender to transmit this message again.",
            )
        ]
    closing, last = rows[-1], len(rows)
    count, reference, opened = element(closing, 1), element(closing, 2), element(rows[0], 1)
    findings = []
    if not same_number(count, str(last)):
        text = f"UNT counts {count!r} segments, {last} were found."
        findings.append(_unt("UNT_COUNT", text, 1, count, last, COUNT_DIFFERS))
    if reference != opened:
        text = f"UNT {reference!r} is not the message reference {opened!r} of UNH."
        findings.append(_unt("UNT_REFERENCE", text, 2, reference, last, REFERENCES_DIFFER))
    return findings


def limit_finding(code: str, text: str) -> Finding:
    """Return the finding for a message that is larger than the partner's limits."""
    way_out = "Raise the limit in the profile if it is genuine."
    return _message(code=code, text=text, ack_code=TOO_MANY, way_out=way_out)


def reuse_finding(*, same_bytes: bool, in_interchange: bool) -> Finding:
    """Return the finding for references that came before."""
    if same_bytes:
        return _message(
            code="DUPLICATE",
            text="The same message came before under the same references; it has no second effect.",
            severity=Severity.NOTE,
            segment_index=1,
            segment="UNH",
            element=1,
            ack_code=DUPLICATE if in_interchange else None,
        )
    return _message(
        code="CONTROL_NUMBER_REUSED",
        text="Another message came before under the same references.",
        segment_index=1,
        segment="UNH",
        element=1,
        ack_code=DUPLICATE,
        way_out="Compare both with the sender; release this one if it is genuine.",
    )


def _unh(
    code: str, text: str, place: int, value: str, ack_code: str, *, component: int | None = None
) -> Finding:
    return _message(
        code=code,
        text=text,
        segment_index=1,
        segment="UNH",
        element=place,
        component=component,
        value=value,
        ack_code=ack_code,
        way_out="Ask the sender, or change what the profile allows.",
    )


def _unt(code: str, text: str, place: int, value: str, index: int, ack_code: str) -> Finding:
    return _message(
        code=code,
        text=text,
        segment_index=index,
        segment="UNT",
        element=place,
        value=value,
        ack_code=ack_code,
        way_out="Ask the sender to transmit this message again: a part may be lost.",
    )
