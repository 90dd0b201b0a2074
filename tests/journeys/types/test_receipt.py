"""The journeys of the types about goods at the dock: from an extract of receipts to the close."""

from datetime import date

from erp_connectors.canonical.documents import InvoiceKind
from tests.builders import x12
from tests.journeys.house import ITEM, WANTED, on
from tests.journeys.types.town import NUMBER, Town, bill, billed, pieces, receipt, received

DOCK = date(2026, 12, 2)
AS_ORDERED = x12.ack("IA", "100", on=WANTED)


def test_receipt_short_is_claimed_and_credited(town: Town) -> None:
    shipped(town)
    town.it_is(on(DOCK, 9))
    town.receives(receipt(received(95)))
    town.it_is(on(date(2026, 12, 3), 16, 59))
    town.is_quiet()
    town.it_is(on(date(2026, 12, 3), 17, 1))
    town.opens("receipt_short", team="WHS", told="PRO FIN")
    town.is_billed(bill(billed(5), number="C-1", kind=InvoiceKind.CREDIT))
    town.closes("credited")


def test_receipt_over_raises_the_line(town: Town) -> None:
    shipped(town)
    town.receives(receipt(received(120)))
    town.opens("receipt_over", team="WHS", told="PRO")
    town.decides("raise_line", approved_by=["walt"])
    town.erp_carries_out()
    town.closes("agreed")


def test_receipt_damaged_ends_with_the_credit_note(town: Town) -> None:
    town.customers_wait()
    shipped(town)
    town.receives(receipt(received(100, damaged=pieces(10))))
    town.opens("receipt_damaged", team="WHS", told="PRO FIN", tasks="PLN CSR")
    town.is_billed(bill(billed(10), number="C-1", kind=InvoiceKind.CREDIT))
    town.closes("credited")


def test_receipt_wrong_item_is_returned_and_credited(town: Town) -> None:
    shipped(town)
    town.receives(receipt(received(100, item="ND-78")))
    town.opens("receipt_wrong_item", team="WHS", told="PRO")
    town.decides("return_goods", approved_by=["walt"])
    town.is_billed(bill(billed(100), number="C-1", kind=InvoiceKind.CREDIT))
    town.closes("agreed", leaves="WHS")


def test_receipt_unexpected_is_matched_by_hand(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.receives(receipt(received(100, order="4711", line="1")))
    town.it_is(on(date(2026, 11, 25), 9, 50))
    town.is_quiet()
    town.it_is(on(date(2026, 11, 25), 10, 10))
    town.opens("receipt_unexpected", team="WHS", tasks="PRO")
    town.matches(NUMBER, "10")
    town.closes("matched")


def shipped(town: Town) -> None:
    """Let an order be confirmed and announced as it was placed."""
    town.orders()
    town.answers(AS_ORDERED)
    items = [x12.Shipped(line="10", quantity="100", ids=("BP", ITEM))]
    town.sends(x12.ship_notice_856, "ASN-1", {NUMBER: items})
