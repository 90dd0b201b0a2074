"""What changed: ordered beside confirmed, shipped, received and invoiced. Pure."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import InvoiceKind, OfferedPart, OrderLine, OrderState
from erp_connectors.canonical.values import DateKind, DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.position import (
    AnswerFact,
    InvoiceFact,
    LinePosition,
    ReceiptFact,
    ShipmentFact,
)
from exceptions_app.web.comparison import Comparison, Row, compare

SAID = DocumentVersion(datetime(2026, 11, 24, 9, tzinfo=UTC))
TODAY, WANTED = date(2026, 11, 24), date(2026, 12, 2)
PRICE = Price(Decimal("182.40"), "EUR", Decimal(1))
FACTORS = {"EA": Decimal(1), "CS": Decimal(12)}


def pieces(value: str | int, unit: str = "EA") -> Quantity:
    return Quantity(Decimal(value), unit)


def position(*schedule: SchedulePart, price: Price = PRICE, **facts: Any) -> LinePosition:
    parts = schedule or (SchedulePart(pieces(100), WANTED),)
    total = sum((part.quantity.value for part in parts), Decimal(0))
    return LinePosition(
        order_number="1",
        currency="EUR",
        state=OrderState.RELEASED,
        order_version=SAID,
        unchanged_since=SAID.document_time,
        line=OrderLine(
            number="10",
            item="SEAL",
            quantity=Quantity(total, parts[0].quantity.unit),
            price=price,
            schedule=parts,
        ),
        **facts,
    )


def offered(*parts: OfferedPart, **more: Any) -> AnswerFact:
    return AnswerFact(version=SAID, first_said_at=SAID.document_time, offered=parts, **more)


def compared(of: LinePosition, type_code: str = "quantity_short") -> Comparison:
    return compare(of, factors=FACTORS, type_code=type_code, today=TODAY)


def row(table: Comparison, label: str) -> Row:
    return next(each for each in table.rows if str(each.label) == label)


def read(table: Comparison, label: str) -> list[tuple[str, ...]]:
    return [
        tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in cell.lines)
        for cell in row(table, label).cells
    ]


def test_an_unanswered_line_shows_an_empty_confirmation_and_no_difference() -> None:
    table = compared(position())

    assert [str(column) for column in table.columns] == ["Ordered", "Confirmed"]
    assert read(table, "Quantity") == [("100 pcs",), ()]
    assert row(table, "Quantity").difference.text == ""


def test_a_shortage_is_told_in_pieces_and_percent() -> None:
    table = compared(position(answer=offered(OfferedPart(pieces(82), WANTED))))
    quantity = row(table, "Quantity")

    assert read(table, "Quantity") == [("100 pcs",), ("82 pcs",)]
    assert (quantity.difference.text, quantity.difference.detail) == ("−18", "−18.0\N{NO-BREAK SPACE}%")
    assert quantity.difference.is_off
    assert not row(table, "Delivery").difference.is_off


def test_a_later_part_stands_with_its_day_and_the_last_day_counts() -> None:
    table = compared(
        position(answer=offered(OfferedPart(pieces(82), WANTED), OfferedPart(pieces(18), date(2026, 12, 16))))
    )

    assert read(table, "Delivery")[1] == ("82 on 2 Dec", "18 on 16 Dec")
    assert row(table, "Delivery").difference.text.replace("\N{NO-BREAK SPACE}", " ") == "+14 days"


def test_a_firm_part_without_a_day_comes_when_it_was_wanted() -> None:
    table = compared(position(answer=offered(OfferedPart(pieces(100)))))

    assert read(table, "Delivery") == [("2 Dec",), ("2 Dec",)]
    assert row(table, "Delivery").difference.text == "0"


def test_what_a_firm_part_agrees_to_is_the_order_as_it_was_answered() -> None:
    earlier = (SchedulePart(pieces(100), date(2026, 11, 30)),)
    table = compared(position(answer=offered(OfferedPart(pieces(100)), requested=earlier)))

    assert read(table, "Delivery") == [("2 Dec",), ("30 Nov",)]


def test_a_price_an_earlier_answer_named_still_stands() -> None:
    newest = offered(OfferedPart(pieces(82), WANTED))
    table = compared(
        position(answer=newest, earlier_answers=(offered(price=Price(Decimal("190.00"), "EUR")),))
    )

    assert read(table, "Unit price")[1] == ("€ 190.00",)


def test_a_part_whose_day_is_open_has_no_date() -> None:
    table = compared(position(answer=offered(OfferedPart(pieces(100), firm=False))))

    assert read(table, "Delivery")[1] == ("no date",)
    assert row(table, "Delivery").difference.text == ""


def test_an_answer_in_another_unit_is_converted_and_shown_as_it_was_said() -> None:
    table = compared(
        position(SchedulePart(pieces(240), WANTED), answer=offered(OfferedPart(pieces(20, "CS"), WANTED)))
    )
    cell = row(table, "Quantity").cells[1]

    assert read(table, "Quantity")[1] == ("240 pcs",)
    assert cell.note.replace("\N{NO-BREAK SPACE}", " ") == "20 CS"
    assert row(table, "Quantity").difference.text == "0"


def test_a_unit_nobody_can_convert_is_shown_and_makes_no_difference() -> None:
    table = compared(position(answer=offered(OfferedPart(pieces(20, "BX"), WANTED))))

    assert read(table, "Quantity")[1] == ("20 BX",)
    assert row(table, "Quantity").difference.text == ""


def test_an_answer_without_a_readable_quantity_says_so() -> None:
    table = compared(position(answer=AnswerFact(version=SAID, first_said_at=SAID.document_time)))

    assert read(table, "Quantity")[1] == ("answered, quantity unreadable",)


def test_the_first_promise_is_kept_beside_a_newer_one() -> None:
    table = compared(
        position(
            answer=offered(OfferedPart(pieces(100), date(2026, 12, 16))),
            first_promise=(OfferedPart(pieces(100), WANTED),),
        )
    )

    assert row(table, "Delivery").cells[1].note == "first promised 2 Dec 2026"


def test_a_dearer_price_is_told_with_its_share() -> None:
    table = compared(
        position(
            price=Price(Decimal("12.50"), "EUR", Decimal(1)),
            answer=offered(
                OfferedPart(pieces(100), WANTED), price=Price(Decimal("12.84"), "EUR", Decimal(1))
            ),
        )
    )
    price = row(table, "Unit price").difference

    assert price.text.replace("\N{NO-BREAK SPACE}", " ") == "+€ 0.34"
    assert price.detail.replace("\N{NO-BREAK SPACE}", " ") == "+2.72 %"


def test_prices_on_another_basis_are_compared_for_one() -> None:
    table = compared(
        position(
            price=Price(Decimal("1250.00"), "EUR", Decimal(100)),
            answer=offered(OfferedPart(pieces(100), WANTED), price=Price(Decimal("12.50"), "EUR")),
        )
    )

    assert read(table, "Unit price")[0] == ("€ 1,250.00 / 100 pcs",)
    assert row(table, "Unit price").difference.text == "0"


def test_prices_in_two_currencies_are_never_compared() -> None:
    table = compared(
        position(answer=offered(OfferedPart(pieces(100), WANTED), price=Price(Decimal("182.40"), "USD")))
    )

    assert read(table, "Unit price")[1] == ("$ 182.40",)
    assert row(table, "Unit price").difference.text == ""


def test_goods_and_bills_get_columns_as_soon_as_there_are_any() -> None:
    table = compared(
        position(
            answer=offered(OfferedPart(pieces(100), WANTED)),
            shipments=(ShipmentFact(notice="A1", version=SAID, shipped_on=WANTED, shipped=pieces(98)),),
            receipts=(
                ReceiptFact(
                    number="R1", version=SAID, received_on=WANTED, received=pieces(97), damaged=pieces(2)
                ),
            ),
            invoices=(
                InvoiceFact(
                    number="I1",
                    kind=InvoiceKind.INVOICE,
                    version=SAID,
                    issued_on=WANTED,
                    quantity=pieces(100),
                    price=None,
                ),
                InvoiceFact(
                    number="C1",
                    kind=InvoiceKind.CREDIT,
                    version=SAID,
                    issued_on=WANTED,
                    quantity=pieces(3),
                    price=None,
                ),
            ),
        ),
        "invoice_quantity",
    )

    assert [str(column) for column in table.columns] == [
        "Ordered",
        "Confirmed",
        "Shipped",
        "Received",
        "Invoiced",
    ]
    assert read(table, "Quantity") == [("100 pcs",), ("100 pcs",), ("98 pcs",), ("97 pcs",), ("97 pcs",)]
    assert row(table, "Quantity").cells[3].note.replace("\N{NO-BREAK SPACE}", " ") == "2 pcs damaged"
    assert table.against == "Invoiced against Received"
    assert not row(table, "Quantity").difference.is_off


def test_each_family_of_types_compares_its_own_two_columns() -> None:
    of = position()

    assert compared(of, "receipt_short").against == "Received against Shipped"
    assert compared(of, "ship_notice_short").against == "Shipped against Confirmed"
    assert compared(of, "date_later").against == "Confirmed against Ordered"


def test_an_order_of_several_schedule_parts_shows_each() -> None:
    table = compared(
        position(
            SchedulePart(pieces(82), WANTED, DateKind.DELIVERY),
            SchedulePart(pieces(18), date(2027, 1, 16), DateKind.DELIVERY),
        )
    )

    assert read(table, "Delivery")[0] == ("82 on 2 Dec", "18 on 16 Jan 2027")
