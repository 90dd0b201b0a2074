"""When an agreement holds, and what it moves."""

from dataclasses import replace

import pytest

from erp_connectors.canonical.documents import LineAnswer, OfferedPart
from erp_connectors.canonical.values import Price, SchedulePart
from exceptions_app.detection import examples as world
from exceptions_app.detection.agreement import AgreementKind, AgreementState
from exceptions_app.detection.agreements import fingerprint, values_of
from exceptions_app.detection.detect import detect
from exceptions_app.detection.examples import amount, answer, at, order, price, ship_notice, snapshot
from tests.builders.worlds import agreement, found, listed, scheduled

ORDER = order((100, "2026-12-02"))
SHORT = answer((82, "2026-12-02"), cost=price("182.40"))
FRIDAY = [order((100, "2026-11-27")), answer((100, "2026-11-27"), said="2026-11-20 10:00")]


def word(*documents: world.HeardDocument, **known: object) -> str | None:
    return fingerprint(snapshot(ORDER, *documents, **known).lines[0])  # type: ignore[arg-type]


# --- the supplier's word ---


def test_there_is_no_word_before_the_first_answer() -> None:
    assert word() is None


def test_a_word_fits_its_column() -> None:
    assert len(word(SHORT) or "") <= 64


@pytest.mark.parametrize(
    "same",
    [
        answer((82, "2026-12-02"), cost=price("182.40"), said="2026-11-25 10:00"),
        answer(("82.000", "2026-12-02"), cost=price("182.4", "EUR"), revision=1),
        answer((40, "2026-12-02"), (42, "2026-12-02"), cost=price("182.40", per="1"), revision=1),
        answer((82, "2026-12-02"), words=(LineAnswer.CHANGED,), cost=price("182.40"), revision=1),
        answer((82, "2026-12-02"), rejected=amount(0), cost=price("182.40"), revision=1),
        answer((82, "2026-12-02"), revision=1),  # a price that is not repeated still stands
        answer(is_unreadable=True, revision=1),
        answer((5, "2026-12-02"), unit="BX", revision=1),  # what nobody can read changes nothing
    ],
)
def test_equal_words_have_equal_fingerprints(same: world.HeardDocument) -> None:
    assert word(SHORT, same) == word(SHORT)


@pytest.mark.parametrize(
    "other",
    [
        answer((81, "2026-12-02"), cost=price("182.40"), revision=1),
        answer((82, "2026-12-03"), cost=price("182.40"), revision=1),
        answer((82, None), cost=price("182.40"), revision=1),
        answer((82, "2026-12-02"), cost=price("182.41"), revision=1),
        answer((82, "2026-12-02"), cost=price("182.40", "USD"), revision=1),
        answer((82, "2026-12-02"), cost=price("182.40", per="100"), revision=1),
        answer((82, "2026-12-02"), rejected=amount(18), cost=price("182.40"), revision=1),
        answer((82, "2026-12-02"), words=(LineAnswer.HELD,), cost=price("182.40"), revision=1),
        answer(offered=(OfferedPart(amount(82), firm=False),), cost=price("182.40"), revision=1),
    ],
)
def test_other_words_have_other_fingerprints(other: world.HeardDocument) -> None:
    assert word(SHORT, other) != word(SHORT)


# --- the ERP's values ---


@pytest.mark.parametrize(
    ("schedule", "holds"),
    [
        ([(18, "2026-12-16"), (82, "2026-12-02")], True),  # in another order
        ([(40, "2026-12-02"), (42, "2026-12-02"), (18, "2026-12-16")], True),  # a day in two parts
        ([(82, "2026-12-02"), (18, "2026-12-16"), (0, "2026-12-20")], True),  # an empty part
        ([(82, "2026-12-02"), (18, "2026-12-17")], False),
        ([(81, "2026-12-02"), (19, "2026-12-16")], False),
    ],
)
def test_the_erp_may_write_the_agreed_schedule_in_its_own_way(
    schedule: list[tuple[int, str]], holds: bool
) -> None:
    known = snapshot(ORDER, SHORT)
    after = scheduled(values_of(known.lines[0].position.line), (82, "2026-12-02"), (18, "2026-12-16"))
    made = [agreement(known, "quantity_short", quantity=18, agreed_on="2026-12-16", after=after)]
    written = order(*schedule, said="2026-11-24 12:00", revision=1)
    assert (found([ORDER, SHORT, written], "2026-11-24 13:00", made) == []) is holds


def test_the_erp_may_count_the_agreed_line_in_another_pack() -> None:
    known = snapshot(order((96, "2026-12-02")), answer((84, "2026-12-02")), packs={"CS": 12})
    made = [agreement(known, "quantity_short", quantity=12)]
    in_cases = order((8, "2026-12-02"), unit="CS", said="2026-11-24 12:00", revision=1, cost=price("2188.80"))
    documents = [order((96, "2026-12-02")), answer((84, "2026-12-02")), in_cases]
    assert found(documents, "2026-11-24 13:00", made, packs={"CS": 12}) == []


def test_a_price_that_moves_in_the_erp_does_not_touch_what_was_agreed_on_quantity() -> None:
    made = [agreement(snapshot(ORDER, SHORT), "quantity_short", quantity=18)]
    dearer = order((100, "2026-12-02"), said="2026-11-24 12:00", revision=1, cost=price("182.41", "EUR"))
    assert found([ORDER, SHORT, dearer], "2026-11-24 13:00", made) == []


def test_the_erp_may_state_the_agreed_price_on_another_basis() -> None:
    dear = answer((100, "2026-12-02"), cost=price("199.00"))
    known = snapshot(ORDER, dear)
    before = values_of(known.lines[0].position.line)
    after = replace(before, price=Price(price("199.00").amount, "EUR"))  # type: ignore[union-attr]
    made = [agreement(known, "price_mismatch", after=after)]
    per_hundred = order(
        (100, "2026-12-02"), said="2026-11-24 12:00", revision=1, cost=price("18240", per="100")
    )
    other = order((100, "2026-12-02"), said="2026-11-24 12:00", revision=1, cost=price("190", "EUR"))
    assert found([ORDER, dear, per_hundred], "2026-11-24 13:00", made) == []
    assert found([ORDER, dear, other], "2026-11-24 13:00", made) == [("price_mismatch", "100", "10")]


def test_a_unit_nobody_knows_equals_nothing() -> None:
    known = snapshot(ORDER, SHORT)
    before = values_of(known.lines[0].position.line)
    boxes = replace(before, schedule=(SchedulePart(amount(5, "BX"), world.date(2026, 12, 2)),))
    made = [replace(agreement(known, "quantity_short"), before=boxes, after=boxes)]
    assert found([ORDER, SHORT], "2026-11-24 13:00", made) == [("quantity_short", "18", "10")]


def test_an_agreement_is_about_its_own_line_only() -> None:
    lines = order(
        lines=(
            world.order_line((100, "2026-12-02"), item="A"),
            world.order_line((100, "2026-12-02"), number="20", item="B"),
        )
    )
    answers = [answer((82, "2026-12-02"), number="10"), answer((82, "2026-12-02"), number="20")]
    made = [agreement(snapshot(lines, *answers), "quantity_short", line="20")]
    assert found([lines, *answers], "2026-11-24 13:00", made) == [("quantity_short", "18", "10")]


# --- what it moves ---


def test_an_agreed_day_for_a_missing_notice_holds_for_the_delivery_too() -> None:
    made = [agreement(snapshot(*FRIDAY), "ship_notice_missing", agreed_on="2026-12-11")]
    assert found(FRIDAY, "2026-12-01 17:01", made) == []
    assert found(FRIDAY, "2026-12-09 17:01", made) == [("ship_notice_missing", "100", "10")]
    assert found(FRIDAY, "2026-12-14 17:01", made) == [("delivery_overdue", "100", "10")]


def test_a_wait_for_a_notice_does_not_hide_that_the_delivery_is_overdue() -> None:
    made = [
        agreement(snapshot(*FRIDAY), "ship_notice_missing", kind=AgreementKind.WAIT_UNTIL, until="2026-12-11")
    ]
    waiting = detect(snapshot(*FRIDAY), made, at("2026-11-26 12:00"))
    assert waiting.deviations == ()
    assert waiting.next_look is not None
    assert waiting.next_look <= at("2026-11-30 17:01")
    assert listed(detect(snapshot(*FRIDAY), made, waiting.next_look)) == [("delivery_overdue", "100", "10")]


def test_agreements_follow_the_piece_up_the_ladder_whatever_their_numbers() -> None:
    known = snapshot(ORDER, SHORT)
    missing = agreement(known, "quantity_short", quantity=18, agreed_on="2026-11-25", number=2)
    overdue = agreement(known, "delivery_overdue", quantity=18, agreed_on="2026-12-20", number=1)
    assert found([ORDER, SHORT], "2026-11-27 12:00", [missing]) == [("delivery_overdue", "18", "10")]
    assert found([ORDER, SHORT], "2026-11-27 12:00", [overdue, missing]) == []


def test_two_agreements_on_one_deviation_add_up() -> None:
    known = snapshot(ORDER, SHORT)
    made = [agreement(known, "quantity_short", quantity=10, number=n) for n in (1, 2)]
    assert found([ORDER, SHORT], "2026-11-24 13:00", made[:1]) == [("quantity_short", "8", "10")]
    assert found([ORDER, SHORT], "2026-11-24 13:00", made) == []


def test_goods_under_way_get_the_agreed_day_too() -> None:
    documents = [*FRIDAY, ship_notice(100, said="2026-11-25 10:00")]
    made = [agreement(snapshot(*documents), "delivery_overdue", agreed_on="2026-12-11")]
    assert found(documents, "2026-11-30 17:01") == [("delivery_overdue", "100", "10")]
    assert found(documents, "2026-11-30 17:01", made) == []
    assert found(documents, "2026-12-09 17:01", made) == []  # the notice has come
    assert found(documents, "2026-12-14 17:01", made) == [("delivery_overdue", "100", "10")]


def test_a_pending_decision_on_a_part_does_not_cover_the_whole() -> None:
    known = snapshot(ORDER, SHORT)
    part = agreement(known, "quantity_short", quantity=10, state=AgreementState.PENDING)
    detection = detect(known, [part], at("2026-11-24 13:00"))
    assert listed(detection) == [("quantity_short", "18", "10")]
    assert detection.covered_by_pending == ()


def test_an_active_and_a_pending_decision_cover_together() -> None:
    known = snapshot(ORDER, SHORT)
    active = agreement(known, "quantity_short", quantity=10)
    rest = agreement(known, "quantity_short", quantity=8, number=2, state=AgreementState.PENDING)
    detection = detect(known, [active, rest], at("2026-11-24 13:00"))
    assert detection.deviations == ()
    assert [(d.key, d.quantity) for d in detection.covered_by_pending] == [("quantity_short:10", 8)]


def test_a_pending_wait_that_ends_is_looked_at_again() -> None:
    unanswered = snapshot(ORDER)
    wait = agreement(
        unanswered,
        "confirmation_late",
        kind=AgreementKind.WAIT_UNTIL,
        until="2026-11-25",
        state=AgreementState.PENDING,
    )
    covered = detect(unanswered, [wait], at("2026-11-24 09:00"))
    assert (covered.deviations, [d.key for d in covered.covered_by_pending]) == ((), ["confirmation_late:10"])
    assert covered.next_look is not None
    assert listed(detect(unanswered, [wait], covered.next_look)) == [("confirmation_late", "100", "10")]
