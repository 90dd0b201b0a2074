"""A ship notice contradicts itself, or the order."""

from collections.abc import Iterable, Iterator
from typing import Any

from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents.position import ShipmentFact
from exceptions_app.detection import examples as world
from exceptions_app.detection.goods import said_at
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import item_words, quantity_words
from exceptions_app.deviation import Deviation


class ShipNoticeConflict(LineType):
    """A notice says another thing under its number without being a correction, or what cannot be.

    Against the order stand another item, the order's figure in another unit, goods that expire before the day
    they are due, and one lot with two days of expiry.
    """

    code = "ship_notice_conflict"
    label = "Ship notice conflict"
    family = Family.SHIPMENT
    owner = TeamCode.WAREHOUSE
    told = (TeamCode.INTEGRATION,)
    service = ServiceLevel(4, 8)
    resolutions = ("accept_notice",)
    is_live = True
    stakes = frozenset({Stake.DOUBT})
    heals_by = (Healing.SHIPPED, Healing.RECEIVED, Healing.ERP_CHANGED, Healing.CANCELLED)
    inquiries = (Inquiry.SHIP_NOTICE,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield every notice that contradicts, once with all it is about."""
        if line.is_unwanted:
            return
        for notice in dict.fromkeys(fact.notice for fact in self._open(line)):
            facts = [fact for fact in line.position.shipments if fact.notice == notice]
            words = {name: words for fact in facts for name, words in self._against_order(line, fact)}
            words |= self._lots(facts)
            words |= self._against_itself(line, notice)
            if words:
                yield self.deviation(
                    line,
                    key=self.key(line.number, notice),
                    since=max(said_at(fact) for fact in facts),
                    actual={"notice": notice, **words, "unit": line.unit},
                )
        announced = {fact.notice for fact in line.position.shipments}
        for conflict in line.position.conflicts:
            if conflict.notice not in announced:
                yield self.deviation(
                    line,
                    key=self.key(line.number, conflict.notice),
                    since=conflict.version.document_time,
                    actual={
                        "notice": conflict.notice,
                        **self._against_itself(line, conflict.notice),
                        "unit": line.unit,
                    },
                )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return the item, quantity and unit that are ordered."""
        return {"item": line.position.line.item, "quantity": str(line.ordered), "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Ship notice ASN-1 contradicts the order: item, unit."""
        actual = deviation.actual
        about = [name for name in ("item", "counted", "expires", "lot") if name in actual]
        if not about:
            return f"Ship notice {actual['notice']} says two things under one number"
        return f"Ship notice {actual['notice']} contradicts the order: {', '.join(about)}"

    def _open(self, line: LineView) -> list[ShipmentFact]:
        """Return what is said of shipments that have not arrived in full: the dock has judged the others."""
        arrived = {one.notice for one in line.buckets.goods.shipments if one.shipped and not one.outstanding}
        return [fact for fact in line.position.shipments if fact.notice not in arrived]

    def _against_itself(self, line: LineView, notice: str) -> dict[str, Any]:
        for conflict in line.position.conflicts:
            if conflict.notice == notice:
                return {"before": quantity_words(conflict.before), "after": quantity_words(conflict.after)}
        return {}

    def _against_order(self, line: LineView, fact: ShipmentFact) -> Iterator[tuple[str, str]]:
        if line.is_other_item(fact.ids):
            yield "item", item_words(fact.ids)
        for quantity in (fact.shipped, fact.ordered):
            ordered = line.position.line.quantity
            if quantity is None or quantity.value != ordered.value or not line.counter.knows(quantity.unit):
                continue
            if line.counter.count(quantity) != line.counter.count(ordered):
                yield "counted", quantity_words(quantity)
        due = [piece.due.on for piece in line.buckets.pieces if piece.due is not None]
        if fact.expires_on is not None and due and fact.expires_on < min(due):
            yield "expires", fact.expires_on.isoformat()

    def _lots(self, facts: Iterable[ShipmentFact]) -> dict[str, str]:
        """Return the lot that is said to expire on two days."""
        expiry: dict[str, set[Any]] = {}
        for fact in facts:
            if fact.lot and fact.expires_on:
                expiry.setdefault(fact.lot, set()).add(fact.expires_on)
        twice = sorted(lot for lot, days in expiry.items() if len(days) > 1)
        return {"lot": ", ".join(twice)} if twice else {}

    @classmethod
    def examples(cls) -> list[Example]:
        """Return other content under one number, corrected and not, and what cannot be of this order."""
        ordered, now = world.order((20, "2026-12-02"), unit="CS"), world.at("2026-11-30 12:00")
        known = (ordered, world.answer((20, "2026-12-02"), unit="CS", said="2026-11-20 10:00"))
        first = world.ship_notice(20, said="2026-11-27 10:00", unit="CS")
        other = world.ship_notice(18, said="2026-11-27 11:00", unit="CS")
        corrected = world.ship_notice(18, said="2026-11-27 11:00", unit="CS", purpose="replace")
        revised = world.ship_notice(18, said="2026-11-27 11:00", unit="CS", revision=1)
        gone = world.ship_notice(18, said="2026-11-27 11:00", unit="CS", line="99")
        same = world.ship_notice(20, said="2026-11-27 11:00", unit="CS", package="PALLET-1")
        item = world.ship_notice(20, said="2026-11-27 10:00", unit="CS", ids=ItemIds(buyer="GASKET"))
        pieces = world.ship_notice(20, said="2026-11-27 10:00", unit="EA")
        stale = world.ship_notice(
            20, said="2026-11-27 10:00", unit="CS", expires_on=world.date(2026, 12, 1), lot="L1"
        )
        booked = world.receipt(20, on="2026-11-30", unit="CS", notice="ASN-1")

        def example(
            title: str, *documents: world.HeardDocument, found: tuple[dict[str, Any], ...]
        ) -> Example:
            return Example(title, world.snapshot(*known, *documents, packs={"CS": 12}), now, found)

        conflict = ({"key": "ship_notice_conflict:10:ASN-1", "group": world.ORDER_NUMBER},)
        return [
            example("18 after 20 under one number", first, other, found=conflict),
            example("the other one came first", other, first, found=conflict),
            example("a correction says that it is one", first, corrected, found=()),
            example("a revision of its own is a correction", first, revised, found=()),
            example("the line is not on it any more", first, gone, found=conflict),
            example("packed otherwise is the same", first, same, found=()),
            example("another item", item, found=conflict),
            example("20 pieces of 20 cases", pieces, found=conflict),
            example("expired when it is due", stale, found=conflict),
            example("it has arrived, and the dock has judged", item, booked, found=()),
        ]
