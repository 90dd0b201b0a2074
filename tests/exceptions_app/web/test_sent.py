"""Figures in addresses and forms are read as numbers; what is none is nothing, and no error."""

import pytest

from exceptions_app.web.sent import number_in


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("0", 0), ("9" * 18, 10**18 - 1)])
def test_plain_digits_are_a_number(text: str, number: int) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "²", "٣", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text: str) -> None:
    assert number_in(text) is None
