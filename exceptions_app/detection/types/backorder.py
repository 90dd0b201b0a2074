"""Part of the answer is in time, and part of it comes later than asked for."""

from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.deadlines import ONE_BUSINESS_DAY
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, moved_parts
from exceptions_app.deviation import Deviation


class Backorder(BucketType):
    """The part of a confirmed quantity that is later than the tolerance allows, while another is in time."""

    code = "backorder"
    label = "Backorder"
    bucket = Bucket.LATE_IN_PART
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.PLANNING,)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("accept_date", "expedite", "cancel_remainder")
    is_live = True
    day_tolerance = ONE_BUSINESS_DAY
    heals_by = (
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.NEW_DATE, Inquiry.MISSING_QUANTITY)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is offered, and which parts are late."""
        return {**super().actual(line, pieces), "late": moved_parts(line, pieces)}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 140 EA on backorder until 2026-12-15."""
        return f"{how_much(deviation)} on backorder until {deviation.actual['late'][-1]['date']}"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the split of scenario 6, before and after its first part, and schedules as curves."""
        ordered, now = world.order((240, "2026-12-01")), world.at("2026-11-24 10:01")
        split = world.answer((100, "2026-12-01"), (140, "2026-12-15"))
        arrived = world.receipt(100, on="2026-12-01")
        weekly = world.order((100, "2026-12-01"), (100, "2026-12-08"), (100, "2026-12-15"))
        lumpy = world.answer((150, "2026-12-01"), (150, "2026-12-15"))
        return [
            Example(
                "140 of 240 come two weeks later", world.snapshot(ordered, split), now, ({"quantity": 140},)
            ),
            Example(
                "the part in time has arrived",
                world.snapshot(ordered, split, arrived),
                world.at("2026-12-01 18:00"),
                ({"quantity": 140},),
            ),
            Example(
                "of 150, 0, 150 for 100 a week 50 are late",
                world.snapshot(weekly, lumpy),
                now,
                ({"quantity": 50},),
            ),
            Example(
                "all of it late is another problem",
                world.snapshot(ordered, world.answer((240, "2026-12-15"))),
                now,
                (),
            ),
        ]
