"""An important delivery comes soon, and the supplier has not said a word for long."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket, Piece
from exceptions_app.detection.deadlines import JUST_AFTER, Deadline, earliest
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.stakes import Stake
from exceptions_app.detection.types.base import Example, ServiceLevel, TeamCode
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import days, how_much
from exceptions_app.deviation import Deviation

SOON, LONG_AGO = 5, 10


class ReconfirmationDue(LineType):
    """Confirmed quantity of a class A item, or for a class A customer, promised within five business days.

    The newest word of the supplier is more than ten business days old. Off unless it is switched on.
    """

    code = "reconfirmation_due"
    label = "Reconfirmation due"
    owner = TeamCode.PROCUREMENT
    service = ServiceLevel(8, 16)
    resolutions = ("wait_until",)
    is_live = True
    stakes = frozenset({Stake.DOUBT})
    is_on_by_default = False
    heals_by = (
        Healing.CONFIRMED_AGAIN,
        Healing.SHIPPED,
        Healing.RECEIVED,
        Healing.ERP_CHANGED,
        Healing.CANCELLED,
    )
    inquiries = (Inquiry.CONFIRMATION,)

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield all that is promised soon on a word that is old."""
        due = [(piece, deadline) for piece, deadline in self._due(line) if deadline.is_missed(line.as_of)]
        if due:
            pieces = [piece for piece, _ in due]
            counted = sum((piece.quantity for piece in pieces), line.buckets.ordered * 0)
            answer = line.position.answer
            yield self.deviation(
                line,
                quantity=line.counter.in_order_unit(counted),
                amount=line.amount(counted),
                since=min(deadline.at for _, deadline in due),
                actual={
                    "last_word": answer.version.document_time.isoformat() if answer else None,
                    "due": days(pieces),
                    "unit": line.unit,
                },
            )

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the lines that may have been confirmed again, could we see it."""
        return {
            self.key(line.number): deadline.seen_until or deadline.at
            for line in view.lines
            for _, deadline in self._due(line)
            if deadline.is_over(view.as_of) and not deadline.is_missed(view.as_of)
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when the next word is too old, a piece is missing altogether, or a wait ends."""
        moments = []
        for line in view.lines:
            for piece, deadline in self._due(line):
                moments += [move.at + JUST_AFTER for move in piece.moves]
                if not deadline.is_over(view.as_of):
                    moments.append(deadline.at + JUST_AFTER)
        return earliest(*moments, super().next_look(view))

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 100 EA due 2026-12-02, and no word for ten business days."""
        return f"{how_much(deviation)} due {', '.join(deviation.actual['due'])}, and no word for long"

    def _due(self, line: LineView) -> Iterator[tuple[Piece, Deadline]]:
        """Yield what is confirmed, and when to ask for it again: soon due, on a word that is too old."""
        answer, item = line.position.answer, line.line.item
        is_important = line.line.is_for_class_a or (item is not None and item.abc_class == "A")
        if answer is None or not is_important:
            return
        calendar = line.snapshot.calendar
        old_at = calendar.add_business_days(answer.version.document_time, LONG_AGO)
        for piece in line.buckets.inside(Bucket.CONFIRMED, Bucket.EARLY):
            if piece.due is not None:
                soon = calendar.shift_days(line.deadlines.delivery_on(piece.due), -SOON)
                at = max(calendar.start_of_business(soon), old_at)
                yield piece, Deadline(at, line.snapshot.sight.confirmations)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return an old and a new word on items and customers of class A and others, unseen and shipped."""
        ordered = world.order((100, "2026-12-09"), said="2026-11-10 09:00")
        old = world.answer((100, "2026-12-09"), said="2026-11-17 10:00")
        again = world.answer((100, "2026-12-09"), said="2026-12-01 10:00")
        shipped = world.ship_notice(100, said="2026-12-01 10:00")
        soon, before = world.at("2026-12-02 08:01"), world.at("2026-12-02 08:00")
        important = world.snapshot(ordered, old, abc_class="A")
        blind = world.snapshot(
            ordered, old, abc_class="A", sight=world.hides("confirmations", "2026-12-01 17:00")
        )
        return [
            Example("not yet within five business days", important, before, ()),
            Example("five business days before", important, soon, ({"quantity": 100},)),
            Example(
                "for a customer of class A", world.snapshot(ordered, old, is_for_class_a=True), soon, ({},)
            ),
            Example("neither is of class A", world.snapshot(ordered, old), soon, ()),
            Example("said again", world.snapshot(ordered, old, again, abc_class="A"), soon, ()),
            Example("it is on its way", world.snapshot(ordered, old, shipped, abc_class="A"), soon, ()),
            Example("nobody has looked since", blind, soon, ()),
        ]
