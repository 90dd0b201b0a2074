"""A RECADV as a receipt: what came, what of it is damaged or refused, and what is missing."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Purpose, Receipt, ReceiptLine
from erp_connectors.canonical.values import ItemIds, Quantity
from erp_connectors.edi import PartnerRules, Verdict
from erp_connectors.edi.rules import DEFAULT_RULES, EdifactOverrides
from tests.builders.edifact import Segment, cps, dtm, lin, qty, receiving_advice, rff
from tests.erp_connectors.edi.decoding import read

DAY = date(2026, 11, 23)
G = GoodsCondition


def received(data: bytes, rules: PartnerRules = DEFAULT_RULES) -> Receipt:
    outcome = read(data, rules)
    assert outcome.transaction.verdict is Verdict.ACCEPT, outcome.codes()
    document = outcome.transaction.document
    assert isinstance(document, Receipt)
    return document


def line_of(*extra: Segment, rules: PartnerRules = DEFAULT_RULES) -> ReceiptLine:
    (found,) = received(receiving_advice("R-1", [lin("10", extra=extra)]), rules).lines
    return found


def pieces(value: str | None) -> Quantity | None:
    return Quantity(Decimal(value), "H87") if value else None


def qvr(difference: str, qualifier: str = "12", reason: str = "", text: str = "") -> Segment:
    return ("QVR", (difference, qualifier), reason, ("", "", "", text))


def test_the_heading_is_read() -> None:
    heading = [rff("DQ", "N-1"), rff("AAK", "D-1"), ("NAD", "DP", ("W-7", "", "92"))]

    receipt = received(receiving_advice("R-1", [], heading=heading))

    assert (receipt.number, receipt.received_on, receipt.purpose) == ("R-1", DAY, Purpose.ORIGINAL)
    assert (receipt.ship_notice, receipt.warehouse) == ("D-1", "W-7")


def test_a_place_is_a_warehouse_of_ours_only_by_our_own_number() -> None:
    heading = [("NAD", "DP", ("4099999000003", "", "9")), ("NAD", "BY", ("W-7", "", "92"))]

    assert received(receiving_advice("R-1", [], heading=heading)).warehouse is None


@pytest.mark.parametrize(
    ("heading", "of_line", "day"),
    [
        ([dtm("50", "20261120")], "20261121", date(2026, 11, 20)),
        ([dtm("35", "20261119")], "", date(2026, 11, 19)),
        ([], "20261121", date(2026, 11, 21)),
        ([], "", DAY),
    ],
)
def test_the_day_of_receipt_is_that_of_the_heading_then_of_the_lines_then_of_the_document(
    heading: Sequence[Segment], of_line: str, day: date
) -> None:
    lines = [
        lin(number, quantities={"48": "5"}, extra=[dtm("50", of_line)] if of_line else [])
        for number in ("10", "20")
    ]

    assert received(receiving_advice("R-1", lines, received="", heading=heading)).received_on == day


def test_a_receipt_without_any_day_or_number_is_refused() -> None:
    undated = read(receiving_advice("R-1", [], received="").replace(b"DTM+137", b"DTM+171"))
    unnamed = read(receiving_advice("", []))

    assert undated.codes() == {"DATE_UNREADABLE"}
    assert unnamed.codes() == {"NUMBER_MISSING"}


@pytest.mark.parametrize(
    ("quantities", "came", "damaged", "rejected"),
    [
        ([qty("48", "100")], "100", None, None),
        ([qty("46", "100")], "100", None, None),
        ([qty("131", "100")], "100", None, None),
        ([qty("194", "96"), qty("12", "100")], "96", None, None),
        ([qty("194", "96"), qty("124", "4")], "100", "4", None),
        ([qty("194", "96"), qty("195", "3"), qty("196", "1")], "100", "1", "3"),
        ([qty("48", "100"), qty("194", "96"), qty("124", "4")], "100", "4", None),
        ([qty("195", "4")], "4", None, "4"),
        ([qty("194", "96"), qty("119", "4")], "96", None, None),
        ([qty("194", "96"), qty("124", "0")], "96", None, None),
        ([qty("12", "100")], None, None, None),
        ([qty("119", "100")], None, None, None),
        ([], None, None, None),
    ],
)
def test_what_came_counts_the_good_and_the_refused(
    quantities: list[Segment], came: str | None, damaged: str | None, rejected: str | None
) -> None:
    line = line_of(*quantities)

    assert line.received == pieces(came)
    assert line.damaged == pieces(damaged)
    assert line.rejected == pieces(rejected)


@pytest.mark.parametrize(
    ("extra", "question"),
    [
        (qty("124", "4"), InQuestion(condition=G.DAMAGED, quantity=pieces("4"), code="124")),
        (qty("195", "4"), InQuestion(condition=G.REJECTED, quantity=pieces("4"), code="195")),
        (qty("61", "4"), InQuestion(condition=G.RETURNED, quantity=pieces("4"), code="61")),
        (qty("119", "4"), InQuestion(condition=G.SHORT, quantity=pieces("4"), code="119")),
        (qty("126", "4"), InQuestion(condition=G.SHORT, quantity=pieces("4"), code="126")),
        (qty("121", "4"), InQuestion(condition=G.OVER, quantity=pieces("4"), code="121")),
        (
            qvr("-4", "12", "AF", "wet"),
            InQuestion(condition=G.DAMAGED, quantity=pieces("4"), code="AF", reason="wet"),
        ),
        (qvr("4", "12", "AC"), InQuestion(condition=G.OVER, quantity=pieces("4"), code="AC")),
        (qvr("-4", "12", "CP"), InQuestion(condition=G.SHORT, quantity=pieces("4"), code="CP")),
        (qvr("-4", "12", "IS"), InQuestion(condition=G.WRONG_ITEM, quantity=pieces("4"), code="IS")),
        (qvr("-4", "124"), InQuestion(condition=G.DAMAGED, quantity=pieces("4"), code="124")),
        (qvr("", "", "AE"), InQuestion(condition=G.NO_SHIP_NOTICE, code="AE")),
        (qvr("0", "12", "AG"), InQuestion(condition=G.OTHER, code="AG")),
        (qvr("-4", "12", "QQ"), InQuestion(condition=G.OTHER, quantity=pieces("4"), code="QQ")),
    ],
)
def test_what_is_in_question_is_told_with_its_condition_and_code(
    extra: Segment, question: InQuestion
) -> None:
    assert line_of(qty("48", "100"), extra).in_question == (question,)


def test_a_discrepancy_that_says_all_is_well_is_none() -> None:
    assert line_of(qty("48", "100"), qvr("0", "12", "CC")).in_question == ()


def test_what_a_quantity_and_a_discrepancy_both_say_counts_once() -> None:
    line = line_of(qty("194", "96"), qty("124", "4"), qvr("-4", "12", "AF"))

    assert (line.received, line.damaged) == (pieces("100"), pieces("4"))
    assert len(line.in_question) == 1


def test_a_code_nobody_knows_is_told_and_may_be_the_partners() -> None:
    data = receiving_advice("R-1", [lin("10", quantities={"194": "96"}, extra=[qvr("-4", "12", "Z1")])])
    rules = PartnerRules(edifact=EdifactOverrides(conditions={"Z1": "quality"}))

    assert read(data).codes() == {"UNKNOWN_CODE"}
    (line,) = received(data, rules).lines
    assert (line.received, line.rejected) == (pieces("100"), pieces("4"))


def test_quantities_in_different_units_are_not_added_up() -> None:
    data = receiving_advice("R-1", [lin("10", extra=[qty("194", "96"), qty("124", "1", "CT")])])

    (line,) = received(data).lines
    assert line.received is None
    assert line.damaged == Quantity(Decimal(1), "CT")
    assert read(data).codes() == {"UNITS_DIFFER"}


def test_a_damage_without_a_quantity_leaves_the_sums_unknown() -> None:
    line = line_of(qty("194", "96"), qvr("", "", "AF"))

    assert (line.received, line.damaged) == (None, None)
    assert line.in_question == (InQuestion(condition=G.DAMAGED, code="AF"),)


def test_lines_find_their_order_and_their_notice() -> None:
    body = [
        cps("1"),
        lin("10", quantities={"48": "5"}, extra=[rff("ON", "A-2", "30"), rff("AAK", "D-7")]),
        lin("20", quantities={"48": "5"}),
    ]

    receipt = received(receiving_advice("R-1", body, order="A-1"))

    assert [(line.order_number, line.line_number) for line in receipt.lines] == [("A-2", "30"), ("A-1", "20")]
    assert receipt.lines[0].ids == ItemIds(gtin="4012345000016")
    assert receipt.ship_notice == "D-7"
    assert (
        received(receiving_advice("R-1", [], heading=[rff("AAK", "D-1"), rff("AAK", "D-2")])).ship_notice
        is None
    )


def test_a_quantity_that_cannot_be_read_refuses_the_message() -> None:
    outcome = read(receiving_advice("R-1", [lin("10", quantities={"48": "all"})]))

    assert outcome.codes() == {"NUMBER_UNREADABLE"}
    assert outcome.transaction.document is None
