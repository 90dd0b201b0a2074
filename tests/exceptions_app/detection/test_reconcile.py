"""What changes, and why something healed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from erp_connectors.canonical.documents import InvoiceKind, OrderState
from erp_connectors.documents.heard import HeardDocument
from exceptions_app.detection import examples as world
from exceptions_app.detection import registry
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
)
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.reconcile import Changes, reconcile
from exceptions_app.policies.values import Direction, Limit, LimitState, Tolerance, ToleranceTable
from tests.builders.worlds import Desk, agreement

ORDER = order((100, "2026-12-02"))
SHORT = answer((82, "2026-12-02"))
FULL = answer((100, "2026-12-02"), said="2026-11-20 10:00")
FRIDAY = [order((100, "2026-11-27")), answer((100, "2026-11-27"), said="2026-11-20 10:00")]
LATE = answer((100, "2026-12-16"))
CANCELLED = order((100, "2026-12-02"), said="2026-11-26 10:00", revision=1, state=OrderState.CANCELLED)


def subject_of(key: str) -> Callable[..., Any]:
    """Return what makes the snapshot a key is found in: that of an invoice, or of the order."""
    return world.invoiced if key.startswith("invoice_") else snapshot


@pytest.mark.parametrize(
    ("documents", "opened_at", "more", "then", "key", "reason"),
    [
        ([ORDER], "2026-11-23 16:01", [FULL], "2026-11-24 10:00", "confirmation_late:10", Healing.ANSWERED),
        (
            [ORDER],
            "2026-11-23 16:01",
            [ship_notice(100, said="2026-11-24 09:00")],
            "2026-11-24 10:00",
            "confirmation_late:10",
            Healing.SHIPPED,
        ),
        (
            [ORDER],
            "2026-11-23 16:01",
            [receipt(100, on="2026-11-24")],
            "2026-11-24 18:00",
            "confirmation_late:10",
            Healing.RECEIVED,
        ),
        (
            [ORDER],
            "2026-11-23 16:01",
            [CANCELLED],
            "2026-11-26 11:00",
            "confirmation_late:10",
            Healing.CANCELLED,
        ),
        (
            [ORDER, SHORT],
            "2026-11-24 10:01",
            [order((82, "2026-12-02"), said="2026-11-24 11:00", revision=1)],
            "2026-11-24 12:00",
            "quantity_short:10",
            Healing.ERP_CHANGED,
        ),
        (
            [ORDER, SHORT],
            "2026-11-24 10:01",
            [answer((100, "2026-12-02"), revision=1)],
            "2026-11-24 12:00",
            "quantity_short:10",
            Healing.ANSWERED,
        ),
        (
            [ORDER, SHORT],
            "2026-11-24 10:01",
            [ship_notice(100, said="2026-11-24 11:00")],
            "2026-11-24 12:00",
            "quantity_short:10",
            Healing.SHIPPED,
        ),
        (
            [ORDER, LATE],
            "2026-11-24 10:01",
            [order((100, "2026-12-16"), said="2026-11-24 11:00", revision=1)],
            "2026-11-24 12:00",
            "date_later:10",
            Healing.ERP_CHANGED,
        ),
        (
            FRIDAY,
            "2026-11-25 17:01",
            [ship_notice(100, said="2026-11-26 07:10")],
            "2026-11-26 07:11",
            "ship_notice_missing:10",
            Healing.SHIPPED,
        ),
        (FRIDAY, "2026-11-25 17:01", [], "2026-11-30 17:01", "ship_notice_missing:10", Healing.PASSED_ON),
        (
            FRIDAY,
            "2026-11-30 17:01",
            [receipt(100, on="2026-12-01")],
            "2026-12-01 13:00",
            "delivery_overdue:10",
            Healing.RECEIVED,
        ),
        (
            [*FRIDAY, invoice(100, on="2026-11-27"), receipt(82, on="2026-11-27")],
            "2026-12-01 12:00",
            [invoice(18, "CN-1", on="2026-12-01", kind=InvoiceKind.CREDIT)],
            "2026-12-01 13:00",
            "invoice_quantity:4500010001:10",
            Healing.CREDITED,
        ),
        (
            [
                order((100, "2026-12-02"), cost=price("10", "EUR")),
                answer((100, "2026-12-02"), cost=price("15")),
            ],
            "2026-11-24 10:01",
            [order((100, "2026-12-02"), cost=price("15", "EUR"), said="2026-11-24 11:00", revision=1)],
            "2026-11-24 12:00",
            "price_mismatch:10",
            Healing.ERP_CHANGED,
        ),
    ],
)
def test_what_healed_is_cleared_with_its_reason(
    documents: list[HeardDocument],
    opened_at: str,
    more: list[HeardDocument],
    then: str,
    key: str,
    reason: Healing,
) -> None:
    desk, known = Desk(), subject_of(key)
    desk.evaluate(known(*documents), (), at(opened_at))
    assert key in desk.open
    desk.evaluate(known(*documents, *more), (), at(then))
    assert key not in desk.open
    assert (reason.value, key) in desk.history


def test_an_agreement_is_the_reason_when_it_covers() -> None:
    desk, known = Desk(), snapshot(ORDER, SHORT)
    desk.evaluate(known, (), at("2026-11-24 10:01"))
    desk.evaluate(known, [agreement(known, "quantity_short")], at("2026-11-24 11:00"))
    assert desk.history[-1] == (Healing.AGREED.value, "quantity_short:10")


def test_a_line_the_order_no_longer_has_is_cancelled() -> None:
    two = order(
        lines=(
            world.order_line((100, "2026-12-02"), item="A"),
            world.order_line((100, "2026-12-02"), number="20", item="B"),
        )
    )
    one = order(lines=(world.order_line((100, "2026-12-02"), item="A"),), said="2026-11-24 11:00", revision=1)
    desk = Desk()
    desk.evaluate(snapshot(two, answer((82, "2026-12-02"), number="20")), (), at("2026-11-23 10:01"))
    desk.evaluate(snapshot(two, one, answer((82, "2026-12-02"), number="20")), (), at("2026-11-23 12:00"))
    assert desk.history == [("open", "quantity_short:20"), (Healing.CANCELLED.value, "quantity_short:20")]


def test_a_wider_tolerance_clears_without_blaming_anybody() -> None:
    desk = Desk()
    desk.evaluate(snapshot(ORDER, SHORT), (), at("2026-11-24 10:01"))
    wide = Tolerance(percent=Limit(LimitState.VALUE, world.Decimal(20)))
    table = ToleranceTable({("quantity_short", Direction.UNDER): wide})
    desk.evaluate(snapshot(ORDER, SHORT, tolerances=table), (), at("2026-11-24 11:00"))
    assert desk.history[-1] == (Healing.PASSED_ON.value, "quantity_short:10")


def test_new_values_update_and_newer_evidence_only_refreshes() -> None:
    desk = Desk()
    first = desk.evaluate(snapshot(ORDER, SHORT), (), at("2026-11-24 10:01"))
    assert [d.key for d in first.to_open] == ["quantity_short:10"]
    shipped = ship_notice(50, said="2026-11-24 11:00")
    second = desk.evaluate(snapshot(ORDER, SHORT, shipped), (), at("2026-11-24 12:00"))
    assert (second.to_update, [d.key for d in second.to_refresh]) == ((), ["quantity_short:10"])
    fewer = answer((70, "2026-12-02"), revision=1)
    third = desk.evaluate(snapshot(ORDER, SHORT, shipped, fewer), (), at("2026-11-24 13:00"))
    assert [(d.key, d.quantity) for d in third.to_update] == [("quantity_short:10", 30)]
    assert third.to_open == ()


def test_what_cannot_be_seen_stays_as_it_is() -> None:
    open_before, closed_before = Desk(), Desk()
    open_before.evaluate(snapshot(ORDER), (), at("2026-11-23 16:01"))
    for sight in (world.hides("confirmations", "2026-11-23 15:30"), world.hides("confirmations", None)):
        for desk in (open_before, closed_before):
            desk.evaluate(snapshot(ORDER, sight=sight), (), at("2026-11-23 17:00"))
    assert list(open_before.open) == ["confirmation_late:10"]
    assert list(closed_before.open) == []


@pytest.mark.parametrize(
    ("stream", "documents", "when", "key"),
    [
        ("confirmations", [ORDER], "2026-11-23 16:01", "confirmation_late:10"),
        ("ship_notices", FRIDAY, "2026-11-25 17:01", "ship_notice_missing:10"),
        ("receipts", FRIDAY, "2026-11-30 17:01", "delivery_overdue:10"),
        ("ship_notices", FRIDAY, "2026-11-30 17:01", "delivery_overdue:10"),
        (
            "receipts",
            [*FRIDAY, ship_notice(100, said="2026-11-26 10:00"), receipt(90, on="2026-11-27")],
            "2026-11-30 17:01",
            "receipt_short:10",
        ),
        (
            "receipts",
            [
                *FRIDAY,
                ship_notice(100, said="2026-11-26 10:00"),
                receipt(90, on="2026-11-27"),
                invoice(100, on="2026-11-27"),
            ],
            "2026-11-30 17:01",
            "invoice_quantity:4500010001:10",
        ),
        (
            "receipts",
            [*FRIDAY, invoice(100, on="2026-11-27")],
            "2026-12-02 17:01",
            "invoice_before_receipt:4500010001:10",
        ),
    ],
)
def test_absence_is_judged_by_the_stream_that_would_have_told(
    stream: str, documents: list[HeardDocument], when: str, key: str
) -> None:
    def keys(until: str | None) -> tuple[bool, bool]:
        known = subject_of(key)(*documents, sight=world.hides(stream, until))
        detection = detect(known, (), at(when), [registry.exception_type(key.partition(":")[0])])
        return key in {d.key for d in detection.deviations}, key in detection.hidden

    seen_to_the_deadline = at(when).replace(minute=0).strftime("%Y-%m-%d %H:%M")
    assert keys(when) == (True, False)
    assert keys(seen_to_the_deadline) == (False, True)
    assert keys("2026-11-19 16:00") == (False, True)
    assert keys(None) == (False, True)


def test_blind_since_is_the_watermark_or_the_deadline_of_a_stream_never_read() -> None:
    read = detect(
        snapshot(ORDER, sight=world.hides("confirmations", "2026-11-23 15:30")), (), at("2026-11-24 08:00")
    )
    never = detect(snapshot(ORDER, sight=world.hides("confirmations", None)), (), at("2026-11-24 08:00"))
    early = detect(snapshot(ORDER, sight=world.hides("confirmations", None)), (), at("2026-11-20 08:00"))
    assert read.blind_since == at("2026-11-23 15:30")
    assert never.blind_since == at("2026-11-23 16:00")
    assert early.blind_since is None


def test_a_key_that_is_seen_to_deviate_is_not_hidden_though_a_part_of_it_is() -> None:
    twice = [order((50, "2026-11-27"), (50, "2026-12-04")), answer((50, "2026-11-27"), (50, "2026-12-04"))]
    sight = world.hides("ship_notices", "2026-11-26 12:00")
    detection = detect(snapshot(*twice, sight=sight), (), at("2026-12-02 17:01"))
    assert [(d.key, d.quantity) for d in detection.deviations] == [("ship_notice_missing:10", 50)]
    assert "ship_notice_missing:10" not in detection.hidden
    assert detection.blind_since == at("2026-11-26 12:00")


def test_a_notice_hidden_behind_a_blind_stream_is_not_looked_for_once_the_delivery_is_overdue() -> None:
    evening = replace(world.KASSEL, hours=dict.fromkeys(range(5), ((world.time(8), world.time(20)),)))
    known = snapshot(
        *FRIDAY,
        sight=world.hides("ship_notices", "2026-11-27 18:00"),
        terms=world.Terms(transit_days=0),
        tolerances=ToleranceTable(
            {("delivery_overdue", Direction.UNDER): Tolerance(amount=Limit(LimitState.ZERO))}
        ),
    )
    detection = detect(replace(known, supplier_calendar=evening), (), at("2026-11-27 21:00"))
    assert [d.key for d in detection.deviations] == ["delivery_overdue:10"]
    assert detection.hidden == frozenset()


def test_types_that_were_not_looked_for_are_left_alone() -> None:
    desk = Desk()
    desk.evaluate(snapshot(ORDER, SHORT), (), at("2026-11-24 10:01"))
    others = detect(
        snapshot(ORDER, FULL), (), at("2026-11-24 11:00"), [registry.exception_type("date_later")]
    )
    assert reconcile(desk.open.values(), others) == Changes()


def test_an_order_that_is_no_longer_watched_keeps_what_is_open() -> None:
    desk = Desk()
    desk.evaluate(snapshot(ORDER, SHORT), (), at("2026-11-24 10:01"))
    unwatched = replace(snapshot(ORDER, FULL), watched=False)
    assert reconcile(desk.open.values(), detect(unwatched, (), at("2026-11-24 11:00"))) == Changes()
