"""A complete answer offers less than is ordered."""

from decimal import Decimal
from typing import Any

from erp_connectors.documents.heard import HeardDocument
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import ZERO, Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, percent
from exceptions_app.deviation import Deviation


class QuantityShort(BucketType):
    """The supplier answered with a quantity, and what is missing to the order is not offered for any day."""

    code = "quantity_short"
    label = "Quantity short"
    bucket = Bucket.NOT_OFFERED
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.PLANNING, TeamCode.WAREHOUSE)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("split", "reduce_line", "cancel_remainder", "source_elsewhere")
    is_live = True
    quantity_tolerance = ZERO
    heals_by = (
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
        Healing.RECEIVED,
        Healing.SHIPPED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.MISSING_QUANTITY,)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is offered, and the missing share of the order."""
        missing = percent(line.quantity(self.bucket), line.ordered)
        return {**super().actual(line, pieces), "missing": missing}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 18 EA short (18.0 %): 82 of 100 offered."""
        return (
            f"{how_much(deviation)} short ({deviation.actual['missing']}): "
            f"{deviation.actual['quantity']} of {deviation.expected['quantity']} offered"
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a shortage, none when all is offered or shipped, and a shortage after a revised answer."""
        ordered = world.order((100, "2026-12-02"))

        def example(title: str, *documents: HeardDocument, **missing: object) -> Example:
            snapshot = world.snapshot(ordered, *documents)
            deviations = ({"line_number": "10", "unit": "EA", **missing},) if missing else ()
            return Example(title, snapshot, world.at("2026-11-24 10:01"), deviations)

        short = world.answer((82, "2026-12-02"))
        return [
            example("82 of 100 are offered", short, quantity=18, amount=Decimal("3283.20")),
            example("all are offered", world.answer((100, "2026-12-02"))),
            example(
                "82 now and 18 later are a late part, not a shortage",
                world.answer((82, "2026-12-02"), (18, "2026-12-16")),
            ),
            example("the newest answer counts", short, world.answer((100, "2026-12-02"), revision=1)),
            example(
                "the rest is rejected, which is another problem",
                world.answer((82, "2026-12-02"), rejected=world.amount(18)),
            ),
            example(
                "more is shipped than was offered",
                short,
                world.ship_notice(95, said="2026-11-24 09:00"),
                quantity=5,
            ),
            example("an answer without a quantity is unknown", world.answer(is_unreadable=True)),
        ]
