"""Decisions on invoices, messages, streams and suppliers: what is agreed, what it costs, who is asked."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook.amount import amount_of
from tests.exceptions_app.playbook.test_resolutions import BILLED, plan, problems, situation

FREIGHT = replace(BILLED, number="freight")


def test_accepting_costs_what_is_billed_beyond_what_was_agreed() -> None:
    made = plan("accept_as_billed", {}, FREIGHT)
    (line,) = made.lines

    assert made.summary == "Accept as billed: freight"
    assert line.agreement is not None
    assert line.agreement.kind is AgreementKind.ACCEPTED
    assert amount_of(made.lines, situation(FREIGHT)) == Decimal("48.00")


def test_money_nobody_knows_is_covered_by_no_limit() -> None:
    unknown = replace(FREIGHT, at_stake=None)

    assert amount_of(plan("accept_as_billed", {}, unknown).lines, situation(unknown)) is None


def test_paying_less_is_a_task_of_finance() -> None:
    made = plan("short_pay", {}, FREIGHT)

    assert made.summary == "Pay 48.00 EUR less: freight"
    assert [(task.team, task.title) for task in made.tasks] == [
        ("FIN", "Pay 48.00 EUR less, and send a debit note")
    ]


def test_less_of_nobody_knows_how_much_cannot_be_paid() -> None:
    ((field, message),) = problems("short_pay", {}, replace(FREIGHT, at_stake=None))

    assert (field, message.startswith("freight: how much is to be left out is not known")) == ("", True)


@pytest.mark.parametrize("code", ["hold_until", "quiet_until"])
def test_a_hold_always_ends(code: str) -> None:
    made = plan(code, {"until": "2026-12-04"}, BILLED)

    assert made.lines[0].agreement is not None
    assert (made.lines[0].agreement.kind, made.lines[0].agreement.until) == (
        AgreementKind.WAIT_UNTIL,
        date(2026, 12, 4),
    )
    assert problems(code, {}, BILLED)[0][0] == "until"


def test_what_was_written_stands_in_the_decision() -> None:
    made = plan("return_document", {"why": "No order number"}, BILLED)

    assert made.summary == "Return to the supplier: 10 (No order number)"
    assert problems("return_document", {"why": " "}, BILLED) == [
        ("why", "What is wrong with it: write a few words.")
    ]


def test_a_plan_has_words_and_an_end() -> None:
    made = plan("improvement_plan", {"plan": "Second mill", "until": "2027-03-01"}, BILLED)

    assert made.summary == "Improvement plan until 2027-03-01: 10 (Second mill)"
