"""Reads what a person entered for a resolution, and says in words what cannot be used. Pure.

Inputs are a flat mapping, the same from a form and from the API: the name of a field, or `name:line` for one
line of several (`rest_on:20`). `lines` names the lines the decision is about; without it, all of them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from erp_connectors.canonical.values import Price, Quantity
from erp_connectors.errors import PermanentError
from exceptions_app.playbook.schedules import plain

LINES = "lines"
MOST_DIGITS = Decimal(10) ** 14
FINEST = Decimal("0.000001")
CENT = Decimal("0.01")
LONGEST_WORDS = 200
#: 12.50, 12.50 EUR, 1250.00 per 100, or 1250.00 EUR per 100.
PRICE = re.compile(r"(?P<amount>[\d.]+)(?: (?P<currency>[A-Z]{3}))?(?: per (?P<per>[\d.]+))?")
FARTHEST = timedelta(days=2 * 365)
LONGEST_AGO = timedelta(days=365)


class FieldKind(StrEnum):
    """What a person enters: a day (2026-12-16), a quantity in the unit of the order line (82, or 82 EA), an
    amount of money in the order's currency (450.00), a quantity with its unit (20 EA), a price in the order's
    currency for one or several units (12.50, or 1250.00 per 100), or words.
    """

    DAY = "day"
    QUANTITY = "quantity"
    MONEY = "money"
    MEASURE = "measure"
    PRICE = "price"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One value a resolution asks for, as a form shows it and the API names it."""

    name: str
    label: str
    kind: FieldKind
    help: str = ""
    initial: str = ""
    unit: str = ""
    line_number: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an input cannot be used. `field` is empty when it is about the decision as a whole."""

    field: str
    message: str


class UnusableInputs(PermanentError):
    """The person has to enter something else; `problems` say what and why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(problem.message for problem in self.problems))


def field_name(name: str, line_number: str) -> str:
    """Return the name by which `name` is entered for one line of several."""
    return f"{name}:{line_number}"


class Inputs:
    """What was entered, read value by value; problems are collected, so that all of them are told at once.

    A reading method returns None where it noted a problem. `cleaned` holds what was read, in one spelling.
    """

    def __init__(self, entered: Mapping[str, object], *, today: date) -> None:
        self._entered = entered
        self._today = today
        self._read: set[str] = {LINES}
        self._left_out: frozenset[str] = frozenset()
        self.problems: list[Problem] = []
        self.cleaned: dict[str, str] = {}

    def chosen(self, line_numbers: Iterable[str]) -> frozenset[str]:
        """Return which of `line_numbers` the decision is about."""
        known = tuple(line_numbers)
        entered = self._entered.get(LINES)
        if entered in (None, "", [], ()):
            return frozenset(known)
        words = entered if isinstance(entered, list | tuple) else str(entered).split(",")
        chosen = [str(word).strip() for word in words]
        for number in chosen:
            if number not in known:
                self.refuse(LINES, f"Line {number} is not open in this case; open are {', '.join(known)}.")
        self.cleaned[LINES] = ",".join(number for number in known if number in chosen)
        self._left_out = frozenset(known) - frozenset(chosen)
        return frozenset(chosen)

    def day(self, name: str, line_number: str, label: str) -> date | None:
        """Return a day from today on, at most two years away."""
        key, day = self._day(name, line_number, label)
        if day is None:
            return None
        if day < self._today:
            self.refuse(key, f"{label}: {day} has passed; today is {self._today}.")
            return None
        if day > self._today + FARTHEST:
            self.refuse(key, f"{label}: {day} is more than two years away.")
            return None
        self.cleaned[key] = day.isoformat()
        return day

    def past_day(self, name: str, line_number: str, label: str) -> date | None:
        """Return a day up to today, at most a year ago."""
        key, day = self._day(name, line_number, label)
        if day is None:
            return None
        if day > self._today:
            self.refuse(key, f"{label}: {day} is yet to come; today is {self._today}.")
            return None
        if day < self._today - LONGEST_AGO:
            self.refuse(key, f"{label}: {day} is more than a year ago.")
            return None
        self.cleaned[key] = day.isoformat()
        return day

    def quantity(
        self, name: str, line_number: str, label: str, *, unit: str, most: Decimal
    ) -> Decimal | None:
        """Return a quantity above zero and up to `most`, in `unit`; another unit is a problem."""
        key, text = self._text(name, line_number)
        if not text:
            self.refuse(key, f"{label}: enter a quantity in {unit}.")
            return None
        number, _, entered_unit = text.partition(" ")
        try:
            value = Decimal(number)
        except InvalidOperation:
            self.refuse(key, f"{label}: “{number}” is not a number; write it like 82 or 82.5.")
            return None
        if not value.is_finite() or value >= MOST_DIGITS:
            self.refuse(key, f"{label}: “{number}” is not a quantity.")
            return None
        if entered_unit.strip() not in ("", unit):
            self.refuse(key, f"{label}: the line is ordered in {unit}, not in {entered_unit.strip()}.")
            return None
        if value <= 0:
            self.refuse(key, f"{label}: enter more than zero.")
            return None
        if value != value.quantize(FINEST):
            self.refuse(key, f"{label}: at most six decimals.")
            return None
        if value > most:
            self.refuse(
                key, f"{label}: {plain(value)} {unit} is more than {plain(most)} {unit}, which is the most."
            )
            return None
        self.cleaned[key] = f"{value:f}"
        return value

    def measure(self, name: str, line_number: str, label: str, *, units: Collection[str]) -> Quantity | None:
        """Return a quantity above zero with the unit that stands beside it, one of `units`."""
        key, text = self._text(name, line_number)
        number, _, unit = text.partition(" ")
        unit = unit.strip()
        if not unit:
            likely = min(units, default="EA")
            self.refuse(key, f"{label}: enter a quantity with its unit, such as 20 {likely}.")
            return None
        if unit not in units:
            known = ", ".join(sorted(units)) or "none"
            self.refuse(key, f"{label}: “{unit}” cannot be converted for this item; known are {known}.")
            return None
        value = self._positive(key, number, label)
        if value is None:
            return None
        self.cleaned[key] = f"{value:f} {unit}"
        return Quantity(value, unit)

    def price(self, name: str, line_number: str, label: str, *, currency: str, unit: str) -> Price | None:
        """Return a price above zero in `currency` for one `unit`, or for as many as it says.

        Another currency is a problem: an order has one.
        """
        key, text = self._text(name, line_number)
        found = PRICE.fullmatch(text)
        if found is None:
            self.refuse(key, f"{label}: enter a price in {currency}, such as 12.50, or 1250.00 per 100.")
            return None
        if found["currency"] not in (None, currency):
            self.refuse(key, f"{label}: the order is in {currency}, not in {found['currency']}.")
            return None
        amount = self._positive(key, found["amount"], label)
        per = self._positive(key, found["per"] or "1", label)
        if amount is None or per is None:
            return None
        self.cleaned[key] = f"{amount:f}" if per == 1 else f"{amount:f} per {per:f}"
        return Price(amount, currency, per, unit)

    def _positive(self, key: str, number: str, label: str) -> Decimal | None:
        try:
            value = Decimal(number)
        except InvalidOperation:
            self.refuse(key, f"{label}: “{number}” is not a number; write it like 82 or 82.5.")
            return None
        if not value.is_finite() or not 0 < value < MOST_DIGITS or value != value.quantize(FINEST):
            self.refuse(key, f"{label}: enter more than zero, with at most six decimals.")
            return None
        return value

    def factor(self, name: str, line_number: str, label: str) -> Decimal | None:
        """Return how many of one unit another holds: more than zero, with at most six decimals."""
        key, text = self._text(name, line_number)
        try:
            value = Decimal(text)
        except InvalidOperation:
            self.refuse(key, f"{label}: enter a number like 12 or 0.5.")
            return None
        if not value.is_finite() or not 0 < value < MOST_DIGITS or value != value.quantize(FINEST):
            self.refuse(key, f"{label}: enter more than zero, with at most six decimals.")
            return None
        self.cleaned[key] = f"{value:f}"
        return value

    def money(self, name: str, line_number: str, label: str, *, is_optional: bool = False) -> Decimal | None:
        """Return an amount of zero or more, to the cent; zero where an optional one is left out."""
        key, text = self._text(name, line_number)
        if not text:
            if is_optional:
                return Decimal(0)
            self.refuse(key, f"{label}: enter an amount.")
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            self.refuse(key, f"{label}: “{text}” is not an amount; write it like 450.00.")
            return None
        if not value.is_finite() or value < 0 or value >= MOST_DIGITS:
            self.refuse(key, f"{label}: “{text}” is not an amount of zero or more.")
            return None
        if value != value.quantize(CENT):
            self.refuse(key, f"{label}: at most two decimals.")
            return None
        self.cleaned[key] = f"{value:f}"
        return value

    def words(self, name: str, line_number: str, label: str, *, is_optional: bool = False) -> str | None:
        """Return what was written, in one line of at most 200 characters."""
        key, text = self._text(name, line_number)
        said = " ".join(text.split())
        if not said:
            if is_optional:
                return ""
            self.refuse(key, f"{label}: write a few words.")
            return None
        if len(said) > LONGEST_WORDS or not said.isprintable():
            self.refuse(key, f"{label}: at most {LONGEST_WORDS} characters that can be read.")
            return None
        self.cleaned[key] = said
        return said

    def refuse(self, field: str, message: str) -> None:
        """Note a problem of a field, or of the decision as a whole (`field` empty)."""
        self.problems.append(Problem(field, message))

    def refuse_field(self, name: str, line_number: str, message: str) -> None:
        """Note a problem of what was entered as `name` for a line."""
        self.refuse(self._text(name, line_number)[0], f"Line {line_number}: {message}")

    def refuse_unread(self) -> None:
        """Note a problem for everything entered that nobody asked for: a misspelt name must not pass unseen.

        A form also sends the fields of lines that were not chosen; those are left alone.
        """
        for key in self._entered:
            if key not in self._read and key.partition(":")[2] not in self._left_out:
                self.refuse(key, f"“{key}” is not asked for here.")

    def _day(self, name: str, line_number: str, label: str) -> tuple[str, date | None]:
        key, text = self._text(name, line_number)
        if not text:
            self.refuse(key, f"{label}: enter a date.")
            return key, None
        try:
            return key, date.fromisoformat(text)
        except ValueError:
            self.refuse(key, f"{label}: “{text}” is not a date; write it like 2026-12-16.")
            return key, None

    def _text(self, name: str, line_number: str) -> tuple[str, str]:
        """Return the key and the text of a field: the line's own, else the one for all lines."""
        own = field_name(name, line_number)
        self._read |= {name, own}
        key = own if own in self._entered else name
        value = self._entered.get(key)
        return key, "" if value is None else str(value).strip()
