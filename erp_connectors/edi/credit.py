"""A credit note as what it gives back, whichever sign its sender writes. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from erp_connectors.canonical.documents import Charge, Invoice, InvoiceLine
from erp_connectors.edi.values import quantity, tidy


def in_positive_numbers(credit: Invoice) -> Invoice:
    """Return a credit note as what it gives back, whether its sender writes that above or below zero."""
    of_lines = -1 if _worth(credit.lines) < 0 else 1
    of_all = of_lines if not credit.total else -1 if credit.total < 0 else 1
    return replace(
        credit,
        lines=tuple([_credited(line, of_lines) for line in credit.lines]),
        charges=_times(credit.charges, of_all),
        tax=_times(credit.tax, of_all),
        total=_times(credit.total, of_all),
        charge_lines=_signed(credit.charge_lines, of_all),
        lines_total=_times(credit.lines_total, of_all),
    )


def _worth(lines: Iterable[InvoiceLine]) -> Decimal:
    """Return whether lines add up to more or less than nothing; one without a price counts its quantity."""
    worth = Decimal(0)
    for line in lines:
        if line.quantity is not None:
            worth += line.quantity.value * (line.price.amount if line.price is not None else 1)
    return worth


def _credited(line: InvoiceLine, sign: int) -> InvoiceLine:
    """Return a line as what it gives back: a positive price, and a quantity of the credit's sign."""
    price, stated, total = line.price, line.quantity, _times(line.amount, sign)
    charges = _signed(line.charges, sign)
    if price is not None and price.amount < 0:
        price, sign = replace(price, amount=-price.amount), -sign
    if stated is not None:
        stated = quantity(stated.value * sign, stated.unit)
    return replace(line, quantity=stated, price=price, amount=total, charges=charges)


def _signed(charges: Iterable[Charge], sign: int) -> tuple[Charge, ...]:
    return tuple([replace(charge, amount=charge.amount * sign) for charge in charges])


def _times(amount: Decimal | None, sign: int) -> Decimal | None:
    return None if amount is None else tidy(amount * sign)
