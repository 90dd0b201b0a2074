"""More was received than is ordered."""

from collections.abc import Iterable
from decimal import Decimal

from erp_connectors.canonical.documents import GoodsCondition, InQuestion
from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import TWO_PERCENT, Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import goods, how_much
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction


class ReceiptOver(LineType):
    """The receipts of a line that is not cancelled, less what went back, exceed what it orders.

    What is another item is no more of this one: that it came is its own matter.
    """

    code = "receipt_over"
    label = "Receipt over"
    family = Family.RECEIPT
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(4, 16)
    resolutions = ("raise_line", "return_goods")
    is_live = True
    stakes = frozenset({Stake.TIED_UP})
    heals_by = (Healing.ERP_CHANGED, Healing.RECEIVED, Healing.CANCELLED)
    inquiries = (Inquiry.CLAIM,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what was received beyond the order and the tolerance."""
        goods_here = line.buckets.goods
        wrong = sum((line.wrong(fact) or NOTHING for fact in line.position.receipts), NOTHING)
        # What is wrong is what goes back, as a rule, and counts once.
        over = goods_here.received - max(goods_here.returned, wrong) - line.buckets.ordered
        if over <= 0 or line.is_cancelled:
            return
        quantity = line.counter.in_order_unit(over)
        tolerance = line.tolerance(self.code, Direction.OVER, TWO_PERCENT)
        if not tolerance.allows(quantity, line.ordered):
            yield self.deviation(
                line,
                quantity=quantity,
                amount=line.amount(over),
                since=max(fact.version.document_time for fact in line.position.receipts),
                actual={**goods(line), "unit": line.unit},
                tolerance_id=tolerance.id,
            )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 20 EA more received than ordered."""
        return f"{how_much(deviation)} more received than ordered"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return receipts beyond the order and within tolerance, at two sites, and of an order raised."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-12-02 13:00")
        known = (ordered, world.answer((100, "2026-12-02"), said="2026-11-20 10:00"))
        first = world.receipt(60, on="2026-12-01", warehouse="KASSEL")
        second = world.receipt(43, "GR-2", on="2026-12-02", warehouse="FULDA")
        sent_back = world.receipt(
            43,
            "GR-2",
            on="2026-12-02",
            in_question=(InQuestion(condition=GoodsCondition.RETURNED, quantity=world.amount(3)),),
        )
        raised = world.order((103, "2026-12-02"), said="2026-12-02 12:30", revision=1)
        over = ({"quantity": 3, "amount": Decimal("547.20")},)
        return [
            Example(
                "2 % are tolerated",
                world.snapshot(*known, world.receipt(102, on="2026-12-02")),
                now,
                (),
            ),
            Example("3 % are not, at two sites", world.snapshot(*known, first, second), now, over),
            Example("3 went back", world.snapshot(*known, first, sent_back), now, ()),
            Example(
                "20 of them are another item",
                world.snapshot(*known, first, world.receipt(60, "GR-3", on="2026-12-02", item="GASKET")),
                now,
                (),
            ),
            Example("the order was raised", world.snapshot(*known, first, second, raised), now, ()),
        ]
