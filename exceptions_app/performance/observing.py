"""Keeps what is observed of a supplier in step with its orders, as they are looked at."""

from collections.abc import Collection, Iterable
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


def note(looked_at: Iterable[tuple[PurchaseOrder, OrderView, Observation]]) -> None:
    """Write what orders show of their suppliers' prices, and have the suppliers looked at where that is new.

    Each order comes as it is seen, and with what was observed on it before.
    """
    seen = ((order, _observed(view), known) for order, view, known in looked_at)
    news = {order: now for order, now, known in seen if now != known}
    if not news:
        return
    PriceObservation.objects.filter(order__in=[order for order, now in news.items() if now is None]).delete()
    PriceObservation.objects.bulk_create(
        [
            PriceObservation(
                order=order,
                supplier=order.supplier,
                said_at=now[0],
                ordered=now[1],
                difference=now[2],
                currency=order.currency,
            )
            for order, now in news.items()
            if now is not None
        ],
        update_conflicts=True,
        unique_fields=["order"],
        update_fields=["supplier", "said_at", "ordered", "difference", "currency"],
    )
    watch.mark(SubjectKind.SUPPLIER, {order.supplier_id for order in news})


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
