"""Goods on their way are stated to arrive later than they were promised."""

from typing import Any

from erp_connectors.canonical.documents import ShipmentEvent
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.deadlines import ONE_BUSINESS_DAY
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import arriving_parts, how_much
from exceptions_app.deviation import Deviation


class ShipmentDelayed(BucketType):
    """Quantity under way whose newest stated arrival is after its promised day, beyond tolerance.

    The arrival is what the supplier or the carrier stated, whoever spoke last; it is never derived.
    """

    code = "shipment_delayed"
    label = "Shipment delayed"
    family = Family.SHIPMENT
    bucket = Bucket.DELAYED
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.WAREHOUSE, TeamCode.PLANNING)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("accept_date", "expedite", "inform_customers")
    is_live = True
    day_tolerance = ONE_BUSINESS_DAY
    heals_by = (
        Healing.RECEIVED,
        Healing.SHIPPED,
        Healing.RESTATED,
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.NEW_DATE,)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return which parts are stated to arrive when."""
        return {"late": arriving_parts(line, pieces), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA under way arrive 2026-12-09 instead of 2026-12-02."""
        late = deviation.actual["late"][-1]
        return f"{how_much(deviation)} under way arrive {late['date']} instead of {late['wanted']}"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return arrivals stated by supplier and carrier, in and out of time, and goods without a notice."""
        ordered = world.order((100, "2026-12-02"))
        confirmed = world.answer((100, "2026-12-02"), said="2026-11-20 10:00")
        known, now = (ordered, confirmed), world.at("2026-12-01 12:00")
        late = world.ship_notice(100, said="2026-11-30 10:00", expected_on="2026-12-09")
        within = world.ship_notice(100, said="2026-11-30 10:00", expected_on="2026-12-03")
        silent = world.ship_notice(100, said="2026-11-30 10:00")
        slow = world.status(ShipmentEvent.DELAYED, when="2026-12-01 09:00", eta="2026-12-07", notice="ASN-1")
        in_time = world.status(
            ShipmentEvent.IN_TRANSIT, when="2026-12-01 10:00", eta="2026-12-02", notice="ASN-1"
        )
        early_word = world.status(
            ShipmentEvent.IN_TRANSIT, when="2026-11-29 10:00", eta="2026-12-02", notice="ASN-1"
        )
        of_order = world.status(ShipmentEvent.DELAYED, when="2026-12-01 09:00", eta="2026-12-07")
        delivered = world.status(ShipmentEvent.DELIVERED, when="2026-12-01 11:00", notice="ASN-1")
        found = ({"quantity": 100, "since": world.at("2026-11-30 10:00")},)
        by_carrier = ({"quantity": 100, "since": world.at("2026-12-01 09:00")},)
        return [
            Example("the notice says a week later", world.snapshot(*known, late), now, found),
            Example("a day is tolerated", world.snapshot(*known, within), now, ()),
            Example("nothing is stated, and nothing derived", world.snapshot(*known, silent), now, ()),
            Example("the carrier says later", world.snapshot(*known, within, slow), now, by_carrier),
            Example("the carrier spoke last", world.snapshot(*known, late, in_time), now, ()),
            Example("the supplier spoke last", world.snapshot(*known, late, early_word), now, found),
            Example("no notice, but a carrier", world.snapshot(*known, of_order), now, by_carrier),
            Example("delivered in time after all", world.snapshot(*known, late, delivered), now, ()),
            Example(
                "received",
                world.snapshot(*known, late, world.receipt(100, on="2026-12-01")),
                now,
                (),
            ),
        ]
