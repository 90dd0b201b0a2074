"""What is said of an order when nobody misbehaves: as it was ordered, in time, at its price. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    OrderLine,
    Receipt,
    ReceiptLine,
    ShipmentEvent,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
    StatusEvent,
)
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Price
from exceptions_app.demo.parties.scene import Scene, wanted

CARRIERS = ("NORDLOG", "TRANSVIA", "KURIER24")
CENT = Decimal("0.01")


def confirmation(scene: Scene) -> Confirmation:
    """Return an answer that accepts every line as it was ordered."""
    return Confirmation(
        order_number=scene.order.number,
        version=DocumentVersion(scene.at),
        number=f"{scene.supplier.number}-{scene.suffix}",
        currency=scene.order.currency,
        lines=tuple(_accepted(line) for line in scene.order.lines),
    )


def ship_notice(scene: Scene) -> ShipNotice:
    """Return a notice of everything that was ordered, to arrive in time."""
    expected_on = max(max(wanted(line) for line in scene.order.lines), scene.at.date())
    return ShipNotice(
        number=f"LS{scene.suffix}",
        version=DocumentVersion(scene.at),
        shipped_on=scene.at.date(),
        expected_on=expected_on,
        carrier=scene.random.choice(CARRIERS),
        tracking=f"{scene.supplier.number}{scene.suffix}",
        lines=tuple(
            ShipNoticeLine(
                order_number=scene.order.number,
                line_number=line.number,
                ids=ids_of(line),
                shipped=line.quantity,
                final=True,
            )
            for line in scene.order.lines
        ),
    )


def status(scene: Scene, notice: ShipNotice) -> ShipmentStatus:
    """Return that the carrier has picked the shipment up."""
    return ShipmentStatus(
        number=notice.number,
        version=DocumentVersion(scene.at),
        order_numbers=(scene.order.number,),
        tracking=notice.tracking,
        carrier=notice.carrier,
        events=(StatusEvent(kind=ShipmentEvent.PICKED_UP, at=scene.at, reason="NS"),),
    )


def receipt(scene: Scene, notice: ShipNotice | None) -> Receipt:
    """Return that all of the notice came, or all of the order where there was none, in good condition."""
    shipped = {line.line_number: line.shipped for line in notice.lines} if notice else {}
    return Receipt(
        number=f"WE{scene.suffix}",
        version=DocumentVersion(scene.at),
        received_on=scene.at.date(),
        ship_notice=notice.number if notice else None,
        warehouse=scene.order.lines[0].warehouse,
        lines=tuple(
            ReceiptLine(
                order_number=scene.order.number,
                line_number=line.number,
                received=shipped.get(line.number) or line.quantity,
                item=line.item,
            )
            for line in scene.order.lines
        ),
    )


def invoice(scene: Scene) -> Invoice:
    """Return an invoice over everything that was ordered, at the order's prices, tax and terms."""
    lines = tuple(
        InvoiceLine(
            order_number=scene.order.number,
            line_number=line.number,
            quantity=line.quantity,
            price=price_of(line, scene.order.currency),
            ids=ids_of(line),
        )
        for line in scene.order.lines
    )
    return added_up(
        Invoice(
            number=f"RE{scene.suffix}",
            version=DocumentVersion(scene.at),
            issued_on=scene.at.date(),
            currency=scene.order.currency,
            order_number=scene.order.number,
            lines=lines,
            tax_percent=scene.order.tax_percent,
            payment_terms=scene.order.payment_terms,
        )
    )


def typed_in(document: Invoice, clerks: Sequence[str]) -> Invoice:
    """Return an invoice on paper as one of the ERP's users types it in; they take turns, order by order."""
    turn = int(document.order_number or 0) % len(clerks)
    return replace(document, entered_by=clerks[turn])


def added_up(document: Invoice) -> Invoice:
    """Return an invoice with the tax and the total that its lines and charges come to."""
    net = sum(
        (line.quantity.value * line.price.amount for line in document.lines if line.quantity and line.price),
        Decimal(0),
    )
    net += sum((charge.amount for charge in document.charge_lines), Decimal(0))
    tax = (net * (document.tax_percent or Decimal(0)) / 100).quantize(CENT, ROUND_HALF_UP)
    return replace(document, tax=tax, total=(net + tax).quantize(CENT, ROUND_HALF_UP))


def ids_of(line: OrderLine) -> ItemIds:
    """Return the names of the item of a line that both sides know."""
    return ItemIds(buyer=line.item, supplier=line.supplier_item)


def price_of(line: OrderLine, currency: str) -> Price | None:
    """Return the price of a line for one of its unit."""
    return Price(line.price.amount, currency, Decimal(1)) if line.price else None


def _accepted(line: OrderLine) -> ConfirmationLine:
    return ConfirmationLine(
        line_number=line.number,
        ids=ids_of(line),
        answers=(LineAnswer.ACCEPTED,),
        offered=(OfferedPart(line.quantity, wanted(line)),),
        price=price_of(line, line.price.currency or "") if line.price else None,
    )
