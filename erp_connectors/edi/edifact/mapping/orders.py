"""An ORDERS or ORDCHG: our own document coming back, read and checked, not mirrored."""

from erp_connectors.edi.edifact.mapping.documents import Document
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.envelope import Finding
from erp_connectors.edi.frame import Mapped, Row
from erp_connectors.edi.values import UnreadableValue


def check_order(rows: list[Row], source: Source) -> Mapped:
    """Return what forbids an order to be read: no number, or quantities and prices that are none."""
    return None, _Order(rows, source).check()


class _Order(Document):
    """The check of one order or order change."""

    def check(self) -> list[Finding]:
        """Return every value that cannot be read."""
        refusal = self.refusal()
        if refusal is not None:
            return [refusal]
        for line in self.lines():
            try:
                for stated in [*line.quantities, *line.scheduled]:
                    if stated.kind is not None:
                        self.amount(stated)
                self.net_price(line)
            except UnreadableValue as unreadable:
                self.errors.append(unreadable.finding)
        return self.errors
