"""Confirmed quantity has not been announced when its notice was due."""

from decimal import Decimal
from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import ZERO, Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import days, how_much
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Terms


class ShipNoticeMissing(BucketType):
    """Quantity that is promised or agreed, and not announced at the end of business at promised - transit."""

    code = "ship_notice_missing"
    label = "Ship notice missing"
    family = Family.SHIPMENT
    bucket = Bucket.NOTICE_MISSING
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(4, 8)
    resolutions = ("record_shipment", "wait_until")
    is_live = True
    quantity_tolerance = ZERO
    heals_by = (
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
        Healing.ANSWERED,
        Healing.ERP_CHANGED,
    )
    inquiries = (Inquiry.SHIP_NOTICE,)

    def whole(self, line: LineView) -> Decimal:
        """Return what was confirmed."""
        return line.confirmed

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return the days promised for what is not announced."""
        return {"promised": days(pieces), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA promised for 2026-11-27 not announced."""
        return f"{how_much(deviation)} promised for {', '.join(deviation.actual['promised'])} not announced"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the notice of scenario 5 before and after its time, in part, and where none is expected."""
        ordered = world.order((100, "2026-11-27"))
        confirmed = world.answer((100, "2026-11-27"), said="2026-11-20 10:00")
        snapshot = world.snapshot(ordered, confirmed)
        in_part = world.snapshot(ordered, confirmed, world.ship_notice(70, said="2026-11-25 12:00"))
        without = world.snapshot(ordered, confirmed, terms=Terms(expects_ship_notice=False))
        blind = world.snapshot(ordered, confirmed, sight=world.hides("ship_notices", "2026-11-25 16:00"))
        return [
            Example("not yet at 17:00", snapshot, world.at("2026-11-25 17:00"), ()),
            Example("right after", snapshot, world.at("2026-11-25 17:01"), ({"quantity": 100},)),
            Example("a part is announced", in_part, world.at("2026-11-25 17:01"), ({"quantity": 30},)),
            Example("nobody expects one", without, world.at("2026-11-25 17:01"), ()),
            Example("no one has looked since 16:00", blind, world.at("2026-11-25 17:01"), ()),
            Example("once overdue it is another problem", snapshot, world.at("2026-11-30 17:01"), ()),
        ]
