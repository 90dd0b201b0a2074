"""What Nordmann, the warehouse and finance write in the stories, and the ways by which they send it.

A document is written at the moment the clock shows. It travels as X12, as an extract of the ERP, or as
canonical JSON through the API.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.test import Client

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    Purpose,
    Receipt,
    ReceiptLine,
    ShipNotice,
    ShipNoticeLine,
)
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Price, Quantity
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.documents.identity import Recordable
from erp_connectors.edi.results import Document
from erp_connectors.edi.x12.writer import OutgoingEnvelope
from erp_connectors.edi.x12.writing import write_documents
from erp_connectors.exchange.canonical_json import SPEAKER, write_document
from tests.builders.factories import BERLIN
from tests.journeys.house import ITEM, OUR_ID, PRICE, THEIR_ID, House, each

SEAL_KIT = ItemIds(buyer=ITEM)


# --- what is written ----------------------------------------------------------------------------------------


def answer(
    number: str, *lines: ConfirmationLine, revision: int = 0, purpose: Purpose = Purpose.ORIGINAL
) -> Confirmation:
    """The answer to an order, line by line."""
    version = DocumentVersion(clock.now(), revision)
    return Confirmation(order_number=number, version=version, lines=lines, currency="EUR", purpose=purpose)


def offered(
    *parts: tuple[int, date],
    line: str = "10",
    unit: str = "EA",
    price: Price | None = None,
    item: str = ITEM,
    is_changed: bool = False,
) -> ConfirmationLine:
    """What is offered of one line: so much on that day, and so much on another."""
    return ConfirmationLine(
        line_number=line,
        ids=ItemIds(buyer=item),
        answers=(LineAnswer.CHANGED if is_changed else LineAnswer.ACCEPTED,),
        offered=tuple(OfferedPart(Quantity(Decimal(value), unit), day) for value, day in parts),
        price=price,
    )


def ship_notice(
    number: str, order: str, quantity: int, *, shipped_on: date | None = None, final: bool = False
) -> ShipNotice:
    """The notice that so many pieces of line 10 have left; `final`: and that no more will come."""
    shipped = ShipNoticeLine(
        order_number=order, line_number="10", ids=SEAL_KIT, shipped=each(quantity), final=final
    )
    version = DocumentVersion(clock.now())
    return ShipNotice(number=number, version=version, lines=(shipped,), shipped_on=shipped_on)


def receipt(number: str, order: str, quantity: int, *, on: date, notice: str | None = None) -> Receipt:
    """The receipt of so many pieces of line 10, all of them good."""
    received = ReceiptLine(
        order_number=order, line_number="10", received=each(quantity), ids=SEAL_KIT, item=ITEM
    )
    version = DocumentVersion(clock.now())
    return Receipt(
        number=number,
        version=version,
        received_on=on,
        lines=(received,),
        ship_notice=notice,
        warehouse="KAS",
    )


def invoice(
    number: str,
    order: str,
    quantity: int,
    *,
    on: date,
    kind: InvoiceKind = InvoiceKind.INVOICE,
    corrects: str | None = None,
) -> Invoice:
    """The bill for so many pieces of line 10 at the price of the order; or the credit note."""
    billed = InvoiceLine(
        order_number=order,
        line_number="10",
        quantity=each(quantity),
        price=Price(Decimal(PRICE), "EUR", Decimal(1)),
        ids=SEAL_KIT,
    )
    return Invoice(
        number=number,
        version=DocumentVersion(clock.now()),
        issued_on=on,
        lines=(billed,),
        kind=kind,
        currency="EUR",
        total=quantity * Decimal(PRICE),
        order_number=order,
        corrects=corrects,
    )


# --- how it is sent -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Partner:
    """Whoever writes X12 to us: it numbers its interchanges, and puts them into the mailbox."""

    house: House
    name: str = THEIR_ID
    sent: int = 0

    def sends(self, *documents: Document) -> None:
        """Let the partner send one interchange with these documents, written now."""
        self.sent += 1
        self.house.drop(f"{self.name}-{self.sent}.x12", self.written(*documents, control=self.sent))

    def written(self, *documents: Document, control: int) -> bytes:
        """Return an interchange with these documents."""
        envelope = OutgoingEnvelope(
            sender_qualifier="ZZ",
            sender=self.name,
            receiver_qualifier="ZZ",
            receiver=OUR_ID,
            control_number=control,
            at=documents[0].version.document_time.astimezone(BERLIN),
        )
        return write_documents(documents, envelope)


def tell_receipts(house: House, *receipts: Receipt) -> None:
    """Let the warehouse book receipts in the ERP, which tells of them."""
    house.extract(Stream.RECEIPTS, extracts.receipts_csv(receipts))


def post_document(house: House, document: Recordable, *, supplier: str | None = None) -> dict[str, Any]:
    """Let another system of ours, or a supplier by it, post a document as canonical JSON."""
    body = json.loads(write_document(document))
    if supplier is not None:
        body[SPEAKER] = supplier
    answer = Client().post(
        "/api/v1/documents/",
        data=json.dumps(body),
        content_type="application/json",
        headers={"authorization": f"Bearer {house.token}"},
    )
    assert answer.status_code == 202, answer.content
    told: dict[str, Any] = answer.json()
    return told
