"""Decisions on dates, prices, quantities beyond the order and goods that cannot be used, line by line."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.commands import CommandKind
from erp_connectors.canonical.documents import ShipNotice
from erp_connectors.canonical.values import DateKind, Price, Quantity
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.amount import amount_of
from exceptions_app.playbook.schedules import rescheduled, total
from exceptions_app.playbook.situation import LineFacts, Part, Plan
from tests.exceptions_app.playbook.test_resolutions import (
    CANCELLED,
    DEARER,
    LATE,
    LATER,
    REQUESTED,
    SHORT,
    plan,
    problems,
    situation,
    values,
)

PRICE = Decimal("182.40")
ALL_LATE = replace(
    SHORT,
    deviating=Decimal(100),
    parts=(Part(quantity=Decimal(100), wanted=REQUESTED, expected=LATER, deviates=True),),
)


def amount(made: Plan, *lines: LineFacts) -> Decimal | None:
    return amount_of(made.lines, situation(*lines))


# --- dates --------------------------------------------------------------------------------------------------


def test_accepting_a_date_moves_the_whole_line() -> None:
    made = plan("accept_date", {}, ALL_LATE)
    assert made.lines[0].after == values(("100", LATER))
    assert made.command is CommandKind.CHANGE_DATE
    assert made.summary == "Accept the date, line 10: 100 EA on 2026-12-16"
    assert amount(made, ALL_LATE) == PRICE * 100


def test_accepting_a_split_leaves_the_part_in_time_where_it_is() -> None:
    made = plan("accept_date", {}, LATE)
    assert made.lines[0].after == values(("40", REQUESTED), ("60", LATER))
    assert made.command is CommandKind.SPLIT_SCHEDULE
    assert amount(made, LATE) == PRICE * 60


def test_a_date_nobody_stated_cannot_be_accepted() -> None:
    unknown = replace(LATE, parts=tuple(replace(part, expected=None) for part in LATE.parts))
    assert problems("accept_date", {}, unknown) == [
        ("", "Line 10: nobody has said when it comes; enter a new date instead.")
    ]


def test_a_schedule_that_would_lose_quantity_is_refused() -> None:
    nowhere = Part(quantity=Decimal(40), wanted=None)
    lossy = replace(LATE, parts=(nowhere, LATE.parts[1]))
    ((field, message),) = problems("accept_date", {}, lossy)
    assert field == ""
    assert message.startswith("Line 10: the parts on their days add up to 60 EA, and 100 EA are ordered.")


def test_a_ship_date_stays_a_ship_date() -> None:
    shipped = replace(
        ALL_LATE,
        parts=(replace(ALL_LATE.parts[0], wanted_kind=DateKind.SHIP, expected_kind=DateKind.SHIP),),
    )
    (part,) = plan("accept_date", {}, shipped).lines[0].after.schedule
    assert (part.date, part.date_kind) == (LATER, DateKind.SHIP)


def test_a_new_date_is_agreed_for_what_is_missing() -> None:
    made = plan("new_date", {"date": "2026-12-09"}, LATE)
    (line,) = made.lines
    assert line.after == values(("40", REQUESTED), ("60", date(2026, 12, 9)))
    assert line.agreement is not None
    assert (line.agreement.kind, line.agreement.agreed_on) == (AgreementKind.ACCEPTED, date(2026, 12, 9))


def test_expediting_onto_another_day_changes_the_order_and_costs_money() -> None:
    made = plan("expedite", {"date": "2026-12-04", "cost": "450"}, ALL_LATE)
    assert made.lines[0].after == values(("100", date(2026, 12, 4)))
    assert made.command is CommandKind.CHANGE_DATE
    assert amount(made, ALL_LATE) == PRICE * 100 + 450


def test_expediting_onto_the_ordered_day_waits_for_it_and_costs_only_the_agreed_money() -> None:
    made = plan("expedite", {"date": "2026-12-02", "cost": "450.00"}, ALL_LATE)
    (line,) = made.lines
    assert made.command is None
    assert line.agreement is not None
    assert (line.agreement.kind, line.agreement.until) == (AgreementKind.WAIT_UNTIL, REQUESTED)
    assert amount(made, ALL_LATE) == 450


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("", "Cost: enter an amount."),
        ("much", "Cost: “much” is not an amount; write it like 450.00."),
        ("-1", "Cost: “-1” is not an amount of zero or more."),
        ("NaN", "Cost: “NaN” is not an amount of zero or more."),
        ("1.005", "Cost: at most two decimals."),
    ],
)
def test_a_cost_is_an_exact_amount(entered: str, message: str) -> None:
    assert problems("expedite", {"date": "2026-12-04", "cost": entered}, ALL_LATE) == [("cost", message)]


@given(
    st.lists(
        st.tuples(st.integers(1, 500), st.dates(date(2026, 12, 1), date(2026, 12, 20)), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_moving_parts_never_changes_their_sum(parts: list[tuple[int, date, bool]]) -> None:
    made = rescheduled(
        [
            Part(quantity=Decimal(quantity), wanted=day, expected=LATER, deviates=deviates)
            for quantity, day, deviates in parts
        ],
        "EA",
        lambda part: (LATER, DateKind.DELIVERY) if part.deviates else None,
    )
    assert total(made) == sum(quantity for quantity, _, _ in parts)
    assert [part.date for part in made] == sorted({part.date for part in made})


# --- prices -------------------------------------------------------------------------------------------------


def test_accepting_a_price_changes_the_order_and_costs_the_difference() -> None:
    made = plan("accept_price", {}, DEARER)
    assert made.command is CommandKind.CHANGE_PRICE
    assert made.lines[0].after.price == Price(Decimal("190.00"), "EUR", Decimal(1), "EA")
    assert amount(made, DEARER) == Decimal("760.00")


def test_accepting_a_price_once_leaves_the_order_as_it_is() -> None:
    made = plan("accept_price_once", {}, DEARER)
    assert made.command is None
    assert made.lines[0].after == made.lines[0].before
    assert made.summary == "Accept another price this time, line 10 by +760.00 EUR"
    assert amount(made, DEARER) == Decimal("760.00")


def test_a_cheaper_price_counts_as_much_as_a_dearer_one() -> None:
    cheaper = replace(DEARER, difference=Decimal("-760.00"))
    assert amount(plan("accept_price", {}, cheaper), cheaper) == Decimal("760.00")


def test_money_in_the_currency_of_the_order_is_measured_in_the_company_s() -> None:
    made = plan("accept_price_once", {}, DEARER)
    facts = situation(DEARER, order_currency="USD", rates={"USD": Decimal("0.90")})
    assert amount_of(made.lines, facts) == Decimal("684.00")
    assert amount_of(made.lines, situation(DEARER, order_currency="GBP")) is None


@pytest.mark.parametrize("code", ["accept_price", "accept_price_once"])
def test_a_price_that_cannot_be_compared_is_disputed_not_accepted(code: str) -> None:
    assert problems(code, {}, replace(DEARER, difference=None)) == [
        ("", "Line 10: the stated price cannot be compared with the order's; dispute it.")
    ]


# --- more than ordered --------------------------------------------------------------------------------------


def test_raising_a_line_orders_what_is_too_much_on_its_last_day() -> None:
    made = plan("raise_line", {})
    assert made.lines[0].after == values(("118", REQUESTED))
    assert made.command is CommandKind.CHANGE_QUANTITY
    assert made.summary == "Raise line 10 from 100 EA to 118 EA"
    assert amount(made) == PRICE * 18


def test_holding_to_the_order_writes_nothing_and_costs_nothing() -> None:
    made = plan("hold_to_order", {})
    assert made.command is None
    assert amount(made) == 0


# --- goods that cannot be used ------------------------------------------------------------------------------


def test_a_claim_expects_what_is_missing_at_the_order_s_price() -> None:
    made = plan("claim", {"amount": "3283.20"})
    (line,) = made.lines
    assert line.agreement is not None
    assert (line.agreement.kind, line.agreement.quantity) == (AgreementKind.CREDIT, Decimal(18))
    assert made.summary == "Claim 3,283.20 EUR for line 10"
    assert amount(made) == Decimal("3283.20")


def test_a_discount_is_at_most_what_the_goods_are_worth() -> None:
    assert problems("accept_discount", {"amount": "3283.21"}) == [
        ("amount", "Line 10: the goods are worth 3,283.20; claim a credit instead.")
    ]


def test_returned_goods_are_a_task_of_the_warehouse_and_a_credit() -> None:
    made = plan("return_goods", {})
    assert [(task.team, task.title) for task in made.tasks] == [
        ("WHS", "Return 18 EA of line 10, order 4500010001")
    ]
    assert amount(made) == Decimal("3283.20")


def test_goods_without_a_price_are_worth_nobody_knows_what() -> None:
    unpriced = replace(SHORT, values=replace(SHORT.values, price=None))
    assert amount(plan("return_goods", {}, unpriced), unpriced) is None


def test_a_recount_is_a_task_with_an_end() -> None:
    made = plan("recount", {"until": "2026-11-27"})
    assert made.lines[0].agreement is not None
    assert made.lines[0].agreement.kind is AgreementKind.WAIT_UNTIL
    assert [task.title for task in made.tasks] == ["Count again: order 4500010001, line 10"]


def test_sourcing_elsewhere_cancels_here_and_asks_planning() -> None:
    made = plan("source_elsewhere", {"source": " Warehouse   Hamburg "}, replace(SHORT, item="SEAL-KIT"))
    assert made.command is CommandKind.CANCEL_REMAINDER
    assert [(task.team, task.title) for task in made.tasks] == [
        ("PLN", "Get 18 EA of SEAL-KIT from Warehouse Hamburg")
    ]


def test_words_are_a_line_that_can_be_read() -> None:
    too_long = "x" * 201
    for entered in (too_long, "a\x07b"):
        ((field, message),) = problems("source_elsewhere", {"source": entered})
        assert (field, message) == (
            "source",
            "From where instead: at most 200 characters that can be read.",
        )
    assert problems("source_elsewhere", {"source": "  "}) == [
        ("source", "From where instead: write a few words.")
    ]


# --- cancelled lines, and shipments -------------------------------------------------------------------------


def test_a_cancelled_line_is_opened_again_as_it_was() -> None:
    made = plan("reinstate", {}, CANCELLED)
    assert made.lines[0].after == SHORT.values
    assert made.command is CommandKind.CHANGE_QUANTITY


def test_a_cancelled_order_is_not_opened_from_here() -> None:
    assert problems("reinstate", {}, SHORT)[0][1].startswith("Line 10: the whole order is cancelled")


def test_a_recorded_shipment_is_a_ship_notice_of_the_line() -> None:
    entered = {
        "quantity": "18",
        "shipped_on": "2026-11-23",
        "expected_on": "2026-11-26",
        "tracking": "1Z 999",
    }
    made = plan("record_shipment", entered)
    (notice,) = made.documents
    assert isinstance(notice, ShipNotice)
    (line,) = notice.lines
    assert (line.order_number, line.line_number, line.shipped) == (
        "4500010001",
        "10",
        Quantity(Decimal(18), "EA"),
    )
    assert (notice.shipped_on, notice.expected_on, notice.tracking) == (
        date(2026, 11, 23),
        date(2026, 11, 26),
        "1Z 999",
    )
    assert amount(made) == 0


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("2026-11-25", "Shipped on: 2026-11-25 is yet to come; today is 2026-11-24."),
        ("2025-11-20", "Shipped on: 2025-11-20 is more than a year ago."),
        ("yesterday", "Shipped on: “yesterday” is not a date; write it like 2026-12-16."),
    ],
)
def test_a_shipment_has_left_already(entered: str, message: str) -> None:
    inputs = {"quantity": "18", "shipped_on": entered, "expected_on": "2026-11-26"}
    assert problems("record_shipment", inputs) == [("shipped_on", message)]


def test_no_more_is_shipped_than_is_still_to_come() -> None:
    inputs = {"quantity": "31", "shipped_on": "2026-11-23", "expected_on": "2026-11-26"}
    assert problems("record_shipment", inputs, replace(SHORT, delivered=Decimal(70))) == [
        ("quantity", "Shipped quantity: 31 EA is more than 30 EA, which is the most.")
    ]
