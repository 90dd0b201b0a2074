"""What goes in of a file, what is held back, and what is said about it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    GoodsCondition,
    InQuestion,
    InvoiceKind,
    OrderState,
    PaymentTerms,
    PriceBreak,
    PurchaseOrder,
    Purpose,
)
from erp_connectors.canonical.master import ItemRecord, Pack, SupplierItem
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.connectors.base import UnreadableFile
from tests.erp_connectors.connectors.file_drop.files import (
    NOW,
    ORDER_HEADINGS,
    csv_of,
    order_row,
    orders,
    reading,
)


def each(value: str) -> Quantity:
    return Quantity(Decimal(value), "EA")


# --- orders -----------------------------------------------------------------------------------


def test_it_makes_one_order_of_its_schedule_rows() -> None:
    order = orders(
        order_row(schedule_quantity="82"),
        order_row(schedule_quantity="18", schedule_date="2026-12-16"),
        order_row(line="20", item="SEAL-2", quantity="5", price=""),
    ).only
    assert (order.number, order.supplier, order.currency) == ("4500010001", "77", "EUR")
    first, second = order.lines
    assert first.schedule == (
        SchedulePart(each("82"), date(2026, 12, 2)),
        SchedulePart(each("18"), date(2026, 12, 16)),
    )
    assert first.quantity == each("100")
    assert first.price == Price(Decimal("182.4"), "EUR", Decimal(1), "EA")
    assert (second.number, second.quantity, second.price) == ("20", each("5"), None)


def test_it_reads_every_column_of_an_order() -> None:
    row = {
        "order": "1",
        "order_state": "cancelled",
        "supplier": "77",
        "currency": "usd",
        "buyer": "bea",
        "released_at": "2026-11-19 16:00",
        "cancelled_at": "2026-11-20T08:00:00Z",
        "changed_at": "2026-11-20 09:00:00",
        "version": "7",
        "line": "10",
        "item": "A",
        "supplier_item": "N-A",
        "gtin": "04006381333931",
        "description": "Seal kit",
        "quantity": "300",
        "unit": "kg",
        "price": "1250.00",
        "price_per": "100",
        "price_unit": "EA",
        "warehouse": "KAS",
        "cancelled": "yes",
        "schedule_quantity": "300",
        "schedule_date": "2026-12-02",
    }
    order = orders(list(row.values()), headings=list(row)).only
    assert order.state is OrderState.CANCELLED
    assert order.released_at == datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
    assert order.cancelled_at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert order.version == DocumentVersion(datetime(2026, 11, 20, 8, 0, tzinfo=UTC), 7, "20261124T090000Z")
    assert (order.currency, order.buyer, order.version_token) == ("USD", "bea", "7")
    (line,) = order.lines
    assert line.price == Price(Decimal(1250), "USD", Decimal(100), "EA")
    assert line.quantity == Quantity(Decimal(300), "KGM")
    assert (line.supplier_item, line.gtin, line.description) == ("N-A", "04006381333931", "Seal kit")
    assert (line.warehouse, line.cancelled) == ("KAS", True)


def test_equal_quantities_are_written_alike_whether_in_one_part_or_two() -> None:
    whole = orders(order_row(quantity="3")).only
    parts = orders(
        order_row(quantity="", schedule_quantity="1.5"), order_row(quantity="", schedule_quantity="1.5")
    ).only
    assert str(parts.lines[0].quantity.value) == str(whole.lines[0].quantity.value) == "3"


def test_rows_of_an_order_may_stand_apart() -> None:
    read = orders(order_row(), order_row(order="2"), order_row(line="9"), order_row(line="20"))
    by_number = {order.number: order for order in read.documents if isinstance(order, PurchaseOrder)}
    assert [line.number for line in by_number["4500010001"].lines] == ["9", "10", "20"]
    assert len(by_number) == 2


def test_the_same_rows_in_another_order_say_the_same() -> None:
    rows = [
        order_row(line="20"),
        order_row(line="100"),
        order_row(line="3", schedule_quantity="40"),
        order_row(line="3", schedule_quantity="60", schedule_date="2026-12-09"),
    ]
    assert orders(*rows).only == orders(*reversed(rows)).only


def test_one_unreadable_row_holds_back_its_whole_order_and_no_other() -> None:
    read = orders(order_row(), order_row(line="20", quantity="many"), order_row(order="2"))
    assert [order.number for order in read.documents if isinstance(order, PurchaseOrder)] == ["2"]
    problem = read.problem
    assert (problem.file, problem.row, problem.column, problem.value) == ("orders.csv", 3, "quantity", "many")
    assert problem.message == "This is not a number."


def test_every_problem_of_a_row_is_reported_with_its_heading() -> None:
    headings = {"orders": {"quantity": "Menge", "unit": "ME"}}
    names = ["Menge" if name == "quantity" else "ME" if name == "unit" else name for name in ORDER_HEADINGS]
    read = reading(
        csv_of(names, order_row(quantity="x", unit="Fass", schedule_date="02.12.2026")),
        "orders.csv",
        headings=headings,
    )
    assert [(problem.column, problem.value) for problem in read.problems] == [
        ("Menge", "x"),
        ("ME", "Fass"),
        ("schedule_date", "02.12.2026"),
    ]


@pytest.mark.parametrize(
    ("rows", "column", "row"),
    [
        ([order_row(schedule_quantity="82")], "quantity", 2),
        ([order_row(schedule_quantity="82"), order_row()], "schedule_quantity", 3),
        ([order_row(), order_row(line="20", supplier="78")], "supplier", 3),
        (
            [order_row(schedule_quantity="50"), order_row(schedule_quantity="50", unit="CS")],
            "unit",
            3,
        ),
    ],
)
def test_rows_that_contradict_each_other_hold_the_order_back(
    rows: list[list[str]], column: str, row: int
) -> None:
    read = orders(*rows)
    assert not read.documents
    assert (read.problem.column, read.problem.row) == (column, row)


def test_a_row_without_an_order_holds_back_the_orders_around_it() -> None:
    read = orders(
        order_row(order="1"),
        order_row(order="2"),
        order_row(order=""),
        order_row(order="3"),
        order_row(order="4"),
    )
    assert {order.number for order in read.documents if isinstance(order, PurchaseOrder)} == {"1", "4"}
    assert {problem.row for problem in read.problems} == {3, 4, 5}


def test_a_row_that_cannot_be_split_is_reported_and_its_neighbours_are_held_back() -> None:
    lines = csv_of(
        ORDER_HEADINGS, order_row(order="1"), order_row(order="2"), order_row(order="3")
    ).splitlines()
    lines[2] = b'"2" broken' + lines[2][1:]
    read = reading(b"\n".join(lines) + b"\n", "orders.csv")
    assert not read.documents
    assert {problem.row for problem in read.problems} == {2, 3, 4}


def test_a_file_cut_off_within_its_last_row_holds_that_order_back() -> None:
    whole = csv_of(ORDER_HEADINGS, order_row(order="1"), order_row(order="2", quantity="100"))
    cut = whole[: whole.rindex(b"100") + 1]
    read = reading(cut, "orders.csv", full_extracts=["orders"])
    assert [order.number for order in read.documents if isinstance(order, PurchaseOrder)] == ["1"]
    assert "in the middle" in read.problems[0].message
    assert read.full is None


def test_a_unit_nobody_translated_is_a_problem_until_somebody_does() -> None:
    assert "unit" in orders(order_row(unit="Gebinde")).problem.message
    order = orders(order_row(unit="Gebinde"), units={"GEBINDE": "CS"}).only
    assert order.lines[0].quantity.unit == "CS"


def test_their_words_become_ours() -> None:
    headings = [*ORDER_HEADINGS, "order_state"]
    row = [*order_row(), "Freigegeben"]
    assert orders(row, headings=headings).problem.column == "order_state"
    order = orders(row, headings=headings, words={"order_state": {"freigegeben": "released"}}).only
    assert order.state is OrderState.RELEASED


def test_a_row_with_more_cells_than_headings_is_a_problem() -> None:
    assert "more cells" in orders([*order_row(), "extra"]).problem.message


def test_a_change_time_in_the_future_is_a_problem() -> None:
    headings = [*ORDER_HEADINGS, "changed_at"]
    assert orders([*order_row(), "2026-11-24T12:00:00"], headings=headings).only
    assert "future" in orders([*order_row(), "2027-11-24T12:00:00"], headings=headings).problem.message


# --- which document is newer ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said_at"),
    [
        ("orders_20261124T081500.csv", datetime(2026, 11, 24, 7, 15, tzinfo=UTC)),
        ("orders-20261124-081500Z.csv", datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),
        ("orders_20261340T081500.csv", NOW),
        ("orders.csv", NOW),
    ],
)
def test_without_a_change_time_the_time_of_the_extract_counts(name: str, said_at: datetime) -> None:
    order = reading(csv_of(ORDER_HEADINGS, order_row()), name).only
    assert order.version.document_time == said_at


def test_of_two_extracts_with_the_same_change_time_the_later_is_newer() -> None:
    rows = csv_of([*ORDER_HEADINGS, "changed_at"], [*order_row(), "2026-11-20"])
    earlier = reading(rows, "orders_20261124T080000.csv").only.version
    later = reading(rows, "orders_20261124T081500.csv").only.version
    assert earlier < later
    assert earlier.document_time == later.document_time == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)


# --- the other streams ------------------------------------------------------------------------


def test_items_take_packs_and_names_from_repeated_rows() -> None:
    headings = ["item", "base_unit", "pack_unit", "pack_factor", "supplier", "supplier_item"]
    item = reading(
        csv_of(
            headings,
            ["A", "EA", "CS", "12", "77", "N-1"],
            ["A", "EA", "PF", "480", "", ""],
            ["A", "EA", "CS", "12", "78", "M-1"],
        ),
        "items.csv",
    ).only
    assert item.packs == (Pack("CS", Decimal(12)), Pack("PF", Decimal(480)))
    assert item.supplier_items == (SupplierItem("77", "N-1"), SupplierItem("78", "M-1"))


def test_items_take_packs_from_repeated_columns() -> None:
    headings = ["item", "base_unit", "pack_unit", "pack_factor", "pack_unit", "pack_factor"]
    item = reading(csv_of(headings, ["A", "EA", "CS", "12", "PF", "480"]), "items.csv").only
    assert item.packs == (Pack("CS", Decimal(12)), Pack("PF", Decimal(480)))


def test_items_say_what_missing_them_costs() -> None:
    headings = ["item", "base_unit", "unit_margin", "sales_price", "demand_per_day", "demand_sd"]
    row = ["A", "EA", "6.50", "12.90", "40", "15", "21", "1.2"]
    item = reading(csv_of([*headings, "lead_days", "criticality"], row), "items.csv").only
    assert (item.unit_margin, item.sales_price) == (Decimal("6.5"), Decimal("12.9"))
    assert (item.demand_per_day, item.demand_sd) == (40, 15)
    assert (item.lead_days, item.criticality) == (21, Decimal("1.2"))


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("unit_margin", "-1", "must not be negative"),
        ("lead_days", "2.5", "must be whole"),
        ("criticality", "0.99", "must lie between 1 and 1.5"),
        ("criticality", "1.51", "must lie between 1 and 1.5"),
    ],
)
def test_a_cost_that_makes_no_sense_is_a_problem(column: str, cell: str, problem: str) -> None:
    read = reading(csv_of(["item", "base_unit", column], ["A", "EA", cell]), "items.csv")
    assert read.problem.column == column
    assert problem in read.problem.message


def test_stock_and_customer_orders_say_what_they_know_of_demand_and_penalties() -> None:
    headings = ["item", "warehouse", "on_hand", "unit", "demand_per_day", "demand_sd"]
    stock = reading(csv_of(headings, ["A", "KAS", "10", "EA", "4", "1.5"]), "stock.csv").only
    assert (stock.demand_per_day, stock.demand_sd) == (4, Decimal("1.5"))
    headings = ["order", "customer", "line", "item", "warehouse", "open_quantity", "unit", "due_on"]
    row = ["SO-1", "Krone", "1", "A", "KAS", "95", "EA", "2026-12-03", "400", "50"]
    demand = reading(csv_of([*headings, "penalty_per_day", "penalty_flat"], row), "demand.csv").only
    assert (demand.lines[0].penalty_per_day, demand.lines[0].penalty_flat) == (400, 50)


@pytest.mark.parametrize(
    "rows",
    [
        [["A", "EA", "CS", "12"], ["A", "EA", "CS", "10"]],
        [["A", "EA", "CS", ""]],
        [["A", "EA", "EA", "12"]],
        [["A", "EA", "CS", "0"]],
        [["A", "EA", "CS", "12"], ["A", "KG", "PF", "480"]],
    ],
)
def test_items_whose_packs_make_no_sense_are_left_out(rows: list[list[str]]) -> None:
    read = reading(
        csv_of(["item", "base_unit", "pack_unit", "pack_factor"], *rows, ["B", "EA", "", ""]), "items.csv"
    )
    assert [item.number for item in read.documents if isinstance(item, ItemRecord)] == ["B"]
    assert len(read.problems) == 1


def test_small_documents_travel_in_blocks_and_a_bad_row_keeps_only_itself_back() -> None:
    rows = [[f"I-{number}", "KAS", str(number), "EA"] for number in range(450)]
    rows[7][2] = "?"
    rows[9][0] = ""
    read = reading(csv_of(["item", "warehouse", "on_hand", "unit"], *rows), "stock.csv")
    assert len(read.documents) == 448
    assert [(problem.row, problem.column) for problem in read.problems] == [(9, "on_hand"), (11, "item")]


def test_a_receipt_has_its_lines_and_can_be_cancelled() -> None:
    headings = ["receipt", "received_on", "order", "line", "quantity", "damaged", "unit", "cancelled"]
    row = ["R-1", "2026-12-07", "1", "10", "82", "2", "EA", "x"]
    receipt = reading(csv_of(headings, row, [*row[:3], "20", *row[4:]]), "receipts.csv").only
    assert receipt.purpose is Purpose.CANCEL
    assert [line.line_number for line in receipt.lines] == ["10", "20"]
    assert (receipt.lines[0].received, receipt.lines[0].damaged) == (each("82"), each("2"))


def test_more_damaged_than_received_is_a_problem() -> None:
    headings = ["receipt", "received_on", "quantity", "damaged", "unit"]
    read = reading(csv_of(headings, ["R-1", "2026-12-07", "2", "3", "EA"]), "receipts.csv")
    assert read.problem.column == "damaged"


def test_a_receipt_says_what_is_wrong_with_the_goods() -> None:
    headings = ["receipt", "received_on", "quantity", "damaged", "rejected", "unit", "condition", "reason"]
    rows = [
        ["R-1", "2026-12-07", "82", "2", "3", "EA", "Kratzer", "scratched"],
        ["R-1", "2026-12-07", "9", "", "", "EA", "wrong_item", ""],
        ["R-1", "2026-12-07", "10", "", "", "EA", "", ""],
    ]
    words = {"condition": {"Kratzer": "quality"}}
    receipt = reading(csv_of(headings, *rows), "receipts.csv", words=words).only
    wrong, good, bad = receipt.lines
    assert (bad.damaged, bad.rejected) == (each("2"), each("3"))
    assert bad.in_question == (
        InQuestion(condition=GoodsCondition.QUALITY, quantity=each("5"), reason="scratched"),
    )
    assert wrong.in_question == (InQuestion(condition=GoodsCondition.WRONG_ITEM, quantity=each("9")),)
    assert good.in_question == ()


def test_more_rejected_than_received_is_a_problem() -> None:
    headings = ["receipt", "received_on", "quantity", "rejected", "unit"]
    read = reading(csv_of(headings, ["R-1", "2026-12-07", "2", "3", "EA"]), "receipts.csv")
    assert read.problem.column == "rejected"


INVOICE_HEADINGS = ["supplier", "invoice", "kind", "issued_on", "currency", "total", "order", "line"]
INVOICE_ROW = ["77", "I-1", "", "2026-12-07", "", "14956.80", "1", "10"]


def test_an_invoice_has_its_lines_charges_and_terms() -> None:
    headings = [
        *INVOICE_HEADINGS,
        *["quantity", "unit", "price", "price_per", "amount", "supplier_item"],
        *["freight_charge", "other_charge", "tax", "net_days", "discount_percent", "corrects", "cancelled"],
    ]
    header = ["48", "-5", "2839.8", "30", "2", "I-0", "yes"]
    rows = [
        [*INVOICE_ROW[:-1], "20", "1", "EA", "5", "", "5", "N-2", *header],
        [*INVOICE_ROW, "82", "EA", "18240", "100", "14956.80", "N-1", *header],
    ]
    invoice = reading(csv_of(headings, *rows), "invoices.csv").only
    assert (invoice.number, invoice.kind, invoice.currency) == ("I-1", InvoiceKind.INVOICE, "EUR")
    assert [(line.line_number, line.quantity, line.ids.supplier) for line in invoice.lines] == [
        ("10", each("82"), "N-1"),
        ("20", each("1"), "N-2"),
    ]
    assert invoice.lines[0].price == Price(Decimal(18240), None, Decimal(100))
    assert invoice.lines[0].amount == Decimal("14956.8")
    assert invoice.charge_lines == (
        Charge(ChargeKind.FREIGHT, Decimal(48)),
        Charge(ChargeKind.OTHER, Decimal(-5)),
    )
    assert invoice.payment_terms == PaymentTerms(net_days=30, discount_percent=Decimal(2))
    assert (invoice.tax, invoice.total, invoice.corrects) == (Decimal("2839.8"), Decimal("14956.8"), "I-0")
    assert invoice.purpose is Purpose.CANCEL


def test_a_credit_note_may_bill_no_goods_and_name_its_order_all_the_same() -> None:
    row = ["77", "C-1", "Gutschrift", "2026-12-07", "USD", "100", "1", ""]
    words = {"kind": {"Gutschrift": "credit"}}
    credit = reading(csv_of(INVOICE_HEADINGS, row), "invoices.csv", words=words).only
    assert (credit.kind, credit.currency, credit.lines) == (InvoiceKind.CREDIT, "USD", ())
    assert (credit.order_number, credit.payment_terms) == ("1", None)


def test_invoices_are_told_apart_by_their_supplier() -> None:
    read = reading(csv_of(INVOICE_HEADINGS, INVOICE_ROW, ["88", *INVOICE_ROW[1:]]), "invoices.csv")
    assert [len(document.lines) for document in read.documents] == [1, 1]  # type: ignore[union-attr]


def test_a_billed_quantity_needs_its_unit() -> None:
    read = reading(csv_of([*INVOICE_HEADINGS, "quantity"], [*INVOICE_ROW, "82"]), "invoices.csv")
    assert read.problem.column == "unit"


@pytest.mark.parametrize("days", ["1.5", "9999", "-1"])
def test_days_are_whole_and_not_too_many(days: str) -> None:
    read = reading(csv_of([*INVOICE_HEADINGS, "net_days"], [*INVOICE_ROW, days]), "invoices.csv")
    assert read.problem.column == "net_days"


def test_an_order_has_agreed_charges_terms_and_price_breaks() -> None:
    headings = [*ORDER_HEADINGS, "freight_charge", "net_days", "tax_percent", "price_per"]
    headings += ["break_quantity", "break_price", "break_quantity", "break_price"]
    row = [*order_row(), "48", "30", "19", "10", "500", "17", "200", "17.5"]
    order = orders(row, headings=headings).only
    assert order.charges == (Charge(ChargeKind.FREIGHT, Decimal(48)),)
    assert (order.payment_terms, order.tax_percent) == (PaymentTerms(net_days=30), Decimal(19))
    assert order.lines[0].price_breaks == (
        PriceBreak(each("200"), Price(Decimal("17.5"), "EUR", Decimal(10), "EA")),
        PriceBreak(each("500"), Price(Decimal("17"), "EUR", Decimal(10), "EA")),
    )


def test_a_customer_order_without_a_line_is_done() -> None:
    headings = [
        "order",
        "customer",
        "customer_class",
        "line",
        "item",
        "warehouse",
        "open_quantity",
        "unit",
        "due_on",
    ]
    read = reading(
        csv_of(
            headings,
            ["SO-881", "Krone", "a", "1", "SEAL-1", "KAS", "95", "EA", "2026-12-03"],
            ["SO-882", "Lind", "", "", "", "", "", "", ""],
            ["SO-883", "Moor", "B", "1", "SEAL-1", "KAS", "", "EA", "2026-12-03"],
        ),
        "demand.csv",
    )
    waiting, done = read.documents
    assert (waiting.customer_class, waiting.lines[0].open) == ("A", each("95"))  # type: ignore[union-attr]
    assert (done.customer_class, done.lines) == ("C", ())  # type: ignore[union-attr]
    assert (read.problem.row, read.problem.column) == (4, "open_quantity")


# --- the file as a whole ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["forecasts.csv", "orders.txt", "orders.xls", "my orders.csv"])
def test_a_file_that_is_not_named_after_a_stream_is_refused(name: str) -> None:
    with pytest.raises(UnreadableFile, match="is not named"):
        reading(b"", name)


def test_missing_headings_are_named() -> None:
    with pytest.raises(UnreadableFile, match="no heading row with: unit, schedule_date"):
        reading(csv_of(["order", "supplier", "line", "item"], ["1", "77", "10", "A"]), "orders.csv")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="is empty"):
        reading(b"\n\n", "orders.csv")


def test_a_heading_that_stands_twice_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="unit more than once"):
        reading(csv_of([*ORDER_HEADINGS, "unit"], [*order_row(), "CS"]), "orders.csv")


def test_titles_may_stand_above_the_headings() -> None:
    payload = b"Open orders,as of today\n\n" + csv_of(ORDER_HEADINGS, order_row())
    assert reading(payload, "orders.csv").only.number == "4500010001"


def test_headings_are_found_whatever_their_case_and_spaces() -> None:
    assert orders(order_row(), headings=[f" {name.upper()} " for name in ORDER_HEADINGS]).only


def test_a_full_extract_names_every_order_even_those_held_back() -> None:
    read = orders(order_row(order="1"), order_row(order="2", unit="?"), full_extracts=["orders"])
    assert read.full is not None
    assert read.full.keys == {"1", "2"}
    assert read.full.said_at == NOW


def test_an_extract_with_a_row_of_no_order_is_not_full() -> None:
    assert orders(order_row(order="1"), order_row(order=""), full_extracts=["orders"]).full is None


def test_more_rows_than_allowed_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="more than 2 rows"):
        orders(order_row(), order_row(), order_row(), max_rows=2)
