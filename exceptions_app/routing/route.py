"""Which team a case goes to: rules in order, then the type's owner, then the fallback; then to whom in it.

No case is left without somebody's screen. A rule that cannot be read, or that names a team of another company
or one in which nobody works, is passed over, and the words that go with the case say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from exceptions_app.cases.models import Case
from exceptions_app.people.models import Team, User
from exceptions_app.policies.conditions import ConditionError, Explanation
from exceptions_app.policies.lookup import LineScope, Policies
from exceptions_app.policies.models import PolicyRelease, RoutingRule
from exceptions_app.routing.facts import CaseFacts, read_condition, to_json
from exceptions_app.routing.models import CaseRoute
from exceptions_app.routing.people import Choice, Worker, Workers, choose, workers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the rules about a case: its facts, whose its type is, and where its lines stand.

    `owner_code` is the team code of its type, `scopes` are for the table of who looks after what.
    """

    company_id: int
    owner_code: str
    facts: CaseFacts
    scopes: tuple[LineScope, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a case goes, and why in words. `rule` None: no rule chose the team."""

    team: Team
    person: User | None
    words: str
    person_words: str
    facts: CaseFacts
    release: PolicyRelease
    rule: RoutingRule | None = None


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """How one rule answers a case: clause by clause, or why it is passed over. `chosen`: it takes it."""

    rule: RoutingRule
    explanation: Explanation | None
    problem: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The whole of an answer: every rule in the order they are tried, the team's workers, and the route."""

    answers: tuple[RuleAnswer, ...]
    workers: tuple[Worker, ...]
    route: Route


def route(question: Question, policies: Policies, workers: Workers | None = None) -> Route:
    """Return the team and person a case goes to; `workers` of the company are read unless they are given.

    Raises ConfigurationError when the company has no policy, and so no fallback team.
    """
    return explain(question, policies, workers).route


def explain(question: Question, policies: Policies, workers: Workers | None = None) -> Explained:
    """Return where a case goes, with how every live rule of the company answers it."""
    if workers is None:
        workers = workers_of(question.company_id, policies.of(question.company_id).today)
    answers = _answers(question, policies, workers)
    taken = next((answer.rule for answer in answers if answer.chosen), None)
    team, words = _team(question, policies, workers, taken)
    passed_over = [answer.problem for answer in answers if answer.problem]
    choice: Choice = choose(
        team,
        workers.get(team.pk, ()),
        named=taken.person if taken else None,
        scopes=question.scopes,
        buyer=question.facts.get("buyer") or "",
        policies=policies,
    )
    return Explained(
        answers=tuple(answers),
        workers=tuple(workers.get(team.pk, ())),
        route=Route(
            team=team,
            person=choice.person,
            words=" ".join([words, *passed_over]),
            person_words=choice.words,
            facts=question.facts,
            release=policies.release,
            rule=taken,
        ),
    )


def team_for(question: Question, policies: Policies, workers: Workers) -> Team:
    """Return the team a case goes to, whoever in it gets it. Raises ConfigurationError as `route` does."""
    answers = _answers(question, policies, workers)
    taken = next((answer.rule for answer in answers if answer.chosen), None)
    return _team(question, policies, workers, taken)[0]


def _team(
    question: Question, policies: Policies, workers: Workers, taken: RoutingRule | None
) -> tuple[Team, str]:
    if taken is not None:
        words = gettext("Rule “%(rule)s” of %(release)s.") % {"rule": taken.name, "release": policies.release}
        return taken.team, words
    teams = policies.rows.teams_of(question.company_id)
    fallback = policies.of(question.company_id).fallback_team
    return _without_a_rule(question.owner_code, teams, fallback, workers)


def _answers(question: Question, policies: Policies, workers: Workers) -> list[RuleAnswer]:
    answers: list[RuleAnswer] = []
    is_taken = False
    for rule in policies.rules(question.company_id):
        explanation, problem = None, ""
        try:
            explanation = read_condition(rule.condition).explain(question.facts)
        except ConditionError as error:
            problem = gettext("Rule “%(rule)s” cannot be read: %(error)s") % {"rule": rule, "error": error}
        if rule.team.company_id != question.company_id:
            problem = gettext("Rule “%(rule)s” names a team of another company.") % {"rule": rule}
        elif rule.team_id not in workers:
            problem = gettext("Rule “%(rule)s” names %(team)s, in which nobody works.") % {
                "rule": rule,
                "team": rule.team.name,
            }
        chosen = not is_taken and not problem and explanation is not None and explanation.holds
        is_taken = is_taken or chosen
        answers.append(RuleAnswer(rule, explanation, problem, chosen))
    return answers


def _without_a_rule(code: str, teams: Sequence[Team], fallback: Team, workers: Workers) -> tuple[Team, str]:
    """Return the team of the type, else the fallback team, else any: the first in which somebody works."""
    owner = next((team for team in teams if team.code == code), None)
    if owner is not None and owner.pk in workers:
        return owner, gettext("No rule holds: the owner of this type.")
    if owner is None:
        why = gettext("No rule holds and there is no team %(code)s: the fallback team.") % {"code": code}
    else:
        why = gettext("No rule holds and nobody works in team %(code)s: the fallback team.") % {"code": code}
    if fallback.pk in workers:
        return fallback, why
    for team in teams:
        if team.pk in workers:
            return team, gettext(
                "No rule holds, and nobody works in the owner of this type nor in the fallback team: "
                "the first team in which somebody does."
            )
    return fallback, why


def keep_first(case: Case, found: Route, *, at: datetime) -> None:
    """Keep beside a case that was just opened how the rules answered it, under the release it names."""
    CaseRoute.objects.create(case=case, **_kept(found, at))


def keep(case: Case, found: Route, *, at: datetime) -> None:
    """Keep beside the case how the rules answer it now."""
    CaseRoute.objects.update_or_create(case=case, defaults=_kept(found, at))


def _kept(found: Route, at: datetime) -> dict[str, Any]:
    return {
        "facts": to_json(found.facts),
        "rule": found.rule,
        "team_words": found.words[:500],
        "person_words": found.person_words[:500],
        "release": found.release,
        "routed_at": at,
    }
