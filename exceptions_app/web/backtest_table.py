"""What a backtest found as a table to take away."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from exceptions_app.backtest.models import BacktestCase
from exceptions_app.web import labels
from exceptions_app.web.backtest_view import effects_of
from exceptions_app.web.tables import Value
from exceptions_app.web.types import type_label


def heads() -> list[str]:
    """Return the heads of the columns."""
    return [
        gettext("Effect"),
        gettext("Type"),
        gettext("Headline"),
        gettext("Company"),
        gettext("Supplier"),
        gettext("Order"),
        gettext("Case"),
        gettext("Value, difference"),
        gettext("Expected loss, difference"),
        gettext("Currency"),
        *(f"{word}, {side}" for side in (gettext("now"), gettext("as tried")) for word in _side_heads()),
    ]


def _side_heads() -> list[str]:
    words = ("Opened", "Closed", "Lines", "Team", "Severity", "Value", "Expected loss", "Due", "Overdue")
    return [gettext(word) for word in words]


def values(case: BacktestCase) -> list[Value]:
    """Return the row of a case: what it is, and how it stands under both rules."""
    return [
        ", ".join(map(str, effects_of(case))),
        type_label(case.type_code),
        case.headline,
        case.company.name,
        case.supplier.name if case.supplier else None,
        case.number,
        case.case,
        case.amount,
        case.expected_loss,
        case.company.currency,
        *_side_values(case.live),
        *_side_values(case.tried),
    ]


def _side_values(side: dict[str, Any] | None) -> list[Value]:
    if side is None:
        return [None] * 9
    return [
        datetime.fromisoformat(side["opened_at"]),
        datetime.fromisoformat(side["closed_at"]) if side["closed_at"] else None,
        ", ".join(side["lines"]),
        side["team"],
        labels.severity_label(side["severity"]),
        side["amount"],
        side["expected_loss"],
        datetime.fromisoformat(side["due_at"]) if side["due_at"] else None,
        gettext("yes") if side["is_overdue"] else gettext("no"),
    ]
