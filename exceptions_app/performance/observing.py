"""Keeps what is observed of a supplier in step with its orders, as they are looked at."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from erp_connectors.documents.models import PurchaseOrder
from exceptions_app.detection import watch
from exceptions_app.detection.agreements import price_fact
from exceptions_app.detection.prices import as_decimal
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.detection.view import OrderView
from exceptions_app.performance.models import PriceObservation

SIX_PLACES = Decimal("0.000001")


#: When prices were said first, what the lines they are for cost, and the difference; None: none to compare.
Observation = tuple[datetime, Decimal, Decimal] | None


def observed_on(order_ids: Collection[int]) -> dict[int, Observation]:
    """Return what was observed on each order that has anything, in one query."""
    rows = PriceObservation.objects.filter(order__in=order_ids)
    return {
        order: (said_at, ordered, difference)
        for order, said_at, ordered, difference in rows.values_list(
            "order", "said_at", "ordered", "difference"
        )
    }


def note(order: PurchaseOrder, view: OrderView, known: Observation) -> bool:
    """Write what an order shows of its supplier's prices, and have the supplier looked at if that is new."""
    seen = _observed(view)
    if seen == known:
        return False
    if seen is None:
        PriceObservation.objects.filter(order=order).delete()
    else:
        said_at, ordered, difference = seen
        PriceObservation.objects.update_or_create(
            order=order,
            defaults={
                "supplier": order.supplier,
                "said_at": said_at,
                "ordered": ordered,
                "difference": difference,
                "currency": order.currency,
            },
        )
    watch.mark(SubjectKind.SUPPLIER, [order.supplier_id])
    return True


def _observed(view: OrderView) -> Observation:
    """Return when prices were said first, what the lines they are for cost, and the difference.

    A price in another currency, or one whose basis is in doubt, cannot be compared.
    """
    ordered = difference = Fraction(0)
    said: list[datetime] = []
    for line in view.lines:
        prices, fact = line.prices, price_fact(line.line)
        if prices is None or fact is None or prices.has_other_currency or line.is_basis_in_doubt:
            continue
        ordered += prices.ordered_total
        difference += prices.difference
        said.append(fact.first_said_at)
    if ordered <= 0:
        return None
    return (
        min(said),
        as_decimal(ordered).quantize(SIX_PLACES),
        as_decimal(difference).quantize(SIX_PLACES),
    )
