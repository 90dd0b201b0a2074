"""The invoice bills another price than the order has."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from erp_connectors.canonical.documents import InvoiceKind
from erp_connectors.documents.position import InvoiceFact
from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.prices import (
    CENT,
    UnitPrice,
    agreed_price,
    as_decimal,
    ordered_price,
    unit_price,
)
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.invoice import InvoiceLineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import dearer, plain, price_words
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Limit, LimitState, Tolerance

DEFAULT = Tolerance(
    percent=Limit(LimitState.VALUE, Decimal(1)),
    amount=Limit(LimitState.VALUE, Decimal(25)),
    cap=Limit(LimitState.VALUE, Decimal(250)),
)


class InvoicePrice(InvoiceLineType):
    """The net price billed for a line differs from the order's, less what credit notes gave back of it.

    The order's price is the one for the quantity that is confirmed, else ordered. Another currency is not
    judged here but by `invoice_terms`. The tolerance is on the money of the whole line of the invoice.
    """

    code = "invoice_price"
    label = "Invoice price"
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(8, 40)
    resolutions = ("short_pay", "accept_as_billed", "hold_until")
    is_live = True
    stakes = frozenset({Stake.PRICE, Stake.TIED_UP, Stake.DISCOUNT})
    heals_by = (Healing.CREDITED, Healing.ERP_CHANGED)

    def judge_line(self, line: LineView, number: str) -> Iterable[Deviation]:
        """Yield the difference of the line beyond tolerance."""
        counted = line.prices.quantity if line.prices else None
        ordered = ordered_price(line.line, counted)
        facts = _billed(line, number)
        billed = [_billed_price(line, fact) for fact in facts]
        if ordered is None or not facts or any(price is None for price in billed):
            return
        prices = [price for price in billed if price is not None]
        if any(price.currency != ordered.currency for price in prices):
            return
        quantities = [_counted(line, fact) for fact in facts]
        left = _share_left(line, number, sum(quantities, NOTHING))
        whole = ordered.amount * Fraction(sum(quantities, NOTHING)) * left
        asked = sum(
            (price.amount * Fraction(each) for price, each in zip(prices, quantities, strict=True)),
            Fraction(0),
        )
        difference = as_decimal(asked * left - whole - _given_back(line, number))
        direction = Direction.OVER if difference > 0 else Direction.UNDER
        tolerance = line.tolerance(self.code, direction, DEFAULT)
        if not difference or tolerance.allows(abs(difference), as_decimal(whole)):
            return
        agreed, stated = agreed_price(line.line, counted), facts[0].price
        yield self.found(
            quantity=line.counter.in_order_unit(sum(quantities, NOTHING) * as_decimal(left)),
            amount=abs(difference).quantize(CENT),
            since=facts[0].version.document_time,
            expected=price_words(agreed, line.snapshot.currency, line.unit),
            actual=price_words(stated, facts[0].currency or line.snapshot.currency, line.unit)
            | {
                "difference": plain(difference.quantize(CENT)),
                "percent": dearer(difference, as_decimal(whole)),
            },
            tolerance_id=tolerance.id,
        )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1 at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)."""
        actual, expected = deviation.actual, deviation.expected
        return (
            f"Invoice {actual['invoice']} at {actual['price']} {actual['currency']}, "
            f"ordered at {expected['price']} {expected['currency']} ({actual['percent']})"
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return prices within and beyond tolerance, other bases, a credit and another price in the ERP."""
        ordered, now = (
            world.order((1000, "2026-12-01"), cost=world.price("12.50")),
            world.at("2026-12-02 10:00"),
        )
        dearer = world.invoice(1000, on="2026-12-01", cost=world.price("12.84"))
        repriced = world.order(
            (1000, "2026-12-01"), cost=world.price("12.84"), said="2026-12-01 16:00", revision=1
        )

        def credit(value: int, cost: str) -> Example:
            note = world.invoice(
                value, "CN-1", on="2026-12-02", said="2026-12-02 09:00", cost=world.price(cost),
                kind=InvoiceKind.CREDIT, corrects="INV-1",
            )  # fmt: skip
            return Example("credited", world.invoiced(ordered, dearer, note), now, ())

        def billed(title: str, cost: str, *found: dict[str, object], **basis: str) -> Example:
            said = world.invoice(1000, on="2026-12-01", cost=world.price(cost, **basis))
            return Example(title, world.invoiced(ordered, said), now, found)

        return [
            billed("2.72 % dearer", "12.84", {"line_number": "10", "amount": Decimal("340.00")}),
            billed("1 % is tolerated", "12.625"),
            billed("a little more is not", "12.626", {"amount": Decimal("126.00")}),
            billed("the price of the order", "12.50"),
            billed("cheaper is a mismatch too", "12.00", {"amount": Decimal("500.00")}),
            billed("the same for a hundred", "1250.00", per="100"),
            billed("another currency is for the terms", "12.84", currency="USD"),
            credit(1000, "0.34"),
            credit(1000, "12.84"),
            Example("the ERP has the price by now", world.invoiced(ordered, repriced, dearer), now, ()),
        ]


def _billed(line: LineView, number: str) -> Sequence[InvoiceFact]:
    return [
        fact for fact in line.position.invoices if (fact.number, fact.kind) == (number, InvoiceKind.INVOICE)
    ]


def _counted(line: LineView, fact: InvoiceFact) -> Decimal:
    return line.counter.count(fact.quantity) if fact.quantity else NOTHING


def _billed_price(line: LineView, fact: InvoiceFact) -> UnitPrice | None:
    """Return the price a fact bills; None where it, its quantity or a unit is not known."""
    if fact.quantity is None or not line.counter.knows(fact.quantity.unit):
        return None
    currency = fact.currency or line.snapshot.currency
    return unit_price(fact.price, fact.quantity.unit, currency, line.counter)


def _share_left(line: LineView, number: str, billed: Decimal) -> Fraction:
    """Return which share of the billed quantity was not given back."""
    bills = line.buckets.bills
    if bills is None or not billed:
        return Fraction(1)
    left = sum((bill.quantity for bill in bills.open if bill.number == number), NOTHING)
    return Fraction(left) / Fraction(billed)


def _given_back(line: LineView, number: str) -> Fraction:
    """Return the money that credit notes on this invoice gave back of its price, and not of its quantity."""
    bills = line.buckets.bills
    of_quantity = {credit.number for credit in bills.credits} if bills else set()
    money = Fraction(0)
    for fact in line.position.invoices:
        is_ours = fact.kind is InvoiceKind.CREDIT and fact.corrects in (number, None)
        price = _billed_price(line, fact) if is_ours and fact.number not in of_quantity else None
        if price is not None:
            money += price.amount * Fraction(_counted(line, fact))
    return money
