"""What every writer of EDI shares: an element as its values, tables backwards, what cannot be written."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from erp_connectors.errors import PermanentError

Element = str | tuple[str, ...]
"""One element: a value, or the components of a composite."""
Segment = tuple[Element, ...]
Word = TypeVar("Word", bound=str)


class UnwritableValue(PermanentError):
    """A value holds a delimiter, or does not fit its place, and nothing was declared to replace it."""


def backwards(table: Mapping[str, Word]) -> dict[Word, str]:
    """Return the first code of a table for each of its words."""
    return {word: code for code, word in reversed(list(table.items()))}


def plain(value: Decimal | None) -> str:
    """Return a number with a decimal point, nothing for none."""
    return "" if value is None else f"{value:f}"


def day(on: date | None) -> str:
    """Return a date with its century, nothing for none."""
    return "" if on is None else f"{on:%Y%m%d}"
