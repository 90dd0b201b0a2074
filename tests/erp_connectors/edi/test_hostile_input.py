"""Input made to hurt: refused by name, quickly, and without filling the memory."""

import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

import pytest

from erp_connectors.edi import DecodedInterchange, Limits, PartnerRules, Verdict, decode
from tests.builders.x12 import confirmation_855, interchange, po1
from tests.erp_connectors.edi.decoding import read

MEGABYTE = 1024 * 1024
CLEAN = confirmation_855("A-1", [po1("1", "100")])
ISA = CLEAN[: CLEAN.index(b"GS*")]
SECONDS = 2


def with_inside(inside: bytes) -> bytes:
    """Put segments between ST and SE of a sound interchange."""
    data = interchange([("856", [("BSN", "00", "ASN-1", "20261123")])])
    place = data.index(b"SE*3*")
    return data[:place] + inside + data[place:].replace(b"SE*3*", b"SE*%d*" % (inside.count(b"~") + 3))


def hl_chain(parent: Callable[[int], str]) -> bytes:
    return b"".join(b"HL*%d*%s*T~SN1**1*EA~PRF*P%d~" % (n, parent(n).encode(), n) for n in range(1, 16_000))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "50 MB in one segment": (lambda: with_inside(b"MSG*" + b"A" * 49 * MEGABYTE + b"~"), "LIMIT_FILE_SIZE"),
    "more than 50 MB": (lambda: ISA + b"A" * 51 * MEGABYTE, "LIMIT_FILE_SIZE"),
    "24 MB in one element": (
        lambda: with_inside(b"MSG*" + b"A" * 24 * MEGABYTE + b"~"),
        "LIMIT_ELEMENT_LENGTH",
    ),
    "24 MB of line breaks in one element": (
        lambda: with_inside(b"MSG*A" + b"\r\n" * 12 * MEGABYTE + b"A~"),
        "",
    ),
    "24 MB of indented line breaks in one element": (
        lambda: with_inside(b"MSG*A" + b"\n  N" * 6 * MEGABYTE + b"A~"),
        "LIMIT_ELEMENT_LENGTH",
    ),
    "a million one-byte elements": (lambda: with_inside(b"MSG" + b"*A" * 1_000_000 + b"~"), "LIMIT_ELEMENTS"),
    "a million segments": (lambda: with_inside(b"A*B~" * 1_000_000), "LIMIT_SEGMENTS"),
    "100,000 ISA headers": (lambda: ISA * 100_000, "LIMIT_INTERCHANGES"),
    "a million unreadable ISA headers": (lambda: b"ISA*00*" * 1_000_000, "HEADER_UNREADABLE"),
    "a million ISA letters inside": (lambda: CLEAN[:-20] + b"~ISA*" * 1_000_000, "LIMIT_PIECES"),
    "a million transactions": (
        lambda: CLEAN[: CLEAN.index(b"ST*")] + b"ST*855*1~SE*2*1~" * 1_000_000,
        "LIMIT_PIECES",
    ),
    "a million groups": (lambda: ISA + b"GS*PR~GE*0~" * 1_000_000, "LIMIT_PIECES"),
    "a million TA1": (lambda: ISA + b"TA1*1~" * 1_000_000, "LIMIT_PIECES"),
    "a million GE": (lambda: ISA + b"GE*1~" * 1_000_000, "LIMIT_PIECES"),
    "a circle of levels": (lambda: with_inside(hl_chain(lambda n: str(n))), "HL_PARENT"),
    "a deep chain of levels": (
        lambda: with_inside(hl_chain(lambda n: str(n - 1) if n > 1 else "")),
        "LIMIT_HL_DEPTH",
    ),
    "20 MB of blanks": (lambda: CLEAN.replace(b"GS*", b" " * 20 * MEGABYTE + b"GS*"), ""),
    "20 MB of line breaks": (lambda: CLEAN.replace(b"GS*", b"\r\n" * 10 * MEGABYTE + b"GS*"), ""),
    "10 MB of terminators": (lambda: ISA + b"~" * 10 * MEGABYTE, "IEA_MISSING"),
    "10 MB of terminators that are line breaks": (
        lambda: ISA.replace(b"~\n", b"\n") + b"\n" * 10 * MEGABYTE,
        "IEA_MISSING",
    ),
    "thousands of bad numbers": (
        lambda: with_inside(b"HL*1**I~" + b"LIN**BP*X~SN1**bad~" * 20_000),
        "NUMBER_UNREADABLE",
    ),
    "a zip bomb": (lambda: b"PK\x03\x04" + b"\x00" * MEGABYTE, "COMPRESSED"),
    "a gzip bomb": (lambda: b"\x1f\x8b\x08" + b"\x00" * MEGABYTE, "COMPRESSED"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_by_name_within_two_seconds(name: str) -> None:
    build, code = HOSTILE[name]
    data = build()

    started = time.process_time()
    outcome = read(data)
    elapsed = time.process_time() - started

    assert elapsed < SECONDS
    assert code in outcome.codes() or not code
    assert (outcome.file.verdict is Verdict.ACCEPT) is (not code)


@pytest.mark.proof
@pytest.mark.parametrize("name", ["a million groups", "a million transactions", "100,000 ISA headers"])
def test_hostile_input_takes_less_than_100_mb(name: str) -> None:
    data = HOSTILE[name][0]()
    tracemalloc.start()
    try:
        for _ in decode(data):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 100 * MEGABYTE


def test_many_acks_on_one_line_take_linear_time() -> None:
    acks = [("ACK", "IA" if number % 2 else "DR", "1" if number % 2 else "") for number in range(40_000)]
    data = confirmation_855("A-1", [po1("1", "100", acks=acks)])

    started = time.process_time()
    document = read(data).transaction.document

    assert time.process_time() - started < SECONDS
    assert document is not None
    assert document.lines[0].rule == "ACK DR+IA"


def test_a_large_file_is_refused_by_the_limit_of_its_partner() -> None:
    outcome = read(CLEAN, PartnerRules(limits=Limits(file_bytes=100)))

    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert outcome.codes() == {"LIMIT_FILE_SIZE"}
    assert outcome.transactions == []


def test_an_interchange_with_more_transactions_than_its_partner_may_send_is_refused() -> None:
    data = interchange([("855", [("BAK", "00", "AT", f"A-{n}", "20261123")]) for n in range(3)])

    outcome = read(data, PartnerRules(limits=Limits(transactions=2)))

    assert outcome.interchange.verdict is Verdict.QUARANTINE
    assert outcome.codes() == {"LIMIT_TRANSACTIONS"}
    assert outcome.transactions == []


def test_one_transaction_over_a_limit_leaves_its_neighbours_alone() -> None:
    data = interchange([("855", [("BAK", "00", "AT", f"A-{n}", "20261123")]) for n in range(3)])
    large = b"MSG*X~" * 60_000
    place = data.index(b"SE*3*0002")

    outcome = read(data[:place] + large + data[place:])

    assert [t.verdict for t in outcome.transactions] == [Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT]
    assert outcome.transactions[1].control_number == "0002"
    assert outcome.group.ack_status == "P"


def test_it_holds_one_transaction_at_a_time() -> None:
    lines = [po1(str(number), "100") for number in range(1, 200)]
    segments = [("BAK", "00", "AT", "A-1", "20261123"), *(segment for line in lines for segment in line)]
    data = interchange([("855", segments) for _ in range(25)])
    tracemalloc.start()
    try:
        count = sum(not isinstance(result, DecodedInterchange) for result in decode(data))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 27
    assert peak < MEGABYTE


def test_numbers_are_never_floats() -> None:
    document = read(CLEAN).transaction.document

    assert document is not None
    (part,) = document.lines[0].offered
    assert type(part.quantity.value) is Decimal
