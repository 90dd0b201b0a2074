"""How values look before and after a decision, line by line, and what the change comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from exceptions_app.playbook.situation import LinePlan
from exceptions_app.proposals.models import ProposalLine
from exceptions_app.web import formats


@dataclass(frozen=True, slots=True)
class ValuesLine:
    """One order line before and after, in words; `gone` is what is no longer there."""

    number: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    gone: tuple[str, ...]


def _values_line(number: str, before: LineValues, after: LineValues) -> ValuesLine:
    """Return the two sides of a change; the price stands there only if it changes."""
    with_price = before.price != after.price
    was, becomes = _words(before, with_price), _words(after, with_price)
    gone = tuple(text for text in was if text not in becomes) if len(becomes) < len(was) else ()
    return ValuesLine(number, was, becomes, gone)


def values_lines(lines: Iterable[LinePlan]) -> list[ValuesLine]:
    """Return what a plan changes line by line, and after it the lines it adds."""
    known = list(lines)
    changed = [_values_line(line.number, line.before, line.after) for line in known if line.is_ordered]
    return changed + [_new_line(line.added) for line in known if line.added is not None]


def stored_lines(lines: Iterable[ProposalLine]) -> list[ValuesLine]:
    """Return what a proposal changes line by line, as it is kept, and after it the lines it adds."""
    known = list(lines)
    changed = [
        _values_line(
            line.order_line.number,
            from_builtins(line.before, LineValues),
            from_builtins(line.after, LineValues),
        )
        for line in known
        if line.order_line is not None
    ]
    return changed + [_new_line(new) for line in known if (new := line.new_line()) is not None]


def _new_line(new: NewLine) -> ValuesLine:
    """Return a line that is added: nothing before, and all there is of it after."""
    item = f"{new.item} {new.description}".strip()
    words = (item, *_words(new.values, with_price=True))
    return ValuesLine(new.line_number, (gettext("not on the order"),), words, ())


def _words(values: LineValues, with_price: bool) -> tuple[str, ...]:
    if values.cancelled:
        return (gettext("cancelled"),)
    words = [
        gettext("%(quantity)s on %(day)s")
        % {
            "quantity": formats.quantity(part.quantity.value, part.quantity.unit),
            "day": formats.day(part.date),
        }
        for part in values.schedule
    ]
    if with_price and values.price is not None:
        price = values.price
        words.append(formats.price(price.amount, price.currency or "", price.per, price.per_unit or ""))
    return tuple(words) or (formats.quantity(values.quantity.value, values.quantity.unit),)


def amount_words(amount: Decimal | None, currency: str) -> str:
    """Return an amount, or that nobody can compute it."""
    return gettext("unknown") if amount is None else formats.money(amount, currency)
