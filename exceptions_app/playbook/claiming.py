"""What resolutions that expect money back have in common. Pure."""

from decimal import ROUND_HALF_UP, Decimal

from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.playbook.inputs import CENT
from exceptions_app.playbook.situation import LineFacts


def worth(line: LineFacts) -> Decimal | None:
    """Return what deviates at the order's price, in the order's currency; None where that is unknown."""
    price = line.values.price
    if line.deviating is None or price is None:
        return None
    try:
        counted = convert(Quantity(line.deviating, line.unit), price.per_unit or line.unit, line.factors)
    except UnitUnknown:
        return None
    return (counted * price.amount / (price.per or Decimal(1))).quantize(CENT, rounding=ROUND_HALF_UP)
