"""More is shipped than is ordered."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, earliest
from exceptions_app.detection.goods import Shipment, is_stopped, surplus_of
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import TWO_PERCENT, Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import goods, how_much
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction


class ShipNoticeOver(LineType):
    """What is under way to a line that is not cancelled exceeds what is still open, beyond tolerance.

    Once a shipment is received and counted, its receipt says whether it was too much.
    """

    code = "ship_notice_over"
    label = "Ship notice over"
    family = Family.SHIPMENT
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(4, 8)
    resolutions = ("raise_line", "refuse_delivery")
    is_live = True
    stakes = frozenset({Stake.TIED_UP})
    heals_by = (Healing.ERP_CHANGED, Healing.SHIPPED, Healing.RECEIVED, Healing.CANCELLED)
    inquiries = (Inquiry.SHIP_NOTICE,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what is shipped beyond the order and the tolerance."""
        if line.is_cancelled:
            return
        coming = [
            (shipment, surplus)
            for shipment, surplus in surplus_of(line.buckets.goods, line.buckets.ordered)
            if self._is_coming(line, shipment)
        ]
        over = sum((surplus for _, surplus in coming), NOTHING)
        beyond = over + max(line.buckets.goods.received - line.buckets.ordered, NOTHING)
        tolerance = line.tolerance(self.code, Direction.OVER, TWO_PERCENT)
        if over > 0 and not tolerance.allows(line.counter.in_order_unit(beyond), line.ordered):
            yield self.deviation(
                line,
                quantity=line.counter.in_order_unit(over),
                amount=line.amount(over),
                since=max(shipment.noticed_at for shipment, _ in coming),
                actual={
                    **goods(line),
                    "notices": sorted(shipment.notice for shipment, _ in coming),
                    "unit": line.unit,
                },
                tolerance_id=tolerance.id,
            )

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the lines with surplus that may have been counted, had we seen the receipts."""
        hidden: dict[str, datetime] = {}
        for line in view.lines:
            for settle in self._settling(line):
                if settle.is_over(view.as_of) and not settle.is_missed(view.as_of):
                    hidden[self.key(line.number)] = settle.seen_until or settle.at
        return hidden

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next shipment with surplus is counted, or a wait ends."""
        settled = [
            settle.at + JUST_AFTER
            for line in view.lines
            for settle in self._settling(line)
            if not settle.is_over(view.as_of)
        ]
        return earliest(*settled, super().next_look(view))

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 20 EA more shipped than ordered."""
        return f"{how_much(deviation)} more shipped than ordered"

    def _is_coming(self, line: LineView, shipment: Shipment) -> bool:
        """Say whether a shipment is not counted yet, and was announced before what nobody can read.

        What the carrier has lost or brings back does not come: that is its own matter.
        """
        if is_stopped(shipment, line.position.statuses):
            return False
        unread_at = line.buckets.goods.unread_receipt_at
        if unread_at is not None and unread_at <= shipment.noticed_at:
            return False
        settle = line.deadlines.settle(shipment)
        return settle is None or not settle.is_missed(line.as_of)

    def _settling(self, line: LineView) -> Iterator[Deadline]:
        for shipment, _ in surplus_of(line.buckets.goods, line.buckets.ordered):
            settle = line.deadlines.settle(shipment)
            if settle is not None:
                yield settle

    @classmethod
    def examples(cls) -> list[Example]:
        """Return shipments beyond the order and within tolerance, cancelled, received and counted."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-12-01 12:00")
        confirmed = world.answer((100, "2026-12-02"), said="2026-11-20 10:00")
        known = (ordered, confirmed)
        more = world.ship_notice(110, said="2026-11-30 10:00", shipped_on="2026-11-30")
        rest = world.ship_notice(60, "ASN-2", said="2026-11-30 12:00", shipped_on="2026-11-30")
        arrived = world.receipt(50, on="2026-11-27")
        booked = world.receipt(110, on="2026-12-01", notice="ASN-1")
        counted = world.receipt(100, on="2026-12-01", notice="ASN-1")
        after = world.at("2026-12-02 17:01")
        return [
            Example(
                "2 % are tolerated",
                world.snapshot(*known, world.ship_notice(102, said="2026-11-30 10:00")),
                now,
                (),
            ),
            Example("10 too many", world.snapshot(*known, more), now, ({"quantity": 10},)),
            Example("the rest is too much", world.snapshot(*known, arrived, rest), now, ({"quantity": 10},)),
            Example("received, which is another problem", world.snapshot(*known, more, booked), after, ()),
            Example(
                "still being counted",
                world.snapshot(*known, more, counted),
                world.at("2026-12-02 17:00"),
                ({"quantity": 10},),
            ),
            Example("as many as ordered were counted", world.snapshot(*known, more, counted), after, ()),
        ]
