"""The supplier offers more than is ordered."""

from collections.abc import Iterable

from exceptions_app.detection import examples as world
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import ZERO, Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, offered_parts
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction


class QuantityOver(LineType):
    """More is offered than ordered, in an answer that is not older than the quantity the ERP orders now."""

    code = "quantity_over"
    label = "Quantity over"
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(8, 24)
    resolutions = ("raise_line", "hold_to_order")
    is_live = True
    inquiries = (Inquiry.CONFIRMATION,)
    stakes = frozenset({Stake.TIED_UP})

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what is offered beyond the order and the tolerance."""
        offer = line.buckets.offer
        if offer is None or line.is_unwanted:
            return
        said_at = offer.fact.version.document_time
        over = offer.quantity - line.buckets.ordered
        if over <= 0 or said_at < line.position.unchanged_since:
            return
        quantity = line.counter.in_order_unit(over)
        tolerance = line.tolerance(self.code, Direction.OVER, ZERO)
        if not tolerance.allows(quantity, line.ordered):
            yield self.deviation(
                line,
                quantity=quantity,
                amount=line.amount(over),
                since=said_at,
                actual={**offered_parts(line), "unit": line.unit},
                tolerance_id=tolerance.id,
            )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 20 EA more offered than ordered."""
        return f"{how_much(deviation)} more offered than ordered"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return too much offered, as much as ordered, and an order that was cut after the answer."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-11-24 10:01")
        more = world.answer((120, "2026-12-02"))
        cut = world.order((82, "2026-12-02"), said="2026-11-24 10:00", revision=1)
        full = world.answer((100, "2026-12-02"), said="2026-11-23 10:00")
        return [
            Example("20 more", world.snapshot(ordered, more), now, ({"quantity": 20},)),
            Example("as ordered", world.snapshot(ordered, full), now, ()),
            Example("the order was cut after the answer", world.snapshot(ordered, full, cut), now, ()),
        ]
