"""Real EDIFACT files of many senders: the verdict each must get and every fact a correct reader extracts."""

import re
from typing import Any

import pytest

from erp_connectors.edi import PartnerRules, Verdict
from tests.erp_connectors.edi.decoding import Outcome, read
from tests.erp_connectors.edi.samples import FOLDER, Sample, assert_lines, needs_samples, samples

SAMPLES = samples("EDIFACT")
DOCUMENT_MESSAGES = {"DESADV", "INVOIC", "ORDRSP", "RECADV"}
LENIENT = PartnerRules(lenient_isa=True)
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])


@needs_samples
def test_the_samples_are_there() -> None:
    assert len(SAMPLES) > 25, f"The EDI samples are not at {FOLDER}."


@every_sample
def test_it_gives_every_part_of_a_sample_the_verdict_of_the_index(sample: Sample) -> None:
    outcome = read(sample.data())

    assert verdicts(outcome) == expected_verdicts(sample, outcome)


@every_sample
def test_it_answers_a_sample_with_the_codes_of_the_index(sample: Sample) -> None:
    outcome = read(sample.data())

    for control, codes in re.findall(
        r"[A-Z]{6} (\S+) REJECT \(((?:UCM 4 error \d+(?:, )?)+)\)", sample.policy
    ):
        answers = {t.control_number: (t.ack_status, t.ack_codes) for t in outcome.transactions}
        assert answers[control] == ("R", tuple(re.findall(r"error (\d+)", codes)))
    for code in re.findall(r"UNZ reference: CONTRL UCI 4, error (\d+)", sample.policy):
        assert (outcome.interchanges[-1].ack_status, outcome.interchanges[-1].ack_code) == ("R", code)
    if "and UNZ count" in sample.policy:
        assert (outcome.interchange.ack_status, outcome.interchange.ack_code) == ("R", "29")


@every_sample
def test_it_reads_every_fact_of_a_sample(sample: Sample) -> None:
    outcome = read(sample.data(), LENIENT)
    messages = iter(outcome.transactions)

    assert len(outcome.interchanges) == len(sample.facts)
    for interchange, facts in zip(outcome.interchanges, sample.facts, strict=True):
        envelope = {key: value for key, value in facts.items() if key != "tx"}
        assert {key: interchange.envelope.get(key) for key in envelope} == envelope
        for expected in facts["tx"]:
            assert_facts(next(messages).reading, expected)
    assert next(messages, None) is None


@every_sample
def test_it_makes_a_document_of_every_accepted_message_that_is_one(sample: Sample) -> None:
    for message in read(sample.data(), LENIENT).transactions:
        wanted = message.verdict.is_accepted and message.set_code in DOCUMENT_MESSAGES
        assert (message.document is not None) == wanted


def assert_facts(reading: dict[str, Any] | None, expected: dict[str, Any]) -> None:
    assert reading is not None
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
        "messages": [message.verdict for message in outcome.transactions],
    }


def expected_verdicts(sample: Sample, outcome: Outcome) -> dict[str, list[Verdict]]:
    """Read the policy of the index: everything is accepted but what one of its sentences names.

    An interchange that is quarantined takes down the messages nothing else is wrong with.
    """
    interchanges = [Verdict.ACCEPT for _ in outcome.interchanges]
    messages = [Verdict.ACCEPT for _ in outcome.transactions]
    for sentence in sample.policy.split("; "):
        if sentence.startswith(("QUARANTINE_INTERCHANGE", "IC2 QUARANTINE_INTERCHANGE")):
            # What the second header cuts off is no sound interchange either.
            interchanges = [Verdict.QUARANTINE for _ in interchanges]
            messages = [Verdict.QUARANTINE for _ in messages]
        elif sentence.startswith("REJECT all four"):
            interchanges = [Verdict.QUARANTINE for _ in interchanges]
            messages = [Verdict.REJECT for _ in messages]
        elif match := re.match(r"[A-Z]{6} (\S+) REJECT \((.*)", sentence):
            control, reason = match.groups()
            places = [at for at, one in enumerate(outcome.transactions) if one.control_number == control]
            for place in places[1:] if "already used" in reason else places:
                messages[place] = Verdict.DUPLICATE if "same content" in reason else Verdict.REJECT
        elif sentence != "ACCEPT" and not sentence.startswith("both CONTRL"):
            raise AssertionError(f"The index has a policy this test cannot read: {sentence}")
    return {"interchanges": interchanges, "messages": messages}
