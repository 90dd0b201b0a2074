"""Which order lines a document line could be, each with its reasons: for a person to choose from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from erp_connectors.canonical.documents import OrderState
from erp_connectors.canonical.values import ItemIds, Quantity
from erp_connectors.documents.by_hand import NamedLine
from erp_connectors.documents.heads import headed
from erp_connectors.documents.matching import normal_number
from erp_connectors.documents.models import DocumentHead, ItemName, OrderLine
from erp_connectors.errors import PermanentError

MOST_READ, MOST_SHOWN = 400, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a document line says of itself."""

    order_number: str | None
    line_number: str | None
    ids: ItemIds
    quantity: Quantity | None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An order line it could be. `reasons` in words, the weightiest first; `weight` only orders them."""

    line: OrderLine
    reasons: tuple[str, ...]
    weight: int


def line_of(head: DocumentHead, index: int) -> NamedLine:
    """Return one line of a document's newest revision. Raises PermanentError where there is none."""
    document: Any = headed(head.document)
    lines = getattr(document, "lines", ())
    if not 0 <= index < len(lines):
        raise PermanentError(f"{head} has no line {index + 1}.")
    line: NamedLine = lines[index]
    return line


def said_by(head: DocumentHead, index: int) -> Said:
    """Return what one line of a document says of itself."""
    line: Any = line_of(head, index)
    document: Any = headed(head.document)
    offered = getattr(line, "offered", None) or ()
    quantities = [getattr(line, name, None) for name in ("quantity", "shipped", "received")]
    quantity = offered[0].quantity if offered else next((each for each in quantities if each), None)
    price = getattr(line, "price", None)
    ids: ItemIds = line.ids
    if getattr(line, "item", None) and ids.buyer is None:
        ids = ItemIds(line.item, ids.supplier, ids.gtin, ids.manufacturer)
    return Said(
        order_number=getattr(line, "order_number", None) or getattr(document, "order_number", None),
        line_number=line.line_number,
        ids=ids,
        quantity=quantity,
        price=price.amount if price else None,
    )


def candidates(head: DocumentHead, index: int) -> list[Candidate]:
    """Return the open order lines of who speaks that one line of a document could be, the likeliest first.

    A line without any reason is not shown: a person who knows better enters order and line themselves.
    """
    said = said_by(head, index)
    names = _names_of(said, head)
    found = [
        Candidate(line=line, reasons=tuple(words for words, _ in reasons), weight=sum(w for _, w in reasons))
        for line in _lines(head, said)
        if (reasons := reasons_for(said, line, names.get(line.item_id or 0, frozenset())))
    ]
    ranked = sorted(found, key=lambda each: (-each.weight, each.line.order.number, each.line.number))
    return ranked[:MOST_SHOWN]


def reasons_for(said: Said, line: OrderLine, names: Iterable[str]) -> list[tuple[str, int]]:
    """Return why a document line could be an order line, in words with their weights, the weightiest first.

    `names`: what this supplier calls the item of the order line.
    """
    ids, order, reasons = said.ids, line.order.number, []
    gtin = line.item.gtin if line.item else ""
    if said.order_number and said.order_number == order:
        reasons.append(("the order it names", 5))
    elif said.order_number and _is_nearly(said.order_number, order):
        reasons.append(("an order number that differs little", 4))
    if ids.buyer and ids.buyer == line.item_number:
        reasons.append(("our item number", 4))
    if ids.supplier and ids.supplier in names:
        reasons.append(("the supplier's item number", 4))
    if ids.gtin and gtin and ids.gtin.zfill(14) == gtin.zfill(14):
        reasons.append(("the same GTIN", 4))
    if said.quantity and (said.quantity.value, said.quantity.unit) == (line.quantity, line.unit):
        reasons.append(("the same quantity", 2))
    if said.price is not None and said.price == line.price:
        reasons.append(("the same price", 2))
    if said.line_number and normal_number(said.line_number) == normal_number(line.number):
        reasons.append(("the same line number", 1))
    # A line number or a price alone says nothing.
    return sorted(reasons, key=lambda each: -each[1]) if sum(weight for _, weight in reasons) > 2 else []


def _is_nearly(one: str, other: str) -> bool:
    """Say whether two order numbers differ in one character, in two that changed places, or by a prefix.

    That is what a slip of the finger makes of a number, and what systems put before it.
    """
    one, other = one.strip().upper(), other.strip().upper()
    if len(min(one, other, key=len)) >= 4 and (one.endswith(other) or other.endswith(one)):
        return True
    if len(one) != len(other):
        return False
    differing = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differing) == 1:
        return True
    if len(differing) != 2:
        return False
    first, second = differing
    return second == first + 1 and one[first] == other[second] and one[second] == other[first]


def _lines(head: DocumentHead, said: Said) -> Sequence[OrderLine]:
    lines = OrderLine.objects.filter(
        order__connection=head.connection, order__state=OrderState.RELEASED, is_present=True
    )
    if head.supplier_id is not None:
        lines = lines.filter(order__supplier=head.supplier_id)
    likely = Q(pk__in=[])
    if said.order_number:
        likely |= Q(order__number=said.order_number)
    if head.supplier_id is not None:
        likely |= Q(order__supplier=head.supplier_id)
    if said.ids.buyer:
        likely |= Q(item_number=said.ids.buyer)
    newest = lines.filter(likely).select_related("order", "item").order_by("-order_id", "pk")
    return list(newest[:MOST_READ])


def _names_of(said: Said, head: DocumentHead) -> dict[int, frozenset[str]]:
    """Return, by the item's primary key, the name by which the line calls it, where it does."""
    if not said.ids.supplier or head.supplier is None:
        return {}
    rows = ItemName.objects.filter(
        item__connection=head.connection, supplier_number=head.supplier.number, number=said.ids.supplier
    )
    return {item: frozenset({said.ids.supplier}) for item in rows.values_list("item_id", flat=True)}
