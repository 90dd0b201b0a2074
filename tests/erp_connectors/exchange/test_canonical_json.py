"""One document as JSON: what is written reads back, and what is wrong is named with its place."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.codec import CanonicalError
from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Confirmation,
    ConfirmationLine,
    GoodsCondition,
    InQuestion,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    OfferedPart,
    OrderLine,
    PaymentTerms,
    PriceBreak,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    ShipmentEvent,
    ShipmentStatus,
    StatusEvent,
)
from erp_connectors.canonical.master import SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, Reference, SchedulePart
from erp_connectors.documents.identity import Recordable
from erp_connectors.exchange.canonical_json import read_document, write_document

SAID = DocumentVersion(datetime(2026, 11, 24, 10, tzinfo=UTC))
CONFIRMATION = Confirmation(
    order_number="1000",
    version=SAID,
    lines=(
        ConfirmationLine(
            line_number="10",
            offered=(OfferedPart(Quantity(Decimal("82.5"), "EA"), date(2026, 12, 2)),),
            price=Price(Decimal("12.50"), "EUR"),
        ),
    ),
)
CREDIT = Invoice(
    number="C-1",
    version=SAID,
    issued_on=date(2026, 12, 1),
    kind=InvoiceKind.CREDIT,
    lines=(InvoiceLine(order_number="1000", line_number="10", quantity=None, price=None),),
)
FREIGHT = Charge(ChargeKind.FREIGHT, Decimal("48.00"), "Express")
TERMS = PaymentTerms(net_days=30, discount_percent=Decimal(2), discount_days=10)
INVOICE = Invoice(
    number="I-1",
    version=SAID,
    issued_on=date(2026, 12, 1),
    lines=(
        InvoiceLine(
            order_number=None,
            line_number="10",
            quantity=Quantity(Decimal(82), "EA"),
            price=Price(Decimal("182.40")),
            amount=Decimal("14946.80"),
            charges=(Charge(ChargeKind.OTHER, Decimal("-10.00"), "Bonus"),),
        ),
    ),
    order_number="1000",
    ship_notice="ASN-1",
    corrects="I-0",
    charge_lines=(FREIGHT,),
    lines_total=Decimal("14946.80"),
    tax_percent=Decimal(19),
    payment_terms=TERMS,
    due_on=date(2026, 12, 31),
)
STATUS = ShipmentStatus(
    number="PRO-1",
    version=SAID,
    events=(
        StatusEvent(
            kind=ShipmentEvent.DELAYED,
            at=SAID.document_time,
            code="SD",
            reason="weather",
            place="Kassel",
            eta=date(2026, 12, 4),
            quantity=Quantity(Decimal(40), "EA"),
        ),
    ),
    order_numbers=("1000",),
    ship_notice="ASN-1",
    tracking="1Z999",
    carrier="UPSN",
    references=(Reference("bill_of_lading", "BOL-7"),),
)
ORDER = PurchaseOrder(
    number="1000",
    supplier="77",
    currency="EUR",
    version=SAID,
    lines=(
        OrderLine(
            number="10",
            item="A",
            quantity=Quantity(Decimal(1), "EA"),
            price=Price(Decimal(5)),
            schedule=(SchedulePart(Quantity(Decimal(1), "EA"), date(2026, 12, 2)),),
            price_breaks=(PriceBreak(Quantity(Decimal(100), "EA"), Price(Decimal(4))),),
        ),
    ),
    payment_terms=TERMS,
    charges=(FREIGHT,),
    tax_percent=Decimal(19),
)
RECEIPT = Receipt(
    number="GR-1",
    version=SAID,
    received_on=date(2026, 12, 2),
    lines=(
        ReceiptLine(
            order_number="1000",
            line_number="10",
            received=Quantity(Decimal(82), "EA"),
            rejected=Quantity(Decimal(2), "EA"),
            in_question=(
                InQuestion(
                    condition=GoodsCondition.QUALITY,
                    quantity=Quantity(Decimal(2), "EA"),
                    code="04",
                    reason="scratched",
                ),
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    "document",
    [
        CONFIRMATION,
        CREDIT,
        INVOICE,
        STATUS,
        ORDER,
        RECEIPT,
        SupplierRecord(number="77", name="N", version=SAID),
    ],
    ids=lambda document: type(document).__name__,
)
def test_what_is_written_reads_back_the_same(document: Recordable) -> None:
    assert read_document(write_document(document)).document == document


def sent(**changes: Any) -> bytes:
    content = json.loads(write_document(CONFIRMATION)) | changes
    return json.dumps({name: value for name, value in content.items() if value is not ...}).encode()


def test_the_partner_who_speaks_is_named_beside_the_document() -> None:
    assert read_document(sent(supplier="77")).supplier == "77"
    assert read_document(sent()).supplier is None


LINE = json.loads(write_document(CONFIRMATION))["lines"][0]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "$"),
        (sent(kind="forecast"), "'forecast' is none of: purchase_order"),
        (sent(kind="shipment_status"), "number"),
        (sent(kind=...), "$.kind"),
        (sent(order_number=...), "order_number"),
        (sent(order_nummer="1"), "$.order_nummer"),
        (sent(lines=[LINE | {"answer": "accepted"}]), "$.lines[0].answer"),
        (sent(lines=[LINE | {"price": {"amount": "x"}}]), "$.lines[0].price.amount"),
        (sent(lines=[LINE | {"price": {"amount": 12.5}}]), "12.5 must be a string"),
        (sent(version={"document_time": "2026-11-24T10:00:00"}), "$.version.document_time"),
        (sent(supplier=77), "$.supplier"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(payload: bytes, words: str) -> None:
    with pytest.raises(CanonicalError) as refused:
        read_document(payload)

    assert words in str(refused.value)
