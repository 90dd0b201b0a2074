"""An invoice becomes a case of its own, with all its lines, and follows whatever moves around it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from erp_connectors import clock
from erp_connectors.canonical.documents import (
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    OrderLine,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
)
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.documents.models import DocumentHead, Supplier
from erp_connectors.documents.store import record
from exceptions_app import intake
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import AgreementRow, Case, CaseLine
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
from exceptions_app.detection.subject import word_of
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.policies import rows
from exceptions_app.subjects.registry import subject
from tests.builders.factories import (
    TUESDAY_TEN,
    Ground,
    StreamStateFactory,
    SupplierFactory,
    SupplierProfileFactory,
    ground,
)

pytestmark = pytest.mark.django_db
PROMISED = date(2026, 11, 24)
FREIGHT = (Charge(ChargeKind.FREIGHT, Decimal(48)),)


def ground_not_polled() -> Ground:
    """Make a ground whose ERP tells of everything unasked."""
    clock.set_now(TUESDAY_TEN)
    world = ground()
    for stream in ("orders", "receipts", "invoices", "confirmations", "ship_notices"):
        StreamStateFactory.create(connection=world.erp, stream=stream)
    world.erp.streams.update(is_polled=False)
    return world


SCENE = ground_not_polled


@pytest.fixture
def world(scene: Ground) -> Iterator[Ground]:
    clock.set_now(TUESDAY_TEN)
    yield scene
    clock.reset()


def ea(value: int) -> Quantity:
    return Quantity(Decimal(value), "EA")


def version(minute: int) -> DocumentVersion:
    return DocumentVersion(TUESDAY_TEN + timedelta(minutes=minute))


def order(number: str = "1000", minute: int = 0, price: str = "10", **values: Any) -> PurchaseOrder:
    line = OrderLine(
        number="10",
        item="SEAL-KIT",
        quantity=ea(100),
        price=Price(Decimal(price), "EUR", Decimal(1)),
        schedule=(SchedulePart(ea(100), PROMISED),),
        warehouse="KAS",
    )
    said = {"version": version(minute), "lines": (line,), "released_at": TUESDAY_TEN - timedelta(days=5)}
    return PurchaseOrder(**({"number": number, "supplier": "77", "currency": "EUR"} | said | values))


def invoice(*orders: str, number: str = "I-1", minute: int = 1, price: str = "12", **values: Any) -> Invoice:
    lines = tuple(
        InvoiceLine(order_number=each, line_number="10", quantity=ea(100), price=Price(Decimal(price), "EUR"))
        for each in orders
    )
    said = {"version": version(minute), "lines": lines, "issued_on": date(2026, 11, 24), "currency": "EUR"}
    return Invoice(number=number, **(said | values))


def receipt(minute: int = 2) -> Receipt:
    line = ReceiptLine(order_number="1000", line_number="10", received=ea(100))
    return Receipt(number="GR-1", version=version(minute), received_on=PROMISED, lines=(line,))


def tell(world: Ground, *documents: Any, supplier: Supplier | None = None) -> None:
    """Record documents: invoices are the supplier's word, all others the ERP's."""
    for document in documents:
        speaker = (supplier or world.supplier) if isinstance(document, Invoice) else None
        record(
            document, connection=world.erp, company=world.company, supplier=speaker, received_at=clock.now()
        )


def look(at: datetime = TUESDAY_TEN + timedelta(minutes=5)) -> None:
    """Look at every invoice that is watched."""
    clock.set_now(at)
    watched = list(Watch.objects.filter(subject_kind="invoice").values_list("subject_id", flat=True))
    evaluation = intake.evaluate(watched, at, kind=SubjectKind.INVOICE)
    assert evaluation.failures == {}


def open_lines() -> set[tuple[str, str, str]]:
    return {
        (line.case.type_code, line.case.number, line.line_number)
        for line in CaseLine.objects.filter(cleared_at=None).select_related("case")
        if line.case.is_open
    }


def types() -> list[str]:
    return sorted({each[0] for each in open_lines()})


# --- one case per invoice --------------------------------------------------------------------------------


def test_a_dear_invoice_is_a_case_of_finance_about_invoice_order_and_supplier(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()

    case = Case.objects.get()
    assert (case.type_code, case.subject_kind, case.team) == ("invoice_price", "invoice", world.teams["FIN"])
    assert (case.document, case.subject_id) == (DocumentHead.objects.get(), DocumentHead.objects.get().pk)
    assert (case.order and case.order.number, case.supplier) == ("1000", world.supplier)
    assert (case.amount, case.group_key) == (Decimal("200.00"), f"{world.erp.code}/77/I-1")
    line = case.lines.get()
    assert (line.order_line and line.order_line.number, line.line_number) == ("10", "10")
    assert {entry.team.code for entry in case.queue_entries.all()} >= {"FIN", "PRO"}


def test_an_invoice_over_two_orders_is_one_case_with_both_lines(world: Ground) -> None:
    tell(world, order("1000"), order("2000"), invoice("1000", "2000"))
    look()

    case = Case.objects.get()
    lines = case.lines.order_by("line_number")
    assert [line.line_number for line in lines] == ["1000/10", "2000/10"]
    assert [line.order_line and line.order_line.order.number for line in lines] == ["1000", "2000"]
    assert (case.order, case.amount) == (None, Decimal("400.00"))


def test_two_suppliers_may_use_one_invoice_number(world: Ground) -> None:
    other = SupplierFactory.create(connection=world.erp, company=world.company, number="88")
    tell(world, order(), invoice("1000"))
    tell(world, order("2000", supplier="88"))
    tell(world, invoice("2000"), supplier=other)
    look()

    assert Case.objects.count() == 2


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_whatever_comes_first_the_same_cases_are_open(world: Ground, arrival: tuple[int, ...]) -> None:
    said = [order(), invoice("1000", charge_lines=FREIGHT), invoice("1000", number="I-2", minute=3)]
    for index in arrival:
        tell(world, said[index])
        look()

    lines = CaseLine.objects.filter(cleared_at=None).select_related("case__document")
    assert {(each.case.type_code, each.case.document and each.case.document.number) for each in lines} == {
        ("invoice_price", "I-1"),
        ("invoice_charge", "I-1"),
        ("invoice_price", "I-2"),
        ("invoice_quantity", "I-2"),
    }


def test_looking_again_with_nothing_new_writes_nothing(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()
    before = (Case.objects.get().version, CaseLine.objects.count())
    watch.mark("invoice", [DocumentHead.objects.get().pk])
    look(TUESDAY_TEN + timedelta(minutes=9))

    assert (Case.objects.get().version, CaseLine.objects.count()) == before


# --- how it ends -------------------------------------------------------------------------------------------


def test_another_price_in_the_erp_closes_the_case(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()
    tell(world, order(minute=4, price="12"))
    look()

    case = Case.objects.get()
    assert (case.state, case.close_reason) == ("closed", "ERP matches")


def test_a_credit_note_closes_the_case(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()
    tell(
        world,
        invoice("1000", number="C-1", minute=4, price="2", kind=InvoiceKind.CREDIT, corrects="I-1"),
    )
    look()

    assert Case.objects.get().close_reason == "credited"


def test_the_history_of_what_is_on_no_line_names_none(world: Ground) -> None:
    packaging = Charge(ChargeKind.PACKAGING, Decimal(9))
    tell(world, order(), invoice("1000", price="10", charge_lines=(*FREIGHT, packaging)))
    look()
    tell(world, invoice("1000", minute=6, price="10", charge_lines=FREIGHT))
    look(TUESDAY_TEN + timedelta(minutes=7))

    changed = Event.objects.get(case=Case.objects.get(), kind="case.updated")
    assert changed.summary == "Corrected"


def test_a_corrected_invoice_closes_what_is_right_and_updates_what_is_not(world: Ground) -> None:
    tell(world, order(), invoice("1000", charge_lines=FREIGHT, total=Decimal(999)))
    look()
    assert types() == ["invoice_charge", "invoice_price", "invoice_total"]
    tell(world, invoice("1000", minute=6, price="11", total=Decimal(1100)))
    look(TUESDAY_TEN + timedelta(minutes=7))

    assert types() == ["invoice_price"]
    assert Case.objects.get(type_code="invoice_price").amount == Decimal("100.00")
    assert Case.objects.get(type_code="invoice_total").close_reason == "corrected"


def test_an_invoice_without_its_order_waits_a_business_day_for_it(world: Ground) -> None:
    tell(world, invoice("1000"))
    look()
    assert types() == []
    next_look = Watch.objects.get(subject_kind="invoice").due_at
    assert next_look is not None
    look(next_look)
    assert types() == ["invoice_unordered"]

    tell(world, order(price="12"))
    look(next_look + timedelta(minutes=1))

    assert Case.objects.get().close_reason == "matched"


def test_a_blind_stream_keeps_an_invoice_from_being_judged_until_it_is_read(world: Ground) -> None:
    orders = world.erp.streams.get(stream="orders")
    orders.is_polled, orders.watermark, orders.last_success_at = True, TUESDAY_TEN, TUESDAY_TEN
    orders.save()
    tell(world, invoice("1000"))
    thursday = TUESDAY_TEN + timedelta(days=2)
    look(thursday)
    blind = Watch.objects.get(subject_kind="invoice")
    assert (types(), blind.blind_since) == ([], TUESDAY_TEN)
    orders.watermark = orders.last_success_at = thursday + timedelta(seconds=5)
    orders.save()

    clock.set_now(thursday + timedelta(seconds=10))
    watch.wake_blind()

    due_at = Watch.objects.get(subject_kind="invoice").due_at
    assert due_at is not None
    assert due_at < thursday + timedelta(seconds=20)
    look(thursday + timedelta(seconds=10))
    assert types() == ["invoice_unordered"]


def test_goods_that_come_close_an_invoice_that_was_there_before_them(world: Ground) -> None:
    tell(world, order(), invoice("1000", price="10"))
    late = TUESDAY_TEN + timedelta(days=7)
    look(late)
    assert types() == ["invoice_before_receipt"]
    tell(world, receipt())
    look(late + timedelta(minutes=1))

    assert Case.objects.get().close_reason == "received"


# --- decisions ---------------------------------------------------------------------------------------------


def agree(line: CaseLine, kind: str = "accepted", **values: Any) -> AgreementRow:
    """Write down that people accepted a line of an invoice as it is."""
    snapshot = subject(SubjectKind.INVOICE).load([line.case.subject_id or 0], clock.now())
    fingerprint = snapshot.subjects[line.case.subject_id or 0].snapshot.fingerprint
    row = AgreementRow.objects.create(
        subject_kind="invoice",
        subject_id=line.case.subject_id,
        case_line=line,
        key=line.key,
        type_code=line.case.type_code,
        kind=kind,
        state="active",
        answer=word_of(fingerprint, line.expected),
        made_at=clock.now(),
        **values,
    )
    watch.mark("invoice", [line.case.subject_id or 0])
    return row


def test_what_was_accepted_of_an_invoice_closes_and_a_third_value_opens_it_again(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()
    agree(CaseLine.objects.get())
    look()
    case = Case.objects.get()
    assert (case.state, case.close_reason) == ("closed", "agreed")

    tell(world, invoice("1000", minute=6, price="13"))
    look(TUESDAY_TEN + timedelta(minutes=7))
    case = Case.objects.get()
    assert (case.is_open, case.amount) == (True, Decimal("300.00"))


def test_the_order_having_another_price_is_a_third_value_too(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()
    agree(CaseLine.objects.get())
    look()
    tell(world, order(minute=6, price="9"))
    look(TUESDAY_TEN + timedelta(minutes=7))

    assert Case.objects.get().is_open


def test_a_wait_keeps_the_case_open_as_decided_until_it_ends_or_is_answered(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    look()
    agree(CaseLine.objects.get(), kind="wait_until", until=date(2026, 11, 26))
    look()
    case = Case.objects.get()
    assert (case.state, CaseLine.objects.get().settled_at is not None) == ("resolved", True)

    look(TUESDAY_TEN + timedelta(days=3))
    assert Case.objects.get().state not in ("resolved", "closed")


# --- many of them ------------------------------------------------------------------------------------------


def test_loading_many_invoices_takes_no_more_queries(world: Ground) -> None:
    for number in range(2000, 2012):
        tell(world, order(str(number)), invoice(str(number), number=f"I-{number}"))
    heads = list(DocumentHead.objects.values_list("pk", flat=True))
    rows.current()

    def queries(ids: list[int]) -> int:
        with CaptureQueriesContext(connection) as seen:
            subject(SubjectKind.INVOICE).load(ids, TUESDAY_TEN)
        return len(seen)

    assert queries(heads) <= queries(heads[:1])


def test_an_invoice_whose_order_cannot_be_read_harms_no_other(world: Ground) -> None:
    other = SupplierFactory.create(connection=world.erp, company=world.company, number="88")
    SupplierProfileFactory.create(supplier=other, calendar_code="nowhere")
    tell(world, order(), order("2000", supplier="88"), invoice("1000"))
    tell(world, invoice("2000", number="I-2"), supplier=other)
    ids = list(DocumentHead.objects.order_by("pk").values_list("pk", flat=True))
    evaluation = intake.evaluate(ids, TUESDAY_TEN + timedelta(minutes=5), kind=SubjectKind.INVOICE)

    assert list(evaluation.failures) == [ids[1]]
    assert "nowhere" in evaluation.failures[ids[1]]
    assert Case.objects.get().document_id == ids[0]


def test_an_invoice_older_than_the_cut_over_opens_nothing(world: Ground) -> None:
    world.erp.cut_over = date(2026, 11, 25)
    world.erp.save()
    tell(world, order(), invoice("1000"), invoice("4711", number="I-2", minute=3))
    look(TUESDAY_TEN + timedelta(days=5))

    assert not Case.objects.exists()


def test_a_look_waits_for_the_lock_of_the_invoice(world: Ground) -> None:
    tell(world, order(), invoice("1000"))
    head = DocumentHead.objects.get()
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        subject(SubjectKind.INVOICE).queue_up_for([head.pk])
    assert [query["sql"] for query in seen if "FOR NO KEY UPDATE" in query["sql"]]


def test_a_credit_note_that_names_its_order_in_its_header_finds_it(world: Ground) -> None:
    credit = replace(invoice("1000", number="C-1", kind=InvoiceKind.CREDIT), order_number="1000", lines=())
    tell(world, order(), credit)
    look(TUESDAY_TEN + timedelta(days=5))

    assert types() == []
