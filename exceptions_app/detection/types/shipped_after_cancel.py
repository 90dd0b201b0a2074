"""Goods were announced or booked after the order was cancelled."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import OrderState
from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.goods import goods_until
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import goods, how_much
from exceptions_app.deviation import Deviation


class ShippedAfterCancel(LineType):
    """A ship notice or receipt dated after the cancellation of the order or the line."""

    code = "shipped_after_cancel"
    label = "Shipped after cancellation"
    family = Family.SHIPMENT
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.WAREHOUSE, TeamCode.FINANCE)
    service = ServiceLevel(2, 8)
    resolutions = ("refuse_delivery", "reinstate")
    is_live = True
    stakes = frozenset({Stake.TIED_UP})
    heals_by = (Healing.ERP_CHANGED,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what came after the cancellation."""
        if not line.is_cancelled:
            return
        cancelled_at = line.position.cancelled_at or line.position.order_version.document_time
        came = self._came_after(line, cancelled_at)
        if came > 0:
            yield self.deviation(
                line,
                quantity=line.counter.in_order_unit(came),
                amount=line.amount(came),
                since=cancelled_at,
                actual={**goods(line), "unit": line.unit, "cancelled_at": cancelled_at.isoformat()},
            )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return that nothing is expected."""
        return {"cancelled": line.is_cancelled}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA shipped after cancellation."""
        return f"{how_much(deviation)} shipped after cancellation"

    def _came_after(self, line: LineView, cancelled_at: datetime) -> Decimal:
        """Return what was booked after the cancellation, and what was announced after it and is under way."""
        now = line.buckets.goods
        before = goods_until(line.position, cancelled_at, line.counter, line.snapshot.calendar)
        announced = [shipment.outstanding for shipment in now.shipments if shipment.noticed_at > cancelled_at]
        return now.received - before.received + sum(announced, NOTHING)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return goods announced before and after a cancellation, booked after it, and reinstated."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-12-02 12:00")
        cancelled = world.order(
            (100, "2026-12-02"), said="2026-11-26 10:00", revision=1, state=OrderState.CANCELLED
        )
        early = world.ship_notice(100, said="2026-11-26 09:00")
        late = world.ship_notice(100, said="2026-11-28 09:00")
        booked = world.receipt(100, on="2026-12-01")
        again = world.order((100, "2026-12-02"), said="2026-11-30 10:00", revision=2)
        return [
            Example("announced before", world.snapshot(ordered, cancelled, early), now, ()),
            Example("announced after", world.snapshot(ordered, cancelled, late), now, ({"quantity": 100},)),
            Example(
                "announced and booked after, counted once",
                world.snapshot(ordered, cancelled, late, booked),
                now,
                ({"quantity": 100},),
            ),
            Example("reinstated", world.snapshot(ordered, cancelled, late, again), now, ()),
        ]
