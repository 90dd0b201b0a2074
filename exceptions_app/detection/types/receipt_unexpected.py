"""A receipt matches no order we know."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from erp_connectors.canonical.documents import DocumentKind, Receipt
from erp_connectors.canonical.values import Quantity
from exceptions_app.detection import examples as world
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.documents import WITHOUT_ORDER, DocumentView, LooseLine
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, SubjectKind, TeamCode
from exceptions_app.detection.types.subject import SubjectType
from exceptions_app.detection.words import HEARD, how_much
from exceptions_app.deviation import Deviation


class ReceiptUnexpected(SubjectType):
    """Goods were booked that belong to no order that is here, a business day after they were.

    Judged as far as both the stream of receipts and that of orders would have told us.
    """

    code = "receipt_unexpected"
    label = "Unexpected receipt"
    family = Family.RECEIPT
    group_label = "receipt"
    subject = SubjectKind.DOCUMENT
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.PROCUREMENT,)
    service = ServiceLevel(4, 8)
    resolutions = ("send_back",)
    is_live = True
    heals_by = (Healing.MATCHED,)

    def judge(self, view: DocumentView) -> Iterable[Deviation]:
        """Yield each line without an order, once its order should be here."""
        if view.deadline.is_missed(view.as_of):
            for line in _without_order(view):
                yield self._deviation(view, line)

    def hidden(self, view: DocumentView) -> dict[str, datetime]:
        """Return the lines whose time is over while their order could not have been seen."""
        deadline = view.deadline
        if not deadline.is_over(view.as_of) or deadline.is_missed(view.as_of):
            return {}
        return {self._key(line): deadline.seen_until or deadline.at for line in _without_order(view)}

    def next_look(self, view: DocumentView) -> datetime | None:
        """Return when the time of the lines is over, or a wait ends."""
        ends = super().next_look(view)
        is_waiting = _without_order(view) and not view.deadline.is_over(view.as_of)
        over = view.deadline.at + JUST_AFTER if is_waiting else None
        return min((moment for moment in (over, ends) if moment is not None), default=None)

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Receipt GR-1 of 82 EA, for no order we know (4711)."""
        actual = deviation.actual
        named = f" ({actual['order']})" if actual["order"] else ""
        of = f" of {how_much(deviation)}" if deviation.quantity is not None else ""
        return f"Receipt {actual['receipt']}{of}, for no order we know{named}"

    def _key(self, line: LooseLine) -> str:
        return self.key("" if line.index is None else str(line.index))

    def _deviation(self, view: DocumentView, line: LooseLine) -> Deviation:
        booked = _quantity(view.snapshot.content, line)
        return Deviation(
            type_code=self.code,
            key=self._key(line),
            group=view.group,
            line_number=None,
            quantity=booked.value if booked else None,
            unit=booked.unit if booked else None,
            since=view.deadline.at,
            expected={"order": None},
            actual={"receipt": view.snapshot.number, "order": line.order, "item": _item(view, line)},
            evidence={HEARD: view.heard, "reason": line.reason},
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a receipt before and after its time, with its order, and with a blind stream."""
        booked = world.receipt(82, on="2026-12-01")
        over = world.at("2026-12-02 12:01")
        loose = {world.ORDER_NUMBER: "order_unknown"}
        found = {"quantity": 82, "unit": "EA", "line_number": None}
        blind = world.loose(booked, loose, seen_until=world.at("2026-12-02 11:00"))
        return [
            Example(
                "a business day is granted", world.loose(booked, loose), world.at("2026-12-02 12:00"), ()
            ),
            Example("no more", world.loose(booked, loose), over, (found,)),
            Example("it names no order", world.loose(booked, {"": "no_order_named"}), over, (found,)),
            Example("its order is here", world.loose(booked, {}), over, ()),
            Example(
                "it fits no line, which is for others", world.loose(booked, {"1": "no_such_line"}), over, ()
            ),
            Example("nobody could have seen the order", blind, over, ()),
            Example(
                "another kind of document", world.loose(world.answer((1, "2026-12-01")), loose), over, ()
            ),
        ]


def _without_order(view: DocumentView) -> list[LooseLine]:
    snapshot = view.snapshot
    if snapshot.kind is not DocumentKind.RECEIPT or snapshot.is_cancelled:
        return []
    return [line for line in snapshot.loose if line.reason in WITHOUT_ORDER]


def _quantity(content: Any, line: LooseLine) -> Quantity | None:
    if not isinstance(content, Receipt) or line.index is None:
        return None
    return content.lines[line.index].received


def _item(view: DocumentView, line: LooseLine) -> str | None:
    content = view.snapshot.content
    if not isinstance(content, Receipt) or line.index is None:
        return None
    booked = content.lines[line.index]
    return booked.item or booked.ids.buyer or booked.ids.supplier or booked.ids.gtin
