"""An order (850) and its change (860) read back: every fact as sent, nothing mirrored."""

from decimal import Decimal

import pytest

from tests.builders.x12 import interchange, order_850, order_change_860, po1, poc, sch
from tests.erp_connectors.edi.decoding import read


def test_an_order_is_read_with_all_its_lines_but_makes_no_document() -> None:
    data = order_850(
        "4500010001",
        [
            po1("1", "100", price="2.50", schedule=[sch("60", "20261201"), sch("40", "20261209")]),
            po1("2", "7"),
        ],
        header=[("REF", "DP", "12"), ("DTM", "002", "20261201"), ("N1", "BY", "Weserland", "92", "0001")],
    )

    transaction = read(data).transaction

    assert transaction.document is None
    assert transaction.verdict.is_accepted
    reading = transaction.reading
    assert reading is not None
    assert {key: reading[key] for key in ("set", "po", "purpose", "type", "date", "cur", "ctt")} == {
        "set": "850",
        "po": "4500010001",
        "purpose": "00",
        "type": "SA",
        "date": "20261123",
        "cur": "USD",
        "ctt": "2",
    }
    assert reading["ref"] == {"DP": "12"}
    assert reading["n1"] == ["BY=0001"]
    assert reading["lines"][0]["sch"] == [["60", "EA", "067", "20261201"], ["40", "EA", "067", "20261209"]]
    assert reading["qty_sum"] == Decimal(107)


def test_sub_lines_are_not_lines_and_repeated_references_are_lists() -> None:
    line = po1("1", "2", extra=[("SLN", "1", "", "I", "4", "EA"), ("SLN", "2", "", "I", "2", "EA")])
    data = order_850("A-1", [line], header=[("REF", "IA", "1"), ("REF", "IA", "2")])

    reading = read(data).transaction.reading

    assert reading is not None
    assert reading["lines_n"] == 1
    assert reading["lines"][0]["sublines"] == 2
    assert reading["ref"] == {"IA": ["1", "2"]}


def test_a_change_is_read_with_what_it_does_to_every_line_but_makes_no_document() -> None:
    lines = [
        poc("1", "QI", "150", "90", price="2.50", schedule=[sch("150", "20261201")]),
        poc("2", "DI", "", "0", unit="", price="", basis=""),
    ]

    transaction = read(order_change_860("4500010001", lines, sequence="3")).transaction

    assert transaction.document is None
    assert transaction.verdict.is_accepted
    reading = transaction.reading
    assert reading is not None
    assert {key: reading[key] for key in ("set", "po", "purpose", "type", "chg_seq", "date", "cur")} == {
        "set": "860",
        "po": "4500010001",
        "purpose": "04",
        "type": "SA",
        "chg_seq": "3",
        "date": "20261123",
        "cur": "USD",
    }
    assert reading["lines"] == [
        {
            "n": "1",
            "chg": "QI",
            "qty": "150",
            "qty_left": "90",
            "uom": "EA",
            "price": "2.50",
            "basis": "PE",
            "ids": {"BP": "ITEM-1"},
            "sch": [["150", "EA", "067", "20261201"]],
        },
        {"n": "2", "chg": "DI", "qty_left": "0", "ids": {"BP": "ITEM-2"}},
    ]
    assert reading["qty_sum"] == Decimal(150)


@pytest.mark.parametrize(
    ("set_code", "beginning"),
    [("850", ("BEG", "00", "SA", "", "", "20261123")), ("860", ("BCH", "04", "SA", "", "", "20261123"))],
)
def test_an_order_or_change_without_its_number_is_refused(set_code: str, beginning: tuple[str, ...]) -> None:
    outcome = read(interchange([(set_code, [beginning])]))

    assert outcome.codes() == {"ORDER_NUMBER_MISSING"}
    assert outcome.transaction.ack_codes == ("5",)


def test_a_change_with_a_quantity_that_is_no_number_is_refused_with_its_place() -> None:
    (finding,) = read(order_change_860("A-1", [poc("1", "QI", "1O0")])).transaction.findings

    assert (finding.code, finding.segment, finding.element, finding.value) == (
        "NUMBER_UNREADABLE",
        "POC",
        3,
        "1O0",
    )
