"""Scenarios 1 to 11 as pure detection: documents in, deviations out, and no others of any type."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest

from erp_connectors.canonical.documents import InvoiceKind, LineAnswer, OrderState, ShipmentEvent
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.positions import positions_of
from exceptions_app.detection import examples as world
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.agreements import values_of
from exceptions_app.detection.detect import detect
from exceptions_app.detection.examples import (
    answer,
    at,
    invoice,
    order,
    price,
    receipt,
    ship_notice,
    snapshot,
    status,
)
from exceptions_app.detection.subject import word_of
from tests.builders.worlds import Desk, Found, agreement, found, listed, on_invoices, scheduled

# --- 1, shortage

SHORTAGE = order((100, "2026-12-02"))
OFFER_82 = answer((82, "2026-12-02"), words=(LineAnswer.CHANGED,), key="855-1")
AFTER_SPLIT = order((82, "2026-12-02"), (18, "2026-12-16"), said="2026-11-24 12:00", revision=1)
SHORT_18: Found = [("quantity_short", "18", "10")]


def split_agreement(state: AgreementState) -> Agreement:
    known = snapshot(SHORTAGE, OFFER_82)
    before = values_of(known.lines[0].position.line)
    after = scheduled(before, (82, "2026-12-02"), (18, "2026-12-16"))
    return agreement(known, "quantity_short", state=state, quantity=18, agreed_on="2026-12-16", after=after)


def test_scenario_1_finds_exactly_one_shortage_of_18() -> None:
    detection = detect(snapshot(SHORTAGE, OFFER_82), (), at("2026-11-24 10:01"))
    assert listed(detection) == SHORT_18
    assert detection.deviations[0].amount == Decimal("3283.20")
    assert detection.deviations[0].actual["missing"] == "18.0 %"
    assert detection.deviations[0].group == world.ORDER_NUMBER


def test_scenario_1_is_covered_once_the_agreement_is_active_although_82_is_still_offered() -> None:
    agreed = [split_agreement(AgreementState.ACTIVE)]
    assert found([SHORTAGE, OFFER_82], "2026-11-24 13:00", agreed) == []
    assert found([SHORTAGE, OFFER_82, AFTER_SPLIT], "2026-11-24 13:00", agreed) == []


def test_scenario_1_changes_nothing_when_the_same_answer_comes_again() -> None:
    again = replace(OFFER_82, version=replace(OFFER_82.version, document_time=at("2026-11-25 10:00")))
    agreed = [split_agreement(AgreementState.ACTIVE)]
    assert found([SHORTAGE, OFFER_82, AFTER_SPLIT, again], "2026-11-25 11:00", agreed) == []


def test_scenario_1_reopens_when_a_later_answer_offers_70() -> None:
    offer_70 = answer((70, "2026-12-02"), said="2026-11-25 10:00", key="855-2")
    agreed = [split_agreement(AgreementState.ACTIVE)]
    documents = [SHORTAGE, OFFER_82, AFTER_SPLIT, offer_70]
    assert found(documents, "2026-11-25 11:00", agreed) == [("quantity_short", "30", "10")]


def test_scenario_1_neither_opens_nor_clears_while_the_agreement_is_pending() -> None:
    pending = [split_agreement(AgreementState.PENDING)]
    for documents in ([SHORTAGE, OFFER_82], [SHORTAGE, OFFER_82, AFTER_SPLIT]):
        known = snapshot(*documents)
        detection = detect(known, pending, at("2026-11-24 13:00"))
        assert detection.deviations == ()
        assert [d.key for d in detection.covered_by_pending] == ["quantity_short:10"]
        was_open, was_closed = Desk(), Desk()
        was_open.evaluate(known, (), at("2026-11-24 12:30"))
        was_open.evaluate(known, pending, at("2026-11-24 13:00"))
        was_closed.evaluate(known, pending, at("2026-11-24 13:00"))
        assert list(was_open.open) == ["quantity_short:10"]
        assert list(was_closed.open) == []


def test_scenario_1_stays_open_when_the_agreement_is_void() -> None:
    assert found([SHORTAGE, OFFER_82], "2026-11-24 13:00", [split_agreement(AgreementState.VOID)]) == SHORT_18


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-30 17:00", []),
        ("2026-11-30 17:01", [("ship_notice_missing", "82", "10")]),
        ("2026-12-03 17:01", [("delivery_overdue", "82", "10")]),
        ("2026-12-14 17:01", [("delivery_overdue", "82", "10"), ("ship_notice_missing", "18", "10")]),
        ("2026-12-17 17:01", [("delivery_overdue", "100", "10")]),
    ],
)
def test_scenario_1_watches_the_agreed_day_like_a_confirmed_one(when: str, expected: Found) -> None:
    agreed = [split_agreement(AgreementState.ACTIVE)]
    assert found([SHORTAGE, OFFER_82, AFTER_SPLIT], when, agreed) == expected


# --- 2, late confirmation


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-20 09:00", []),
        ("2026-11-23 15:59", []),
        ("2026-11-23 16:00", []),
        ("2026-11-23 16:01", [("confirmation_late", "100", "10")]),
    ],
)
def test_scenario_2_opens_strictly_after_the_due_time(when: str, expected: Found) -> None:
    assert found([SHORTAGE], when) == expected


def test_scenario_2_closes_by_itself_when_the_answer_comes() -> None:
    desk = Desk()
    desk.evaluate(snapshot(SHORTAGE), (), at("2026-11-23 16:01"))
    confirmed = answer((100, "2026-12-02"), said="2026-11-23 17:30")
    desk.evaluate(snapshot(SHORTAGE, confirmed), (), at("2026-11-23 17:31"))
    assert desk.history == [("open", "confirmation_late:10"), ("answered", "confirmation_late:10")]


def test_scenario_2_waits_until_the_stream_is_read_again() -> None:
    blind = world.hides("confirmations", "2026-11-23 15:30")
    detection = detect(snapshot(SHORTAGE, sight=blind), (), at("2026-11-23 18:00"))
    assert detection.deviations == ()
    assert detection.hidden == {"confirmation_late:10"}
    assert detection.blind_since == at("2026-11-23 15:30")
    read = world.hides("confirmations", "2026-11-23 18:00")
    assert found([SHORTAGE], "2026-11-23 18:01", sight=read) == [("confirmation_late", "100", "10")]


def test_scenario_2_looks_again_right_after_the_due_time() -> None:
    detection = detect(snapshot(SHORTAGE), (), at("2026-11-20 09:00"))
    assert detection.next_look is not None
    assert found([SHORTAGE], "2026-11-23 16:00") == []
    later = detect(snapshot(SHORTAGE), (), detection.next_look)
    assert listed(later) == [("confirmation_late", "100", "10")]


# --- 3 and 4, prices

DEAR = order((1000, "2026-12-02"), cost=price("12.50", "EUR"))


def test_scenario_3_closes_at_the_old_price_and_reopens_at_the_new_one() -> None:
    desk = Desk()
    said = [
        answer((1000, "2026-12-02"), cost=price("12.84"), said="2026-11-24 10:00"),
        answer((1000, "2026-12-02"), cost=price("12.50"), said="2026-11-24 14:00"),
        answer((1000, "2026-12-02"), cost=price("12.84"), said="2026-11-25 09:00"),
    ]
    for count in range(1, 4):
        known = snapshot(DEAR, *said[:count])
        desk.evaluate(known, (), at("2026-11-25 09:01"))
    assert desk.history == [
        ("open", "price_mismatch:10"),
        ("answered", "price_mismatch:10"),
        ("open", "price_mismatch:10"),
    ]
    assert desk.open["price_mismatch:10"].amount == Decimal("340.00")
    assert found([DEAR, said[0]], "2026-11-24 10:01") == [("price_mismatch", "1000", "10")]


@pytest.mark.parametrize(
    ("ordered", "confirmed", "expected"),
    [
        (price("1250.00", "EUR", per="100"), price("12.50", "EUR", per="1"), []),
        (price("0.125", "EUR"), price("12.50", "EUR"), [("price_basis_suspect", "1000", "10")]),
        (price("12.50", "EUR"), price("0.125", "EUR", per="1"), [("price_basis_suspect", "1000", "10")]),
        (price("1250.00", "EUR", per="100"), price("12500", "EUR", per="1000"), []),
        (price("1250.00", "EUR", per="100"), price("12.75", "EUR"), [("price_mismatch", "1000", "10")]),
        (price("1250.00", "EUR", per="100"), price("12.50", "USD"), [("price_mismatch", "1000", "10")]),
    ],
)
def test_scenario_4_tells_a_basis_from_a_price(ordered: object, confirmed: object, expected: Found) -> None:
    documents = [
        order((1000, "2026-12-02"), cost=ordered),  # type: ignore[arg-type]
        answer((1000, "2026-12-02"), cost=confirmed),  # type: ignore[arg-type]
    ]
    assert found(documents, "2026-11-24 10:01") == expected


# --- 5, missing ship notice

FRIDAY = [order((100, "2026-11-27")), answer((100, "2026-11-27"), said="2026-11-20 10:00")]


@pytest.mark.parametrize(
    ("documents", "when", "expected"),
    [
        (FRIDAY, "2026-11-25 17:00", []),
        (FRIDAY, "2026-11-25 17:01", [("ship_notice_missing", "100", "10")]),
        ([*FRIDAY, ship_notice(100, said="2026-11-26 07:10")], "2026-11-26 07:11", []),
    ],
)
def test_scenario_5_misses_the_notice_at_its_time(
    documents: list[HeardDocument], when: str, expected: Found
) -> None:
    assert found(documents, when) == expected


def test_scenario_5_closes_by_itself_when_the_notice_comes() -> None:
    desk = Desk()
    desk.evaluate(snapshot(*FRIDAY), (), at("2026-11-25 17:01"))
    desk.evaluate(snapshot(*FRIDAY, ship_notice(100, said="2026-11-26 07:10")), (), at("2026-11-26 07:11"))
    assert desk.history == [("open", "ship_notice_missing:10"), ("shipped", "ship_notice_missing:10")]


# --- 6, split delivery


SPLIT = [order((240, "2026-12-01")), answer((100, "2026-12-01"), (140, "2026-12-15"))]
FIRST_PART = [
    ship_notice(100, said="2026-11-27 10:00", shipped_on="2026-11-27"),
    receipt(100, on="2026-12-01", notice="ASN-1"),
]
AGREED_SPLIT = order((100, "2026-12-01"), (140, "2026-12-15"), said="2026-11-25 09:00", revision=1)


@pytest.mark.parametrize(
    ("documents", "when", "expected"),
    [
        (SPLIT, "2026-11-24 10:01", [("backorder", "140", "10")]),
        ([*SPLIT, *FIRST_PART], "2026-12-01 12:01", [("backorder", "140", "10")]),
        ([*SPLIT, AGREED_SPLIT], "2026-11-25 09:01", []),
        ([*SPLIT, AGREED_SPLIT, *FIRST_PART], "2026-12-11 17:00", []),
        ([*SPLIT, AGREED_SPLIT, *FIRST_PART], "2026-12-11 17:01", [("ship_notice_missing", "140", "10")]),
    ],
)
def test_scenario_6_is_one_backorder(documents: list[HeardDocument], when: str, expected: Found) -> None:
    assert found(documents, when) == expected


# --- 7, units

CASES = order((20, "2026-12-02"), unit="CS", cost=price("120", "EUR"))


@pytest.mark.parametrize(
    ("confirmed", "packs", "expected"),
    [
        (answer((240, "2026-12-02"), unit="EA"), {"CS": 12}, []),
        (answer((20, "2026-12-02"), unit="BX"), {"CS": 12}, [("unit_unknown", None, "10")]),
        (answer((20, "2026-12-02"), unit="BX"), {"CS": 12, "BX": 12}, []),
        (answer((240, "2026-12-02"), unit="EA", cost=price("10", "EUR", unit="EA")), {"CS": 12}, []),
        (answer((228, "2026-12-02"), unit="EA"), {"CS": 12}, [("quantity_short", "1", "10")]),
        (
            ship_notice(1, said="2026-11-20 10:00", unit="PAL", shipped_on="2026-11-20"),
            {"CS": 12},
            [("unit_unknown", None, "10")],
        ),
    ],
)
def test_scenario_7_converts_or_asks(
    confirmed: HeardDocument, packs: dict[str, int], expected: Found
) -> None:
    assert found([CASES, confirmed], "2026-11-24 10:01", packs=packs) == expected


def test_scenario_7_closes_when_the_factor_is_added() -> None:
    desk = Desk()
    boxes = answer((20, "2026-12-02"), unit="BX")
    desk.evaluate(snapshot(CASES, boxes, packs={"CS": 12}), (), at("2026-11-24 10:01"))
    desk.evaluate(snapshot(CASES, boxes, packs={"CS": 12, "BX": 12}), (), at("2026-11-24 11:00"))
    assert desk.history == [("open", "unit_unknown:10"), ("unit converted", "unit_unknown:10")]


# --- 8, any order

ANY_ORDER = [
    order((100, "2026-12-08")),
    order((120, "2026-12-08"), said="2026-11-20 09:00", revision=1),
    answer((120, "2026-12-08"), said="2026-11-20 15:00"),
    ship_notice(118, said="2026-12-04 16:00", shipped_on="2026-12-04", final=True),
    receipt(118, on="2026-12-07", notice="ASN-1"),
    invoice(120, on="2026-12-07"),
]


def test_scenario_8_ends_in_two_deviations_of_2() -> None:
    expected = [("invoice_quantity", "2", "10"), ("ship_notice_short", "2", "10")]
    assert found(ANY_ORDER, "2026-12-09 18:00") == expected
    positions = positions_of(ANY_ORDER)
    for permuted in permutations(ANY_ORDER):
        assert positions_of([*permuted, permuted[0], permuted[-1]]) == positions
    for first in range(len(ANY_ORDER)):
        turned = [*ANY_ORDER[first:], *ANY_ORDER[:first]]
        assert found([*turned, *turned[::-1]], "2026-12-09 18:00") == expected


# --- 9, revised after receipt


def test_scenario_9_is_short_by_50_only() -> None:
    documents = [
        order((500, "2026-12-10")),
        answer((500, "2026-12-10"), said="2026-11-20 10:00"),
        ship_notice(300, said="2026-12-01 08:00", shipped_on="2026-11-30"),
        receipt(300, on="2026-12-01"),
        answer((450, "2026-12-10"), said="2026-12-01 15:00"),
    ]
    for permuted in permutations(documents):
        assert found(permuted, "2026-12-02 12:00") == [("quantity_short", "50", "10")]


# --- 10, invoice first

INVOICED = [
    order((100, "2026-12-01")),
    answer((100, "2026-12-01"), said="2026-11-20 10:00"),
    invoice(100, on="2026-12-01"),
]
CUT_AND_RECEIVED = [
    ship_notice(82, said="2026-12-07 08:00", shipped_on="2026-12-07"),
    receipt(82, on="2026-12-07"),
    order((82, "2026-12-01"), said="2026-12-07 14:00", revision=1),
]
CREDIT = invoice(18, "CN-1", on="2026-12-08", kind=InvoiceKind.CREDIT)


@pytest.mark.parametrize(
    ("documents", "when", "expected"),
    [
        (
            INVOICED,
            "2026-12-04 18:00",
            [("delivery_overdue", "100", "10"), ("invoice_before_receipt", "100", "10")],
        ),
        ([*INVOICED, *CUT_AND_RECEIVED], "2026-12-08 09:00", [("invoice_quantity", "18", "10")]),
        ([*INVOICED, *CUT_AND_RECEIVED], "2026-12-08 18:00", [("invoice_quantity", "18", "10")]),
        ([*INVOICED, *CUT_AND_RECEIVED, CREDIT], "2026-12-08 18:00", []),
    ],
)
def test_scenario_10_follows_the_invoice(documents: list[HeardDocument], when: str, expected: Found) -> None:
    assert found(documents, when) == expected


def test_scenario_10_closes_the_delivery_when_it_is_received() -> None:
    desk = Desk()
    desk.evaluate(snapshot(*INVOICED), (), at("2026-12-04 18:00"))
    desk.evaluate(snapshot(*INVOICED, *CUT_AND_RECEIVED), (), at("2026-12-08 18:00"))
    desk.evaluate(snapshot(*INVOICED, *CUT_AND_RECEIVED, CREDIT), (), at("2026-12-08 18:01"))
    assert desk.history == [("open", "delivery_overdue:10"), ("received", "delivery_overdue:10")]


def test_scenario_10_names_the_money_nobody_typed() -> None:
    (detection,) = on_invoices([*INVOICED, *CUT_AND_RECEIVED], "2026-12-08 18:00").values()
    assert [(d.group, d.amount) for d in detection.deviations] == [("NORDMANN/INV-1", Decimal("3283.20"))]


# --- 11, cancelled


def test_scenario_11_closes_what_was_late_and_notices_what_still_comes() -> None:
    desk = Desk()
    late = [order((100, "2026-12-02")), answer((100, "2026-12-16"))]
    cancelled = order((100, "2026-12-02"), said="2026-11-26 10:00", revision=1, state=OrderState.CANCELLED)
    desk.evaluate(snapshot(*late), (), at("2026-11-24 10:01"))
    desk.evaluate(snapshot(*late, cancelled), (), at("2026-11-26 10:01"))
    assert found([*late, cancelled], "2026-11-26 10:01") == []
    shipped = ship_notice(100, said="2026-11-28 10:00")
    desk.evaluate(snapshot(*late, cancelled, shipped), (), at("2026-11-28 10:01"))
    assert found([*late, cancelled, shipped], "2026-11-28 10:01") == [("shipped_after_cancel", "100", "10")]
    assert desk.history == [
        ("open", "date_later:10"),
        ("cancelled in the ERP", "date_later:10"),
        ("open", "shipped_after_cancel:10"),
    ]


# --- 17, one confirmation, three problems


def test_scenario_17_is_one_case_of_each_type() -> None:
    ordered = order(
        lines=tuple(
            world.order_line((100, "2026-12-02"), number=number, item=number, cost=price("12.50", "EUR"))
            for number in ("10", "20", "30")
        )
    )
    documents = [
        ordered,
        answer((82, "2026-12-02"), number="10", key="1"),
        answer((100, "2026-12-16"), number="20", key="2"),
        answer((100, "2026-12-02"), number="30", key="3", cost=price("15.00")),
    ]
    assert found(documents, "2026-11-24 10:01") == [
        ("date_later", "100", "20"),
        ("price_mismatch", "100", "30"),
        ("quantity_short", "18", "10"),
    ]


# --- agreements beyond the scenarios


def test_a_wait_covers_until_close_of_its_last_day_and_not_longer() -> None:
    known = snapshot(SHORTAGE)
    wait = agreement(known, "confirmation_late", kind=AgreementKind.WAIT_UNTIL, until="2026-11-25")
    assert found([SHORTAGE], "2026-11-25 17:00", [wait]) == []
    assert found([SHORTAGE], "2026-11-25 17:01", [wait]) == [("confirmation_late", "100", "10")]
    detection = detect(known, [wait], at("2026-11-24 09:00"))
    assert detection.next_look is not None
    assert listed(detect(known, [wait], detection.next_look)) == [("confirmation_late", "100", "10")]


def test_a_price_accepted_for_this_order_covers_that_price_only() -> None:
    dear = answer((1000, "2026-12-02"), cost=price("12.84"))
    accepted = [agreement(snapshot(DEAR, dear), "price_mismatch")]
    assert found([DEAR, dear], "2026-11-24 10:01", accepted) == []
    dearer = answer((1000, "2026-12-02"), cost=price("12.99"), revision=1)
    assert found([DEAR, dear, dearer], "2026-11-24 10:01", accepted) == [("price_mismatch", "1000", "10")]
    moved = answer((1000, "2026-12-03"), cost=price("12.84"), revision=1)
    assert found([DEAR, dear, moved], "2026-11-24 10:01", accepted) == []


def test_a_third_value_in_the_erp_makes_an_agreement_lapse_and_the_old_values_bring_it_back() -> None:
    agreed = [split_agreement(AgreementState.ACTIVE)]
    third = order((82, "2026-12-02"), (18, "2026-12-22"), said="2026-11-25 10:00", revision=2)
    documents = [SHORTAGE, OFFER_82, AFTER_SPLIT, third]
    assert found(documents, "2026-11-25 11:00", agreed) == SHORT_18
    back = order((82, "2026-12-02"), (18, "2026-12-16"), said="2026-11-25 12:00", revision=3)
    assert found([*documents, back], "2026-11-25 13:00", agreed) == []


def test_a_late_date_that_was_accepted_is_watched_on_the_day_it_was_accepted_for() -> None:
    documents = [SHORTAGE, answer((100, "2026-12-16"))]
    accepted = [agreement(snapshot(*documents), "date_later")]
    assert found(documents, "2026-12-14 17:00", accepted) == []
    assert found(documents, "2026-12-14 17:01", accepted) == [("ship_notice_missing", "100", "10")]
    assert found(documents, "2026-12-17 17:01", accepted) == [("delivery_overdue", "100", "10")]


def test_a_delay_that_was_accepted_is_watched_on_the_day_that_was_stated() -> None:
    documents = [
        SHORTAGE,
        answer((100, "2026-12-02"), said="2026-11-20 10:00"),
        ship_notice(100, said="2026-11-30 10:00", expected_on="2026-12-09"),
    ]
    accepted = [agreement(snapshot(*documents), "shipment_delayed")]
    assert found(documents, "2026-12-10 17:00") == [("shipment_delayed", "100", "10")]
    assert found(documents, "2026-12-10 17:00", accepted) == []
    assert found(documents, "2026-12-10 17:01", accepted) == [("delivery_overdue", "100", "10")]
    of_order = [*documents[:2], status(ShipmentEvent.DELAYED, when="2026-11-30 10:00", eta="2026-12-09")]
    accepted = [agreement(snapshot(*of_order), "shipment_delayed")]
    assert found(of_order, "2026-11-30 12:00", accepted) == []
    assert found(of_order, "2026-12-07 17:01", accepted) == [("ship_notice_missing", "100", "10")]


def test_what_a_carrier_states_ends_a_delay_in_its_own_words() -> None:
    known = [
        SHORTAGE,
        answer((100, "2026-12-02"), said="2026-11-20 10:00"),
        ship_notice(100, said="2026-11-30 10:00", expected_on="2026-12-09"),
    ]
    in_time = status(ShipmentEvent.IN_TRANSIT, when="2026-12-01 10:00", eta="2026-12-02", notice="ASN-1")
    lost = status(ShipmentEvent.LOST, when="2026-12-01 11:00", notice="ASN-1", number="PRO-2")
    there = status(ShipmentEvent.DELIVERED, when="2026-12-01 15:00", notice="ASN-1", number="PRO-2")
    desk = Desk()
    desk.evaluate(snapshot(*known), (), at("2026-11-30 10:01"))
    desk.evaluate(snapshot(*known, in_time, lost), (), at("2026-12-01 12:00"))
    desk.evaluate(snapshot(*known, in_time, lost, there), (), at("2026-12-01 15:01"))
    assert desk.history == [
        ("open", "shipment_delayed:10"),
        ("open", "carrier_exception:10:PRO-2"),
        ("another arrival stated", "shipment_delayed:10"),
        ("delivered", "carrier_exception:10:PRO-2"),
    ]


def test_a_new_day_for_an_overdue_delivery_counts_for_notice_and_delivery() -> None:
    documents = FRIDAY
    overdue = snapshot(*documents)
    agreed = [agreement(overdue, "delivery_overdue", agreed_on="2026-12-11")]
    assert found(documents, "2026-12-01 17:01") == [("delivery_overdue", "100", "10")]
    assert found(documents, "2026-12-01 17:01", agreed) == []
    assert found(documents, "2026-12-09 17:01", agreed) == [("ship_notice_missing", "100", "10")]
    assert found(documents, "2026-12-14 17:01", agreed) == [("delivery_overdue", "100", "10")]


def test_a_suspect_basis_that_is_decided_to_be_a_mismatch_is_judged_as_one() -> None:
    documents = [
        order((1000, "2026-12-02"), cost=price("0.125", "EUR")),
        answer((1000, "2026-12-02"), cost=price("12.50", "EUR")),
    ]
    known = snapshot(*documents)
    decided = [agreement(known, "price_basis_suspect")]
    assert found(documents, "2026-11-24 10:01", decided) == [("price_mismatch", "1000", "10")]
    waiting = [agreement(known, "price_basis_suspect", kind=AgreementKind.WAIT_UNTIL, until="2026-11-25")]
    assert found(documents, "2026-11-24 10:01", waiting) == []
    assert found(documents, "2026-11-25 17:01", waiting) == [("price_basis_suspect", "1000", "10")]


def test_a_new_day_in_the_erp_after_the_answer_counts_for_notice_and_delivery() -> None:
    put_off = order((100, "2026-12-11"), said="2026-12-02 09:00", revision=1)
    assert found(FRIDAY, "2026-12-02 09:01") == [("delivery_overdue", "100", "10")]
    assert found([*FRIDAY, put_off], "2026-12-02 09:01") == []
    assert found([*FRIDAY, put_off], "2026-12-09 17:01") == [("ship_notice_missing", "100", "10")]
    assert found([*FRIDAY, put_off], "2026-12-14 17:01") == [("delivery_overdue", "100", "10")]
    confirmed_anew = answer((100, "2026-12-03"), said="2026-12-02 10:00")
    assert found([*FRIDAY, put_off, confirmed_anew], "2026-12-01 16:00") == [("date_earlier", "100", "10")]


def test_a_claim_is_settled_by_its_credit_note_and_only_by_that() -> None:
    missing = [
        *FRIDAY,
        ship_notice(100, said="2026-11-25 10:00"),
        receipt(92, on="2026-11-27"),
    ]
    claimed = [agreement(snapshot(*missing), "receipt_short", kind=AgreementKind.CREDIT, quantity=5)]
    credit = invoice(5, "CN-1", on="2026-12-01", kind=InvoiceKind.CREDIT)
    assert found(missing, "2026-12-01 13:00") == [("receipt_short", "8", "10")]
    assert found(missing, "2026-12-01 13:00", claimed) == [("receipt_short", "3", "10")]
    assert found([*missing, credit], "2026-12-01 13:00", claimed) == [("receipt_short", "3", "10")]
    whole = invoice(8, "CN-2", on="2026-12-01", kind=InvoiceKind.CREDIT)
    assert found([*missing, whole], "2026-12-01 13:00", claimed) == []


def test_an_agreement_on_a_part_leaves_the_rest() -> None:
    part = [agreement(snapshot(SHORTAGE, OFFER_82), "quantity_short", quantity=10)]
    assert found([SHORTAGE, OFFER_82], "2026-11-24 13:00", part) == [("quantity_short", "8", "10")]


def test_a_line_that_fits_no_order_line_can_be_rejected_and_waited_for() -> None:
    documents = [SHORTAGE, answer((100, "2026-12-02")), invoice(5, on="2026-11-24", line="99")]
    known = snapshot(*documents)
    (deviation,) = detect(known, (), at("2026-11-25 12:01")).deviations
    assert (deviation.type_code, deviation.line_number) == ("unordered_line", "99")
    rejected = replace(
        agreement(known, "unordered_line", key=deviation.key),
        line_number=None,
        answer=word_of(deviation.key, deviation.actual),
    )
    assert detect(known, [rejected], at("2026-11-25 12:01")).deviations == ()
    other = invoice(5, on="2026-11-24", line="98", revision=1)
    assert found([*documents, other], "2026-11-25 12:01", [rejected]) == [("unordered_line", None, "98")]
    wait = replace(rejected, kind=AgreementKind.WAIT_UNTIL, until=world.date(2026, 11, 27))
    waiting = detect(known, [wait], at("2026-11-25 12:01"))
    assert waiting.deviations == ()
    assert waiting.next_look is not None
    assert found(documents, "2026-11-27 17:01", [wait]) == [("unordered_line", None, "99")]
    desk = Desk()
    desk.evaluate(known, (), at("2026-11-25 12:01"))
    desk.evaluate(known, [rejected], at("2026-11-25 12:02"))
    desk.evaluate(known, (), at("2026-11-25 12:03"))
    desk.evaluate(snapshot(*documents[:2]), (), at("2026-11-25 12:04"))
    assert [what for what, _ in desk.history] == ["open", "agreed", "open", "matched"]
