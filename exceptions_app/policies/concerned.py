"""Which companies changes of rules bind: whose auditors read of them, and who has to have a say."""

from collections.abc import Collection, Iterable
from typing import Any

from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import companies_open
from exceptions_app.policies.draft_models import PolicyChange, PolicyDraft

#: The keys of companies; None among them: a rule of all.
Bound = Collection[int | None]


def by_change(change: PolicyChange) -> Bound:
    """Return the companies one change binds: where the rule holds, and where it held before."""
    return _bound([change])


def by_draft(draft: PolicyDraft, writer: User | None) -> Bound:
    """Return the companies a draft binds; of one that changes nothing yet those whose rules its writer keeps.

    Who keeps the rules of all writes what binds nobody yet: none.
    """
    bound = _bound(draft.changes.only("table", "company", "before", "after"))
    if bound or writer is None or writer.is_superuser:
        return bound
    return {company.pk for company in companies_open(writer, "edit_policies")}


def by_values(*sides: dict[str, Any]) -> set[int | None]:
    """Return the companies in which rows with these values hold; of no values: none."""
    told = [side for side in sides if side]
    of_teams = {side["team"] for side in told if "company" not in side and side.get("team")}
    bound = {side.get("company") for side in told if "company" in side or not side.get("team")}
    if not of_teams:
        return bound
    return bound | set(Team.objects.filter(pk__in=of_teams).values_list("company", flat=True))


def _bound(changes: Iterable[PolicyChange]) -> set[int | None]:
    known: set[int | None] = set()
    sides: list[dict[str, Any]] = []
    for change in changes:
        if change.company_id is not None:
            known.add(change.company_id)
        else:
            sides += [change.before, change.after]
    return known | by_values(*sides)
