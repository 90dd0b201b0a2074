"""One order through its revisions: what it says now, and what it said at some moment. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.documents import OrderLine, OrderState, PurchaseOrder
from erp_connectors.canonical.values import DateKind, DocumentVersion
from erp_connectors.documents.heard import HeardDocument


class OrderHistory:
    """The revisions of one order, oldest first: what it says now, and what it said at some moment."""

    def __init__(self, documents: Sequence[HeardDocument]) -> None:
        self.revisions: list[PurchaseOrder] = []
        self._said: list[tuple[datetime, PurchaseOrder]] = []
        for document in documents:
            if isinstance(document.content, PurchaseOrder):
                self.revisions.append(document.content)
                self._said.append((document.first_said_at, document.content))
                self._said.append((document.version.document_time, document.content))
        self._versions = [document.version for document in documents]
        self._said.sort(key=lambda said: said[0])

    @property
    def newest(self) -> PurchaseOrder:
        """The order as it is now."""
        return self.revisions[-1]

    @property
    def newest_version(self) -> DocumentVersion:
        """The version of the newest revision."""
        return self._versions[-1]

    @property
    def lines(self) -> list[OrderLine]:
        """The lines of the newest revision, then those only earlier revisions had, as they last were."""
        lines = {line.number: line for line in self.newest.lines}
        for revision in reversed(self.revisions):
            for line in revision.lines:
                lines.setdefault(line.number, line)
        return list(lines.values())

    def at(self, moment: datetime) -> PurchaseOrder:
        """Return the revision that was current at `moment`; the oldest known if none is that old."""
        current = self._said[0][1]
        for said_at, revision in self._said:
            if said_at > moment:
                break
            current = revision
        return current

    def asked_at(self, line: OrderLine) -> datetime | None:
        """Return since when the supplier has been asked for `line`: the release, or when it was added."""
        released_at = self.newest.released_at
        released = [said for said in self._said if said[1].state is not OrderState.DRAFT]
        for index, (said_at, revision) in enumerate(released):
            if line_of(revision, line.number) is not None:
                return released_at if index == 0 or released_at is None else max(released_at, said_at)
        return released_at

    def unchanged_since(self, line: OrderLine) -> datetime:
        """Return since when the order has had `line` with the quantity it has now."""
        return self._since(line, lambda known: known.quantity == line.quantity)

    def scheduled_since(self, line: OrderLine) -> datetime:
        """Return since when the order has wanted `line` on the days it wants it now, however they are cut."""
        days = _days_of(line)
        return self._since(line, lambda known: _days_of(known) == days)

    def _since(self, line: OrderLine, is_same: Callable[[OrderLine], bool]) -> datetime:
        since = self._said[-1][0]
        for said_at, revision in reversed(self._said):
            known = line_of(revision, line.number)
            if known is None or not is_same(known):
                break
            since = said_at
        return since

    def cancelled_since(self, line: OrderLine) -> datetime | None:
        """Return since when `line` is cancelled, by the order's own word or by our first sight of it."""
        since = None
        for said_at, revision in reversed(self._said):
            known = line_of(revision, line.number)
            if revision.state is not OrderState.CANCELLED and known is not None and not known.cancelled:
                break
            since = said_at
        if since is not None and self.newest.state is OrderState.CANCELLED and self.newest.cancelled_at:
            return min(since, self.newest.cancelled_at)
        return since


def _days_of(line: OrderLine) -> dict[tuple[date, DateKind, str], Decimal]:
    """Return how much of a line is wanted on each day."""
    days: dict[tuple[date, DateKind, str], Decimal] = defaultdict(Decimal)
    for part in line.schedule:
        if part.quantity.value:
            days[part.date, part.date_kind, part.quantity.unit] += part.quantity.value
    return days


def line_of(order: PurchaseOrder, number: str) -> OrderLine | None:
    """Return the line of this number in one revision of an order, if it has it."""
    return next((line for line in order.lines if line.number == number), None)
