"""What the mirror knew of orders and documents at an earlier moment: from the documents it had by then.

Reads only. An order is rebuilt by the function that keeps the mirror (`positions_of`), given what was
recorded by the moment; master data (items, suppliers, warehouses) is as it is now.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.canonical.documents import PurchaseOrder as CanonicalOrder
from erp_connectors.companies import Connection
from erp_connectors.documents import heads
from erp_connectors.documents.by_hand import NOTHING, ByHand, by_hand
from erp_connectors.documents.heads import newest_of
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.identity import EARLIER, ORDER_SHAPES, Group, versions_said
from erp_connectors.documents.linked import Heard, heard_of
from erp_connectors.documents.models import Document, DocumentHead, KnownItem, LineMatch
from erp_connectors.documents.positions import OrderPositions, positions_of
from erp_connectors.documents.unmatched import loose_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderThen:
    """One order as the documents of a moment leave it: its newest revision, and where its lines stand."""

    said: CanonicalOrder
    document: Document
    positions: OrderPositions


@dataclass(slots=True)
class _Shelf:
    """What was ever heard of one order, the first to come first, with what was read of it already."""

    heard: Heard
    recorded: Sequence[datetime]
    said_again: bool
    read: dict[object, OrderThen | None] = field(default_factory=dict)

    def links(self, rows: Collection[object]) -> bool:
        """Say whether any of these documents, by their primary keys, names the order."""
        return any(row.pk in rows for row in self.heard.rows)


class Past:
    """The past of some orders of one connection, read once in a number of queries that does not grow.

    `numbers` may name orders that are not here: their documents are still loose.
    """

    def __init__(self, numbers: Collection[str], *, connection: Connection) -> None:
        self.connection = connection
        self._shelves = {number: _shelf_of(one) for number, one in heard_of(numbers, connection).items()}
        self.numbers = frozenset(self._shelves)
        self._contents: dict[object, Any] = {}
        rows = [row for shelf in self._shelves.values() for row in shelf.heard.rows]
        self._rows = list({row.pk: row for row in rows}.values())
        self._said_at = _moments_of_hands(self._rows, connection)
        self._hands: dict[int, Mapping[Group, ByHand]] = {0: {}}

    def moments(self, number: str) -> set[datetime]:
        """Return when something about the order was recorded, or said by a person of its documents."""
        return {*self._shelves[number].recorded, *self._said_at}

    def at(self, number: str, moment: datetime) -> OrderThen | None:
        """Return an order as it was known at a moment; None: the ERP had not told of it."""
        shelf = self._shelves[number]
        hands = bisect_right(self._said_at, moment)
        known = bisect_right(shelf.recorded, moment)
        key = (known, hands, moment if shelf.said_again else None)
        if key not in shelf.read:
            shelf.read = {key: self._order(shelf.heard.by(moment), moment)}
        return shelf.read[key]

    def links(self, number: str, rows: Collection[object]) -> bool:
        """Say whether any of these documents, by their primary keys, names the order."""
        return self._shelves[number].links(rows)

    def documents_on(self, number: str, kind: DocumentKind) -> set[Group]:
        """Return the documents of a kind of which any revision names the order."""
        return {row.group for row in self._shelves[number].heard.rows if row.kind == kind}

    def head_at(self, head: DocumentHead, revisions: Iterable[Document], moment: datetime) -> DocumentHead:
        """Return a document as its revisions recorded by a moment (at least one) leave it.

        `head` is its row as it is now; what is returned is no row to save.
        """
        then = copy(head)
        rows = [row for row in revisions if row.recorded_at <= moment]
        hands = self._by_hand(moment)
        heads.fill(then, newest_of(rows), min(row.first_said_at for row in rows), hands)
        then.loose = {**then.loose, **self._loose_at(head, rows, moment)}
        return then

    def _loose_at(self, head: DocumentHead, rows: Iterable[Document], moment: datetime) -> dict[str, Any]:
        """Return which lines of a document the orders its revisions name leave over, by their numbers."""
        linked = {row.pk for row in rows}
        wanted = {number for number, shelf in self._shelves.items() if shelf.links(linked)}
        heard = {number: self._shelves[number].heard.by(moment) for number in sorted(wanted)}
        then = {number: self.at(number, moment) for number in heard}
        known = {number: one for number, one in then.items() if one is not None}
        loose = loose_of(
            heard,
            {number: one.said for number, one in known.items()},
            {number: one.positions for number, one in known.items()},
            self._by_hand(moment),
        )
        return {number: lines for number, lines in loose.get(head.group, {}).items() if lines}

    def _order(self, heard: Heard, moment: datetime) -> OrderThen | None:
        newest = heard.newest_order
        if newest is None:
            return None
        said: CanonicalOrder = self._content(newest)
        hands = self._by_hand(moment)
        return OrderThen(
            said=said,
            document=newest,
            positions=positions_of(self._heard(row, moment, hands) for row in heard.about(said.supplier)),
        )

    def _heard(self, row: Document, moment: datetime, hands: Mapping[Group, ByHand]) -> HeardDocument:
        content = self._content(row)
        if EARLIER in row.content:
            said = versions_said(row.content)
            by_then = [version for version in said if version.document_time <= moment]
            content = replace(content, version=by_then[-1] if by_then else said[0])
        content = hands.get(row.group, NOTHING).over(content)
        return HeardDocument(
            key=row.key, version=content.version, first_said_at=row.first_said_at, content=content
        )

    def _content(self, row: Document) -> Any:
        if row.pk not in self._contents:
            self._contents[row.pk] = from_builtins(row.content, ORDER_SHAPES[DocumentKind(row.kind)])
        return self._contents[row.pk]

    def _by_hand(self, moment: datetime) -> Mapping[Group, ByHand]:
        known = bisect_right(self._said_at, moment)
        if known not in self._hands:
            self._hands[known] = by_hand(self._rows, connection=self.connection, by=moment)
        return self._hands[known]


def _shelf_of(heard: Heard) -> _Shelf:
    rows = list({row.pk: row for row in heard.rows}.values())
    return _Shelf(
        heard=heard,
        recorded=sorted(row.recorded_at for row in rows),
        said_again=any(EARLIER in row.content for row in rows),
    )


def _moments_of_hands(rows: Collection[Document], connection: Connection) -> list[datetime]:
    """Return when people said something of these documents, in two queries."""
    matches = LineMatch.objects.filter(connection=connection, key__in={row.key for row in rows})
    known = KnownItem.objects.filter(
        connection=connection, supplier__in={row.supplier_id for row in rows if row.supplier_id}
    )
    return sorted({*matches.values_list("made_at", flat=True), *known.values_list("made_at", flat=True)})
