"""Small worlds for the examples of exception types and for tests: an order, an answer ... in a line. Pure.

Times without a zone are Berlin time. Unless told otherwise everything is about line 10 of one order of a
supplier that answers, announces and invoices, seen without delay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from erp_connectors.canonical.codec import content_hash
from erp_connectors.canonical.documents import (
    Charge,
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    OrderLine,
    OrderState,
    PaymentTerms,
    PurchaseOrder,
    Purpose,
    Receipt,
    ReceiptLine,
    ShipmentEvent,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
    StatusEvent,
    Unmentioned,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.heard import Content, HeardDocument
from erp_connectors.documents.identity import kind_of, orders_named
from erp_connectors.documents.positions import positions_of
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.agreements import fingerprint, values_of
from exceptions_app.detection.documents import DocumentSnapshot, LooseLine
from exceptions_app.detection.invoices import BilledOrder, InvoiceSnapshot, OtherInvoice, charges_of
from exceptions_app.detection.messages import MessageSnapshot, RefusedPart
from exceptions_app.detection.performance import PriceObservation, SupplierSnapshot
from exceptions_app.detection.snapshot import ItemFacts, LineSnapshot, OrderSnapshot, Sight
from exceptions_app.detection.streams import StreamSnapshot
from exceptions_app.policies.values import Terms, ToleranceTable

BERLIN = ZoneInfo("Europe/Berlin")
KASSEL = BusinessCalendar(
    "kassel",
    BERLIN,
    dict.fromkeys(range(5), ((time(8), time(17)),)),
    frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}),
)
ORDER_NUMBER = "4500010001"
ITEM = "SEAL-KIT"
FAR = datetime(2030, 1, 1, tzinfo=BERLIN)
SEEN = Sight(orders=FAR, confirmations=FAR, ship_notices=FAR, receipts=FAR, invoices=FAR)

Part = tuple[str | int, str]


def at(text: str) -> datetime:
    """Return a moment in Berlin: `2026-11-24 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def amount(value: str | int, unit: str = "EA") -> Quantity:
    """Return a quantity."""
    return Quantity(Decimal(value), unit)


def price(
    value: str | None, currency: str | None = None, per: str | None = None, unit: str | None = None
) -> Price | None:
    """Return a price; None for None."""
    return None if value is None else Price(Decimal(value), currency, Decimal(per) if per else None, unit)


def order_line(
    *parts: Part,
    number: str = "10",
    item: str = ITEM,
    unit: str = "EA",
    cost: Price | None = None,
    **more: Any,
) -> OrderLine:
    """Return an order line with a schedule of (quantity, date)."""
    return OrderLine(
        number=number,
        item=item,
        quantity=Quantity(sum((Decimal(value) for value, _ in parts), Decimal(0)), unit),
        price=cost,
        schedule=tuple(SchedulePart(amount(value, unit), date.fromisoformat(day)) for value, day in parts),
        **more,
    )


def order(
    *parts: Part,
    lines: tuple[OrderLine, ...] = (),
    said: str = "2026-11-19 16:00",
    revision: int = 0,
    unit: str = "EA",
    cost: Price | None = None,
    state: OrderState = OrderState.RELEASED,
    cancelled_at: str | None = None,
    **more: Any,
) -> HeardDocument:
    """Return a revision of the order, released on Thursday 2026-11-19 at 16:00: one line, or `lines`."""
    cost = cost or price("182.40", "EUR")
    return heard(
        f"order {ORDER_NUMBER}",
        PurchaseOrder(
            number=ORDER_NUMBER,
            supplier="NORDMANN",
            currency="EUR",
            version=DocumentVersion(at(said), revision),
            lines=lines or (order_line(*parts, unit=unit, cost=cost, **more),),
            state=state,
            released_at=at("2026-11-19 16:00"),
            cancelled_at=at(cancelled_at) if cancelled_at else None,
        ),
    )


def answer(
    *parts: tuple[str | int, str | None],
    said: str = "2026-11-24 10:00",
    revision: int = 0,
    number: str | None = "10",
    unit: str = "EA",
    words: tuple[LineAnswer, ...] = (),
    cost: Price | None = None,
    offered: tuple[OfferedPart, ...] | None = None,
    is_unreadable: bool = False,
    unmentioned: Unmentioned = Unmentioned.UNANSWERED,
    key: str | None = None,
    currency: str | None = None,
    **more: Any,
) -> HeardDocument:
    """Return a confirmation that offers (quantity, date) on one line; `number` None mentions no line."""
    if offered is None and not is_unreadable:
        offered = tuple(
            OfferedPart(amount(value, unit), date.fromisoformat(day) if day else None) for value, day in parts
        )
    line = ConfirmationLine(line_number=number, answers=words, offered=offered, price=cost, **more)
    version = DocumentVersion(at(said), revision)
    return heard(
        key or f"answer {said} {revision} {number}",
        Confirmation(
            order_number=ORDER_NUMBER,
            version=version,
            lines=(line,) if number else (),
            unmentioned=unmentioned,
            currency=currency,
        ),
    )


def ship_notice(
    value: str | int | None,
    number: str = "ASN-1",
    *,
    said: str,
    unit: str = "EA",
    line: str = "10",
    shipped_on: str | None = None,
    expected_on: str | None = None,
    revision: int = 0,
    purpose: str = "original",
    **more: Any,
) -> HeardDocument:
    """Return a ship notice with one line."""
    return heard(
        number,
        ShipNotice(
            number=number,
            version=DocumentVersion(at(said), revision),
            purpose=Purpose(purpose),
            shipped_on=date.fromisoformat(shipped_on) if shipped_on else None,
            expected_on=date.fromisoformat(expected_on) if expected_on else None,
            lines=(
                ShipNoticeLine(
                    order_number=ORDER_NUMBER,
                    line_number=line,
                    shipped=None if value is None else amount(value, unit),
                    **more,
                ),
            ),
        ),
    )


def status(
    *kinds: ShipmentEvent,
    when: str | Sequence[str],
    number: str = "PRO-1",
    notice: str | None = None,
    eta: str | None = None,
    quantity: str | int | None = None,
    said: str | None = None,
    purpose: Purpose = Purpose.ORIGINAL,
    revision: int = 0,
) -> HeardDocument:
    """Return what a carrier says of a shipment: events of these kinds, with the newest arrival it states.

    Without a ship notice it is about the whole order.
    """
    moments = [when] if isinstance(when, str) else list(when)
    events = tuple(
        StatusEvent(
            kind=kind,
            at=at(moment),
            eta=date.fromisoformat(eta) if eta and index == len(kinds) - 1 else None,
            quantity=None if quantity is None else amount(quantity),
        )
        for index, (kind, moment) in enumerate(zip(kinds, moments, strict=True))
    )
    return heard(
        number,
        ShipmentStatus(
            number=number,
            version=DocumentVersion(at(said or moments[-1]), revision),
            events=events,
            purpose=purpose,
            order_numbers=(ORDER_NUMBER,),
            ship_notice=notice,
        ),
    )


def receipt(
    value: str | int,
    number: str = "GR-1",
    *,
    on: str,
    said: str | None = None,
    unit: str = "EA",
    line: str = "10",
    notice: str | None = None,
    damaged: str | int | None = None,
    rejected: str | int | None = None,
    warehouse: str | None = None,
    order_number: str | None = ORDER_NUMBER,
    revision: int = 0,
    **more: Any,
) -> HeardDocument:
    """Return a receipt with one line, booked at noon of the day."""
    return heard(
        number,
        Receipt(
            number=number,
            version=DocumentVersion(at(said or f"{on} 12:00"), revision),
            received_on=date.fromisoformat(on),
            ship_notice=notice,
            warehouse=warehouse,
            lines=(
                ReceiptLine(
                    order_number=order_number,
                    line_number=line,
                    received=amount(value, unit),
                    damaged=None if damaged is None else amount(damaged, unit),
                    rejected=None if rejected is None else amount(rejected, unit),
                    **more,
                ),
            ),
        ),
    )


def invoice(
    value: str | int,
    number: str = "INV-1",
    *,
    on: str,
    said: str | None = None,
    unit: str = "EA",
    line: str = "10",
    cost: Price | None = None,
    kind: InvoiceKind = InvoiceKind.INVOICE,
    revision: int = 0,
    corrects: str | None = None,
) -> HeardDocument:
    """Return an invoice or credit note with one line, at the order price, sent at noon of its day."""
    return heard(
        number,
        Invoice(
            number=number,
            version=DocumentVersion(at(said or f"{on} 12:00"), revision),
            issued_on=date.fromisoformat(on),
            kind=kind,
            currency="EUR",
            corrects=corrects,
            lines=(
                InvoiceLine(
                    order_number=ORDER_NUMBER,
                    line_number=line,
                    quantity=amount(value, unit),
                    price=cost or price("182.40", "EUR"),
                ),
            ),
        ),
    )


def claim(known: OrderSnapshot, quantity: str | int | None, *, made: str, number: int = 1) -> Agreement:
    """Return the agreement that the supplier credits what is missing of line 10."""
    line = known.lines[0]
    values = values_of(line.position.line)
    return Agreement(
        id=number,
        key="receipt_short:10",
        type_code="receipt_short",
        line_number="10",
        kind=AgreementKind.CREDIT,
        state=AgreementState.ACTIVE,
        answer=fingerprint(line),
        before=values,
        after=values,
        quantity=None if quantity is None else Decimal(quantity),
        made_at=at(made),
    )


def hides(stream: str, until: str | None) -> Sight:
    """Return a sight in which one stream was read `until` then only; None: never."""
    return replace(SEEN, **{stream: at(until) if until else None})


def heard(key: str, content: Content) -> HeardDocument:
    """Return a document as it stands in the mirror when it was said once."""
    return HeardDocument(
        key=key, version=content.version, first_said_at=content.version.document_time, content=content
    )


def snapshot(
    *documents: HeardDocument,
    packs: Mapping[str, str | int] | None = None,
    base: str = "EA",
    sight: Sight = SEEN,
    terms: Terms | None = None,
    tolerances: ToleranceTable | None = None,
    abc_class: str = "",
    is_for_class_a: bool = False,
) -> OrderSnapshot:
    """Return the order as detection sees it after `documents`; `packs` are base units in one of each unit."""
    positions = positions_of(documents)
    factors = {base: Decimal(1)} | {unit: Decimal(factor) for unit, factor in (packs or {}).items()}
    return OrderSnapshot(
        order_id=1,
        company="WESERLAND",
        number=ORDER_NUMBER,
        supplier_number="NORDMANN",
        currency="EUR",
        calendar=KASSEL,
        supplier_calendar=KASSEL,
        terms=terms or Terms(),
        sight=sight,
        lines=tuple(
            LineSnapshot(
                position=position,
                item=ItemFacts(
                    number=position.line.item, base_unit=base, factors=factors, abc_class=abc_class
                ),
                tolerances=tolerances or ToleranceTable({}),
                warehouse="KASSEL",
                is_for_class_a=is_for_class_a,
            )
            for position in positions.lines
        ),
        unmatched=positions.unmatched,
    )


# --- invoices and other documents --------------------------------------------------------------------


def invoiced(
    *documents: HeardDocument,
    number: str = "INV-1",
    payment: PaymentTerms | None = None,
    charges: tuple[Charge, ...] = (),
    tax_percent: Decimal | None = None,
    earlier: tuple[Invoice, ...] = (),
    **values: Any,
) -> InvoiceSnapshot:
    """Return the invoice with this number as detection sees it after `documents`, on its order or on none.

    `payment`, `charges` and `tax_percent` are those of the order; `values` are of its snapshot.
    """
    known = snapshot(*documents, **values)
    billed = [each for each in documents if isinstance(each.content, Invoice)]
    invoice = next(each for each in billed if each.key == number)
    assert isinstance(invoice.content, Invoice)
    order = BilledOrder(snapshot=known, payment_terms=payment, charges=charges, tax_percent=tax_percent)
    return InvoiceSnapshot(
        company="WESERLAND",
        calendar=KASSEL,
        tolerances=values.get("tolerances") or ToleranceTable({}),
        fingerprint=content_hash(invoice.content),
        heard=invoice.version.document_time.isoformat(),
        key=number,
        invoice=invoice.content,
        supplier_number="NORDMANN",
        first_said_at=invoice.first_said_at,
        said_at=invoice.version.document_time,
        named=frozenset(orders_named(invoice.content)),
        orders=(order,) if known.lines else (),
        others=tuple(other_invoice(each) for each in billed if each is not invoice),
        earlier=earlier,
        seen_until=known.sight.invoices,
    )


def other_invoice(document: HeardDocument) -> OtherInvoice:
    """Return an invoice as another one on the same order sees it."""
    invoice = document.content
    assert isinstance(invoice, Invoice)
    return OtherInvoice(
        number=invoice.number,
        kind=invoice.kind,
        issued_on=invoice.issued_on,
        said_at=document.version.document_time,
        currency=invoice.currency,
        total=invoice.total,
        orders=frozenset(orders_named(invoice)),
        charges=charges_of(invoice),
        corrects=invoice.corrects,
        ship_notice=invoice.ship_notice,
    )


def loose(
    document: HeardDocument, reasons: Mapping[str, str], *, seen_until: datetime | None = FAR
) -> DocumentSnapshot:
    """Return a document whose first line fits no order, for the reason under the order it names."""
    return DocumentSnapshot(
        company="WESERLAND",
        calendar=KASSEL,
        tolerances=ToleranceTable({}),
        fingerprint=content_hash(document.content),
        heard=document.version.document_time.isoformat(),
        kind=kind_of(document.content),
        key=document.key,
        number=document.key,
        supplier_number="NORDMANN",
        first_said_at=document.first_said_at,
        content=document.content,
        loose=tuple(LooseLine(order=order, index=0, reason=reason) for order, reason in reasons.items()),
        seen_until=seen_until,
    )


# --- suppliers --------------------------------------------------------------------------------------


def supplier_prices(*percents: Decimal, ordered: Decimal = Decimal(10_000)) -> SupplierSnapshot:
    """Return a supplier whose orders, one a day until 2026-11-23, were confirmed so many percent dearer."""
    first = at("2026-11-23 09:00") - timedelta(days=len(percents) - 1)
    return SupplierSnapshot(
        company="weserland",
        calendar=KASSEL,
        tolerances=ToleranceTable({}),
        fingerprint="77",
        number="77",
        currency="EUR",
        prices=tuple(
            PriceObservation(
                order=f"45000200{place:02}",
                said_at=first + timedelta(days=place),
                ordered=ordered,
                difference=ordered * percent / 100,
            )
            for place, percent in enumerate(percents)
        ),
        yearly=ordered * len(percents),
    )


def message(*refused: RefusedPart) -> MessageSnapshot:
    """Return a received message of which these parts were not applied."""
    return MessageSnapshot(
        company="WESERLAND",
        calendar=KASSEL,
        tolerances=ToleranceTable({}),
        fingerprint=content_hash(refused),
        key="01936c8e",
        name="confirmations.edi",
        connection="nordmann-edi",
        received_at=at("2026-11-24 09:00"),
        refused=refused,
    )


def stream(**values: Any) -> StreamSnapshot:
    """Return the stream of invoices of an ERP."""
    return StreamSnapshot(
        company="WESERLAND",
        calendar=KASSEL,
        tolerances=ToleranceTable({}),
        fingerprint="erp invoices",
        key="invoices",
        stream="invoices",
        connection="erp",
        **values,
    )
