"""Answers that contradict each other, or what has been delivered."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from erp_connectors.documents.position import AnswerFact
from exceptions_app.detection import examples as world
from exceptions_app.detection.agreements import words_of
from exceptions_app.detection.counting import NOTHING
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.offers import answers_of, doubtful_share, readable_answer
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView
from exceptions_app.detection.words import plain
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Terms


class AnswerConflict(LineType):
    """Two answers of one moment and revision differ, or the newest cannot be meant as it is counted.

    A total below what was received by then cannot be one; nor can an open quantity be right that exceeds what
    is open, while it could be the total. Until it is decided the answer before it counts.
    """

    code = "answer_conflict"
    label = "Answers conflict"
    owner = TeamCode.PROCUREMENT
    told = (TeamCode.INTEGRATION,)
    service = ServiceLevel(4, 16)
    resolutions = ("settle_answer", "set_quantity_basis")
    is_live = True
    stakes = frozenset({Stake.DOUBT})
    heals_by = (Healing.ANSWERED, Healing.CONFIRMED_AGAIN, Healing.ERP_CHANGED, Healing.CANCELLED)
    inquiries = (Inquiry.CONFIRMATION,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield how far apart the readings are, once for all reasons."""
        newest = line.position.answer
        if newest is None or line.is_unwanted:
            return
        reasons: dict[str, Decimal] = {}
        rivals = [fact for fact in answers_of(line.position) if _is_rival(fact, newest)]
        if rivals:
            reasons["two_answers"] = max(self._apart(line, newest, rival) for rival in rivals)
        doubtful = readable_answer(line.position, line.counter)
        share = doubtful and doubtful_share(line.snapshot, line.position, doubtful, line.counter)
        if share:
            reasons["below_received" if line.snapshot.terms.total_quantity else "beyond_open"] = share
        if reasons:
            apart = max(reasons.values())
            yield self.deviation(
                line,
                quantity=line.counter.in_order_unit(apart),
                amount=line.amount(apart),
                since=newest.version.document_time,
                actual={
                    "reasons": sorted(reasons),
                    "quantities": [self._quantity(line, fact) for fact in (newest, *rivals)],
                    "unit": line.unit,
                },
            )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Two answers of one moment differ: 82 or 100 EA."""
        reasons = deviation.actual["reasons"]
        if "two_answers" in reasons:
            said = " or ".join(each or "?" for each in deviation.actual["quantities"])
            return f"Two answers of one moment differ: {said} {deviation.unit}"
        said = deviation.actual["quantities"][0]
        if "below_received" in reasons:
            return f"{said} {deviation.unit} confirmed in all, less than was received"
        return f"{said} {deviation.unit} confirmed as still open, more than is"

    def _quantity(self, line: LineView, fact: AnswerFact) -> str | None:
        total = _total(line, fact)
        return None if total is None else plain(line.counter.in_order_unit(total))

    def _apart(self, line: LineView, one: AnswerFact, other: AnswerFact) -> Decimal:
        """Return by how much two answers differ in quantity; in days or price, it is about all of them."""
        totals = [total for total in (_total(line, one), _total(line, other)) if total is not None]
        if not totals:
            return line.buckets.ordered
        return max(totals) - min(totals) if len(set(totals)) > 1 else totals[0] or line.buckets.ordered

    @classmethod
    def examples(cls) -> list[Example]:
        """Return answers of one moment, totals and open quantities that can and cannot be, and decisions."""
        ordered, now = world.order((500, "2026-12-10")), world.at("2026-12-02 12:00")
        known = (
            ordered,
            world.answer((500, "2026-12-10"), said="2026-11-20 10:00"),
            world.ship_notice(300, said="2026-12-01 08:00"),
        )
        received = (*known, world.receipt(300, on="2026-12-01"))
        on_open = Terms(total_quantity=False)

        def says(quantity: int, **more: Any) -> world.HeardDocument:
            return world.answer((quantity, "2026-12-10"), said="2026-12-02 10:00", **more)

        twice = (says(450, key="855-1"), says(480, key="855-2"))
        prices = (
            says(500, key="855-1", cost=world.price("182.40")),
            says(500, key="855-2", cost=world.price("190.00")),
        )
        revised = says(480, revision=1)
        later = world.answer((500, "2026-12-10"), said="2026-12-02 11:00")
        return [
            Example("450 and 480 at once", world.snapshot(*received, *twice), now, ({"quantity": 30},)),
            Example("two prices at once", world.snapshot(*received, *prices), now, ({"quantity": 500},)),
            Example("the same twice", world.snapshot(*received, says(450), says(450, key="2")), now, ()),
            Example("a revision is newer", world.snapshot(*received, says(450), revised), now, ()),
            Example("a later answer", world.snapshot(*received, *twice, later), now, ()),
            Example("250 in all of 300", world.snapshot(*received, says(250)), now, ({"quantity": 50},)),
            Example("shipped is not received yet", world.snapshot(*known, says(250)), now, ()),
            Example("450 in all can be", world.snapshot(*received, says(450)), now, ()),
            Example(
                "delivered after it was said",
                world.snapshot(*known, says(320), world.receipt(330, on="2026-12-03")),
                world.at("2026-12-03 13:00"),
                (),
            ),
            Example("200 open can be", world.snapshot(*received, says(200), terms=on_open), now, ()),
            Example(
                "500 open of 200 must be the total",
                world.snapshot(*received, says(500), terms=on_open),
                now,
                ({"quantity": 300},),
            ),
            Example(
                "250 open is just too much", world.snapshot(*received, says(250), terms=on_open), now, ()
            ),
        ]


def _is_rival(fact: AnswerFact, newest: AnswerFact) -> bool:
    """Say whether an answer is of the same moment and revision as the newest, and says another thing."""
    moment = (newest.version.document_time, newest.version.revision)
    is_of_moment = (fact.version.document_time, fact.version.revision) == moment
    return is_of_moment and words_of(fact) != words_of(newest)


def _total(line: LineView, fact: AnswerFact) -> Decimal | None:
    """Return all an answer offers, counted; None where it cannot be read."""
    quantities = [part.quantity for part in fact.offered or ()]
    if fact.offered is None or not all(line.counter.knows(quantity.unit) for quantity in quantities):
        return None
    return sum((line.counter.count(quantity) for quantity in quantities), NOTHING)
