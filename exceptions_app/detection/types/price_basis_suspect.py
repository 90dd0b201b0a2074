"""Two prices that differ exactly by a factor people mix up: the basis of one of them is suspect."""

from collections.abc import Iterable
from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.agreements import Aspect, price_fact
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.prices import agreed_price
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import evidence_of, price_words
from exceptions_app.deviation import Deviation, OpenLine


class PriceBasisSuspect(LineType):
    """The confirmed price is exactly 10, 100, 1000 or the pack factor times the order's, or the reverse."""

    code = "price_basis_suspect"
    label = "Price basis suspect"
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(8, 24)
    resolutions = ("set_basis", "treat_as_mismatch")
    is_live = True
    aspect = Aspect.PRICE
    heals_by = (Healing.ERP_CHANGED, Healing.ANSWERED, Healing.CANCELLED)
    inquiries = (Inquiry.PRICE,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield the two prices, without an amount: nobody knows yet what is meant."""
        prices, fact = line.prices, price_fact(line.line)
        if prices is None or fact is None or not prices.has_suspect_basis(line.counter.factors.values()):
            return
        yield self.deviation(
            line,
            quantity=line.counter.in_order_unit(prices.quantity),
            since=fact.version.document_time,
            actual=price_words(fact.price, prices.confirmed.currency, line.unit),
        )

    def healed_by(self, line: OpenLine, view: OrderView) -> Healing:
        """Return what ended it; the basis, where the same answer reads otherwise now."""
        reason = super().healed_by(line, view)
        now = next((each for each in view.lines if each.number == line.line_number), None)
        is_same_answer = now is not None and evidence_of(now)["answer"] == line.evidence.get("answer")
        return Healing.BASIS_SET if reason is Healing.ANSWERED and is_same_answer else reason

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return the order's price for the quantity that is offered."""
        quantity = line.prices.quantity if line.prices else None
        return price_words(agreed_price(line.line, quantity), line.snapshot.currency, line.unit)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 12.5 confirmed, 0.125 ordered: which basis?"""
        return f"{deviation.actual['price']} confirmed, {deviation.expected['price']} ordered: which basis?"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the prices of scenario 4, and a price for a pack."""
        now = world.at("2026-11-24 10:01")
        per_hundred = world.order((1000, "2026-12-02"), cost=world.price("1250.00", per="100"))
        each = world.order((1000, "2026-12-02"), cost=world.price("0.125"))
        stated = world.answer((1000, "2026-12-02"), cost=world.price("12.50"))
        pack = world.answer((1000, "2026-12-02"), cost=world.price("1.50"))
        return [
            Example("1,250.00 per 100 is 12.50 each", world.snapshot(per_hundred, stated), now, ()),
            Example("0.125 and 12.50", world.snapshot(each, stated), now, ({"quantity": 1000},)),
            Example("the price of a pack of 12", world.snapshot(each, pack, packs={"CS": 12}), now, ({},)),
            Example("a factor nobody packs", world.snapshot(each, pack), now, ()),
        ]
