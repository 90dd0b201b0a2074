"""Gathers the models of this app; each stands beside its verbs."""

from erp_connectors.clock import ClockOffset
from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.documents.models import (
    CustomerDemand,
    Document,
    DocumentHead,
    Item,
    ItemName,
    ItemPack,
    KnownItem,
    LineMatch,
    OrderLine,
    OrderReference,
    PurchaseOrder,
    ShipmentNumber,
    StockLevel,
    Supplier,
)
from erp_connectors.exchange.models import (
    Command,
    ControlNumber,
    IdempotencyKey,
    Interchange,
    OutgoingFile,
    PartnerProfile,
    StreamState,
    Transaction,
)

__all__ = [
    "ClockOffset",
    "Command",
    "Company",
    "Connection",
    "ControlNumber",
    "CustomerDemand",
    "Document",
    "DocumentHead",
    "IdempotencyKey",
    "Interchange",
    "Item",
    "ItemName",
    "ItemPack",
    "KnownItem",
    "LineMatch",
    "OrderLine",
    "OrderReference",
    "OutgoingFile",
    "PartnerProfile",
    "PurchaseOrder",
    "ShipmentNumber",
    "StockLevel",
    "StreamState",
    "Supplier",
    "Transaction",
    "Warehouse",
]
