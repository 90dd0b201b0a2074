"""EDIFACT as partners really send it: every tolerated oddity of the bytes reads as the clean file does."""

from collections.abc import Callable
from typing import Any

import pytest

from erp_connectors.edi import DecodedTransaction, PartnerRules, Verdict
from erp_connectors.edi.edifact.tokens import ServiceCharacters
from erp_connectors.edi.edifact.writer import Style
from erp_connectors.edi.rules import DEFAULT_RULES, EdifactOverrides
from tests.builders.edifact import (
    Segment,
    dtm,
    interchange,
    lin,
    order_response,
    order_response_segments,
    rff,
)
from tests.builders.x12 import confirmation_855, po1
from tests.erp_connectors.edi.decoding import read

TEXT: Segment = ("FTX", "AAI", "", "", ("50% off: 2+2, what?", "it's 5*3"))
LINES = [
    lin(
        "1",
        action="6",
        quantities={"21": "100", "113": "80.5"},
        price="12.50",
        extra=[dtm("67", "20261201"), TEXT],
    ),
    lin("2", action="5", quantities={"21": "7"}),
]
CLEAN = order_response("4500010001", LINES)
ONE_LINE = order_response("4500010001", LINES, style=Style())
PLAIN = order_response("4500010001", LINES, style=Style(advised=False))


def styled(characters: ServiceCharacters, line_end: bytes = b"") -> bytes:
    return order_response("4500010001", LINES, style=Style(characters=characters, line_end=line_end))


def wrapped(columns: int, line_break: bytes) -> bytes:
    return line_break.join(ONE_LINE[start : start + columns] for start in range(0, len(ONE_LINE), columns))


ODDITIES: dict[str, Callable[[], bytes]] = {
    "byte order mark": lambda: b"\xef\xbb\xbf" + CLEAN,
    "CR LF after terminators": lambda: CLEAN.replace(b"\n", b"\r\n"),
    "everything on one line": lambda: ONE_LINE,
    "no service string": lambda: PLAIN,
    "a line break after the service string alone": lambda: ONE_LINE.replace(b"'UNB", b"'\r\nUNB"),
    "indentation": lambda: CLEAN.replace(b"\n", b"\n    "),
    "blanks before every line end": lambda: CLEAN.replace(b"\n", b"   \n"),
    "blank lines and doubled terminators": lambda: CLEAN[:10] + CLEAN[10:].replace(b"'\n", b"'\n\n'"),
    "trailing blanks and 0x1A": lambda: CLEAN + b"   \r\n\x1a\x00",
    "leading line breaks": lambda: b"\r\n\r\n" + CLEAN,
    "no terminator at the end": lambda: CLEAN.rstrip(b"'\n"),
    "hard wrapped at 80 columns": lambda: wrapped(80, b"\r\n"),
    "hard wrapped at 79 columns": lambda: wrapped(79, b"\n"),
    "hard wrapped at 35 columns": lambda: wrapped(35, b"\n"),
    "hard wrapped at 13 columns": lambda: wrapped(13, b"\r\n"),
    "LF as terminator": lambda: styled(ServiceCharacters(b"+", b":", b"\n")),
    "CR LF as terminator": lambda: styled(ServiceCharacters(b"+", b":", b"\r"), b"\n"),
    "other separators": lambda: styled(ServiceCharacters(b"*", b"=", b"~")),
    "another release character": lambda: styled(ServiceCharacters(b"|", b"^", b"~", release=b"\\")),
    "control characters as separators": lambda: styled(ServiceCharacters(b"\x1d", b"\x1f", b"\x1c")),
    "EBCDIC": lambda: ONE_LINE.decode().encode("cp037"),
    "EBCDIC with line ends": lambda: CLEAN.decode().replace("\n", "\x85").encode("cp037"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_it_reads_the_same_document_whatever_the_bytes_around_it(oddity: str) -> None:
    expected = read(CLEAN).transaction

    outcome = read(ODDITIES[oddity]())

    assert outcome.file.verdict is Verdict.ACCEPT, outcome.codes()
    assert outcome.transaction.document == expected.document
    assert outcome.transaction.reading == expected.reading


@pytest.mark.parametrize("oddity", ODDITIES)
def test_the_raw_bytes_are_exactly_those_from_unh_to_the_end_of_unt(oddity: str) -> None:
    data = ODDITIES[oddity]()

    message = read(data).transaction

    assert data[message.offset : message.end] == message.raw
    plain = message.raw.decode("cp037" if oddity.startswith("EBCDIC") else "ascii")
    letters = plain.replace("\r", "").replace("\n", "")
    assert letters.startswith("UNH")
    assert letters[-12:-2].startswith(("UNT", "'UNT", "~UNT", "\x1cUNT")) or "UNT" in letters[-14:]


def test_released_characters_are_the_values_own() -> None:
    line = reading_of(ONE_LINE)["lines"][0]

    assert line["ftx"] == "50% off: 2+2, what?:it's 5*3"


def test_any_character_may_be_released_and_a_release_character_at_the_end_stays() -> None:
    data = ONE_LINE.replace(b"4500010001", b"4?500?0?+1??")

    assert reading_of(data)["ref"] == {"ON": "45000+1?"}


def test_a_terminator_after_a_released_release_character_ends_its_segment() -> None:
    data = interchange([("ORDRSP", order_response_segments("what?", LINES))])

    assert b"what??'" in data
    assert reading_of(data)["ref"] == {"ON": "what?"}


def test_segments_that_look_like_the_envelope_inside_a_value_are_only_text() -> None:
    text: Segment = ("FTX", "AAI", "", "", "'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+1'UNB+UNOC:3+")
    outcome = read(order_response("A-1", [lin("1", action="5", quantities={"21": "9"}, extra=[text])]))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert len(outcome.interchanges) == len(outcome.transactions) == 1


def test_a_decimal_mark_is_the_one_the_service_string_declares() -> None:
    comma = ONE_LINE.replace(b"UNA:+.", b"UNA:+,")

    assert read(comma).codes() >= {"NUMBER_UNREADABLE"}
    agreed = comma.replace(b"80.5", b"80,5").replace(b"12.50", b"12,50")
    assert document_of(agreed) == document_of(ONE_LINE)
    assert reading_of(agreed)["lines"][0]["qty"] == [["21", "100", "PCE"], ["113", "80.5", "PCE"]]


@pytest.mark.parametrize(
    "number", ["1.234,5", "1,234.5", "1.234.5", "1,2,3", "--5", "5-", "+5", "1e3", "٣", "5 5", "."]
)
def test_a_number_that_can_be_read_in_two_ways_is_none(number: str) -> None:
    rules = PartnerRules(edifact=EdifactOverrides(decimal_marks=".,"), charset="utf-8")
    data = ONE_LINE.replace(b"80.5", number.replace("+", "?+").encode())

    assert read(data, rules).codes() == {"NUMBER_UNREADABLE"}


@pytest.mark.parametrize("number", ["80.5", "80,5", "080.50", "0080,500"])
def test_a_partner_may_use_either_decimal_mark(number: str) -> None:
    rules = PartnerRules(edifact=EdifactOverrides(decimal_marks=".,"))

    assert document_of(ONE_LINE.replace(b"80.5", number.encode()), rules) == document_of(ONE_LINE)


def test_syntax_version_4_repeats_elements_and_takes_either_decimal_mark() -> None:
    style = Style(characters=ServiceCharacters(b"+", b":", b"'", repetition=b"*"))
    segments = order_response_segments(
        "A-1", [lin("1", action="5", quantities={"21": "9"}, extra=[("PIA", "1", "@")])]
    )
    data = interchange([("ORDRSP", segments)], syntax="UNOC:4", style=style, version="D:01B:UN:EAN010")
    data = data.replace(b"PIA+1+@", b"PIA+1+MAT-1:IN*ART-9:SA").replace(b"QTY+21:9", b"QTY+21:9,5")

    line = reading_of(data)["lines"][0]

    assert line["pia"] == ["MAT-1/IN", "ART-9/SA"]
    assert document_of(data).lines[0].offered[0].quantity.value == 9.5


def test_without_a_service_string_version_4_repeats_by_an_asterisk_and_version_3_does_not() -> None:
    segments = order_response_segments(
        "A-1", [lin("1", action="5", quantities={"21": "9"}, extra=[("PIA", "1", "@")])]
    )

    def pia(syntax: str) -> list[str]:
        data = interchange([("ORDRSP", segments)], syntax=syntax, style=Style(advised=False))
        return reading_of(data.replace(b"PIA+1+@", b"PIA+1+A*1:IN*B:SA"))["lines"][0]["pia"]

    assert pia("UNOC:3") == ["A*1/IN*B"]
    assert pia("UNOC:4") == ["A/", "1/IN", "B/SA"]


def test_level_b_separates_by_control_characters_without_a_service_string() -> None:
    lines = [lin("1", action="5", quantities={"21": "7"})]
    data = order_response("A-1", lines, style=Style(advised=False)).replace(b"UNOC", b"UNOB")
    data = data.replace(b"+", b"\x1d").replace(b":", b"\x1f").replace(b"'", b"\x1c")

    assert read(data).file.verdict is Verdict.ACCEPT
    assert reading_of(data)["ref"] == {"ON": "A-1"}


@pytest.mark.parametrize(
    ("identifier", "charset", "name"),
    [
        ("UNOA", "ascii", "Dorn"),
        ("UNOC", "iso8859-1", "Müller"),
        ("UNOD", "iso8859-2", "Łódź"),
        ("UNOE", "iso8859-5", "Дорн"),
        ("UNOF", "iso8859-7", "Δόρν"),
        ("UNOK", "iso8859-9", "Işık"),
        ("UNOA", "utf-8", "Müller"),
        ("UNOC", "utf-8", "Łódź"),
        ("UNOY", "utf-8", "Дорн"),
    ],
)
def test_the_characters_are_those_of_the_level_or_utf_8_where_the_bytes_are(
    identifier: str, charset: str, name: str
) -> None:
    heading: list[Segment] = [("NAD", "SU", "1", "", name)]
    data = order_response("A-1", LINES, heading=heading, style=Style(charset=charset))
    data = data.replace(b"UNOC", identifier.encode())

    document = document_of(data)

    assert document.parties[0].name == name


def test_the_charset_of_the_profile_outweighs_the_level() -> None:
    heading: list[Segment] = [("NAD", "SU", "1", "", "Łódź")]
    data = order_response("A-1", LINES, heading=heading, style=Style(charset="cp1250"))

    assert document_of(data, PartnerRules(charset="cp1250")).parties[0].name == "Łódź"


def test_a_finding_names_the_byte_where_its_segment_begins() -> None:
    data = b"\r\n  " + ONE_LINE.replace(b"QTY+21:7", b"QTY+21:seven")

    (finding,) = read(data).transaction.findings

    assert (finding.code, finding.segment, finding.element, finding.component) == (
        "NUMBER_UNREADABLE",
        "QTY",
        1,
        2,
    )
    assert finding.value == "seven"
    assert finding.offset is not None
    assert data[finding.offset :].startswith(b"QTY+21:seven")


def test_it_reads_several_interchanges_in_one_file_each_with_its_own_characters() -> None:
    second = order_response(
        "A-2", LINES, control="2", style=Style(characters=ServiceCharacters(b"*", b"=", b"~"))
    )
    third = order_response("A-3", LINES, control="3", style=Style(advised=False))

    outcome = read(CLEAN + b"\r\n" + second + third)

    assert [m.verdict for m in outcome.transactions] == [Verdict.ACCEPT] * 3
    assert [i.envelope["una"] for i in outcome.interchanges] == ["UNA:+.? '", "UNA=*.? ~", None]


def test_an_interchange_without_a_service_string_goes_by_the_one_before_it() -> None:
    characters = ServiceCharacters(b"*", b"=", b"~", marks=",")
    first = order_response("A-1", [], function="29", style=Style(characters=characters))
    second = order_response("A-2", LINES, control="2", style=Style(characters=characters))[9:]

    outcome = read(first + second)

    assert [m.verdict for m in outcome.transactions] == [Verdict.ACCEPT] * 2
    assert outcome.interchanges[1].envelope["una"] == "UNA=*,? ~"


@pytest.mark.parametrize(
    "advice",
    [b"UNA::.? '", b"UNA++.? '", b"UNA:+.?+'", b"UNA:+.''\"", b"UNAA+.? '", b"UNA:+.: '", b"UNA \n.? '"],
)
def test_a_service_string_that_is_ambiguous_quarantines_the_interchange(advice: bytes) -> None:
    outcome = read(ONE_LINE.replace(b"UNA:+.? '", advice))

    assert outcome.file.verdict is Verdict.QUARANTINE
    assert "UNA_AMBIGUOUS" in outcome.codes()
    assert outcome.interchange.ack_code == "22"


@pytest.mark.parametrize(
    "data",
    [
        b"UNA:+.? '",
        b"UNA:+.? 'UNH+1+ORDERS:D:96A:UN'UNT+2+1'",
        b"UNB+UNOC:3+A+B+261123:1200+1" + b"+" * 3000,
        b"UNB-UNOC:3-A-B'",
        b"UNBLEACHED PAPER, 20 REAMS",
        b"UNB",
    ],
)
def test_a_file_without_a_readable_header_is_quarantined(data: bytes) -> None:
    outcome = read(data)

    assert outcome.file.verdict is Verdict.QUARANTINE
    assert "HEADER_UNREADABLE" in outcome.codes()


def test_bytes_between_interchanges_are_reported_and_the_interchanges_read() -> None:
    second = order_response("A-2", LINES, control="2")

    outcome = read(CLEAN + b"some words\n" + second)

    assert [m.verdict for m in outcome.transactions] == [Verdict.ACCEPT, Verdict.ACCEPT]
    assert outcome.codes() == {"UNREADABLE_BYTES"}


def test_the_standard_is_that_of_the_first_readable_header() -> None:
    x12 = confirmation_855("A-1", [po1("1", "5")])

    assert read(b"From: mailbox UNB\r\n\r\n" + CLEAN).file.standard == "EDIFACT"
    assert read(CLEAN + x12).file.standard == "EDIFACT"
    assert read(x12 + CLEAN).file.standard == "X12"
    assert read(b"junk " + x12 + CLEAN).file.standard == "X12"
    assert read(b"neither of them").file.standard == "X12"


def test_our_own_separators_in_a_text_are_taken_out() -> None:
    data = ONE_LINE.replace(b"OR-1", b"O\x01R\x02-\x03\x041")

    assert reading_of(data)["doc"] == "OR-1"


def test_where_a_line_or_a_segment_breaks_never_matters() -> None:
    expected = document_of(CLEAN)
    for columns in range(1, 60):
        assert document_of(wrapped(columns, b"\n")) == expected, columns


def reading_of(data: bytes) -> dict[str, Any]:
    reading = read(data).transaction.reading
    assert reading is not None
    return reading


def document_of(data: bytes, rules: PartnerRules = DEFAULT_RULES) -> Any:
    message: DecodedTransaction = read(data, rules).transaction
    assert message.verdict.is_accepted, message.findings
    return message.document


def test_references_are_read_with_blanks_around_them() -> None:
    assert reading_of(ONE_LINE.replace(b"RFF+ON:", b"RFF+ ON : "))["ref"] == {"ON": "4500010001"}
    assert rff("ON", "1")[0] == "RFF"
