"""Which agreements hold for an order line now. Pure.

An agreement is bound to values: the supplier's word it was made on, and the ERP's line before and after. Only
what it is about counts (a price agreement does not lapse because a date moved). A third value makes it lapse,
and the deviation is judged anew. Lapsing is judged from what is known now and never stored: should the values
return, whatever the order in which documents arrived, so does the agreement. Only a refused or withdrawn
decision is stored as void.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from erp_connectors.canonical.codec import to_json
from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.documents import LineAnswer, OrderLine
from erp_connectors.canonical.values import Price, Quantity
from erp_connectors.documents.position import AnswerFact
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.counting import Counter, counter_of
from exceptions_app.detection.offers import answers_of, readable_answer
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot

#: Words that change what numbers mean. The others only repeat in words what the numbers say.
MEANINGFUL = frozenset(
    {
        LineAnswer.REJECTED,
        LineAnswer.SUBSTITUTED,
        LineAnswer.HELD,
        LineAnswer.DATE_PENDING,
        LineAnswer.PRICE_PENDING,
    }
)
DIGITS = 31


class Aspect(StrEnum):
    """What an exception type, and so an agreement on it, is about."""

    QUANTITY = "quantity"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Holding:
    """An agreement that holds, in which aspects, and when it ends by itself."""

    agreement: Agreement
    aspects: frozenset[Aspect]
    ends_at: datetime | None


def fingerprint(line: LineSnapshot) -> str | None:
    """Return the fingerprint of the supplier's word on a line; None when there is no word yet.

    Equal words have equal fingerprints, whatever document they came in. At most 64 characters: the word on
    quantities and dates, and the word on the price.
    """
    position = line.position
    if position.answer is None:
        return None
    quantities = _quantity_word(readable_answer(position, counter_of(line)) or position.answer)
    return f"{_digest(quantities)}-{_digest(_price_word(line))}"


def words_of(fact: AnswerFact) -> tuple[dict[str, Any], Price | None, str | None]:
    """Return what an answer says: quantities and days, the price, and its currency."""
    return _quantity_word(fact), fact.price, fact.currency if fact.price else None


def price_fact(line: LineSnapshot) -> AnswerFact | None:
    """Return the newest answer that states a price."""
    return next((fact for fact in answers_of(line.position) if fact.price is not None), None)


def values_of(line: OrderLine) -> LineValues:
    """Return the values of an order line that agreements and commands are bound to."""
    return LineValues(
        quantity=line.quantity, schedule=line.schedule, price=line.price, cancelled=line.cancelled
    )


def holding(
    snapshot: OrderSnapshot,
    line: LineSnapshot,
    agreements: Iterable[Agreement],
    states: frozenset[AgreementState],
    as_of: datetime,
) -> list[Holding]:
    """Return the agreements of a line that are in one of `states` and hold at `as_of`, oldest first."""
    number = line.position.line.number
    of_line = [a for a in agreements if a.state in states and a.line_number == number]
    if not of_line:
        return []
    word = fingerprint(line)
    counter = counter_of(line)
    found = []
    for agreement in sorted(of_line, key=lambda agreement: agreement.id):
        aspects = frozenset(
            aspect
            for aspect in Aspect
            if _same_word(agreement.answer, word, aspect) and _same_values(agreement, line, counter, aspect)
        )
        if aspects and not has_ended(snapshot, agreement, as_of):
            found.append(Holding(agreement, aspects, ends_at(snapshot, agreement)))
    return found


def ends_at(snapshot: OrderSnapshot, agreement: Agreement) -> datetime | None:
    """Return when a wait ends: at close of business on its last day; None when it has no end."""
    if agreement.kind is not AgreementKind.WAIT_UNTIL or agreement.until is None:
        return None
    return snapshot.calendar.end_of_business(agreement.until)


def has_ended(snapshot: OrderSnapshot, agreement: Agreement, as_of: datetime) -> bool:
    """Say whether a wait is over, strictly after its end."""
    end = ends_at(snapshot, agreement)
    return end is not None and as_of > end


# --- the supplier's word ----------------------------------------------------------------------------


def _same_word(agreed: str | None, now: str | None, aspect: Aspect) -> bool:
    if agreed is None or now is None:
        return agreed == now
    index = 0 if aspect is Aspect.QUANTITY else 1
    return agreed.split("-")[index : index + 1] == now.split("-")[index : index + 1]


def _quantity_word(fact: AnswerFact) -> dict[str, Any]:
    parts: dict[tuple[str, ...], Decimal] = {}
    for part in fact.offered or ():
        day = part.date.isoformat() if part.date else ""
        key = (part.quantity.unit, day, part.date_kind.value, str(part.firm))
        parts[key] = parts.get(key, Decimal(0)) + part.quantity.value
    return {
        "offered": None
        if fact.offered is None
        else sorted([*key, _plain(value)] for key, value in parts.items()),
        "rejected": _plain_quantity(fact.rejected),
        "words": sorted(answer.value for answer in fact.answers if answer in MEANINGFUL),
        "substitute": fact.substitute,
    }


def _price_word(line: LineSnapshot) -> dict[str, Any]:
    fact = price_fact(line)
    if fact is None or fact.price is None:
        return {}
    price = fact.price
    return {
        "amount": _plain(price.amount),
        "currency": price.currency or fact.currency or line.position.currency,
        "per": _plain(price.per or Decimal(1)),
        "unit": price.per_unit,
    }


def _digest(word: dict[str, Any]) -> str:
    return hashlib.sha256(to_json(word)).hexdigest()[:DIGITS]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _plain_quantity(quantity: Quantity | None) -> str | None:
    return f"{_plain(quantity.value)} {quantity.unit}" if quantity and quantity.value else None


# --- the ERP's values -------------------------------------------------------------------------------


def _same_values(agreement: Agreement, line: LineSnapshot, counter: Counter, aspect: Aspect) -> bool:
    if agreement.before is None or agreement.after is None:
        return False
    currency = line.position.currency
    now = _comparable(values_of(line.position.line), counter, currency)[aspect]
    return now in (
        _comparable(agreement.before, counter, currency)[aspect],
        _comparable(agreement.after, counter, currency)[aspect],
    )


def _comparable(values: LineValues, counter: Counter, currency: str) -> dict[Aspect, Any]:
    """Return values so that equal content is equal, however an ERP writes it."""
    days: dict[tuple[str, str], Decimal] = {}
    for part in values.schedule:
        key = (part.date.isoformat(), part.date_kind.value)
        days[key] = days.get(key, Decimal(0)) + _counted(part.quantity, counter)
    schedule = {key: quantity for key, quantity in days.items() if quantity}
    return {
        Aspect.QUANTITY: (_counted(values.quantity, counter), schedule, values.cancelled),
        Aspect.PRICE: _comparable_price(values.price, counter, currency),
    }


def _counted(quantity: Quantity, counter: Counter) -> Decimal:
    """Return the counted quantity; what cannot be counted equals nothing, not even itself."""
    return counter.count(quantity) if counter.knows(quantity.unit) else Decimal("NaN")


def _comparable_price(price: Price | None, counter: Counter, currency: str) -> tuple[Any, ...] | None:
    if price is None:
        return None
    unit = price.per_unit or counter.order_unit
    return (price.amount / (price.per or Decimal(1)), price.currency or currency, unit)
