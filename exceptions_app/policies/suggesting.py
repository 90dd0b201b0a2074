"""What a company lacks of the standard rules, written into a draft that people review like any other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from erp_connectors.companies import Company
from exceptions_app.audit.record import Actor
from exceptions_app.policies import drafts
from exceptions_app.policies.changes import lay_upon, table_of
from exceptions_app.policies.draft_models import Action, DraftState, PolicyChange, PolicyDraft
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.policies.standard import STANDARD_APPROVALS, as_row

THRESHOLDS = ("amount_above", "percent_above", "days_above", "charge_above", "uncovered_class")
REASON = "Standard rules of this version of Rightline that the company does not have."


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was done for a company: the draft (None where nothing is missing) and the names of its rules.

    `waiting`: drafts that are not published yet and add others that the company does not have.
    """

    draft: PolicyDraft | None
    added: tuple[str, ...] = ()
    waiting: tuple[PolicyDraft, ...] = ()


@transaction.atomic
def suggest_standard_rules(company: Company, *, by: Actor, at: datetime) -> Suggested:
    """Begin a draft of the standard rules that a company has not, nor any open draft; nothing is published.

    A rule is known again by its name, or by what it is about, however its thresholds and approvals are set.
    """
    # Two that suggest at once write one draft.
    Company.objects.select_for_update().get(pk=company.pk)
    there = ApprovalRule.objects.filter(Q(company=company) | Q(company=None))
    lacking = _without([as_row(rule, company) for rule in STANDARD_APPROVALS], there)
    offers = [(draft, rule) for draft, rule in _offered(company) if not _without([rule], lacking)]
    waiting = tuple(dict.fromkeys(draft for draft, _ in offers))
    missing = _without(lacking, [rule for _, rule in offers])
    if not missing:
        return Suggested(None, waiting=waiting)
    draft = drafts.begin(
        f"Standard rules for {company.name}", by=by, at=at, reason=" ".join([REASON, *_removed(missing)])
    )
    for rule in missing:
        drafts.write(draft.pk, rule, Action.ADD, before={}, by=by, at=at)
    return Suggested(draft, tuple(rule.name for rule in missing), waiting)


def _without(rules: Iterable[ApprovalRule], others: Iterable[ApprovalRule]) -> list[ApprovalRule]:
    """Return the rules to which none of the others is alike, by name or by what it is about."""
    known = {alike for other in others for alike in (other.name, _about(other))}
    return [rule for rule in rules if rule.name not in known and _about(rule) not in known]


def _about(rule: ApprovalRule) -> tuple[Any, ...]:
    """Return what tells a rule from the others: where it holds, and which thresholds it has."""
    thresholds = frozenset(name for name in THRESHOLDS if getattr(rule, name) not in (None, ""))
    return rule.type_code, frozenset(rule.resolutions), rule.supplier_id, rule.category, thresholds


def _offered(company: Company) -> Iterator[tuple[PolicyDraft, ApprovalRule]]:
    """Yield what open drafts add to the approval rules of a company, and which draft."""
    added = PolicyChange.objects.filter(
        draft__state__in=drafts.OPEN, table=table_of(ApprovalRule), action=Action.ADD, company=company
    )
    for change in added.select_related("draft").order_by("pk"):
        rule = ApprovalRule()
        lay_upon(rule, change.after)
        yield change.draft, rule


def _removed(missing: Iterable[ApprovalRule]) -> Iterator[str]:
    """Yield, for whoever reviews, which of the missing rules were there once and removed by a draft."""
    removed = PolicyChange.objects.filter(
        draft__state=DraftState.PUBLISHED, table=table_of(ApprovalRule), action=Action.REMOVE
    )
    names = {rule.name: rule.company_id for rule in missing}
    for change in removed.select_related("draft").order_by("pk"):
        name = change.before.get("name")
        if name in names and change.before.get("company") in (names[name], None):
            yield f"Removed by {change.draft}, and suggested again: {name}."
