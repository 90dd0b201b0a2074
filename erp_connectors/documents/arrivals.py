"""What arrives to be recorded: a document, who said it, and which document it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from erp_connectors.canonical.documents import DocumentKind, PurchaseOrder, Receipt, ShipmentStatus
from erp_connectors.documents.identity import (
    Group,
    Named,
    Recordable,
    content_of,
    key_of,
    kind_of,
    orders_named,
    words_of,
)
from erp_connectors.documents.models import Supplier
from erp_connectors.documents.revisions import Outcome
from erp_connectors.exchange.models import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A document with who said it: `supplier` where a partner did, None where the ERP or we did."""

    document: Recordable
    received_at: datetime
    supplier: Supplier | None = None
    transaction: Transaction | None = None


@dataclass(slots=True)
class FiledArrival:
    """An arrival with what it is, and once it was placed, what it changed."""

    arrival: Arrival
    kind: DocumentKind
    key: str
    content: dict[str, object]
    words: bytes
    named: tuple[str, ...]
    outcome: Outcome = Outcome.UNCHANGED

    @property
    def group(self) -> Group:
        """What all revisions of the document share."""
        supplier = self.arrival.supplier
        # An order is one document, whichever supplier its revisions name.
        said_by = supplier.pk if supplier and self.kind is not DocumentKind.PURCHASE_ORDER else None
        return (self.kind.value, self.key, said_by)

    def names(self) -> Iterator[Named]:
        """Yield how it names its orders; an order names itself, and itself under its supplier.

        Carriers and warehouses speak of everybody's orders, whichever partner they are to us.
        """
        document, supplier = self.arrival.document, self.arrival.supplier
        if isinstance(document, ShipmentStatus | Receipt):
            supplier = None
        if isinstance(document, PurchaseOrder):
            yield ("", document.number)
            yield (document.supplier, document.number)
            return
        for number in self.named:
            yield (supplier.number if supplier else "", number)


def file_arrival(arrival: Arrival) -> FiledArrival:
    """Return an arrival with what it is; raises UnstorableDocument."""
    document = arrival.document
    content = content_of(document)
    return FiledArrival(
        arrival=arrival,
        kind=kind_of(document),
        key=key_of(document),
        content=content,
        words=words_of(content),
        named=tuple(sorted(orders_named(document))),
    )
