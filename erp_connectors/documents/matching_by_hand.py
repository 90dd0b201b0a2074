"""What a person does with a document line that fits no order line: say which one it is, or take it back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import Confirmation, OrderState
from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents import store
from erp_connectors.documents.by_hand import numbers_given, words_of_line
from erp_connectors.documents.candidates import line_of
from erp_connectors.documents.heads import headed
from erp_connectors.documents.identity import Group, orders_named
from erp_connectors.documents.models import (
    Document,
    DocumentHead,
    Item,
    ItemPack,
    KnownItem,
    LineMatch,
    OrderLine,
)
from erp_connectors.errors import PermanentError

#: A remembered number may stand in many documents that wait; more are read again as they come.
MOST_READ_AGAIN = 200


class CannotMatch(PermanentError):
    """The line cannot be that order line; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What was said: `remembered` are the numbers whose meaning is known from now on."""

    match: LineMatch
    orders: frozenset[int]
    remembered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """What was taken back: `forgotten` are the numbers whose meaning was known by it, and is no longer."""

    match: LineMatch
    forgotten: tuple[str, ...] = ()


@transaction.atomic
def match_line(
    head: DocumentHead,
    *,
    index: int,
    order_number: str,
    line_number: str,
    by: str,
    at: datetime,
    reason: str = "",
    remember: bool = False,
) -> Matched:
    """Say which order line a line of a document is, and read again what waits for that.

    `remember`: the item numbers of the line mean that item in all documents of who sent it. A confirmation is
    about one order, so its other lines go with it. Raises CannotMatch.
    """
    said, target = line_of(head, index), _target(head, order_number.strip(), line_number.strip())
    document = _document(head)
    told = {"made_by": by[:200], "made_at": at, "reason": reason[:500]}
    if isinstance(document, Confirmation) and document.order_number != target.order.number:
        _keep(head, None, words_of_line(document, None), target.order.number, "", told)
    match = _keep(head, index, words_of_line(document, index), target.order.number, target.number, told)
    remembered = _remember(head, said, target, by, at) if remember else ()
    groups: set[Group] = {head.group}
    if remembered:
        groups |= _waiting(head)
    touched = store.read_again(groups, connection=head.connection, company=head.company)
    return Matched(match=match, orders=frozenset(touched | {target.order_id}), remembered=remembered)


@transaction.atomic
def unmatch_line(head: DocumentHead, *, index: int) -> Unmatched:
    """Take back what a person said of a line, and read the document again; return what was said.

    With the last line the document as a whole goes back too. What the line's numbers were said to mean is
    forgotten with it, and what was read by that is read again. Raises CannotMatch where nobody matched the
    line.
    """
    said = said_of(head)
    match = said.filter(line=index).first()
    if match is None:
        raise CannotMatch(f"Nobody matched line {index + 1} of {head} by hand.")
    match.delete()
    if not said.exclude(line=None).exists():
        said.filter(line=None).delete()
    forgotten = _forget_numbers(head, match)
    _forget_order(head, match.order_number)
    store.follow_again({match.order_number}, connection=head.connection, company=head.company)
    groups: set[Group] = {head.group, *_giving(head, forgotten)}
    store.read_again(groups, connection=head.connection, company=head.company)
    return Unmatched(match=match, forgotten=forgotten)


def remembered_by(matches: Collection[LineMatch]) -> dict[int, list[KnownItem]]:
    """Return, by the key of a match, what the numbers of its line are known to mean, in one query."""
    suppliers = {match.supplier_id for match in matches}
    known: dict[tuple[int, int | None, str, str], KnownItem] = {
        (each.connection_id, each.supplier_id, each.scheme, each.number): each
        for each in KnownItem.objects.filter(supplier__in=suppliers - {None})
    }
    found = {
        match.pk: [
            known.get((match.connection_id, match.supplier_id, scheme, number))
            for scheme, number in _numbers_of(match)
        ]
        for match in matches
    }
    return {key: [each for each in some if each is not None] for key, some in found.items()}


def _numbers_of(match: LineMatch) -> Sequence[tuple[str, str]]:
    """Return the item numbers that the line gave when it was matched, with their schemes."""
    ids = match.words.get("ids")
    return numbers_given(from_builtins(ids, ItemIds)) if ids else ()


def _forget_numbers(head: DocumentHead, match: LineMatch) -> tuple[str, ...]:
    """Forget that the line's numbers mean the item of the line it was said to be; return those it did."""
    target = OrderLine.objects.filter(
        order__connection=head.connection, order__number=match.order_number, number=match.line_number
    ).first()
    if target is None or head.supplier is None:
        return ()
    of_supplier = KnownItem.objects.filter(
        connection=head.connection, supplier=head.supplier, item_number=target.item_number
    )
    forgotten = []
    for scheme, number in _numbers_of(match):
        deleted, _ = of_supplier.filter(scheme=scheme, number=number).delete()
        forgotten += [number] if deleted else []
    return tuple(forgotten)


def _giving(head: DocumentHead, numbers: Collection[str]) -> set[Group]:
    """Return the newest documents of the same supplier in which one of these numbers stands."""
    stands = Q(pk__in=[])
    for number in numbers:
        stands |= Q(document__content__icontains=number)
    rows = DocumentHead.objects.filter(stands, connection=head.connection, supplier=head.supplier)
    return set(rows.order_by("-pk").values_list("kind", "key", "supplier")[:MOST_READ_AGAIN])


def _forget_order(head: DocumentHead, order_number: str) -> None:
    """Let a document no longer be about an order that only a person named."""
    if order_number in orders_named(_document(head)) or said_of(head).filter(order_number=order_number):
        return
    rows = Document.objects.filter(
        connection=head.connection, kind=head.kind, key=head.key, supplier=head.supplier
    )
    Document.orders.through.objects.filter(
        document__in=rows, orderreference__order_number=order_number
    ).delete()


def said_of(head: DocumentHead) -> QuerySet[LineMatch]:
    """Return what people said of the lines of a document, and of it as a whole."""
    return LineMatch.objects.filter(
        connection=head.connection, kind=head.kind, key=head.key, supplier=head.supplier
    )


def _keep(
    head: DocumentHead,
    line: int | None,
    words: dict[str, Any],
    order_number: str,
    line_number: str,
    told: dict[str, Any],
) -> LineMatch:
    match, _ = LineMatch.objects.update_or_create(
        connection=head.connection,
        kind=head.kind,
        key=head.key,
        supplier=head.supplier,
        line=line,
        defaults=told | {"words": words, "order_number": order_number, "line_number": line_number},
    )
    return match


@transaction.atomic
def add_pack(item: Item, *, unit: str, factor: Decimal) -> frozenset[int]:
    """Say how many base units of an item one `unit` holds, and count its open orders again; return these.

    What the ERP says of the unit later takes its place. Raises CannotMatch where the ERP says it already.
    """
    said = ItemPack.objects.filter(item=item, unit=unit, is_by_hand=False).first()
    if said is not None or unit == item.base_unit:
        raise CannotMatch(f"The ERP says already what one {unit} of {item.number} holds.")
    ItemPack.objects.update_or_create(item=item, unit=unit, defaults={"factor": factor, "is_by_hand": True})
    lines = OrderLine.objects.filter(item=item, is_present=True, order__state=OrderState.RELEASED)
    numbers = set(lines.values_list("order__number", flat=True))
    company = lines.select_related("order__company").first()
    if company is None:
        return frozenset()
    touched = store.follow_again(numbers, connection=item.connection, company=company.order.company)
    return frozenset(touched)


def _document(head: DocumentHead) -> Any:
    return headed(head.document)


def _target(head: DocumentHead, order_number: str, line_number: str) -> OrderLine:
    line = (
        OrderLine.objects.select_related("order__supplier", "item")
        .filter(order__connection=head.connection, order__number=order_number, number=line_number)
        .first()
    )
    if line is None:
        raise CannotMatch(f"{head.connection.name} has no line {line_number} of an order {order_number}.")
    if head.supplier_id is not None and line.order.supplier_id != head.supplier_id:
        raise CannotMatch(f"Order {order_number} is with {line.order.supplier}, not with {head.supplier}.")
    return line


def _remember(head: DocumentHead, said: Any, target: OrderLine, by: str, at: datetime) -> tuple[str, ...]:
    given = numbers_given(said.ids)
    if head.supplier is None or not given:
        raise CannotMatch("It gives no item number of a supplier that could be remembered.")
    for scheme, number in given:
        KnownItem.objects.update_or_create(
            connection=head.connection,
            supplier=head.supplier,
            scheme=scheme,
            number=number,
            defaults={"item_number": target.item_number, "made_by": by[:200], "made_at": at},
        )
    return tuple(number for _, number in given)


def _waiting(head: DocumentHead) -> set[Group]:
    """Return the documents of the same supplier of which something fits no order."""
    rows = DocumentHead.objects.filter(connection=head.connection, supplier=head.supplier).exclude(loose={})
    newest = rows.order_by("-pk").values_list("kind", "key", "supplier")[:MOST_READ_AGAIN]
    return set(newest)
