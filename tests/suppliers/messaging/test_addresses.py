"""Only plain addresses, one-line subjects and plain text get into a mail."""

import pytest

from suppliers.messaging.addresses import (
    UnusableMessage,
    checked_addresses,
    checked_body,
    checked_subject,
    is_address,
    one_line,
)


@pytest.mark.parametrize("text", ["orders@nordmann.example", "o'neil+po@sub.nordmann.example"])
def test_a_plain_address_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "Nora <nora@nordmann.example>",
        "nora@nordmann.example\r\nBcc: all@elsewhere.example",
        "nora@nordmann.example\n",
        " nora@nordmann.example",
        "nora@nordmann.example,all@elsewhere.example",
        "nora@nordmann.example;all@elsewhere.example",
        "nöra@nordmann.example",
        "nora@bücher.example",
        "nora@nordmann.example\x00",
        f"{'n' * 64}@{'d' * 60}.{'d' * 60}.{'d' * 60}.{'d' * 60}.example",
        "|/bin/sh@nordmann.example\t",
        "<nora@nordmann.example>",
    ],
)
def test_what_could_smuggle_in_more_than_an_address_is_none(text: str) -> None:
    assert not is_address(text)


def test_addresses_are_kept_once_in_their_order() -> None:
    given = ["b@x.example", " a@x.example ", "", "b@x.example"]
    assert checked_addresses(given, field="cc") == ["b@x.example", "a@x.example"]


def test_a_wrong_address_is_named_with_its_field_in_one_line() -> None:
    with pytest.raises(UnusableMessage, match="“nora Bcc: x” is not a mail address") as refused:
        checked_addresses(["a@x.example", "nora\r\nBcc: x"], field="recipients")
    assert refused.value.field == "recipients"


def test_more_than_ten_addresses_are_refused() -> None:
    with pytest.raises(UnusableMessage, match="At most 10"):
        checked_addresses([f"n{n}@x.example" for n in range(11)], field="cc")


def test_a_subject_is_one_line_whatever_stood_in_it() -> None:
    assert checked_subject("Order 1\r\nBcc: all@x.example\x00\x1b[31m \u202egnp") == (
        "Order 1 Bcc: all@x.example [31m gnp"
    )


@pytest.mark.parametrize(("text", "words"), [(" \r\n", "is empty"), ("x" * 201, "longer than 200")])
def test_an_empty_or_endless_subject_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnusableMessage, match=words) as refused:
        checked_subject(text)
    assert refused.value.field == "subject"


def test_a_body_keeps_its_lines_and_loses_what_cannot_be_read() -> None:
    assert checked_body("\r\nDear Nora,\r\n\r\n\tline\x00 10   \rBye\x07\n\n") == (
        "Dear Nora,\n\n\tline  10\nBye"
    )


@pytest.mark.parametrize(("text", "words"), [("\n \r\n", "is empty"), ("x" * 20_001, "longer than 20000")])
def test_an_empty_or_endless_body_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnusableMessage, match=words) as refused:
        checked_body(text)
    assert refused.value.field == "body"


def test_one_line_drops_controls_and_what_turns_the_direction() -> None:
    assert one_line(" a\u2028b \u2066c\u2069\n\td ") == "a b c d"
