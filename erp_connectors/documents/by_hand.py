"""What people said where a document is not clear: which order line one of its lines is, what a number means.

The mirror keeps what the outside said; what people added is laid over it whenever it is read for positions. A
match is bound to the words of its line: should a newer revision say something else there, it lapses. What a
supplier's number means is remembered for all of its documents.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceLine,
    Receipt,
    ReceiptLine,
    ShipNotice,
    ShipNoticeLine,
)
from erp_connectors.canonical.values import ItemIds
from erp_connectors.companies import Connection
from erp_connectors.documents.identity import Group
from erp_connectors.documents.models import Document, KnownItem, LineMatch

NamedLine = ConfirmationLine | ShipNoticeLine | ReceiptLine | InvoiceLine
Matchable = Confirmation | ShipNotice | Receipt | Invoice
#: The item numbers a document may give, as `KnownItem.scheme` names them.
SCHEMES = ("supplier", "gtin", "buyer", "manufacturer")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a line belongs; without a line number the whole document is about that order."""

    order_number: str
    line_number: str = ""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What people said of one document: by line (None: the whole), with the words it is bound to.

    `items`: our item number for a number of this speaker, by (scheme, number).
    """

    matches: Mapping[int | None, tuple[dict[str, Any], Target]] = field(default_factory=dict)
    items: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def over(self, document: Any) -> Any:
        """Return the document with what people said of it laid over."""
        if not isinstance(document, Matchable) or not (self.matches or self.items):
            return document
        whole = self._target(None, document)
        if isinstance(document, Confirmation) and whole is not None:
            document = replace(document, order_number=whole.order_number)
        lines = tuple(self._line(index, line, document, whole) for index, line in enumerate(document.lines))
        return replace(document, lines=lines)

    def _line(self, index: int, line: Any, document: Matchable, whole: Target | None) -> Any:
        target = self._target(index, document)
        if target is not None:
            named = {"line_number": target.line_number, "ids": ItemIds()}
            if not isinstance(line, ConfirmationLine):
                named["order_number"] = target.order_number
            return replace(line, **named)
        if whole is not None and not isinstance(line, ConfirmationLine):
            line = replace(line, order_number=whole.order_number)
        return replace(line, ids=self._known(line.ids)) if self.items else line

    def _target(self, index: int | None, document: Matchable) -> Target | None:
        words, target = self.matches.get(index, (None, None))
        return target if words is not None and words == words_of_line(document, index) else None

    def _known(self, ids: ItemIds) -> ItemIds:
        for scheme in SCHEMES:
            number = getattr(ids, scheme)
            item = self.items.get((scheme, number)) if number else None
            if item is not None:
                return ItemIds(buyer=item)
        return ids


NOTHING = ByHand()


def words_of_line(document: Matchable, index: int | None) -> dict[str, Any]:
    """Return what a line is told from others by, as plain JSON; of the whole document, the order it names."""
    order = document.order_number if isinstance(document, Confirmation | Invoice) else None
    if index is None:
        return {"order_number": order}
    if not 0 <= index < len(document.lines):
        return {}
    line = document.lines[index]
    of_line = None if isinstance(line, ConfirmationLine) else line.order_number
    words: dict[str, Any] = to_builtins(
        {"order_number": of_line or order, "line_number": line.line_number, "ids": line.ids}
    )
    return words


def by_hand(
    rows: Iterable[Document], *, connection: Connection, by: datetime | None = None
) -> dict[Group, ByHand]:
    """Return what people said of documents, for those of which they said anything, in two queries.

    `by`: only what they had said by then.
    """
    groups = {row.group for row in rows}
    if not groups:
        return {}
    said = Q() if by is None else Q(made_at__lte=by)
    matches: dict[Group, dict[int | None, tuple[dict[str, Any], Target]]] = defaultdict(dict)
    for match in LineMatch.objects.filter(said, connection=connection, key__in={key for _, key, _ in groups}):
        target = Target(match.order_number, match.line_number)
        matches[match.kind, match.key, match.supplier_id][match.line] = (match.words, target)
    items: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)
    speakers = {supplier for _, _, supplier in groups if supplier is not None}
    known_items = KnownItem.objects.filter(said, connection=connection, supplier__in=speakers)
    for known in known_items if speakers else ():
        items[known.supplier_id][known.scheme, known.number] = known.item_number
    return {
        group: ByHand(matches.get(group, {}), items.get(group[2] or 0, {}))
        for group in groups
        if group in matches or group[2] in items
    }


def orders_matched(groups: Iterable[Group], *, connection: Connection) -> dict[Group, set[str]]:
    """Return the orders that documents are about by hand."""
    wanted = Q(pk__in=[])
    for kind, key, supplier in groups:
        wanted |= Q(kind=kind, key=key, supplier=supplier)
    found: dict[Group, set[str]] = defaultdict(set)
    for match in LineMatch.objects.filter(wanted, connection=connection):
        found[match.kind, match.key, match.supplier_id].add(match.order_number)
    return found


def numbers_given(ids: ItemIds) -> Sequence[tuple[str, str]]:
    """Return the item numbers a line gives, with their schemes."""
    return [(scheme, number) for scheme in SCHEMES if (number := getattr(ids, scheme))]
