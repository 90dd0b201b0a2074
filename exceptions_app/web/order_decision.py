"""One decision over the open cases of one order, such as accepting a whole confirmation.

The form is one for all cases: what belongs to a case is sent under its number (`EX-17.resolution`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.errors import RightlineError
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.people.models import User
from exceptions_app.playbook.inputs import LINES, Problem, UnusableInputs
from exceptions_app.playbook.load import Outlook, outlook_of, situation_of
from exceptions_app.playbook.situation import LineFacts
from exceptions_app.proposals import together
from exceptions_app.proposals.together import Wanted, Whole
from exceptions_app.web.access import Permission, actor_of, permitted, person_of
from exceptions_app.web.bundle_view import cases_in_words, decidable_of_order, whole_words
from exceptions_app.web.orders import order_or_404
from exceptions_app.web.pages import CONFLICT, UNPROCESSABLE, now_of, show, tell
from exceptions_app.web.resolution_view import (
    Entered,
    ResolutionCard,
    descriptions_of,
    resolution_card,
    resolution_label,
    resolutions_of,
)
from exceptions_app.web.sent import number_in
from exceptions_app.web.types import type_label

#: What takes over the supplier's word. A case that one of these resolves is decided with the others unless
#: the person leaves it out; anything else only if they want it.
TAKES_OVER = (
    "accept_date",
    "accept_price",
    "reduce_line",
    "raise_line",
    "accept_substitute",
    "cancel_line",
    "accept_notice",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is chosen for one case: whether it is decided now, how, and with which `values` in the form.

    `facts` and `descriptions` are of its undecided lines; `version`: the case as it was read.
    """

    case: Case
    is_in: bool
    code: str
    values: Mapping[str, Any]
    facts: Sequence[LineFacts]
    descriptions: Mapping[str, str]
    version: int | None

    def card(self, problems: Sequence[Problem] = ()) -> ResolutionCard:
        """Return the form of what is chosen, with what is wrong in its fields."""
        entered = Entered(code=self.code, values=self.values, problems=problems)
        prefix = prefix_of(self.case)
        return resolution_card(self.code, self.facts, self.descriptions, entered, prefix=prefix)

    def wanted(self) -> Wanted:
        """Return the choice as it is proposed, with what stands in the fields of the ticked lines."""
        forms, prefix = self.card().lines, prefix_of(self.case)
        chosen = [form for form in forms if form.is_chosen]
        inputs: dict[str, object] = {
            field.name.removeprefix(prefix): field.value for form in chosen for field in form.fields
        }
        if len(forms) > 1:
            inputs[LINES] = [form.number for form in chosen]
        return Wanted(case=self.case, resolution=self.code, inputs=inputs, expected_version=self.version)


def prefix_of(case: Case) -> str:
    """Return what the names of the fields of a case begin with."""
    return f"{case.number}."


@permitted(Permission.ORDER)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, order_id: int) -> HttpResponse:
    """Choose what to do about each case, look at the whole, leave cases out, and propose it for the rest."""
    order, person = order_or_404(request, order_id), person_of(request)
    choices = _choices(request, order, person)
    if request.method != "POST" or request.POST.get("do") != "propose":
        return _page(request, order, choices)
    wanted = [choice.wanted() for choice in choices if choice.is_in]
    try:
        reason = request.POST.get("reason", "").strip()
        bundle = together.propose_for_order(wanted, reason=reason, by=actor_of(request))
    except UnusableInputs:
        # The page says beside each case what cannot be used there.
        return _page(request, order, choices, status=UNPROCESSABLE)
    except RightlineError as refused:
        return _page(request, order, choices, problem=str(refused), status=CONFLICT)
    tell(request, gettext("Proposed for %(n)s.") % {"n": cases_in_words(len(wanted))})
    return HttpResponseRedirect(reverse("web:bundle", args=[bundle.pk]))


def _page(
    request: HttpRequest,
    order: PurchaseOrder,
    choices: Sequence[Choice],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    wanted = [choice.wanted() for choice in choices if choice.is_in]
    whole = together.preview_of_order(wanted, person=person_of(request)) if wanted else None
    context = {
        "order": order,
        "choices": [_choice_words(choice, whole) for choice in choices],
        "whole": whole_words(whole) if whole else None,
        "reason": request.POST.get("reason", ""),
        "problem": problem,
        "now": now_of(request),
    }
    return show(request, "orders/decide.html", context, current="cases", fragment="deciding", status=status)


# --- what is chosen -----------------------------------------------------------------------------------------


def _choices(request: HttpRequest, order: PurchaseOrder, person: User) -> list[Choice]:
    """Return what is chosen of each case that can be decided: as it was sent, or what is most likely."""
    decidable = decidable_of_order(order.pk, person)
    outlook = outlook_of([case for case, _lines in decidable], now_of(request))
    sent = request.POST if request.method == "POST" else None
    return [_choice(case, lines, outlook, person, sent) for case, lines in decidable]


def _choice(
    case: Case, lines: list[CaseLine], outlook: Outlook, person: User, sent: QueryDict | None
) -> Choice:
    codes, values = resolutions_of(case), _sent_for(case, sent) if sent is not None else {}
    likely = next((code for code in codes if code in TAKES_OVER), None)
    code, version = str(values.get("resolution", "")), number_in(str(values.get("version", "")))
    situation = situation_of(case, as_of=outlook.as_of, person=str(person), lines=lines, outlook=outlook)
    is_ticked = likely is not None
    if sent is not None:
        is_ticked = case.number in sent.getlist("case") and (len(lines) < 2 or LINES in values)
    return Choice(
        case=case,
        is_in=is_ticked,
        code=code if code in codes else likely or codes[0],
        values=values,
        facts=situation.lines,
        descriptions=descriptions_of(lines),
        version=case.version if version is None else version,
    )


def _sent_for(case: Case, sent: QueryDict) -> dict[str, Any]:
    """Return what was sent for a case, by the names that its resolution knows."""
    prefix = prefix_of(case)
    values: dict[str, Any] = {
        name.removeprefix(prefix): value for name, value in sent.items() if name.startswith(prefix)
    }
    if LINES in values:
        values[LINES] = sent.getlist(f"{prefix}{LINES}")
    return values


def _choice_words(choice: Choice, whole: Whole | None) -> dict[str, Any]:
    """Return a choice as its form shows it, with what is wrong in its fields."""
    case, parts = choice.case, whole.parts if whole else ()
    problems = next((part.problems for part in parts if part.case == case), ())
    return {
        "number": case.number,
        "prefix": prefix_of(case),
        "url": reverse("web:case", args=[case.number]),
        "headline": case.headline,
        "type": type_label(case.type_code),
        "is_in": choice.is_in,
        "version": choice.version,
        "code": choice.code,
        "resolutions": [(code, resolution_label(code)) for code in resolutions_of(case)],
        "lines": choice.card(problems).lines,
    }
