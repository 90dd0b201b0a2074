"""Goods arrived damaged, or were refused at the dock."""

from datetime import datetime
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


class ReceiptDamaged(BucketType):
    """Received quantity that is damaged or rejected, and that nothing has settled yet."""

    code = "receipt_damaged"
    label = "Receipt damaged"
    family = Family.RECEIPT
    bucket = Bucket.DAMAGED
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT, TeamCode.FINANCE)
    told_plus = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(2, 16)
    resolutions = ("return_goods", "claim", "accept_discount", "replacement")
    is_live = True
    quantity_tolerance = ZERO
    heals_by = (Healing.CREDITED, Healing.RECEIVED, Healing.ERP_CHANGED)
    inquiries = (Inquiry.CLAIM,)

    def whole(self, line: LineView) -> Decimal:
        """Return what was received."""
        return line.counter.in_order_unit(line.buckets.goods.received)

    def since(self, line: LineView, pieces: list[Piece]) -> datetime | None:
        """Return when the newest receipt with damaged goods was booked."""
        booked = [
            fact.version.document_time for fact in line.position.receipts if fact.damaged or fact.rejected
        ]
        return max(booked, default=None)

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is shipped and received."""
        return {**goods(line), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 5 EA received damaged."""
        return f"{how_much(deviation)} received damaged"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return damaged and rejected goods, both, none, credited ones, and more than was ordered."""
        ordered, now = world.order((100, "2026-12-02")), world.at("2026-12-02 13:00")
        known = (ordered, world.answer((100, "2026-12-02"), said="2026-11-20 10:00"))
        damaged = world.receipt(100, on="2026-12-02", damaged=5)
        refused = world.receipt(100, on="2026-12-02", damaged=5, rejected=2)
        surplus = world.receipt(110, on="2026-12-02", damaged=5)
        credit = world.invoice(5, "CN-1", on="2026-12-02", kind=InvoiceKind.CREDIT)
        return [
            Example("5 are damaged", world.snapshot(*known, damaged), now, ({"quantity": 5},)),
            Example("2 are refused, too", world.snapshot(*known, refused), now, ({"quantity": 7},)),
            Example(
                "all are good",
                world.snapshot(*known, world.receipt(100, on="2026-12-02")),
                now,
                (),
            ),
            Example("a credit note settles it", world.snapshot(*known, damaged, credit), now, ()),
            Example("all that was ordered is good", world.snapshot(*known, surplus), now, ()),
        ]
