"""A person's word on which order line a document line is: laid over the mirror, bound to what was said."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    OfferedPart,
    Receipt,
    ReceiptLine,
    ShipNotice,
    ShipNoticeLine,
)
from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents.candidates import candidates
from erp_connectors.documents.matching_by_hand import (
    CannotMatch,
    Matched,
    match_line,
    unmatch_line,
)
from erp_connectors.documents.models import Document, DocumentHead, KnownItem, LineMatch
from tests.builders.factories import SupplierFactory
from tests.erp_connectors.documents.test_store import (
    REQUESTED,
    TEN,
    World,
    at,
    ea,
    make_world,
    order,
    order_line,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world("weserland")


def receipt(minute: int, *, named: str | None = "1O00", line: str | None = "10", **values: Any) -> Receipt:
    booked = ReceiptLine(order_number=named, line_number=line, received=ea(82), **values)
    return Receipt(number="GR-1", version=at(minute), received_on=REQUESTED, lines=(booked,))


def answer(minute: int, *, named: str, line: str | None = "10", ids: ItemIds = ItemIds()) -> Confirmation:
    offered = (OfferedPart(ea(82), REQUESTED),)
    said = ConfirmationLine(line_number=line, ids=ids, offered=offered)
    return Confirmation(order_number=named, version=at(minute), lines=(said,))


def notice(minute: int, number: str, ids: ItemIds, *, quantity: int = 40) -> ShipNotice:
    line = ShipNoticeLine(order_number="1000", line_number=None, ids=ids, shipped=ea(quantity))
    return ShipNotice(number=number, version=at(minute), lines=(line,))


def head(**values: Any) -> DocumentHead:
    return DocumentHead.objects.select_related("document", "supplier", "company", "connection").get(**values)


def match(of: DocumentHead, order_number: str = "1000", line_number: str = "10", **values: Any) -> Matched:
    said = {"index": 0, "by": "Wade", "at": TEN} | values
    return match_line(of, order_number=order_number, line_number=line_number, **said)


def received(world: World, line: str = "10") -> Decimal:
    return world.line(line).received_quantity


# --- one line -----------------------------------------------------------------------------------------------


def test_a_receipt_of_a_mistyped_order_counts_where_a_person_says(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))
    assert received(world) == 0

    matched = match(head())

    assert received(world) == 82
    assert matched.orders == {world.line().order_id}
    assert head().loose == {}


def test_the_mirror_keeps_what_was_said(world: World) -> None:
    world.hear(order())
    stored = world.hear(receipt(4)).document
    match(head())

    assert Document.objects.get(pk=stored.pk).content["lines"][0]["order_number"] == "1O00"


def test_an_answer_to_a_mistyped_order_is_an_answer_of_the_right_one(world: World) -> None:
    world.hear(order())
    world.hear(answer(4, named="1O00"))
    match(head())

    assert world.line().answered_at is not None
    assert head().loose == {}


def test_a_line_that_contradicts_itself_is_what_a_person_says(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(receipt(4, named="1000", line="10", ids=ItemIds(buyer="ITEM-20")))
    assert (received(world, "10"), received(world, "20")) == (0, 0)

    match(head(), line_number="20")

    assert (received(world, "10"), received(world, "20")) == (0, 82)


def test_a_newer_revision_with_the_same_words_there_stays_matched(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))
    match(head())
    line = ReceiptLine(order_number="1O00", line_number="10", received=ea(90))
    world.hear(replace(receipt(5), lines=(line,)))

    assert received(world) == 90


def test_a_newer_revision_with_other_words_there_is_judged_anew(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))
    match(head())
    world.hear(receipt(5, named="1P00"))

    assert received(world) == 0
    assert set(head().loose) == {"1P00"}


def test_it_holds_whatever_comes_afterwards(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))
    match(head())
    world.hear(order(6, order_line(quantity=120)))

    assert received(world) == 82


def test_saying_it_again_moves_it(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(receipt(4))
    match(head())
    match(head(), line_number="20")

    assert (received(world, "10"), received(world, "20")) == (0, 82)
    assert LineMatch.objects.count() == 1


@pytest.mark.parametrize(("order_number", "line_number"), [("1000", "99"), ("9999", "10"), ("", "")])
def test_a_line_that_is_not_there_is_refused(world: World, order_number: str, line_number: str) -> None:
    world.hear(order())
    world.hear(receipt(4))
    with pytest.raises(CannotMatch, match="has no line"):
        match(head(), order_number, line_number)


def test_an_order_of_another_supplier_is_refused(world: World) -> None:
    world.hear(order())
    other = SupplierFactory.create(connection=world.connection, number="88")
    world.hear(answer(4, named="1O00"), supplier=other)
    with pytest.raises(CannotMatch, match="is with"):
        match(head())


# --- what is remembered -------------------------------------------------------------------------------------

SEAL = ItemIds(supplier="X-77")


def test_what_a_number_means_is_known_for_everything_the_supplier_sends(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(notice(3, "ASN-1", SEAL))
    world.hear(notice(4, "ASN-2", SEAL))

    matched = match(head(number="ASN-1"), line_number="20", remember=True)
    world.hear(notice(9, "ASN-3", SEAL))

    assert matched.remembered == ("X-77",)
    shipped = [fact["notice"] for fact in world.line("20").position["shipments"]]
    assert shipped == ["ASN-1", "ASN-2", "ASN-3"]
    assert not DocumentHead.objects.exclude(loose={}).exists()


def test_it_is_not_known_of_another_supplier(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(notice(3, "ASN-1", SEAL))
    match(head(number="ASN-1"), line_number="20", remember=True)
    other = SupplierFactory.create(connection=world.connection, number="88")
    world.hear(order(0, order_line("10", item="ITEM-20"), number="2000", supplier="88"))
    line = ShipNoticeLine(order_number="2000", line_number=None, ids=SEAL, shipped=ea(5))
    world.hear(ShipNotice(number="ASN-9", version=at(9), lines=(line,)), supplier=other)

    assert set(head(number="ASN-9").loose) == {"2000"}


def test_without_a_number_of_a_supplier_nothing_can_be_remembered(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))
    with pytest.raises(CannotMatch, match="no item number of a supplier"):
        match(head(), remember=True)
    assert not LineMatch.objects.exists()
    assert not KnownItem.objects.exists()


# --- what it could be ---------------------------------------------------------------------------------------


def test_the_likeliest_lines_come_first_with_their_reasons(world: World) -> None:
    world.hear(order(0, order_line("10", 82), order_line("20"), number="1000"))
    world.hear(order(0, order_line("10"), number="4711"))
    world.hear(answer(4, named="1O00"))

    found = [(each.line.order.number, each.line.number, each.reasons) for each in candidates(head(), 0)]

    assert found[0] == (
        "1000",
        "10",
        ("an order number that differs little", "the same quantity", "the same line number"),
    )
    assert ("4711", "10") not in [(order_number, line) for order_number, line, _ in found]


def test_a_line_without_a_reason_is_no_candidate(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4, named="7777", line="30"))

    assert candidates(head(), 0) == []


# --- taking it back -----------------------------------------------------------------------------------------


def test_a_word_that_is_taken_back_counts_no_longer(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))
    match(head())

    taken_back = unmatch_line(head(), index=0)

    assert (taken_back.match.order_number, taken_back.match.line_number) == ("1000", "10")
    assert received(world) == 0
    assert set(head().loose) == {"1O00"}


def test_an_answer_that_is_taken_back_is_none_of_that_order(world: World) -> None:
    world.hear(order())
    world.hear(answer(4, named="1O00"))
    match(head())

    unmatch_line(head(), index=0)

    assert world.line().position.get("answer") is None
    assert set(head().loose) == {"1O00"}
    assert not LineMatch.objects.exists()


def test_what_is_taken_back_can_be_said_anew(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(receipt(4))
    match(head(), line_number="10")
    unmatch_line(head(), index=0)
    match(head(), line_number="20")

    assert (received(world, "10"), received(world, "20")) == (0, 82)


def test_what_a_number_was_said_to_mean_is_forgotten_wherever_it_stands(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(notice(3, "ASN-1", SEAL))
    world.hear(notice(4, "ASN-2", SEAL))
    match(head(number="ASN-1"), line_number="20", remember=True)
    world.hear(notice(9, "ASN-3", SEAL))

    taken_back = unmatch_line(head(number="ASN-1"), index=0)

    assert taken_back.forgotten == ("X-77",)
    assert not KnownItem.objects.exists()
    assert DocumentHead.objects.exclude(loose={}).count() == 3
    assert not world.line("20").position["shipments"]


def test_what_another_choice_made_known_stays(world: World) -> None:
    world.hear(order(0, order_line("10"), order_line("20")))
    world.hear(notice(3, "ASN-1", SEAL))
    world.hear(notice(4, "ASN-2", SEAL))
    match(head(number="ASN-1"), line_number="10")
    match(head(number="ASN-2"), line_number="20", remember=True)

    assert unmatch_line(head(number="ASN-1"), index=0).forgotten == ()
    assert KnownItem.objects.get().number == "X-77"


def test_nothing_is_taken_back_where_nobody_said_anything(world: World) -> None:
    world.hear(order())
    world.hear(receipt(4))

    with pytest.raises(CannotMatch, match="Nobody matched line 1"):
        unmatch_line(head(), index=0)
