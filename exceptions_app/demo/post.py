"""What is put into the watched folders of one company: letters of suppliers and extracts of the ERP."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from erp_connectors.canonical.documents import Invoice, PurchaseOrder, Receipt
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.exchange.channels.folders import write_atomically


@dataclass(slots=True)
class Post:
    """What has come together and is not delivered yet; of each stream the ERP writes one extract."""

    orders: dict[str, PurchaseOrder] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    invoices: list[tuple[str, Invoice]] = field(default_factory=list)
    letters: list[tuple[str, bytes]] = field(default_factory=list)

    def deliver(self, erp: FileErp, mailbox: Path, *, at: datetime) -> None:
        """Put everything where it is looked for: extracts beside the ERP, letters into the mailbox."""
        if self.orders:
            self._extract(erp, Stream.ORDERS, extracts.orders_csv(self.orders.values()), at)
        if self.receipts:
            self._extract(erp, Stream.RECEIPTS, extracts.receipts_csv(self.receipts), at)
        if self.invoices:
            self._extract(erp, Stream.INVOICES, extracts.invoices_csv(self.invoices), at)
        mailbox.mkdir(parents=True, exist_ok=True)
        for name, payload in self.letters:
            write_atomically(mailbox, name, payload)

    @staticmethod
    def _extract(erp: FileErp, stream: Stream, payload: bytes, at: datetime) -> None:
        """Write an extract under the next second whose name is free: another one may not be read yet."""
        while erp.path_of(stream, at=at).exists():
            at += timedelta(seconds=1)
        erp.write(stream, payload, at=at)
