"""The supplier confirms an earlier day than asked for."""

from typing import Any

from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.deadlines import THREE_BUSINESS_DAYS
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, moved_parts
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction


class DateEarlier(BucketType):
    """Confirmed for a day earlier than the tolerance allows, in an answer of which nothing is late.

    What is shipped can no longer be held, and what its notice is missing for is another problem.
    """

    code = "date_earlier"
    label = "Date earlier"
    bucket = Bucket.EARLY
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(8, 24)
    resolutions = ("accept_date", "hold_to_order")
    is_live = True
    day_tolerance = THREE_BUSINESS_DAYS
    direction = Direction.OVER
    heals_by = (
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.NEW_DATE,)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is offered, and which parts are early."""
        return {**super().actual(line, pieces), "early": moved_parts(line, pieces)}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA earlier: 2026-12-02 instead of 2026-12-16."""
        early = deviation.actual["early"][0]
        return f"{how_much(deviation)} earlier: {early['date']} instead of {early['wanted']}"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return an early day, one within tolerance, a part, a late answer, an order put off, and shipped."""
        ordered, now = world.order((100, "2026-12-16")), world.at("2026-11-24 10:01")
        early = world.answer((100, "2026-12-10"))
        in_part = world.answer((40, "2026-12-07"), (60, "2026-12-16"))
        lumpy = world.answer((40, "2026-12-07"), (60, "2026-12-30"))
        put_off = world.order((100, "2026-12-30"), said="2026-11-24 12:00", revision=1)
        early_order = world.order((100, "2026-12-10"), said="2026-11-24 12:00", revision=1)
        shipped = world.ship_notice(100, said="2026-11-25 10:00")
        return [
            Example("four business days earlier", world.snapshot(ordered, early), now, ({"quantity": 100},)),
            Example(
                "three are tolerated", world.snapshot(ordered, world.answer((100, "2026-12-11"))), now, ()
            ),
            Example("a part of it", world.snapshot(ordered, in_part), now, ({"quantity": 40},)),
            Example("another part is late, which says it all", world.snapshot(ordered, lumpy), now, ()),
            Example("the ERP has taken the day", world.snapshot(ordered, early, early_order), now, ()),
            Example(
                "the order was put off after the answer",
                world.snapshot(early_order, early, put_off),
                world.at("2026-11-24 12:01"),
                (),
            ),
            Example(
                "it is on its way",
                world.snapshot(ordered, early, shipped),
                world.at("2026-11-25 10:01"),
                (),
            ),
        ]
