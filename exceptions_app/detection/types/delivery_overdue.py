"""The promised day has passed, and the goods are not here."""

from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.deadlines import ONE_BUSINESS_DAY
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import days, how_much
from exceptions_app.deviation import Deviation


class DeliveryOverdue(BucketType):
    """Quantity promised or agreed for a day that has passed by more than the tolerance, and not received.

    Goods that left late, or whose stated arrival is late, are a delayed shipment instead.
    """

    code = "delivery_overdue"
    label = "Delivery overdue"
    family = Family.SHIPMENT
    bucket = Bucket.OVERDUE
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.WAREHOUSE, TeamCode.PLANNING)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("new_date", "expedite", "cancel_remainder")
    is_live = True
    day_tolerance = ONE_BUSINESS_DAY
    heals_by = (
        Healing.RECEIVED,
        Healing.SHIPPED,
        Healing.CANCELLED,
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
    )
    inquiries = (Inquiry.NEW_DATE, Inquiry.SHIP_NOTICE)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return the days promised for what is not here."""
        return {"promised": days(pieces), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA promised for 2026-12-01 not received."""
        return f"{how_much(deviation)} promised for {', '.join(deviation.actual['promised'])} not received"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a delivery on the last tolerated day, after it, under way, partly here, and left late."""
        ordered = world.order((100, "2026-12-01"))
        confirmed = world.answer((100, "2026-12-01"))
        waiting = world.snapshot(ordered, confirmed)
        in_time = world.ship_notice(100, said="2026-11-27 12:00", shipped_on="2026-11-27")
        left_late = world.ship_notice(100, said="2026-12-03 12:00", shipped_on="2026-12-03")
        with_eta = world.ship_notice(100, said="2026-12-03 12:00", expected_on="2026-12-09")
        after = world.at("2026-12-02 17:01")
        return [
            Example("a day is tolerated, to its close", waiting, world.at("2026-12-02 17:00"), ()),
            Example("right after", waiting, after, ({"quantity": 100},)),
            Example(
                "under way, but not here",
                world.snapshot(ordered, confirmed, in_time),
                after,
                ({"quantity": 100},),
            ),
            Example(
                "left late, due after its transit",
                world.snapshot(ordered, confirmed, left_late),
                world.at("2026-12-07 12:00"),
                (),
            ),
            Example(
                "left late and lost",
                world.snapshot(ordered, confirmed, left_late),
                world.at("2026-12-08 17:01"),
                ({"quantity": 100},),
            ),
            Example(
                "stated to arrive late, which is another problem",
                world.snapshot(ordered, confirmed, with_eta),
                world.at("2026-12-08 17:01"),
                (),
            ),
            Example(
                "60 are here",
                world.snapshot(ordered, confirmed, world.receipt(60, on="2026-12-01")),
                after,
                ({"quantity": 40},),
            ),
        ]
