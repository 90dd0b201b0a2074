"""The streams an ERP by file can bring; each is one file."""

from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop.columns import Layout
from erp_connectors.connectors.file_drop.streams import (
    demand,
    invoices,
    items,
    orders,
    receipts,
    stock,
    suppliers,
)

LAYOUTS: dict[Stream, Layout] = {
    module.LAYOUT.stream: module.LAYOUT
    for module in (suppliers, items, orders, receipts, invoices, stock, demand)
}
