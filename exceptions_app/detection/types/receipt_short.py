"""Less was received than was shipped, after the shipment had time to be counted."""

from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import InvoiceKind
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.types.base import ZERO, Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import goods, how_much
from exceptions_app.deviation import Deviation


class ReceiptShort(BucketType):
    """Quantity of a partly received shipment that is missing one business day after receipt and notice.

    What a credit note has given back is not missing any more.
    """

    code = "receipt_short"
    label = "Receipt short"
    family = Family.RECEIPT
    bucket = Bucket.NOT_RECEIVED
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT, TeamCode.FINANCE)
    service = ServiceLevel(4, 16)
    resolutions = ("recount", "claim", "wait_until", "cancel_remainder")
    is_live = True
    quantity_tolerance = ZERO
    heals_by = (
        Healing.RECEIVED,
        Healing.CREDITED,
        Healing.SHIPPED,
        Healing.CANCELLED,
        Healing.ERP_CHANGED,
        Healing.ANSWERED,
    )
    inquiries = (Inquiry.CLAIM, Inquiry.MISSING_QUANTITY)

    def whole(self, line: LineView) -> Decimal:
        """Return what was shipped."""
        return line.counter.in_order_unit(line.buckets.goods.shipped)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is shipped and received."""
        return {**goods(line), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 5 EA shipped, not received."""
        return f"{how_much(deviation)} shipped, not received"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a short receipt before and after settling, a complete one, and one that never came."""
        ordered = world.order((100, "2026-12-01"))
        confirmed = world.answer((100, "2026-12-01"))
        notice = world.ship_notice(100, said="2026-11-27 12:00", shipped_on="2026-11-27")
        short = world.receipt(95, on="2026-12-01", notice="ASN-1")
        rest = world.receipt(5, "GR-2", on="2026-12-02")
        credited = world.invoice(5, "CN-1", on="2026-12-03", kind=InvoiceKind.CREDIT)
        counted = world.snapshot(ordered, confirmed, notice, short)
        return [
            Example("still being counted", counted, world.at("2026-12-02 17:00"), ()),
            Example("5 are missing", counted, world.at("2026-12-02 17:01"), ({"quantity": 5},)),
            Example(
                "the rest came the day after",
                world.snapshot(ordered, confirmed, notice, short, rest),
                world.at("2026-12-03 17:01"),
                (),
            ),
            Example(
                "received and credited make what was shipped",
                world.snapshot(ordered, confirmed, notice, short, credited),
                world.at("2026-12-03 17:01"),
                (),
            ),
            Example(
                "nothing of it came, which is another problem",
                world.snapshot(ordered, confirmed, notice),
                world.at("2026-12-02 17:01"),
                (),
            ),
        ]
