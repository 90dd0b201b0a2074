"""The rules of the X12 envelope: what is wrong with an interchange, a group, a transaction, and its code.

Codes: TA105 (data element I18) for an interchange, AK905 (716) for a group, AK502 (718) for a transaction.
"""

from collections.abc import Sequence
from functools import partial

from erp_connectors.edi.envelope import EnvelopeIds, Finding, Layer, Severity, element, same_number
from erp_connectors.edi.rules import PartnerRules
from erp_connectors.edi.spans import GroupSpan, InterchangeSpan, Segment, TransactionSpan
from erp_connectors.edi.x12.reader import has_stray_component
from erp_connectors.edi.x12.sets import TRANSACTION_SETS

_interchange = partial(Finding, layer=Layer.INTERCHANGE)
_group = partial(Finding, layer=Layer.GROUP)
_transaction = partial(Finding, layer=Layer.TRANSACTION)


def judge_interchange(
    span: InterchangeSpan, ids: EnvelopeIds, rules: PartnerRules | None, *, ebcdic: bool
) -> list[Finding]:
    """Return what is wrong or odd with the envelope of an interchange; None for rules nobody has."""
    findings = _judge_sender(span, ids, rules)
    findings += _judge_header(span, rules, ebcdic=ebcdic)
    findings += _judge_trailer(span)
    findings += [
        _interchange(
            code="STRAY_SEGMENTS",
            text=f"Segments outside any functional group were passed over: {text!r}.",
            severity=Severity.WARNING,
            offset=offset,
            value=text,
        )
        for offset, text in span.strays
    ]
    if any(group.header is None for group in span.groups):
        findings.append(
            _interchange(
                code="GROUP_HEADER_MISSING",
                text="Transactions stand outside any functional group (GS).",
                ack_code="024",
                offset=next(group.offset for group in span.groups if group.header is None),
                way_out="Ask the sender for the interchange with its GS segments.",
            )
        )
    if span.too_many_pieces:
        findings.append(
            _interchange(
                code="LIMIT_PIECES",
                text="The interchange, or the file, holds more transactions or groups than are read.",
                ack_code="024",
                offset=span.end,
                way_out="Ask the sender to split it.",
            )
        )
    return findings


def _judge_sender(span: InterchangeSpan, ids: EnvelopeIds, rules: PartnerRules | None) -> list[Finding]:
    header = span.header
    if rules is None:
        return [
            _interchange(
                code="UNKNOWN_PARTNER",
                text=f"No trading partner is set up for sender {ids.sender_qualifier}/{ids.sender} "
                f"to receiver {ids.receiver_qualifier}/{ids.receiver}.",
                ack_code="006",
                segment="ISA",
                element=6,
                value=ids.sender,
                offset=header.offset,
                way_out="Add a trading partner with these ids and qualifiers, then read the file again.",
            )
        ]
    if rules.test_only and header.elements[15] != "T":
        return [
            _interchange(
                code="PRODUCTION_IN_TEST_PROFILE",
                text="The partner is set up for tests only; the interchange says production (ISA15).",
                ack_code="020",
                segment="ISA",
                element=15,
                value=header.elements[15],
                offset=header.offset,
                way_out="Go live with this partner in its profile, or ask the sender to mark tests with T.",
            )
        ]
    return []


def _judge_header(span: InterchangeSpan, rules: PartnerRules | None, *, ebcdic: bool) -> list[Finding]:
    header, findings = span.header, []
    if header.layout == "unpadded":
        lenient = rules is not None and rules.lenient_isa
        findings.append(
            _interchange(
                code="UNPADDED_ISA",
                text=f"The ISA segment is {header.length} characters long instead of 106.",
                severity=Severity.NOTE if lenient else Severity.ERROR,
                ack_code=None if lenient else "022",
                segment="ISA",
                offset=header.offset,
                way_out="" if lenient else "Allow an unpadded ISA in the profile, then read it again.",
            )
        )
    undeclared = ebcdic and not (rules is not None and rules.ebcdic)
    notes = (
        (header.layout == "wrapped", "WRAPPED", "Line breaks inside segments were taken out."),
        (undeclared, "EBCDIC", "The bytes are EBCDIC (code page 037), not declared."),
        (
            has_stray_component(span),
            "STRAY_COMPONENT",
            "Segments end with a component separator; it was dropped.",
        ),
        (header.elements[15] == "T", "TEST", "The interchange is marked as a test (ISA15)."),
    )
    findings += [
        _interchange(code=code, text=text, severity=Severity.NOTE, offset=header.offset, segment="ISA")
        for applies, code, text in notes
        if applies
    ]
    return findings


def _judge_trailer(span: InterchangeSpan) -> list[Finding]:
    header, trailer = span.header, span.trailer
    control = header.elements[13]
    if trailer is None:
        return [
            _interchange(
                code="IEA_MISSING",
                text="The interchange ends without its IEA segment: it may be cut off.",
                ack_code="023",
                offset=span.end,
                way_out="Ask the sender to transmit the whole interchange again.",
            )
        ]
    findings = []
    if not same_number(trailer_element(span, trailer, 2), control):
        findings.append(
            _interchange(
                code="IEA_CONTROL",
                text=f"IEA02 {trailer.element(2)!r} is not the control number {control!r} of ISA13.",
                ack_code="001",
                segment="IEA",
                element=2,
                value=trailer.element(2),
                offset=trailer.offset,
                way_out="Ask the sender to transmit it again: two interchanges may have run together.",
            )
        )
    only_acknowledges = bool(span.acknowledgements) and not span.groups
    if not same_number(trailer_element(span, trailer, 1), str(len(span.groups))):
        findings.append(
            _interchange(
                code="IEA_COUNT",
                text=f"IEA01 counts {trailer.element(1)!r} groups, {len(span.groups)} were found.",
                severity=Severity.NOTE if only_acknowledges else Severity.ERROR,
                ack_code=None if only_acknowledges else "021",
                segment="IEA",
                element=1,
                value=trailer.element(1),
                offset=trailer.offset,
                way_out="" if only_acknowledges else "Ask the sender to transmit all of it again.",
            )
        )
    return findings


def trailer_element(span: InterchangeSpan, segment: Segment, position: int) -> str:
    """Return an element of an envelope segment without a component separator that trails it."""
    component = span.header.delimiters.component.decode("latin-1")
    return segment.element(position).rstrip(component)


def judge_group(span: InterchangeSpan, group: GroupSpan, used_numbers: set[str]) -> list[Finding]:
    """Return what is wrong or odd with a group; `used_numbers` are GS06 of the groups before it."""
    findings = [
        _group(
            code="STRAY_SEGMENTS",
            text=f"Segments outside any transaction were passed over: {text!r}.",
            severity=Severity.WARNING,
            offset=offset,
            value=text,
        )
        for offset, text in group.strays
    ]
    header = group.header
    if header is None:
        return findings
    control = trailer_element(span, header, 6)
    if control in used_numbers:
        findings.append(
            _group(
                code="GROUP_CONTROL_REPEATED",
                text=f"The group control number {control!r} stands more than once in this interchange.",
                severity=Severity.NOTE,
                segment="GS",
                element=6,
                value=control,
                offset=header.offset,
            )
        )
    return findings + _judge_group_trailer(span, group, control)


def _judge_group_trailer(span: InterchangeSpan, group: GroupSpan, control: str) -> list[Finding]:
    trailer = group.trailer
    if trailer is None:
        return [
            _group(
                code="GE_MISSING",
                text="The group ends without its GE segment.",
                ack_code="3",
                offset=group.end,
                way_out="Ask the sender to transmit the group again.",
            )
        ]
    findings = []
    if not same_number(trailer_element(span, trailer, 2), control):
        findings.append(
            _group(
                code="GE_CONTROL",
                text=f"GE02 {trailer.element(2)!r} is not the control number {control!r} of GS06.",
                ack_code="4",
                segment="GE",
                element=2,
                value=trailer.element(2),
                offset=trailer.offset,
                way_out="Ask the sender to transmit the group again.",
            )
        )
    if not same_number(trailer_element(span, trailer, 1), str(len(group.transactions))):
        findings.append(
            _group(
                code="GE_COUNT",
                text=f"GE01 counts {trailer.element(1)!r}; found were {len(group.transactions)}.",
                severity=Severity.WARNING,
                ack_code="5",
                segment="GE",
                element=1,
                value=trailer.element(1),
                offset=trailer.offset,
                way_out="Ask the sender whether a transaction is missing.",
            )
        )
    return findings


def judge_transaction(
    span: TransactionSpan, rows: Sequence[Sequence[str]], rules: PartnerRules, version: str
) -> list[Finding]:
    """Return what is wrong with the frame of a transaction: ST, SE, the count, the set."""
    if span.headless:
        return [
            _transaction(
                code="ST_MISSING",
                text="Segments end with SE, but no readable ST opens them.",
                ack_code="6",
                segment_index=1,
                segment=rows[0][0] if rows else None,
                way_out="Ask the sender to transmit this transaction again.",
            )
        ]
    return _judge_opening(rows[0], rules, version) + _judge_closing(span, rows)


def _judge_opening(opening: Sequence[str], rules: PartnerRules, version: str) -> list[Finding]:
    set_code, control = element(opening, 1), element(opening, 2)
    findings = []
    if len(set_code) != 3 or not set_code.isalnum():
        text = f"ST01 {set_code!r} is not a transaction set."
        findings.append(_st_finding("SET_INVALID", text, 1, set_code, "6"))
    elif set_code not in TRANSACTION_SETS:
        text = f"Transaction set {set_code} is unknown."
        findings.append(_st_finding("SET_UNKNOWN", text, 1, set_code, "1"))
    elif rules.sets is not None and set_code not in rules.sets:
        text = f"This partner may not send transaction set {set_code}."
        findings.append(_st_finding("SET_NOT_ALLOWED", text, 1, set_code, "1"))
    elif rules.versions is not None and not version.startswith(tuple(rules.versions)):
        text = f"This partner may not send version {version}."
        findings.append(_st_finding("VERSION_NOT_ALLOWED", text, None, version, "1"))
    if not control:
        findings.append(_st_finding("ST_CONTROL", "ST02, the control number, is empty.", 2, control, "7"))
    return findings


def _judge_closing(span: TransactionSpan, rows: Sequence[Sequence[str]]) -> list[Finding]:
    if not span.closed:
        return [
            _transaction(
                code="SE_MISSING",
                text="The transaction ends without its SE segment.",
                ack_code="2",
                segment_index=len(rows),
                way_out="Ask the sender to transmit this transaction again.",
            )
        ]
    closing, last = rows[-1], len(rows)
    findings = []
    if element(closing, 2) != element(rows[0], 2):
        text = f"SE02 {element(closing, 2)!r} is not the control number {element(rows[0], 2)!r} of ST02."
        findings.append(_se_finding("SE_CONTROL", text, 2, element(closing, 2), last, "3"))
    if not same_number(element(closing, 1), str(last)):
        text = f"SE01 counts {element(closing, 1)!r} segments, {last} were found."
        findings.append(_se_finding("SE_COUNT", text, 1, element(closing, 1), last, "4"))
    return findings


def limit_finding(code: str, text: str) -> Finding:
    """Return the finding for a transaction that is larger than the partner's limits."""
    return _transaction(
        code=code, text=text, ack_code="5", way_out="Raise the limit in the profile if it is genuine."
    )


def reuse_finding(*, same_bytes: bool, in_interchange: bool) -> Finding:
    """Return the finding for control numbers that came before."""
    if same_bytes:
        return _transaction(
            code="DUPLICATE",
            text="The same transaction came before under the same control numbers; it has no second effect.",
            severity=Severity.NOTE,
            segment_index=1,
            segment="ST",
            element=2,
            ack_code="23" if in_interchange else None,
        )
    return _transaction(
        code="CONTROL_NUMBER_REUSED",
        text="Another transaction came before under the same control numbers.",
        segment_index=1,
        segment="ST",
        element=2,
        ack_code="23",
        way_out="Compare both with the sender; release this one if it is genuine.",
    )


def _st_finding(code: str, text: str, position: int | None, value: str, ack_code: str) -> Finding:
    return _transaction(
        code=code,
        text=text,
        segment_index=1,
        segment="ST",
        element=position,
        value=value,
        ack_code=ack_code,
        way_out="Ask the sender, or change what the profile allows.",
    )


def _se_finding(code: str, text: str, position: int, value: str, index: int, ack_code: str) -> Finding:
    return _transaction(
        code=code,
        text=text,
        segment_index=index,
        segment="SE",
        element=position,
        value=value,
        ack_code=ack_code,
        way_out="Ask the sender to transmit this transaction again: a part may be lost.",
    )
