"""An 861 as a receipt: what came, what is wrong with it, whose order it is, and when."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Purpose, Receipt, ReceiptLine
from erp_connectors.canonical.values import ItemIds, Quantity
from erp_connectors.edi import MappingOverrides, PartnerRules
from tests.builders.x12 import Segment, interchange, rcd, receipt_861
from tests.erp_connectors.edi.decoding import Outcome, read


def each(value: str) -> Quantity:
    return Quantity(Decimal(value), "EA")


def question(condition: GoodsCondition, value: str, code: str) -> InQuestion:
    return InQuestion(condition=condition, quantity=each(value), code=code)


def outcome_of(
    *lines: Sequence[Segment],
    overrides: MappingOverrides = MappingOverrides(),  # noqa: B008
    order: str = "4500010001",
    purpose: str = "00",
    kind: str = "1",
    header: Sequence[Segment] = (),
) -> Outcome:
    data = receipt_861("R-1", lines, order=order, purpose=purpose, kind=kind, header=header)
    return read(data, PartnerRules(overrides=overrides))


def document_of(outcome: Outcome) -> Receipt:
    document = outcome.transaction.document
    assert isinstance(document, Receipt), outcome.codes()
    return document


def line_of(outcome: Outcome) -> ReceiptLine:
    (line,) = document_of(outcome).lines
    return line


def test_it_carries_its_number_day_notice_warehouse_and_lines() -> None:
    header = [
        ("REF", "SI", "ASN-7"),
        ("DTM", "050", "20261120"),
        ("N1", "SU", "Marston", "92", "77"),
        ("N1", "ST", "Hamburg", "92", "HH1"),
    ]

    document = document_of(outcome_of(rcd("10", "100", ("4", "01")), header=header))

    assert (document.number, document.received_on) == ("R-1", date(2026, 11, 20))
    assert (document.ship_notice, document.warehouse) == ("ASN-7", "HH1")
    assert document.purpose is Purpose.ORIGINAL
    assert document.lines == (
        ReceiptLine(
            order_number="4500010001",
            line_number="10",
            received=each("100"),
            damaged=each("4"),
            ids=ItemIds(buyer="ITEM-10"),
            in_question=(question(GoodsCondition.DAMAGED, "4", "01"),),
        ),
    )


def test_the_reading_keeps_everything_as_sent() -> None:
    line = rcd("10", "100", ("4", "01"), ("2", "02"), returned="3", extra=[("PID", "F", "", "", "", "Seal")])

    reading = outcome_of(line, header=[("DTM", "050", "20261120")]).transaction.reading

    assert reading is not None
    wanted = ("doc", "date", "purpose", "type", "pos", "dtm", "lines_n", "qty_sum")
    assert {key: reading[key] for key in wanted} == {
        "doc": "R-1",
        "date": "20261123",
        "purpose": "00",
        "type": "1",
        "pos": ["4500010001"],
        "dtm": [["050", "20261120"]],
        "lines_n": 1,
        "qty_sum": Decimal(100),
    }
    assert reading["lines"] == [
        {
            "n": "10",
            "qty": "100",
            "uom": "EA",
            "returned": "3",
            "quest": [["4", "EA", "01"], ["2", "EA", "02"]],
            "ids": {"BP": "ITEM-10"},
            "description": "Seal",
        }
    ]


# --- conditions (DE 412) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "condition", "damaged", "rejected"),
    [
        ("01", GoodsCondition.DAMAGED, "4", None),
        ("02", GoodsCondition.SHORT, None, None),
        ("03", GoodsCondition.OVER, None, None),
        ("04", GoodsCondition.QUALITY, None, "4"),
        ("05", GoodsCondition.WRONG_ITEM, None, None),
        ("06", GoodsCondition.OTHER, None, None),
        ("08", GoodsCondition.REJECTED, None, "4"),
        ("09", GoodsCondition.ON_HOLD, None, None),
        ("10", GoodsCondition.SCRAPPED, "4", None),
        ("11", GoodsCondition.OTHER, None, None),
        ("12", GoodsCondition.RETURNED, None, None),
        ("13", GoodsCondition.NO_SHIP_NOTICE, None, None),
        ("14", GoodsCondition.NO_SHIP_NOTICE, None, None),
        ("16", GoodsCondition.NO_SHIP_NOTICE, None, None),
        ("99", GoodsCondition.OTHER, None, None),
        ("", GoodsCondition.OTHER, None, None),
    ],
)
def test_a_condition_says_what_is_wrong_with_how_much(
    code: str, condition: GoodsCondition, damaged: str | None, rejected: str | None
) -> None:
    outcome = outcome_of(rcd("1", "100", ("4", code)))
    line = line_of(outcome)

    assert line.in_question == (question(condition, "4", code),)
    assert line.received == each("100")
    assert line.damaged == (each(damaged) if damaged else None)
    assert line.rejected == (each(rejected) if rejected else None)
    assert ("UNKNOWN_CODE" in outcome.codes()) is (code in ("99", ""))


def test_good_goods_are_not_in_question() -> None:
    assert line_of(outcome_of(rcd("1", "100", ("100", "07")))).in_question == ()


def test_conditions_of_one_kind_add_up_and_all_are_kept() -> None:
    line = line_of(
        outcome_of(rcd("1", "100", ("4", "01"), ("2", "10"), ("3", "04"), ("1", "08"), ("5", "02")))
    )

    assert (line.received, line.damaged, line.rejected) == (each("100"), each("6"), each("4"))
    assert len(line.in_question) == 5


def test_a_condition_without_a_quantity_is_unknown_and_not_nothing() -> None:
    line = line_of(outcome_of(rcd("1", "100", ("", "01"))))

    assert line.damaged is None
    assert line.in_question == (InQuestion(condition=GoodsCondition.DAMAGED, code="01"),)


def test_what_went_back_is_in_question_as_returned() -> None:
    line = line_of(outcome_of(rcd("1", "100", returned="3")))

    assert line.in_question == (question(GoodsCondition.RETURNED, "3", ""),)


def test_a_partner_can_have_a_condition_of_its_own() -> None:
    overrides = MappingOverrides(receiving_conditions={"20": "damaged", "06": "good"})

    line = line_of(outcome_of(rcd("1", "100", ("4", "20"), ("9", "06")), overrides=overrides))

    assert (line.damaged, len(line.in_question)) == (each("4"), 1)


# --- what RCD02 counts ----------------------------------------------------------------------------


def test_in_an_acceptance_certificate_what_was_not_accepted_came_besides() -> None:
    line = line_of(outcome_of(rcd("1", "90", ("4", "01"), ("6", "04"), ("5", "02")), kind="8"))

    assert (line.received, line.damaged, line.rejected) == (each("100"), each("4"), each("6"))


def test_a_partner_can_count_only_what_it_accepts() -> None:
    overrides = MappingOverrides(receipt_types={"1": "accepted"})

    assert line_of(outcome_of(rcd("1", "96", ("4", "01")), overrides=overrides)).received == each("100")


def test_less_received_than_in_question_can_only_be_what_was_accepted() -> None:
    outcome = outcome_of(rcd("1", "0", ("10", "01")))

    assert (line_of(outcome).received, line_of(outcome).damaged) == (each("10"), each("10"))
    assert outcome.codes() == {"RECEIVED_IS_ACCEPTED"}


def test_without_a_received_quantity_the_conditions_tell_where_they_name_the_good_ones() -> None:
    assert line_of(outcome_of(rcd("1", "", ("95", "07"), ("5", "01")))).received == each("100")
    assert line_of(outcome_of(rcd("1", "", ("1", "09")))).received is None
    assert line_of(outcome_of(rcd("1", "", ("95", "07"), ("", "01")))).received is None


def test_quantities_in_different_units_are_not_added() -> None:
    mixed = [("RCD", "1", "90", "EA", "", "", "1", "CA", "01", "2", "EA", "01"), ("LIN", "", "BP", "I")]

    outcome = outcome_of(mixed, kind="8")
    line = line_of(outcome)

    assert (line.received, line.damaged) == (None, None)
    assert [part.quantity for part in line.in_question] == [Quantity(Decimal(1), "CS"), each("2")]
    assert outcome.codes() == {"UNITS_DIFFER"}


def test_a_unit_nobody_knows_stays_as_sent() -> None:
    assert line_of(outcome_of(rcd("1", "5", unit="QX"))).received == Quantity(Decimal(5), "QX")


# --- whose order, and when ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "ids", "order", "line"),
    [
        ([("PRF", "A-2", "", "", "", "7")], (), "A-2", "7"),
        ([("REF", "PO", "A-3")], (), "A-3", "1"),
        ([], ("PO", "A-4", "PL", "9"), "A-4", "9"),
        ([("SN1", "30", "5", "EA")], (), "4500010001", "30"),
        ([], (), "4500010001", "1"),
    ],
)
def test_the_order_of_a_line_outweighs_that_of_the_header(
    extra: list[Segment], ids: tuple[str, ...], order: str, line: str
) -> None:
    found = line_of(outcome_of(rcd("1", "5", extra=extra, ids=ids)))

    assert (found.order_number, found.line_number) == (order, line)


def test_several_orders_in_the_header_name_none_of_them() -> None:
    header = [("PRF", "A-1"), ("PRF", "A-2")]

    assert line_of(outcome_of(rcd("1", "5"), order="", header=header)).order_number is None


def test_an_order_in_a_reference_of_the_header_speaks_for_all_lines() -> None:
    assert line_of(outcome_of(rcd("1", "5"), order="", header=[("REF", "PO", "A-1")])).order_number == "A-1"


@pytest.mark.parametrize(
    ("header", "extra", "on", "codes"),
    [
        ([], [], date(2026, 11, 23), set()),
        ([("DTM", "050", "261121")], [], date(2026, 11, 21), set()),
        ([], [("DTM", "050", "20261122")], date(2026, 11, 22), set()),
        ([("DTM", "050", "20261121")], [("DTM", "050", "20261122")], date(2026, 11, 21), set()),
        ([("DTM", "050", "20491231")], [], date(2026, 11, 23), {"DATE_UNREADABLE"}),
        ([("DTM", "011", "20261121")], [], date(2026, 11, 23), set()),
    ],
)
def test_the_day_of_receipt_is_that_of_the_header_the_lines_or_the_document(
    header: list[Segment], extra: list[Segment], on: date, codes: set[str]
) -> None:
    outcome = outcome_of(rcd("1", "5", extra=extra), header=header)

    assert document_of(outcome).received_on == on
    assert outcome.codes() == codes


def test_a_notice_that_all_lines_name_is_the_notice_of_the_receipt() -> None:
    one = outcome_of(rcd("1", "5", extra=[("REF", "SI", "S-1")]), rcd("2", "5", extra=[("REF", "SI", "S-1")]))
    two = outcome_of(rcd("1", "5", extra=[("REF", "SI", "S-1")]), rcd("2", "5", extra=[("REF", "SI", "S-2")]))

    assert document_of(one).ship_notice == "S-1"
    assert document_of(two).ship_notice is None


@pytest.mark.parametrize(
    ("code", "purpose"),
    [("00", Purpose.ORIGINAL), ("01", Purpose.CANCEL), ("05", Purpose.REPLACE), ("Q7", Purpose.ORIGINAL)],
)
def test_the_purpose_says_what_the_receipt_does_to_an_earlier_one(code: str, purpose: Purpose) -> None:
    outcome = outcome_of(rcd("1", "5"), purpose=code)

    assert document_of(outcome).purpose is purpose
    assert ("UNKNOWN_CODE" in outcome.codes()) is (code == "Q7")


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "code"),
    [
        (("BSN", "00", "X"), "SEGMENT_MISSING"),
        (("BRA", "", "20261123", "00", "1"), "RECEIPT_NUMBER_MISSING"),
        (("BRA", "R-1", "20261399", "00", "1"), "DATE_UNREADABLE"),
        (("BRA", "R-1", "", "00", "1"), "DATE_UNREADABLE"),
    ],
)
def test_one_without_its_beginning_number_or_day_is_refused(beginning: Segment, code: str) -> None:
    outcome = read(interchange([("861", [beginning, *rcd("1", "5")])]))

    assert outcome.codes() == {code}
    assert outcome.transaction.ack_status == "R"


@pytest.mark.parametrize(
    ("line", "element", "code"),
    [
        (rcd("1", "five"), 2, "NUMBER_UNREADABLE"),
        (rcd("1", "-5"), 2, "QUANTITY_NEGATIVE"),
        (rcd("1", "5", returned="x"), 4, "NUMBER_UNREADABLE"),
        (rcd("1", "5", ("1", "01"), ("?", "02")), 9, "NUMBER_UNREADABLE"),
    ],
)
def test_a_quantity_that_is_none_is_refused_with_its_place(
    line: list[Segment], element: int, code: str
) -> None:
    (finding,) = outcome_of(line).transaction.findings

    assert (finding.code, finding.segment, finding.element) == (code, "RCD", element)
    assert finding.value == line[0][element]
    assert finding.way_out
