"""CSV and XLSX as they come: encodings, delimiters, binary fractions, merged cells, bombs."""

import io
import zipfile
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.connectors.base import UnreadableFile
from tests.erp_connectors.connectors.file_drop.files import (
    ORDER_HEADINGS,
    csv_of,
    order_row,
    orders,
    reading,
    xlsx_of,
)

SUPPLIERS = ["supplier", "name"]


def typed_row(**cells: Any) -> list[Any]:
    """A row as a workbook holds it: numbers and dates, not their text."""
    row = dict(zip(ORDER_HEADINGS, order_row(), strict=True))
    typed = row | {"order": 4500010001, "quantity": 100, "price": 182.4, "schedule_date": date(2026, 12, 2)}
    return list((typed | cells).values())


# --- CSV --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "settings"),
    [
        ("Müller".encode(), {}),
        ("Müller".encode("utf-8-sig"), {}),
        ("Müller".encode("utf-8-sig"), {"encoding": "cp1252"}),
        ("Müller".encode("cp1252"), {"encoding": "cp1252"}),
    ],
)
def test_text_is_read_in_its_encoding(payload: bytes, settings: dict[str, Any]) -> None:
    bom = b"\xef\xbb\xbf" if payload.startswith(b"\xef\xbb\xbf") else b""
    content = bom + csv_of(SUPPLIERS) + b"77," + payload.removeprefix(bom) + b"\n"
    assert reading(content, "suppliers.csv", **settings).only.name == "Müller"


def test_utf_16_is_read_when_it_is_set() -> None:
    content = "supplier\tname\r\n77\tMüller\r\n".encode("utf-16")
    assert reading(content, "suppliers.csv", encoding="utf-16").only.name == "Müller"


def test_bytes_in_another_encoding_are_a_problem_of_their_row() -> None:
    content = csv_of(SUPPLIERS, ["78", "Nordmann"]) + b"77,M\xfcller\n"
    read = reading(content, "suppliers.csv")
    assert [supplier.name for supplier in read.documents] == ["Nordmann"]  # type: ignore[union-attr]
    assert (read.problem.row, read.problem.column, read.problem.value) == (3, "name", "M\ufffdller")


def test_a_file_that_is_not_text_at_all_is_refused() -> None:
    payload = "supplier,name\n77,".encode("utf-16") + b"\x00\xdc\x41\x00"
    with pytest.raises(UnreadableFile, match="utf-16"):
        reading(payload, "suppliers.csv", encoding="utf-16")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_heading_row(delimiter: str) -> None:
    payload = csv_of(ORDER_HEADINGS, order_row(), delimiter=delimiter)
    assert reading(payload, "orders.csv").only.number == "4500010001"


def test_a_set_delimiter_holds() -> None:
    payload = csv_of(["supplier^name,first;last"], ["77^Nord, mann; Sohn"])
    settings = {"delimiter": "^", "headings": {"suppliers": {"name": "name,first;last"}}}
    assert reading(payload, "suppliers.csv", **settings).only.name == "Nord, mann; Sohn"


def test_quoted_cells_keep_delimiters_and_line_ends() -> None:
    payload = b'supplier,name\r\n77,"Nordmann, ""Sohn""\r\nund Enkel"\r\n78,Lind\r\n'
    read = reading(payload, "suppliers.csv")
    assert [supplier.name for supplier in read.documents] == [  # type: ignore[union-attr]
        'Nordmann, "Sohn"\r\nund Enkel',
        "Lind",
    ]


def test_an_unclosed_quote_is_reported_where_it_begins() -> None:
    read = reading(csv_of(SUPPLIERS, ["76", "Lind"], ["77", '"Nordmann'], ["78", "Moor"]), "suppliers.csv")
    assert [supplier.number for supplier in read.documents] == ["76"]  # type: ignore[union-attr]
    assert read.problem.row == 3


def test_empty_rows_are_passed_over() -> None:
    payload = b"\n,,\n" + csv_of(SUPPLIERS) + b"\n,\n77,Nordmann\n , \n"
    assert reading(payload, "suppliers.csv").only.number == "77"


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="larger than 1 MB"):
        reading(b"x" * 1_000_001, "suppliers.csv", max_megabytes=1)


# --- XLSX -------------------------------------------------------------------------------------


def test_a_workbook_says_what_the_same_csv_says() -> None:
    assert reading(xlsx_of(ORDER_HEADINGS, typed_row()), "orders.xlsx").only == orders(order_row()).only


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("0.30000000000000004", "0.3"),
        ("182.39999999999998", "182.4"),
        ("1.1000000000000001", "1.1"),
        ("1E-3", "0.001"),
        ("12345678.9", "12345678.9"),
        ("1E6", "1000000"),
    ],
)
def test_a_binary_fraction_is_read_as_the_number_it_stands_for(stored: str, meant: str) -> None:
    workbook = _with_cell(
        xlsx_of(ORDER_HEADINGS, typed_row(price=77777)), b"<v>77777</v>", f"<v>{stored}</v>".encode()
    )
    price = reading(workbook, "orders.xlsx").only.lines[0].price
    assert price.amount == Decimal(meant)
    assert str(price.amount) == meant


def test_a_number_longer_than_a_spreadsheet_keeps_is_a_problem() -> None:
    read = reading(xlsx_of(ORDER_HEADINGS, typed_row(item=1234567890123456)), "orders.xlsx")
    assert "15 digits" in read.problem.message


def test_formulas_errors_and_times_of_day_are_problems() -> None:
    read = reading(
        xlsx_of(SUPPLIERS, ["1", "=A1"], ["2", "#REF!"], ["3", "fine"], ["4", time(10, 0)]),
        "suppliers.xlsx",
    )
    assert [supplier.number for supplier in read.documents] == ["3"]  # type: ignore[union-attr]
    assert [(problem.row, problem.column) for problem in read.problems] == [
        (2, "name"),
        (3, "name"),
        (5, "name"),
    ]
    assert "formula" in read.problems[0].message


def test_merged_cells_are_a_problem_of_every_row_they_cover() -> None:
    rows = [typed_row(order=1), typed_row(order=1, line="20", price=None), typed_row(order=2)]
    read = reading(xlsx_of(ORDER_HEADINGS, *rows, merge="G2:G3"), "orders.xlsx")
    assert [order.number for order in read.documents] == ["2"]  # type: ignore[union-attr]
    assert [(problem.row, problem.column) for problem in read.problems] == [(2, "price"), (3, "price")]
    assert "merged" in read.problems[0].message


def test_a_merged_title_above_the_headings_does_no_harm() -> None:
    workbook = xlsx_of(["Open orders"], ORDER_HEADINGS, typed_row(), merge="A1:I1")
    assert reading(workbook, "orders.xlsx").only.number == "4500010001"


def test_the_sheet_can_be_named() -> None:
    workbook = xlsx_of(ORDER_HEADINGS, typed_row(), sheet="Open PO")
    assert reading(workbook, "orders.xlsx", sheets={"orders": "Open PO"}).only
    with pytest.raises(UnreadableFile, match="no sheet named 'Orders'"):
        reading(workbook, "orders.xlsx", sheets={"orders": "Orders"})


@pytest.mark.parametrize("payload", [b"", b"PK\x03\x04", b"supplier,name\n", xlsx_of(SUPPLIERS)[:-100]])
def test_what_is_no_workbook_is_refused(payload: bytes) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        reading(payload, "suppliers.xlsx")


def test_a_bomb_is_not_unpacked() -> None:
    workbook = _with_part(xlsx_of(SUPPLIERS, ["1", "a"]), "xl/worksheets/sheet1.xml", b" " * 50_000_000)
    assert len(workbook) < 200_000
    with pytest.raises(UnreadableFile, match="unpacks to 50 MB"):
        reading(workbook, "suppliers.xlsx")


def test_a_workbook_of_entities_within_entities_is_refused() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "' + b"ha" * 500 + b'">'
    for name, inner in zip(b"bcdefgh", b"abcdefg", strict=True):
        laughs += b'<!ENTITY %c "%s">' % (name, b"&%c;" % inner * 20)
    laughs += b"]><w>&h;</w>"
    workbook = _with_part(xlsx_of(SUPPLIERS, ["1", "a"]), "xl/worksheets/sheet1.xml", laughs)
    with pytest.raises(UnreadableFile, match="cannot be read"):
        reading(workbook, "suppliers.xlsx")


def test_a_row_number_beyond_reason_ends_the_reading() -> None:
    workbook = _with_cell(xlsx_of(SUPPLIERS, ["1", "a"]), b'<row r="2"', b'<row r="999999999"')
    with pytest.raises(UnreadableFile):
        reading(workbook, "suppliers.xlsx", max_rows=1000)


def _with_cell(workbook: bytes, before: bytes, after: bytes) -> bytes:
    """The workbook with a piece of its sheet replaced by what no library would write."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert before in sheet
    return _with_part(workbook, "xl/worksheets/sheet1.xml", sheet.replace(before, after))


def _with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.namelist():
            after.writestr(part, content if part == name else before.read(part))
    return file.getvalue()
