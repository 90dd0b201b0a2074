"""Written X12 reads back as it was meant, with any delimiters, or is refused before it is written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.edi.rules import DEFAULT_RULES
from erp_connectors.edi.spans import Delimiters
from erp_connectors.edi.x12.frame import X12Frame
from erp_connectors.edi.x12.mapping.tables import STANDARD
from erp_connectors.edi.x12.reader import find_header, scan
from erp_connectors.edi.x12.writer import (
    OutgoingEnvelope,
    OutgoingGroup,
    OutgoingTransaction,
    Style,
    UnwritableValue,
    write_interchange,
    write_segments,
)

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DELIMITER_CHARACTERS = "*|~^>:+}{!\\`'\x1c\x1d\x1e\x1f\x15…§"
SINGLE_BYTE = [character for character in DELIMITER_CHARACTERS if character.isascii()]

delimiter_sets = st.tuples(
    st.permutations(SINGLE_BYTE).map(lambda characters: characters[:2]),
    st.sampled_from([*DELIMITER_CHARACTERS, "\n", "\r"]),
).filter(lambda drawn: drawn[1] not in drawn[0])
values = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
segments = st.lists(
    st.tuples(st.sampled_from(["REF", "PO1", "MSG", "N1"]), st.lists(values, min_size=1, max_size=6)),
    max_size=8,
)


def style_of(drawn: tuple[list[str], str], *, replacement: str | None = None, line_end: bytes = b"") -> Style:
    (element, component), terminator = drawn
    delimiters = Delimiters(element.encode(), component.encode(), terminator.encode())
    return Style(delimiters=delimiters, replacement=replacement, line_end=line_end)


def written(body: list[tuple[str, ...]], style: Style) -> bytes:
    transaction = OutgoingTransaction(set_code="855", control_number="0001", segments=body)
    group = OutgoingGroup(
        functional_code="PR",
        sender="S",
        receiver="R",
        control_number=1,
        version="004010",
        transactions=[transaction],
    )
    envelope = OutgoingEnvelope(
        sender_qualifier="ZZ", sender="S", receiver_qualifier="ZZ", receiver="R", control_number=1, at=AT
    )
    return write_interchange(envelope, [group], style)


def read_back(data: bytes) -> list[list[str]]:
    """Return the segments between ST and SE, by the byte layer alone."""
    header = find_header(data, 0)
    assert header is not None
    span = scan(data, header, 100)
    assert span.trailer is not None
    (group,) = span.groups
    (transaction,) = group.transactions
    frame = X12Frame(
        delimiters=header.delimiters,
        stray_component=False,
        interchange_control="1",
        group_control="1",
        version="004010",
        document_time=AT,
        rules=DEFAULT_RULES,
        tables=STANDARD,
    )
    rows, findings = frame.rows(data[transaction.offset : transaction.end])
    assert findings == []
    assert rows[-1][:2] == ["SE", str(len(rows))]
    return rows[1:-1]


def as_read(body: list[tuple[str, list[str]]]) -> list[list[str]]:
    """Return the segments as a reader sees them: without blanks at the end of values or empty ends."""
    rows = []
    for tag, elements in body:
        row = [tag, *(element.rstrip(" ") for element in elements)]
        while len(row) > 1 and not row[-1]:
            row.pop()
        rows.append(row)
    return rows


@given(delimiter_sets, segments, st.sampled_from([b"", b"\r\n", b"\n", b" "]))
def test_it_reads_back_what_it_wrote_or_refuses_to_write_it(
    drawn: tuple[list[str], str], body: list[tuple[str, list[str]]], line_end: bytes
) -> None:
    style = style_of(drawn, line_end=line_end)
    forbidden = {*drawn[0], drawn[1]}
    holds_delimiter = any(
        character in forbidden
        for _, elements in body
        for element in elements
        for character in element.rstrip()
    )
    flat = [(tag, *elements) for tag, elements in body]

    if holds_delimiter:
        with pytest.raises(UnwritableValue):
            written(flat, style)
    else:
        assert read_back(written(flat, style)) == as_read(body)


@given(delimiter_sets, segments)
def test_it_writes_the_same_bytes_again_from_what_it_read(
    drawn: tuple[list[str], str], body: list[tuple[str, list[str]]]
) -> None:
    style = style_of(drawn, replacement=" ")
    data = written([(tag, *elements) for tag, elements in body], style)

    again = written([tuple(row) for row in read_back(data)], style)

    assert again == data


def test_a_delimiter_in_a_value_is_replaced_where_that_is_declared() -> None:
    data = write_segments([("MSG", "2*4 > 1~\r\nYES")], Style(replacement=" "))

    assert data == b"MSG*2 4   1   YES~"


@pytest.mark.parametrize("value", ["a*b", "a>b", "a~b", "a\nb", "a\rb"])
def test_a_delimiter_in_a_value_is_refused_otherwise(value: str) -> None:
    with pytest.raises(UnwritableValue, match="delimiter or line break"):
        write_segments([("MSG", value)], Style())


def test_components_are_joined_and_empty_ends_left_out() -> None:
    assert write_segments([("UIT", ("PC", "LB", ""), "", "")], Style()) == b"UIT*PC>LB~"


def test_an_id_too_long_for_the_isa_is_refused() -> None:
    envelope = OutgoingEnvelope(
        sender_qualifier="ZZ",
        sender="A" * 16,
        receiver_qualifier="ZZ",
        receiver="B",
        control_number=1,
        at=AT,
    )
    with pytest.raises(UnwritableValue, match="15 characters"):
        write_interchange(envelope, [], Style())


@pytest.mark.parametrize("delimiters", [Delimiters(b"*", b"*", b"~"), Delimiters(b"A", b">", b"~")])
def test_delimiters_that_cannot_be_told_apart_are_refused(delimiters: Delimiters) -> None:
    with pytest.raises(ValueError, match="told apart"):
        Style(delimiters=delimiters)


def test_a_replacement_that_is_a_delimiter_is_refused() -> None:
    with pytest.raises(ValueError, match="replacement"):
        Style(replacement="*")


def test_a_character_outside_the_charset_is_refused_or_replaced() -> None:
    with pytest.raises(UnwritableValue, match="latin-1"):
        write_segments([("MSG", "€")], Style(charset="latin-1"))
    assert write_segments([("MSG", "€")], Style(charset="latin-1", replacement=" ")) == b"MSG*?~"
