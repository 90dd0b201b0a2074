"""The supplier rejects or deletes quantity."""

from erp_connectors.canonical.documents import LineAnswer
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.words import how_much
from exceptions_app.deviation import Deviation


class LineRejected(BucketType):
    """Quantity the newest answer rejects."""

    code = "line_rejected"
    label = "Line rejected"
    bucket = Bucket.REJECTED
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.PLANNING,)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(2, 8)
    resolutions = ("cancel_line", "source_elsewhere")
    is_live = True
    heals_by = (
        Healing.ANSWERED,
        Healing.ERP_CHANGED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.MISSING_QUANTITY,)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA rejected."""
        return f"{how_much(deviation)} rejected"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a line rejected whole, in part, and accepted anew."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-11-24 10:01")
        rejected = world.answer(words=(LineAnswer.REJECTED,))
        in_part = world.answer((82, "2026-12-02"), rejected=world.amount(10))
        anew = world.answer((100, "2026-12-02"), said="2026-11-24 09:59", revision=1)
        return [
            Example("the whole line", world.snapshot(ordered, rejected), now, ({"quantity": 100},)),
            Example("as much as the answer says", world.snapshot(ordered, in_part), now, ({"quantity": 10},)),
            Example(
                "an older answer does not bring it back",
                world.snapshot(ordered, rejected, anew),
                now,
                ({"quantity": 100},),
            ),
            Example(
                "accepted anew",
                world.snapshot(ordered, rejected, world.answer((100, "2026-12-02"), revision=1)),
                now,
                (),
            ),
        ]
