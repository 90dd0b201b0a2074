"""From everything heard about an order to the position of each line."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.canonical.codec import from_builtins, to_builtins
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    DocumentKind,
    Invoice,
    LineAnswer,
    OfferedPart,
    OrderState,
    PriceBreak,
    Purpose,
    ShipNotice,
    ShipNoticeLine,
    Unmentioned,
)
from erp_connectors.canonical.values import DocumentVersion, ItemIds, Price
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.matching import NoMatch
from erp_connectors.documents.position import LinePosition
from erp_connectors.documents.positions import positions_of
from exceptions_app.detection.examples import (
    ORDER_NUMBER,
    amount,
    answer,
    at,
    heard,
    invoice,
    order,
    order_line,
    price,
    receipt,
    ship_notice,
)

LINES = ("10", "20")
ORDER = order((100, "2026-12-02"))
TWO_LINES = order(
    lines=(order_line((100, "2026-12-02"), item="A"), order_line((5, "2026-12-09"), number="20", item="B"))
)


def only(*documents: HeardDocument) -> LinePosition:
    (line,) = positions_of(documents).lines
    return line


def with_purpose(document: HeardDocument, purpose: Purpose, said: str) -> HeardDocument:
    version = DocumentVersion(at(said))
    content: Any = replace(document.content, purpose=purpose, version=version)  # type: ignore[call-arg]
    return replace(document, content=content, version=version, first_said_at=at(said))


# --- the order itself ---


def test_there_are_no_positions_before_the_order_is_known() -> None:
    assert positions_of([answer((82, "2026-12-02"))]).lines == ()


def test_the_newest_revision_counts_whatever_arrived_first() -> None:
    newer = order((120, "2026-12-02"), said="2026-11-20 09:00", revision=1)
    assert only(newer, ORDER).line.quantity == amount(120)
    assert only(newer, ORDER).unchanged_since == at("2026-11-20 09:00")
    back = order((100, "2026-12-02"), said="2026-11-21 09:00", revision=2)
    assert only(newer, back, ORDER).line.quantity == amount(100)
    assert only(newer, back, ORDER).unchanged_since == at("2026-11-21 09:00")


def test_a_quantity_that_stayed_is_unchanged_since_the_first_revision_that_had_it() -> None:
    moved = order((100, "2026-12-16"), said="2026-11-21 09:00", revision=1)
    assert only(ORDER, moved).unchanged_since == at("2026-11-19 16:00")


def test_days_that_stayed_are_wanted_since_the_first_revision_that_had_them_however_they_are_cut() -> None:
    dearer = order((60, "2026-12-02"), (40, "2026-12-02"), said="2026-11-20 09:00", revision=1)
    put_off = order((100, "2026-12-16"), said="2026-11-21 09:00", revision=2)
    assert only(ORDER, dearer).scheduled_since == at("2026-11-19 16:00")
    assert only(ORDER, put_off, dearer).scheduled_since == at("2026-11-21 09:00")


def test_a_line_is_asked_for_since_the_release_or_since_it_was_added() -> None:
    more = order(
        lines=(order_line((100, "2026-12-02")), order_line((5, "2026-12-09"), number="20", item="B")),
        said="2026-11-23 09:00",
        revision=1,
    )
    first, added = positions_of([ORDER, more]).lines
    assert first.asked_at == at("2026-11-19 16:00")
    assert added.asked_at == at("2026-11-23 09:00")


def test_a_line_added_while_the_order_was_a_draft_is_asked_for_since_the_release() -> None:
    draft = order((100, "2026-12-02"), said="2026-11-18 09:00", state=OrderState.DRAFT)
    released = order(
        lines=(order_line((100, "2026-12-02")), order_line((5, "2026-12-09"), number="20", item="B")),
        said="2026-11-19 16:05",
        revision=1,
    )
    assert {line.asked_at for line in positions_of([draft, released]).lines} == {at("2026-11-19 16:00")}


def test_a_line_the_order_no_longer_has_stays_and_counts_as_cancelled_since_then() -> None:
    without = order(lines=(order_line((100, "2026-12-02"), item="A"),), said="2026-11-21 09:00", revision=1)
    kept, gone = positions_of([TWO_LINES, without]).lines
    assert (kept.is_present, kept.cancelled_at) == (True, None)
    assert (gone.line.number, gone.is_present, gone.cancelled_at) == ("20", False, at("2026-11-21 09:00"))


def test_a_cancellation_counts_since_the_order_says_so_else_since_the_first_revision_that_has_it() -> None:
    seen = order((100, "2026-12-02"), said="2026-11-26 10:00", revision=1, state=OrderState.CANCELLED)
    again = order((100, "2026-12-02"), said="2026-11-27 10:00", revision=2, state=OrderState.CANCELLED)
    told = order(
        (100, "2026-12-02"),
        said="2026-11-28 10:00",
        revision=3,
        state=OrderState.CANCELLED,
        cancelled_at="2026-11-25 12:00",
    )
    assert only(ORDER, seen, again).cancelled_at == at("2026-11-26 10:00")
    assert only(ORDER, seen, again, told).cancelled_at == at("2026-11-25 12:00")


def test_a_reinstated_order_is_not_cancelled() -> None:
    cancelled = order((100, "2026-12-02"), said="2026-11-26 10:00", revision=1, state=OrderState.CANCELLED)
    again = order((100, "2026-12-02"), said="2026-11-27 10:00", revision=2)
    assert only(ORDER, cancelled, again).cancelled_at is None


def test_a_cancelled_line_is_cancelled_since_the_revision_that_cancelled_it() -> None:
    cancelled = order((100, "2026-12-02"), said="2026-11-26 10:00", revision=1, cancelled=True)
    assert only(ORDER, cancelled).cancelled_at == at("2026-11-26 10:00")


# --- answers ---


def test_the_newest_word_on_a_line_counts_and_the_earlier_ones_are_kept() -> None:
    first = answer((82, "2026-12-02"), said="2026-11-24 10:00")
    second = answer((100, "2026-12-16"), said="2026-11-25 10:00")
    position = only(second, ORDER, first)
    assert position.answer is not None
    assert position.answer.offered == (OfferedPart(amount(100), date(2026, 12, 16)),)
    assert [fact.version.document_time for fact in position.earlier_answers] == [at("2026-11-24 10:00")]
    assert position.answered_at == at("2026-11-24 10:00")
    assert position.first_promise == (OfferedPart(amount(82), date(2026, 12, 2)),)


@pytest.mark.parametrize(
    ("ordered", "answered", "is_other"),
    [
        ({}, {"cost": price("182.400")}, False),
        ({}, {"cost": price("18240", per="100")}, False),
        ({}, {"cost": price("182.40", "EUR", "1", "EA")}, False),
        ({}, {}, False),
        ({}, {"cost": price("182.41")}, True),
        ({}, {"cost": price("182.40", "USD")}, True),
        ({}, {"cost": price("182.40"), "currency": "USD"}, True),
        ({}, {"cost": price("182.40"), "unit": "BOX"}, True),
        ({"price_breaks": (PriceBreak(amount(50), Price(Decimal(9))),)}, {"cost": price("182.40")}, True),
    ],
)
def test_an_answer_repeats_the_price_or_may_state_another(
    ordered: dict[str, Any], answered: dict[str, Any], is_other: bool
) -> None:
    line = replace(order_line((100, "2026-12-02"), cost=price("182.40", "EUR")), **ordered)
    assert only(order(lines=(line,)), answer((100, "2026-12-02"), **answered)).has_other_price is is_other


def test_another_price_that_was_answered_before_is_remembered() -> None:
    dearer = answer((100, "2026-12-02"), cost=price("190.00"))
    as_ordered = answer((100, "2026-12-02"), cost=price("182.40"), said="2026-11-25 10:00")
    assert only(ORDER, dearer, as_ordered).has_other_price


@pytest.mark.parametrize(
    ("answers", "gap"),
    [
        ([answer((100, "2026-12-02"), cost=price("184.00"))], "160"),
        ([answer((40, "2026-12-02"), (60, "2026-12-09"), cost=price("18000", per="100"))], "-240"),
        ([answer((99, "2026-12-02"), cost=price("184.00"))], None),
        ([answer((100, None), cost=price("184.00"))], None),
        ([answer((100, "2026-12-02"), cost=price("184.00", "USD"))], None),
        ([answer((100, "2026-12-02"), unit="BOX", cost=price("184.00"))], None),
        (
            [
                answer((100, "2026-12-02"), cost=price("184.00")),
                answer((100, "2026-12-02"), cost=price("185.00"), said="2026-11-25 10:00"),
            ],
            None,
        ),
    ],
)
def test_how_much_more_a_line_costs_is_said_where_one_answer_differs_in_nothing_but_its_price(
    answers: list[HeardDocument], gap: str | None
) -> None:
    assert only(ORDER, *answers).price_gap == (None if gap is None else Decimal(gap))


@pytest.mark.parametrize(
    ("answers", "may_be_less"),
    [
        ([], False),
        ([answer((100, "2026-12-02"))], False),
        ([answer((60, "2026-12-02"), (45, "2026-12-09"))], False),
        ([answer((99, "2026-12-02"))], True),
        ([answer((100, None))], True),
        ([answer((100, "2026-12-02"), unit="BOX")], True),
        ([answer(is_unreadable=True)], True),
        ([answer((82, "2026-12-02")), answer((100, "2026-12-02"), said="2026-11-25 10:00")], True),
    ],
)
def test_an_answer_offers_all_or_may_offer_less(answers: list[HeardDocument], may_be_less: bool) -> None:
    assert only(ORDER, *answers).may_offer_less is may_be_less


def test_revision_then_control_number_decide_between_words_of_one_moment() -> None:
    first = answer((82, "2026-12-02"))
    by_revision = answer((90, "2026-12-02"), revision=1)
    by_control = replace(
        answer((95, "2026-12-02"), revision=1, key="third"),
        version=DocumentVersion(at("2026-11-24 10:00"), 1, "0007"),
    )
    assert _offered(only(ORDER, by_revision, first)) == [Decimal(90)]
    assert _offered(only(ORDER, by_control, by_revision, first)) == [Decimal(95)]


def test_saying_the_same_again_moves_the_word_on_but_not_the_first_answer() -> None:
    said_again = replace(answer((82, "2026-12-02")), version=DocumentVersion(at("2026-11-26 10:00")))
    between = answer((90, "2026-12-02"), said="2026-11-25 10:00")
    position = only(ORDER, between, said_again)
    assert _offered(position) == [Decimal(82)]
    assert position.answered_at == at("2026-11-24 10:00")


def test_a_change_leaves_the_lines_it_does_not_mention_as_they_were_answered() -> None:
    all_lines = [answer((100, "2026-12-02"), number="10"), answer((5, "2026-12-09"), number="20")]
    change = answer((60, "2026-12-02"), number="10", said="2026-11-25 10:00")
    first, second = positions_of([TWO_LINES, *all_lines, change]).lines
    assert _offered(first) == [Decimal(60)]
    assert _offered(second) == [Decimal(5)]


def test_an_accepted_header_accepts_what_was_ordered_then() -> None:
    accepted = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-20 10:00")
    newer = order((120, "2026-12-16"), said="2026-11-21 09:00", revision=1, cost=price("200", "EUR"))
    position = only(ORDER, newer, accepted)
    assert position.answer is not None
    assert position.answer.as_ordered
    assert position.answer.offered == (OfferedPart(amount(100), date(2026, 12, 2)),)
    assert position.answer.price == price("182.40", "EUR")
    assert position.answer.answers == (LineAnswer.ACCEPTED,)


def test_an_accepted_header_older_than_the_order_we_know_accepts_the_oldest_revision() -> None:
    accepted = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-01 10:00")
    newer = order((120, "2026-12-16"), said="2026-11-21 09:00", revision=1)
    assert _offered(only(newer, ORDER, accepted)) == [Decimal(100)]


def test_an_accepted_header_does_not_answer_a_line_that_was_added_later() -> None:
    accepted = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-20 10:00")
    more = order(
        lines=(order_line((100, "2026-12-02")), order_line((5, "2026-12-09"), number="20", item="B")),
        said="2026-11-23 09:00",
        revision=1,
    )
    first, added = positions_of([ORDER, more, accepted]).lines
    assert first.answer is not None
    assert added.answer is None


def test_a_revision_the_erp_returned_to_was_current_before_and_after_the_other() -> None:
    returned = replace(ORDER, version=DocumentVersion(at("2026-11-23 09:00"), 0))
    between = order((120, "2026-12-02"), said="2026-11-21 09:00", revision=0)
    early = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-20 10:00")
    middle = answer(number=None, unmentioned=Unmentioned.ACCEPTED, said="2026-11-22 10:00")
    assert _offered(only(returned, between, early)) == [Decimal(100)]
    assert _offered(only(returned, between, middle)) == [Decimal(120)]


@pytest.mark.parametrize(
    ("unmentioned", "word", "offered"),
    [
        (Unmentioned.REJECTED, LineAnswer.REJECTED, ()),
        (Unmentioned.HELD, LineAnswer.HELD, None),
    ],
)
def test_a_header_rejects_or_holds_what_it_does_not_mention(
    unmentioned: Unmentioned, word: LineAnswer, offered: object
) -> None:
    document = answer((100, "2026-12-02"), unmentioned=unmentioned)
    mentioned, other = positions_of([TWO_LINES, document]).lines
    assert _offered(mentioned) == [Decimal(100)]
    assert other.answer is not None
    assert (other.answer.answers, other.answer.offered) == ((word,), offered)


def test_several_lines_of_one_answer_for_one_order_line_are_one_answer() -> None:
    lines = (
        ConfirmationLine(
            line_number="10", offered=(OfferedPart(amount(82), date(2026, 12, 2)),), price=price("1")
        ),
        ConfirmationLine(
            line_number="0010", offered=(OfferedPart(amount(8), firm=False),), rejected=amount(4)
        ),
        ConfirmationLine(line_number="10", offered=(), rejected=amount(6), answers=(LineAnswer.REJECTED,)),
    )
    position = only(ORDER, _confirmation(lines))
    assert position.answer is not None
    assert _offered(position) == [Decimal(82), Decimal(8)]
    assert position.answer.rejected == amount(10)
    assert position.answer.price == price("1")


def test_one_unreadable_line_makes_the_whole_answer_to_the_order_line_unreadable() -> None:
    lines = (
        ConfirmationLine(line_number="10", offered=(OfferedPart(amount(82)),), price=price("1")),
        ConfirmationLine(line_number="10", offered=None, price=price("2")),
    )
    position = only(ORDER, _confirmation(lines))
    assert position.answer is not None
    assert position.answer.offered is None
    assert position.answer.price is None


def test_a_cancelled_answer_counts_as_never_sent() -> None:
    said = answer((82, "2026-12-02"), key="855-1")
    cancelled = with_purpose(said, Purpose.CANCEL, "2026-11-25 10:00")
    assert only(ORDER, said, cancelled).answer is None
    assert only(ORDER, said, cancelled).answered_at is None
    anew = with_purpose(said, Purpose.ORIGINAL, "2026-11-26 10:00")
    assert _offered(only(ORDER, anew, cancelled, said)) == [Decimal(82)]


def test_an_answer_to_another_order_is_nobody_s_business() -> None:
    other = answer((82, "2026-12-02"))
    content: Any = replace(other.content, order_number="77")  # type: ignore[call-arg]
    assert only(ORDER, replace(other, content=content)).answer is None


# --- goods and invoices ---


def test_the_newest_revision_of_each_ship_notice_receipt_and_invoice_counts() -> None:
    position = only(
        ORDER,
        ship_notice(60, said="2026-11-27 10:00", revision=1),
        ship_notice(50, said="2026-11-27 10:00"),
        ship_notice(40, "ASN-2", said="2026-11-26 10:00"),
        receipt(50, on="2026-12-01", revision=1),
        receipt(45, on="2026-12-01"),
        invoice(100, on="2026-12-01", revision=1),
        invoice(99, on="2026-12-01"),
    )
    assert [(f.notice, f.shipped) for f in position.shipments] == [
        ("ASN-2", amount(40)),
        ("ASN-1", amount(60)),
    ]
    assert [fact.received for fact in position.receipts] == [amount(50)]
    assert [fact.quantity for fact in position.invoices] == [amount(100)]


def test_a_cancelled_ship_notice_receipt_and_invoice_count_as_never_sent() -> None:
    notice, booked = ship_notice(60, said="2026-11-27 10:00"), receipt(60, on="2026-12-01")
    billed = invoice(60, on="2026-12-01")
    position = only(
        ORDER,
        with_purpose(notice, Purpose.CANCEL, "2026-11-28 10:00"),
        notice,
        with_purpose(booked, Purpose.CANCEL, "2026-12-02 10:00"),
        booked,
        with_purpose(billed, Purpose.CANCEL, "2026-12-02 10:00"),
        billed,
    )
    assert (position.shipments, position.receipts, position.invoices) == ((), (), ())


def test_a_billed_line_that_names_no_order_is_of_the_order_its_invoice_names() -> None:
    said = invoice(60, on="2026-12-01")
    assert isinstance(said.content, Invoice)
    lines = (replace(said.content.lines[0], order_number=None),)
    named = replace(said, content=replace(said.content, lines=lines, order_number=ORDER_NUMBER))
    assert [fact.quantity for fact in only(ORDER, named).invoices] == [amount(60)]


def test_a_ship_notice_is_final_when_it_says_so_or_has_shipped_what_the_supplier_counts_as_ordered() -> None:
    said = ship_notice(60, said="2026-11-27 10:00", final=True)
    counted = ship_notice(60, said="2026-11-27 10:00", shipped_to_date=amount(100), ordered=amount(100))
    open_still = ship_notice(60, said="2026-11-27 10:00", shipped_to_date=amount(60), ordered=amount(100))
    assert [only(ORDER, document).shipments[0].final for document in (said, counted, open_still)] == [
        True,
        True,
        False,
    ]


def test_a_receipt_without_a_line_number_is_matched_by_the_item_that_was_booked() -> None:
    booked = receipt(5, on="2026-12-09")
    content: Any = booked.content
    line = replace(content.lines[0], line_number=None, item="B")
    first, second = positions_of([TWO_LINES, replace(booked, content=replace(content, lines=(line,)))]).lines
    assert (first.receipts, len(second.receipts)) == ((), 1)


def test_a_line_that_was_removed_still_gets_what_arrives_for_it() -> None:
    without = order(lines=(order_line((100, "2026-12-02"), item="A"),), said="2026-11-21 09:00", revision=1)
    shipped = ship_notice(5, said="2026-11-27 10:00", line="20")
    positions = positions_of([TWO_LINES, without, shipped])
    assert [len(line.shipments) for line in positions.lines] == [0, 1]
    assert positions.unmatched == ()


def test_an_answer_to_a_line_that_was_removed_is_none_to_another_line_with_its_item() -> None:
    both = order(lines=tuple(order_line((10, "2026-12-02"), number=number, item="A") for number in LINES))
    without = order(lines=(order_line((10, "2026-12-02"), item="A"),), said="2026-11-25 09:00", revision=1)
    said = tuple(
        ConfirmationLine(
            line_number=number, ids=ItemIds(buyer="A"), offered=(OfferedPart(amount(8), date(2026, 12, 2)),)
        )
        for number in LINES
    )
    version = DocumentVersion(at("2026-11-24 10:00"))
    answered = heard("855", Confirmation(order_number=ORDER_NUMBER, version=version, lines=said))

    kept, removed = positions_of([both, answered, without]).lines
    assert kept.answer is not None
    assert [part.quantity.value for part in kept.answer.offered or ()] == [8]
    assert removed.answer is not None


def test_a_supplier_that_counts_lines_itself_is_not_taken_to_mean_a_line_that_was_removed() -> None:
    first = order(
        lines=(
            order_line((100, "2026-12-02"), number="10", item="A"),
            order_line((5, "2026-12-09"), number="2", item="B"),
        )
    )
    without = order(lines=(order_line((100, "2026-12-02"), item="A"),), said="2026-11-21 09:00", revision=1)
    shipped = ship_notice(5, said="2026-11-27 10:00", line="2", ids=ItemIds(buyer="A"))
    positions = positions_of([first, without, shipped])
    assert [len(line.shipments) for line in positions.lines] == [1, 0]


def test_a_line_that_was_removed_stays_as_it_last_was() -> None:
    more = order(
        lines=(
            order_line((100, "2026-12-02"), item="A"),
            order_line((7, "2026-12-09"), number="20", item="B"),
        ),
        said="2026-11-20 09:00",
        revision=1,
    )
    without = order(lines=(order_line((100, "2026-12-02"), item="A"),), said="2026-11-21 09:00", revision=2)
    assert positions_of([TWO_LINES, more, without]).lines[1].line.quantity == amount(7)


def test_the_earliest_first_saying_of_one_content_counts() -> None:
    said = answer((82, "2026-12-02"))
    earlier = replace(said, first_said_at=at("2026-11-22 10:00"))
    for documents in ([said, earlier], [earlier, said]):
        assert only(ORDER, *documents).answered_at == at("2026-11-22 10:00")


def test_of_two_documents_of_one_version_the_same_one_always_counts() -> None:
    one, other = answer((82, "2026-12-02"), key="855-1"), answer((90, "2026-12-02"), key="855-2")
    assert _offered(only(ORDER, one, other)) == _offered(only(ORDER, other, one))


def test_a_position_survives_being_kept_as_json() -> None:
    documents = [
        ORDER,
        answer((82, "2026-12-02"), words=(LineAnswer.CHANGED,), cost=price("182.40", "EUR")),
        ship_notice(60, said="2026-11-27 10:00", shipped_on="2026-11-27"),
        receipt(60, on="2026-12-01", damaged=1),
        invoice(60, on="2026-12-01"),
    ]
    position = only(*documents)
    assert from_builtins(to_builtins(position), LinePosition) == position


# --- what fits no line ---


def test_a_line_that_fits_none_is_told_with_its_reason_and_candidates() -> None:
    twice = order(
        lines=(order_line((1, "2026-12-02"), item="A"), order_line((2, "2026-12-09"), number="20", item="A"))
    )
    lines = (
        ShipNoticeLine(order_number=ORDER_NUMBER, line_number="7", shipped=amount(1)),
        ShipNoticeLine(
            order_number=ORDER_NUMBER, line_number=None, ids=ItemIds(buyer="A"), shipped=amount(1)
        ),
        ShipNoticeLine(order_number="another", line_number="7", shipped=amount(1)),
        ShipNoticeLine(order_number=None, line_number="10", shipped=amount(1)),
    )
    notice = ShipNotice(number="ASN-1", version=DocumentVersion(at("2026-11-27 10:00")), lines=lines)
    unmatched = positions_of([twice, heard("ASN-1", notice)]).unmatched
    assert [(line.index, line.reason, line.candidates) for line in unmatched] == [
        (0, NoMatch.NO_SUCH_LINE, ()),
        (1, NoMatch.SEVERAL_FIT, ("10", "20")),
        (3, NoMatch.NO_ORDER_NAMED, ()),
    ]
    assert {(line.kind, line.key) for line in unmatched} == {(DocumentKind.SHIP_NOTICE, "ASN-1")}


def test_only_the_newest_revision_of_a_document_has_unmatched_lines() -> None:
    wrong = answer((82, "2026-12-02"), number="7", key="855-1")
    right = answer((82, "2026-12-02"), number="10", key="855-1", said="2026-11-25 10:00")
    assert len(positions_of([ORDER, wrong]).unmatched) == 1
    assert positions_of([ORDER, right, wrong]).unmatched == ()


def _offered(position: LinePosition) -> list[Decimal]:
    assert position.answer is not None
    return [part.quantity.value for part in position.answer.offered or ()]


def _confirmation(lines: tuple[ConfirmationLine, ...]) -> HeardDocument:
    version = DocumentVersion(at("2026-11-24 10:00"))
    return heard("855-1", Confirmation(order_number=ORDER_NUMBER, version=version, lines=lines))


def test_a_line_that_names_no_order_is_left_to_the_first_order_its_document_names() -> None:
    notice = ship_notice(5, said="2026-11-27 10:00")
    content: Any = notice.content
    unnamed = replace(content.lines[0], order_number=None)

    def unmatched(*other: str) -> list[NoMatch]:
        lines = (unnamed, *(replace(unnamed, order_number=number) for number in other))
        document = replace(notice, content=replace(content, lines=lines))
        return [line.reason for line in positions_of([ORDER, document]).unmatched]

    assert unmatched() == [NoMatch.NO_ORDER_NAMED]
    assert unmatched(ORDER_NUMBER, "9999999999") == [NoMatch.NO_ORDER_NAMED]
    assert unmatched(ORDER_NUMBER, "0000000001") == []
