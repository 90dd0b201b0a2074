"""Files as partners really send them: every tolerated oddity of the bytes reads as the clean file does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from erp_connectors.edi import PartnerRules, Verdict
from erp_connectors.edi.spans import Delimiters
from erp_connectors.edi.x12.writer import Style
from tests.builders.x12 import NOON, ack, confirmation_855, po1
from tests.erp_connectors.edi.decoding import read

LINES = [po1("1", "100", acks=[ack("IQ", "80", on="20261201")]), po1("2", "7", acks=[ack("IA", "7")])]
CLEAN = confirmation_855("4500010001", LINES)
ONE_LINE = confirmation_855("4500010001", LINES, style=Style())


def styled(delimiters: Delimiters, line_end: bytes = b"") -> bytes:
    style = Style(delimiters=delimiters, line_end=line_end)
    return confirmation_855("4500010001", LINES, style=style)


def wrapped(columns: int, line_break: bytes) -> bytes:
    return line_break.join(ONE_LINE[start : start + columns] for start in range(0, len(ONE_LINE), columns))


ODDITIES: dict[str, Callable[[], bytes]] = {
    "byte order mark": lambda: b"\xef\xbb\xbf" + CLEAN,
    "CR LF after terminators": lambda: CLEAN.replace(b"\n", b"\r\n"),
    "everything on one line": lambda: ONE_LINE,
    "indentation": lambda: CLEAN.replace(b"\n", b"\n    "),
    "a blank after every terminator": lambda: CLEAN.replace(b"~\n", b"~ "),
    "blanks before every line end": lambda: CLEAN.replace(b"\n", b"   \n"),
    "blank lines and doubled terminators": lambda: CLEAN.replace(b"~\n", b"~\n\n~"),
    "trailing blanks and 0x1A": lambda: CLEAN + b"   \r\n\x1a\x00",
    "leading line breaks": lambda: b"\r\n\r\n" + CLEAN,
    "no terminator at the end": lambda: CLEAN.rstrip(b"~\n"),
    "hard wrapped at 80 columns": lambda: wrapped(80, b"\r\n"),
    "hard wrapped at 79 columns": lambda: wrapped(79, b"\n"),
    "hard wrapped at 30 columns": lambda: wrapped(30, b"\n"),
    "hard wrapped at 128 columns": lambda: wrapped(128, b"\r\n"),
    "hard wrapped inside the tags": lambda: wrapped(107, b"\n"),
    "LF as terminator": lambda: styled(Delimiters(b"*", b">", b"\n")),
    "CR as terminator": lambda: styled(Delimiters(b"*", b">", b"\r")),
    "CR LF as terminator": lambda: styled(Delimiters(b"*", b">", b"\r"), b"\n"),
    "0x15 as terminator": lambda: styled(Delimiters(b"*", b">", b"\x15"), b"\r\n"),
    "control characters as separators": lambda: styled(Delimiters(b"\x1d", b"\x1f", b"\x1c")),
    "tilde as element separator": lambda: styled(Delimiters(b"~", b">", b"*")),
    "backslash as terminator": lambda: styled(Delimiters(b"|", b"^", b"\\")),
    "an ellipsis in UTF-8 as terminator": lambda: styled(Delimiters(b"*", b">", "…".encode())),
    "EBCDIC": lambda: ONE_LINE.decode().encode("cp037"),
    "EBCDIC with line ends": lambda: CLEAN.decode().replace("\n", "\x85").encode("cp037"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_it_reads_the_same_document_whatever_the_bytes_around_it(oddity: str) -> None:
    expected = read(CLEAN).transaction

    outcome = read(ODDITIES[oddity]())

    assert outcome.file.verdict is Verdict.ACCEPT
    assert outcome.transaction.document == expected.document
    assert outcome.transaction.reading == expected.reading


@pytest.mark.parametrize("oddity", ODDITIES)
def test_the_raw_bytes_are_exactly_those_from_st_to_the_end_of_se(oddity: str) -> None:
    data = ODDITIES[oddity]()

    transaction = read(data).transaction

    assert data[transaction.offset : transaction.end] == transaction.raw
    plain = (
        transaction.raw.decode("cp037") if oddity.startswith("EBCDIC") else transaction.raw.decode("utf-8")
    )
    letters = plain.replace("\r", "").replace("\n", "")
    assert letters.startswith("ST")
    assert "0001" in letters[-6:]


def test_a_finding_names_the_byte_where_its_segment_begins() -> None:
    data = ("\r\n  " + CLEAN.decode()).replace("ACK*IA*7", "ACK*IA*seven").encode()

    (finding,) = read(data).transaction.findings

    assert (finding.code, finding.segment, finding.element, finding.value) == (
        "NUMBER_UNREADABLE",
        "ACK",
        2,
        "seven",
    )
    assert finding.offset is not None
    assert data[finding.offset :].startswith(b"ACK*IA*seven")


def test_a_segment_that_lost_its_terminator_keeps_the_line_break_before_the_next_one() -> None:
    header = [("N1", "SU", "Marston", "92", "7"), ("N3", "1 Main Street")]
    data = confirmation_855("A-1", LINES, header=header).replace(b"*7~\nN3*", b"*7\r\n    N3*")

    reading = read(data).transaction.reading

    assert reading is not None
    assert reading["n1"] == ["SU=7\r\n    N3"]
    assert read(data).codes() == {"SE_COUNT"}


def test_it_reads_several_interchanges_with_different_delimiters_in_one_file() -> None:
    first = confirmation_855("A-1", LINES, control=1)
    second = confirmation_855("A-2", LINES, control=2, style=Style(delimiters=Delimiters(b"|", b"^", b"\n")))
    third = confirmation_855("A-3", LINES, control=3, style=Style(delimiters=Delimiters(b"+", b":", b"'")))

    outcome = read(first + b"\r\n" + second + b"\x1a" + third)

    documents = [transaction.document for transaction in outcome.transactions]
    assert [document and document.order_number for document in documents] == ["A-1", "A-2", "A-3"]  # type: ignore[union-attr]
    assert outcome.file.verdict is Verdict.ACCEPT


def test_it_passes_over_ta1_isb_and_ise_before_the_group() -> None:
    extra = b"TA1*000000009*261101*1200*A*000~\nISB*1~\nISE*261101*0515*04~\nGS*"

    outcome = read(CLEAN.replace(b"GS*", extra, 1))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert outcome.interchange.envelope["ta1"] == [["000000009", "261101", "1200", "A", "000"]]


def test_an_unpadded_isa_is_refused_unless_the_profile_is_lenient() -> None:
    data = CLEAN.replace(b"SUPPLIER       ", b"SUPPLIER").replace(b"BUYER          ", b"BUYER")

    strict, lenient = read(data), read(data, PartnerRules(lenient_isa=True))

    assert strict.interchange.verdict is Verdict.REJECT
    assert (strict.interchange.ack_status, strict.interchange.needs_acknowledgement) == ("R", True)
    assert strict.transaction.verdict is Verdict.REJECT
    assert strict.transaction.document is None
    assert lenient.interchange.verdict is Verdict.ACCEPT
    assert lenient.transaction.document == read(CLEAN).transaction.document


def test_ebcdic_is_noted_unless_the_profile_declares_it() -> None:
    data = ONE_LINE.decode().encode("cp037")

    assert "EBCDIC" in read(data).codes()
    assert "EBCDIC" not in read(data, PartnerRules(ebcdic=True)).codes()


def test_text_that_is_not_utf_8_is_read_as_iso_8859_1() -> None:
    data = confirmation_855("4500010001", [po1("1", "5", extra=[("PID", "F", "", "", "", "Grün")])])

    utf8, latin = read(data), read(data.decode().encode("latin-1"))

    assert utf8.transaction.reading == latin.transaction.reading
    assert utf8.transaction.reading is not None
    assert utf8.transaction.reading["lines"][0]["description"] == "Grün"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY"),
        (b"\r\n \x1a", "EMPTY"),
        (b"PK\x03\x04 whatever", "COMPRESSED"),
        (b"\x1f\x8b\x08 whatever", "COMPRESSED"),
        ("ISA*00*".encode("utf-16"), "UTF16"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"order;line;quantity\n1;2;3\n", "HEADER_UNREADABLE"),
        (b"GS*PR*A*B*20261123*1200*1*X*004010~", "HEADER_UNREADABLE"),
        (CLEAN[:60], "HEADER_UNREADABLE"),
    ],
)
def test_a_file_that_is_no_x12_is_quarantined_with_its_reason(data: bytes, code: str) -> None:
    outcome = read(data)

    assert outcome.file.verdict is Verdict.QUARANTINE
    assert code in outcome.codes()
    assert outcome.transactions == []


def test_bytes_between_interchanges_are_reported_and_the_interchanges_read() -> None:
    second = confirmation_855("A-2", LINES, control=2)

    outcome = read(CLEAN + b"some words\n" + second)

    assert [transaction.verdict for transaction in outcome.transactions] == [Verdict.ACCEPT, Verdict.ACCEPT]
    assert outcome.file.verdict is Verdict.ACCEPT_WARN
    assert outcome.codes() == {"UNREADABLE_BYTES"}


def test_the_version_of_a_document_orders_by_time_then_control_number() -> None:
    rules = PartnerRules(time_zone="America/New_York")
    earlier = read(confirmation_855("A", LINES, control=9), rules).transaction.document
    same_time = read(confirmation_855("A", LINES, control=10), rules).transaction.document
    later = read(confirmation_855("A", LINES, control=2, at=NOON + timedelta(minutes=1)), rules)

    assert earlier is not None
    assert same_time is not None
    assert later.transaction.document is not None
    assert earlier.version < same_time.version < later.transaction.document.version
    assert earlier.version.document_time == NOON + timedelta(hours=5)
    assert replace(earlier.version, control_number="") == replace(same_time.version, control_number="")
