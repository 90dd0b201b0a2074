"""What a mail says and to whom it may go, before anybody changes it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from erp_connectors import clock
from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import InvoiceKind
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity
from erp_connectors.documents.models import OrderLine, Supplier
from erp_connectors.documents.position import InvoiceFact, ReceiptFact, ShipmentFact
from exceptions_app.asking.draft import addresses_of, draft, inquiries_for
from exceptions_app.asking.facts import Facts
from exceptions_app.cases.models import Case
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.people.permissions import NotAllowed
from suppliers.profiles import Language, SupplierProfile, language_of
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.asking.world import short_case

pytestmark = pytest.mark.django_db
SCENE = make.ground
WORD = DocumentVersion(TUESDAY_TEN)


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    return scene


# --- the text -----------------------------------------------------------------------------------------------


def test_the_mail_names_order_line_items_quantities_days_and_prices(world: Ground) -> None:
    case = short_case(world)
    line = case.lines.get().order_line
    assert line is not None
    make.ItemNameFactory.create(item=line.item, supplier_number="77", number="N-4711")
    mail = draft([case], person="Bea Example", at=TUESDAY_TEN, inquiry=Inquiry.MISSING_QUANTITY)
    assert mail.subject == "Missing quantity on order 4500010001"
    assert (
        "Order 4500010001\n"
        "  Line 10: 100 EA Seal kit\n"
        "  Our item SEAL-KIT, your item N-4711\n"
        "  Wanted 2 Dec 2026\n"
        "  Confirmed 82 EA for 2 Dec 2026, shipped –, received –\n"
        "  Missing 18 EA\n"
    ) in mail.body
    assert mail.body.endswith("Kind regards\nBea Example\nWeserland\n\nOur reference: EX-1")
    assert (mail.wording.template_id, mail.wording.release) == (None, None)


def test_a_german_supplier_is_written_to_in_german(world: Ground) -> None:
    case = short_case(world)
    Supplier.objects.update(country="DE")
    line = case.lines.get().order_line
    line.position["line"]["price"] = to_builtins(Price(Decimal("1234.5"), "EUR", Decimal(100)))
    line.position["line"]["quantity"] = to_builtins(Quantity(Decimal("1000.5"), "EA"))
    line.save()
    mail = draft([Case.objects.get()], person="Bea", at=TUESDAY_TEN, inquiry=Inquiry.CONFIRMATION)
    assert mail.language is Language.GERMAN
    assert "Position 10: 1.000,5 EA Seal kit" in mail.body
    assert "Gewünscht zum 02.12.2026 zu 1.234,50 EUR / 100 EA" in mail.body


def test_every_source_has_its_say_in_the_unit_of_the_order(world: Ground) -> None:
    case = short_case(world)
    line = case.lines.get().order_line
    make.ItemPackFactory.create(item=line.item, unit="CS", factor=Decimal(12))
    tell(
        line,
        shipments=(
            ShipmentFact(notice="A1", version=WORD, shipped=Quantity(Decimal(3), "CS")),
            ShipmentFact(notice="A2", version=WORD, shipped=Quantity(Decimal(4), "EA")),
        ),
        receipts=(ReceiptFact(number="W1", version=WORD, received_on=date(2026, 12, 1), received=None),),
        invoices=(
            invoice("R1", InvoiceKind.INVOICE, Quantity(Decimal(40), "EA")),
            invoice("G1", InvoiceKind.CREDIT, Quantity(Decimal(4), "EA")),
        ),
    )
    facts = Facts([case], language=Language.ENGLISH, person="Bea", at=TUESDAY_TEN)
    assert (
        facts.of_mail("{shipped} {notice} | {received} | {invoiced} {invoice}")["lines"]
        == "40 EA A1, A2 | – | 40 EA R1, G1"
    )


def test_what_cannot_be_counted_stands_as_it_was_said(world: Ground) -> None:
    case = short_case(world)
    tell(
        case.lines.get().order_line,
        shipments=(
            ShipmentFact(notice="A1", version=WORD, shipped=Quantity(Decimal(3), "BX")),
            ShipmentFact(notice="A1", version=WORD, shipped=Quantity(Decimal(4), "EA")),
        ),
    )
    facts = Facts([case], language=Language.ENGLISH, person="Bea", at=TUESDAY_TEN)
    assert facts.of_mail("{shipped}")["lines"] == "3 BX + 4 EA"


def test_parts_on_several_days_are_named_one_by_one(world: Ground) -> None:
    case = short_case(world)
    make.offer(case.lines.get().order_line, (50, date(2026, 12, 2)), (32, None))
    facts = Facts([case], language=Language.ENGLISH, person="Bea", at=TUESDAY_TEN)
    assert facts.of_mail("{promised}")["lines"] == "50 EA: 2 Dec 2026, 32 EA: –"


def test_text_of_the_supplier_stays_one_line_and_no_template(world: Ground) -> None:
    case = short_case(world)
    line = case.lines.get().order_line
    line.description = "Seal\r\nBcc: all@elsewhere.example {price}\x1b\u202e" + "x" * 300
    OrderLine.objects.filter(pk=line.pk).update(description=line.description[:300])
    facts = Facts([case], language=Language.ENGLISH, person="Bea", at=TUESDAY_TEN)
    written = facts.of_mail("{description}")["lines"]
    assert written.startswith("Seal Bcc: all@elsewhere.example {price} xxx")
    assert "\n" not in written


def test_a_case_about_an_invoice_names_it_with_its_orders_and_what_is_in_question(world: Ground) -> None:
    head = make.DocumentHeadFactory.create(
        connection=world.erp, number="R-77", orders=["4500010001", "4500010002"]
    )
    case = make.CaseFactory.create(
        number="EX-9",
        order=None,
        document=head,
        supplier=world.supplier,
        company=world.company,
        team=world.teams["FIN"],
        type_code="invoice_total",
        group_key="R-77",
        headline="Adds up to 1,180.00, says 1,190.00",
    )
    make.CaseLineFactory.create(
        case=case,
        order_line=None,
        line_number="",
        quantity=None,
        key="invoice_total",
        amount=Decimal("1234.5"),
    )
    mail = draft([case], person="Finn", at=TUESDAY_TEN)
    assert mail.inquiry is Inquiry.INVOICE
    assert mail.subject == "Invoice R-77, order 4500010001, 4500010002"
    assert "Order 4500010001, 4500010002\n  Invoice R-77: –\n  In question 1,234.50 EUR\n" in mail.body
    assert "Our item" not in mail.body, "a row that has nothing to say is left out"


def test_one_mail_lists_the_lines_of_all_its_cases(world: Ground) -> None:
    first, second = short_case(world, "EX-1"), short_case(world, "EX-2")
    mail = draft([first, second], person="Bea", at=TUESDAY_TEN)
    assert mail.subject == "Missing quantity on order 4500010001, 4500010002"
    assert mail.body.index("Order 4500010001\n  Line 10") < mail.body.index("Order 4500010002\n  Line 10")
    assert "Our reference: EX-1, EX-2" in mail.body


def test_a_line_that_is_cleared_is_not_asked_about(world: Ground) -> None:
    case = short_case(world)
    case.lines.update(cleared_at=TUESDAY_TEN)
    assert "Line 10" not in draft([case], person="Bea", at=TUESDAY_TEN).body


def test_the_number_of_queries_does_not_grow_with_the_lines(
    world: Ground, django_assert_num_queries: object
) -> None:
    case = short_case(world)
    for number in range(20, 100, 10):
        line = make.order_line(world, number=case.order.number, line=str(number))  # type: ignore[union-attr]
        make.CaseLineFactory.create(case=case, order_line=line)
    with django_assert_num_queries(8):  # type: ignore[operator]
        draft([Case.objects.select_related("company", "order", "supplier").get()], person="B", at=TUESDAY_TEN)


def tell(line: OrderLine, **facts: object) -> None:
    line.position |= to_builtins(facts)
    line.save()


def invoice(number: str, kind: InvoiceKind, quantity: Quantity) -> InvoiceFact:
    return InvoiceFact(
        number=number, kind=kind, version=WORD, issued_on=date(2026, 12, 1), quantity=quantity, price=None
    )


# --- the template -------------------------------------------------------------------------------------------


def test_the_most_specific_template_that_holds_today_is_taken(world: Ground) -> None:
    case = short_case(world)
    about = {"inquiry": "missing_quantity"}
    today = date(2026, 11, 24)

    def subject() -> str:
        return draft([case], person="Bea", at=TUESDAY_TEN).subject

    make.MessageTemplateFactory.create(subject="all", **about)
    make.MessageTemplateFactory.create(subject="german", language="de", **about)
    make.MessageTemplateFactory.create(subject="other type", type_code="backorder", **about)
    make.MessageTemplateFactory.create(subject="other company", company=make.CompanyFactory.create(), **about)
    assert subject() == "all"
    make.MessageTemplateFactory.create(subject="later", valid_from=today - timedelta(days=1), **about)
    make.MessageTemplateFactory.create(subject="not yet", valid_from=today + timedelta(days=1), **about)
    make.MessageTemplateFactory.create(subject="gone", valid_until=today - timedelta(days=1), **about)
    assert subject() == "later"
    make.MessageTemplateFactory.create(subject="company", company=world.company, **about)
    assert subject() == "company"
    make.MessageTemplateFactory.create(subject="type", type_code="quantity_short", **about)
    assert subject() == "type"


def test_a_draft_names_the_template_and_its_release(world: Ground) -> None:
    release = make.ReleaseFactory.create(number=7)
    row = make.MessageTemplateFactory.create(inquiry="missing_quantity", release=release)
    mail = draft([short_case(world)], person="Bea", at=TUESDAY_TEN)
    assert (mail.subject, mail.body) == ("Confirm 4500010001", "Please confirm:\n10: 100 EA\nBea")
    assert (mail.wording.template_id, mail.wording.release) == (row.pk, 7)


def test_cases_of_several_types_are_asked_with_words_for_all_types(world: Ground) -> None:
    make.MessageTemplateFactory.create(inquiry="other", type_code="quantity_short", subject="short")
    cases = [short_case(world), short_case(world, "EX-2", type_code="date_later")]
    assert inquiries_for(cases) == (Inquiry.OTHER,)
    assert draft(cases, person="Bea", at=TUESDAY_TEN).subject == "Order 4500010001, 4500010002"


# --- to whom ------------------------------------------------------------------------------------------------


def test_the_suppliers_own_address_comes_first_then_its_contacts(world: Ground) -> None:
    make.ContactFactory.create(supplier=world.supplier, name="Nora", role="Sales", email="nora@example.com")
    make.ContactFactory.create(supplier=world.supplier, name="Abel", email="")
    make.ContactFactory.create(supplier=world.supplier, name="Zoe", email="x\r\nBcc: y@example.com")
    assert [(each.address, each.label) for each in addresses_of(world.supplier)] == [
        ("orders-77@example.com", ""),
        ("nora@example.com", "Nora, Sales"),
    ]


def test_a_supplier_nobody_has_an_address_of_gives_a_draft_to_nobody(world: Ground) -> None:
    case = short_case(world)
    Supplier.objects.update(email="")
    assert draft([Case.objects.get(pk=case.pk)], person="Bea", at=TUESDAY_TEN).recipients == ()


def test_cases_of_two_suppliers_are_no_one_message(world: Ground) -> None:
    other = make.SupplierFactory.create(connection=world.erp)
    cases = [short_case(world), short_case(world, "EX-2", supplier=other)]
    with pytest.raises(NotAllowed, match="one supplier"):
        draft(cases, person="Bea", at=TUESDAY_TEN)


@pytest.mark.parametrize(
    ("country", "chosen", "language"),
    [("", "", "en"), ("AT", "", "de"), ("de", "", "de"), ("DE", "en", "en"), ("FR", "de", "de")],
)
def test_the_language_is_the_profiles_else_the_countrys(
    world: Ground, country: str, chosen: str, language: str
) -> None:
    world.supplier.country = country
    SupplierProfile.objects.update(language=chosen)
    assert language_of(world.supplier) == language
