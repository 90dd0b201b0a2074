"""What the simulator writes is what the reader reads, whatever it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Demand,
    DemandLine,
    GoodsCondition,
    InQuestion,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    OrderLine,
    OrderState,
    PaymentTerms,
    PriceBreak,
    PurchaseOrder,
    Purpose,
    Receipt,
    ReceiptLine,
    Stock,
)
from erp_connectors.canonical.master import ItemRecord, Pack, SupplierItem, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Price, Quantity, SchedulePart
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.file_drop.streams import LAYOUTS
from erp_connectors.connectors.simulator import extracts
from tests.erp_connectors.connectors.file_drop.files import NOW, reading

STAMP = f"{NOW:%Y%m%dT%H%M%SZ}"

codes = (
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/. äß", min_size=1, max_size=20).map(str.strip).filter(bool)
)
names = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp")), min_size=1, max_size=60)
    .map(str.strip)
    .filter(lambda text: text and not text.startswith("="))
)
amounts = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False, allow_infinity=False).map(
    lambda value: Decimal(format(value.normalize(), "f"))
)
factors = amounts.filter(bool)
charge_kinds = st.sampled_from(ChargeKind)
kinds = list(ChargeKind).index
units = st.sampled_from(["EA", "CS", "KGM", "MTR"])
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
moments = st.datetimes(datetime(2020, 1, 1), NOW.replace(tzinfo=None), timezones=st.just(UTC))
versions = st.builds(DocumentVersion, moments, st.integers(0, 1000), st.just(STAMP))


@st.composite
def price_breaks(draw: st.DrawFn, unit: str, price: Price) -> tuple[PriceBreak, ...]:
    froms = draw(st.lists(st.tuples(factors, amounts), max_size=3, unique_by=lambda each: each[0]))
    return tuple(
        PriceBreak(Quantity(start, unit), replace(price, amount=amount)) for start, amount in sorted(froms)
    )


@st.composite
def order_lines(draw: st.DrawFn, number: str) -> OrderLine:
    unit = draw(units)
    parts = draw(st.lists(st.tuples(amounts, days), min_size=1, max_size=3))
    schedule = sorted(
        (SchedulePart(Quantity(amount, unit), day) for amount, day in parts),
        key=lambda part: (part.date, part.quantity.value),
    )
    total = sum((amount for amount, _ in parts), Decimal(0))
    price = Price(draw(amounts), "EUR", draw(factors), draw(units)) if draw(st.booleans()) else None
    return OrderLine(
        number=number,
        item=draw(codes),
        quantity=Quantity(total, unit),
        price=price,
        schedule=tuple(schedule),
        supplier_item=draw(st.none() | codes),
        gtin=draw(st.none() | st.just("04006381333931")),
        description=draw(st.just("") | names),
        warehouse=draw(st.none() | codes),
        cancelled=draw(st.booleans()),
        price_breaks=draw(price_breaks(unit, price)) if price else (),
    )


@st.composite
def orders(draw: st.DrawFn) -> PurchaseOrder:
    numbers = sorted(draw(st.sets(st.integers(1, 999), min_size=1, max_size=4)))
    version = draw(versions)
    token = str(version.revision) if version.revision else ""
    return PurchaseOrder(
        number=draw(codes),
        supplier=draw(codes),
        currency="EUR",
        version=version,
        lines=tuple(draw(order_lines(str(number))) for number in numbers),
        state=draw(st.sampled_from(OrderState)),
        released_at=draw(st.none() | moments),
        cancelled_at=draw(st.none() | moments),
        buyer=draw(st.none() | codes),
        version_token=token,
        payment_terms=draw(st.none() | st.builds(PaymentTerms, net_days=st.integers(0, 365))),
        charges=tuple(Charge(kind, draw(factors)) for kind in sorted(draw(st.sets(charge_kinds)), key=kinds)),
        tax_percent=draw(st.none() | st.just(Decimal(19))),
    )


def read_back(stream: Stream, payload: bytes) -> list[Any]:
    read = reading(payload, f"{stream}_{STAMP}.csv", decimal_mark=".")
    assert read.problems == []
    return read.documents


@given(st.lists(orders(), max_size=4, unique_by=lambda order: order.number))
def test_orders_survive_being_written_and_read(written: list[PurchaseOrder]) -> None:
    assert read_back(Stream.ORDERS, extracts.orders_csv(written)) == written


def test_every_other_document_survives_being_written_and_read() -> None:
    version = DocumentVersion(NOW - timedelta(days=1), 3, STAMP)
    quantity = Quantity(Decimal("12.125"), "KGM")
    documents: dict[Stream, list[Any]] = {
        Stream.SUPPLIERS: [
            SupplierRecord(
                number="77", name="Nordmann; Söhne", version=version, tier="A", country="DE",
                currency="EUR", email="a@b.example", buyer="bea",
            ),
            SupplierRecord(number="78", name='"Lind"', version=version),
        ],
        Stream.ITEMS: [
            ItemRecord(
                number="A", description="Seal, kit", base_unit="EA", version=version,
                packs=(Pack("CS", Decimal(12)), Pack("PF", Decimal(480))), gtin="04006381333931",
                category="Seals", abc_class="B", unit_margin=Decimal("6.5"), sales_price=Decimal("12.9"),
                demand_per_day=Decimal(40), demand_sd=Decimal(15), lead_days=21, criticality=Decimal("1.2"),
                supplier_items=(SupplierItem("77", "N-1"), SupplierItem("78", "M")),
            ),
            ItemRecord(number="B", description="", base_unit="MTR", version=version),
        ],
        Stream.RECEIPTS: [
            Receipt(
                number="R-1", version=version, received_on=date(2026, 11, 20), purpose=Purpose.CANCEL,
                ship_notice="ASN-1", warehouse="KAS", entered_by="WADE2",
                lines=(
                    ReceiptLine(order_number="1", line_number="9", received=quantity, item="A"),
                    ReceiptLine(
                        order_number="1", line_number="10", received=quantity,
                        damaged=Quantity(Decimal("0.001"), "KGM"),
                        rejected=Quantity(Decimal("0.002"), "KGM"), ids=ItemIds(None, "N-1", "123"),
                        in_question=(
                            InQuestion(
                                condition=GoodsCondition.QUALITY, reason="wet",
                                quantity=Quantity(Decimal("0.003"), "KGM"),
                            ),
                        ),
                    ),
                ),
            )
        ],
        Stream.STOCK: [
            Stock(
                item="A", warehouse="KAS", on_hand=replace(quantity, value=Decimal(-3)), version=version,
                demand_per_day=Decimal(4), demand_sd=Decimal("1.5"),
            )
        ],
        Stream.DEMAND: [
            Demand(
                number="SO-881", customer="Krone", customer_class="A", version=version,
                lines=(
                    DemandLine(
                        number="1", item="A", warehouse="KAS", open=quantity, due_on=date(2026, 12, 3),
                        penalty_per_day=Decimal(400), penalty_flat=Decimal(50),
                    ),
                ),
            ),
            Demand(number="SO-882", customer="Lind", customer_class="C", version=version, lines=()),
        ],
    }  # fmt: skip
    for stream, written in documents.items():
        write = getattr(extracts, f"{stream}_csv")
        assert read_back(stream, write(written)) == written


def test_invoices_survive_being_written_and_read() -> None:
    version = DocumentVersion(NOW - timedelta(days=1), 3, STAMP)
    terms = PaymentTerms(net_days=30, discount_percent=Decimal("2.5"), discount_days=10)
    line = InvoiceLine(
        order_number="1",
        line_number="10",
        quantity=Quantity(Decimal(82), "EA"),
        price=Price(Decimal("182.4"), None, Decimal(1), "EA"),
        ids=ItemIds("A", "N-1", "123"),
        amount=Decimal("14956.8"),
    )
    invoice = Invoice(
        number="I-1", version=version, issued_on=date(2026, 12, 7),
        lines=(line, replace(line, line_number="20")), currency="EUR",
        charges=Decimal(43), tax=Decimal("2839.8"), total=Decimal("17844.6"),
        purpose=Purpose.CANCEL, entered_by="FINN2", ship_notice="ASN-1", corrects="I-0",
        lines_total=Decimal("14956.8"),
        charge_lines=(Charge(ChargeKind.FREIGHT, Decimal(48)), Charge(ChargeKind.OTHER, Decimal(-5))),
        tax_percent=Decimal(19), payment_terms=terms, due_on=date(2027, 1, 6),
    )  # fmt: skip
    credit = Invoice(
        number="C-1",
        version=version,
        issued_on=date(2026, 12, 8),
        lines=(),
        kind=InvoiceKind.CREDIT,
        currency="USD",
        order_number="1",
    )
    written = extracts.invoices_csv([("77", invoice), ("77", credit)])
    assert read_back(Stream.INVOICES, written) == [invoice, credit]


@pytest.mark.parametrize("stream", list(LAYOUTS))
def test_an_extract_of_nothing_can_be_read_and_is_full(stream: Stream) -> None:
    payload = getattr(extracts, f"{stream}_csv")([])
    read = reading(payload, f"{stream}.csv", full_extracts=[stream])
    assert (read.documents, read.problems) == ([], [])
    assert read.full is not None
    assert read.full.keys == frozenset()


def test_its_numbers_need_no_decimal_mark() -> None:
    stock = Stock(
        item="A", warehouse="KAS", on_hand=Quantity(Decimal("1.125"), "EA"), version=DocumentVersion(NOW)
    )
    assert reading(extracts.stock_csv([stock]), "stock.csv").only.on_hand == stock.on_hand
