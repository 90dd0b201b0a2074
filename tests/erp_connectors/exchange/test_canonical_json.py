"""One document as JSON: what is written reads back, and what is wrong is named with its place."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.codec import CanonicalError
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    OfferedPart,
)
from erp_connectors.canonical.master import SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity
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


@pytest.mark.parametrize(
    "document", [CONFIRMATION, CREDIT, SupplierRecord(number="77", name="N", version=SAID)]
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
        (sent(kind="shipment_status"), "not read yet"),
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
