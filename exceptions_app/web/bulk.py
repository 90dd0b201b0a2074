"""One verb for many cases: first what it would do to each, then doing it, each case for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from erp_connectors.errors import RightlineError
from exceptions_app.audit.requests import CHANGES_NOTHING, leaves_no_event
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web.access import Permission, actor_of, permitted, person_of, team_or_404
from exceptions_app.web.forms import TEXTS, workers_of
from exceptions_app.web.pages import UNPROCESSABLE, back, changed, queue_url, show, tell, wants_fragment
from exceptions_app.web.sent import number_in

MOST_CASES = 500
#: The verbs that can be used on many cases, with what each needs.
VERBS: dict[str, tuple[str, ...]] = {"take": (), "assign": ("to",), "comment": ("text",)}


@dataclass(frozen=True, slots=True)
class Effect:
    """What the verb would do, or did, to one case. `is_possible` false: `words` say why not."""

    case: Case
    words: str
    is_possible: bool


@leaves_no_event(CHANGES_NOTHING)
@permitted(Permission.QUEUE)
@require_POST
def preview(request: HttpRequest, company: str, code: str) -> HttpResponse:
    """Show what the verb would do to each selected case; nothing is changed yet."""
    team, verb = team_or_404(request, company, code), request.POST.get("verb", "")
    if verb not in VERBS:
        raise Http404
    cases = selected(request)
    if not cases:
        return ask_to_select(request, team)
    context = _context(request, team, verb, [_expected(case, verb, person_of(request)) for case in cases])
    return _dialog(request, team, context)


@permitted(Permission.QUEUE)
@require_POST
def carry_out(request: HttpRequest, company: str, code: str, code_of_verb: str) -> HttpResponse:
    """Use the verb on each selected case in a transaction of its own; say of each what came of it."""
    team = team_or_404(request, company, code)
    if code_of_verb not in VERBS:
        raise Http404
    cases = selected(request)
    if not cases:
        return ask_to_select(request, team)
    arguments, problem = _arguments(request, team, code_of_verb)
    if problem:
        effects = [_expected(case, code_of_verb, person_of(request)) for case in cases]
        context = _context(request, team, code_of_verb, effects) | {"problem": problem}
        return _dialog(request, team, context, status=UNPROCESSABLE)
    effects = [_done(case, code_of_verb, arguments, request) for case in cases]
    failed = [effect for effect in effects if not effect.is_possible]
    done = len(effects) - len(failed)
    said = ngettext("%(n)s case done.", "%(n)s cases done.", done) % {"n": done}
    if not failed and not wants_fragment(request):
        tell(request, said)
        return back(request, queue_url(team))
    context = _context(request, team, code_of_verb, effects) | {"report": said, "is_done": True}
    response = _dialog(request, team, context)
    changed(response)
    return response


def _dialog(request: HttpRequest, team: Team, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return show(
        request, "queues/bulk.html", context, current="queue", team=team, fragment="dialog", status=status
    )


def ask_to_select(request: HttpRequest, team: Team) -> HttpResponse:
    """Say that nothing was selected."""
    return _dialog(request, team, {"team": team, "nothing": True, "back": queue_url(team)})


def selected(request: HttpRequest) -> list[Case]:
    """Return the cases selected in a list that this person may see, in the order of the list."""
    numbers = request.POST.getlist("case")[:MOST_CASES]
    found = visible_cases(person_of(request)).filter(number__in=numbers).distinct()
    related = found.select_related("company", "team", "owner", "supplier", "order", "release")
    return sorted(related, key=lambda case: numbers.index(case.number))


def _context(request: HttpRequest, team: Team, verb: str, effects: Sequence[Effect]) -> dict[str, Any]:
    possible = [effect for effect in effects if effect.is_possible]
    return {
        "team": team,
        "verb": verb,
        "title": {
            "take": gettext("Assign to me"),
            "assign": gettext("Assign"),
            "comment": gettext("Comment"),
        }[verb],
        "effects": effects,
        "possible": possible,
        "needs": VERBS[verb],
        "people": workers_of(team) if "to" in VERBS[verb] else (),
        "text_label": gettext(TEXTS["text"][0]),
        "chosen": request.POST.get("to", ""),
        "text": request.POST.get("text", ""),
        "next": request.POST.get("next", ""),
        "back": queue_url(team),
        "sum": ngettext("%(n)s of %(all)s case", "%(n)s of %(all)s cases", len(effects))
        % {"n": len(possible), "all": len(effects)},
    }


def _expected(case: Case, verb: str, person: User) -> Effect:
    """Return what the verb would do to the case now."""
    if verb == "take" and case.owner_id == person.pk:
        return Effect(case, gettext("is yours already"), False)
    if verb not in {allowed.code for allowed in actions.allowed(case, person)}:
        return Effect(case, gettext("not possible in its state or with your role"), False)
    if verb == "comment":
        return Effect(case, gettext("gets the comment"), True)
    owner = str(case.owner) if case.owner else gettext("nobody")
    if verb == "take":
        return Effect(case, gettext("from %(owner)s to you") % {"owner": owner}, True)
    return Effect(case, gettext("from %(owner)s to whom you choose") % {"owner": owner}, True)


def _arguments(request: HttpRequest, team: Team, verb: str) -> tuple[dict[str, Any], str]:
    if verb == "assign":
        chosen = number_in(request.POST.get("to", ""))
        person = None if chosen is None else workers_of(team).filter(pk=chosen).first()
        return ({"to": person}, "") if person else ({}, gettext("Choose a person."))
    if verb == "comment":
        text = request.POST.get("text", "").strip()
        return ({"text": text}, "") if text else ({}, gettext("Write a comment."))
    return {}, ""


def _done(case: Case, verb: str, arguments: dict[str, Any], request: HttpRequest) -> Effect:
    try:
        after = getattr(actions, verb)(
            case,
            by=actor_of(request),
            expected_version=number_in(request.POST.get(f"version-{case.number}", "")),
            **arguments,
        )
    except RightlineError as refused:
        return Effect(case, str(refused), False)
    words = gettext("commented") if verb == "comment" else gettext("now with %(who)s") % {"who": after.owner}
    return Effect(after, words, True)
