"""A final ship notice leaves the line below what was confirmed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import ZERO, Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import goods, how_much
from exceptions_app.deviation import Deviation


class ShipNoticeShort(BucketType):
    """Quantity that was to come, left out of a ship notice that says nothing more comes."""

    code = "ship_notice_short"
    label = "Ship notice short"
    family = Family.SHIPMENT
    bucket = Bucket.LEFT_OUT
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.WAREHOUSE, TeamCode.PLANNING)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("split", "reduce_line", "cancel_remainder", "source_elsewhere")
    is_live = True
    quantity_tolerance = ZERO
    heals_by = (
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.MISSING_QUANTITY, Inquiry.SHIP_NOTICE)

    def whole(self, line: LineView) -> Decimal:
        """Return what was confirmed."""
        return line.confirmed

    def since(self, line: LineView, pieces: list[Piece]) -> datetime | None:
        """Return when the supplier said that no more comes."""
        return line.buckets.goods.final_at

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is offered, shipped and received."""
        return {**super().actual(line, pieces), **goods(line)}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 2 EA left out of the final shipment."""
        return f"{how_much(deviation)} left out of the final shipment"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a final notice that is short, one that is not final, and a new answer after it."""
        ordered, now = world.order((120, "2026-12-08")), world.at("2026-12-04 12:00")
        confirmed = world.answer((120, "2026-12-08"))
        final = world.ship_notice(118, said="2026-12-04 09:00", final=True)
        later = world.answer((120, "2026-12-08"), said="2026-12-04 10:00")
        agreed_short = world.answer((118, "2026-12-08"))
        return [
            Example("2 are left out", world.snapshot(ordered, confirmed, final), now, ({"quantity": 2},)),
            Example(
                "not final, so the rest is still to come",
                world.snapshot(ordered, confirmed, world.ship_notice(118, said="2026-12-04 09:00")),
                now,
                (),
            ),
            Example("promised anew after it", world.snapshot(ordered, confirmed, final, later), now, ()),
            Example(
                "never offered, which is another problem",
                world.snapshot(ordered, agreed_short, final),
                now,
                (),
            ),
        ]
