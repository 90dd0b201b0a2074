"""An invoice does not add up."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from erp_connectors.canonical.documents import Charge, ChargeKind, Invoice, InvoiceLine
from exceptions_app.detection import examples as world
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.invoices import InvoiceView
from exceptions_app.detection.prices import CENT
from exceptions_app.detection.types.base import Example, ServiceLevel
from exceptions_app.detection.types.invoice import InvoiceType
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Limit, LimitState, Tolerance

DEFAULT = Tolerance(amount=Limit(LimitState.VALUE, Decimal("0.05")))


class InvoiceTotal(InvoiceType):
    """Lines, charges less allowances, and tax do not make up the total the invoice states.

    A line counts as it states it, else at its price; where a line has neither, or the tax is only a rate, it
    is not judged. Credit notes are judged alike.
    """

    code = "invoice_total"
    label = "Invoice total"
    service = ServiceLevel(8, 40)
    resolutions = ("return_document", "accept_as_billed")
    is_live = True
    heals_by = (Healing.CORRECTED,)

    def judge(self, view: InvoiceView) -> Iterable[Deviation]:
        """Yield the difference beyond tolerance."""
        invoice: Invoice = view.snapshot.invoice
        lines, tax = lines_of(invoice), _tax(invoice)
        if view.snapshot.is_cancelled or invoice.total is None or lines is None or tax is None:
            return
        charges = _charges(invoice)
        total = lines + charges + tax
        difference = invoice.total - total
        direction = Direction.OVER if difference > 0 else Direction.UNDER
        tolerance = view.tolerance(self.code, direction, DEFAULT)
        if not difference or tolerance.allows(abs(difference), total):
            return
        yield self.deviation(
            view,
            expected={
                "total": plain(total),
                "lines": plain(lines),
                "charges": plain(charges),
                "tax": plain(tax),
            },
            actual={"total": plain(invoice.total), "difference": plain(difference)},
            amount=abs(difference).quantize(CENT),
            tolerance_id=tolerance.id,
        )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoice INV-1 says 120.00, adds up to 100.00 EUR."""
        actual, currency = deviation.actual, deviation.currency or ""
        return (
            f"Invoice {actual['invoice']} says {actual['total']}, "
            f"adds up to {deviation.expected['total']} {currency}".rstrip()
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return sums within and beyond 0.05, with charges, taxes, and lines nobody can price."""
        ordered, now = world.order((100, "2026-12-01")), world.at("2026-12-02 10:00")
        freight = (Charge(ChargeKind.FREIGHT, Decimal(48)), Charge(ChargeKind.OTHER, Decimal(-8)))

        def total(title: str, value: str, *found: dict[str, object], **more: object) -> Example:
            said = world.invoice(100, on="2026-12-01")
            assert isinstance(said.content, Invoice)
            content = replace(said.content, total=Decimal(value), **more)  # type: ignore[arg-type]
            return Example(title, world.invoiced(ordered, replace(said, content=content)), now, found)

        unpriced = (InvoiceLine(order_number=None, line_number="10", quantity=None, price=None),)
        return [
            total("it adds up", "18240.00"),
            total("five cents are tolerated", "18240.05"),
            total("six are not", "18240.06", {"amount": Decimal("0.06"), "line_number": None}),
            total("charges less allowances count", "18280.00", charge_lines=freight),
            total("and so does tax", "21705.60", tax=Decimal("3465.60")),
            total(
                "a stated sum of charges goes before its parts",
                "18290",
                charge_lines=freight,
                charges=Decimal(50),
            ),
            total("what a line costs is not known", "1", lines=unpriced),
            total("the tax is only a rate", "21705.60", tax_percent=Decimal(19)),
            total(
                "the lines are stated as a sum",
                "90",
                {"amount": Decimal(10)},
                lines=unpriced,
                lines_total=Decimal(100),
            ),
        ]


def lines_of(invoice: Invoice) -> Decimal | None:
    """Return what the lines of an invoice add up to; None where one of them, and their sum, is unknown."""
    amounts = [_amount(line) for line in invoice.lines]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return invoice.lines_total
    return sum(known, Decimal(0))


def _amount(line: InvoiceLine) -> Decimal | None:
    """Return what a line costs: as it states it, else quantity times price with its charges."""
    if line.amount is not None:
        return line.amount
    price, quantity = line.price, line.quantity
    if price is None or quantity is None or price.per_unit not in (None, quantity.unit):
        return None
    goods = (quantity.value * price.amount / (price.per or Decimal(1))).quantize(CENT, rounding=ROUND_HALF_UP)
    return goods + sum((charge.amount for charge in line.charges), Decimal(0))


def _charges(invoice: Invoice) -> Decimal:
    if invoice.charges is not None:
        return invoice.charges
    return sum((charge.amount for charge in invoice.charge_lines), Decimal(0))


def _tax(invoice: Invoice) -> Decimal | None:
    """Return the tax; nothing where the invoice names none, None where it names a rate only."""
    if invoice.tax is None:
        return None if invoice.tax_percent else Decimal(0)
    return invoice.tax
