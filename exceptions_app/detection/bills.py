"""What the supplier bills for one order line, invoice by invoice, and what it gave back. Pure.

A credit note is set against the invoice it names; what is left of it, or names none we know, against the
newest invoices of the line first. A credit at another price than was billed or ordered corrects the price,
not the quantity. An invoice that corrects another one stands in its place.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.documents import InvoiceKind
from erp_connectors.documents.position import InvoiceFact
from exceptions_app.detection.counting import NOTHING, Counter
from exceptions_app.detection.prices import UnitPrice, money, ordered_price, unit_price
from exceptions_app.detection.snapshot import LineSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one invoice bills of the line and no credit note has given back, counted."""

    number: str
    issued_on: date
    said_at: datetime
    quantity: Decimal
    price: UnitPrice | None

    def amount(self, quantity: Decimal) -> Decimal | None:
        """Return a counted quantity at the price of the invoice; None when it is unknown."""
        return money(quantity, self.price.amount) if self.price else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A quantity one credit note gives back, counted; `corrects` names the invoice, where it says."""

    number: str
    issued_on: date
    quantity: Decimal
    corrects: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bills:
    """All bills of one line, newest first, and the credit notes that gave back some of their quantity.

    `invoiced` is all that was ever billed, whatever was given back of it.
    """

    open: tuple[Bill, ...] = ()
    credits: tuple[Credit, ...] = ()
    invoiced: Decimal = NOTHING

    @property
    def billed(self) -> Decimal:
        """What is billed and was not given back."""
        return sum((bill.quantity for bill in self.open), NOTHING)

    @property
    def credited(self) -> Decimal:
        """What was given back."""
        return sum((credit.quantity for credit in self.credits), NOTHING)


def bills_of(line: LineSnapshot, counter: Counter) -> Bills | None:
    """Return the bills of a line; None when a billed quantity cannot be read."""
    facts = line.position.invoices
    if not facts:
        return Bills()
    if any(fact.quantity is None or not counter.knows(fact.quantity.unit) for fact in facts):
        return None
    bills = _bills(line, counter)
    credits = tuple(_credits(line, counter, bills))
    return Bills(
        open=tuple(_left(bills, credits)),
        credits=credits,
        invoiced=sum((bill.quantity for bill in bills), NOTHING),
    )


def _bills(line: LineSnapshot, counter: Counter) -> list[Bill]:
    """Return what each invoice bills, newest first, without those that another invoice corrects."""
    bills: dict[str, Bill] = {}
    corrected = set()
    for fact in _of_kind(line, InvoiceKind.INVOICE):
        bill = _bill(line, counter, fact)
        known = bills.get(fact.number)
        bills[fact.number] = replace(known, quantity=known.quantity + bill.quantity) if known else bill
        if fact.corrects is not None and fact.corrects != fact.number:
            corrected.add(fact.corrects)
    standing = [bill for bill in bills.values() if bill.number not in corrected]
    return sorted(standing, key=lambda bill: (bill.issued_on, bill.said_at, bill.number), reverse=True)


def _credits(line: LineSnapshot, counter: Counter, bills: Iterable[Bill]) -> Iterator[Credit]:
    """Yield what each credit note gives back at a price that was billed or ordered."""
    known = [bill.price for bill in bills] + [ordered_price(line)]
    prices = {price for price in known if price is not None}
    for fact in _of_kind(line, InvoiceKind.CREDIT):
        price = _price(line, counter, fact)
        if price is None or not prices or price in prices:
            yield Credit(
                number=fact.number,
                issued_on=fact.issued_on,
                quantity=_quantity(fact, counter),
                corrects=fact.corrects,
            )


def _left(bills: Iterable[Bill], credits: Sequence[Credit]) -> Iterator[Bill]:
    """Yield the bills without what was given back: by name first, then of the newest."""
    unused = [credit.quantity for credit in credits]
    named = []
    for bill in bills:
        own = [index for index, credit in enumerate(credits) if credit.corrects == bill.number]
        named.append(_given_back(bill, own, unused))
    yield from (_given_back(bill, range(len(unused)), unused) for bill in named)


def _given_back(bill: Bill, credits: Iterable[int], unused: list[Decimal]) -> Bill:
    """Return a bill without what these credits give back of it, and take that off what is unused of them."""
    for index in credits:
        taken = min(bill.quantity, unused[index])
        unused[index] -= taken
        bill = replace(bill, quantity=bill.quantity - taken)
    return bill


def _of_kind(line: LineSnapshot, kind: InvoiceKind) -> Iterator[InvoiceFact]:
    return (fact for fact in line.position.invoices if fact.kind is kind)


def _bill(line: LineSnapshot, counter: Counter, fact: InvoiceFact) -> Bill:
    return Bill(
        number=fact.number,
        issued_on=fact.issued_on,
        said_at=fact.version.document_time,
        quantity=_quantity(fact, counter),
        price=_price(line, counter, fact) or ordered_price(line),
    )


def _price(line: LineSnapshot, counter: Counter, fact: InvoiceFact) -> UnitPrice | None:
    unit = fact.quantity.unit if fact.quantity else counter.order_unit
    return unit_price(fact.price, unit, fact.currency or line.position.currency, counter)


def _quantity(fact: InvoiceFact, counter: Counter) -> Decimal:
    return counter.count(fact.quantity) if fact.quantity else NOTHING
