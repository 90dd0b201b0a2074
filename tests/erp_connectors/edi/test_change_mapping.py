"""An 865 as a confirmation: what a change comes to, what a refusal leaves standing, whom it speaks for."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    Purpose,
    Unmentioned,
)
from erp_connectors.canonical.values import ItemIds, Price, Quantity
from erp_connectors.edi import MappingOverrides, PartnerRules
from tests.builders.x12 import Segment, ack, change_confirmation_865, interchange, poc, sch
from tests.erp_connectors.edi.decoding import Outcome, read

DEC_1, DEC_9 = date(2026, 12, 1), date(2026, 12, 9)
A, C, R, S, H, U = (
    LineAnswer.ACCEPTED,
    LineAnswer.CHANGED,
    LineAnswer.REJECTED,
    LineAnswer.SUBSTITUTED,
    LineAnswer.HELD,
    LineAnswer.UNKNOWN,
)


def each(value: str) -> Quantity:
    return Quantity(Decimal(value), "EA")


def firm(quantity: str, on: date | None = None) -> OfferedPart:
    return OfferedPart(each(quantity), on)


def outcome_of(
    *lines: Sequence[Segment],
    overrides: MappingOverrides = MappingOverrides(),  # noqa: B008
    status: str = "AC",
    purpose: str = "04",
    sequence: str = "",
    header: Sequence[Segment] = (),
    version: str = "004010",
) -> Outcome:
    data = change_confirmation_865(
        "4500010001",
        lines,
        status=status,
        purpose=purpose,
        sequence=sequence,
        header=header,
        version=version,
    )
    return read(data, PartnerRules(overrides=overrides))


def document_of(outcome: Outcome) -> Confirmation:
    document = outcome.transaction.document
    assert isinstance(document, Confirmation), outcome.codes()
    return document


def line_of(outcome: Outcome) -> ConfirmationLine:
    (line,) = document_of(outcome).lines
    return line


def test_it_is_a_changed_answer_with_its_number_currency_and_lines() -> None:
    data = change_confirmation_865(
        "4500010001",
        [poc("10", "PC", "100", "100", price="2.50")],
        sequence="7",
        supplier_order="SO-9",
    )

    document = document_of(read(data))

    assert (document.order_number, document.number, document.currency) == ("4500010001", "SO-9", "USD")
    assert (document.purpose, document.version.revision) == (Purpose.CHANGE, 7)
    assert document.lines == (
        ConfirmationLine(
            line_number="10",
            ids=ItemIds(buyer="ITEM-10"),
            answers=(C,),
            offered=(firm("100"),),
            price=Price(Decimal("2.5"), "USD", Decimal(1), "EA"),
            rule="no ACK, POC02 PC",
        ),
    )


@pytest.mark.parametrize("sequence", ["", "A1", "123456789", "²", "-1"])
def test_a_sequence_that_is_no_short_number_is_no_revision(sequence: str) -> None:
    assert document_of(outcome_of(sequence=sequence)).version.revision == 0


# --- what a line comes to (DE 670) ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "quantity", "left", "answers", "offered", "rejected"),
    [
        *((code, "100", "100", [A], [firm("100")], None) for code in ("NC", "OA", "OC", "CH", "CI")),
        *(
            (code, "100", "", [C], [firm("100")], None)
            for code in ("AI", "CA", "CB", "CC", "CD", "CE", "CG", "CT", "MU", "PC", "PQ", "PR", "QC")
        ),
        *(
            (code, "100", "100", [C], [firm("100")], None)
            for code in ("AA", "QD", "QI", "RA", "RB", "RQ", "RS", "RZ")
        ),
        *((code, "100", "100", [S], [firm("100")], None) for code in ("RE", "RM")),
        ("DI", "100", "0", [R], [], "100"),
        ("DI", "100", "40", [R], [], "100"),
        ("DI", "0", "0", [R], [], None),
        ("DI", "", "", [R], [], None),
        ("CF", "100", "", [R], [], "100"),
        ("RC", "150", "150", [U], None, None),
        ("TI", "100", "100", [U], None, None),
        ("", "100", "100", [U], None, None),
        # POC03 with a remainder that cannot be the new quantity
        ("NC", "100", "40", [A], [firm("100")], None),
        ("CT", "100", "0", [C], [firm("100")], None),
        ("QI", "150", "90", [C], [firm("150")], None),
        # what is left cannot be more than what is ordered: POC03 is what it was
        ("QI", "25", "50", [C], [firm("50")], None),
        ("CA", "25", "50", [C], [firm("50")], None),
        # either may be the new quantity, so neither is taken
        ("CA", "65", "40", [C], None, None),
        ("QD", "75", "50", [C], None, None),
        ("QD", "50", "75", [C], None, None),
        ("NC", "25", "50", [A], None, None),
        ("QD", "", "50", [C], None, None),
        ("CA", "", "", [C], None, None),
    ],
)
def test_a_change_without_a_status_offers_what_the_line_comes_to(
    change: str,
    quantity: str,
    left: str,
    answers: list[LineAnswer],
    offered: list[OfferedPart] | None,
    rejected: str | None,
) -> None:
    line = line_of(outcome_of(poc("1", change, quantity, left)))

    assert list(line.answers) == answers
    assert line.offered == (None if offered is None else tuple(offered))
    assert line.rejected == (each(rejected) if rejected else None)
    assert line.rule == f"no ACK, POC02 {change}"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([poc("1", "CA", "65", "40")], "QUANTITY_AMBIGUOUS"),
        ([poc("1", "CA", "", "40")], "QUANTITY_AMBIGUOUS"),
        ([poc("1", "TI", "65")], "UNKNOWN_CODE"),
        ([poc("1", "RC", "65")], "CHANGE_REFUSED"),
    ],
)
def test_what_a_person_should_see_is_named_with_segment_element_value_and_way_out(
    lines: list[list[Segment]], code: str
) -> None:
    outcome = outcome_of(*lines)

    (finding,) = outcome.transaction.findings
    assert (finding.code, finding.segment) == (code, "POC")
    assert finding.element in (2, 3)
    assert finding.value == lines[0][0][finding.element]
    assert finding.way_out
    assert outcome.transaction.ack_status == "A"


@pytest.mark.parametrize(("place", "offered"), [("POC03", "65"), ("POC04", "40")])
def test_a_profile_says_where_the_new_quantity_stands(place: str, offered: str) -> None:
    line = line_of(outcome_of(poc("1", "CA", "65", "40"), overrides=MappingOverrides(change_quantity=place)))

    assert line.offered == (firm(offered),)


def test_the_aerospace_guide_has_the_new_quantity_in_what_is_left_to_receive() -> None:
    line = line_of(
        outcome_of(poc("1", "QD", "75", "50", acks=[ack("AC")]), status="AD", version="004010X362")
    )

    assert line.offered == (firm("50"),)


def test_a_status_with_a_quantity_of_its_own_settles_what_the_line_left_open() -> None:
    outcome = outcome_of(poc("1", "CA", "65", "40", acks=[ack("IQ", "40", on=DEC_9)]))

    assert line_of(outcome).offered == (firm("40", DEC_9),)
    assert outcome.codes() == set()


def test_a_status_counts_and_not_the_change_it_answers() -> None:
    line = line_of(outcome_of(poc("1", "QI", "150", "150", acks=[ack("IR")])))

    assert (line.answers, line.offered, line.rejected) == ((R,), (), each("150"))
    assert line.rule == "ACK IR: POC03"


def test_a_schedule_dates_the_changed_line() -> None:
    schedule = [sch("60", DEC_1), sch("40", DEC_9)]

    line = line_of(outcome_of(poc("1", "CT", "100", "100", schedule=schedule)))

    assert line.offered == (firm("60", DEC_1), firm("40", DEC_9))


def test_a_delivery_date_in_the_header_dates_every_line() -> None:
    outcome = outcome_of(poc("1", "CT", "5"), header=[("DTM", "067", "20261209")])

    assert line_of(outcome).offered == (firm("5", DEC_9),)


def test_a_partner_can_have_a_code_of_its_own_mean_another() -> None:
    overrides = MappingOverrides(change_codes={"TI": "DI"})

    assert line_of(outcome_of(poc("1", "TI", "5"), overrides=overrides)).rejected == each("5")


# --- what the header says (DE 587, 353) -----------------------------------------------------------


@pytest.mark.parametrize("status", ["RD", "RF", "RJ", "RN", "RO", "RV"])
def test_a_refused_change_leaves_standing_what_was_confirmed_before(status: str) -> None:
    outcome = outcome_of(poc("1", "QI", "150", "150"), status=status)

    assert document_of(outcome).unmentioned is Unmentioned.UNANSWERED
    assert (line_of(outcome).answers, line_of(outcome).offered) == ((U,), None)
    assert line_of(outcome).rule == f"no ACK, BCA02 {status}"
    assert outcome.codes() == {"CHANGE_REFUSED"}


def test_a_refused_change_without_lines_refuses_no_line() -> None:
    document = document_of(outcome_of(status="RJ"))

    assert (document.lines, document.unmentioned) == ((), Unmentioned.UNANSWERED)


def test_a_line_status_outweighs_a_refusal_in_the_header() -> None:
    line = line_of(outcome_of(poc("1", "QI", "25", "25", acks=[ack("ID")]), status="RD"))

    assert (line.answers, line.rejected) == ((R,), each("25"))


@pytest.mark.parametrize(
    ("status", "unmentioned"),
    [
        ("AC", Unmentioned.UNANSWERED),
        ("AD", Unmentioned.ACCEPTED),
        ("AE", Unmentioned.ACCEPTED),
        ("AH", Unmentioned.HELD),
        ("AK", Unmentioned.ACCEPTED),
        ("AP", Unmentioned.ACCEPTED),
        ("AT", Unmentioned.ACCEPTED),
        ("NA", Unmentioned.UNANSWERED),
        ("Q7", Unmentioned.UNANSWERED),
    ],
)
def test_an_answer_without_lines_is_about_the_whole_order_and_one_with_lines_about_those(
    status: str, unmentioned: Unmentioned
) -> None:
    assert document_of(outcome_of(status=status)).unmentioned is unmentioned
    assert document_of(outcome_of(poc("1", "NC", "5"), status=status)).unmentioned is Unmentioned.UNANSWERED


def test_a_change_on_hold_holds_its_lines() -> None:
    line = line_of(outcome_of(poc("1", "QI", "150"), status="AH"))

    assert (line.answers, line.offered) == ((H,), (OfferedPart(each("150"), firm=False),))


def test_a_header_that_does_not_tell_leaves_it_to_the_change_code() -> None:
    assert line_of(outcome_of(poc("1", "DI", "5"), status="ZZ")).rejected == each("5")


def test_a_cancellation_rejects_every_line_and_is_no_withdrawn_answer() -> None:
    document = document_of(outcome_of(poc("1", "NC", "5"), purpose="01", status="AT"))

    assert document.purpose is Purpose.CHANGE
    assert document.unmentioned is Unmentioned.REJECTED
    assert document.lines[0].rejected == each("5")


def test_a_refused_cancellation_cancels_nothing() -> None:
    document = document_of(outcome_of(purpose="01", status="RJ"))

    assert document.unmentioned is Unmentioned.UNANSWERED


@pytest.mark.parametrize(
    ("code", "purpose"),
    [
        ("00", Purpose.CHANGE),
        ("04", Purpose.CHANGE),
        ("05", Purpose.REPLACE),
        ("06", Purpose.CHANGE),
        ("11", Purpose.CHANGE),
        ("Q7", Purpose.CHANGE),
    ],
)
def test_its_purpose_is_a_change_unless_it_replaces_all(code: str, purpose: Purpose) -> None:
    outcome = outcome_of(purpose=code)

    assert document_of(outcome).purpose is purpose
    assert ("UNKNOWN_CODE" in outcome.codes()) is (code == "Q7")


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "code"),
    [(("BAK", "04", "AC", "A-1"), "SEGMENT_MISSING"), (("BCA", "04", "AC", ""), "ORDER_NUMBER_MISSING")],
)
def test_one_without_its_beginning_or_order_number_is_refused(beginning: tuple[str, ...], code: str) -> None:
    outcome = read(interchange([("865", [beginning])]))

    assert outcome.codes() == {code}
    assert outcome.transaction.ack_status == "R"


@pytest.mark.parametrize(
    ("line", "element", "code"),
    [
        (poc("1", "QI", "1x"), 3, "NUMBER_UNREADABLE"),
        (poc("1", "QI", "1", "-1"), 4, "QUANTITY_NEGATIVE"),
        (poc("1", "QI", "1", price="1,5"), 6, "NUMBER_UNREADABLE"),
    ],
)
def test_a_number_that_is_none_is_refused_with_its_place(
    line: list[Segment], element: int, code: str
) -> None:
    (finding,) = outcome_of(line).transaction.findings

    assert (finding.code, finding.segment, finding.element) == (code, "POC", element)
    assert finding.way_out
