"""One row per document: what its newest revision says, and which of its lines fit no order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Purpose,
    Receipt,
    ReceiptLine,
)
from erp_connectors.documents.models import DocumentHead
from erp_connectors.signals import document_recorded
from tests.builders.factories import SupplierFactory
from tests.erp_connectors.documents.test_store import (
    REQUESTED,
    TEN,
    World,
    answer,
    at,
    ea,
    make_world,
    notice,
    order,
    order_line,
    receipt,
    status,
    stock,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world("weserland")


@pytest.fixture
def to_look_at() -> Iterator[list[list[str]]]:
    """The heads that those above were told to look at, news by news."""
    heard: list[list[str]] = []

    def listen(sender: Any, heads: list[DocumentHead], **news: Any) -> None:
        heard.append([head.key for head in heads])

    document_recorded.connect(listen)
    yield heard
    document_recorded.disconnect(listen)


def invoice(minute: int, *, number: str = "I-1", orders: str | None = "1000", **values: Any) -> Invoice:
    line = InvoiceLine(order_number=orders, line_number="10", quantity=ea(82), price=None)
    said = {"version": at(minute), "issued_on": date(2026, 12, 1), "lines": (line,), "currency": "EUR"}
    return Invoice(**{"number": number, "total": Decimal("14956.80")} | said | values)


def head(**values: Any) -> DocumentHead:
    return DocumentHead.objects.get(**values)


def reasons(row: DocumentHead) -> dict[str, list[tuple[Any, str]]]:
    return {number: [(line["line"], line["reason"]) for line in lines] for number, lines in row.loose.items()}


def test_a_head_says_what_the_newest_revision_says_whatever_came_first(world: World) -> None:
    newer = invoice(9, total=Decimal(5), issued_on=date(2026, 12, 2), orders="2000")
    world.hear(newer, supplier=world.supplier)
    world.hear(invoice(3), supplier=world.supplier)

    row = head()
    assert (row.kind, row.number, row.supplier, row.is_credit) == ("invoice", "I-1", world.supplier, False)
    assert (row.total, row.currency, row.issued_on, row.orders) == (5, "EUR", date(2026, 12, 2), ["2000"])
    assert row.first_said_at == TEN + timedelta(minutes=3)
    assert row.document.said_at == TEN + timedelta(minutes=9)


def test_invoices_of_two_suppliers_and_a_credit_note_with_one_number_are_three(world: World) -> None:
    world.hear(invoice(3), supplier=world.supplier)
    world.hear(invoice(3), supplier=SupplierFactory.create(connection=world.connection, number="88"))
    world.hear(invoice(3, kind=InvoiceKind.CREDIT), supplier=world.supplier)

    rows = DocumentHead.objects.filter(number="I-1").order_by("pk")
    assert [(row.supplier and row.supplier.number, row.is_credit) for row in rows] == [
        ("77", False),
        ("88", False),
        ("77", True),
    ]


def test_every_kind_but_orders_and_their_ground_has_a_head(world: World) -> None:
    for document in (order(), answer(1, 82), notice(2, 82), status(3), receipt(4, ea(82)), stock(5, 7)):
        world.hear(document)

    rows = DocumentHead.objects.order_by("pk")
    assert [(row.kind, row.number, row.issued_on) for row in rows] == [
        ("confirmation", "1000", None),
        ("ship_notice", "ASN-1", None),
        ("shipment_status", "PRO-1", None),
        ("receipt", "GR-1", REQUESTED),
    ]


# --- what fits no order -------------------------------------------------------------------------------------


def test_lines_of_an_order_that_is_not_here_are_loose_until_it_comes(
    world: World, to_look_at: list[list[str]]
) -> None:
    world.hear(receipt(4, ea(82)))
    assert reasons(head()) == {"1000": [(0, "order_unknown")]}

    world.hear(order())

    assert head().loose == {}
    assert to_look_at == [["GR-1"], ["GR-1"]]


def test_a_line_no_order_line_fits_is_loose_with_what_it_could_be(world: World) -> None:
    world.hear(order(0, order_line("10", item="A"), order_line("20", item="A")))
    line = ReceiptLine(order_number="1000", line_number=None, received=ea(5), item="A")
    world.hear(Receipt(number="GR-1", version=at(4), received_on=REQUESTED, lines=(line,)))

    assert head().loose == {
        "1000": [{"line": 0, "reason": "several_fit", "candidates": ["10", "20"]}],
    }


def test_what_names_no_order_is_loose_with_or_without_lines(world: World) -> None:
    world.hear(invoice(3, orders=None), supplier=world.supplier)
    world.hear(invoice(3, number="I-2", lines=()), supplier=world.supplier)
    world.hear(invoice(3, number="I-3", lines=(), order_number="3000"), supplier=world.supplier)

    assert reasons(head(number="I-1")) == {"": [(0, "no_order_named")]}
    assert reasons(head(number="I-2")) == {"": [(None, "no_order_named")]}
    assert reasons(head(number="I-3")) == {"3000": [(None, "order_unknown")]}


def test_a_document_of_another_supplier_fits_nothing_of_the_order(world: World) -> None:
    world.hear(order())
    other = SupplierFactory.create(connection=world.connection, number="88")
    world.hear(answer(4, 82), supplier=other)

    assert reasons(head()) == {"1000": [(0, "other_supplier")]}


def test_what_was_cancelled_or_only_a_carrier_says_is_never_loose(world: World) -> None:
    world.hear(receipt(4, ea(82)))
    world.hear(replace(receipt(5, ea(82)), purpose=Purpose.CANCEL))
    world.hear(status(3, orders=("4711",)))

    row = head(kind="receipt")
    assert (row.loose, row.is_cancelled) == ({}, True)
    assert head(kind="shipment_status").loose == {}


def test_an_order_that_loses_the_line_leaves_it_over(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20", item="B")))
    lines = tuple(ConfirmationLine(line_number=number) for number in ("10", "30"))
    world.hear(Confirmation(order_number="1000", version=at(2), lines=lines))
    assert reasons(head()) == {"1000": [(1, "no_such_line")]}

    world.hear(order(5, order_line("10"), order_line("30", item="C")))

    assert head().loose == {}


def test_each_order_keeps_what_it_leaves_over(world: World) -> None:
    named = [("1000", "10"), ("2000", "30")]
    lines = tuple(ReceiptLine(order_number=one, line_number=line, received=ea(1)) for one, line in named)
    world.hear(Receipt(number="GR-1", version=at(4), received_on=REQUESTED, lines=lines))
    world.hear(order(number="2000"))
    assert reasons(head()) == {"1000": [(0, "order_unknown")], "2000": [(1, "no_such_line")]}

    world.hear(order(6, order_line("10"), order_line("30", item="C"), number="2000"))

    assert reasons(head()) == {"1000": [(0, "order_unknown")]}


# --- who is told --------------------------------------------------------------------------------------------


def test_an_invoice_is_looked_at_whenever_one_of_its_orders_says_something_else(
    world: World, to_look_at: list[list[str]]
) -> None:
    world.hear(order())
    world.hear(invoice(3), supplier=world.supplier)
    world.hear(receipt(4, ea(82)))
    world.hear(answer(5, 82))

    assert to_look_at == [[], ["I-1"], ["I-1"], ["I-1"]]


def test_invoices_on_one_order_are_looked_at_together(world: World, to_look_at: list[list[str]]) -> None:
    world.hear(invoice(3), supplier=world.supplier)
    world.hear(invoice(4, number="I-2"), supplier=world.supplier)
    world.hear(invoice(5, number="I-3", orders="2000"), supplier=world.supplier)

    assert to_look_at == [["I-1"], ["I-1", "I-2"], ["I-3"]]
