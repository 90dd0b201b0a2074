"""Where the pieces of an order line are."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.documents import (
    LineAnswer,
    OfferedPart,
    OrderState,
    PriceBreak,
    Unmentioned,
)
from erp_connectors.canonical.values import DateKind
from erp_connectors.documents.heard import HeardDocument
from exceptions_app.detection import examples as world
from exceptions_app.detection.buckets import Bucket
from exceptions_app.detection.detect import detect
from exceptions_app.detection.examples import amount, answer, at, order, receipt, ship_notice, snapshot
from exceptions_app.detection.view import look
from exceptions_app.policies.values import Direction, Limit, LimitState, Terms, Tolerance, ToleranceTable
from tests.builders.worlds import Desk, agreement, found, listed, on_invoices

ORDER = order((100, "2026-12-02"))
FULL = answer((100, "2026-12-02"), said="2026-11-20 10:00")


def pieces(documents: list[HeardDocument], when: str = "2026-11-24 10:01", **known: Any) -> dict[str, int]:
    """Return how much is in each bucket of line 10."""
    line = look(snapshot(*documents, **known), (), at(when)).lines[0]
    return {bucket.value: int(line.quantity(bucket)) for bucket in {p.bucket: 0 for p in line.buckets.pieces}}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([ORDER], {"answer_late": 100}),
        ([ORDER, answer((82, "2026-12-02"))], {"not_offered": 18, "confirmed": 82}),
        (
            [ORDER, answer((82, "2026-12-02"), rejected=amount(10))],
            {"rejected": 10, "not_offered": 8, "confirmed": 82},
        ),
        (
            [ORDER, answer((82, "2026-12-02"), words=(LineAnswer.REJECTED,))],
            {"rejected": 18, "confirmed": 82},
        ),
        ([ORDER, answer(words=(LineAnswer.REJECTED,), is_unreadable=True)], {"rejected": 100}),
        (
            [ORDER, answer((82, "2026-12-02"), rejected=amount(10), words=(LineAnswer.REJECTED,))],
            {"rejected": 10, "not_offered": 8, "confirmed": 82},
        ),
        (
            [ORDER, answer(rejected=amount(10), words=(LineAnswer.REJECTED,), is_unreadable=True)],
            {"unreadable": 100},
        ),
        ([ORDER, answer(is_unreadable=True)], {"unreadable": 100}),
        ([ORDER, answer((10, "2026-12-02"), unit="BX")], {"unreadable": 100}),
        ([ORDER, answer(words=(LineAnswer.DATE_PENDING,), is_unreadable=True)], {"incomplete": 100}),
        ([ORDER, answer((100, None), words=(LineAnswer.DATE_PENDING,))], {"incomplete": 100}),
        ([ORDER, answer((100, None))], {"confirmed": 100}),
        ([ORDER, answer((100, "2026-12-02"), words=(LineAnswer.DATE_PENDING,))], {"confirmed": 100}),
        (
            [ORDER, answer((82, "2026-12-02"), words=(LineAnswer.HELD,))],
            {"not_offered": 18, "incomplete": 82},
        ),
        ([ORDER, answer(words=(LineAnswer.HELD,))], {"incomplete": 100}),
        ([ORDER, answer((150, "2026-12-02"))], {"confirmed": 100}),
        ([ORDER, answer()], {"not_offered": 100}),
        ([ORDER, answer((100, "2026-12-16"))], {"late": 100}),
        (
            [ORDER, answer((60, "2026-12-02"), (30, "2026-12-16"))],
            {"not_offered": 10, "late_in_part": 30, "confirmed": 60},
        ),
        ([ORDER, answer((60, "2026-12-16"))], {"not_offered": 40, "late": 60}),
        ([ORDER, answer((60, "2026-11-26"))], {"not_offered": 40, "early": 60}),
        ([ORDER, answer((60, "2026-11-27"))], {"not_offered": 40, "confirmed": 60}),
        ([ORDER, answer((60, "2026-11-26"), (40, "2026-12-16"))], {"late_in_part": 40, "confirmed": 60}),
    ],
)
def test_an_answer_puts_the_pieces_where_its_words_say(
    documents: list[HeardDocument], expected: dict[str, int]
) -> None:
    assert pieces(documents) == expected


@pytest.mark.parametrize(
    ("documents", "when", "expected"),
    [
        (
            [ORDER, FULL, ship_notice(60, said="2026-11-27 10:00")],
            "2026-11-27 12:00",
            {"confirmed": 40, "under_way": 60},
        ),
        (
            [ORDER, FULL, receipt(60, on="2026-11-27", damaged=5)],
            "2026-11-27 13:00",
            {"confirmed": 40, "damaged": 5, "received": 55},
        ),
        (
            [ORDER, ship_notice(60, said="2026-11-20 10:00")],
            "2026-11-20 12:00",
            {"unanswered": 40, "under_way": 60},
        ),
        ([ORDER, FULL, receipt(130, on="2026-11-27", damaged=5)], "2026-11-27 13:00", {"received": 100}),
        # a receipt that names no notice is laid against the shipment that had left by then
        (
            [ORDER, FULL, ship_notice(60, said="2026-11-26 10:00"), receipt(60, on="2026-11-27")],
            "2026-11-27 13:00",
            {"confirmed": 40, "received": 60},
        ),
        # but not against one that left later
        (
            [ORDER, FULL, receipt(50, on="2026-11-26"), ship_notice(50, said="2026-11-27 10:00")],
            "2026-11-27 13:00",
            {"under_way": 50, "received": 50},
        ),
        # goods that arrived before their notice was sent belong to it all the same when the receipt names it
        (
            [
                ORDER,
                FULL,
                receipt(50, on="2026-11-26", notice="ASN-1"),
                ship_notice(50, said="2026-11-27 10:00"),
            ],
            "2026-11-27 13:00",
            {"confirmed": 50, "received": 50},
        ),
        # a cumulative figure stands for the notice we never got
        (
            [ORDER, FULL, ship_notice(30, "ASN-2", said="2026-11-27 10:00", shipped_to_date=amount(90))],
            "2026-11-27 12:00",
            {"confirmed": 10, "under_way": 90},
        ),
        (
            [
                ORDER,
                FULL,
                ship_notice(60, said="2026-11-26 10:00", shipped_to_date=amount(60)),
                ship_notice(30, "ASN-2", said="2026-11-27 10:00", shipped_to_date=amount(90)),
            ],
            "2026-11-27 12:00",
            {"confirmed": 10, "under_way": 90},
        ),
        (
            [ORDER, FULL, ship_notice(None, said="2026-11-27 10:00", shipped_to_date=amount(90))],
            "2026-11-27 12:00",
            {"confirmed": 10, "under_way": 90},
        ),
    ],
)
def test_goods_go_further_than_words(
    documents: list[HeardDocument], when: str, expected: dict[str, int]
) -> None:
    assert pieces(documents, when) == expected


@pytest.mark.parametrize(
    ("state", "more", "expected"),
    [
        (OrderState.CANCELLED, [], {"cancelled": 100}),
        (OrderState.CANCELLED, [receipt(30, on="2026-11-25")], {"cancelled": 70, "received": 30}),
        (OrderState.CLOSED, [receipt(30, on="2026-11-25")], {"cancelled": 70, "received": 30}),
        (
            OrderState.CLOSED,
            [ship_notice(60, said="2026-11-24 10:00"), receipt(30, on="2026-11-25")],
            {"cancelled": 40, "not_received": 30, "received": 30},
        ),
        (
            OrderState.CANCELLED,
            [ship_notice(60, said="2026-11-24 10:00"), receipt(30, on="2026-11-25")],
            {"cancelled": 40, "under_way": 30, "received": 30},
        ),
    ],
)
def test_nothing_more_is_expected_of_an_order_that_is_over(
    state: OrderState, more: list[HeardDocument], expected: dict[str, int]
) -> None:
    over = order((100, "2026-12-02"), said="2026-11-26 10:00", revision=1, state=state)
    assert pieces([ORDER, FULL, over, *more], "2026-12-20 12:00") == expected


def test_an_order_that_is_not_released_owes_nobody_anything() -> None:
    draft = order((100, "2026-12-02"), state=OrderState.DRAFT)
    assert found([draft], "2026-12-20 12:00") == []


def test_an_order_that_is_not_watched_is_left_alone() -> None:
    detection = detect(replace(snapshot(ORDER), watched=False), (), at("2026-12-20 12:00"))
    assert (detection.deviations, detection.next_look) == ((), None)


def test_a_supplier_that_does_not_confirm_is_held_to_the_day_that_was_asked_for() -> None:
    known = Terms(expects_confirmation=False)
    assert found([ORDER], "2026-11-30 17:00", terms=known) == []
    assert found([ORDER], "2026-11-30 17:01", terms=known) == [("ship_notice_missing", "100", "10")]
    assert found([ORDER], "2026-12-03 17:01", terms=known) == [("delivery_overdue", "100", "10")]


def test_an_answer_on_open_quantity_adds_what_was_under_way_when_it_was_given() -> None:
    documents = [
        order((500, "2026-12-10")),
        answer((500, "2026-12-10"), said="2026-11-20 10:00"),
        ship_notice(300, said="2026-12-01 08:00"),
        receipt(300, on="2026-12-01"),
        answer((200, "2026-12-10"), said="2026-12-01 15:00"),
        ship_notice(50, "ASN-2", said="2026-12-02 08:00"),
    ]
    assert pieces(documents, "2026-12-02 12:00", terms=Terms(total_quantity=False)) == {
        "confirmed": 150,
        "under_way": 50,
        "received": 300,
    }
    # As a total it would be less than was received: until that is decided the answer before it counts.
    assert pieces(documents, "2026-12-02 12:00") == {"confirmed": 150, "under_way": 50, "received": 300}
    assert found(documents, "2026-12-02 12:00") == [("answer_conflict", "100", "10")]
    decided = [agreement(snapshot(*documents), "answer_conflict")]
    assert found(documents, "2026-12-02 12:00", decided) == [("quantity_short", "150", "10")]


def test_an_unreadable_answer_leaves_what_was_known_before_it() -> None:
    unreadable = answer(is_unreadable=True, said="2026-11-25 10:00")
    unknown_unit = answer((5, "2026-12-02"), unit="BX", said="2026-11-25 10:00")
    short = answer((82, "2026-12-02"))
    for newer in (unreadable, unknown_unit):
        assert pieces([ORDER, short, newer]) == {"not_offered": 18, "confirmed": 82}
        assert pieces([ORDER, newer, short]) == {"not_offered": 18, "confirmed": 82}


def test_what_nobody_can_read_neither_opens_nor_clears_anything() -> None:
    boxes = receipt(5, "GR-9", on="2026-12-08", said="2026-12-08 12:00", unit="BX")
    under_way = ship_notice(100, said="2026-11-30 10:00", shipped_on="2026-11-30")
    late = ship_notice(100, said="2026-11-30 10:00", expected_on="2026-12-09")
    short = receipt(95, on="2026-12-01", notice="ASN-1")
    more = ship_notice(130, said="2026-11-30 10:00")
    histories: list[tuple[list[HeardDocument], list[str]]] = [
        ([ORDER, FULL], ["delivery_overdue:10"]),
        ([ORDER, FULL, under_way], ["delivery_overdue:10"]),
        ([ORDER, FULL, late], ["shipment_delayed:10"]),
        ([ORDER, FULL, under_way, short], ["receipt_short:10"]),
        ([ORDER, FULL, more], ["delivery_overdue:10", "ship_notice_over:10"]),
    ]
    for known, open_keys in histories:
        desk = Desk()
        desk.evaluate(snapshot(*known), (), at("2026-12-08 12:00"))
        assert sorted(desk.open) == open_keys
        desk.evaluate(snapshot(*known, boxes), (), at("2026-12-08 12:01"))
        assert sorted(desk.open) == sorted([*open_keys, "unit_unknown:10"])
        early = receipt(5, "GR-9", on="2026-11-20", said="2026-11-20 10:00", unit="BX")
        assert [key for _, _, key in found([*known, early], "2026-12-08 12:00")] == ["10"]


def test_what_nobody_can_read_neither_opens_nor_clears_anything_on_an_invoice() -> None:
    boxes = receipt(5, "GR-9", on="2026-12-08", said="2026-12-08 12:00", unit="BX")
    billed = [receipt(82, "GR-0", on="2026-12-01"), world.invoice(100, on="2026-12-01")]
    early_bill = world.invoice(100, on="2026-11-25")
    histories: list[tuple[list[HeardDocument], list[str]]] = [
        ([ORDER, FULL, *billed], [f"invoice_quantity:{world.ORDER_NUMBER}:10"]),
        ([ORDER, FULL, early_bill], [f"invoice_before_receipt:{world.ORDER_NUMBER}:10"]),
    ]
    for known, open_keys in histories:
        desk = Desk()
        desk.evaluate(world.invoiced(*known), (), at("2026-12-08 12:00"))
        assert sorted(desk.open) == open_keys
        desk.evaluate(world.invoiced(*known, boxes), (), at("2026-12-08 12:01"))
        assert sorted(desk.open) == open_keys


def test_a_conflict_ends_as_confirmed_again_where_the_answer_that_holds_is_said_once_more() -> None:
    one, other = answer((82, "2026-12-02"), key="855-1"), answer((100, "2026-12-02"), key="855-2")
    again = answer((100, "2026-12-02"), said="2026-11-24 11:00")
    desk = Desk()
    desk.evaluate(snapshot(ORDER, one, other), (), at("2026-11-24 10:30"))
    desk.evaluate(snapshot(ORDER, one, other, again), (), at("2026-11-24 11:30"))
    assert ("confirmed again", "answer_conflict:10") in desk.history


def test_a_notice_nobody_can_read_is_still_a_notice() -> None:
    boxes = ship_notice(5, said="2026-11-27 10:00", unit="BX")
    assert found([ORDER, FULL, boxes], "2026-11-30 17:01") == [("unit_unknown", None, "10")]
    assert ("delivery_overdue", "100", "10") in found([ORDER, FULL, boxes], "2026-12-03 17:01")


@pytest.mark.parametrize(
    ("lead", "expected"),
    [(None, {"confirmed": 100}), (1, {"confirmed": 100}), (3, {"late": 100})],
)
def test_a_ship_date_is_compared_with_a_delivery_date_by_the_lead_time_only(
    lead: int | None, expected: dict[str, int]
) -> None:
    shipping = answer(
        offered=(OfferedPart(amount(100), world.date.fromisoformat("2026-12-01"), DateKind.SHIP),)
    )
    assert pieces([ORDER, shipping], terms=Terms(ship_to_delivery_days=lead)) == expected


def test_the_notice_of_a_ship_date_is_due_on_that_day() -> None:
    shipping = answer(
        offered=(OfferedPart(amount(100), world.date.fromisoformat("2026-11-30"), DateKind.SHIP),)
    )
    assert found([ORDER, shipping], "2026-11-30 17:00") == []
    assert found([ORDER, shipping], "2026-11-30 17:01") == [("ship_notice_missing", "100", "10")]


def test_a_late_part_stays_a_late_part_when_the_part_in_time_has_come() -> None:
    split = answer((40, "2026-12-02"), (60, "2026-12-16"))
    assert pieces([ORDER, split])["late_in_part"] == 60
    assert pieces([ORDER, split, receipt(40, on="2026-12-01")], "2026-12-01 13:00")["late_in_part"] == 60


def test_parts_without_a_date_are_promised_for_the_days_that_were_asked_for_then() -> None:
    weekly = order((50, "2026-12-02"), (50, "2026-12-09"))
    moved = order((100, "2026-12-01"), said="2026-11-25 10:00", revision=1)
    agreed = answer((80, None))
    line = look(snapshot(weekly, agreed, moved), (), at("2026-11-25 12:00")).lines[0]
    promised = {(p.promised.on.isoformat(), int(p.quantity)) for p in line.buckets.pieces if p.promised}
    assert promised == {("2026-12-02", 50), ("2026-12-09", 30)}


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        (Tolerance(percent=Limit(LimitState.VALUE, world.Decimal(18))), []),
        (Tolerance(amount=Limit(LimitState.VALUE, world.Decimal(18))), []),
        (Tolerance(percent=Limit(LimitState.VALUE, world.Decimal("17.9"))), [("quantity_short", "18", "10")]),
        (Tolerance(percent=Limit(LimitState.ZERO)), [("quantity_short", "18", "10")]),
        (Tolerance(), []),
    ],
)
def test_a_tolerance_row_is_inclusive_and_unchecked_is_not_zero(
    tolerance: Tolerance, expected: object
) -> None:
    table = ToleranceTable({("quantity_short", Direction.UNDER): tolerance})
    documents = [ORDER, answer((82, "2026-12-02"))]
    assert found(documents, "2026-11-24 10:01", tolerances=table) == expected


def test_a_day_tolerance_for_early_days_is_apart_and_the_case_names_its_row() -> None:
    ten = Tolerance(amount=Limit(LimitState.VALUE, world.Decimal(10)), id=8)
    early, late = answer((100, "2026-11-26")), answer((100, "2026-12-16"))
    assert found([ORDER, early], "2026-11-24 10:01") == [("date_earlier", "100", "10")]
    table = ToleranceTable({("date_earlier", Direction.OVER): ten})
    assert found([ORDER, early], "2026-11-24 10:01", tolerances=table) == []
    unchecked = ToleranceTable({("date_earlier", Direction.OVER): Tolerance()})
    assert found([ORDER, early], "2026-11-24 10:01", tolerances=unchecked) == []
    one = Tolerance(amount=Limit(LimitState.VALUE, world.Decimal(1)), id=9)
    rows = ToleranceTable({("date_later", Direction.UNDER): one, ("date_earlier", Direction.OVER): one})
    for word in (early, late):
        (deviation,) = detect(snapshot(ORDER, word, tolerances=rows), (), at("2026-11-24 10:01")).deviations
        assert deviation.tolerance_id == 9


def test_a_percentage_is_of_what_the_type_compares_with() -> None:
    ten_percent = Tolerance(percent=Limit(LimitState.VALUE, world.Decimal(10)))
    table = ToleranceTable(
        {("receipt_short", Direction.UNDER): ten_percent, ("quantity_short", Direction.UNDER): Tolerance()}
    )
    documents = [
        ORDER,
        answer((50, "2026-12-02"), said="2026-11-20 10:00"),
        ship_notice(50, said="2026-11-26 10:00"),
    ]
    five, six = receipt(45, on="2026-11-27"), receipt(44, on="2026-11-27")
    assert found([*documents, five], "2026-12-01 10:00", tolerances=table) == []
    assert found([*documents, six], "2026-12-01 10:00", tolerances=table) == [("receipt_short", "6", "10")]


def test_a_day_tolerance_moves_both_the_judgement_and_the_deadline() -> None:
    three = Tolerance(amount=Limit(LimitState.VALUE, world.Decimal(3)), id=7)
    table = ToleranceTable(
        {("date_later", Direction.UNDER): three, ("delivery_overdue", Direction.UNDER): three}
    )
    within = [ORDER, answer((100, "2026-12-07"))]
    beyond = [ORDER, answer((100, "2026-12-08"))]
    assert found(within, "2026-11-24 10:01", tolerances=table) == []
    assert found(beyond, "2026-11-24 10:01", tolerances=table) == [("date_later", "100", "10")]
    overdue = ("delivery_overdue", "100", "10")
    assert overdue not in found(within, "2026-12-10 17:00", tolerances=table)
    assert overdue in found(within, "2026-12-10 17:01", tolerances=table)


def test_schedules_are_compared_as_curves() -> None:
    weekly = order((100, "2026-12-01"), (100, "2026-12-08"), (100, "2026-12-15"))
    lumpy = answer((150, "2026-12-01"), (150, "2026-12-15"))
    assert pieces([weekly, lumpy]) == {"confirmed": 250, "late_in_part": 50}


def test_an_answer_to_the_header_answers_every_line() -> None:
    lines = order(
        lines=(
            world.order_line((100, "2026-12-02"), item="A"),
            world.order_line((5, "2026-12-09"), number="20", item="B"),
        )
    )
    accepted = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-20 10:00")
    assert found([lines, accepted], "2026-11-25 10:01") == []


def test_a_cumulative_figure_that_only_repeats_the_shipment_does_not_take_back_the_ones_before() -> None:
    documents = [
        ORDER,
        FULL,
        ship_notice(50, said="2026-11-26 10:00"),
        ship_notice(50, "ASN-2", said="2026-11-27 10:00", shipped_to_date=amount(50)),
    ]
    assert pieces(documents, "2026-11-27 12:00") == {"under_way": 100}


def test_a_shipment_settles_after_the_later_of_its_receipt_and_its_notice() -> None:
    documents = [
        ORDER,
        FULL,
        receipt(95, on="2026-12-01", notice="ASN-1"),
        ship_notice(100, said="2026-12-03 10:00", shipped_on="2026-11-30"),
    ]
    assert ("receipt_short", "5", "10") not in found(documents, "2026-12-04 17:00")
    assert ("receipt_short", "5", "10") in found(documents, "2026-12-04 17:01")


def test_each_shipment_is_judged_by_what_it_says_of_itself() -> None:
    documents = [
        ORDER,
        FULL,
        ship_notice(40, said="2026-11-30 10:00", expected_on="2026-12-02"),
        ship_notice(60, "ASN-2", said="2026-12-01 10:00", expected_on="2026-12-09"),
    ]
    assert pieces(documents, "2026-12-03 17:01") == {"overdue": 40, "delayed": 60}


def test_a_final_notice_holds_against_an_answer_of_the_same_moment() -> None:
    final = ship_notice(90, said="2026-11-24 10:00", final=True)
    assert pieces([ORDER, answer((100, "2026-12-02")), final]) == {"left_out": 10, "under_way": 90}


def test_the_newest_final_notice_holds_against_the_answers_before_it() -> None:
    first = ship_notice(50, said="2026-11-24 09:00", final=True)
    anew = answer((100, "2026-12-02"), said="2026-11-24 09:30")
    second = ship_notice(40, "ASN-2", said="2026-11-24 10:00", final=True)
    assert pieces([ORDER, first, anew]) == {"confirmed": 50, "under_way": 50}
    assert pieces([ORDER, first, anew, second]) == {"left_out": 10, "under_way": 90}


def test_an_accepted_header_is_on_total_quantity_whatever_the_supplier_does_otherwise() -> None:
    accepted = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-28 10:00")
    documents = [ORDER, ship_notice(60, said="2026-11-27 10:00"), accepted]
    known = Terms(total_quantity=False)
    assert pieces(documents, "2026-11-28 12:00", terms=known) == {"confirmed": 40, "under_way": 60}
    line = look(snapshot(*documents, terms=known), (), at("2026-11-28 12:00")).lines[0]
    assert line.buckets.offer is not None
    assert line.buckets.offer.quantity == 100


def test_an_order_unit_the_item_does_not_know_is_counted_by_itself() -> None:
    documents = [order((20, "2026-12-02"), unit="BX"), answer((15, "2026-12-02"), unit="BX")]
    assert found(documents, "2026-11-24 10:01", packs={"CS": 12}) == [("quantity_short", "5", "10")]
    in_each = [documents[0], answer((15, "2026-12-02"), unit="EA")]
    assert found(in_each, "2026-11-24 10:01", packs={"CS": 12}) == [("unit_unknown", None, "10")]


def test_a_price_basis_is_suspect_either_way() -> None:
    dear = order((1000, "2026-12-02"), cost=world.price("12.50"))
    cheap = answer((1000, "2026-12-02"), cost=world.price("0.125"))
    assert found([dear, cheap], "2026-11-24 10:01") == [("price_basis_suspect", "1000", "10")]


def too_much_of(documents: list[HeardDocument]) -> dict[str, Decimal | None]:
    """Return what is too much on each invoice."""
    return {
        number: deviation.quantity
        for number, detection in on_invoices(documents, "2026-11-27 13:00").items()
        for deviation in detection.deviations
        if deviation.type_code == "invoice_quantity"
    }


def test_a_credit_note_is_set_against_the_newest_invoices() -> None:
    documents = [
        order((30, "2026-12-01")),
        answer((30, "2026-12-01")),
        world.invoice(50, "INV-1", on="2026-11-25"),
        world.invoice(50, "INV-2", on="2026-11-26"),
        world.invoice(60, "CN-1", on="2026-11-27", kind=world.InvoiceKind.CREDIT),
    ]
    assert too_much_of(documents) == {"INV-1": 10}


def test_a_credit_note_is_set_against_the_invoice_it_names() -> None:
    documents = [
        order((30, "2026-12-01")),
        answer((30, "2026-12-01")),
        world.invoice(50, "INV-1", on="2026-11-25"),
        world.invoice(30, "INV-2", on="2026-11-26"),
        world.invoice(20, "CN-1", on="2026-11-27", kind=world.InvoiceKind.CREDIT, corrects="INV-1"),
        world.invoice(20, "CN-2", on="2026-11-27", kind=world.InvoiceKind.CREDIT, corrects="INV-9"),
    ]
    assert too_much_of(documents) == {"INV-2": 10}


def test_what_is_credited_of_an_invoice_beyond_it_is_set_against_the_newest() -> None:
    documents = [
        order((30, "2026-12-01")),
        answer((30, "2026-12-01")),
        world.invoice(10, "INV-1", on="2026-11-25"),
        world.invoice(40, "INV-2", on="2026-11-26"),
        world.invoice(20, "CN-1", on="2026-11-27", kind=world.InvoiceKind.CREDIT, corrects="INV-1"),
    ]
    assert found(documents, "2026-11-27 13:00") == []


def test_a_credit_at_another_price_corrects_the_price_and_not_the_quantity() -> None:
    documents = [ORDER, FULL, world.invoice(120, on="2026-11-27", cost=world.price("190", "EUR"))]
    money_back = world.invoice(
        120, "CN-1", on="2026-11-28", cost=world.price("7.60", "EUR"), kind=world.InvoiceKind.CREDIT
    )
    goods_back = world.invoice(
        20, "CN-2", on="2026-11-28", cost=world.price("190", "EUR"), kind=world.InvoiceKind.CREDIT
    )
    too_much = ("invoice_quantity", "20", "10")
    assert found(documents, "2026-11-28 13:00") == [("invoice_price", "120", "10"), too_much]
    assert found([*documents, money_back], "2026-11-28 13:00") == [too_much]
    assert found([*documents, goods_back], "2026-11-28 13:00") == [("invoice_price", "100", "10")]


def test_an_invoice_that_corrects_another_one_stands_in_its_place() -> None:
    documents = [ORDER, FULL, world.invoice(120, on="2026-11-27")]
    corrected = world.invoice(100, "INV-2", on="2026-11-28", corrects="INV-1")
    assert found(documents, "2026-11-28 13:00") == [("invoice_quantity", "20", "10")]
    assert found([*documents, corrected], "2026-11-28 13:00") == []


def test_a_notice_that_is_sent_again_does_not_take_back_a_newer_promise() -> None:
    final = replace(
        ship_notice(90, said="2026-11-26 10:00", final=True), first_said_at=at("2026-11-24 09:00")
    )
    anew = answer((100, "2026-12-02"), said="2026-11-25 10:00")
    assert pieces([ORDER, anew, final], "2026-11-26 12:00") == {"confirmed": 10, "under_way": 90}


def test_goods_that_were_given_back_are_neither_missing_nor_damaged() -> None:
    documents = [
        ORDER,
        FULL,
        ship_notice(100, said="2026-11-26 10:00"),
        receipt(95, on="2026-11-27", damaged=4),
    ]
    assert pieces(documents, "2026-12-01 10:00") == {"not_received": 5, "damaged": 4, "received": 91}
    credit = world.invoice(7, "CN-1", on="2026-11-30", kind=world.InvoiceKind.CREDIT)
    assert pieces([*documents, credit], "2026-12-01 10:00") == {"credited": 7, "damaged": 2, "received": 91}


def test_price_breaks_hold_for_the_quantity_that_is_offered() -> None:
    steps = (
        PriceBreak(amount(100), world.price("12.50")),
        PriceBreak(amount(500), world.price("12.00")),
        PriceBreak(amount(2, "PAL"), world.price("11.00")),
    )
    ordered = order((500, "2026-12-02"), cost=world.price("12.00", "EUR"), price_breaks=steps)

    def confirmed(quantity: int, cost: str) -> list[str]:
        word = answer((quantity, "2026-12-02"), cost=world.price(cost))
        known = snapshot(ordered, word, packs={"PAL": 400})
        return [d.type_code for d in detect(known, (), at("2026-11-24 10:01")).deviations if "price" in d.key]

    assert confirmed(500, "12.00") == []
    assert confirmed(499, "12.50") == []
    assert confirmed(499, "12.00") == ["price_mismatch"]
    assert confirmed(800, "11.00") == []
    assert confirmed(50, "12.00") == []


def test_the_order_price_stands_where_its_quantity_reaches_the_same_break() -> None:
    steps = (PriceBreak(amount(100), world.price("12.50")),)
    ordered = order((500, "2026-12-02"), cost=world.price("12.00", "EUR"), price_breaks=steps)
    word = answer((400, "2026-12-02"), cost=world.price("12.00"))
    assert found([ordered, word], "2026-11-24 10:01") == [("quantity_short", "100", "10")]


@pytest.mark.parametrize(
    ("parts", "expected"), [([(60, "2026-12-02")], 100), ([(90, "2026-12-02"), (90, "2026-12-08")], 100)]
)
def test_a_schedule_that_does_not_add_up_is_cut_or_filled(
    parts: list[tuple[int, str]], expected: int
) -> None:
    content: Any = order((100, "2026-12-02")).content
    line = replace(content.lines[0], schedule=world.order_line(*parts).schedule)
    odd = replace(ORDER, content=replace(content, lines=(line,)))
    assert sum(pieces([odd, answer((100, "2026-12-03"))]).values()) == expected
    assert pieces([odd, answer((100, "2026-12-03"))]) == {"confirmed": 100}


def test_the_supplier_answers_and_announces_on_its_own_calendar() -> None:
    closed = replace(world.KASSEL, holidays=frozenset({world.date(2026, 11, 23), world.date(2026, 11, 30)}))
    unanswered = replace(snapshot(ORDER), supplier_calendar=closed)
    assert listed(detect(unanswered, (), at("2026-11-24 16:00"))) == []
    assert listed(detect(unanswered, (), at("2026-11-24 16:01"))) == [("confirmation_late", "100", "10")]
    confirmed = replace(snapshot(ORDER, FULL), supplier_calendar=closed)
    assert listed(detect(confirmed, (), at("2026-11-27 17:00"))) == []
    assert listed(detect(confirmed, (), at("2026-11-27 17:01"))) == [("ship_notice_missing", "100", "10")]


def test_a_line_that_was_added_later_is_answered_later() -> None:
    more = order(
        lines=(
            world.order_line((100, "2026-12-02"), item="A"),
            world.order_line((5, "2026-12-09"), number="20", item="B"),
        ),
        said="2026-11-20 09:00",
        revision=1,
    )
    first = order(lines=(world.order_line((100, "2026-12-02"), item="A"),))
    late = [("confirmation_late", "100", "10")]
    assert found([first, more], "2026-11-24 09:00") == late
    assert found([first, more], "2026-11-24 09:01") == [*late, ("confirmation_late", "5", "20")]


def test_a_delivery_promised_for_a_closed_day_is_expected_on_the_next_open_one() -> None:
    saturday = [order((100, "2026-12-05")), answer((100, "2026-12-05"))]
    overdue = ("delivery_overdue", "100", "10")
    assert overdue not in found(saturday, "2026-12-08 17:00")
    assert overdue in found(saturday, "2026-12-08 17:01")


def test_a_cumulative_figure_alone_is_readable() -> None:
    documents = [ORDER, FULL, ship_notice(None, said="2026-11-27 10:00", shipped_to_date=amount(90))]
    assert found(documents, "2026-11-30 17:01") == [("ship_notice_missing", "10", "10")]


def test_a_receipt_without_a_notice_goes_to_the_shipment_that_left_first() -> None:
    documents = [
        ORDER,
        FULL,
        ship_notice(50, "ASN-2", said="2026-11-25 10:00", shipped_on="2026-11-26", expected_on="2026-12-09"),
        ship_notice(50, "ASN-1", said="2026-11-26 10:00", shipped_on="2026-11-25", expected_on="2026-12-02"),
        receipt(50, on="2026-11-27"),
    ]
    assert pieces(documents, "2026-11-27 13:00") == {"delayed": 50, "received": 50}


def test_a_shipment_settles_after_its_first_receipt() -> None:
    documents = [
        ORDER,
        FULL,
        ship_notice(100, said="2026-11-27 10:00"),
        receipt(40, "GR-1", on="2026-12-03", said="2026-11-30 10:00", notice="ASN-1"),
        receipt(50, "GR-2", on="2026-12-01", said="2026-12-01 10:00", notice="ASN-1"),
        receipt(5, "GR-3", on="2026-12-04", said="2026-12-04 10:00", notice="ASN-1"),
    ]
    assert ("receipt_short", "5", "10") in found(documents, "2026-12-02 17:01")


def test_open_parts_without_a_date_are_promised_for_what_was_left_of_the_schedule() -> None:
    weekly = order((50, "2026-12-02"), (50, "2026-12-09"))
    documents = [
        weekly,
        ship_notice(50, said="2026-11-27 10:00"),
        answer((50, None), said="2026-11-28 10:00"),
    ]
    known = snapshot(*documents, terms=Terms(total_quantity=False))
    confirmed = look(known, (), at("2026-11-28 12:00")).lines[0].buckets.inside(Bucket.CONFIRMED)
    assert [(p.promised and p.promised.on.isoformat(), p.quantity) for p in confirmed] == [("2026-12-09", 50)]


def test_more_than_was_asked_for_without_a_date_is_offered_all_the_same() -> None:
    assert found([ORDER, answer((120, None))], "2026-11-24 10:01") == [("quantity_over", "20", "10")]


def test_a_price_without_a_unit_is_for_the_unit_of_the_offer() -> None:
    cases = order((20, "2026-12-02"), unit="CS", cost=world.price("120", "EUR"))
    each = answer((240, "2026-12-02"), unit="EA", cost=world.price("10"))
    dear = answer((240, "2026-12-02"), unit="EA", cost=world.price("11"))
    assert found([cases, each], "2026-11-24 10:01", packs={"CS": 12}) == []
    assert found([cases, dear], "2026-11-24 10:01", packs={"CS": 12}) == [("price_mismatch", "20", "10")]


def test_the_currency_of_the_whole_answer_counts_for_its_prices() -> None:
    in_dollars = answer((100, "2026-12-02"), cost=world.price("182.40"), currency="USD")
    assert found([ORDER, in_dollars], "2026-11-24 10:01") == [("price_mismatch", "100", "10")]
    without_price = answer((100, "2026-12-02"), currency="USD")
    assert found([ORDER, without_price], "2026-11-24 10:01") == []


def test_a_favourable_difference_has_its_own_tolerance() -> None:
    never = Tolerance()
    table = ToleranceTable({("price_mismatch", Direction.UNDER): never})
    cheaper = answer((100, "2026-12-02"), cost=world.price("150"))
    dearer = answer((100, "2026-12-02"), cost=world.price("200"))
    assert found([ORDER, cheaper], "2026-11-24 10:01", tolerances=table) == []
    assert found([ORDER, dearer], "2026-11-24 10:01", tolerances=table) == [("price_mismatch", "100", "10")]


@pytest.mark.parametrize(
    "wrong",
    [
        answer((120, "2026-12-02")),
        answer((100, "2026-12-02"), cost=world.price("200")),
        answer((100, "2026-12-02"), unit="BX"),
    ],
)
def test_nobody_is_bothered_about_what_was_said_of_a_cancelled_order(wrong: HeardDocument) -> None:
    cancelled = order((100, "2026-12-02"), state=OrderState.CANCELLED)
    assert found([cancelled, wrong], "2026-12-20 12:00") == []


def test_a_receipt_nobody_can_read_hides_neither_too_much_nor_too_little() -> None:
    boxes = receipt(5, on="2026-11-27", unit="BX")
    unknown = ("unit_unknown", None, "10")
    assert found([ORDER, FULL, boxes], "2026-12-20 12:00") == [unknown]
    assert found([ORDER, boxes], "2026-12-20 12:00") == [unknown]
    under_way = ship_notice(100, said="2026-11-30 10:00")
    assert found([ORDER, FULL, under_way, boxes], "2026-12-20 12:00") == [unknown]
    billed = world.invoice(100, on="2026-12-01")
    assert found([ORDER, FULL, boxes, billed], "2026-12-20 12:00") == [unknown]
    more = [receipt(10, "GR-2", on="2026-12-01"), billed]
    assert found([ORDER, FULL, boxes, *more], "2026-12-20 12:00") == [unknown]


def test_an_invoice_dated_after_the_promise_waits_from_its_own_day() -> None:
    billed = [order((100, "2026-12-01")), FULL, world.invoice(100, on="2026-12-03")]
    waiting = ("invoice_before_receipt", "100", "10")
    assert waiting not in found(billed, "2026-12-08 17:00")
    assert waiting in found(billed, "2026-12-08 17:01")
