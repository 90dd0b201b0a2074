"""A type that owns one bucket of the ordered quantity. Pure."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from exceptions_app.detection.buckets import OWNERS, Bucket, Piece
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.stakes import Stake, stakes_of_bucket
from exceptions_app.detection.types.line import LineType
from exceptions_app.detection.view import LineView, OrderView
from exceptions_app.detection.words import offered_parts
from exceptions_app.deviation import Deviation
from exceptions_app.policies.values import Direction, Tolerance


class BucketType(LineType):
    """A type that owns one bucket: what is in it deviates.

    `quantity_tolerance` is the type's own tolerance for the quantity in the bucket, of what `whole` says;
    `day_tolerance` the one by which the deadlines put pieces into it. `direction`: which side both are for.
    """

    bucket: ClassVar[Bucket]
    quantity_tolerance: ClassVar[Tolerance | None] = None
    day_tolerance: ClassVar[Tolerance | None] = None
    direction: ClassVar[Direction] = Direction.UNDER

    def __init_subclass__(cls) -> None:
        if OWNERS[cls.bucket] != cls.code:
            raise TypeError(f"{cls.__name__} does not own bucket {cls.bucket}")

    def judge(self, line: LineView) -> Iterable[Deviation]:
        """Yield one deviation for all that is in the bucket beyond tolerance."""
        pieces = line.buckets.inside(self.bucket)
        if not pieces:
            return
        quantity = line.quantity(self.bucket)
        default = self.quantity_tolerance or self.day_tolerance
        tolerance = line.tolerance(self.code, self.direction, default) if default else None
        is_allowed = (
            self.quantity_tolerance is not None
            and tolerance is not None
            and tolerance.allows(quantity, self.whole(line))
        )
        if not quantity or is_allowed:
            return
        yield self.deviation(
            line,
            quantity=quantity,
            amount=line.amount(line.buckets.counted(self.bucket)),
            since=self.since(line, pieces),
            actual=self.actual(line, pieces),
            tolerance_id=tolerance.id if tolerance else None,
        )

    def detect(self, view: OrderView) -> list[Deviation]:
        """Return what is in the bucket; agreements have already taken out what they cover."""
        return [deviation for line in view.lines for deviation in self.judge(line)]

    def hidden(self, view: OrderView) -> dict[str, datetime]:
        """Return the lines with pieces that would be in the bucket, if their streams were silent since."""
        return {
            self.key(line.number): piece.blind_since
            for line in view.lines
            for piece in line.buckets.pieces
            if self.bucket in piece.hidden and piece.blind_since is not None
        }

    def next_look(self, view: OrderView) -> datetime | None:
        """Return when time next moves a piece into or out of the bucket."""
        moves = [
            move.at + JUST_AFTER
            for line in view.lines
            for piece in line.buckets.pieces
            for move in piece.moves
            if self.bucket in (piece.bucket, move.to)
        ]
        return min(moves, default=None)

    def whole(self, line: LineView) -> Decimal:
        """Return what the percentage of the tolerance is of: the ordered quantity."""
        return line.ordered

    def at_stake(self) -> frozenset[Stake]:
        """Return what `stakes` says, else what is lost with goods in the bucket."""
        return stakes_of_bucket(self.bucket) if self.stakes is None else self.stakes

    def since(self, line: LineView, pieces: list[Piece]) -> datetime | None:
        """Return since when the pieces are in the bucket: a missed deadline, else the newest answer."""
        missed = [piece.since for piece in pieces if piece.since is not None]
        if missed:
            return min(missed)
        answer = line.position.answer
        return answer.version.document_time if answer else None

    def actual(self, line: LineView, pieces: list[Piece]) -> dict[str, Any]:
        """Return what is instead of what was expected: what is offered.

        Only what makes the deviation another one belongs here; what else is known of the line is evidence.
        """
        return {**offered_parts(line), "unit": line.unit}
