"""The supplier confirms another price than the order has."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.agreements import Aspect, price_fact
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.prices import CENT, Comparison, agreed_price, as_decimal
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import dearer, plain, price_words
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Limit, LimitState, Tolerance

DEFAULT = Tolerance(
    percent=Limit(LimitState.VALUE, Decimal(1)),
    amount=Limit(LimitState.VALUE, Decimal(25)),
    cap=Limit(LimitState.VALUE, Decimal(250)),
)


class PriceMismatch(LineType):
    """The newest stated net price differs from the order's, after basis, unit and currency.

    Another currency is a mismatch whatever the rate. The tolerance is on the money of the whole line, and the
    order's price is the one for the quantity that is offered.
    """

    code = "price_mismatch"
    label = "Price mismatch"
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.FINANCE,)
    service = ServiceLevel(4, 24)
    resolutions = ("accept_price", "accept_price_once")
    is_live = True
    aspect = Aspect.PRICE
    heals_by = (Healing.ERP_CHANGED, Healing.ANSWERED, Healing.CANCELLED)
    inquiries = (Inquiry.PRICE,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield the difference of the line beyond tolerance, unless the basis of the price is in doubt."""
        prices = line.prices
        if prices is None or line.is_basis_in_doubt:
            return
        if prices.has_other_currency:
            yield self._deviation(line, prices, {"reason": "currency"}, None)
            return
        difference = as_decimal(prices.difference)
        whole = as_decimal(prices.ordered_total)
        direction = Direction.OVER if difference > 0 else Direction.UNDER
        tolerance = line.tolerance(self.code, direction, DEFAULT)
        if difference and not tolerance.allows(abs(difference), whole):
            words = {"difference": plain(difference.quantize(CENT)), "percent": dearer(difference, whole)}
            yield self._deviation(line, prices, words, tolerance.id, abs(difference).quantize(CENT))

    def _deviation(
        self,
        line: LineView,
        prices: Comparison,
        words: dict[str, str],
        tolerance_id: int | None,
        money: Decimal | None = None,
    ) -> Deviation:
        fact = price_fact(line.line)
        stated = price_words(fact.price if fact else None, prices.confirmed.currency, line.unit)
        return self.deviation(
            line,
            quantity=line.counter.in_order_unit(prices.quantity),
            amount=money,
            since=fact.version.document_time if fact else None,
            actual=stated | words,
            tolerance_id=tolerance_id,
        )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return the order's price for the quantity that is offered."""
        quantity = line.prices.quantity if line.prices else None
        return price_words(agreed_price(line.line, quantity), line.snapshot.currency, line.unit)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)."""
        actual, expected = deviation.actual, deviation.expected
        return (
            f"Confirmed at {actual['price']} {actual['currency']}, "
            f"ordered at {expected['price']} {expected['currency']}"
            + (f" ({actual['percent']})" if "percent" in actual else "")
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the price of scenario 3, within and beyond tolerance, other bases and another currency."""
        ordered, now = (
            world.order((1000, "2026-12-02"), cost=world.price("12.50")),
            world.at("2026-11-24 10:01"),
        )

        def example(title: str, cost: str, *found: dict[str, Any], **basis: str) -> Example:
            stated = world.answer((1000, "2026-12-02"), cost=world.price(cost, **basis))
            return Example(title, world.snapshot(ordered, stated), now, found)

        return [
            example("2.72 % dearer", "12.84", {"quantity": 1000, "amount": Decimal("340.00")}),
            example("1 % is tolerated", "12.625"),
            example("a little more than 1 % is not", "12.626", {"amount": Decimal("126.00")}),
            example("the same price for a hundred", "1250.00", per="100"),
            example("cheaper is a mismatch too", "12.00", {"amount": Decimal("500.00")}),
            example("another currency", "12.50", {"quantity": 1000, "amount": None}, currency="USD"),
            example("a hundred times is a suspect basis", "1250.00"),
        ]
