"""The supplier has not answered by the time it owes an answer."""

from typing import Any

from erp_connectors.canonical.documents import OrderState, Unmentioned
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much
from exceptions_app.deviation import Deviation


class ConfirmationLate(BucketType):
    """Quantity that nobody has answered, shipped, received or cancelled when its answer was due."""

    code = "confirmation_late"
    label = "Confirmation late"
    bucket = Bucket.ANSWER_LATE
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(4, 16)
    resolutions = ("confirm_on_behalf", "wait_until")
    is_live = True
    heals_by = (
        Healing.ANSWERED,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.CANCELLED,
        Healing.ERP_CHANGED,
    )
    inquiries = (Inquiry.CONFIRMATION,)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return when the answer was due, and that there is none."""
        deadline = line.deadlines.answer()
        return {"due": deadline.at.isoformat() if deadline else None, "quantity": None, "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA not confirmed."""
        return f"{how_much(deviation)} not confirmed"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return the order of scenario 2 before and after its due time, seen and unseen, answered and not."""
        ordered = world.order((100, "2026-12-02"))
        unanswered = world.snapshot(ordered)
        late = ({"line_number": "10", "quantity": 100, "unit": "EA", "since": world.at("2026-11-23 16:00")},)
        blind = world.snapshot(ordered, sight=world.hides("confirmations", "2026-11-23 15:30"))
        accepted = world.answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-20 10:00")
        cancelled = world.order((100, "2026-12-02"), said="2026-11-20 09:00", state=OrderState.CANCELLED)
        shipped = world.ship_notice(60, said="2026-11-23 12:00")
        return [
            Example("not yet at its due time", unanswered, world.at("2026-11-23 16:00"), ()),
            Example("right after its due time", unanswered, world.at("2026-11-23 16:01"), late),
            Example("no one has looked since 15:30", blind, world.at("2026-11-23 18:00"), ()),
            Example(
                "an accepted header answers every line",
                world.snapshot(ordered, accepted),
                world.at("2026-11-24 08:00"),
                (),
            ),
            Example(
                "a cancelled order needs no answer",
                world.snapshot(ordered, cancelled),
                world.at("2026-11-24 08:00"),
                (),
            ),
            Example(
                "what is shipped needs no answer, the rest does",
                world.snapshot(ordered, shipped),
                world.at("2026-11-24 08:00"),
                ({"quantity": 40},),
            ),
        ]
