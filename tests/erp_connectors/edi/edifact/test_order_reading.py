"""An ORDERS or ORDCHG read back: every fact as sent, nothing mirrored."""

from decimal import Decimal

import pytest

from erp_connectors.edi import Verdict
from tests.builders.edifact import dtm, flat, interchange, lin, order, pri, qty, rff
from tests.erp_connectors.edi.decoding import read


def test_an_order_is_read_with_all_its_lines_but_makes_no_document() -> None:
    lines = [
        lin(
            "1",
            quantities={"21": "100"},
            price="2.50",
            extra=[("SCC", "1"), qty("21", "60"), dtm("2", "20261201")],
        ),
        lin("2", item="MAT-2", kind="IN", quantities={"21": "7", "59": "12"}, extra=[rff("PL", "2026")]),
    ]

    message = read(order("4500010001", lines)).transaction

    assert message.verdict is Verdict.ACCEPT
    assert message.document is None
    reading = message.reading
    assert reading is not None
    assert {
        key: reading[key] for key in ("set", "version", "bgm", "doc", "func", "cnt", "dtm", "lines_n")
    } == {
        "set": "ORDERS",
        "version": "D:96A:UN:EAN008",
        "bgm": "220",
        "doc": "4500010001",
        "func": "9",
        "cnt": [["2", "2"]],
        "dtm": [["137", "20261123", "102"]],
        "lines_n": 2,
    }
    assert reading["qty_sum"] == Decimal(107)
    assert reading["lines"][0]["qty"] == [["21", "100", "PCE"], ["21", "60", "PCE"]]
    assert reading["lines"][1] == {
        "n": "2",
        "item": "MAT-2",
        "itemq": "IN",
        "qty": [["21", "7", "PCE"], ["59", "12", "PCE"]],
        "rff": ["PL=2026"],
    }


@pytest.mark.parametrize("kind", ["ORDERS", "ORDCHG"])
def test_an_order_without_its_number_is_refused(kind: str) -> None:
    outcome = read(interchange([(kind, [("BGM", "220", "", "9"), *flat([lin("1")])])]))

    assert outcome.codes() == {"NUMBER_MISSING"}


@pytest.mark.parametrize(
    ("segment", "code"), [(qty("21", "ten"), "NUMBER_UNREADABLE"), (pri("1O"), "NUMBER_UNREADABLE")]
)
def test_a_value_in_an_order_that_cannot_be_read_is_named(segment: tuple[object, ...], code: str) -> None:
    outcome = read(order("A-1", [lin("1", extra=[segment])]))

    assert outcome.codes() == {code}


def test_a_quantity_without_a_meaning_for_us_is_not_looked_at() -> None:
    assert read(order("A-1", [lin("1", extra=[qty("59", "a dozen")])])).transaction.verdict is Verdict.ACCEPT


def test_what_other_messages_say_is_read_as_well() -> None:
    status = [("CNI", "1", "4215A"), ("STS", ("1",), ("21",), ("39",)), ("GIN", "BJ", "340123456789012345")]
    report = [("UCI", "131", ("S", "14"), ("R", "14"), "4", "28"), ("UCM", "1", ("ORDERS", "D"), "4", "13")]

    first, second = read(interchange([("IFTSTA", status), ("CONTRL", report)])).transactions

    assert first.reading is not None
    assert first.reading["cni"] == [["1", "4215A"]]
    assert first.reading["sts"] == [["1", "21", "39"]]
    assert first.reading["sscc"] == ["340123456789012345"]
    assert second.reading is not None
    assert second.reading["uci"] == ["131", "S", "R", "4"]
    assert second.reading["ucm"] == [["1", "ORDERS", "4"]]


def test_a_message_without_a_readable_header_has_no_reading() -> None:
    data = order("A-1", [lin("1")]).replace(b"UNH+", b"UNX+")

    assert read(data).transaction.reading is None
