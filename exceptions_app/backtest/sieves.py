"""Which order lines a changed tolerance can judge otherwise, by the columns beside their positions.

A sieve lets through every line on which anything could be otherwise at any moment, and as few others as it
can. It knows nothing of orders that were changed, nor of what people said of documents: those are looked at
in any case (`reach`).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce
from operator import and_, or_

from django.db.models import DecimalField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import LessThanOrEqual

from exceptions_app.backtest.rules import Changed
from exceptions_app.detection.types import price_mismatch, quantity_short
from exceptions_app.policies.lookup import tolerance_of
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.policies.rows import Rows
from exceptions_app.policies.values import Direction, LimitState, Tolerance, ToleranceMode

EXACT: DecimalField = DecimalField(max_digits=60, decimal_places=20)
#: With more tolerances than this of one type, lines are not told apart by how much their prices differ.
MOST_TOLERANCES = 20
EVERY_LINE, NO_LINE = Q(pk__isnull=False), Q(pk__in=[])


def sieve_of(changed: Iterable[Changed], live: Rows, tried: Rows) -> Q | None:
    """Return the sieve for what changed; None where it is more than tolerances of types that have one."""
    codes = {each.row.type_code if isinstance(each.row, ToleranceRow) else "" for each in changed}
    if not codes <= SIEVES.keys():
        return None
    return reduce(or_, (SIEVES[code]((*live.tolerances, *tried.tolerances)) for code in codes), NO_LINE)


def _other_prices(rows: Iterable[ToleranceRow]) -> Q:
    """Return which lines were answered at a price that one of the tolerances allows and another does not."""
    known = [row for row in rows if row.type_code == price_mismatch.PriceMismatch.code]
    told_apart = Q(price_gap=None)
    for direction in Direction:
        of_direction = {_plain(tolerance_of(row)) for row in known if row.direction == direction}
        told_apart |= _told_apart(of_direction | {price_mismatch.DEFAULT}, direction)
    return Q(has_other_price=True) & told_apart


def _told_apart(tolerances: set[Tolerance], direction: Direction) -> Q:
    """Return the lines whose price is off in a direction by what not all tolerances judge alike.

    The more pieces a difference is counted on, the larger it is. An answer is read for no fewer pieces than
    are ordered, where it repeats them; for more where it may be about what is still open, besides what came.
    """
    sign = 1 if direction is Direction.OVER else -1
    of_direction = Q(price_gap__gt=0) if direction is Direction.OVER else Q(price_gap__lt=0)
    if len(tolerances) > MOST_TOLERANCES:
        return of_direction
    allowed = [_allows(tolerance, sign) for tolerance in tolerances]
    is_total = ~Q(order__supplier__profile__answers_total_quantity=False)
    all_allow, none_allows = reduce(and_, allowed) & is_total, ~reduce(or_, allowed)
    return of_direction & ~all_allow & ~none_allows


def _allows(tolerance: Tolerance, sign: int) -> Q:
    """Return the lines whose difference, on all that is ordered, a tolerance allows (`Tolerance.allows`)."""
    gap = F("price_gap") * Value(Decimal(sign), EXACT)
    checks = []
    if tolerance.percent.state is not LimitState.UNCHECKED:
        height = tolerance.percent.height
        checks.append(
            _is_at_most(
                gap * Decimal(100) * F("price_per"), F("price") * F("quantity") * Value(height, EXACT)
            )
        )
    if tolerance.amount.state is not LimitState.UNCHECKED:
        checks.append(_is_at_most(gap, Value(tolerance.amount.height, EXACT)))
    together = or_ if tolerance.mode is ToleranceMode.EITHER else and_
    allowed = reduce(together, checks) if checks else EVERY_LINE
    if tolerance.cap.state is LimitState.UNCHECKED:
        return allowed
    return allowed & _is_at_most(gap, Value(tolerance.cap.height, EXACT))


def _is_at_most(one: object, other: object) -> Q:
    return Q(LessThanOrEqual(ExpressionWrapper(one, EXACT), ExpressionWrapper(other, EXACT)))


def _plain(tolerance: Tolerance) -> Tolerance:
    """Return a tolerance without which row it is from: the same limits are looked at once."""
    return Tolerance(
        percent=tolerance.percent, amount=tolerance.amount, cap=tolerance.cap, mode=tolerance.mode
    )


#: By the code of a type: the sieve of its tolerances, given every row there is under either rules.
SIEVES: dict[str, Callable[[Iterable[ToleranceRow]], Q]] = {
    price_mismatch.PriceMismatch.code: _other_prices,
    quantity_short.QuantityShort.code: lambda rows: Q(may_offer_less=True),
}
