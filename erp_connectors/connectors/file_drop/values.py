"""Cells to values, exactly: a cell that can be read in two ways, or in none, is a problem in words.

Numbers in text follow the connection's decimal mark; without one, a number that could mean two things is
refused. Numbers in XLSX are binary fractions of which Excel itself keeps 15 significant digits: they are
rounded to those 15 (see `table`), so that 0.1 + 0.2 reads 0.3.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from erp_connectors.canonical.documents import OrderState
from erp_connectors.connectors.file_drop.settings import FileDropSettings
from erp_connectors.connectors.file_drop.units import unit_code

LONGEST_SHOWN = 100
WHOLE_DIGITS = 14
DECIMALS = 6
YEARS = range(2000, 2100)
MOST_DAYS = 3650

YES = frozenset({"1", "true", "yes", "y", "x", "ja", "j", "wahr"})
NO = frozenset({"0", "false", "no", "n", "nein", "falsch"})

_UNUSABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPACES = " \u00a0\u202f'’"


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell whose value cannot be trusted whatever the column; `why` completes "the cell ..."."""

    shown: str
    why: str


#: What a file's cell holds: text in CSV, typed values in XLSX, None where it is empty.
Cell = str | Decimal | bool | datetime | date | BadCell | None
#: Turns a non-empty cell into a value. Raises CellProblem.
Reader = Callable[[Cell, FileDropSettings], Any]


class CellProblem(ValueError):
    """A cell cannot be read; the text says why, in a sentence for whoever keeps the file."""


def shown(cell: Cell) -> str:
    """Return the cell as a person sees it, short enough for a finding."""
    if isinstance(cell, BadCell):
        text = cell.shown
    elif isinstance(cell, Decimal):
        text = format(cell, "f")
    else:
        text = "" if cell is None else str(cell)
    return _UNUSABLE.sub("\ufffd", text)[:LONGEST_SHOWN]


def is_empty(cell: Cell) -> bool:
    """Say whether nothing is in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain_text(cell: Cell) -> str:
    """Return the cell's text, trimmed; whole numbers without a point. Raises CellProblem."""
    if isinstance(cell, BadCell):
        raise CellProblem(f"The cell {cell.why}.")
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    text = str(cell).strip()
    if _UNUSABLE.search(text):
        raise CellProblem(
            "The text has characters that cannot be read. Check the encoding of the connection."
        )
    if text.startswith("="):
        raise CellProblem("The cell holds a formula. Export values.")
    return text


def text(longest: int) -> Reader:
    """Return a reader of text that names something: longer than `longest` is a problem."""

    def read(cell: Cell, settings: FileDropSettings) -> str:
        value = plain_text(cell)
        if len(value) > longest:
            raise CellProblem(f"The text is longer than {longest} characters.")
        return value

    return read


def words(longest: int) -> Reader:
    """Return a reader of text for people, which is cut at `longest`."""

    def read(cell: Cell, settings: FileDropSettings) -> str:
        return plain_text(cell)[:longest]

    return read


def choice(column: str, allowed: dict[str, Any]) -> Reader:
    """Return a reader of one of a few words, after the connection's own `words[column]`."""

    def read(cell: Cell, settings: FileDropSettings) -> Any:
        word = plain_text(cell).casefold()
        ours = settings.words.get(column, {}).get(word, word).casefold()
        if ours not in allowed:
            known = ", ".join(sorted(allowed))
            raise CellProblem(f"Not one of {known}. Translate it in the setting words.{column}.")
        return allowed[ours]

    return read


def yes_or_no(column: str) -> Reader:
    """Return a reader of yes and no in their usual spellings."""
    by_word = choice(column, dict.fromkeys(YES, True) | dict.fromkeys(NO, False))

    def read(cell: Cell, settings: FileDropSettings) -> bool:
        return cell if isinstance(cell, bool) else bool(by_word(cell, settings))

    return read


order_state = choice(
    "order_state", {state.value: state for state in OrderState} | {"open": OrderState.RELEASED}
)


def unit(cell: Cell, settings: FileDropSettings) -> str:
    """Return the Recommendation 20 code of a unit. Raises CellProblem for a unit nobody has translated."""
    code = unit_code(plain_text(cell), settings.units)
    if code is None:
        raise CellProblem("This unit is not known. Translate it in the setting units.")
    return code


def currency(cell: Cell, settings: FileDropSettings) -> str:
    """Return an ISO 4217 code. Raises CellProblem for anything that is not three letters."""
    code = plain_text(cell).upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise CellProblem("A currency is a code of three letters, such as EUR.")
    return code


def country(cell: Cell, settings: FileDropSettings) -> str:
    """Return an ISO 3166 code of two letters. Raises CellProblem."""
    code = plain_text(cell).upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise CellProblem("A country is a code of two letters, such as DE.")
    return code


# --- numbers --------------------------------------------------------------------------------


def number(cell: Cell, settings: FileDropSettings) -> Decimal:
    """Return a number exactly, in its shortest form. Raises CellProblem where it is none or could be two."""
    if isinstance(cell, bool | datetime | date):
        raise CellProblem("A number is expected.")
    value = cell if isinstance(cell, Decimal) else _number_in(plain_text(cell), settings.decimal_mark)
    return _in_bounds(value)


def not_negative(cell: Cell, settings: FileDropSettings) -> Decimal:
    """Return a number of zero or more. Raises CellProblem."""
    value = number(cell, settings)
    if value < 0:
        raise CellProblem("The number must not be negative.")
    return value


def positive(cell: Cell, settings: FileDropSettings) -> Decimal:
    """Return a number above zero. Raises CellProblem."""
    value = number(cell, settings)
    if value <= 0:
        raise CellProblem("The number must be greater than zero.")
    return value


def whole(cell: Cell, settings: FileDropSettings) -> int:
    """Return a whole number of zero or more. Raises CellProblem."""
    value = not_negative(cell, settings)
    if value != value.to_integral_value():
        raise CellProblem("The number must be whole.")
    return int(value)


def between(low: str, high: str) -> Reader:
    """Return a reader of a number from `low` to `high`, both included."""

    def read(cell: Cell, settings: FileDropSettings) -> Decimal:
        value = number(cell, settings)
        if not Decimal(low) <= value <= Decimal(high):
            raise CellProblem(f"The number must lie between {low} and {high}.")
        return value

    return read


def days(cell: Cell, settings: FileDropSettings) -> int:
    """Return a number of days. Raises CellProblem."""
    value = whole(cell, settings)
    if value > MOST_DAYS:
        raise CellProblem(f"No more than {MOST_DAYS} days are expected.")
    return value


def _number_in(written: str, mark: str | None) -> Decimal:
    marks = (mark,) if mark else (".", ",")
    readings = {value for each in marks if (value := _by_mark(written, each)) is not None}
    if len(readings) > 1:
        small, large = (value.normalize() for value in sorted(readings, key=abs))
        raise CellProblem(
            f"This can be read as {small:f} or as {large:f}. Say which in the setting decimal_mark."
        )
    if not readings:
        raise CellProblem("This is not a number" + (f" with the decimal mark {mark!r}." if mark else "."))
    return readings.pop()


def _by_mark(written: str, mark: str) -> Decimal | None:
    """Read a number whose decimal mark is `mark`; thousands may be grouped in threes by one other sign."""
    match = re.fullmatch(r"([+-]?)(.*?)(-?)", written)
    if match is None or (match[1] and match[3]):
        return None
    sign = "-" if "-" in (match[1], match[3]) else ""
    whole, _, decimals = match[2].partition(mark)
    for separator in {",", "."} - {mark} | set(_SPACES):
        if separator in whole and _in_threes(separator).fullmatch(whole):
            whole = whole.replace(separator, "")
    if not (whole + decimals).isdecimal() or not (whole + decimals).isascii():
        return None
    return Decimal(f"{sign}{whole or 0}.{decimals or 0}")


@cache
def _in_threes(separator: str) -> re.Pattern[str]:
    return re.compile(rf"[1-9]\d{{0,2}}({re.escape(separator)}\d{{3}})+", re.ASCII)


def shortest_form(value: Decimal) -> Decimal:
    """Return the number without trailing zeros or exponent, so that equal numbers are written alike."""
    return Decimal(format(value.normalize() + 0, "f"))


def _in_bounds(value: Decimal) -> Decimal:
    if len(value.as_tuple().digits) > WHOLE_DIGITS + DECIMALS + 1:
        raise CellProblem("The number has more digits than are kept.")
    shortest = value.normalize() + 0
    if not shortest.is_finite() or shortest.adjusted() >= WHOLE_DIGITS:
        raise CellProblem(f"The number has more than {WHOLE_DIGITS} digits before the decimal mark.")
    _, _, exponent = shortest.as_tuple()
    if isinstance(exponent, int) and -exponent > DECIMALS:
        raise CellProblem(f"The number has more than {DECIMALS} decimals.")
    return shortest_form(value)


# --- days and moments -----------------------------------------------------------------------


def day(cell: Cell, settings: FileDropSettings) -> date:
    """Return a day by the connection's date formats; two readings, or none, raise CellProblem."""
    if isinstance(cell, datetime):
        return _in_reach(cell.date())
    if isinstance(cell, date):
        return _in_reach(cell)
    written = plain_text(cell)
    return _in_reach(_one_reading(written, settings.date_formats, "date_formats").date())


def moment(cell: Cell, settings: FileDropSettings) -> datetime:
    """Return a moment in UTC: ISO 8601, the connection's time formats, or a day (its first minute).

    A time without a zone is in the connection's zone; of an hour that occurs twice, the first is meant.
    Raises CellProblem.
    """
    value = cell if isinstance(cell, datetime) else _moment_in(cell, settings)
    _in_reach(value.date())
    if value.tzinfo is None:
        value = value.replace(tzinfo=settings.zone)
    return value.astimezone(UTC)


def _moment_in(cell: Cell, settings: FileDropSettings) -> datetime:
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    written = plain_text(cell)
    if re.match(r"\d{4}-\d{2}-\d{2}", written):
        try:
            return datetime.fromisoformat(written)
        except ValueError as error:
            raise CellProblem("This is not a time in ISO 8601, such as 2026-11-24T10:00:00+01:00.") from error
    return _one_reading(written, settings.time_formats + settings.date_formats, "time_formats")


def _one_reading(written: str, formats: tuple[str, ...], setting: str) -> datetime:
    readings = set()
    for form in formats:
        try:
            readings.add(datetime.strptime(written, form))
        except ValueError:
            continue
    if len(readings) > 1:
        both = " or as ".join(sorted(f"{reading:%Y-%m-%d}" for reading in readings))
        raise CellProblem(f"This can be read as {both}. Leave one format in the setting {setting}.")
    if not readings:
        raise CellProblem(f"This is not a date in one of the formats of the setting {setting}.")
    return readings.pop()


def _in_reach(value: date) -> date:
    if value.year not in YEARS:
        raise CellProblem(f"The year must lie between {YEARS[0]} and {YEARS[-1]}.")
    return value
