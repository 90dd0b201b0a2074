"""Which document a canonical value is: its kind, its key, and the orders it names. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from erp_connectors.canonical.codec import from_builtins, to_builtins, to_json
from erp_connectors.canonical.documents import (
    Confirmation,
    Demand,
    DocumentKind,
    Invoice,
    InvoiceKind,
    PurchaseOrder,
    Receipt,
    ShipmentStatus,
    ShipNotice,
    Stock,
)
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.errors import PermanentError

#: What is said about orders.
OrderDocument = PurchaseOrder | Confirmation | ShipNotice | ShipmentStatus | Receipt | Invoice
#: What is said about everything around them.
GroundDocument = Stock | Demand | SupplierRecord | ItemRecord
Recordable = OrderDocument | GroundDocument
#: What one document is told from another by: kind, key, and the partner who said it (None: the ERP or we).
Group = tuple[str, str, int | None]
#: An order as a document names it: the number of the partner who speaks (empty: the ERP or we), the order's.
Named = tuple[str, str]

ORDER_SHAPES: dict[DocumentKind, type[OrderDocument]] = {
    DocumentKind.PURCHASE_ORDER: PurchaseOrder,
    DocumentKind.CONFIRMATION: Confirmation,
    DocumentKind.SHIP_NOTICE: ShipNotice,
    DocumentKind.SHIPMENT_STATUS: ShipmentStatus,
    DocumentKind.RECEIPT: Receipt,
    DocumentKind.INVOICE: Invoice,
}
GROUND_SHAPES: dict[DocumentKind, type[GroundDocument]] = {
    DocumentKind.STOCK: Stock,
    DocumentKind.DEMAND: Demand,
    DocumentKind.SUPPLIER: SupplierRecord,
    DocumentKind.ITEM: ItemRecord,
}
SHAPES: dict[DocumentKind, type[Recordable]] = {**ORDER_SHAPES, **GROUND_SHAPES}
LONGEST_KEY = 200
#: Where the content of a document keeps the versions before its last under which it was said.
EARLIER = "said_before"
ABOUT_THE_SAYING = ("version", EARLIER)
KINDS = {shape: kind for kind, shape in SHAPES.items()}


class UnstorableDocument(PermanentError):
    """A document holds a value that no source can mean: an empty or endless number, a NUL character."""


def kind_of(document: Recordable) -> DocumentKind:
    """Return what the document is."""
    return KINDS[type(document)]


def key_of(document: Recordable) -> str:
    """Return what all revisions of the document share, among those of its kind and its sender.

    All answers to one order are revisions of one answer. A credit note is not a revision of the invoice with
    its number.
    """
    match document:
        case Confirmation():
            return document.order_number
        case Invoice() if document.kind is InvoiceKind.CREDIT:
            return f"{document.number} (credit)"
        case Stock():
            return f"{document.item.replace('|', '||')} | {document.warehouse.replace('|', '||')}"
        case _:
            return document.number


def orders_named(document: Recordable) -> set[str]:
    """Return the numbers of the orders the document is about, as it writes them; stock names none."""
    match document:
        case Stock() | Demand() | SupplierRecord() | ItemRecord():
            return set()
        case PurchaseOrder():
            return {document.number}
        case Confirmation():
            return {document.order_number}
        case ShipmentStatus():
            return set(document.order_numbers)
        case Invoice():
            named = {document.order_number, *(line.order_number for line in document.lines)}
            return {number for number in named if number}
        case _:
            return {line.order_number for line in document.lines if line.order_number}


def content_of(document: Recordable) -> dict[str, Any]:
    """Return the document as plain JSON types; raises UnstorableDocument."""
    key = key_of(document)
    if not key.strip() or len(key) > LONGEST_KEY:
        raise UnstorableDocument(f"The number of the {kind_of(document)} is empty or too long: {key[:80]!r}.")
    if b"\\u0000" in to_json(document):
        raise UnstorableDocument(f"The {kind_of(document)} {key!r} holds a NUL character.")
    if isinstance(document, ItemRecord) and any(pack.factor <= 0 for pack in document.packs):
        raise UnstorableDocument(f"A pack of item {key!r} holds no or less than no units.")
    content: dict[str, Any] = to_builtins(document)
    return content


def words_of(content: Mapping[str, Any]) -> bytes:
    """Return what is said, without when and under which number: equal words are the same content."""
    return to_json({name: value for name, value in content.items() if name not in ABOUT_THE_SAYING})


def said_again(content: Mapping[str, Any], said: Sequence[DocumentVersion]) -> dict[str, Any]:
    """Return the content as it is kept once it was said under all of these versions, oldest first."""
    kept = dict(content) | {"version": to_builtins(said[-1])}
    kept.pop(EARLIER, None)
    return kept | ({EARLIER: to_builtins(said[:-1])} if len(said) > 1 else {})


def versions_said(content: Mapping[str, Any]) -> tuple[DocumentVersion, ...]:
    """Return every version under which the content was said, oldest first."""
    said = [*content.get(EARLIER, []), content["version"]]
    return from_builtins(said, tuple[DocumentVersion, ...])
