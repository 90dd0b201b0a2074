"""Receipts that fit no order, because whoever typed them slipped."""

from datetime import date
from decimal import Decimal

from erp_connectors.canonical.documents import Receipt, ReceiptLine
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import DocumentHead
from erp_connectors.documents.store import record
from tests.builders.factories import TUESDAY_TEN, Ground


def loose_receipt(
    world: Ground, number: str = "GR-1", *, order: str = "45O0020001", lines: int = 1
) -> DocumentHead:
    """Record a receipt of 100 seal kits on each of its lines, for an order the ERP has never told of."""
    record(
        Receipt(
            number=number,
            version=DocumentVersion(TUESDAY_TEN),
            received_on=date(2026, 11, 24),
            lines=tuple(
                ReceiptLine(
                    order_number=order,
                    line_number=str((place + 1) * 10),
                    received=Quantity(Decimal(100), "EA"),
                    item="SEAL-KIT",
                )
                for place in range(lines)
            ),
        ),
        connection=world.erp,
        company=world.company,
        received_at=TUESDAY_TEN,
    )
    return DocumentHead.objects.get(connection=world.erp, number=number)
