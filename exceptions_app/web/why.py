"""Why a case is where it is: how the rules answered it, clause by clause, and whose it is and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from exceptions_app.cases.models import Severity
from exceptions_app.policies import lookup
from exceptions_app.policies.conditions import NOTHING, Clause, Explanation, Fact, Kind
from exceptions_app.routing.asking import question_of
from exceptions_app.routing.facts import FACTS, CaseFacts
from exceptions_app.routing.models import CaseRoute
from exceptions_app.routing.people import loads_of
from exceptions_app.routing.route import Explained, RuleAnswer, explain
from exceptions_app.web import formats, labels
from exceptions_app.web.access import Permission, case_or_404, permitted
from exceptions_app.web.pages import now_of, queue_url, show

#: What happened to a case by hand, or by a new rule, after the rules first answered it.
MOVES = ("case.rerouted", "case.handed_over", "case.assigned", "case.taken")


@permitted(Permission.VISIBLE_CASE)
@require_safe
def why(request: HttpRequest, number: str) -> HttpResponse:
    """Show why a case is where it is, and how the rules that hold now answer it."""
    case, now = case_or_404(request, number), now_of(request)
    policies = lookup.load([case.company_id], now)
    kept = CaseRoute.objects.filter(case=case).select_related("release").first()
    explained = explain(question_of(case, now), policies)
    context = {
        "case": case,
        "queue_url": queue_url(case.team),
        "kept": kept,
        "has_newer_rules": kept is not None and kept.release_id != policies.release.pk,
        "moves": case.events.filter(kind__in=MOVES).order_by("at", "id"),
        "answer": answer_view(explained),
        "would_go_elsewhere": explained.route.team != case.team,
    }
    return show(request, "cases/why.html", context, current="case", team=case.team)


# --- how an answer is shown, here and in the test bench -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One line of an explanation, `depth` levels in; `words` and, of a comparison, how it `is_now`."""

    depth: int
    holds: bool
    words: str
    is_now: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """How one rule answers: its clauses, or the problem for which it is passed over."""

    id: int
    position: int
    name: str
    goes_to: str
    verdict: labels.Chip
    problem: str
    clauses: list[ClauseView]


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A member of the team beside the others."""

    name: str
    role: str
    away_until: str
    load: int
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """Where a case goes, with everything that led there."""

    team: str
    person: str
    words: str
    person_words: str
    rules: list[RuleView]
    workers: list[WorkerView]
    facts: list[tuple[str, str]]


def answer_view(explained: Explained) -> AnswerView:
    """Return the whole answer of the rules in the reader's words."""
    route = explained.route
    loads = loads_of(worker.person for worker in explained.workers)
    return AnswerView(
        team=route.team.name,
        person=str(route.person) if route.person else "",
        words=route.words,
        person_words=route.person_words,
        rules=list(_rules(explained.answers)),
        workers=[
            WorkerView(
                name=str(worker.person),
                role=gettext(worker.role.label),
                away_until=date_format(worker.away_until, "SHORT_DATE_FORMAT") if worker.away_until else "",
                load=loads.get(worker.person.pk, 0),
                is_chosen=worker.person == route.person,
            )
            for worker in explained.workers
        ],
        facts=fact_words(route.facts),
    )


def fact_words(facts: CaseFacts) -> list[tuple[str, str]]:
    """Return every fact a rule may ask for, with what is known of it."""
    return [(gettext(fact.label), _value(facts.get(name), fact)) for name, fact in FACTS.items()]


def _rules(answers: tuple[RuleAnswer, ...]) -> Iterator[RuleView]:
    is_taken = False
    for answer in answers:
        rule = answer.rule
        yield RuleView(
            id=rule.pk,
            position=rule.position,
            name=rule.name,
            goes_to=f"{rule.team.name}, {rule.person}" if rule.person else rule.team.name,
            verdict=_verdict(answer, is_taken=is_taken),
            problem=answer.problem,
            clauses=list(_clauses(answer.explanation, 0)) if answer.explanation else [],
        )
        is_taken = is_taken or answer.chosen


def _verdict(answer: RuleAnswer, *, is_taken: bool) -> labels.Chip:
    if answer.chosen:
        return labels.Chip(gettext("Takes it"), "good")
    if answer.problem:
        return labels.Chip(gettext("Passed over"), "crit")
    if answer.explanation and answer.explanation.holds and is_taken:
        return labels.Chip(gettext("Would hold, but comes later"))
    return labels.Chip(gettext("Does not hold"))


def _clauses(explanation: Explanation, depth: int) -> Iterator[ClauseView]:
    clause = explanation.clause
    if clause is None:
        yield ClauseView(depth, explanation.holds, gettext(explanation.words), "")
    else:
        is_now = _value(explanation.known, clause.fact)
        yield ClauseView(depth, explanation.holds, _asked(clause), is_now)
    for part in explanation.parts:
        yield from _clauses(part, depth + 1)


def _asked(clause: Clause) -> str:
    words = [gettext(clause.fact.label), gettext(clause.operator.words)]
    if clause.operator.wants != NOTHING:
        words.append(_value(clause.value, clause.fact))
    return " ".join(words)


def _value(value: Any, fact: Fact) -> str:
    """Return a value of a fact as the reader writes it."""
    if value is None:
        return gettext("not known")
    if isinstance(value, tuple):
        return formats.listed([_value(each, fact) for each in value])
    if isinstance(value, frozenset | set):
        return ", ".join(sorted(map(str, value))) or gettext("none")
    if fact.kind is Kind.LEVEL:
        return labels.severity_label(Severity(value))
    return formats.number(Decimal(value)) if fact.kind is Kind.NUMBER else str(value)
