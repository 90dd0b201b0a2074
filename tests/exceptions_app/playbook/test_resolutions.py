"""What each resolution makes of a line, in the figures of scenario 1, and what it refuses in which words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp_connectors.canonical.commands import CommandKind, LineValues
from erp_connectors.canonical.documents import Confirmation, LineAnswer, OfferedPart
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import registry
from exceptions_app.playbook.amount import amount_of, percent_of
from exceptions_app.playbook.inputs import Inputs
from exceptions_app.playbook.situation import (
    CustomerOrder,
    KnownItem,
    LikelyLine,
    LineFacts,
    Part,
    Plan,
    QuantityBasis,
    Situation,
)

TODAY = date(2026, 11, 24)
REQUESTED = date(2026, 12, 2)
LATER = date(2026, 12, 16)


def parts(*pairs: tuple[str, date]) -> tuple[SchedulePart, ...]:
    return tuple(SchedulePart(Quantity(Decimal(value), "EA"), day) for value, day in pairs)


def values(*pairs: tuple[str, date], price: Price | None = None) -> LineValues:
    schedule = parts(*pairs)
    total = sum((part.quantity.value for part in schedule), Decimal(0))
    return LineValues(
        quantity=Quantity(total, "EA"),
        schedule=schedule,
        price=price or Price(Decimal("182.40"), "EUR", Decimal(1)),
    )


SHORT = LineFacts(
    case_line_id=1,
    number="10",
    values=values(("100", REQUESTED)),
    deviating=Decimal(18),
    offered=(OfferedPart(Quantity(Decimal(82), "EA"), REQUESTED),),
)
SECOND = replace(SHORT, case_line_id=2, number="20", deviating=Decimal(40))
UNANSWERED = replace(SHORT, deviating=Decimal(100), offered=None)


def situation(*lines: LineFacts, **changes: object) -> Situation:
    common = Situation(
        case_number="EX-1",
        type_code="quantity_short",
        order_number="4500010001",
        order_currency="EUR",
        company_currency="EUR",
        rates={},
        lines=lines or (SHORT,),
        as_of=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        today=TODAY,
        person="Bea Example",
    )
    return replace(common, **changes)  # type: ignore[arg-type]


def plan(code: str, inputs: dict[str, object], *lines: LineFacts) -> Plan:
    reading = Inputs(inputs, today=TODAY)
    made = registry.get(code).plan(situation(*lines), reading)
    assert made is not None, reading.problems
    return made


def problems(code: str, inputs: dict[str, object], *lines: LineFacts) -> list[tuple[str, str]]:
    reading = Inputs(inputs, today=TODAY)
    assert registry.get(code).plan(situation(*lines), reading) is None
    return [(problem.field, problem.message) for problem in reading.problems]


# --- split --------------------------------------------------------------------------------------------------


def test_a_split_keeps_what_is_offered_and_moves_the_rest() -> None:
    made = plan("split", {"rest_on": "2026-12-16"})
    (line,) = made.lines
    assert line.before == values(("100", REQUESTED))
    assert line.after == values(("82", REQUESTED), ("18", LATER))
    assert made.command is CommandKind.SPLIT_SCHEDULE
    assert line.agreement is not None
    assert (line.agreement.kind, line.agreement.quantity, line.agreement.agreed_on) == (
        AgreementKind.ACCEPTED,
        Decimal(18),
        LATER,
    )
    assert made.summary == "Split line 10: 82 EA on 2026-12-02, 18 EA on 2026-12-16"
    assert amount_of(made.lines, situation()) == Decimal("3283.20")
    assert percent_of(made.lines, situation()) == Decimal(18)


def test_a_split_takes_the_rest_from_the_latest_schedule_parts() -> None:
    line = replace(SHORT, values=values(("50", REQUESTED), ("50", date(2026, 12, 9))))
    made = plan("split", {"rest_on": "2026-12-16"}, line)
    assert made.lines[0].after == values(("50", REQUESTED), ("32", date(2026, 12, 9)), ("18", LATER))


def test_a_split_onto_a_day_the_order_has_joins_that_part() -> None:
    line = replace(SHORT, values=values(("50", REQUESTED), ("10", LATER), ("40", date(2026, 12, 20))))
    made = plan("split", {"rest_on": "2026-12-16"}, line)
    assert made.lines[0].after == values(("50", REQUESTED), ("28", LATER), ("22", date(2026, 12, 20)))


def test_lines_may_have_days_of_their_own() -> None:
    made = plan("split", {"rest_on": "2026-12-16", "rest_on:20": "2026-12-18"}, SHORT, SECOND)
    assert [line.after.schedule[-1].date for line in made.lines] == [LATER, date(2026, 12, 18)]
    assert amount_of(made.lines, situation(SHORT, SECOND)) == Decimal("182.40") * 58
    assert percent_of(made.lines, situation(SHORT, SECOND)) == Decimal(40)


@pytest.mark.parametrize("chosen", ["20", ["20"], " 20 "])
def test_a_decision_covers_only_the_chosen_lines(chosen: object) -> None:
    made = plan("split", {"rest_on": "2026-12-16", "lines": chosen, "rest_on:10": ""}, SHORT, SECOND)
    assert [line.number for line in made.lines] == ["20"]


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("", "The rest comes on: enter a date."),
        ("next week", "The rest comes on: “next week” is not a date; write it like 2026-12-16."),
        ("2026-02-30", "The rest comes on: “2026-02-30” is not a date; write it like 2026-12-16."),
        ("2026-11-23", "The rest comes on: 2026-11-23 has passed; today is 2026-11-24."),
        ("3026-12-16", "The rest comes on: 3026-12-16 is more than two years away."),
        ("2026-12-02", "Line 10: the order already has 2026-12-02 for the rest."),
    ],
)
def test_a_split_needs_a_day_that_can_be(entered: str, message: str) -> None:
    assert problems("split", {"rest_on": entered}) == [("rest_on", message)]


def test_a_line_that_is_not_open_cannot_be_chosen() -> None:
    assert problems("split", {"rest_on": "2026-12-16", "lines": "10,30"}) == [
        ("lines", "Line 30 is not open in this case; open are 10.")
    ]


def test_a_misspelt_input_does_not_pass_unseen() -> None:
    assert problems("split", {"rest_on": "2026-12-16", "rest_in": "x"}) == [
        ("rest_in", "“rest_in” is not asked for here.")
    ]


def test_nothing_can_be_decided_when_no_line_is_open() -> None:
    reading = Inputs({"rest_on": "2026-12-16"}, today=TODAY)
    assert registry.get("split").plan(replace(situation(), lines=()), reading) is None
    assert "No line is open for a decision." in [problem.message for problem in reading.problems]


@pytest.mark.parametrize("code", ["split", "reduce_line", "cancel_remainder"])
def test_an_unknown_quantity_is_never_decided_by_guessing(code: str) -> None:
    found = problems(
        code, {"rest_on": "2026-12-16"} if code == "split" else {}, replace(SHORT, deviating=None)
    )
    assert ("", "Line 10: how much is missing is not known.") in found


# --- reduce and cancel --------------------------------------------------------------------------------------


def test_reducing_cuts_the_line_to_what_is_offered() -> None:
    made = plan("reduce_line", {"quantity": "82"})
    assert made.lines[0].after == values(("82", REQUESTED))
    assert made.command is CommandKind.CHANGE_QUANTITY
    assert made.lines[0].agreement is not None
    assert made.lines[0].agreement.quantity == 18
    assert made.summary == "Reduce line 10 from 100 EA to 82 EA"
    assert amount_of(made.lines, situation()) == Decimal("3283.20")


@pytest.mark.parametrize("entered", ["80", "80 EA", "80.0", " 80 "])
def test_a_quantity_is_read_however_it_is_written(entered: str) -> None:
    assert plan("reduce_line", {"quantity": entered}).lines[0].after == values(("80", REQUESTED))


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("", "New quantity: enter a quantity in EA."),
        ("eighty", "New quantity: “eighty” is not a number; write it like 82 or 82.5."),
        ("82,5", "New quantity: “82,5” is not a number; write it like 82 or 82.5."),
        ("NaN", "New quantity: “NaN” is not a quantity."),
        ("Infinity", "New quantity: “Infinity” is not a quantity."),
        ("-Infinity", "New quantity: “-Infinity” is not a quantity."),
        ("1e400", "New quantity: “1e400” is not a quantity."),
        ("0", "New quantity: enter more than zero."),
        ("-5", "New quantity: enter more than zero."),
        ("-0", "New quantity: enter more than zero."),
        ("0.0000001", "New quantity: at most six decimals."),
        ("83", "New quantity: 83 EA is more than 82 EA, which is the most."),
        ("7 CS", "New quantity: the line is ordered in EA, not in CS."),
        ("9", "Line 10: 10 EA are already shipped or received."),
    ],
)
def test_reducing_needs_a_quantity_that_can_be(entered: str, message: str) -> None:
    line = replace(SHORT, delivered=Decimal(10))
    assert problems("reduce_line", {"quantity": entered}, line) == [("quantity", message)]


def test_a_line_of_which_nothing_is_offered_is_cancelled_not_reduced() -> None:
    (problem,) = problems("reduce_line", {"quantity": "1"}, replace(SHORT, deviating=Decimal(100)))[:1]
    assert problem == ("", "Line 10: nothing is offered; cancel the remainder instead.")


def test_cancelling_keeps_what_is_offered() -> None:
    made = plan("cancel_remainder", {})
    assert made.lines[0].after == values(("82", REQUESTED))
    assert made.command is CommandKind.CANCEL_REMAINDER
    assert made.summary == "Cancel the rest of line 10 above 82 EA"


def test_cancelling_never_goes_below_what_is_delivered() -> None:
    made = plan("cancel_remainder", {}, replace(SHORT, delivered=Decimal(90)))
    assert made.lines[0].after == values(("90", REQUESTED))


def test_a_line_of_which_nothing_stays_is_cancelled_whole() -> None:
    made = plan("cancel_remainder", {}, replace(SHORT, deviating=Decimal(100)))
    assert made.command is CommandKind.CANCEL_LINE
    assert made.lines[0].after == replace(values(("100", REQUESTED)), cancelled=True)
    assert amount_of(made.lines, situation()) == Decimal("18240.00")


def test_a_delivered_line_has_no_remainder_to_cancel() -> None:
    assert problems("cancel_remainder", {}, replace(SHORT, delivered=Decimal(100))) == [
        ("", "Line 10: everything ordered is already shipped or received.")
    ]


# --- wait and confirm ---------------------------------------------------------------------------------------


def test_waiting_changes_nothing_and_always_ends() -> None:
    made = plan("wait_until", {"until": "2026-12-01"}, UNANSWERED)
    (line,) = made.lines
    assert line.before == line.after
    assert made.command is None
    assert made.documents == ()
    assert line.agreement is not None
    assert (line.agreement.kind, line.agreement.until, line.agreement.quantity) == (
        AgreementKind.WAIT_UNTIL,
        date(2026, 12, 1),
        Decimal(100),
    )
    assert amount_of(made.lines, situation()) == 0
    assert problems("wait_until", {}, UNANSWERED) == [("until", "Wait until: enter a date.")]


def test_confirming_on_behalf_enters_a_confirmation_and_writes_nothing() -> None:
    made = plan("confirm_on_behalf", {"confirmed_on": "2026-12-16", "quantity": "100"}, UNANSWERED)
    assert made.command is None
    (confirmation,) = made.documents
    assert isinstance(confirmation, Confirmation)
    assert confirmation.on_behalf_by == "Bea Example"
    (line,) = confirmation.lines
    assert line.offered == (OfferedPart(Quantity(Decimal(100), "EA"), LATER),)
    assert line.answers == (LineAnswer.CHANGED,)
    assert made.lines[0].agreement is None
    assert amount_of(made.lines, situation(UNANSWERED)) == Decimal("18240.00")


def test_confirming_as_ordered_costs_nothing() -> None:
    made = plan("confirm_on_behalf", {"confirmed_on": "2026-12-02", "quantity": "100"}, UNANSWERED)
    (confirmation,) = made.documents
    assert isinstance(confirmation, Confirmation)
    assert confirmation.lines[0].answers == (LineAnswer.ACCEPTED,)
    assert amount_of(made.lines, situation(UNANSWERED)) == 0


def test_confirming_less_than_ordered_counts_what_is_missing() -> None:
    made = plan("confirm_on_behalf", {"confirmed_on": "2026-12-02", "quantity": "82"}, UNANSWERED)
    assert amount_of(made.lines, situation(UNANSWERED)) == Decimal("3283.20")


def test_confirming_a_raised_line_keeps_the_earlier_answer() -> None:
    raised = replace(UNANSWERED, deviating=Decimal(20), offered=(OfferedPart(Quantity(Decimal(80), "EA")),))
    made = plan("confirm_on_behalf", {"confirmed_on": "2026-12-16", "quantity": "20"}, raised)
    (confirmation,) = made.documents
    assert isinstance(confirmation, Confirmation)
    assert confirmation.lines[0].offered == (
        OfferedPart(Quantity(Decimal(80), "EA")),
        OfferedPart(Quantity(Decimal(20), "EA"), LATER),
    )
    assert made.lines[0].after == values(("80", REQUESTED), ("20", LATER))


def test_all_problems_are_told_at_once() -> None:
    assert problems("confirm_on_behalf", {"confirmed_on": "2026-11-01", "quantity": "101"}, UNANSWERED) == [
        ("confirmed_on", "Confirmed for: 2026-11-01 has passed; today is 2026-11-24."),
        ("quantity", "Confirmed quantity: 101 EA is more than 100 EA, which is the most."),
    ]


# --- what every resolution keeps ----------------------------------------------------------------------------

LATE = replace(
    SHORT,
    deviating=Decimal(60),
    parts=(
        Part(quantity=Decimal(40), wanted=REQUESTED, expected=REQUESTED),
        Part(quantity=Decimal(60), wanted=REQUESTED, expected=LATER, deviates=True),
    ),
)
DEARER = replace(
    SHORT,
    deviating=Decimal(100),
    stated_price=Price(Decimal("190.00"), "EUR", Decimal(1), "EA"),
    difference=Decimal("760.00"),
    at_stake=Decimal("760.00"),
    names_no_basis=True,
    other_count=QuantityBasis.OPEN,
)
BOXED = replace(SHORT, unknown_units=("BX",), base_unit="EA")
ORDERED_ANEW = replace(
    SHORT,
    item="SEAL-KIT",
    delivered=Decimal(100),
    counts_as_delivered=True,
    likely=LikelyLine(
        number="30",
        currency="EUR",
        item="GASKET",
        quantity=Quantity(Decimal(18), "EA"),
        find_item={"GASKET": KnownItem(number="GASKET", factors={"EA": Decimal(1)})}.get,
    ),
    customers=(
        CustomerOrder(number="SO-881", customer="Kern", customer_class="A", due_on=date(2026, 12, 3)),
    ),
)
CANCELLED = replace(SHORT, values=replace(SHORT.values, cancelled=True))
ENTERED = {
    "rest_on": "2026-12-16",
    "until": "2026-12-16",
    "date": "2026-12-09",
    "cost": "45.00",
    "amount": "100.00",
    "source": "Warehouse Hamburg",
    "shipped_on": "2026-11-23",
    "expected_on": "2026-12-01",
    "tracking": "",
    "holds_BX": "12",
    "why": "They said so",
    "plan": "Another mill",
    "per": "100",
    "what": "The agreed days",
    "price": "12.50",
    "orders": "SO-881",
    "text": "It comes a week later.",
}
BILLED = replace(
    SHORT,
    values=LineValues(quantity=Quantity(Decimal(0), ""), schedule=(), price=None),
    deviating=None,
    at_stake=Decimal("48.00"),
    currency="EUR",
)
WRITES_NOTHING = {
    "inform_customers",
    "reject_line",
    "review_agreement",
    "accept_notice",
    "accrue",
    "add_conversion",
    "debit_note",
    "settle_answer",
    "accept_as_billed",
    "hold_until",
    "ignore_message",
    "improvement_plan",
    "not_a_duplicate",
    "quiet_until",
    "return_document",
    "send_back",
    "set_basis",
    "set_quantity_basis",
    "short_pay",
    "accept_discount",
    "accept_price_once",
    "claim",
    "confirm_on_behalf",
    "hold_to_order",
    "record_shipment",
    "recount",
    "refuse_delivery",
    "replacement",
    "return_goods",
    "treat_as_mismatch",
    "wait_until",
}


@pytest.mark.parametrize("code", sorted(registry.RESOLUTIONS))
@pytest.mark.parametrize(
    "line",
    [SHORT, UNANSWERED, replace(SHORT, delivered=Decimal(30)), LATE, DEARER, CANCELLED, BOXED, ORDERED_ANEW],
)
def test_the_fields_of_a_resolution_are_all_it_needs(code: str, line: LineFacts) -> None:
    resolution = registry.get(code)
    entered = {field.name: field.initial or ENTERED[field.name] for field in resolution.fields(line)}
    reading = Inputs(entered, today=TODAY)
    made = resolution.plan(situation(line), reading)
    if made is None:
        assert {problem.field for problem in reading.problems} <= {"", *entered}
        return
    (planned,) = made.lines
    assert planned.before == line.values
    assert sum(part.quantity.value for part in planned.after.schedule) == planned.after.quantity.value
    changes_nothing = planned.before == planned.after and planned.added is None
    assert (made.command is None) == (code in WRITES_NOTHING or changes_nothing)
    assert len(made.summary) < 500


@pytest.mark.parametrize("code", sorted(registry.RESOLUTIONS))
def test_every_resolution_is_possible_on_some_line(code: str) -> None:
    resolution = registry.get(code)
    made = []
    for line in (SHORT, UNANSWERED, LATE, DEARER, CANCELLED, BOXED, ORDERED_ANEW):
        entered = {field.name: field.initial or ENTERED[field.name] for field in resolution.fields(line)}
        made.append(resolution.plan(situation(line), Inputs(entered, today=TODAY)))
    assert any(made)
