"""The carrier reports that something happened to the goods on their way."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import ShipmentEvent, StatusEvent
from erp_connectors.documents.position import StatusFact
from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much
from exceptions_app.deviation import Deviation

TROUBLE = {
    ShipmentEvent.REFUSED: "refused",
    ShipmentEvent.DAMAGED: "damaged",
    ShipmentEvent.LOST: "lost",
    ShipmentEvent.CUSTOMS_HOLD: "held by customs",
    ShipmentEvent.FAILED_ATTEMPT: "not delivered on an attempt",
    ShipmentEvent.RETURNED: "on their way back",
}


class CarrierException(LineType):
    """Goods the carrier reports as refused, damaged, lost, held or not delivered, until they are here."""

    code = "carrier_exception"
    label = "Carrier exception"
    family = Family.SHIPMENT
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(2, 8)
    resolutions = ("redeliver", "reorder", "claim")
    is_live = True
    stakes = frozenset({Stake.DOUBT})
    heals_by = (Healing.DELIVERED, Healing.RECEIVED, Healing.SHIPPED, Healing.CANCELLED)
    inquiries = (Inquiry.CLAIM, Inquiry.NEW_DATE)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield every shipment of the line with which something is wrong."""
        if line.is_cancelled:
            return
        for status in line.position.statuses:
            trouble = _trouble(status)
            quantity = self._quantity(line, status, trouble[-1]) if trouble else NOTHING
            if quantity <= 0:
                continue
            newest = trouble[-1]
            yield self.deviation(
                line,
                key=self.key(line.number, status.shipment),
                quantity=line.counter.in_order_unit(quantity),
                amount=line.amount(quantity),
                since=trouble[0].at,
                actual={
                    "shipment": status.shipment,
                    "carrier": status.carrier,
                    "tracking": status.tracking,
                    "event": newest.kind.value,
                    "reason": newest.reason,
                    "place": newest.place,
                    "unit": line.unit,
                },
            )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return what the order line waits for."""
        return {"quantity": str(line.ordered), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA lost on the way (1Z999)."""
        words = TROUBLE[ShipmentEvent(deviation.actual["event"])]
        return f"{how_much(deviation)} {words} on the way ({deviation.actual['shipment']})"

    def _quantity(self, line: LineView, status: StatusFact, event: StatusEvent) -> Decimal:
        """Return how much is concerned and not here yet: what the carrier says, else what is under way."""
        goods = line.buckets.goods
        if status.notices:
            of_it = [shipment for shipment in goods.shipments if shipment.notice in status.notices]
            waiting = sum((shipment.outstanding for shipment in of_it), NOTHING)
        else:
            waiting = max(line.buckets.ordered - goods.received, NOTHING)
        if event.quantity is None or not line.counter.knows(event.quantity.unit):
            return waiting
        return min(line.counter.count(event.quantity), waiting)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return goods lost, held, delivered or received after all, a part, and ones without a notice."""
        ordered = world.order((100, "2026-12-02"))
        confirmed = world.answer((100, "2026-12-02"), said="2026-11-20 10:00")
        sent = world.ship_notice(60, said="2026-11-30 10:00", shipped_on="2026-11-30")
        known, now = (ordered, confirmed, sent), world.at("2026-12-01 12:00")

        def said(*events: tuple[ShipmentEvent, str], notice: str | None = "ASN-1") -> Any:
            return world.status(*(kind for kind, _ in events), when=[at for _, at in events], notice=notice)

        lost = said((ShipmentEvent.LOST, "2026-12-01 09:00"))
        held = said(
            (ShipmentEvent.CUSTOMS_HOLD, "2026-12-01 08:00"), (ShipmentEvent.IN_TRANSIT, "2026-12-01 09:00")
        )
        there = said(
            (ShipmentEvent.FAILED_ATTEMPT, "2026-12-01 08:00"), (ShipmentEvent.DELIVERED, "2026-12-01 11:00")
        )
        fine = said(
            (ShipmentEvent.PICKED_UP, "2026-12-01 08:00"), (ShipmentEvent.DELAYED, "2026-12-01 09:00")
        )
        of_order = said((ShipmentEvent.REFUSED, "2026-12-01 09:00"), notice=None)
        part = world.status(ShipmentEvent.DAMAGED, when="2026-12-01 09:00", notice="ASN-1", quantity=5)
        since = world.at("2026-12-01 08:00")
        return [
            Example("lost", world.snapshot(*known, lost), now, ({"quantity": 60},)),
            Example("moving again is not here yet", world.snapshot(*known, held), now, ({"since": since},)),
            Example("delivered at last", world.snapshot(*known, there), now, ()),
            Example("late, which is another problem", world.snapshot(*known, fine), now, ()),
            Example("a part is damaged", world.snapshot(*known, part), now, ({"quantity": 5},)),
            Example(
                "the carrier names the order only",
                world.snapshot(ordered, confirmed, of_order),
                now,
                ({"quantity": 100},),
            ),
            Example(
                "it was received all the same",
                world.snapshot(*known, lost, world.receipt(60, on="2026-12-01", notice="ASN-1")),
                now,
                (),
            ),
        ]


def _trouble(status: StatusFact) -> list[StatusEvent]:
    """Return what went wrong since the goods were last delivered, the oldest first."""
    delivered = [index for index, event in enumerate(status.events) if event.kind is ShipmentEvent.DELIVERED]
    since = status.events[delivered[-1] + 1 :] if delivered else status.events
    return [event for event in since if event.kind in TROUBLE]
