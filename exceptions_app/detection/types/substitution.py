"""The supplier offers another item, brand or pack than the one that is ordered."""

from collections.abc import Iterable
from typing import Any

from erp_connectors.canonical.documents import LineAnswer
from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents.position import AnswerFact
from exceptions_app.detection import examples as world
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.offers import answers_of, is_readable
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import how_much, item_words
from exceptions_app.deviation import Deviation


class Substitution(LineType):
    """The newest answer names a substitute, says that it substitutes, or is about another item."""

    code = "substitution"
    label = "Substitution"
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE)
    service = ServiceLevel(4, 16)
    resolutions = ("accept_substitute", "hold_to_order")
    is_live = True
    stakes = frozenset({Stake.DOUBT})
    heals_by = (Healing.ANSWERED, Healing.ERP_CHANGED, Healing.CANCELLED)
    inquiries = (Inquiry.CONFIRMATION,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield what is offered instead."""
        fact = self._newest(line)
        if fact is None or line.is_unwanted or not self._substitutes(line, fact):
            return
        offered = [part.quantity for part in fact.offered or () if line.counter.knows(part.quantity.unit)]
        counted = sum((line.counter.count(quantity) for quantity in offered), NOTHING)
        quantity = min(counted, line.buckets.ordered) if offered else line.buckets.ordered
        yield self.deviation(
            line,
            quantity=line.counter.in_order_unit(quantity),
            amount=line.amount(quantity),
            since=fact.version.document_time,
            actual={"offered": item_words(fact.substitute or fact.ids), "unit": line.unit},
        )

    def expected(self, line: LineView) -> dict[str, Any]:
        """Return the item that is ordered."""
        return {"item": line.position.line.item, "unit": line.unit}

    def headline(self, deviation: Deviation) -> str:
        """Return for example: ND-78 offered instead of SEAL-KIT: 100 EA."""
        offered = deviation.actual["offered"] or "Another item"
        return f"{offered} offered instead of {deviation.expected['item']}: {how_much(deviation)}"

    def _newest(self, line: LineView) -> AnswerFact | None:
        """Return the newest answer that can be read, or names a substitute."""
        return next(
            (
                fact
                for fact in answers_of(line.position)
                if is_readable(fact, line.counter) or self._substitutes(line, fact)
            ),
            None,
        )

    def _substitutes(self, line: LineView, fact: AnswerFact) -> bool:
        if fact.substitute is not None:
            return line.is_other_item(fact.substitute) or not _agrees(line, fact.substitute)
        return LineAnswer.SUBSTITUTED in fact.answers or line.is_other_item(fact.ids)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a substitute, a word for one, another item, the ordered one, and a later answer."""
        ordered, now = world.order((100, "2026-12-02"), supplier_item="ND-77"), world.at("2026-11-24 10:01")
        offer = (82, "2026-12-02")
        named = world.answer(offer, substitute=ItemIds(supplier="ND-78"))
        said = world.answer(offer, words=(LineAnswer.SUBSTITUTED,))
        unread = world.answer(words=(LineAnswer.SUBSTITUTED,), is_unreadable=True)
        other = world.answer(offer, ids=ItemIds(supplier="ND-78"))
        same = world.answer(offer, substitute=ItemIds(supplier="ND-77"), ids=ItemIds(supplier="ND-77"))
        later = world.answer((100, "2026-12-02"), revision=1)
        return [
            Example("a substitute is named", world.snapshot(ordered, named), now, ({"quantity": 82},)),
            Example("it is said in a word", world.snapshot(ordered, said), now, ({"quantity": 82},)),
            Example("how much nobody can read", world.snapshot(ordered, unread), now, ({"quantity": 100},)),
            Example("another item is answered", world.snapshot(ordered, other), now, ({},)),
            Example("the substitute is what is ordered", world.snapshot(ordered, same), now, ()),
            Example("the ordered item after all", world.snapshot(ordered, named, later), now, ()),
        ]


def _agrees(line: LineView, ids: ItemIds) -> bool:
    """Say whether item numbers name the ordered item by one of its known numbers."""
    item = line.position.line
    return bool({ids.buyer, ids.supplier, ids.gtin} & ({item.item, item.supplier_item, item.gtin} - {None}))
