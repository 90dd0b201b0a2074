"""An 855 as a confirmation: the rule table for quantities, the precedence of dates, prices and units."""

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
from erp_connectors.canonical.values import DateKind, ItemIds, Price, Quantity, Reference
from erp_connectors.edi import MappingOverrides, PartnerRules
from tests.builders.x12 import Segment, ack, confirmation_855, po1, sch
from tests.erp_connectors.edi.decoding import Outcome, read

DEC_1, DEC_2, DEC_9 = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 9)
A, C, B, R, S, H = (
    LineAnswer.ACCEPTED,
    LineAnswer.CHANGED,
    LineAnswer.BACKORDERED,
    LineAnswer.REJECTED,
    LineAnswer.SUBSTITUTED,
    LineAnswer.HELD,
)


def each(value: str) -> Quantity:
    return Quantity(Decimal(value), "EA")


def firm(quantity: str, on: date | None = None, kind: DateKind = DateKind.DELIVERY) -> OfferedPart:
    return OfferedPart(each(quantity), on, kind)


def open_part(quantity: str) -> OfferedPart:
    return OfferedPart(each(quantity), firm=False)


def outcome_of(
    *lines: Sequence[Segment],
    rules: PartnerRules = PartnerRules(),  # noqa: B008
    status: str = "AC",
    header: Sequence[Segment] = (),
    purpose: str = "00",
) -> Outcome:
    data = confirmation_855("4500010001", lines, status=status, header=header, purpose=purpose)
    return read(data, rules)


def document_of(outcome: Outcome) -> Confirmation:
    document = outcome.transaction.document
    assert isinstance(document, Confirmation)
    return document


def line_of(outcome: Outcome) -> ConfirmationLine:
    (line,) = document_of(outcome).lines
    return line


# --- line status (DE 668) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acks", "answers", "offered", "rejected"),
    [
        ([ack("IA", "100")], [A], [firm("100")], None),
        ([ack("IA")], [A], [firm("100")], None),
        ([ack("AA", "100")], [A], [firm("100")], None),
        ([ack("AC")], [A], [firm("100")], None),
        ([ack("AR", "90")], [A], [firm("90")], None),
        ([ack("IQ", "80")], [C], [firm("80")], None),
        ([ack("IQ", "120")], [C], [firm("120")], None),
        ([ack("IQ", "0")], [C], [], None),
        ([ack("IQ")], [C], None, None),
        ([ack("IC", "100")], [C], [firm("100")], None),
        ([ack("IC")], [C], None, None),
        ([ack("IP")], [C], [firm("100")], None),
        ([ack("DR", on=DEC_9)], [C], [firm("100", DEC_9)], None),
        ([ack("DR", "40", on=DEC_9)], [C], [firm("40", DEC_9)], None),
        ([ack("SP")], [LineAnswer.DATE_PENDING], [open_part("100")], None),
        ([ack("SP", "30")], [LineAnswer.DATE_PENDING], [open_part("30")], None),
        ([ack("IB", "100")], [B], [open_part("100")], None),
        ([ack("IB", "100", on=DEC_9)], [B], [firm("100", DEC_9)], None),
        ([ack("IB")], [B], None, None),
        ([ack("BP", "60")], [B], [firm("60"), open_part("40")], None),
        ([ack("BP", "100")], [B], [firm("100")], None),
        ([ack("BP")], [B], None, None),
        ([ack("IS", "100", VP="NEW-1")], [S], [firm("100")], None),
        ([ack("IS", VP="NEW-1")], [S], None, None),
        ([ack("IE")], [LineAnswer.PRICE_PENDING], [firm("100")], None),
        ([ack("IF")], [H], [open_part("100")], None),
        ([ack("IH", "100")], [H], [open_part("100")], None),
        ([ack("IW")], [H], [open_part("100")], None),
        ([ack("ID")], [R], [], "100"),
        ([ack("IR", "100")], [R], [], "100"),
        ([ack("IR", "0")], [R], [], "100"),
        *(([ack(f"R{number}")], [R], [], "100") for number in range(1, 9)),
        ([ack("ZZ", "100")], [LineAnswer.UNKNOWN], None, None),
        ([ack("", "100")], [LineAnswer.UNKNOWN], None, None),
        # several statuses on one line
        ([ack("IA", "60"), ack("IB", "40", on=DEC_9)], [A, B], [firm("60"), firm("40", DEC_9)], None),
        ([ack("IA", "60"), ack("IR", "40")], [A, R], [firm("60")], "40"),
        (
            [ack("IQ", "60", on=DEC_1), ack("DR", "40", on=DEC_9)],
            [C],
            [firm("60", DEC_1), firm("40", DEC_9)],
            None,
        ),
        ([ack("IR", "30"), ack("ID", "70")], [R], [], "100"),
        (
            [ack("IP"), ack("DR", on=DEC_9), ack("IQ", "20"), ack("IS", VP="N")],
            [C, S],
            [firm("20", DEC_9)],
            None,
        ),
        ([ack("IA"), ack("IB", "40")], [A, B], None, None),
        ([ack("IA"), ack("IR")], [A, R], None, None),
        ([ack("IQ", "20"), ack("IR")], [C, R], [firm("20")], None),
        ([ack("IQ", "20"), ack("SP")], [C, LineAnswer.DATE_PENDING], [open_part("20")], None),
        ([ack("IQ", "20"), ack("ZZ")], [C, LineAnswer.UNKNOWN], None, None),
    ],
)
def test_the_statuses_of_a_line_of_100_decide_what_is_offered(
    acks: list[Segment], answers: list[LineAnswer], offered: list[OfferedPart] | None, rejected: str | None
) -> None:
    line = line_of(outcome_of(po1("1", "100", acks=acks)))

    assert list(line.answers) == answers
    assert line.offered == (None if offered is None else tuple(offered))
    assert line.rejected == (each(rejected) if rejected else None)
    assert line.rule.startswith("ACK ")


@pytest.mark.parametrize(
    ("acks", "code"),
    [
        ([ack("IA", "80"), ack("IB", "40")], "UNBALANCED_ACK"),
        ([ack("IQ", "120")], "UNBALANCED_ACK"),
        ([ack("IQ")], "QUANTITY_UNKNOWN"),
        ([ack("IA"), ack("IB", "40")], "QUANTITY_UNKNOWN"),
        ([ack("QQ", "5")], "UNKNOWN_CODE"),
        ([ack("DR", on="200902164")], "DATE_UNREADABLE"),
        ([ack("DR", on="20491231")], "DATE_UNREADABLE"),
        ([ack("DR", on="20261201", qualifier="001")], "UNKNOWN_DATE_QUALIFIER"),
    ],
)
def test_what_a_person_should_see_is_a_warning_that_refuses_nothing(acks: list[Segment], code: str) -> None:
    outcome = outcome_of(po1("1", "100", acks=acks))

    assert code in outcome.codes()
    assert outcome.transaction.verdict.is_accepted
    assert outcome.transaction.ack_status == "A"


@pytest.mark.parametrize("on", ["200902164", "200", "20491231", "20261301"])
def test_a_date_that_stands_for_no_day_leaves_the_part_without_a_firm_date(on: str) -> None:
    line = line_of(outcome_of(po1("1", "100", acks=[ack("DR", "100", on=on)])))

    assert line.offered == (open_part("100"),)


def test_a_date_of_an_unknown_kind_is_not_taken_for_a_promise() -> None:
    line = line_of(outcome_of(po1("1", "100", acks=[ack("IA", "100", on=DEC_1, qualifier="001")])))

    assert line.offered == (open_part("100"),)


# --- header status (DE 587) ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "unmentioned", "answer", "offered", "rejected"),
    [
        ("AC", Unmentioned.UNANSWERED, A, (firm("100"),), None),
        ("AD", Unmentioned.ACCEPTED, A, (firm("100"),), None),
        ("AE", Unmentioned.ACCEPTED, A, (firm("100"),), None),
        ("AH", Unmentioned.HELD, H, (open_part("100"),), None),
        ("AK", Unmentioned.ACCEPTED, A, (firm("100"),), None),
        ("AP", Unmentioned.ACCEPTED, A, (firm("100"),), None),
        ("AT", Unmentioned.ACCEPTED, A, (firm("100"),), None),
        *((code, Unmentioned.REJECTED, R, (), "100") for code in ("RD", "RF", "RJ", "RN", "RO", "RV")),
        ("NA", Unmentioned.UNANSWERED, LineAnswer.UNKNOWN, None, None),
        ("ZZ", Unmentioned.UNANSWERED, LineAnswer.UNKNOWN, None, None),
        ("Q7", Unmentioned.UNANSWERED, LineAnswer.UNKNOWN, None, None),
    ],
)
def test_the_header_status_speaks_for_lines_without_a_status(
    status: str,
    unmentioned: Unmentioned,
    answer: LineAnswer,
    offered: tuple[OfferedPart, ...] | None,
    rejected: str | None,
) -> None:
    outcome = outcome_of(po1("1", "100"), status=status)
    line = line_of(outcome)

    assert document_of(outcome).unmentioned is unmentioned
    assert line.answers == (answer,)
    assert line.offered == offered
    assert line.rejected == (each(rejected) if rejected else None)
    assert line.rule == f"no ACK, BAK02 {status}"


def test_a_status_on_the_line_outweighs_the_header() -> None:
    line = line_of(outcome_of(po1("1", "100", acks=[ack("IA", "100")]), status="RD"))

    assert line.offered == (firm("100"),)


def test_an_acceptance_without_lines_is_a_confirmation_of_everything() -> None:
    document = document_of(outcome_of(status="AT"))

    assert document.lines == ()
    assert document.unmentioned is Unmentioned.ACCEPTED


@pytest.mark.parametrize(
    ("code", "purpose"),
    [("00", Purpose.ORIGINAL), ("01", Purpose.CANCEL), ("04", Purpose.CHANGE), ("05", Purpose.REPLACE)],
)
def test_the_purpose_says_what_the_document_does_to_an_earlier_one(code: str, purpose: Purpose) -> None:
    assert document_of(outcome_of(purpose=code)).purpose is purpose


# --- dates ----------------------------------------------------------------------------------------


def dtm(qualifier: str, on: date) -> Segment:
    return ("DTM", qualifier, f"{on:%Y%m%d}")


@pytest.mark.parametrize(
    ("line_dates", "ack_date", "schedule", "expected"),
    [
        ([], None, [], firm("100", date(2026, 12, 24))),
        ([dtm("067", DEC_9)], None, [], firm("100", DEC_9)),
        ([dtm("017", DEC_1), dtm("067", DEC_9)], None, [], firm("100", DEC_9)),
        ([dtm("067", DEC_1), dtm("069", DEC_9)], None, [], firm("100", DEC_9)),
        ([dtm("067", DEC_9)], DEC_2, [], firm("100", DEC_2)),
        ([dtm("067", DEC_9)], DEC_2, [sch("100", DEC_1)], firm("100", DEC_1)),
        ([dtm("002", DEC_9)], None, [], firm("100", date(2026, 12, 24))),
    ],
)
def test_the_schedule_outweighs_the_status_the_line_and_the_header(
    line_dates: list[Segment], ack_date: date | None, schedule: list[Segment], expected: OfferedPart
) -> None:
    acks = [ack("IA", "100", on=ack_date)] if ack_date else [ack("IA", "100")]
    line = po1("1", "100", acks=acks, schedule=schedule, extra=line_dates)

    outcome = outcome_of(line, header=[dtm("067", date(2026, 12, 24))])

    assert line_of(outcome).offered == (expected,)


@pytest.mark.parametrize("qualifier", ["068", "010", "011", "079"])
def test_a_ship_date_stays_a_ship_date_without_a_lead_time(qualifier: str) -> None:
    outcome = outcome_of(po1("1", "100", acks=[ack("IA", "100", on=DEC_1, qualifier=qualifier)]))

    assert line_of(outcome).offered == (firm("100", DEC_1, DateKind.SHIP),)


def test_a_lead_time_turns_a_ship_date_into_a_delivery_date() -> None:
    line = po1("1", "100", acks=[ack("IA", "100", on=DEC_1, qualifier="068")])

    assert line_of(outcome_of(line, rules=PartnerRules(lead_time_days=8))).offered == (firm("100", DEC_9),)


def test_a_delivery_date_in_the_header_outweighs_a_ship_date_there() -> None:
    header = [dtm("068", DEC_1), dtm("067", DEC_9)]

    assert line_of(outcome_of(po1("1", "100"), header=header)).offered == (firm("100", DEC_9),)


def test_a_schedule_splits_what_is_confirmed() -> None:
    line = po1("1", "100", acks=[ack("IA", "100")], schedule=[sch("60", DEC_1), sch("40", DEC_9)])

    assert line_of(outcome_of(line)).offered == (firm("60", DEC_1), firm("40", DEC_9))
    assert line_of(outcome_of(line)).rule == "ACK IA, SCH"


def test_a_schedule_over_confirmed_and_backordered_dates_both() -> None:
    line = po1(
        "1", "100", acks=[ack("IA", "60"), ack("IB", "40")], schedule=[sch("60", DEC_1), sch("40", DEC_9)]
    )

    assert line_of(outcome_of(line)).offered == (firm("60", DEC_1), firm("40", DEC_9))


def test_a_schedule_short_of_what_is_confirmed_leaves_the_rest_without_a_date() -> None:
    outcome = outcome_of(po1("1", "100", acks=[ack("IA", "100")], schedule=[sch("60", DEC_1)]))

    assert line_of(outcome).offered == (firm("60", DEC_1), open_part("40"))
    assert "SCHEDULE_SUM" in outcome.codes()


def test_a_schedule_never_offers_more_than_the_statuses() -> None:
    outcome = outcome_of(
        po1("1", "100", acks=[ack("IQ", "80")], schedule=[sch("60", DEC_1), sch("40", DEC_9)])
    )

    assert line_of(outcome).offered == (firm("60", DEC_1), firm("20", DEC_9))
    assert "SCHEDULE_SUM" in outcome.codes()


# --- units, prices, ids ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "unit"),
    [("EA", "EA"), ("CA", "CS"), ("DZ", "DZN"), ("LB", "LBR"), ("PC", "H87"), ("FT", "FOT"), ("QX", "QX")],
)
def test_a_unit_becomes_its_un_ece_code_and_stays_as_sent_where_it_has_none(sent: str, unit: str) -> None:
    line = line_of(outcome_of(po1("1", "5", unit=sent, acks=[ack("IA", "5", sent)])))

    assert line.offered == (OfferedPart(Quantity(Decimal(5), unit)),)


def test_a_status_in_another_unit_keeps_that_unit() -> None:
    line = line_of(outcome_of(po1("1", "12", unit="EA", acks=[ack("IA", "1", "DZ")])))

    assert line.offered == (OfferedPart(Quantity(Decimal(1), "DZN")),)


@pytest.mark.parametrize(
    ("basis", "per", "per_unit"),
    [
        ("PE", Decimal(1), "EA"),
        ("UM", Decimal(1), None),
        ("CA", Decimal(1), "CS"),
        ("HP", Decimal(100), None),
        ("TP", Decimal(1000), None),
        ("CT", None, None),
        ("", None, None),
    ],
)
def test_the_price_basis_says_for_how_many_units_a_price_is(
    basis: str, per: Decimal | None, per_unit: str | None
) -> None:
    line = line_of(outcome_of(po1("1", "100", price="250.00", basis=basis)))

    assert line.price == Price(Decimal(250), "USD", per, per_unit)


def test_a_partner_may_mean_another_divisor() -> None:
    rules = PartnerRules(overrides=MappingOverrides(price_divisors={"TP": Decimal(10)}))

    price = line_of(outcome_of(po1("1", "100", basis="TP"), rules=rules)).price

    assert price is not None
    assert price.per == 10


def test_a_changed_price_is_that_of_the_ctp_segment() -> None:
    prices = [("CTP", "", "RES", "99"), ("CTP", "", "CON", "12.5")]
    line = line_of(outcome_of(po1("1", "100", price="10", acks=[ack("IP")], extra=prices)))

    assert line.price is not None
    assert line.price.amount == Decimal("12.5")


def test_a_ctp_segment_without_a_price_change_is_information() -> None:
    line = line_of(
        outcome_of(po1("1", "100", price="10", acks=[ack("IA")], extra=[("CTP", "", "CON", "12.5")]))
    )

    assert line.price is not None
    assert line.price.amount == 10


def test_a_price_of_nothing_is_zero_and_a_price_not_sent_is_none() -> None:
    assert line_of(outcome_of(po1("1", "1", price="0"))).price == Price(Decimal(0), "USD", Decimal(1), "EA")
    assert line_of(outcome_of(po1("1", "1", price=""))).price is None


def test_ids_are_sorted_by_what_they_name() -> None:
    ids = ("BP", "B-1", "VP", "V-1", "UP", "012345678905", "MG", "M-1", "ZZ", "OTHER")

    line = line_of(outcome_of(po1("1", "1", ids=ids)))

    assert line.ids == ItemIds("B-1", "V-1", "012345678905", "M-1")


def test_a_substitute_is_what_the_status_names() -> None:
    line = line_of(outcome_of(po1("1", "100", acks=[ack("IS", "100", VP="NEW-1")])))

    assert line.substitute == ItemIds(supplier="NEW-1")


def test_the_header_carries_the_suppliers_number_parties_and_references() -> None:
    header = [("REF", "CT", "C-9"), ("N1", "SU", "Supplier Inc", "92", "S100")]
    data = confirmation_855("4500010001", [po1("1", "1")], supplier_order="SO-77", header=header)

    document = document_of(read(data))

    assert document.number == "SO-77"
    assert document.currency == "USD"
    assert document.references == (Reference("supplier_order", "SO-77"), Reference("contract", "C-9"))
    (party,) = document.parties
    assert (party.role, party.number, party.number_scheme, party.name) == (
        "supplier",
        "S100",
        "buyer",
        "Supplier Inc",
    )


@pytest.mark.parametrize("quantity", ["1O0", "1,000", "1E3", "1_000", "--5", "100 EA"])
def test_a_quantity_that_is_no_number_refuses_the_document(quantity: str) -> None:
    outcome = outcome_of(po1("1", quantity))

    assert outcome.transaction.document is None
    assert (outcome.transaction.ack_status, outcome.transaction.ack_codes) == ("R", ("5",))
    assert "NUMBER_UNREADABLE" in outcome.codes()


@pytest.mark.parametrize(
    "line",
    [
        po1("1", "-5"),
        po1("1", "100", acks=[ack("IQ", "-5")]),
        po1("1", "100", acks=[ack("IA", "100")], schedule=[sch("-5", DEC_1)]),
    ],
)
def test_a_quantity_below_zero_refuses_the_document(line: list[Segment]) -> None:
    outcome = outcome_of(line)

    assert outcome.codes() == {"QUANTITY_NEGATIVE"}
    assert outcome.transaction.document is None


def test_equal_numbers_make_equal_documents() -> None:
    plain, padded = (line_of(outcome_of(po1("1", text, price="2"))) for text in ("100", "100.00"))

    assert repr(plain) == repr(padded)


# --- what a partner means by it --------------------------------------------------------------------


def test_a_partner_may_mean_something_else_by_a_line_status() -> None:
    rules = PartnerRules(overrides=MappingOverrides(line_status={"ZZ": "IB"}))

    line = line_of(outcome_of(po1("1", "100", acks=[ack("ZZ", "100", on=DEC_9)]), rules=rules))

    assert line.answers == (B,)


def test_a_partner_may_mean_something_else_by_a_header_status() -> None:
    rules = PartnerRules(overrides=MappingOverrides(header_status={"ZZ": "AT"}))

    assert document_of(outcome_of(status="ZZ", rules=rules)).unmentioned is Unmentioned.ACCEPTED


def test_a_partner_may_promise_by_another_date() -> None:
    rules = PartnerRules(overrides=MappingOverrides(date_qualifiers=("002", "067")))
    line = po1("1", "100", extra=[dtm("067", DEC_1), dtm("002", DEC_9)])

    assert line_of(outcome_of(line, rules=rules)).offered == (firm("100", DEC_9),)


def test_a_partner_may_send_the_line_number_in_a_reference() -> None:
    rules = PartnerRules(overrides=MappingOverrides(line_number_source="REF:LI"))
    line = po1("1", "100", extra=[("REF", "LI", "0010")])

    assert line_of(outcome_of(line, rules=rules)).line_number == "0010"
    assert line_of(outcome_of(line)).line_number == "1"


def test_a_partner_may_use_its_own_units_and_ids() -> None:
    overrides = MappingOverrides(units={"UN": "EA"}, id_kinds={"ZZ": "buyer"})
    line = po1("1", "5", unit="UN", ids=("ZZ", "B-1"))

    mapped = line_of(outcome_of(line, rules=PartnerRules(overrides=overrides)))

    assert mapped.offered == (firm("5"),)
    assert mapped.ids == ItemIds(buyer="B-1")


def test_segments_a_partner_fills_with_rubbish_can_be_left_out() -> None:
    rules = PartnerRules(overrides=MappingOverrides(ignored_segments=frozenset({"SCH"})))
    line = po1("1", "100", acks=[ack("IA", "100")], schedule=[sch("7", DEC_9)])

    assert line_of(outcome_of(line, rules=rules)).offered == (firm("100"),)


def test_the_aerospace_version_promises_by_the_date_required() -> None:
    data = confirmation_855("4500010001", [po1("1", "100", extra=[dtm("106", DEC_9)])])

    (line,) = document_of(read(data.replace(b"X*004010~", b"X*004010X358~"))).lines

    assert line.offered == (firm("100", DEC_9),)
