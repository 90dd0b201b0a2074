"""The journeys of the types about bills: from the bytes of an invoice, or of none, to the close."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from erp_connectors.canonical.documents import Charge, ChargeKind, InvoiceKind, PaymentTerms
from tests.builders import edifact, x12
from tests.builders.factories import TypeSettingFactory
from tests.journeys.house import ITEM, PRICE, WANTED, on
from tests.journeys.types.town import NUMBER, Town, bill, billed, pieces, receipt, received

AS_ORDERED = x12.ack("IA", "100", on=WANTED)
FREIGHT = (Charge(ChargeKind.FREIGHT, Decimal(48)),)


def test_invoice_price_is_accepted_with_finance_and_procurement(town: Town) -> None:
    delivered(town)
    lines = [edifact.lin("10", item=ITEM, kind="IN", quantities={"47": "100"}, unit="EA", price="190.00")]
    town.sends_edifact(edifact.invoice, "I-1", lines, order=NUMBER)
    town.opens("invoice_price", team="FIN", tasks="PRO")
    town.decides("accept_as_billed", approved_by=["fritz", "bea"])
    town.closes("agreed")


def test_invoice_quantity_ends_with_the_credit_note(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.receives(receipt(received(82)))
    lines = [x12.it1("10", "100", price=PRICE, ids=("BP", ITEM))]
    town.sends(x12.invoice_810, "I-1", lines, total="1824000", order=NUMBER, currency="EUR")
    town.it_is(on(date(2026, 11, 25), 16, 59))
    town.is_quiet()
    town.it_is(on(date(2026, 11, 25), 17, 1))
    town.opens("invoice_quantity", team="FIN", tasks="WHS")
    town.is_billed(bill(billed(18), number="C-1", kind=InvoiceKind.CREDIT, corrects="I-1"))
    town.closes("credited")


def test_invoice_before_receipt_ends_with_the_goods(town: Town) -> None:
    # That the delivery is overdue is a case of its own, of another team.
    TypeSettingFactory.create(type_code="delivery_overdue", mode="off")
    town.orders()
    town.answers(AS_ORDERED)
    town.sends(
        x12.ship_notice_856, "ASN-1", {NUMBER: [x12.Shipped(line="10", quantity="100", ids=("BP", ITEM))]}
    )
    town.is_billed(bill(billed(100)))
    town.it_is(on(date(2026, 12, 7), 16, 59))
    town.is_quiet()
    town.it_is(on(date(2026, 12, 7), 17, 1))
    town.opens("invoice_before_receipt", team="FIN", told="PRO", tasks="WHS")
    town.receives(receipt(received(100)))
    town.closes("received")


def test_invoice_unordered_ends_when_the_erp_tells_of_the_order(town: Town) -> None:
    town.is_billed(bill(billed(100)))
    town.it_is(on(date(2026, 11, 25), 9, 50))
    town.is_quiet()
    town.it_is(on(date(2026, 11, 25), 10, 10))
    town.opens("invoice_unordered", team="FIN", tasks="PRO")
    town.orders()
    town.closes("matched")


def test_invoice_duplicate_is_returned(town: Town) -> None:
    delivered(town)
    town.is_billed(bill(billed(100), total=Decimal(18_240)))
    town.is_quiet()
    town.is_billed(bill(billed(100), number="I-1-COPY", total=Decimal(18_240)))
    town.opens("invoice_duplicate", team="FIN")
    town.decides("return_document", why="It is I-1 once more.")
    town.closes("agreed")


def test_invoice_total_is_accepted_within_the_limit(town: Town) -> None:
    delivered(town)
    town.is_billed(bill(billed(100), total=Decimal(18_420)))
    town.opens("invoice_total", team="FIN")
    town.decides("accept_as_billed")
    town.closes("agreed")


def test_invoice_charge_ends_with_the_credit_note(town: Town) -> None:
    delivered(town)
    town.is_billed(bill(billed(100), charge_lines=FREIGHT))
    town.opens("invoice_charge", team="FIN", tasks="PRO")
    credit = bill(number="C-1", kind=InvoiceKind.CREDIT, charge_lines=FREIGHT, corrects="I-1")
    town.is_billed(replace(credit, order_number=NUMBER))
    town.closes("credited")


def test_invoice_terms_end_with_the_corrected_invoice(town: Town) -> None:
    delivered(town, payment_terms=PaymentTerms(net_days=30))
    town.is_billed(bill(billed(100), payment_terms=PaymentTerms(net_days=14)))
    town.opens("invoice_terms", team="FIN", told="SUP")
    town.a_minute_later()
    town.is_billed(bill(billed(100), payment_terms=PaymentTerms(net_days=30)))
    town.closes("corrected")


def test_invoice_missing_ends_with_the_invoice(town: Town) -> None:
    delivered(town)
    town.it_is(on(date(2027, 1, 7), 16, 59))
    town.is_quiet()
    town.it_is(on(date(2027, 1, 7), 17, 1))
    town.opens("invoice_missing", team="FIN")
    town.is_billed(bill(billed(100)))
    town.closes("invoiced")


def test_credit_missing_ends_with_the_credit_note(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.receives(receipt(received(100, damaged=pieces(10))))
    town.opens("receipt_damaged", team="WHS", told="PRO FIN")
    town.decides("claim", approved_by=["walt"], amount="1824.00")
    town.it_is(on(date(2026, 12, 14), 16, 59))
    town.is_quiet()
    town.it_is(on(date(2026, 12, 14), 17, 1))
    town.opens("credit_missing", team="FIN", told="PRO")
    town.is_billed(bill(billed(10), number="C-1", kind=InvoiceKind.CREDIT))
    town.closes("credited")


def delivered(town: Town, **values: object) -> None:
    """Let an order be confirmed and received as it was placed."""
    town.orders(**values)
    town.answers(AS_ORDERED)
    town.receives(receipt(received(100)))
