"""Damaged EDIFACT: whatever happens to the bytes, every file ends in a verdict and none raises."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.edi import Verdict
from erp_connectors.edi.acknowledgements import ControlNumbers
from erp_connectors.edi.edifact.contrl import syntax_report
from erp_connectors.edi.edifact.writer import Style
from tests.builders.edifact import (
    NOON,
    Segment,
    cps,
    despatch_advice,
    dtm,
    interchange,
    lin,
    order,
    order_response,
    order_response_segments,
    pri,
    qty,
    rff,
)
from tests.erp_connectors.edi.damage import Marks, check, mutated
from tests.erp_connectors.edi.decoding import read

DAY = date(2026, 12, 1)
SEEDS_PER_TEST = 50
TEXT: Segment = ("FTX", "AAO", "", "", "what? it's 5:3 + 1")
LINES = [
    lin(
        "1",
        action="6",
        quantities={"21": "100", "113": "80", "83": "20"},
        price="12.5",
        extra=[dtm("67", DAY), TEXT],
    ),
    lin(
        "2",
        action="5",
        quantities={"21": "7"},
        extra=[("SCC", "1"), qty("21", "3"), dtm("2", DAY), pri("9", per="100")],
    ),
    lin(
        "3",
        action="7",
        quantities={"21": "12"},
        unit="CT",
        extra=[rff("ON", "A-1", "30"), ("PIA", "3", ("N", "SA"))],
    ),
]
BODY = [
    cps("1", sscc=["340123456789012345"]),
    lin("1", quantities={"12": "60", "21": "100"}, extra=[("QVR", ("-40", "21"), "BP")]),
    cps("2", "1"),
    lin("2", quantities={"12": "5"}, extra=[("LOC", "7", "P"), qty("11", "5")]),
]
BASES = [
    order_response("4500010001", LINES, heading=[dtm("69", DAY), ("NAD", "SU", ("7", "", "91"))]),
    interchange([("ORDRSP", order_response_segments(f"A-{number}", LINES)) for number in range(3)]),
    interchange(
        [("ORDRSP", order_response_segments(f"A-{number}", LINES)) for number in range(3)], group="7"
    ),
    despatch_advice(
        "D-1", BODY, heading=[dtm("11", DAY), dtm("17", DAY), ("TDT", "20", "", "30", "", "DHL")]
    ),
    order("4500010001", LINES, style=Style(advised=False)),
    order_response("A", LINES) + despatch_advice("B", BODY, control="2"),
    interchange(
        [("CONTRL", [("UCI", "1", ("A", "14"), ("B", "14"), "7"), ("UCM", "1", ("ORDERS", "D"), "7")])]
    ),
]
MARKS = Marks(b"+", b":", b"'", (b"UNB+", b"UNA:+.? '", b"UNH+1+ORDRSP:D:96A:UN'", b"UNT+2+1'", b"?", b"??'"))


def survive(data: bytes) -> Verdict:
    """Read damaged bytes to the end and answer what they hold; return the file's verdict."""
    outcome = read(data)
    for received in outcome.interchanges if outcome.file.standard == "EDIFACT" else []:
        groups = [group for group in outcome.groups if group.interchange_index == received.index]
        answered = read(syntax_report(received, groups, ControlNumbers(1), NOON))
        assert (
            answered.transaction.verdict.is_accepted or not received.ids.sender or not received.ids.receiver
        )
    return check(data, outcome)


@pytest.mark.parametrize("first", range(0, 600, SEEDS_PER_TEST))
def test_a_damaged_file_always_ends_in_a_verdict(first: int) -> None:
    verdicts = {survive(mutated(seed, BASES, MARKS)) for seed in range(first, first + SEEDS_PER_TEST)}

    assert verdicts <= set(Verdict)
    assert len(verdicts) > 1


@given(st.integers(0, 60), st.binary(max_size=60))
def test_any_bytes_after_the_beginning_of_an_interchange_end_in_a_verdict(kept: int, tail: bytes) -> None:
    survive(BASES[0][:kept] + tail)


@given(st.text(st.sampled_from("UNABHTZ+:'?. \n123\x1c\x1d\x1f*,"), max_size=200))
def test_any_service_characters_end_in_a_verdict(text: str) -> None:
    survive(b"UNA:+.? 'UNB+UNOC:4+A:1+B:1+261123:1200+1'" + text.encode("latin-1"))
