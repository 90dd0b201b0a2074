"""Where a piece of an order line is at one moment, as far as missed deadlines have moved it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from erp_connectors.canonical.documents import OrderState
from exceptions_app.detection.buckets import Bucket, Move, Piece
from exceptions_app.detection.deadlines import Deadline, Deadlines
from exceptions_app.detection.goods import Goods
from exceptions_app.detection.offers import Day, Offer
from exceptions_app.detection.slices import Slice
from exceptions_app.detection.snapshot import LineSnapshot, OrderSnapshot


class Step(NamedTuple):
    """A deadline a piece waits for, and where it is after it; `unread_at`: when something may have come."""

    deadline: Deadline | None
    to: Bucket
    unread_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Says where a piece is at one moment, by the deadlines of its line."""

    snapshot: OrderSnapshot
    line: LineSnapshot
    goods: Goods
    offer: Offer | None
    deadlines: Deadlines
    as_of: datetime

    @property
    def is_unwanted(self) -> bool:
        """Cancelled, closed in the ERP, or gone from the order: nothing more is expected."""
        position = self.line.position
        is_over = position.state in (OrderState.CANCELLED, OrderState.CLOSED)
        return is_over or position.line.cancelled or not position.is_present

    @property
    def is_final(self) -> bool:
        """A ship notice said that no more comes, and the supplier has said nothing new since."""
        if self.goods.final_at is None:
            return False
        answer = self.line.position.answer
        return answer is None or answer.first_said_at <= self.goods.final_at

    def is_late(self, type_code: str, part: Slice) -> bool:
        """Say whether a slice is promised for later than wanted, beyond the tolerance of the type."""
        if part.wanted is None or part.promised is None:
            return False
        return self.deadlines.is_late(type_code, part.wanted, part.promised)

    def is_early(self, part: Slice) -> bool:
        """Say whether a slice is promised for earlier than wanted, beyond tolerance."""
        if part.wanted is None or part.promised is None:
            return False
        return self.deadlines.is_early("date_earlier", part.wanted, part.promised)

    def moved_along(self, part: Slice) -> Slice:
        """Return a slice promised for the day it is wanted, where the ERP put that off after the answer."""
        scheduled_since = self.line.position.scheduled_since
        if self.offer is None or part.supply is None or part.wanted is None or part.promised is None:
            return part
        if scheduled_since is None or scheduled_since <= self.offer.fact.version.document_time:
            return part
        days = self.deadlines.days_late(part.wanted, part.promised)
        if days is None or days >= 0:
            return part
        return part._replace(supply=part.supply._replace(day=part.wanted))

    def unanswered(self, piece: Piece) -> Piece:
        """Late after its due time; where goods come anyway, or no answer is owed, as good as confirmed."""
        is_coming = self.goods.has_unread_notice or self.goods.has_unread_receipt
        if is_coming or not self.snapshot.terms.expects_confirmation:
            return self.confirmed(replace(piece, bucket=Bucket.CONFIRMED))
        return self._wait(piece, [Step(self.deadlines.answer(), Bucket.ANSWER_LATE)])

    def confirmed(self, piece: Piece) -> Piece:
        """To be announced by notice time and here by the promised day; delayed where a carrier says so."""
        if piece.due is None:
            return piece
        if self._is_delayed(piece.due, self.goods.expected_on, self.goods.stated_at):
            return replace(piece, bucket=Bucket.DELAYED, since=self.goods.stated_at)
        unread = [self.goods.unread_notice_at, self.goods.unread_receipt_at]
        unannounced_until = min((at for at in unread if at is not None), default=None)
        steps = [
            Step(self.deadlines.notice(piece.due), Bucket.NOTICE_MISSING, unannounced_until),
            Step(self.deadlines.delivery(piece.due), Bucket.OVERDUE, self.goods.unread_receipt_at),
        ]
        return self._wait(piece, steps)

    def under_way(self, piece: Piece) -> Piece:
        """Partly arrived: the rest is missing after settling. Not at all: delayed as stated, or overdue."""
        if piece.shipment is None or self._is_written_off:
            return piece
        unread_at = self.goods.unread_receipt_at
        settle = self.deadlines.settle(piece.shipment)
        if settle is not None:
            return self._wait(piece, [Step(settle, Bucket.NOT_RECEIVED, unread_at)])
        if piece.due is None:
            return piece
        if self._is_delayed(piece.due, piece.shipment.expected_on, piece.shipment.stated_at):
            return replace(piece, bucket=Bucket.DELAYED, since=piece.shipment.stated_at)
        delivery = self.deadlines.delivery(piece.due, piece.shipment)
        return self._wait(piece, [Step(delivery, Bucket.OVERDUE, unread_at)])

    def _is_delayed(self, due: Day, expected_on: date | None, stated_at: datetime | None) -> bool:
        """Say whether goods were stated to arrive late before anything came that nobody can read."""
        if expected_on is None or stated_at is None:
            return False
        unread_at = self.goods.unread_receipt_at
        is_known = unread_at is None or stated_at < unread_at
        return is_known and self.deadlines.is_late("shipment_delayed", due, Day(expected_on))

    @property
    def _is_written_off(self) -> bool:
        """A cancelled line waits for nothing; a closed one still for what was shipped."""
        return self.is_unwanted and self.line.position.state is not OrderState.CLOSED

    def _wait(self, piece: Piece, steps: Sequence[Step]) -> Piece:
        """Return the piece as far as missed deadlines have moved it; the last step goes furthest."""
        for deadline, bucket, unread_at in steps:
            if deadline is None or (unread_at is not None and unread_at <= deadline.at):
                continue
            if deadline.is_missed(self.as_of):
                piece = replace(piece, bucket=bucket, since=deadline.at, hidden=(), blind_since=None)
            elif deadline.is_over(self.as_of):
                piece = _hide(piece, bucket, deadline)
            else:
                piece = replace(piece, moves=(*piece.moves, Move(deadline.at, bucket)))
        return piece


def _hide(piece: Piece, bucket: Bucket, deadline: Deadline) -> Piece:
    """The deadline is over, and the stream was not read since: blind since its watermark, or the deadline."""
    blind_since = deadline.seen_until or deadline.at
    return replace(
        piece,
        hidden=(*piece.hidden, bucket),
        blind_since=min(piece.blind_since or blind_since, blind_since),
    )
