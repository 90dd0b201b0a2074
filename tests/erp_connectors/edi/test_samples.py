"""Real files of many senders: the verdict each must get and every fact a correct reader extracts.

The files carry licences that forbid copying them here; they are looked for beside the project.
"""

import re
from typing import Any

import pytest

from erp_connectors.edi import PartnerRules, Verdict
from tests.erp_connectors.edi.decoding import Outcome, read
from tests.erp_connectors.edi.samples import FOLDER, Sample, assert_lines, needs_samples, samples

MAPPED_SETS = {"214", "810", "850", "855", "856", "860", "861", "865"}
DOCUMENT_SETS = MAPPED_SETS - {"850", "860"}
FRAME_FACTS = {"set", "ctl", "nseg", "se01_ok", "se02_ok"}
LENIENT = PartnerRules(lenient_isa=True)

SAMPLES = samples("X12")
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])


@needs_samples
def test_the_samples_are_there() -> None:
    assert len(SAMPLES) > 40, f"The EDI samples are not at {FOLDER}."


@every_sample
def test_it_gives_every_part_of_a_sample_the_verdict_of_the_index(sample: Sample) -> None:
    outcome = read(sample.data())

    assert verdicts(outcome) == expected_verdicts(sample, outcome)


@every_sample
def test_it_answers_a_sample_with_the_codes_of_the_index(sample: Sample) -> None:
    outcome = read(sample.data())

    for set_code, control, code in re.findall(r"(\d{3}) (\S+) REJECT \(AK5 R code (\d+)\)", sample.policy):
        answers = {(t.set_code, t.control_number): (t.ack_status, t.ack_codes) for t in outcome.transactions}
        assert answers[set_code, control] == ("R", (code,))
    for control, status, code in re.findall(r"group (\S+) ACCEPT_WARN \(AK9 (\w), code (\d)", sample.policy):
        answers = {g.control_number: (g.ack_status, g.ack_codes) for g in outcome.groups}
        assert answers[control] == (status, (code,))
    if "TA1 R" in sample.policy:
        assert {interchange.ack_status for interchange in outcome.interchanges} == {"R"}


@every_sample
def test_it_reads_every_fact_of_a_sample(sample: Sample) -> None:
    outcome = read(sample.data(), LENIENT)
    transactions = iter(outcome.transactions)

    assert len(outcome.interchanges) == len(sample.facts)
    for interchange, facts in zip(outcome.interchanges, sample.facts, strict=True):
        envelope = {key: value for key, value in facts.items() if key != "tx"}
        assert {key: interchange.envelope.get(key) for key in envelope} == envelope
        for expected in facts["tx"]:
            assert_facts(next(transactions).reading, expected)
    assert next(transactions, None) is None


@every_sample
def test_it_reads_the_same_facts_under_the_strict_policy(sample: Sample) -> None:
    strict, lenient = read(sample.data()), read(sample.data(), LENIENT)

    assert [t.reading for t in strict.transactions] == [t.reading for t in lenient.transactions]


@every_sample
def test_it_makes_a_document_of_everything_accepted_but_copies_of_orders(sample: Sample) -> None:
    for transaction in read(sample.data(), LENIENT).transactions:
        wanted = transaction.verdict.is_accepted and transaction.set_code in DOCUMENT_SETS
        assert (transaction.document is not None) == wanted


def assert_facts(reading: dict[str, Any] | None, expected: dict[str, Any]) -> None:
    assert reading is not None
    if expected["set"] not in MAPPED_SETS:
        expected = {key: value for key, value in expected.items() if key in FRAME_FACTS}
    lines = reading.get("lines", [])
    for key, value in expected.items():
        if key == "lines_first":
            assert_lines(lines[: len(value)], value)
        elif key == "lines_last":
            assert_lines(lines[-1:], [value])
        elif key == "lines":
            assert_lines(lines, value)
        else:
            assert reading.get(key) == value, key


def verdicts(outcome: Outcome) -> dict[str, list[Verdict]]:
    return {
        "interchanges": [interchange.verdict for interchange in outcome.interchanges],
        "transactions": [transaction.verdict for transaction in outcome.transactions],
    }


def expected_verdicts(sample: Sample, outcome: Outcome) -> dict[str, list[Verdict]]:
    """Read the policy of the index: everything is accepted but what one of its sentences names."""
    interchanges = [Verdict.ACCEPT for _ in outcome.interchanges]
    transactions = [Verdict.ACCEPT for _ in outcome.transactions]
    for sentence in re.split(r"; (?!set)", sample.policy):
        if match := re.match(r"(?:IC(\d+) )?(\d{3}) (\S+) REJECT \((.*)", sentence):
            number, set_code, control, reason = match.groups()
            for place in named(outcome, number, set_code, control, reason):
                transactions[place] = refusal(reason)
        elif sentence.startswith("LENIENT_ONLY"):
            interchanges = [Verdict.REJECT for _ in interchanges]
            transactions = [Verdict.REJECT for _ in transactions]
        elif sentence.startswith("second interchange: same ISA13"):
            interchanges[1] = Verdict.DUPLICATE
            transactions = [
                Verdict.DUPLICATE if transaction.interchange_index == 1 else verdict
                for transaction, verdict in zip(outcome.transactions, transactions, strict=True)
            ]
        elif not re.match(r"ACCEPT|UNWRAP then accept|group \S+ ACCEPT_WARN", sentence):
            raise AssertionError(f"The index has a policy this test cannot read: {sentence}")
    return {"interchanges": interchanges, "transactions": transactions}


def named(outcome: Outcome, number: str | None, set_code: str, control: str, reason: str) -> list[int]:
    """Return the places of the transactions a sentence names; of a reused number, all but the first."""
    places = [
        place
        for place, transaction in enumerate(outcome.transactions)
        if transaction.control_number == control
        and (transaction.set_code == set_code or "already used" in reason)
        and (number is None or transaction.interchange_index == int(number) - 1)
    ]
    return places[1:] if "already used" in reason else places


def refusal(reason: str) -> Verdict:
    if "DIFFERENT content" in reason:
        return Verdict.QUARANTINE
    return Verdict.DUPLICATE if "same content" in reason else Verdict.REJECT
