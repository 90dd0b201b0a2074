"""Which team a case goes to, and to whom in it: rules first, then the type's owner, then the fallback.

No case is left without a team. A rule that cannot be read or points to another company's team is passed over,
and the words that go with the case say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from exceptions_app.cases.models import Severity
from exceptions_app.people.models import Membership, Role, Team, User
from exceptions_app.policies import conditions
from exceptions_app.policies.conditions import Condition, ConditionError, Explanation, Fact, Kind
from exceptions_app.policies.lookup import Policies
from exceptions_app.policies.models import RoutingRule

#: What a routing rule may ask for. TEXTS are of all open lines of the case together.
FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("type", "Type", Kind.TEXT),
        Fact("severity", "Severity", Kind.LEVEL, tuple(level.name.lower() for level in Severity)),
        Fact("amount", "Amount in company currency", Kind.NUMBER),
        Fact("company", "Company", Kind.TEXT),
        Fact("supplier", "Supplier number", Kind.TEXT),
        Fact("supplier_tier", "Supplier tier", Kind.TEXT),
        Fact("category", "Item category", Kind.TEXTS),
        Fact("warehouse", "Warehouse", Kind.TEXTS),
        Fact("item_class", "Item class", Kind.TEXTS),
        Fact("percent_short", "Percent of the line", Kind.NUMBER),
        Fact("customer_class", "Highest customer class at risk", Kind.TEXT),
    )
}

CaseFacts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes, and why in words. `rule_id` None: no rule chose it."""

    team: Team
    person: User | None
    words: str
    rule_id: int | None = None


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """How one rule answers a case: clause by clause, or why it is passed over. `chosen`: it takes it."""

    rule: RoutingRule
    explanation: Explanation | None
    problem: str
    chosen: bool


def read_condition(tree: object) -> Condition:
    """Return the condition of a routing rule. Raises ConditionError, naming the place, where it is wrong."""
    return conditions.read(tree, FACTS)


def route(facts: CaseFacts, *, company_id: int, owner_code: str, buyer: str, policies: Policies) -> Route:
    """Return the team and person a case with these facts goes to.

    `owner_code` is the team code of its type, `buyer` the ERP's user name of who buys there.
    Raises ConfigurationError when the company has no policy, and so no fallback team.
    """
    answers = explain(facts, company_id=company_id, policies=policies)
    passed_over = "".join(f" {answer.problem}" for answer in answers if answer.problem)
    for answer in answers:
        if answer.chosen:
            rule = answer.rule
            person = rule.person if rule.person and _works_in(rule.person, rule.team) else None
            words = f"Rule “{rule.name}” of {policies.release}.{passed_over}"
            return Route(rule.team, person or _buyer(buyer, rule.team), words[:200], rule.pk)
    team = Team.objects.filter(company=company_id, code=owner_code).select_related("calendar").first()
    words = f"No rule holds: the owner of this type.{passed_over}"
    if team is None:
        team = policies.of(company_id).fallback_team
        words = f"No rule holds and there is no team {owner_code}: the fallback team.{passed_over}"
    return Route(team, _buyer(buyer, team), words[:200])


def explain(facts: CaseFacts, *, company_id: int, policies: Policies) -> list[RuleAnswer]:
    """Return how every live rule of the company answers these facts, in the order they are tried."""
    answers: list[RuleAnswer] = []
    is_taken = False
    for rule in policies.rules(company_id):
        explanation, problem = None, ""
        try:
            explanation = read_condition(rule.condition).explain(facts)
        except ConditionError as error:
            problem = f"Rule “{rule.name}” cannot be read: {error}"
        if rule.team.company_id != company_id:
            problem = f"Rule “{rule.name}” names a team of another company."
        chosen = not is_taken and not problem and explanation is not None and explanation.holds
        is_taken = is_taken or chosen
        answers.append(RuleAnswer(rule, explanation, problem, chosen))
    return answers


def _buyer(erp_user: str, team: Team) -> User | None:
    """Return who buys under that ERP user name, if they work in the team."""
    if not erp_user:
        return None
    member = _workers(team).filter(user__erp_user=erp_user).select_related("user").order_by("pk").first()
    return member.user if member else None


def _works_in(person: User, team: Team) -> bool:
    return _workers(team).filter(user=person).exists()


def _workers(team: Team) -> QuerySet[Membership]:
    return Membership.objects.filter(team=team, user__is_active=True).exclude(role=Role.AUDITOR)
