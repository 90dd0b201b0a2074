"""Envelope verdicts: what is wrong, whom it takes down with it, and which code says so."""

import pytest

from erp_connectors.canonical.codec import to_json
from erp_connectors.edi import ControlKey, DecodedTransaction, PartnerRules, Verdict
from erp_connectors.edi.rules import DuplicateAnswer
from tests.builders.x12 import Segment, ack, confirmation_855, confirmation_segments, interchange, po1
from tests.erp_connectors.edi.decoding import Outcome, read

ONE = confirmation_855("4500010001", [po1("1", "100", acks=[ack("IA", "100")])])


def inside(order: str, quantity: str = "100") -> tuple[str, list[Segment]]:
    return "855", confirmation_segments(order, [po1("1", quantity, acks=[ack("IA", quantity)])])


THREE = interchange([inside("A-1"), inside("A-2"), inside("A-3")])


def verdicts(outcome: Outcome) -> list[Verdict]:
    return [transaction.verdict for transaction in outcome.transactions]


def codes(transaction: DecodedTransaction) -> list[str]:
    return [finding.code for finding in transaction.findings]


@pytest.mark.parametrize(
    ("find", "put", "finding", "ta1"),
    [
        (b"IEA*1*000000001", b"IEA*1*000000002", "IEA_CONTROL", "001"),
        (b"IEA*1*", b"IEA*2*", "IEA_COUNT", "021"),
        (b"IEA*1*", b"IEA*one*", "IEA_COUNT", "021"),
        (b"IEA*1*000000001~\n", b"", "IEA_MISSING", "023"),
    ],
)
def test_an_interchange_whose_trailer_is_wrong_is_quarantined_whole(
    find: bytes, put: bytes, finding: str, ta1: str
) -> None:
    outcome = read(ONE.replace(find, put))

    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert outcome.codes() == {finding, "ENVELOPE_REFUSED"}
    assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", ta1)
    assert outcome.interchange.needs_acknowledgement
    assert verdicts(outcome) == [Verdict.QUARANTINE]
    assert outcome.transaction.document is None
    assert not outcome.group.needs_acknowledgement


def test_transactions_outside_any_group_quarantine_the_interchange() -> None:
    bare = b"".join(line for line in ONE.splitlines(keepends=True) if line[:2] not in (b"GS", b"GE"))

    outcome = read(bare.replace(b"IEA*1", b"IEA*0"))

    assert "GROUP_HEADER_MISSING" in outcome.codes()
    assert verdicts(outcome) == [Verdict.QUARANTINE]


def test_an_interchange_cut_by_the_next_one_is_quarantined_and_the_next_is_read() -> None:
    second = confirmation_855("A-2", [po1("1", "5")], control=2)

    outcome = read(ONE[: ONE.index(b"CTT")] + second)

    assert [i.verdict for i in outcome.interchanges] == [Verdict.QUARANTINE, Verdict.ACCEPT]
    assert verdicts(outcome) == [Verdict.REJECT, Verdict.ACCEPT]
    assert outcome.transactions[0].ack_codes == ("2",)


@pytest.mark.parametrize(
    ("find", "put", "verdict", "ak9"),
    [
        (b"GE*3*1", b"GE*4*1", Verdict.ACCEPT_WARN, ("E", ("5",), 4, 3, 3)),
        (b"GE*3*1", b"GE*3*2", Verdict.REJECT, ("R", ("4",), 3, 3, 0)),
        (b"GE*3*1~\n", b"", Verdict.REJECT, ("R", ("3",), 3, 3, 0)),
        (b"GE*3*1", b"GE*0003*000001", Verdict.ACCEPT, ("A", (), 3, 3, 3)),
    ],
)
def test_a_group_answers_for_its_trailer(
    find: bytes, put: bytes, verdict: Verdict, ak9: tuple[object, ...]
) -> None:
    outcome = read(THREE.replace(find, put))
    group = outcome.group

    assert group.verdict is verdict
    assert (group.ack_status, group.ack_codes, group.included, group.received, group.accepted) == ak9
    accepted = Verdict.REJECT if verdict is Verdict.REJECT else Verdict.ACCEPT
    assert verdicts(outcome) == [accepted] * 3


@pytest.mark.parametrize(
    ("find", "put", "finding", "code"),
    [
        (b"SE*7*0002", b"SE*8*0002", "SE_COUNT", "4"),
        (b"SE*7*0002", b"SE*x*0002", "SE_COUNT", "4"),
        (b"SE*7*0002", b"SE*7*0009", "SE_CONTROL", "3"),
        (b"SE*7*0002~\n", b"", "SE_MISSING", "2"),
        (b"ST*855*0002", b"ST*85*0002", "SET_INVALID", "6"),
        (b"ST*855*0002", b"ST*999x*0002", "SET_INVALID", "6"),
        (b"ST*855*0002", b"ST*101*0002", "SET_UNKNOWN", "1"),
        (b"ST*855*0002", b"XT*855*0002", "ST_MISSING", "6"),
        (b"PO1*1*100*EA*10*PE*BP*ITEM-1~\nACK*IA*100*EA~\nCTT*1~\nSE*7*0002", None, "NUMBER_UNREADABLE", "5"),
        (b"BAK*00*AC*A-2*", b"BAK*00*AC**", "ORDER_NUMBER_MISSING", "5"),
        (b"BAK*00*AC*A-2*", b"BAX*00*AC*A-2*", "SEGMENT_MISSING", "5"),
    ],
)
def test_one_broken_transaction_leaves_its_neighbours_byte_identical(
    find: bytes, put: bytes | None, finding: str, code: str
) -> None:
    broken = THREE.replace(find, find.replace(b"*100*", b"*1OO*") if put is None else put)
    good = read(THREE).transactions

    outcome = read(broken)

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT]
    assert finding in codes(outcome.transactions[1])
    answers = [(t.ack_status, t.ack_codes) for t in outcome.transactions]
    assert answers[0] == answers[2] == ("A", ())
    assert answers[1][0] == "R"
    assert answers[1][1][0] == code
    group = outcome.group
    assert (group.ack_status, group.included, group.received, group.accepted) == ("P", 3, 3, 2)
    for place in (0, 2):
        assert to_json(outcome.transactions[place].document) == to_json(good[place].document)
        assert outcome.transactions[place].raw == good[place].raw
    assert outcome.transactions[1].document is None


def test_a_set_that_is_known_but_not_mapped_is_accepted_and_says_so() -> None:
    outcome = read(interchange([("846", [("BIA", "00", "DD", "INV-1", "20261123")])]))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert codes(outcome.transaction) == ["SET_NOT_MAPPED"]
    assert outcome.transaction.document is None
    assert (outcome.group.ack_status, outcome.group.needs_acknowledgement) == ("A", True)


def test_acknowledgements_are_never_acknowledged() -> None:
    outcome = read(interchange([("997", [("AK1", "PO", "1"), ("AK9", "A", "1", "1", "1")])]))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert not outcome.group.needs_acknowledgement
    assert not outcome.interchange.needs_acknowledgement


# --- the partner ------------------------------------------------------------------------------


def test_an_unknown_partner_is_quarantined_with_both_ids_and_qualifiers_in_the_reason() -> None:
    outcome = read(ONE, None)

    (finding,) = outcome.interchange.findings
    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert finding.code == "UNKNOWN_PARTNER"
    assert "ZZ/SUPPLIER" in finding.text
    assert "ZZ/BUYER" in finding.text
    assert outcome.transaction.document is None


def test_the_test_indicator_is_on_every_result() -> None:
    outcome = read(confirmation_855("A-1", test=True))

    assert outcome.interchange.test
    assert outcome.transaction.test
    assert outcome.file.verdict is Verdict.ACCEPT


def test_production_is_refused_for_a_partner_set_up_for_tests() -> None:
    outcome = read(ONE, PartnerRules(test_only=True))

    assert outcome.interchange.verdict is Verdict.REJECT
    assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", "020")


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (PartnerRules(sets=frozenset({"856"})), "SET_NOT_ALLOWED"),
        (PartnerRules(versions=frozenset({"005010"})), "VERSION_NOT_ALLOWED"),
    ],
)
def test_a_set_or_version_outside_the_profile_is_refused(rules: PartnerRules, finding: str) -> None:
    outcome = read(ONE, rules)

    assert codes(outcome.transaction) == [finding]
    assert (outcome.transaction.ack_status, outcome.transaction.ack_codes) == ("R", ("1",))


# --- the same again ---------------------------------------------------------------------------


def repeated(second: bytes) -> bytes:
    """Put a second transaction with the number of the first beside it."""
    data = interchange([inside("A-1")])
    cut = data.index(b"GE*1")
    return (data[:cut] + second + data[cut:]).replace(b"GE*1", b"GE*2")


def test_a_transaction_repeated_in_its_group_is_a_duplicate_refused_with_23() -> None:
    raw = read(interchange([inside("A-1")])).transaction.raw + b"\n"

    outcome = read(repeated(raw))

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.DUPLICATE]
    assert [(t.ack_status, t.ack_codes) for t in outcome.transactions] == [("A", ()), ("R", ("23",))]
    assert outcome.transactions[1].document is None


def test_a_control_number_reused_for_another_transaction_is_quarantined() -> None:
    raw = read(interchange([inside("A-2")])).transaction.raw + b"\n"

    outcome = read(repeated(raw))

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.QUARANTINE]
    assert codes(outcome.transactions[1]) == ["CONTROL_NUMBER_REUSED"]
    assert outcome.transactions[1].ack_codes == ("23",)


def test_an_interchange_twice_in_one_file_has_one_effect_and_two_equal_answers() -> None:
    outcome = read(ONE + ONE)

    assert verdicts(outcome) == [Verdict.ACCEPT, Verdict.DUPLICATE]
    assert [i.verdict for i in outcome.interchanges] == [Verdict.ACCEPT, Verdict.DUPLICATE]
    assert [g.ack_status for g in outcome.groups] == ["A", "A"]
    assert all(group.needs_acknowledgement for group in outcome.groups)


def test_an_interchange_that_came_before_is_a_duplicate_of_history() -> None:
    first = read(ONE).transaction
    history = {first.key: first.sha256}

    outcome = read(ONE, seen=history.get)

    assert outcome.interchange.verdict is Verdict.DUPLICATE
    assert outcome.transaction.verdict is Verdict.DUPLICATE
    assert outcome.transaction.document is None
    assert (outcome.transaction.ack_status, outcome.interchange.ack_code) == ("A", "000")


def test_a_duplicate_interchange_is_refused_by_ta1_where_the_profile_says_so() -> None:
    first = read(ONE).transaction
    rules = PartnerRules(duplicate_answer=DuplicateAnswer.TA1)

    outcome = read(ONE, rules, {first.key: first.sha256}.get)

    assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", "025")
    assert outcome.interchange.needs_acknowledgement
    assert not outcome.group.needs_acknowledgement


def test_the_numbers_of_history_with_other_bytes_are_quarantined() -> None:
    first = read(ONE).transaction
    other = ONE.replace(b"ACK*IA*100", b"ACK*IA*099")

    outcome = read(other, seen={first.key: first.sha256}.get)

    assert outcome.transaction.verdict is Verdict.QUARANTINE
    assert outcome.interchange.verdict is Verdict.ACCEPT


def test_the_same_numbers_from_another_sender_are_not_the_same_transaction() -> None:
    other = confirmation_855("4500010001", [po1("1", "100")], sender="ANOTHER")

    assert verdicts(read(ONE + other)) == [Verdict.ACCEPT, Verdict.ACCEPT]


def test_a_key_is_one_unambiguous_line_of_text() -> None:
    one = ControlKey("X12", "ZZ/A|B", "ZZ/C", "1")
    two = ControlKey("X12", "ZZ/A", "B|ZZ/C", "1")

    assert str(one) != str(two)
