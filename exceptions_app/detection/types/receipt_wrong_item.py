"""What was received is not the item that is ordered."""

from collections.abc import Iterable
from typing import Any

from erp_connectors.canonical.documents import GoodsCondition, InQuestion
from erp_connectors.canonical.values import ItemIds
from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, received_ids
from exceptions_app.detection.words import how_much, item_words
from exceptions_app.deviation import Deviation


class ReceiptWrongItem(LineType):
    """Receipts booked on a line whose item numbers, or whose own words, say that it is another item."""

    code = "receipt_wrong_item"
    label = "Wrong item received"
    family = Family.RECEIPT
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(2, 16)
    resolutions = ("return_goods", "accept_substitute", "accept_discount")
    is_live = True
    stakes = frozenset({Stake.SERVICE})
    heals_by = (Healing.RECEIVED, Healing.CREDITED, Healing.ERP_CHANGED)
    inquiries = (Inquiry.CLAIM,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what was received of another item."""
        wrong = [fact for fact in line.position.receipts if line.is_wrong(fact)]
        if not wrong:
            return
        counted = [line.wrong(fact) for fact in wrong]
        quantity = sum((value for value in counted if value is not None), NOTHING)
        yield self.deviation(
            line,
            quantity=line.counter.in_order_unit(quantity) if quantity else None,
            amount=line.amount(quantity) if quantity else None,
            since=wrong[0].version.document_time,
            actual={
                "receipts": sorted({fact.number for fact in wrong}),
                "items": [item_words(received_ids(fact)) for fact in wrong],
                "unit": line.unit,
            },
        )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return the item that is ordered."""
        return {"item": line.position.line.item, "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 20 EA of another item than SEAL-KIT received."""
        much = f"{how_much(deviation)} of another" if deviation.quantity is not None else "Another"
        return f"{much} item than {deviation.expected['item']} received"

    @classmethod
    def examples(cls) -> list[Example]:
        """Return another item by number and by word, the right one by each of its names, and a correction."""
        ordered = world.order((100, "2026-12-02"), supplier_item="ND-77")
        known = (ordered, world.answer((100, "2026-12-02"), said="2026-11-20 10:00"))
        now = world.at("2026-12-02 13:00")
        other = world.receipt(20, on="2026-12-02", item="GASKET")
        called = world.receipt(
            20,
            on="2026-12-02",
            in_question=(InQuestion(condition=GoodsCondition.WRONG_ITEM, quantity=world.amount(5)),),
        )
        both = world.receipt(
            20,
            on="2026-12-02",
            item="GASKET",
            in_question=(InQuestion(condition=GoodsCondition.WRONG_ITEM, quantity=world.amount(5)),),
        )
        right = world.receipt(20, on="2026-12-02", ids=ItemIds(buyer="XX", supplier="ND-77"))
        corrected = world.receipt(20, on="2026-12-02", item=world.ITEM, revision=1)
        return [
            Example("booked as another item", world.snapshot(*known, other), now, ({"quantity": 20},)),
            Example("all of another item", world.snapshot(*known, both), now, ({"quantity": 20},)),
            Example("called wrong at the dock", world.snapshot(*known, called), now, ({"quantity": 5},)),
            Example("one of its names is right", world.snapshot(*known, right), now, ()),
            Example("the booking was corrected", world.snapshot(*known, other, corrected), now, ()),
        ]
