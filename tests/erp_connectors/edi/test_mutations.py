"""Damaged files: whatever happens to the bytes, every one ends in a verdict and none raises."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.edi import Verdict
from tests.erp_connectors.edi.damage import mutated
from tests.erp_connectors.edi.decoding import read
from tests.erp_connectors.edi.mutations import BASES, MARKS, survive, with_odd_elements

SEEDS_PER_TEST = 50


@pytest.mark.parametrize("first", range(0, 600, SEEDS_PER_TEST))
def test_a_damaged_file_always_ends_in_a_verdict(first: int) -> None:
    verdicts = {survive(mutated(seed, BASES, MARKS)) for seed in range(first, first + SEEDS_PER_TEST)}

    assert verdicts <= set(Verdict)
    assert len(verdicts) > 1


@pytest.mark.parametrize("base", range(len(BASES)))
def test_an_odd_value_in_any_element_ends_in_a_verdict_on_its_transaction_alone(base: int) -> None:
    for seed in range(SEEDS_PER_TEST):
        data = with_odd_elements(BASES[base], Random(seed))

        survive(data)
        assert {interchange.verdict for interchange in read(data).interchanges} == {Verdict.ACCEPT}


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_verdict(data: bytes) -> None:
    assert survive(data) is Verdict.QUARANTINE


@given(st.integers(0, 105), st.binary(max_size=40))
def test_any_bytes_after_the_beginning_of_an_isa_end_in_a_verdict(kept: int, tail: bytes) -> None:
    survive(BASES[0][:kept] + tail)
