"""Reads the situation of a case from the database, for the resolutions to look at."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.values import Quantity
from erp_connectors.documents.models import Item, OrderLine
from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.units import UnitUnknown, convert
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.playbook.situation import LineFacts, Situation
from exceptions_app.policies import lookup


def situation_of(case: Case, *, as_of: datetime, person: str, lines: Iterable[CaseLine]) -> Situation:
    """Return the situation of `lines` of a case as the mirror has them at `as_of`.

    Raises ConfigurationError where the company has no policy.
    """
    policies = lookup.load([case.company_id], as_of).of(case.company_id)
    facts = tuple(_facts(line) for line in lines if line.order_line is not None)
    return Situation(
        case_number=case.number,
        order_number=case.order.number if case.order else "",
        order_currency=case.order.currency if case.order else case.company.currency,
        company_currency=case.company.currency,
        rates=dict(policies.rates),
        lines=facts,
        as_of=as_of,
        today=policies.today,
        person=person,
    )


def position_of(line: OrderLine) -> LinePosition:
    """Return the position of an order line."""
    return from_builtins(line.position, LinePosition)


def values_of(position: LinePosition) -> LineValues:
    """Return the values of an order line that a command may change, as the ERP has them."""
    line = position.line
    return LineValues(
        quantity=line.quantity, schedule=line.schedule, price=line.price, cancelled=line.cancelled
    )


def _facts(case_line: CaseLine) -> LineFacts:
    order_line = case_line.order_line
    assert order_line is not None
    position = position_of(order_line)
    factors = _factors(order_line.item)
    return LineFacts(
        case_line_id=case_line.pk,
        number=order_line.number,
        values=values_of(position),
        deviating=case_line.quantity,
        offered=position.answer.offered if position.answer else None,
        delivered=_delivered(position, factors),
        factors=factors,
    )


def _factors(item: Item | None) -> dict[str, Decimal]:
    if item is None:
        return {}
    return {item.base_unit: Decimal(1)} | {pack.unit: pack.factor for pack in item.packs.all()}


def _delivered(position: LinePosition, factors: Mapping[str, Decimal]) -> Decimal:
    unit = position.line.quantity.unit
    shipped = (shipment.shipped for shipment in position.shipments)
    received = (receipt.received for receipt in position.receipts)
    return max(_total(shipped, unit, factors), _total(received, unit, factors))


def _total(quantities: Iterable[Quantity | None], unit: str, factors: Mapping[str, Decimal]) -> Decimal:
    """Return the sum of what is known; what cannot be converted is its own exception, not ours to judge."""
    total = Decimal(0)
    for quantity in quantities:
        try:
            total += convert(quantity, unit, factors) if quantity is not None else Decimal(0)
        except UnitUnknown:
            continue
    return total
