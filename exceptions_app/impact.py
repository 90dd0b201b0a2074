"""What a case costs and whom it hurts: its money, the customer orders it leaves uncovered, its severity.

Until the expected loss is computed, the money short stands for it (`severity`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exceptions_app.cases.lines import deviation_of
from exceptions_app.cases.models import CaseLine, Severity
from exceptions_app.detection.load import LoadedOrder
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import OrderView
from exceptions_app.deviation import Deviation
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.facts import facts_of
from exceptions_app.severity import severity_of
from exceptions_app.shortfalls import ItemShortfalls, shortfalls_of

#: A queue sorts by severity first, then by money: no amount outweighs a band.
BAND = Decimal(10) ** 12
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a case is about in one line, what it costs, whom it hurts, how bad that is, and the routing facts.

    `amount` is in the company's currency, None when a part of it is unknown. `uncovered` None: nobody can
    tell (`shortfalls_of`).
    """

    headline: str
    amount: Decimal | None
    severity: Severity
    uncovered: tuple[ItemShortfalls, ...] | None
    facts: Mapping[str, Any]


def assess(
    kind: ExceptionType,
    lines: Sequence[CaseLine],
    *,
    loaded: LoadedOrder,
    view: OrderView,
    policies: Policies,
) -> Impact:
    """Return the impact of the open lines (at least one) of a case of an order, as the order is in `view`."""
    deviations = [deviation_of(line) for line in lines]
    amount = amount_of(deviations, loaded.order.company_id, policies)
    short: tuple[ItemShortfalls, ...] | None = ()
    if kind.told_plus:
        short = shortfalls_of(lines, loaded=loaded, view=view, policies=policies)
    classes = {each.need.customer_class for item in short or () for each in item.shortfalls}
    severity = Severity(severity_of(amount or Decimal(0), policies.bands(loaded.order.company_id)))
    if "A" in classes:
        severity = max(severity, Severity.HIGH)
    facts = _facts(kind, lines, loaded, policies) | {
        "severity": int(severity),
        "amount": amount,
        "customer_class": min(filter(None, classes), default=None),
    }
    return Impact(
        headline=headline_of(kind, deviations), amount=amount, severity=severity, uncovered=short, facts=facts
    )


def priority_of(severity: Severity | int, amount: Decimal | None) -> Decimal:
    """Return what a queue sorts by, highest first: the severity, then the money."""
    return BAND * int(severity) + (amount or Decimal(0))


def amount_of(deviations: Iterable[Deviation], company_id: int, policies: Policies) -> Decimal | None:
    """Return the money deviations name, in the company's currency; None when a part of it is unknown."""
    total = Decimal(0)
    for deviation in deviations:
        amount = policies.in_company_currency(deviation.amount, deviation.currency, company_id)
        if amount is None:
            return None
        total += amount
    return total.quantize(CENT)


def headline_of(kind: ExceptionType, deviations: Sequence[Deviation]) -> str:
    """Return the worst line in the words of its type, and how many more there are."""
    words = kind.headline(max(deviations, key=lambda deviation: deviation.amount or Decimal(0)))
    more = len(deviations) - 1
    return f"{words}, and {more} more {'line' if more == 1 else 'lines'}" if more else words


def _facts(
    kind: ExceptionType, lines: Sequence[CaseLine], loaded: LoadedOrder, policies: Policies
) -> dict[str, Any]:
    """Return what the routing may ask for (`routing.facts`), of all lines together."""
    order = loaded.order
    return facts_of(
        kind,
        lines,
        company=order.company,
        today=policies.of(order.company_id).today,
        supplier=order.supplier,
        buyer=order.buyer or order.supplier.buyer,
        connection=order.connection.code,
        order_lines=loaded.lines,
    )
