"""The supplier answered, but left something open: on hold, price pending, or the date unknown."""

from erp_connectors.canonical.documents import LineAnswer, OfferedPart
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.words import how_much
from exceptions_app.deviation import Deviation


class AnswerIncomplete(BucketType):
    """Quantity that is answered without being promised."""

    code = "answer_incomplete"
    label = "Answer incomplete"
    bucket = Bucket.INCOMPLETE
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(4, 16)
    resolutions = ("wait_until",)
    is_live = True
    heals_by = (
        Healing.ANSWERED,
        Healing.ERP_CHANGED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.CONFIRMATION, Inquiry.NEW_DATE, Inquiry.PRICE)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA answered, but left open."""
        return f"{how_much(deviation)} answered, but left open"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a line on hold, a part without a date, a pending price, and a complete answer."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-11-24 10:01")
        held = world.answer(words=(LineAnswer.HELD,), is_unreadable=True)
        undated = world.answer((82, "2026-12-02"), words=(LineAnswer.BACKORDERED,))
        open_part = world.answer(
            offered=(
                OfferedPart(world.amount(82)),
                OfferedPart(world.amount(18), firm=False),
            )
        )
        pending = world.answer((100, "2026-12-02"), words=(LineAnswer.PRICE_PENDING,))
        return [
            Example("on hold", world.snapshot(ordered, held), now, ({"quantity": 100},)),
            Example("a part without a date", world.snapshot(ordered, open_part), now, ({"quantity": 18},)),
            Example("price pending", world.snapshot(ordered, pending), now, ({"quantity": 100},)),
            Example("a firm part is complete", world.snapshot(ordered, undated), now, ()),
        ]
