"""An INVOIC as an invoice: amounts as stated, charges and taxes apart, terms in days, credits positive."""

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
from erp_connectors.edi import PartnerRules, Verdict
from erp_connectors.edi.rules import DEFAULT_RULES, EdifactOverrides
from tests.builders.edifact import Segment, alc, dtm, invoice, lin, moa, pri, qty, rff, tax
from tests.erp_connectors.edi.decoding import read

DAY = date(2026, 11, 23)


def invoiced(data: bytes, rules: PartnerRules = DEFAULT_RULES) -> Invoice:
    outcome = read(data, rules)
    assert outcome.transaction.verdict is Verdict.ACCEPT, outcome.codes()
    document = outcome.transaction.document
    assert isinstance(document, Invoice)
    return document


def line_of(
    line: Sequence[Segment], rules: PartnerRules = DEFAULT_RULES, *, kind: str = "380"
) -> InvoiceLine:
    (found,) = invoiced(invoice("INV-1", [line], kind=kind), rules).lines
    return found


def with_summary(
    *segments: Segment, heading: Sequence[Segment] = (), lines: Sequence[Sequence[Segment]] = ()
) -> Invoice:
    return invoiced(invoice("INV-1", lines, heading=heading, summary=segments))


def test_an_invoice_is_read_with_its_lines_and_sums() -> None:
    lines = [
        lin("10", quantities={"47": "480"}, price="1.85", extra=[moa("203", "888.00"), tax("20")]),
        lin("20", quantities={"47": "100"}, price="3.40", extra=[moa("203", "340.00"), tax("20")]),
    ]
    summary = [moa("79", "1228.00"), moa("124", "245.60"), moa("77", "1473.60"), moa("9", "1000"), tax("20")]

    found = invoiced(invoice("INV-1", lines, heading=[rff("AAK", "D-1")], summary=summary))

    assert (found.number, found.issued_on, found.kind, found.currency) == (
        "INV-1",
        DAY,
        InvoiceKind.INVOICE,
        "EUR",
    )
    assert (found.order_number, found.ship_notice, found.corrects) == ("4500010001", "D-1", None)
    assert (found.lines_total, found.tax, found.total) == (Decimal(1228), Decimal("245.6"), Decimal("1473.6"))
    assert (found.tax_percent, found.charges, found.charge_lines) == (Decimal(20), None, ())
    first, _ = found.lines
    assert first == InvoiceLine(
        order_number=None,
        line_number="10",
        quantity=Quantity(Decimal(480), "H87"),
        price=Price(Decimal("1.85"), "EUR"),
        ids=ItemIds(gtin="4012345000016"),
        amount=Decimal(888),
    )


@pytest.mark.parametrize(
    ("amounts", "total"),
    [
        ({"77": "1", "39": "2"}, "1"),
        ({"39": "2", "9": "3"}, "2"),
        ({"139": "4", "86": "5"}, "4"),
        ({"86": "5", "128": "6"}, "5"),
        ({"128": "6"}, "6"),
        ({"9": "3"}, "3"),
        ({"79": "7"}, None),
    ],
)
def test_the_total_is_the_strongest_that_is_stated(amounts: dict[str, str], total: str | None) -> None:
    found = with_summary(*(moa(code, value) for code, value in amounts.items()))

    assert found.total == (Decimal(total) if total else None)


def test_totals_may_stand_in_the_heading_of_an_invoice_without_lines() -> None:
    found = invoiced(invoice("INV-1", [], heading=[moa("77", "119")]))

    assert (found.total, found.lines) == (Decimal(119), ())


# --- which day, which kind ----------------------------------------------------------------------------


def test_the_date_of_the_invoice_comes_before_that_of_the_message() -> None:
    assert with_summary(heading=[dtm("3", "20261120")]).issued_on == date(2026, 11, 20)


@pytest.mark.parametrize("put", [b"DTM+137:2026:602", b"DTM+171:20261123:102"])
def test_an_invoice_without_a_day_is_refused(put: bytes) -> None:
    outcome = read(invoice("INV-1", []).replace(b"DTM+137:20261123:102", put))

    assert outcome.transaction.verdict is Verdict.REJECT
    assert "DATE_UNREADABLE" in outcome.codes()


def test_an_invoice_without_a_number_is_refused() -> None:
    assert read(invoice("", [])).codes() == {"NUMBER_MISSING"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("380", InvoiceKind.INVOICE),
        ("383", InvoiceKind.INVOICE),
        ("389", InvoiceKind.INVOICE),
        ("381", InvoiceKind.CREDIT),
        ("83", InvoiceKind.CREDIT),
        ("420", InvoiceKind.CREDIT),
        ("99", InvoiceKind.INVOICE),
    ],
)
def test_the_type_says_whether_money_is_asked_for_or_given_back(code: str, kind: InvoiceKind) -> None:
    data = invoice("INV-1", [], kind=code)

    assert invoiced(data).kind is kind
    assert ("UNKNOWN_CODE" in read(data).codes()) is (code == "99")


def test_a_total_below_zero_makes_an_invoice_a_credit_note() -> None:
    line = lin("10", quantities={"47": "-5"}, price="10", extra=[moa("203", "-50")])
    data = invoice("INV-1", [line], summary=[moa("79", "-50"), moa("124", "-9.50"), moa("77", "-59.50")])

    found = invoiced(data)

    assert (found.kind, found.total, found.tax, found.lines_total) == (
        InvoiceKind.CREDIT,
        Decimal("59.5"),
        Decimal("9.5"),
        Decimal(50),
    )
    assert (found.lines[0].quantity, found.lines[0].amount) == (Quantity(Decimal(5), "H87"), Decimal(50))
    assert read(data).codes() == {"READ_AS_CREDIT"}


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_credit_note_gives_back_in_positive_numbers(sign: str) -> None:
    line = lin(
        "10",
        quantities={"47": f"{sign}5"},
        price="10",
        extra=[moa("203", f"{sign}50"), *alc("C", "FC", f"{sign}4")],
    )
    summary = [
        moa("79", f"{sign}50"),
        moa("124", f"{sign}9.50"),
        moa("77", f"{sign}59.50"),
        moa("259", f"{sign}4"),
    ]
    heading = [rff("IV", "INV-1"), *alc("C", "PC", f"{sign}4")]

    found = invoiced(invoice("CN-1", [line], kind="381", heading=heading, summary=summary))

    assert (found.kind, found.corrects) == (InvoiceKind.CREDIT, "INV-1")
    assert (found.total, found.tax, found.lines_total, found.charges) == (
        Decimal("59.5"),
        Decimal("9.5"),
        Decimal(50),
        Decimal(4),
    )
    assert found.charge_lines == (Charge(ChargeKind.PACKAGING, Decimal(4), "PC"),)
    assert found.lines[0].quantity == Quantity(Decimal(5), "H87")
    assert found.lines[0].charges == (Charge(ChargeKind.FREIGHT, Decimal(4), "FC"),)
    assert found.lines[0].amount == Decimal(50)


def test_only_a_credit_note_or_a_correction_corrects_another_invoice() -> None:
    def corrects(kind: str, *heading: Segment) -> str | None:
        return invoiced(invoice("INV-2", [], kind=kind, heading=heading)).corrects

    assert corrects("384", rff("IV", "INV-1")) == "INV-1"
    assert corrects("380", rff("IV", "INV-1")) is None
    assert corrects("381", rff("IV", "INV-2")) is None
    assert corrects("381", rff("IV", "INV-1"), rff("OI", "INV-0")) is None


@pytest.mark.parametrize(
    ("function", "purpose"), [("9", Purpose.ORIGINAL), ("1", Purpose.CANCEL), ("5", Purpose.REPLACE)]
)
def test_the_function_says_what_becomes_of_an_earlier_invoice(function: str, purpose: Purpose) -> None:
    assert invoiced(invoice("INV-1", [], function=function)).purpose is purpose


def test_the_currency_invoiced_in_comes_before_the_one_of_reference() -> None:
    both: list[Segment] = [("CUX", ("2", "USD", "9")), ("CUX", ("3", "EUR", "4"))]

    assert invoiced(invoice("INV-1", [], currency="", heading=both)).currency == "EUR"
    assert invoiced(invoice("INV-1", [], currency="", heading=both[:1])).currency == "USD"
    assert invoiced(invoice("INV-1", [], currency="")).currency is None


# --- orders and notices -----------------------------------------------------------------------------------


def test_lines_of_several_orders_name_their_own() -> None:
    lines = [
        lin("10", quantities={"47": "1"}, extra=[rff("ON", "A-1", "30")]),
        lin("20", quantities={"47": "1"}, extra=[rff("ON", "A-2")]),
    ]

    found = invoiced(invoice("INV-1", lines, order="A-1", heading=[rff("ON", "A-2")]))

    assert found.order_number is None
    assert [(line.order_number, line.line_number) for line in found.lines] == [("A-1", "30"), ("A-2", "20")]


def test_the_despatch_advice_comes_before_the_delivery_note_and_several_are_none() -> None:
    def notice(*heading: Segment) -> str | None:
        return with_summary(heading=heading).ship_notice

    assert notice(rff("DQ", "N-1"), rff("AAK", "D-1")) == "D-1"
    assert notice(rff("DQ", "N-1")) == "N-1"
    assert notice(rff("AAK", "D-1"), rff("AAK", "D-2")) is None
    assert notice() is None


# --- charges ------------------------------------------------------------------------------------------------


def test_allowances_and_charges_of_the_heading_are_kept_with_their_kind_and_sign() -> None:
    heading = [
        *alc("C", "FC", "25", text="Freight"),
        *alc("A", "DI", "10"),
        *alc("C", "PC", "-3"),
        *alc("C", "XYZ", "1"),
    ]

    found = with_summary(heading=heading)

    assert found.charge_lines == (
        Charge(ChargeKind.FREIGHT, Decimal(25), "Freight"),
        Charge(ChargeKind.OTHER, Decimal(-10), "DI"),
        Charge(ChargeKind.PACKAGING, Decimal(-3), "PC"),
        Charge(ChargeKind.OTHER, Decimal(1), "XYZ"),
    )


@pytest.mark.parametrize(
    ("segments", "charges", "codes"),
    [
        (alc("C", "FC", settlement="2", amount="5"), (Charge(ChargeKind.FREIGHT, Decimal(5), "FC"),), set()),
        (alc("C", "FC", settlement="1", amount="5"), (), set()),
        (alc("C", "FC", "0"), (), set()),
        (alc("C", "FC"), (), {"CHARGE_WITHOUT_AMOUNT"}),
        (alc("N", "FC", "5"), (), {"UNKNOWN_CODE"}),
        ([("ALC", "C", "FC"), moa("23", "5")], (Charge(ChargeKind.FREIGHT, Decimal(5), "FC"),), set()),
        (
            [*alc("C", "FC"), moa("25", "500"), moa("8", "5"), tax("19"), moa("124", "0.95")],
            (Charge(ChargeKind.FREIGHT, Decimal(5), "FC"),),
            set(),
        ),
    ],
)
def test_a_charge_counts_once_and_only_where_it_is_billed(
    segments: list[Segment], charges: tuple[Charge, ...], codes: set[str]
) -> None:
    data = invoice("INV-1", [], heading=segments)

    assert invoiced(data).charge_lines == charges
    assert read(data).codes() == codes
    assert invoiced(data).tax is None


def test_a_charge_that_is_a_tax_is_added_to_the_tax() -> None:
    found = with_summary(heading=[*alc("C", "VAT", "19"), *alc("C", "FC", "5")])

    assert found.tax == Decimal(19)
    assert len(found.charge_lines) == 1


def test_the_summary_repeats_the_charges_of_the_lines_and_stands_for_them_where_nobody_has_any() -> None:
    line = lin("10", quantities={"47": "1"}, extra=alc("C", "FC", "5"))

    of_summary = with_summary(*alc("C", "FC", "5"))
    of_lines = with_summary(*alc("C", "FC", "5"), lines=[line])
    of_heading = with_summary(*alc("C", "FC", "5"), heading=alc("C", "PC", "2"))

    assert [charge.kind for charge in of_summary.charge_lines] == [ChargeKind.FREIGHT]
    assert of_lines.charge_lines == ()
    assert of_lines.lines[0].charges == (Charge(ChargeKind.FREIGHT, Decimal(5), "FC"),)
    assert [charge.kind for charge in of_heading.charge_lines] == [ChargeKind.PACKAGING]


@pytest.mark.parametrize(
    ("amounts", "charges"),
    [
        ({"259": "30", "260": "10"}, "20"),
        ({"260": "10"}, "-10"),
        ({"131": "20", "79": "100", "124": "0", "77": "120"}, "20"),
        ({"131": "20", "79": "100", "77": "80"}, "-20"),
        ({"131": "20", "79": "100", "77": "99"}, "20"),
        ({"131": "-20"}, "-20"),
        ({"79": "100"}, None),
    ],
)
def test_the_sum_of_charges_is_the_invoices_own(amounts: dict[str, str], charges: str | None) -> None:
    found = with_summary(*(moa(code, value) for code, value in amounts.items()))

    assert found.charges == (Decimal(charges) if charges else None)


def test_kinds_of_charges_and_types_may_be_the_partners() -> None:
    rules = PartnerRules(
        edifact=EdifactOverrides(
            charge_kinds={"XYZ": "insurance", "FC": "tax"}, invoice_types={"380": "credit"}
        )
    )

    found = invoiced(invoice("INV-1", [], heading=[*alc("C", "XYZ", "5"), *alc("C", "FC", "2")]), rules)

    assert found.kind is InvoiceKind.CREDIT
    assert found.charge_lines == (Charge(ChargeKind.INSURANCE, Decimal(5), "XYZ"),)
    assert found.tax == Decimal(2)


# --- taxes and terms -------------------------------------------------------------------------------


def test_the_tax_is_the_total_stated_else_the_sum_of_the_rates_else_what_the_lines_say() -> None:
    line = lin("10", quantities={"47": "1"}, extra=[tax("19"), moa("124", "1.90"), moa("125", "10")])
    rates = [tax("7"), moa("125", "100"), moa("124", "7"), tax("19"), moa("124", "19")]

    assert with_summary(moa("176", "30"), *rates, lines=[line]).tax == Decimal(30)
    assert with_summary(*rates, lines=[line]).tax == Decimal(26)
    assert with_summary(lines=[line]).tax == Decimal("1.9")
    assert with_summary().tax is None


def test_the_rate_is_the_one_all_parts_agree_on() -> None:
    def line(rate: str) -> list[Segment]:
        return lin("10", quantities={"47": "1"}, extra=[tax(rate)])

    assert with_summary(tax("19"), lines=[line("19"), line("")]).tax_percent == Decimal(19)
    assert with_summary(lines=[line("19"), line("7")]).tax_percent is None
    assert with_summary(tax("3", "ENV"), lines=[line("19")]).tax_percent == Decimal(19)
    assert with_summary().tax_percent is None


@pytest.mark.parametrize(
    ("segments", "terms", "due"),
    [
        ([("PAT", "1", "", ("5", "3", "D", "30"))], PaymentTerms(net_days=30), None),
        ([("PAT", "3", "", ("5", "3", "D", "30"))], PaymentTerms(net_days=30), None),
        ([("PAT", "1", "", ("5", "3", "W", "2"))], PaymentTerms(net_days=14), None),
        (
            [
                ("PAT", "22", "", ("5", "3", "D", "10")),
                ("PCD", ("12", "2")),
                ("PAT", "1", "", ("5", "3", "D", "30")),
            ],
            PaymentTerms(net_days=30, discount_percent=Decimal(2), discount_days=10),
            None,
        ),
        ([("PAT", "3"), dtm("13", "20261223")], None, date(2026, 12, 23)),
        ([dtm("140", "20261223")], None, date(2026, 12, 23)),
        ([("PAT", "1", "", ("5", "3", "M", "1"))], None, None),
        ([("PAT", "1", "", ("66", "3", "D", "30"))], None, None),
        ([("PAT", "1", "", ("5", "6", "D", "30"))], None, None),
        ([("PAT", "1"), moa("52", "3")], None, None),
        ([], None, None),
    ],
)
def test_terms_are_days_from_the_date_of_the_invoice(
    segments: list[Segment], terms: PaymentTerms | None, due: date | None
) -> None:
    found = with_summary(heading=segments)

    assert (found.payment_terms, found.due_on) == (terms, due)


def test_terms_that_count_otherwise_are_noted_and_days_that_are_none_refused() -> None:
    otherwise = read(invoice("INV-1", [], heading=[("PAT", "1", "", ("66", "3", "D", "30"))]))
    many = read(invoice("INV-1", [], heading=[("PAT", "1", "", ("5", "3", "D", "99999"))]))
    none = read(invoice("INV-1", [], heading=[("PAT", "1", "", ("5", "3", "D", "soon"))]))

    assert otherwise.codes() == {"TERMS_NOT_COMPARABLE"}
    assert otherwise.transaction.verdict is Verdict.ACCEPT
    assert many.codes() == {"DAYS_UNREADABLE"}
    assert none.codes() == {"NUMBER_UNREADABLE"}


# --- lines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantities", "billed"),
    [
        ([qty("47", "5"), qty("12", "6")], "5"),
        ([qty("46", "5"), qty("12", "6")], "5"),
        ([qty("12", "6"), qty("21", "9")], "6"),
        ([qty("61", "2")], "2"),
        ([qty("47", "-2")], "-2"),
        ([qty("47", "5"), qty("47", "5.0")], "5"),
        ([qty("47", "5"), qty("47", "4")], None),
        ([qty("21", "9")], None),
    ],
)
def test_what_is_billed_is_the_invoiced_quantity(quantities: list[Segment], billed: str | None) -> None:
    line = line_of(lin("10", extra=quantities))

    assert line.quantity == (Quantity(Decimal(billed), "H87") if billed else None)


@pytest.mark.parametrize(
    ("extra", "price"),
    [
        ([pri("9", "INV"), pri("10", "AAB")], Decimal(9)),
        ([pri("8", "AAA"), pri("9", "INV")], Decimal(8)),
        ([pri("10", "AAB")], Decimal(10)),
        ([pri("10", "AAB"), *alc("A", "DI", "1")], None),
    ],
)
def test_the_price_is_the_net_one(extra: list[Segment], price: Decimal | None) -> None:
    found = line_of(lin("10", quantities={"47": "5"}, extra=extra)).price

    assert (found.amount if found else None) == price


@pytest.mark.parametrize(
    ("extra", "amount"),
    [
        ([moa("203", "50"), moa("66", "49")], "50"),
        ([moa("38", "50")], "50"),
        ([moa("66", "7.5")], "7.5"),
        ([], None),
    ],
)
def test_the_amount_of_a_line_is_passed_on_as_stated(extra: list[Segment], amount: str | None) -> None:
    line = line_of(lin("10", quantities={"47": "5"}, extra=extra))

    assert line.amount == (Decimal(amount) if amount else None)


@pytest.mark.parametrize(
    ("extra", "place"),
    [
        ([moa("203", "fifty")], ("MOA", 1, 2)),
        (alc("C", "FC", "five"), ("MOA", 1, 2)),
        ([tax("a lot")], ("TAX", 5, 4)),
    ],
)
def test_an_amount_that_cannot_be_read_refuses_the_invoice_and_names_its_place(
    extra: list[Segment], place: tuple[str, int, int]
) -> None:
    outcome = read(invoice("INV-1", [lin("10", quantities={"47": "5"}, extra=extra)]))

    (finding,) = outcome.transaction.findings
    assert outcome.transaction.verdict is Verdict.REJECT
    assert (finding.code, finding.segment, finding.element, finding.component) == (
        "NUMBER_UNREADABLE",
        *place,
    )
