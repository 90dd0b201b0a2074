"""An 850 read back: every fact as sent, nothing mirrored."""

from decimal import Decimal

from tests.builders.x12 import interchange, order_850, po1, sch
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


def test_an_order_without_its_number_is_refused() -> None:
    outcome = read(interchange([("850", [("BEG", "00", "SA", "", "", "20261123")])]))

    assert outcome.codes() == {"ORDER_NUMBER_MISSING"}
    assert outcome.transaction.ack_codes == ("5",)
