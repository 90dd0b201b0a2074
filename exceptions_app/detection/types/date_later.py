"""All of the confirmed quantity comes later than asked for."""

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


class DateLater(BucketType):
    """Confirmed for a day later than the tolerance allows, with no part of the answer in time."""

    code = "date_later"
    label = "Date later"
    bucket = Bucket.LATE
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.PLANNING, TeamCode.WAREHOUSE)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("accept_date", "expedite", "source_elsewhere")
    is_live = True
    day_tolerance = ONE_BUSINESS_DAY
    heals_by = (
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.NEW_DATE,)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is offered, and which parts are late."""
        return {**super().actual(line, pieces), "late": moved_parts(line, pieces)}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA later: 2026-12-16 instead of 2026-12-02."""
        late = deviation.actual["late"][-1]
        return f"{how_much(deviation)} later: {late['date']} instead of {late['wanted']}"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a late date, one within a day, one in part, and one after the schedule followed."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-11-24 10:01")
        later = world.answer((100, "2026-12-16"))
        moved = world.order((100, "2026-12-16"), said="2026-11-24 10:00", revision=1)
        return [
            Example("two weeks later", world.snapshot(ordered, later), now, ({"quantity": 100},)),
            Example(
                "a day later is tolerated",
                world.snapshot(ordered, world.answer((100, "2026-12-03"))),
                now,
                (),
            ),
            Example(
                "two days are not", world.snapshot(ordered, world.answer((100, "2026-12-04"))), now, ({},)
            ),
            Example(
                "a part in time makes it a late part",
                world.snapshot(ordered, world.answer((40, "2026-12-02"), (60, "2026-12-16"))),
                now,
                (),
            ),
            Example("the ERP has taken the date", world.snapshot(ordered, later, moved), now, ()),
        ]
