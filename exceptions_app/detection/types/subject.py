"""What types have in common that judge a subject which is no order."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from exceptions_app.detection.healing import Healing
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.deviation import Deviation, OpenLine


class SubjectType(ExceptionType):
    """A type that judges one subject as a whole: an invoice, a document, a message, a stream, a supplier.

    Where time alone can change the answer, a type gives its deadlines to `hidden` and `next_look`, too.
    """

    @abstractmethod
    def judge(self, view: Any) -> Iterable[Deviation]:
        """Yield what deviates, before agreements."""

    def detect(self, view: Any) -> list[Deviation]:
        """Return what deviates and is not settled by an agreement."""
        return [deviation for deviation in self.judge(view) if not view.is_settled(deviation)]

    def hidden(self, view: Any) -> dict[str, datetime]:
        """Return nothing: what documents say is never hidden."""
        return {}

    def next_look(self, view: Any) -> datetime | None:
        """Return when the next wait on this type ends."""
        end: datetime | None = view.next_end(self.code)
        return end

    def healed_by(self, line: OpenLine, view: Any) -> Healing:
        """Return an agreement where one covers what still is as it was, else what usually ends it."""
        still = any(deviation.key == line.key for deviation in self.judge(view))
        if still and view.holds(line.key, line.type_code, line.expected):
            return Healing.AGREED
        return self.heals_by[0] if self.heals_by else Healing.PASSED_ON

    def key(self, *more: str) -> str:
        """Return the key of a deviation of this type; without values, it stays while they move."""
        return ":".join((self.code, *more))
