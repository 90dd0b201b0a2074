"""An 810 as an invoice: exact amounts, charges and allowances, taxes, terms, and credit notes of any sign."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    PaymentTerms,
    Purpose,
)
from erp_connectors.canonical.values import ItemIds, Price, Quantity
from erp_connectors.edi import MappingOverrides, PartnerRules, Severity
from tests.builders.x12 import Segment, interchange, invoice_810, it1, itd, sac, txi
from tests.erp_connectors.edi.decoding import Outcome, read

K = ChargeKind


def each(value: str) -> Quantity:
    return Quantity(Decimal(value), "EA")


def money(text: str) -> Decimal:
    return Decimal(text)


def outcome_of(
    *lines: Sequence[Segment],
    overrides: MappingOverrides = MappingOverrides(),  # noqa: B008
    total: str = "100000",
    order: str = "4500010001",
    kind: str = "",
    purpose: str = "",
    on: date | str = date(2026, 11, 23),
    header: Sequence[Segment] = (),
    summary: Sequence[Segment] = (),
) -> Outcome:
    data = invoice_810(
        "INV-1",
        lines,
        total=total,
        order=order,
        kind=kind,
        purpose=purpose,
        on=on,
        header=header,
        summary=summary,
    )
    return read(data, PartnerRules(overrides=overrides))


def document_of(outcome: Outcome) -> Invoice:
    document = outcome.transaction.document
    assert isinstance(document, Invoice), outcome.codes()
    return document


def line_of(outcome: Outcome) -> InvoiceLine:
    (line,) = document_of(outcome).lines
    return line


def test_it_carries_number_day_order_currency_total_and_lines() -> None:
    document = document_of(outcome_of(it1("10", "100", price="2.50", basis="PE"), total="25000"))

    assert (document.number, document.issued_on) == ("INV-1", date(2026, 11, 23))
    assert (document.kind, document.purpose) == (InvoiceKind.INVOICE, Purpose.ORIGINAL)
    assert (document.order_number, document.currency) == ("4500010001", "USD")
    assert (document.total, document.tax, document.charges, document.lines_total) == (
        money("250"),
        None,
        None,
        None,
    )
    assert document.lines == (
        InvoiceLine(
            order_number="4500010001",
            line_number="10",
            quantity=each("100"),
            price=Price(money("2.5"), "USD", money("1"), "EA"),
            ids=ItemIds(buyer="ITEM-10"),
        ),
    )


def test_the_reading_keeps_everything_as_sent() -> None:
    line = it1(
        "1",
        "100",
        unit="CA",
        price="2.50",
        extra=[
            ("CTP", "", "UCP", "0.10", "2400", "EA"),
            ("PID", "F", "", "", "", "Seal"),
            ("REF", "LI", "7"),
            sac("A", "I410", "2350"),
        ],
    )

    reading = outcome_of(
        line,
        kind="PR",
        header=[("REF", "IA", "77"), itd(net_days="30"), ("DTM", "011", "20261120"), ("N1", "RI", "Bank")],
        summary=[txi("ST", "1.50"), sac("C", "D240", "500"), ("CAD", "T", "", "", "RDWY")],
    ).transaction.reading

    assert reading is not None
    wanted = ("inv_date", "doc", "po", "type", "cur", "sac", "txi", "itd", "total_cents", "ctt", "ref", "dtm")
    assert {key: reading[key] for key in wanted} == {
        "inv_date": "20261123",
        "doc": "INV-1",
        "po": "4500010001",
        "type": "PR",
        "cur": "USD",
        "sac": [["A", "I410", "2350"], ["C", "D240", "500"]],
        "txi": [["ST", "1.50"]],
        "itd": [["01", "3", "", "", "", "", "30"]],
        "total_cents": "100000",
        "ctt": "1",
        "ref": {"IA": "77"},
        "dtm": [["011", "20261120"]],
    }
    assert reading["n1"] == ["RI=Bank"]
    assert reading["cad"] == ["T", "", "", "RDWY"]
    assert reading["lines"] == [
        {
            "n": "1",
            "qty": "100",
            "uom": "CA",
            "price": "2.50",
            "ids": {"BP": "ITEM-1"},
            "sac": [["A", "I410", "2350"]],
            "ctp": [["", "UCP", "0.10", "2400", "EA"]],
            "ref": {"LI": "7"},
            "description": "Seal",
        }
    ]
    assert reading["qty_sum"] == Decimal(100)


# --- amounts with implied decimals (N2) -----------------------------------------------------------


@pytest.mark.parametrize(
    ("cents", "total"),
    [
        ("5635800", "56358"),
        ("387530", "3875.3"),
        ("1", "0.01"),
        ("99", "0.99"),
        ("0", "0"),
        ("000", "0"),
        ("123456789012345678", "1234567890123456.78"),
    ],
)
def test_the_last_two_digits_of_the_total_are_cents(cents: str, total: str) -> None:
    document = document_of(outcome_of(it1("1", "1"), total=cents))

    assert document.total == money(total)
    assert str(document.total) == total


@pytest.mark.parametrize("cents", ["12.50", "1,250", "+1250", "12 50", "1" * 19, "٣", "1e5"])
def test_an_amount_that_is_not_in_cents_is_refused_with_its_place_and_way_out(cents: str) -> None:
    (finding,) = outcome_of(it1("1", "1"), total=cents).transaction.findings

    assert (finding.code, finding.segment, finding.element, finding.value) == (
        "AMOUNT_UNREADABLE",
        "TDS",
        1,
        cents,
    )
    assert "explicit_amounts" in finding.way_out


def test_a_partner_can_write_amounts_with_a_decimal_point() -> None:
    overrides = MappingOverrides(explicit_amounts=frozenset({"TDS01"}))

    document = document_of(
        outcome_of(it1("1", "1"), total="12.50", summary=[sac("C", "D240", "250")], overrides=overrides)
    )

    assert document.total == money("12.5")
    assert document.charge_lines == (Charge(K.FREIGHT, money("2.5"), "D240"),)


def test_a_missing_total_is_unknown_and_a_person_is_told() -> None:
    outcome = outcome_of(it1("1", "1"), total="")

    assert document_of(outcome).total is None
    assert outcome.codes() == {"TOTAL_MISSING"}


# --- charges and allowances (SAC) -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("D240", K.FREIGHT),
        ("G830", K.FREIGHT),
        ("F155", K.PACKAGING),
        ("D270", K.SURCHARGE),
        ("D500", K.HANDLING),
        ("D980", K.INSURANCE),
        ("A010", K.MINIMUM_ORDER),
        ("G970", K.SMALL_ORDER),
        ("C310", K.OTHER),
        ("", K.OTHER),
    ],
)
def test_a_charge_has_its_kind_and_exact_amount(code: str, kind: ChargeKind) -> None:
    outcome = outcome_of(it1("1", "1"), summary=[sac("C", code, "2350", text="As agreed")])

    assert document_of(outcome).charge_lines == (Charge(kind, money("23.5"), "As agreed"),)


def test_an_allowance_is_below_zero_and_stands_under_its_code_where_it_has_no_text() -> None:
    outcome = outcome_of(it1("1", "1"), header=[sac("A", "I410", "2350")])

    assert document_of(outcome).charge_lines == (Charge(K.OTHER, money("-23.5"), "I410"),)


def test_charges_before_and_after_the_lines_are_of_the_invoice_those_under_a_line_of_the_line() -> None:
    outcome = outcome_of(
        it1("1", "5", extra=[sac("A", "C310", "100")]),
        it1("2", "5", extra=[sac("C", "D500", "200")]),
        header=[sac("C", "D240", "300")],
        summary=[sac("C", "F155", "400")],
    )

    document = document_of(outcome)
    assert [charge.amount for charge in document.charge_lines] == [money("3"), money("4")]
    assert [[charge.amount for charge in line.charges] for line in document.lines] == [
        [money("-1")],
        [money("2")],
    ]


def test_a_rate_for_a_quantity_is_an_amount() -> None:
    outcome = outcome_of(it1("1", "1"), summary=[sac("C", "D240", rate="0.125", units="30")])

    assert document_of(outcome).charge_lines[0].amount == money("3.75")


@pytest.mark.parametrize(
    "charge",
    [
        sac("N", "D240", "500"),
        sac("C", "D240", "0"),
        *(sac("A", "C310", "500", handling=code) for code in ("01", "03", "04", "05", "09", "18")),
    ],
)
def test_what_is_not_billed_here_is_no_charge(charge: Segment) -> None:
    outcome = outcome_of(it1("1", "1"), summary=[charge])

    assert document_of(outcome).charge_lines == ()
    assert outcome.codes() == set()


@pytest.mark.parametrize("handling", ["02", "06", "08", ""])
def test_what_is_billed_here_counts(handling: str) -> None:
    outcome = outcome_of(it1("1", "1"), summary=[sac("C", "D240", "500", handling=handling)])

    assert len(document_of(outcome).charge_lines) == 1


@pytest.mark.parametrize(
    ("charge", "code", "element", "value"),
    [
        (sac("S", "D240", "500"), "UNKNOWN_CODE", 1, "S"),
        (sac("C", "D240"), "CHARGE_WITHOUT_AMOUNT", 5, None),
        (sac("A", "C310", percent="5"), "CHARGE_WITHOUT_AMOUNT", 5, None),
    ],
)
def test_a_charge_nobody_can_count_is_named(
    charge: Segment, code: str, element: int, value: str | None
) -> None:
    outcome = outcome_of(it1("1", "1"), summary=[charge])

    (finding,) = outcome.transaction.findings
    assert (finding.code, finding.segment, finding.element, finding.value) == (code, "SAC", element, value)
    assert document_of(outcome).charge_lines == ()


def test_a_partner_can_have_charges_of_its_own() -> None:
    overrides = MappingOverrides(
        charge_indicators={"S": "charge"}, charge_kinds={"ZZZZ": "small_order"}, not_billed=frozenset({"06"})
    )

    outcome = outcome_of(
        it1("1", "1"),
        summary=[sac("S", "ZZZZ", "500"), sac("C", "D240", "500", handling="06")],
        overrides=overrides,
    )

    assert document_of(outcome).charge_lines == (Charge(K.SMALL_ORDER, money("5"), "ZZZZ"),)


# --- taxes (TXI, and SAC of a tax) ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_line", "summary", "tax", "percent"),
    [
        ([], [], None, None),
        ([], [txi("ST", "8.25")], "8.25", None),
        ([], [txi("ST", "8.25", "0.0825")], "8.25", "8.25"),
        ([], [txi("VA", "19", "19")], "19", "19"),
        ([], [txi("ST", "6"), txi("CT", "1.5")], "7.5", None),
        ([], [txi("TX", "7.5", ".075"), txi("ST", "6"), txi("CT", "1.5")], "7.5", "7.5"),
        ([], [txi("ST", "6", "6"), txi("CT", "1.5", "1.5")], "7.5", None),
        ([], [txi("ST", "0")], "0", None),
        ([], [txi("ST", "", "19")], None, "19"),
        ([txi("ST", "2", "7")], [], "2", "7"),
        ([txi("ST", "2")], [txi("ST", "2")], "2", None),
        ([sac("C", "D360", "5887", percent="7")], [], "58.87", "7"),
        ([], [sac("C", "H750", "100"), txi("CT", "0.5")], "1.5", None),
        ([], [sac("A", "H806", "100")], "-1", None),
    ],
)
def test_taxes_of_the_summary_are_the_tax_and_else_those_of_the_lines(
    of_line: list[Segment], summary: list[Segment], tax: str | None, percent: str | None
) -> None:
    document = document_of(outcome_of(it1("1", "1", extra=of_line), summary=summary))

    assert document.tax == (money(tax) if tax else None)
    assert document.tax_percent == (money(percent) if percent else None)
    assert document.charge_lines == ()
    assert document.lines[0].charges == ()


def test_a_partner_can_have_a_tax_of_its_own() -> None:
    overrides = MappingOverrides(charge_kinds={"B775": "tax"})

    outcome = outcome_of(it1("1", "1"), summary=[sac("C", "B775", "200")], overrides=overrides)

    assert (document_of(outcome).tax, document_of(outcome).charge_lines) == (money("2"), ())


# --- terms (ITD) ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "terms", "due_on"),
    [
        ([], None, None),
        ([itd(net_days="30")], PaymentTerms(net_days=30), None),
        (
            [itd(percent="1.000", discount_days="15", net_days="16")],
            PaymentTerms(net_days=16, discount_percent=money("1"), discount_days=15),
            None,
        ),
        ([itd(basis="", net_days="30")], PaymentTerms(net_days=30), None),
        ([itd(due=date(2026, 12, 23))], None, date(2026, 12, 23)),
        ([itd(due="261223")], None, date(2026, 12, 23)),
        (
            [itd(percent="2", discount_days="10"), itd(net_days="30")],
            PaymentTerms(net_days=30, discount_percent=money("2"), discount_days=10),
            None,
        ),
        ([itd(net_days="0")], PaymentTerms(net_days=0), None),
    ],
)
def test_terms_count_from_the_date_of_the_invoice(
    header: list[Segment], terms: PaymentTerms | None, due_on: date | None
) -> None:
    outcome = outcome_of(it1("1", "1"), header=header)

    assert (document_of(outcome).payment_terms, document_of(outcome).due_on) == (terms, due_on)
    assert outcome.codes() == set()


def test_terms_that_count_from_another_day_are_not_compared_and_a_note_says_so() -> None:
    outcome = outcome_of(it1("1", "1"), header=[itd(basis="15", net_days="45", due="20270101")])

    assert document_of(outcome).payment_terms is None
    assert document_of(outcome).due_on == date(2027, 1, 1)
    (note,) = outcome.transaction.findings
    assert (note.code, note.severity, note.value) == ("TERMS_NOT_COMPARABLE", Severity.NOTE, "15")


def test_a_partner_can_count_from_another_day_all_the_same() -> None:
    overrides = MappingOverrides(terms_bases=frozenset({"15"}))

    outcome = outcome_of(it1("1", "1"), header=[itd(basis="15", net_days="45")], overrides=overrides)

    assert document_of(outcome).payment_terms == PaymentTerms(net_days=45)


def test_a_due_day_that_is_none_is_named() -> None:
    outcome = outcome_of(it1("1", "1"), header=[itd(due="20491231")])

    assert document_of(outcome).due_on is None
    assert outcome.codes() == {"DATE_UNREADABLE"}


@pytest.mark.parametrize("days", ["30.5", "-1", "99999"])
def test_a_number_of_days_that_is_none_is_refused(days: str) -> None:
    (finding,) = outcome_of(it1("1", "1"), header=[itd(net_days=days)]).transaction.findings

    assert (finding.code, finding.segment, finding.element, finding.value) == (
        "DAYS_UNREADABLE",
        "ITD",
        7,
        days,
    )


# --- credit notes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["CR", "CN", "CC", "CE", "CG", "MC"])
@pytest.mark.parametrize(
    ("line", "total", "allowed"),
    [
        (it1("1", "5", price="10"), "4500", "500"),
        (it1("1", "-5", price="10"), "-4500", "-500"),
        (it1("1", "5", price="-10"), "-4500", "-500"),
        (it1("1", "-5", price="10"), "4500", "500"),
        (it1("1", "-5", price="-10"), "4500", "500"),
    ],
    ids=["all positive", "negative quantity", "negative price", "positive total", "both negative"],
)
def test_a_credit_note_gives_back_in_positive_numbers_whatever_signs_it_has(
    kind: str, line: list[Segment], total: str, allowed: str
) -> None:
    summary = [sac("A", "C310", allowed), txi("ST", "0.5" if total[0] != "-" else "-0.5")]

    document = document_of(outcome_of(line, kind=kind, total=total, summary=summary))

    assert document.kind is InvoiceKind.CREDIT
    assert (document.total, document.tax) == (money("45"), money("0.5"))
    assert document.lines[0].quantity == each("5")
    assert document.lines[0].price == Price(money("10"), "USD")
    assert [charge.amount for charge in document.charge_lines] == [money("-5")]


def test_what_a_credit_note_takes_back_again_is_below_zero() -> None:
    lines = (
        it1("1", "-5", price="10", extra=[sac("C", "D240", "-100")]),
        it1("2", "1", price="3"),
    )

    document = document_of(outcome_of(*lines, kind="CR", total="-4800"))

    assert [line.quantity for line in document.lines] == [each("5"), each("-1")]
    assert document.lines[0].charges[0].amount == money("1")


@pytest.mark.parametrize("kind", ["", "PR", "DR", "DI"])
def test_an_invoice_with_a_total_below_zero_is_a_credit_note_and_a_person_is_told(kind: str) -> None:
    outcome = outcome_of(it1("1", "-5"), kind=kind, total="-5000")

    assert document_of(outcome).kind is InvoiceKind.CREDIT
    assert (document_of(outcome).total, line_of(outcome).quantity) == (money("50"), each("5"))
    assert outcome.codes() == {"READ_AS_CREDIT"}


@pytest.mark.parametrize("kind", ["", "CI", "CO", "DI", "DR", "PR"])
def test_any_other_type_is_an_invoice_with_its_lines_as_sent(kind: str) -> None:
    outcome = outcome_of(it1("1", "5"), it1("2", "-1", price="3"), kind=kind, total="4700")

    document = document_of(outcome)
    assert document.kind is InvoiceKind.INVOICE
    assert [line.quantity for line in document.lines] == [each("5"), each("-1")]
    assert outcome.codes() == set()


def test_a_credit_note_without_prices_or_total_is_read_by_its_quantities() -> None:
    outcome = outcome_of(it1("1", "-5", price=""), kind="CR", total="", header=[sac("C", "D240", "-100")])

    document = document_of(outcome)
    assert (document.lines[0].quantity, document.lines[0].price) == (each("5"), None)
    assert document.charge_lines[0].amount == money("1")


def test_a_type_nobody_knows_is_an_invoice_and_named() -> None:
    outcome = outcome_of(it1("1", "1"), kind="Q7")

    assert document_of(outcome).kind is InvoiceKind.INVOICE
    assert outcome.codes() == {"UNKNOWN_CODE"}
    assert (
        document_of(
            outcome_of(it1("1", "1"), kind="Q7", overrides=MappingOverrides(invoice_types={"Q7": "credit"}))
        ).kind
        is InvoiceKind.CREDIT
    )


@pytest.mark.parametrize(
    ("kind", "header", "corrects"),
    [
        ("CR", [("REF", "IV", "INV-0")], "INV-0"),
        ("CR", [("REF", "IV", "INV-0"), ("REF", "IV", "INV-1")], "INV-0"),
        ("CR", [("REF", "IV", "INV-0"), ("REF", "IV", "INV-9")], None),
        ("CO", [("REF", "IV", "INV-0")], "INV-0"),
        ("", [("REF", "IV", "INV-0")], None),
        ("", [("REF", "OI", "INV-0")], "INV-0"),
        ("CR", [("REF", "OI", "INV-0"), ("REF", "IV", "INV-9")], "INV-0"),
        ("CR", [], None),
    ],
)
def test_a_credit_note_or_correction_names_the_invoice_it_is_about(
    kind: str, header: list[Segment], corrects: str | None
) -> None:
    assert document_of(outcome_of(it1("1", "1"), kind=kind, header=header)).corrects == corrects


# --- lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "order", "number"),
    [
        (it1("7", "1"), "4500010001", "7"),
        (it1("", "1"), "4500010001", None),
        (it1("1", "1", ids=("PO", "A-2", "PL", "30")), "A-2", "30"),
        (it1("1", "1", extra=[("REF", "PO", "A-3")]), "A-3", "1"),
    ],
)
def test_a_line_names_its_own_order_and_order_line_where_it_can(
    line: list[Segment], order: str, number: str | None
) -> None:
    found = line_of(outcome_of(line))

    assert (found.order_number, found.line_number) == (order, number)


@pytest.mark.parametrize(
    ("place", "number"), [("REF:LI", "40"), ("ID:PL", "30"), ("NONE", None), ("PO101", "30")]
)
def test_a_profile_says_where_the_number_of_the_order_line_stands(place: str, number: str | None) -> None:
    line = it1("1", "1", ids=("BP", "X", "PL", "30"), extra=[("REF", "LI", "40")])

    assert line_of(outcome_of(line, overrides=MappingOverrides(line_number_source=place))).line_number == (
        number
    )


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ([("REF", "PO", "A-1")], "A-1"),
        ([("REF", "PO", "A-1"), ("REF", "ON", "A-1")], "A-1"),
        ([("REF", "PO", "A-1"), ("REF", "PO", "A-2")], None),
        ([], None),
    ],
)
def test_without_an_order_in_the_beginning_a_reference_names_it(
    header: list[Segment], order: str | None
) -> None:
    document = document_of(outcome_of(it1("1", "1"), order="", header=header))

    assert (document.order_number, document.lines[0].order_number) == (order, order)


@pytest.mark.parametrize(
    ("price", "basis", "extra", "expected"),
    [
        ("2.50", "", [], Price(Decimal("2.5"), "USD")),
        ("2.50", "HP", [], Price(Decimal("2.5"), "USD", Decimal(100))),
        ("2.50", "CA", [], Price(Decimal("2.5"), "USD", Decimal(1), "CS")),
        ("2.50", "", [("CUR", "SE", "EUR")], Price(Decimal("2.5"), "EUR")),
        ("2.50", "", [("CTP", "", "UCP", "0.10", "24", "EA")], Price(Decimal("2.5"), "USD")),
        ("", "", [("CTP", "", "UCP", "0.10", "24", "EA")], Price(Decimal("0.1"), "USD", None, "EA")),
        ("", "", [("CTP", "", "MSR", "9"), ("CTP", "", "", "8")], Price(Decimal(8), "USD")),
        ("", "", [("CTP", "", "MSR", "9", "1", "EA")], None),
        ("0", "", [], Price(Decimal(0), "USD")),
        ("", "", [], None),
    ],
)
def test_the_price_is_that_of_the_line_and_else_of_its_price_segment(
    price: str, basis: str, extra: list[Segment], expected: Price | None
) -> None:
    assert line_of(outcome_of(it1("1", "1", price=price, basis=basis, extra=extra))).price == expected


@pytest.mark.parametrize(("sent", "unit"), [("CA", "CS"), ("DZ", "DZN"), ("QX", "QX"), ("", "")])
def test_a_quantity_keeps_its_own_unit(sent: str, unit: str) -> None:
    assert line_of(outcome_of(it1("1", "5", unit=sent))).quantity == Quantity(Decimal(5), unit)


def test_a_line_without_a_quantity_has_none() -> None:
    assert line_of(outcome_of(it1("1", ""))).quantity is None


def test_a_notice_named_once_is_the_notice_of_the_invoice() -> None:
    outcome = outcome_of(it1("1", "1", extra=[("REF", "SI", "ASN-7")]), header=[("REF", "SI", "ASN-7")])

    assert document_of(outcome).ship_notice == "ASN-7"


@pytest.mark.parametrize(
    ("code", "purpose"),
    [
        ("", Purpose.ORIGINAL),
        ("00", Purpose.ORIGINAL),
        ("01", Purpose.CANCEL),
        ("05", Purpose.REPLACE),
        ("Q7", Purpose.ORIGINAL),
    ],
)
def test_the_purpose_says_what_it_does_to_an_earlier_one(code: str, purpose: Purpose) -> None:
    outcome = outcome_of(it1("1", "1"), purpose=code)

    assert document_of(outcome).purpose is purpose
    assert ("UNKNOWN_CODE" in outcome.codes()) is (code == "Q7")


def test_a_six_digit_date_gets_its_century() -> None:
    assert document_of(outcome_of(it1("1", "1"), on="700101")).issued_on == date(1970, 1, 1)
    assert document_of(outcome_of(it1("1", "1"), on="261123")).issued_on == date(2026, 11, 23)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "code", "element"),
    [
        (("BAK", "00", "AC", "A-1"), "SEGMENT_MISSING", None),
        (("BIG", "20261123", ""), "INVOICE_NUMBER_MISSING", 2),
        (("BIG", "20261340", "INV-1"), "DATE_UNREADABLE", 1),
        (("BIG", "20491231", "INV-1"), "DATE_UNREADABLE", 1),
        (("BIG", "", "INV-1"), "DATE_UNREADABLE", 1),
    ],
)
def test_one_without_its_beginning_number_or_day_is_refused(
    beginning: Segment, code: str, element: int | None
) -> None:
    outcome = read(interchange([("810", [beginning, *it1("1", "1"), ("TDS", "100")])]))

    (finding,) = outcome.transaction.findings
    assert (finding.code, finding.element) == (code, element)
    assert outcome.transaction.ack_status == "R"


@pytest.mark.parametrize(
    ("line", "segment", "element", "code"),
    [
        (it1("1", "one"), "IT1", 2, "NUMBER_UNREADABLE"),
        (it1("1", "1", price="1,5"), "IT1", 4, "NUMBER_UNREADABLE"),
        (it1("1", "1", extra=[sac("C", "D240", "5.00")]), "SAC", 5, "AMOUNT_UNREADABLE"),
        (it1("1", "1", extra=[txi("ST", "x")]), "TXI", 2, "NUMBER_UNREADABLE"),
        (it1("1", "1", extra=[txi("ST", "1", "x")]), "TXI", 3, "NUMBER_UNREADABLE"),
    ],
)
def test_a_number_that_is_none_is_refused_with_its_place(
    line: list[Segment], segment: str, element: int, code: str
) -> None:
    (finding,) = outcome_of(line).transaction.findings

    assert (finding.code, finding.segment, finding.element) == (code, segment, element)
    assert finding.way_out
