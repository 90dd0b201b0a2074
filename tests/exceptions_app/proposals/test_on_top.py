"""A decision on a line that another part of the same decision writes first. Pure."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from erp_connectors.canonical.commands import CommandKind, LineValues
from erp_connectors.canonical.values import Price, Quantity, SchedulePart
from exceptions_app.playbook.inputs import UnusableInputs
from exceptions_app.playbook.situation import LinePlan, Plan
from exceptions_app.policies.matrix import Facts
from exceptions_app.proposals.planning import Decision, on_top

HUNDRED = Quantity(Decimal(100), "EA")
NOW = LineValues(
    quantity=HUNDRED, schedule=(SchedulePart(HUNDRED, date(2026, 12, 2)),), price=Price(Decimal(10), "EUR")
)
LATER = replace(NOW, schedule=(SchedulePart(HUNDRED, date(2026, 12, 16)),))
DEARER = replace(NOW, price=Price(Decimal(12), "EUR"))


def decision(after: LineValues, number: str = "10") -> Decision:
    line = LinePlan(case_line_id=1, number=number, before=NOW, after=after)
    plan = Plan(lines=(line,), summary="x", command=CommandKind.CHANGE_PRICE)
    facts = Facts(
        type_code="price_mismatch",
        resolution="accept_price",
        company_id=1,
        supplier_id=1,
        categories=frozenset(),
        classes=frozenset(),
        amount=None,
        percent=None,
        days_later=0,
        charge=None,
    )
    return Decision(
        resolution=facts.resolution,
        plan=plan,
        inputs={},
        amount=None,
        percent=None,
        today=date(2026, 11, 24),
        facts=facts,
    )


def test_it_changes_what_it_changed_and_keeps_what_was_written_before() -> None:
    (line,) = on_top(decision(DEARER), {"10": LATER}).plan.lines

    assert line.before == LATER
    assert (line.after.schedule, line.after.price) == (LATER.schedule, DEARER.price)


def test_another_line_stays_as_it_was_planned() -> None:
    planned = decision(DEARER, number="20")

    assert on_top(planned, {"10": LATER}) == planned
    assert on_top(planned, {}) == planned


def test_one_value_does_not_change_twice() -> None:
    with pytest.raises(UnusableInputs, match="schedule would change twice"):
        on_top(decision(LATER), {"10": LATER})
