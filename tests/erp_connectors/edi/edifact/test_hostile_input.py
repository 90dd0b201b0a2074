"""EDIFACT made to hurt: refused by name, quickly, and without filling the memory."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from erp_connectors.edi import DecodedInterchange, Limits, PartnerRules, Verdict, decode
from tests.builders.edifact import Segment, cps, despatch_advice, flat, interchange, lin, order_response
from tests.erp_connectors.edi.decoding import read

MEGABYTE = 1024 * 1024
CLEAN = order_response("A-1", [lin("1", action="5", quantities={"21": "9"})])
UNB = CLEAN[: CLEAN.index(b"UNH+")]
SECONDS = 2


def with_inside(inside: bytes) -> bytes:
    """Put segments between UNH and UNT of a sound interchange."""
    data = interchange([("DESADV", [("BGM", "351", "D-1", "9")])])
    place = data.index(b"UNT+3+")
    count = b"UNT+%d+" % (inside.count(b"'") + 3)
    return data[:place] + inside + data[place:].replace(b"UNT+3+", count)


def cps_chain(parent: Callable[[int], str]) -> bytes:
    return b"".join(b"CPS+%d+%s'LIN+%d'QTY+12:1'" % (n, parent(n).encode(), n) for n in range(1, 16_000))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "49 MB in one segment": (lambda: with_inside(b"FTX+" + b"A" * 49 * MEGABYTE + b"'"), "LIMIT_FILE_SIZE"),
    "more than 50 MB": (lambda: UNB + b"A" * 51 * MEGABYTE, "LIMIT_FILE_SIZE"),
    "24 MB in one element": (
        lambda: with_inside(b"FTX+" + b"A" * 24 * MEGABYTE + b"'"),
        "LIMIT_ELEMENT_LENGTH",
    ),
    "a million one-byte elements": (lambda: with_inside(b"FTX" + b"+A" * 1_000_000 + b"'"), "LIMIT_ELEMENTS"),
    "a million components": (
        lambda: with_inside(b"FTX+A" + b":A" * 1_000_000 + b"'"),
        "LIMIT_ELEMENT_LENGTH",
    ),
    "a million segments": (lambda: with_inside(b"A+B'" * 1_000_000), "LIMIT_SEGMENTS"),
    "100,000 headers": (lambda: UNB * 100_000, "LIMIT_INTERCHANGES"),
    "a million unreadable headers": (lambda: b"UNB+UNOC:3" * 1_000_000, "HEADER_UNREADABLE"),
    "a million service strings": (lambda: b"UNA:+.? '" * 1_000_000, "HEADER_UNREADABLE"),
    "a million headers inside": (lambda: CLEAN[:-20] + b"'UNB+" * 1_000_000, "LIMIT_INTERCHANGES"),
    "a million messages": (lambda: UNB + b"UNH+1+ORDERS:D'UNT+2+1'" * 1_000_000, "LIMIT_PIECES"),
    "a million groups": (lambda: UNB + b"UNG+ORDERS'UNE+0'" * 1_000_000, "LIMIT_PIECES"),
    "a million ends of groups": (lambda: UNB + b"UNE+1'" * 1_000_000, "LIMIT_PIECES"),
    "20 MB of release characters": (
        lambda: with_inside(b"FTX+" + b"?" * 20 * MEGABYTE + b"'"),
        "LIMIT_ELEMENT_LENGTH",
    ),
    "20 MB of released terminators": (
        lambda: CLEAN[:-12] + b"UNT+" + b"?'" * 10 * MEGABYTE,
        "LIMIT_SEGMENTS",
    ),
    "released terminators before every header": (lambda: CLEAN + b"?'UNH+" * 1_000_000, "UNREADABLE_BYTES"),
    "20 MB of blanks": (lambda: CLEAN.replace(b"UNH+", b" " * 20 * MEGABYTE + b"UNH+"), ""),
    "20 MB of line breaks": (lambda: CLEAN.replace(b"UNH+", b"\r\n" * 10 * MEGABYTE + b"UNH+"), ""),
    "10 MB of terminators": (lambda: UNB + b"'" * 10 * MEGABYTE, "UNZ_MISSING"),
    "a circle of packages": (lambda: with_inside(cps_chain(str)), "PACKAGE_PARENT"),
    "a deep chain of packages": (
        lambda: with_inside(cps_chain(lambda n: str(n - 1) if n > 1 else "")),
        "LIMIT_HL_DEPTH",
    ),
    "thousands of bad numbers": (lambda: with_inside(b"LIN+1'QTY+12:bad'" * 20_000), "NUMBER_UNREADABLE"),
    "equal service characters": (lambda: b"UNA+++++'" + UNB[10:] + b"A+B'" * 1_000_000, "UNA_AMBIGUOUS"),
}
ACCEPTED = {"", "PACKAGE_PARENT"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_by_name_within_two_seconds(name: str) -> None:
    build, code = HOSTILE[name]
    data = build()

    started = time.process_time()
    outcome = read(data)
    elapsed = time.process_time() - started

    assert elapsed < SECONDS
    assert code in outcome.codes() or not code
    assert (outcome.file.verdict is Verdict.ACCEPT) is (code in ACCEPTED)


@pytest.mark.proof
@pytest.mark.parametrize("name", ["a million groups", "a million messages", "100,000 headers"])
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


def test_many_quantities_on_one_line_take_linear_time() -> None:
    extra: list[Segment] = [("QTY", ("113", "1", "PCE")), ("DTM", ("67", "20261201", "102"))] * 20_000
    data = order_response("A-1", [lin("1", action="6", quantities={"21": "20000"}, extra=extra)])

    started = time.process_time()
    document = read(data).transaction.document

    assert time.process_time() - started < SECONDS
    assert document is not None
    assert len(document.lines[0].offered) == 20_000


def test_one_message_over_a_limit_leaves_its_neighbours_alone() -> None:
    data = interchange([("DESADV", [("BGM", "351", f"D-{n}", "9")]) for n in range(3)])
    place = data.index(b"UNT+3+2")

    outcome = read(data[:place] + b"FTX+X'" * 60_000 + data[place:])

    assert [t.verdict for t in outcome.transactions] == [Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT]
    assert (outcome.transactions[1].control_number, outcome.transactions[1].set_code) == ("2", "DESADV")
    assert outcome.transactions[1].ack_codes == ("16",)


def test_an_interchange_larger_than_its_partner_may_send_is_refused() -> None:
    large = read(CLEAN, PartnerRules(limits=Limits(file_bytes=100)))
    many = read(CLEAN + CLEAN, PartnerRules(limits=Limits(transactions=0)))

    assert large.interchange.verdict is Verdict.QUARANTINE
    assert large.codes() == {"LIMIT_FILE_SIZE"}
    assert many.codes() == {"LIMIT_TRANSACTIONS"}


def test_it_holds_one_message_at_a_time() -> None:
    lines = flat([lin(str(number), quantities={"12": "1"}) for number in range(1, 200)])
    data = interchange([("DESADV", [("BGM", "351", f"D-{n}", "9"), *lines]) for n in range(25)])
    tracemalloc.start()
    try:
        count = sum(not isinstance(result, DecodedInterchange) for result in decode(data))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 27
    assert peak < MEGABYTE


def test_packages_may_be_many() -> None:
    body = [cps(str(number)) for number in range(1, 5_000)]

    assert read(despatch_advice("D-1", body)).transaction.verdict is Verdict.ACCEPT
