"""How the lines of a case look: the order beside what deviates, what was agreed, and by which rule."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.cases.case_page import LineView
from exceptions_app.cases.models import AgreementRow, Case, CaseLine
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.policies.values import LimitState
from exceptions_app.web import formats
from exceptions_app.web.comparison import Comparison, compare
from exceptions_app.web.labels import Text


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing of a line that is about no order: what was expected, and what is."""

    label: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWords:
    """One deviating line as one reads it."""

    number: str
    description: str
    item: str
    warehouse: str
    comparison: Comparison | None
    sayings: list[Saying]
    agreements: list[dict[str, str]]
    decided_by: str
    is_settled: bool
    is_cleared: bool
    cleared_reason: str

    @property
    def is_unanswered(self) -> bool:
        """True while there is nothing to set beside the order, and nothing was agreed."""
        return self.comparison is not None and self.comparison.is_only_ordered and not self.agreements


def line_words(view: LineView, case: Case, today: date) -> LineWords:
    """Return a line of a case as one reads it on `today`, a day of its company."""
    line, order_line = view.line, view.line.order_line
    comparison = (
        compare(view.position, factors=view.factors, type_code=case.type_code, today=today)
        if view.position
        else None
    )
    return LineWords(
        number=line.line_number or "–",
        description=order_line.description if order_line else "",
        item=order_line.item_number if order_line else "",
        warehouse=order_line.warehouse.name if order_line and order_line.warehouse else "",
        comparison=comparison,
        sayings=[] if comparison else _sayings(line),
        agreements=[{"text": agreement_words(agreement, line.unit)} for agreement in view.agreements],
        decided_by=decided_by(view),
        is_settled=line.settled_at is not None,
        is_cleared=line.cleared_at is not None,
        cleared_reason=line.cleared_reason,
    )


def _sayings(line: CaseLine) -> list[Saying]:
    """Return what a line says in its own words, each thing once."""
    names = dict.fromkeys([*line.actual, *line.expected])
    found = [
        Saying(name.replace("_", " ").capitalize(), _said(line.expected, name), _said(line.actual, name))
        for name in names
    ]
    return [saying for saying in found if saying.expected or saying.actual]


def _said(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None or isinstance(value, bool | dict) else str(value)


AGREEMENT_KINDS: dict[str, Text] = {
    "accepted": _("Accepted"),
    "waived": _("Waived"),
    "wait_until": _("We wait"),
    "credit": _("Credit expected"),
}
AGREEMENT_STATES: dict[str, Text] = {
    "pending": _("not in force until it is carried out"),
    "active": _("in force"),
    "void": _("void"),
}


def agreement_words(agreement: AgreementRow, unit: str) -> str:
    """Return what was agreed, in one line."""
    parts = [str(AGREEMENT_KINDS.get(agreement.kind, agreement.kind))]
    if agreement.quantity is not None:
        parts.append(formats.quantity(agreement.quantity, unit))
    if agreement.agreed_on:
        parts.append(gettext("on %(day)s") % {"day": formats.day(agreement.agreed_on)})
    if agreement.until:
        parts.append(gettext("until %(day)s") % {"day": formats.day(agreement.until)})
    state = agreement.void_reason or str(AGREEMENT_STATES.get(agreement.state, agreement.state))
    return f"{' '.join(parts)} · {state}"


def decided_by(view: LineView) -> str:
    """Return which tolerance, of which release, let the case open."""
    if view.tolerance is None:
        return gettext("By the standard tolerance of this type, under policy release %(number)s") % {
            "number": view.line.release.number
        }
    return gettext("Tolerance %(limits)s (%(scope)s), policy release %(number)s") % {
        "limits": _limits(view.tolerance),
        "scope": _scope(view.tolerance),
        "number": view.tolerance.release.number,
    }


def _limits(row: ToleranceRow) -> str:
    limits = []
    for state, value, suffix in (
        (row.percent_state, row.percent, " %"),
        (row.amount_state, row.amount, ""),
        (row.cap_state, row.cap, gettext(" at most")),
    ):
        if state == LimitState.ZERO:
            limits.append(f"0{suffix}")
        elif state == LimitState.VALUE:
            limits.append(f"{formats.number(value)}{suffix}")
    return ", ".join(limits) or gettext("not checked")


def _scope(row: ToleranceRow) -> str:
    named = [row.supplier and row.supplier.name, row.item_number, row.category]
    return ", ".join(name for name in named if name) or gettext("all lines")
