"""Changes of a draft that each could be made, and cannot be made together with the rest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import PROTECT, RESTRICT, UniqueConstraint
from django.utils.translation import gettext

from exceptions_app.policies import sentences
from exceptions_app.policies.changes import rows_under, tables
from exceptions_app.policies.draft_models import Action, PolicyChange
from exceptions_app.policies.models import EscalationStep, PolicyRow


@dataclass(frozen=True, slots=True)
class Clash:
    """A change that stands in the way of another row, with how in words."""

    change: PolicyChange
    words: str


def clashes_of(changes: Collection[PolicyChange]) -> list[Clash]:
    """Return which changes would leave two rules where one may stand, a step that is never taken, or use
    of a rule that is removed.

    Rows are compared as they would be with all changes, so that two may change places.
    """
    found = [Clash(each, words) for each in changes if (words := _in_use(each, changes))]
    for name in sorted({change.table for change in changes}):
        model = tables()[name]
        if model is EscalationStep or _unique(model):
            mine = {change.row_id: change for change in changes if change.table == name}
            found += list(_of_table(model, mine))
    return found


def _in_use(change: PolicyChange, changes: Collection[PolicyChange]) -> str:
    """Say what still uses a rule that is removed, "" where nothing does once all changes are made."""
    if change.action != Action.REMOVE:
        return ""
    follows = {(each.table, each.row_id) for each in changes}
    for relation in tables()[change.table]._meta.related_objects:
        if relation.on_delete not in (PROTECT, RESTRICT):
            continue
        used_by: Any = relation.related_model
        moved = [key for table, key in follows if table == used_by._meta.model_name]
        users = used_by._default_manager.filter(**{relation.field.name: change.row_id})
        user = users.exclude(pk__in=moved).first()
        if user is not None:
            about = sentences.subject(change, sentences.Names().read([change]))
            told = gettext("%(about)s: %(user)s uses it. Let it follow another rule first.")
            return told % {"about": about, "user": f"{used_by._meta.verbose_name} {user}"}
    return ""


def _of_table(model: type[PolicyRow], mine: dict[int | None, PolicyChange]) -> Iterator[Clash]:
    rows = rows_under(model, mine.values())
    names = sentences.Names().read(mine.values())
    wrong = _twice(model, rows.values())
    if model is EscalationStep:
        wrong |= {key: words for key, words in _never_taken(rows.values()).items() if key not in wrong}
    for key, words in sorted(wrong.items()):
        change = mine.get(key)
        if change is not None and change.action != Action.REMOVE:
            yield Clash(change, f"{sentences.subject_after(change, names)}: {words}")


def _unique(model: type[PolicyRow]) -> list[tuple[str, ...]]:
    """Return by which fields a table may have one row only."""
    own = {each.name: each for each in model._meta.concrete_fields}
    together = [each.fields for each in model._meta.constraints if isinstance(each, UniqueConstraint)]
    alone = [(name,) for name, each in own.items() if each.unique and not each.primary_key]
    return [tuple(own[name].attname for name in names) for names in (*alone, *together)]


def _twice(model: type[PolicyRow], rows: Iterable[PolicyRow]) -> dict[int, str]:
    wrong: dict[int, str] = {}
    listed = list(rows)
    for fields in _unique(model):
        alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for row in listed:
            alike[tuple(getattr(row, name) for name in fields)].append(row.pk)
        for keys in alike.values():
            if len(keys) > 1:
                wrong |= dict.fromkeys(keys, gettext("another rule stands there already."))
    return wrong


def _never_taken(steps: Iterable[PolicyRow]) -> dict[int, str]:
    """Return the steps of a ladder that come before one of a lower level, in words."""
    ladders: dict[tuple[int, str], list[EscalationStep]] = defaultdict(list)
    for step in steps:
        if isinstance(step, EscalationStep):
            ladders[step.team_id, step.side].append(step)
    wrong: dict[int, str] = {}
    for ladder in ladders.values():
        ladder.sort(key=lambda step: step.level)
        for lower, higher in pairwise(ladder):
            if higher.after_minutes < lower.after_minutes:
                told = gettext("level %(low)s comes after %(minutes)s minutes, and level %(high)s before it.")
                words = told % {"low": lower.level, "minutes": lower.after_minutes, "high": higher.level}
                wrong |= {lower.pk: words, higher.pk: words}
    return wrong
