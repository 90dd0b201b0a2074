"""One row per document across its revisions, and which of its lines fit no order."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.documents import (
    Confirmation,
    DocumentKind,
    Invoice,
    InvoiceKind,
    Purpose,
    Receipt,
    ShipmentStatus,
    ShipNotice,
)
from erp_connectors.companies import Company, Connection
from erp_connectors.documents.by_hand import NOTHING, ByHand
from erp_connectors.documents.identity import ORDER_SHAPES, Group, orders_named, words_of
from erp_connectors.documents.models import Document, DocumentHead
from erp_connectors.documents.positions import UnmatchedLine

#: Documents with a head: what others say of orders. An order is a row of its own.
HEADED = frozenset(ORDER_SHAPES) - {DocumentKind.PURCHASE_ORDER}
Headed = Confirmation | ShipNotice | ShipmentStatus | Receipt | Invoice
#: Lines of a document that fit no line of one order, as JSON: which, why, and what they could be.
LooseLines = list[dict[str, Any]]
#: By document, then by the number of the order its lines name.
Loose = Mapping[Group, Mapping[str, LooseLines]]

ORDER_UNKNOWN, OTHER_SUPPLIER, NO_ORDER_NAMED = "order_unknown", "other_supplier", "no_order_named"
#: The key of `DocumentHead.loose` for lines that name no order.
NO_ORDER = ""
#: Nobody said anything.
NOBODY: Mapping[Group, ByHand] = {}
COLUMNS = [
    "document",
    "number",
    "is_credit",
    "is_cancelled",
    "first_said_at",
    "issued_on",
    "total",
    "currency",
    "orders",
    "loose",
]


def newest_of(rows: Iterable[Document]) -> Document:
    """Return the newest of some revisions; under one version the words decide, as in `revisions`."""
    tied: list[Document] = []
    for row in rows:
        if not tied or _version(row) > _version(tied[0]):
            tied = [row]
        elif _version(row) == _version(tied[0]):
            tied.append(row)
    return tied[0] if len(tied) == 1 else max(tied, key=lambda row: words_of(row.content))


def _version(row: Document) -> tuple[datetime, int, str]:
    return (row.said_at, row.revision, row.control_number)


def headed(row: Document, hands: Mapping[Group, ByHand] = NOBODY) -> Headed | None:
    """Return what a recorded revision says, with what people added, where its document has a head."""
    kind = DocumentKind(row.kind)
    if kind not in HEADED:
        return None
    content: Any = from_builtins(row.content, ORDER_SHAPES[kind])
    return hands.get(row.group, NOTHING).over(content)  # type: ignore[no-any-return]


# --- lines that fit no order ----------------------------------------------------------------------


def left_over(document: Headed, unmatched: Iterable[UnmatchedLine]) -> LooseLines:
    """Return the lines of a document that fit no line of an order that is here."""
    if document.purpose is Purpose.CANCEL:
        return []
    return [
        {"line": line.index, "reason": line.reason.value, "candidates": list(line.candidates)}
        for line in unmatched
    ]


def unplaced(document: Headed, number: str, reason: str) -> LooseLines:
    """Return all lines of a document that name an order which is not here, or is not the speaker's."""
    return [{"line": index, "reason": reason, "candidates": []} for index in _naming(document, number)]


def _naming(document: Headed, number: str) -> Iterator[int | None]:
    """Yield which lines name an order (empty: none); None for a document that names it without lines."""
    if document.purpose is Purpose.CANCEL or isinstance(document, ShipmentStatus):
        return
    by_header = document.order_number if isinstance(document, Confirmation | Invoice) else None
    if isinstance(document, Confirmation):
        named = [by_header for _ in document.lines]
    else:
        named = [line.order_number or by_header for line in document.lines]
    if not named and (by_header or NO_ORDER) == number:
        yield None
    yield from (index for index, each in enumerate(named) if (each or NO_ORDER) == number)


# --- rows -------------------------------------------------------------------------------------------


def follow(
    newest: Mapping[Group, Document],
    loose: Loose,
    first_said: Mapping[Group, datetime],
    hands: Mapping[Group, ByHand],
    *,
    connection: Connection,
    company: Company,
) -> list[DocumentHead]:
    """Bring the heads in step with the newest revision of each changed document, and with what fits no order.

    `loose` are the lines that orders which were looked at leave over, of the changed documents and of others;
    `hands` is what people said of the changed ones.
    Returns the heads to look at: invoices that may stand to their orders in another way now, and documents of
    which something fits no order, or did.
    """
    changed = {group: row for group, row in newest.items() if group[0] in HEADED}
    groups = changed.keys() | loose.keys()
    if not groups:
        return []
    known = _locked(groups, connection)
    to_look_at = []
    written: list[DocumentHead] = []
    for group in sorted(groups, key=str):
        if group not in changed and group not in known:
            continue
        head = known.get(group) or _new(group, connection, company)
        before, was_loose = _columns(head), bool(head.loose)
        if group in changed:
            fill(head, changed[group], first_said[group], hands)
        head.loose = _with(head.loose, loose.get(group, {}))
        if head._state.adding or before != _columns(head):
            written.append(head)
        if head.kind == DocumentKind.INVOICE or head.loose or was_loose:
            to_look_at.append(head)
    DocumentHead.objects.bulk_create(
        written,
        update_conflicts=True,
        unique_fields=["connection", "kind", "key", "supplier"],
        update_fields=COLUMNS,
        batch_size=500,
    )
    return to_look_at


def _locked(groups: Iterable[Group], connection: Connection) -> dict[Group, DocumentHead]:
    """Return the heads there are, locked in the order of their keys."""
    wanted = set(groups)
    rows = DocumentHead.objects.filter(
        connection=connection, kind__in={kind for kind, _, _ in wanted}, key__in={key for _, key, _ in wanted}
    )
    return {(head.kind, head.key, head.supplier_id): head for head in rows.order_by("pk").select_for_update()}


def _with(loose: Mapping[str, LooseLines], by_order: Mapping[str, LooseLines]) -> dict[str, LooseLines]:
    """Return what fits no order, once some orders were looked at again; what fits now is not kept."""
    others = {number: lines for number, lines in loose.items() if number not in by_order}
    return others | {number: lines for number, lines in by_order.items() if lines}


def _new(group: Group, connection: Connection, company: Company) -> DocumentHead:
    kind, key, supplier = group
    return DocumentHead(
        connection=connection, company=company, kind=kind, key=key, supplier_id=supplier, loose={}
    )


def _columns(head: DocumentHead) -> tuple[Any, ...]:
    return tuple(getattr(head, f"{name}_id" if name == "document" else name) for name in COLUMNS)


def fill(head: DocumentHead, row: Document, first_said_at: datetime, hands: Mapping[Group, ByHand]) -> None:
    """Give a head what its newest revision says; of what fits no order, only lines that name none."""
    said = headed(row, hands)
    assert said is not None
    head.document, head.first_said_at = row, first_said_at
    head.number = said.order_number if isinstance(said, Confirmation) else said.number
    head.is_cancelled = said.purpose is Purpose.CANCEL
    head.issued_on = _issued_on(said)
    head.orders = sorted(orders_named(said))
    if isinstance(said, Invoice):
        head.is_credit = said.kind is InvoiceKind.CREDIT
        head.total, head.currency = said.total, said.currency or ""
    without_order = unplaced(said, NO_ORDER, NO_ORDER_NAMED)
    head.loose = {NO_ORDER: without_order} if without_order else {}


def _issued_on(said: Headed) -> date | None:
    match said:
        case Invoice():
            return said.issued_on
        case Receipt():
            return said.received_on
        case ShipNotice():
            return said.shipped_on
    return None
