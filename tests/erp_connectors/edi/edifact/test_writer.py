"""Written EDIFACT reads back as it was meant, with any service characters, or is never written."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.edi.edifact.reader import characters_of, find_header, scan
from erp_connectors.edi.edifact.tokens import COMPONENT, ServiceCharacters, rows_of
from erp_connectors.edi.edifact.writer import (
    OutgoingInterchange,
    OutgoingMessage,
    Style,
    write_interchange,
    write_segments,
)
from erp_connectors.edi.writing import Element, UnwritableValue
from tests.builders.edifact import NOON

CANDIDATES = "*|~^>:+}{!\\`'?\x1c\x1d\x1e\x1f\x15"

characters = st.permutations(list(CANDIDATES)).map(
    lambda drawn: ServiceCharacters(*(one.encode() for one in drawn[:3]), release=drawn[3].encode())
)
terminators = st.sampled_from([b"", b"\n", b"\r"])
values = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)
elements = st.one_of(values, st.lists(values, min_size=2, max_size=4).map(tuple))
segments = st.lists(
    st.tuples(st.sampled_from(["RFF", "LIN", "FTX", "NAD"]), st.lists(elements, min_size=1, max_size=5)),
    max_size=8,
)
Body = list[tuple[str, list[Element]]]


def style_of(drawn: ServiceCharacters, terminator: bytes = b"", line_end: bytes = b"") -> Style:
    chosen = replace(drawn, terminator=terminator) if terminator else drawn
    return Style(characters=chosen, line_end=line_end, charset="utf-8")


def written(body: Body, style: Style) -> bytes:
    message = OutgoingMessage(
        kind="ORDRSP", version="D:96A:UN", reference="1", segments=[(tag, *rest) for tag, rest in body]
    )
    envelope = OutgoingInterchange(
        sender_qualifier="14", sender="S", receiver_qualifier="14", receiver="R", reference="1", at=NOON
    )
    return write_interchange(envelope, [message], style)


def read_back(data: bytes) -> list[list[str]]:
    """Return the segments between UNH and UNT, by the byte layer alone."""
    header = find_header(data, 0)
    assert header is not None
    span = scan(data, header, 100)
    assert span.trailer is not None
    (group,) = span.groups
    (message,) = group.transactions
    rows = rows_of(data[message.offset : message.end].decode(), characters_of(header))
    assert rows[-1][:2] == ["UNT", str(len(rows))]
    return rows[1:-1]


def as_read(body: Body) -> list[list[str]]:
    """Return the segments as a reader sees them: without empty components and elements at the end."""
    rows = []
    for tag, rest in body:
        row = [
            tag,
            *(COMPONENT.join([one] if isinstance(one, str) else one).rstrip(COMPONENT) for one in rest),
        ]
        while len(row) > 1 and not row[-1]:
            row.pop()
        rows.append(row)
    return rows


@given(characters, terminators, segments, st.sampled_from([b"", b"\r\n", b"\n", b" "]))
def test_it_reads_back_what_it_wrote(
    drawn: ServiceCharacters, terminator: bytes, body: Body, line_end: bytes
) -> None:
    assert read_back(written(body, style_of(drawn, terminator, line_end))) == as_read(body)


@given(characters, segments)
def test_it_writes_the_same_bytes_again_from_what_it_read(drawn: ServiceCharacters, body: Body) -> None:
    style = style_of(drawn)
    data = written(body, style)

    again = written(
        [(row[0], [tuple(one.split(COMPONENT)) for one in row[1:]]) for row in read_back(data)], style
    )

    assert again == data


def test_a_separator_in_a_value_is_released() -> None:
    assert write_segments([("FTX", "2+2 it's: what?")], Style()) == b"FTX+2?+2 it?'s?: what??'"


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x01b", "€"])
def test_a_character_that_would_be_lost_is_refused_or_replaced(value: str) -> None:
    with pytest.raises(UnwritableValue, match="iso8859-1"):
        write_segments([("FTX", value)], Style())
    assert write_segments([("FTX", value)], Style(replacement="-")) in (b"FTX+a-b'", b"FTX+-'")


def test_without_a_release_character_a_separator_in_a_value_is_refused() -> None:
    style = Style(characters=ServiceCharacters(b"+", b":", b"'", release=b""))

    assert write_segments([("FTX", "what?")], style) == b"FTX+what?'"
    with pytest.raises(UnwritableValue, match="release"):
        write_segments([("FTX", "it's")], style)


def test_composites_are_joined_and_empty_ends_left_out() -> None:
    assert write_segments([("QTY", ("21", "5", ""), ("", ""), "")], Style()) == b"QTY+21:5'"


@pytest.mark.parametrize(
    ("place", "value"), [("sender", "S" * 36), ("receiver_qualifier", "12345"), ("reference", "R" * 15)]
)
def test_what_does_not_fit_the_header_is_refused(place: str, value: str) -> None:
    envelope = OutgoingInterchange(
        sender_qualifier="14", sender="S", receiver_qualifier="14", receiver="R", reference="1", at=NOON
    )

    with pytest.raises(UnwritableValue, match="does not fit"):
        write_interchange(replace(envelope, **{place: value}), [])


@pytest.mark.parametrize(
    "wrong",
    [
        ServiceCharacters(b"+", b"+", b"'"),
        ServiceCharacters(b"+", b":", b"?"),
        ServiceCharacters(b"A", b":", b"'"),
        ServiceCharacters(b"\n", b":", b"'"),
        ServiceCharacters(b"+", b":", b" "),
    ],
)
def test_service_characters_that_cannot_be_told_apart_are_refused(wrong: ServiceCharacters) -> None:
    with pytest.raises(ValueError, match="told apart"):
        Style(characters=wrong)


def test_other_characters_than_the_standards_need_a_service_string() -> None:
    with pytest.raises(ValueError, match="UNA"):
        Style(characters=ServiceCharacters(b"*", b":", b"'"), advised=False)
