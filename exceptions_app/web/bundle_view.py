"""How one decision over several cases looks before it is proposed: every line, every amount, who agrees."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.people.models import User
from exceptions_app.proposals.together import Part, Whole, decidable
from exceptions_app.web import formats
from exceptions_app.web.resolution_view import resolution_label, resolutions_of
from exceptions_app.web.values_view import amount_words, values_lines


def whole_words(whole: Whole) -> dict[str, Any]:
    """Return what a decision would do, in words: case by case, and what it comes to."""
    return {
        "problems": [f"{case.number}: {problem.message}" for case, problem in whole.problems],
        "amount": amount_words(whole.amount, whole.currency),
        "lines": formats.number(whole.lines),
        "cases": cases_in_words(len(whole.parts)),
        "needs": [
            f"{need.label} ({formats.listed([str(person) for person in need.people]) or gettext('nobody')})"
            for need in whole.needs
        ],
        "parts": [_part(part, whole.currency) for part in whole.parts if part.decision is not None],
    }


def deciding_together(order_id: int, person: User) -> dict[str, str] | None:
    """Return the way to one decision over an order's cases; None where less than two are the person's."""
    count = len(decidable_of_order(order_id, person))
    if count < 2:
        return None
    return {
        "url": reverse("web:order_decide", args=[order_id]),
        "label": gettext("Decide on all %(n)s open cases of this order") % {"n": formats.number(count)},
    }


def decidable_of_order(order_id: int, person: User) -> list[tuple[Case, list[CaseLine]]]:
    """Return the open cases of an order the person may decide and something resolves, with their lines."""
    found = decidable(Case.objects.filter(order=order_id), person)
    return [(case, lines) for case, lines in found if resolutions_of(case)]


def cases_in_words(count: int) -> str:
    """Return a number of cases as one says it."""
    return ngettext("%(n)s case", "%(n)s cases", count) % {"n": formats.number(count)}


def decision_label(resolution: str) -> str:
    """Return what a decision over several cases is called; those that differ have no name in common."""
    return resolution_label(resolution) if resolution else gettext("One decision")


def _part(part: Part, currency: str) -> dict[str, Any]:
    case: Case = part.case
    assert part.decision is not None
    return {
        "case": case.number,
        "label": resolution_label(part.decision.resolution),
        "lines": values_lines(part.decision.plan.lines),
        "amount": amount_words(part.decision.amount, currency),
    }
