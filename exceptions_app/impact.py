"""What a case costs and whom it hurts: its expected loss, its severity, the customer orders left uncovered.

The loss is that of ASSIST, section 4: which terms apply is what its type says is at stake. Nothing here is
asked of a database but what `Surroundings` reads.
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
from exceptions_app.expected_loss import NOTHING, Loss, rounded
from exceptions_app.impact_record import kept
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.routing.facts import facts_of
from exceptions_app.severity import Severity as Band
from exceptions_app.severity import severity_of
from exceptions_app.shortfalls import ItemShortfalls, Nearby, Surroundings
from exceptions_app.weighing import Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a case is about in one line, what it costs, whom it hurts, how bad that is, and the routing facts.

    `amount` is what the lines are worth, None when a part of it is unknown; `expected_loss` what is lost on
    average, both in the company's currency. `record` is the loss with every term (`impact_record`).
    `uncovered` None: nobody can tell (`Surroundings`).
    """

    headline: str
    amount: Decimal | None
    expected_loss: Decimal
    severity: Severity
    uncovered: tuple[ItemShortfalls, ...] | None
    facts: Mapping[str, Any]
    record: dict[str, Any]


def assess(
    kind: ExceptionType,
    lines: Sequence[CaseLine],
    *,
    loaded: LoadedOrder,
    view: OrderView,
    policies: Policies,
    around: Surroundings | None = None,
) -> Impact:
    """Return the impact of the open lines (at least one) of a case of an order, as the order is in `view`.

    `around` is what is around all open cases of the order, and of others; None: there are none but this one.
    """
    deviations = [deviation_of(line) for line in lines]
    around = around or Surroundings([(loaded, view, deviations)], Nearby(policies))
    order, seen = loaded.order, {line.number: line for line in view.lines}
    whole = LineScope(company_id=order.company_id, supplier_id=order.supplier_id)
    weighed = [
        Weighed(
            kind=kind,
            deviation=deviation,
            company_id=order.company_id,
            policies=policies,
            figures=policies.figures(loaded.scopes.get(deviation.line_number or "", whole)),
            row=loaded.lines.get(deviation.line_number or ""),
            line=seen.get(deviation.line_number or ""),
            share=around.share(order.pk, deviation.key),
        )
        for deviation in deviations
    ]
    keys = [deviation.key for deviation in deviations]
    uncovered = around.uncovered(order.pk, keys) if kind.told_plus else ()
    facts = facts_of(
        kind,
        lines,
        company=order.company,
        today=policies.of(order.company_id).today,
        supplier=order.supplier,
        buyer=order.buyer or order.supplier.buyer,
        connection=order.connection.code,
        order_lines=loaded.lines,
    )
    return impact_of(kind, weighed, uncovered=uncovered, facts=facts)


def impact_of(
    kind: ExceptionType,
    weighed: Sequence[Weighed],
    *,
    uncovered: tuple[ItemShortfalls, ...] | None,
    facts: Mapping[str, Any],
) -> Impact:
    """Return the impact of what is weighed (at least one deviation) of a case.

    `facts` are what the routing may ask of it, but for money and severity.
    """
    first = weighed[0]
    loss = Loss(
        terms=(*(term for each in weighed for term in each.terms()), first.handling()),
        criticality=max((each.criticality() for each in weighed), key=lambda figure: figure.number),
    )
    amount = _amount(weighed)
    classes = {short.need.customer_class for item in uncovered or () for short in item.shortfalls}
    classes |= {short.need.customer_class for each in weighed for short in each.shortfalls}
    floor = max(kind.severity_floor, Band.HIGH if "A" in classes else Band.LOW)
    severity = Severity(severity_of(loss.total, first.policies.bands(first.company_id), floor))
    return Impact(
        headline=_headline(kind, [each.deviation for each in weighed]),
        amount=amount,
        expected_loss=loss.total,
        severity=severity,
        uncovered=uncovered,
        facts={
            **facts,
            "severity": int(severity),
            "amount": amount,
            "expected_loss": loss.total,
            "customer_class": min(filter(None, classes), default=None),
        },
        record=kept(loss, [goods for each in weighed if (goods := each.goods())], currency=first.currency),
    )


def _amount(weighed: Iterable[Weighed]) -> Decimal | None:
    total = NOTHING
    for each in weighed:
        amount = each.in_company_currency(each.deviation.amount, each.deviation.currency)
        if amount is None:
            return None
        total += amount
    return rounded(total)


def _headline(kind: ExceptionType, deviations: Sequence[Deviation]) -> str:
    """Return the worst line in the words of its type, and how many more there are."""
    words = kind.headline(max(deviations, key=lambda deviation: deviation.amount or NOTHING))
    more = len(deviations) - 1
    return f"{words}, and {more} more {'line' if more == 1 else 'lines'}" if more else words
