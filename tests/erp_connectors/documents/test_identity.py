"""Which document a canonical value is, and which orders it names."""

from dataclasses import replace
from datetime import UTC, date, datetime

from erp_connectors.canonical.documents import DocumentKind, Invoice, InvoiceLine, ShipmentStatus
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.documents.identity import key_of, kind_of, orders_named

SAID = DocumentVersion(datetime(2026, 11, 24, 10, tzinfo=UTC))
LINE = InvoiceLine(order_number="1000", line_number="10", quantity=None, price=None)
INVOICE = Invoice(number="I-1", version=SAID, issued_on=date(2026, 12, 1), lines=(LINE,))


def test_an_invoice_names_the_order_of_its_header_and_those_of_its_lines() -> None:
    assert orders_named(INVOICE) == {"1000"}
    assert orders_named(replace(INVOICE, order_number="2000")) == {"1000", "2000"}
    assert orders_named(replace(INVOICE, lines=(replace(LINE, order_number=None),))) == set()


def test_a_shipment_status_is_told_by_its_shipment_and_names_what_it_says() -> None:
    status = ShipmentStatus(number="PRO-1", version=SAID, events=(), order_numbers=("1000", "2000"))
    assert (kind_of(status), key_of(status)) == (DocumentKind.SHIPMENT_STATUS, "PRO-1")
    assert orders_named(status) == {"1000", "2000"}
