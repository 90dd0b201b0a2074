"""The bytes of an interchange as text and back: what nobody touches stays byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.exchange.editing import LARGEST, NotEditable, bytes_of, difference, text_of
from tests.builders.x12 import ack, confirmation_855, po1

ONE_LINE = confirmation_855("1", [po1("10", "100", acks=[ack("IQ", "82", on="20261202")])])
EDIFACT = b"UNA:+.? 'UNB+UNOC:3+A?'B+C'UNH+1'UNT+2+1'"


def sent_by_a_browser(text: str) -> str:
    """Return the text as a form sends it: every line break is two characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@pytest.mark.parametrize(
    "payload",
    [
        ONE_LINE,
        ONE_LINE.replace(b"~", b"~\n"),
        ONE_LINE.replace(b"~", b"~\r\n"),
        ONE_LINE.replace(b"~", b"\r"),
        EDIFACT,
        b"\xef\xbb\xbf" + EDIFACT,
        b"a;b\r\n1;2\n3;4\r5;6",
        b"a;b\n1;2\n",
        b"a;M\xfcller\n",
        "a;Müller".encode(),
        b"\n\n",
        b"x",
    ],
)
def test_what_is_not_touched_comes_back_byte_for_byte(payload: bytes) -> None:
    if payload.strip():
        assert bytes_of(sent_by_a_browser(text_of(payload)), payload) == payload


@given(st.binary(max_size=300).filter(lambda payload: payload.strip() and b"\0" not in payload))
def test_any_text_comes_back_byte_for_byte(payload: bytes) -> None:
    assert bytes_of(sent_by_a_browser(text_of(payload)), payload) == payload


def test_edi_on_one_line_is_shown_a_segment_a_line_and_written_on_one_line() -> None:
    text = text_of(EDIFACT)
    assert text.split("\n")[1] == "UNB+UNOC:3+A?'B+C'"

    edited = bytes_of(sent_by_a_browser(text.replace("UNH+1'", "UNH+7'")), EDIFACT)
    assert edited == EDIFACT.replace(b"UNH+1'", b"UNH+7'")


def test_a_changed_line_gets_the_break_of_the_file_and_the_others_keep_theirs() -> None:
    before = b"a\r\nb\r\nc\nd\r\n"
    assert bytes_of("a\r\nB\r\nc\r\nd\r\n", before) == b"a\r\nB\r\nc\nd\r\n"


def test_lines_are_added_and_removed() -> None:
    assert bytes_of("a\r\nx\r\nb", b"a\nb") == b"a\nx\nb"
    assert bytes_of("a\r\n", b"a\nb\nc\n") == b"a\n"
    assert bytes_of("a\r\nb\r\n", b"a") == b"a\nb\n"


def test_the_code_of_the_file_is_kept() -> None:
    assert bytes_of("Jörg", "Jürg".encode("latin-1")) == "Jörg".encode("latin-1")
    with pytest.raises(NotEditable, match="“€” cannot be written"):
        bytes_of("€", "ü".encode("latin-1"))


@pytest.mark.parametrize("payload", [b"PK\x03\x04\0\0", b"x" * (LARGEST + 1)])
def test_what_is_no_text_or_too_long_is_not_edited(payload: bytes) -> None:
    with pytest.raises(NotEditable):
        text_of(payload)


def test_nothing_and_too_much_are_not_written() -> None:
    for text in ("", "\r\n", "x" * (LARGEST + 1)):
        with pytest.raises(NotEditable):
            bytes_of(text, b"a")


def test_the_difference_names_what_went_and_what_came() -> None:
    diff = difference(EDIFACT, EDIFACT.replace(b"UNH+1'", b"UNH+7'"))

    assert "-UNH+1'" in diff.split("\n")
    assert "+UNH+7'" in diff.split("\n")
    assert difference(EDIFACT, EDIFACT) == ""
