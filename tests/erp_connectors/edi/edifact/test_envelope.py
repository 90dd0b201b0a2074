"""The EDIFACT envelope decides before the content: what is refused, what is kept, what comes again."""

import pytest

from erp_connectors.canonical.codec import to_json
from erp_connectors.edi import DecodedTransaction, PartnerRules, Verdict
from erp_connectors.edi.edifact.writer import (
    OutgoingGroup,
    OutgoingInterchange,
    OutgoingMessage,
    write_interchange,
)
from erp_connectors.edi.rules import DuplicateAnswer
from tests.builders.edifact import (
    NOON,
    READABLE,
    Parties,
    Segment,
    interchange,
    lin,
    order_response,
    order_response_segments,
)
from tests.erp_connectors.edi.decoding import Outcome, read

LINE = lin("1", action="5", quantities={"21": "100"})


def inside(order: str) -> tuple[str, list[Segment]]:
    return ("ORDRSP", order_response_segments(order, [LINE], number=f"OR-{order}"))


ONE = interchange([inside("A-1")])
THREE = interchange([inside("A-1"), inside("A-2"), inside("A-3")])
GROUPED = interchange([inside("A-1"), inside("A-2"), inside("A-3")], group="77")


def verdicts(outcome: Outcome) -> list[Verdict]:
    return [message.verdict for message in outcome.transactions]


def codes(message: DecodedTransaction) -> list[str]:
    return [finding.code for finding in message.findings]


@pytest.mark.parametrize(
    ("find", "put", "finding", "code"),
    [
        (b"UNZ+1+1'", b"UNZ+1+2'", "UNZ_REFERENCE", "28"),
        (b"UNZ+1+1'", b"UNZ+2+1'", "UNZ_COUNT", "29"),
        (b"UNZ+1+1'\n", b"", "UNZ_MISSING", "13"),
        (b"UNB+UNOC:3+SUPPLIER", b"UNB+UNOC:9+SUPPLIER", "SYNTAX_VERSION", "2"),
        (b"UNB+UNOC:3+SUPPLIER", b"UNB+UNOC+SUPPLIER", "SYNTAX_VERSION", "2"),
        (b"UNB+UNOC:3+SUPPLIER", b"UNB+LATIN1:3+SUPPLIER", "SYNTAX_VERSION", "2"),
        (b"+SUPPLIER:14", b"+:14", "SENDER_MISSING", "13"),
        (b"+BUYER:14", b"+:14", "RECIPIENT_MISSING", "13"),
    ],
)
def test_an_interchange_whose_envelope_is_wrong_is_quarantined_whole(
    find: bytes, put: bytes, finding: str, code: str
) -> None:
    outcome = read(ONE.replace(find, put))

    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert outcome.codes() == {finding, "ENVELOPE_REFUSED"}
    assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", code)
    assert outcome.interchange.needs_acknowledgement
    assert verdicts(outcome) == [Verdict.QUARANTINE]
    assert outcome.transaction.document is None


def test_an_interchange_without_a_reference_is_quarantined() -> None:
    outcome = read(ONE.replace(b":1200+1'", b":1200+'").replace(b"UNZ+1+1'", b"UNZ+1'"))

    assert outcome.codes() == {"CONTROL_REFERENCE_MISSING", "ENVELOPE_REFUSED"}
    assert outcome.interchange.ack_code == "13"


def test_a_syntax_version_nobody_wrote_is_read_where_the_profile_is_lenient() -> None:
    outcome = read(ONE.replace(b"UNOC:3", b"UNOC"), PartnerRules(lenient_isa=True))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert outcome.codes() == {"SYNTAX_VERSION"}


def test_a_syntax_identifier_nobody_knows_is_only_noted() -> None:
    outcome = read(ONE.replace(b"UNOC:3", b"XXXA:1"))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert outcome.codes() == {"SYNTAX_UNKNOWN"}


def test_a_date_of_preparation_that_is_none_is_a_warning() -> None:
    outcome = read(ONE.replace(b"261123:1200", b"263323:1200"))

    assert outcome.file.verdict is Verdict.ACCEPT_WARN
    assert outcome.codes() == {"DATE_UNREADABLE"}
    assert outcome.transaction.document is not None
    assert outcome.transaction.document.version.document_time.year == 1970


def test_an_interchange_without_messages_is_a_warning() -> None:
    outcome = read(interchange([]))

    assert outcome.interchange.verdict is Verdict.ACCEPT_WARN
    assert outcome.codes() == {"INTERCHANGE_EMPTY"}


def test_an_interchange_cut_by_the_next_one_is_quarantined_and_the_next_is_read() -> None:
    second = order_response("A-2", [LINE], control="2")

    outcome = read(ONE[: ONE.index(b"UNS+")] + second)

    assert [i.verdict for i in outcome.interchanges] == [Verdict.QUARANTINE, Verdict.ACCEPT]
    assert verdicts(outcome) == [Verdict.REJECT, Verdict.ACCEPT]
    assert codes(outcome.transactions[0]) == ["UNT_MISSING"]


def test_segments_outside_any_message_are_passed_over_and_told() -> None:
    outcome = read(ONE.replace(b"UNH+1+", b"FTX+AAI'\nUNH+1+"))

    assert outcome.interchange.verdict is Verdict.ACCEPT_WARN
    assert outcome.transaction.verdict is Verdict.ACCEPT
    assert outcome.codes() == {"STRAY_SEGMENTS"}


# --- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "put", "verdict", "answer"),
    [
        (b"UNE+3+77'", b"UNE+3+77'", Verdict.ACCEPT, ("A", (), 3, 3, 3)),
        (b"UNE+3+77'", b"UNE+4+77'", Verdict.ACCEPT_WARN, ("E", ("29",), 4, 3, 3)),
        (b"UNE+3+77'", b"UNE+3+78'", Verdict.REJECT, ("R", ("28",), 3, 3, 0)),
        (b"UNE+3+77'\n", b"", Verdict.REJECT, ("R", ("13",), 3, 3, 0)),
        (b"UNE+3+77'", b"UNE+0003+77'", Verdict.ACCEPT, ("A", (), 3, 3, 3)),
    ],
)
def test_a_group_answers_for_its_trailer(
    find: bytes, put: bytes, verdict: Verdict, answer: tuple[object, ...]
) -> None:
    outcome = read(GROUPED.replace(find, put))
    group = outcome.group

    assert group.verdict is verdict
    assert (group.ack_status, group.ack_codes, group.included, group.received, group.accepted) == answer
    assert (group.functional_code, group.control_number, group.version) == ("ORDRSP", "77", "UN:D:96A")
    accepted = Verdict.REJECT if verdict is Verdict.REJECT else Verdict.ACCEPT
    assert verdicts(outcome) == [accepted] * 3


def test_stray_segments_in_a_group_and_a_repeated_reference_are_told() -> None:
    envelope = OutgoingInterchange(
        sender_qualifier="14", sender="S", receiver_qualifier="14", receiver="R", reference="1", at=NOON
    )

    def group(order: str) -> OutgoingGroup:
        kind, segments = inside(order)
        message = OutgoingMessage(kind=kind, version="D:96A:UN", reference=order, segments=segments)
        return OutgoingGroup(
            kind=kind, version="D:96A", sender="S", receiver="R", reference="7", messages=[message]
        )

    data = write_interchange(envelope, [group("A-1"), group("A-2")], READABLE)
    outcome = read(data.replace(b"UNE+1+7'", b"FTX+AAI'\nUNE+1+7'"))

    assert outcome.codes() == {"UNG_REFERENCE_REPEATED", "STRAY_SEGMENTS"}
    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.ACCEPT]
    assert outcome.interchange.envelope["unz_ok"] == [True, True]


def test_messages_inside_and_outside_groups_quarantine_the_interchange() -> None:
    raw = read(interchange([inside("A-9")], first_message=9)).transaction.raw
    outcome = read(GROUPED.replace(b"UNG+", raw + b"\nUNG+"))

    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert "GROUPS_MIXED" in outcome.codes()
    assert outcome.interchange.ack_code == "30"


# --- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "put", "finding", "code"),
    [
        (b"UNT+9+2'", b"UNT+8+2'", "UNT_COUNT", "29"),
        (b"UNT+9+2'", b"UNT+x+2'", "UNT_COUNT", "29"),
        (b"UNT+9+2'", b"UNT+9+5'", "UNT_REFERENCE", "28"),
        (b"UNT+9+2'\n", b"", "UNT_MISSING", "13"),
        (b"UNH+2+ORDRSP", b"UNH+2+ORDR", "SET_INVALID", "12"),
        (b"UNH+2+ORDRSP", b"UNH+2+ORDRSQ", "SET_UNKNOWN", "14"),
        (b"UNH+2+ORDRSP", b"UNX+2+ORDRSP", "UNH_MISSING", "13"),
        (b"UNH+2+ORDRSP", b"UNH++ORDRSP", "UNH_REFERENCE", "13"),
        (b"RFF+ON:A-2", b"RFF+ON:", "ORDER_NUMBER_MISSING", "12"),
        (b"BGM+231+OR-A-2+4", b"BGX+231+OR-A-2+4", "SEGMENT_MISSING", "13"),
    ],
)
def test_one_broken_message_leaves_its_neighbours_byte_identical(
    find: bytes, put: bytes, finding: str, code: str
) -> None:
    good = read(THREE).transactions

    outcome = read(THREE.replace(find, put))

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT]
    assert finding in codes(outcome.transactions[1])
    answers = [(t.ack_status, t.ack_codes) for t in outcome.transactions]
    assert answers[0] == answers[2] == ("A", ())
    assert answers[1][0] == "R"
    assert code in answers[1][1]
    for place in (0, 2):
        assert to_json(outcome.transactions[place].document) == to_json(good[place].document)
        assert outcome.transactions[place].raw == good[place].raw
    assert outcome.transactions[1].document is None


def test_a_number_in_error_is_answered_with_its_segment_and_element() -> None:
    outcome = read(ONE.replace(b"QTY+21:100", b"QTY+21:1OO"))

    (finding,) = outcome.transaction.findings
    assert outcome.transaction.ack_codes == ("12",)
    assert (finding.segment_index, finding.segment_code, finding.element_code) == (7, "12", "37")


def test_a_message_that_is_known_but_not_mapped_is_accepted_and_says_so() -> None:
    outcome = read(interchange([("PRICAT", [("BGM", "9", "P-1", "9")])]))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert codes(outcome.transaction) == ["SET_NOT_MAPPED"]
    assert outcome.interchange.needs_acknowledgement


@pytest.mark.parametrize(
    "message",
    [
        ("CONTRL", [("UCI", "1", ("BUYER", "14"), ("SUPPLIER", "14"), "7")]),
        ("APERAK", [("BGM", "", "A-1"), ("ERC", "12")]),
    ],
)
def test_acknowledgements_are_never_acknowledged(message: tuple[str, list[Segment]]) -> None:
    outcome = read(interchange([message]))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert outcome.transaction.document is None
    assert not outcome.interchange.needs_acknowledgement
    assert read(interchange([message, inside("A-1")])).interchange.needs_acknowledgement


# --- the partner ----------------------------------------------------------------------------------


def test_an_unknown_partner_is_quarantined_with_both_ids_and_qualifiers_in_the_reason() -> None:
    outcome = read(ONE, None)

    (finding,) = outcome.interchange.findings
    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert (finding.code, finding.ack_code) == ("UNKNOWN_PARTNER", "23")
    assert "14/SUPPLIER" in finding.text
    assert "14/BUYER" in finding.text


def test_the_test_indicator_is_on_every_result() -> None:
    outcome = read(order_response("A-1", test=True))

    assert outcome.interchange.test
    assert outcome.transaction.test
    assert outcome.file.verdict is Verdict.ACCEPT


def test_production_is_refused_for_a_partner_set_up_for_tests() -> None:
    outcome = read(ONE, PartnerRules(test_only=True))

    assert outcome.interchange.verdict is Verdict.REJECT
    assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", "25")


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (PartnerRules(sets=frozenset({"DESADV"})), "SET_NOT_ALLOWED"),
        (PartnerRules(versions=frozenset({"D:01B"})), "VERSION_NOT_ALLOWED"),
    ],
)
def test_a_message_or_version_outside_the_profile_is_refused(rules: PartnerRules, finding: str) -> None:
    outcome = read(ONE, rules)

    assert codes(outcome.transaction) == [finding]
    assert outcome.transaction.ack_codes == ("17",)
    assert outcome.transaction.version == "D:96A:UN:EAN008"


def test_a_partner_that_is_not_answered_needs_no_acknowledgement() -> None:
    assert not read(ONE, PartnerRules(acknowledge=False)).interchange.needs_acknowledgement


# --- the same again -------------------------------------------------------------------------------


def repeated(second: bytes) -> bytes:
    """Put a second message with the reference of the first beside it."""
    return ONE.replace(b"UNZ+1+1", second + b"\nUNZ+2+1")


def test_a_message_repeated_in_its_interchange_is_a_duplicate_refused_with_26() -> None:
    outcome = read(repeated(read(ONE).transaction.raw))

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.DUPLICATE]
    assert [(t.ack_status, t.ack_codes) for t in outcome.transactions] == [("A", ()), ("R", ("26",))]


def test_a_reference_reused_for_another_message_is_quarantined() -> None:
    outcome = read(repeated(read(interchange([inside("A-2")])).transaction.raw))

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.QUARANTINE]
    assert codes(outcome.transactions[1]) == ["CONTROL_NUMBER_REUSED"]


def test_an_interchange_twice_in_one_file_has_one_effect_and_two_equal_answers() -> None:
    outcome = read(ONE + ONE)

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.DUPLICATE]
    assert [i.verdict for i in outcome.interchanges] == [Verdict.ACCEPT, Verdict.DUPLICATE]
    assert [i.ack_status for i in outcome.interchanges] == ["A", "A"]


def test_a_duplicate_interchange_is_refused_with_26_where_the_profile_says_so() -> None:
    first = read(ONE).transaction
    rules = PartnerRules(duplicate_answer=DuplicateAnswer.TA1)

    outcome = read(ONE, rules, {first.key: first.sha256}.get)

    assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", "26")


def test_the_same_references_from_another_sender_are_not_the_same_message() -> None:
    other = order_response("A-1", [LINE], parties=Parties(sender="ANOTHER"))

    assert verdicts(read(ONE + other)) == [Verdict.ACCEPT, Verdict.ACCEPT]
