"""The impact of a case as it is kept beside it: plain JSON, decimals as strings. Pure.

What only says when a figure was known makes no other impact of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from exceptions_app.allocation import Share
from exceptions_app.coverage import Shortfall
from exceptions_app.detection.words import plain
from exceptions_app.expected_loss import Input, Loss, Term, rounded

#: Figures are shown with at most so many decimals; they are calculated with more.
SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsAtRisk:
    """What one line misses, in words and figures: its share, and what customers would have paid for it."""

    line: str
    item: str
    description: str
    warehouse: str
    unit: str
    share: Share
    revenue: Input


def kept(loss: Loss, goods: Iterable[GoodsAtRisk], *, currency: str) -> dict[str, Any]:
    """Return the loss with every term and input, what is missing, and the customers it leaves uncovered."""
    listed = list(goods)
    return {
        "expected_loss": str(loss.total),
        "currency": currency,
        "estimated": loss.is_estimated,
        "revenue_at_risk": str(rounded(sum((each.revenue.number for each in listed), Decimal(0)))),
        "criticality": _input(loss.criticality),
        "terms": [_term(term) for term in loss.terms],
        "goods": [_goods(each) for each in listed],
    }


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two impacts say the same, however old their figures are."""
    return bool(_ageless(one) == _ageless(other))


def _ageless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ageless(each) for name, each in value.items() if name != "as_of"}
    return [_ageless(each) for each in value] if isinstance(value, list) else value


def _term(term: Term) -> dict[str, Any]:
    return {
        "code": term.code,
        "amount": str(term.amount),
        "line": term.line,
        "estimated": term.is_estimated,
        "inputs": [_input(each) for each in term.inputs],
    }


def _input(each: Input) -> dict[str, Any]:
    return {
        "code": each.code,
        "value": None if each.value is None else _figure(each.value),
        "unit": each.unit,
        "source": each.source.value,
        "about": each.about,
        "detail": each.detail,
        "as_of": each.as_of.isoformat() if each.as_of else None,
        "estimated": each.is_estimated or each.value is None,
    }


def _goods(goods: GoodsAtRisk) -> dict[str, Any]:
    share = goods.share
    return {
        "line": goods.line,
        "item": goods.item,
        "description": goods.description,
        "warehouse": goods.warehouse,
        "unit": goods.unit,
        "missing": _figure(share.gap.quantity),
        "wanted_on": share.gap.wanted_on.isoformat(),
        "back_on": share.gap.back_on.isoformat(),
        "stockout": _figure(share.out.probability),
        "expected_short": _figure(share.out.units),
        "revenue_at_risk": _input(goods.revenue),
        "inputs": [_input(each) for each in share.cover.inputs],
        "orders": [_order(each) for each in share.orders],
    }


def _order(short: Shortfall) -> dict[str, str]:
    need = short.need
    return {
        "order": need.order_number,
        "line": need.line_number,
        "customer": need.customer,
        "class": need.customer_class,
        "due_on": need.due_on.isoformat(),
        "quantity": plain(need.quantity),
        "short": plain(short.short),
    }


def _figure(value: Decimal) -> str:
    return plain(value.quantize(SMALLEST, rounding=ROUND_HALF_UP))
