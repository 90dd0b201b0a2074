"""Rules as a file: all of them, or the changes of one draft; and a draft of what is different in a file.

Other rows are named as people know them (a supplier as "connection/number"), so that a file can be read where
keys are others. A row that cannot be read is named with its place, and does no harm to the rest.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import ForeignKey
from django.forms import modelform_factory

from erp_connectors.companies import Company
from exceptions_app.audit.record import Actor
from exceptions_app.people.permissions import companies_open
from exceptions_app.policies import drafts
from exceptions_app.policies.changes import (
    fields_of,
    lay_upon,
    next_key,
    pointed_to,
    table_of,
    tables,
    values_of,
)
from exceptions_app.policies.draft_models import Action, PolicyDraft
from exceptions_app.policies.models import PolicyRelease, PolicyRow
from exceptions_app.policies.sentences import ABOUT

RULES, DRAFT = "rightline-policies/1", "rightline-policy-draft/1"
LARGEST = 20_000_000
#: By what a row is known in a file, by the name of its model.
KEYS: dict[str, tuple[str, ...]] = {
    "calendar": ("code",),
    "company": ("code",),
    "supplier": ("connection__code", "number"),
    "team": ("company__code", "code"),
    "user": ("username",),
    "warehouse": ("company__code", "code"),
}
ACTIONS = {action.value for action in Action}
#: Codes of refusals that are about other rules, which may change in the same file.
BESIDE_OTHERS = ("unique", "unique_together", "beside_others")


@dataclass
class Read:
    """What came of a file: a draft of what is different (None: nothing is), and what could not be read."""

    draft: PolicyDraft | None = None
    problems: list[str] = field(default_factory=list)


class Unreadable(Exception):
    """A row of the file cannot be read; the text says why, its place is known above."""


@dataclass
class Keys:
    """The rows that rules point to by what they are called in a file, each table of them read once."""

    named: dict[str, dict[int, str]] = field(default_factory=dict)
    found: dict[str, dict[str, int]] = field(default_factory=dict)
    added: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, row: PolicyRow) -> None:
        """Let other rows point to one that is only in the file, or in the draft, and has its key already."""
        table = table_of(row)
        if table in KEYS and row.pk is not None:
            self._read(type(row))
            name = "/".join(str(getattr(row, each)) for each in KEYS[table])
            self.named[table][row.pk], self.found[table][name] = name, row.pk
            self.added[table].add(row.pk)

    def only_here(self, row: PolicyRow) -> list[str]:
        """Return by which fields a row points to rows that were added."""
        fields = [each for each in fields_of(type(row)) if isinstance(each, ForeignKey)]
        return [
            each.name
            for each in fields
            if getattr(row, each.attname) in self.added[str(each.related_model._meta.model_name)]
        ]

    def name_of(self, model: Any, key: int) -> str:
        """Return what a row is called in a file."""
        return self._read(model).get(key, str(key))

    def key_of(self, model: Any, name: str) -> int:
        """Return the key of the row that is called so. Raises Unreadable."""
        self._read(model)
        try:
            return self.found[model._meta.model_name][name]
        except KeyError:
            raise Unreadable(f"there is no {model._meta.verbose_name} {name} here") from None

    def _read(self, model: Any) -> dict[int, str]:
        table = model._meta.model_name
        if table not in self.named:
            rows = model._default_manager.values_list("pk", *KEYS.get(table, ("pk",)))
            self.named[table] = {pk: "/".join(map(str, words)) for pk, *words in rows}
            self.found[table] = {name: pk for pk, name in self.named[table].items()}
        return self.named[table]


# --- writing ------------------------------------------------------------------------------------------------


def all_rules(companies: Collection[Company]) -> dict[str, Any]:
    """Return every rule of some companies, and of all, as the content of a file."""
    keys, newest = Keys(), PolicyRelease.objects.order_by("-number").first()
    return {
        "format": RULES,
        "release": newest.number if newest else None,
        "tables": {
            name: [_outward(model, values_of(row), keys) for row in _rows_of(model, companies)]
            for name, model in sorted(tables().items())
        },
    }


def of_draft(draft: PolicyDraft) -> dict[str, Any]:
    """Return the changes of a draft as the content of a file."""
    keys = Keys()
    for change in draft.changes.filter(action=Action.ADD, table__in=pointed_to()):
        row = tables()[change.table]()
        row.pk = change.row_id
        lay_upon(row, change.after)
        keys.add(row)
    return {
        "format": DRAFT,
        "title": draft.title,
        "reason": draft.reason,
        "changes": [
            {
                "table": change.table,
                "action": change.action,
                "before": _outward(tables()[change.table], change.before, keys),
                "after": _outward(tables()[change.table], change.after, keys),
            }
            for change in draft.changes.all()
        ],
    }


def _rows_of(model: type[Any], companies: Collection[Company]) -> Iterator[PolicyRow]:
    allowed = {company.pk for company in companies} | {None}
    for row in model._default_manager.order_by("pk"):
        if drafts.company_of(row) in allowed:
            yield row


def _outward(model: type[PolicyRow], values: dict[str, Any], keys: Keys) -> dict[str, Any]:
    told = dict(values)
    for each in fields_of(model):
        if isinstance(each, ForeignKey) and told.get(each.name) is not None:
            told[each.name] = keys.name_of(each.related_model, told[each.name])
    return told


# --- reading ------------------------------------------------------------------------------------------------


def read(content: bytes, *, title: str, reason: str, by: Actor, at: datetime) -> Read:
    """Make a draft of what is different in a file, and name what cannot be read with its place."""
    try:
        told = _parsed(content)
    except Unreadable as problem:
        return Read(problems=[str(problem)])
    return take(told, title=title, reason=reason, by=by, at=at)


@transaction.atomic
def take(told: dict[str, Any], *, title: str, reason: str, by: Actor, at: datetime) -> Read:
    """Make a draft of what is different in the content of a file; else as `read`."""
    result = Read()
    try:
        wanted = list(_Reader(result, by).changes_of(told))
    except Unreadable as problem:
        result.problems.append(str(problem))
        return result
    if wanted:
        title = title or str(told.get("title") or "") or "Rules from a file"
        result.draft = drafts.begin(title, by=by, at=at, reason=reason or str(told.get("reason") or ""))
        for row, action, before in wanted:
            drafts.write(result.draft.pk, row, action, before=before, by=by, at=at)
    return result


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise Unreadable(f"The file is larger than {LARGEST // 1_000_000} MB.")
    try:
        told = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise Unreadable(f"This is no JSON file: {problem}") from problem
    if not isinstance(told, dict) or told.get("format") not in (RULES, DRAFT):
        raise Unreadable(f"This is no file of rules: its format is neither {RULES} nor {DRAFT}.")
    return told


Wanted = tuple[PolicyRow, Action, dict[str, Any]]


class _Reader:
    """Reads one file for one person, who changes rules of some companies only."""

    def __init__(self, result: Read, by: Actor) -> None:
        self.result, self.keys = result, Keys()
        self.companies = (
            companies_open(by.person, "edit_policies") if by.person else list(Company.objects.all())
        )
        self.allowed = {company.pk for company in self.companies} | {None}

    def changes_of(self, told: dict[str, Any]) -> Iterator[Wanted]:
        """Yield what is different in the file."""
        if told["format"] == DRAFT:
            yield from self._changes(told.get("changes"))
            return
        listed = told.get("tables")
        if not isinstance(listed, dict):
            raise Unreadable("tables: these must be lists of rows by the name of their table.")
        for name, rows in sorted(listed.items(), key=lambda each: each[0] not in pointed_to()):
            if name not in tables() or not isinstance(rows, list):
                self.result.problems.append(f"{name}: there are no rules of this name.")
                continue
            yield from self._differences(name, rows)

    def _differences(self, name: str, rows: list[Any]) -> Iterator[Wanted]:
        model = tables()[name]
        read, unread = [], 0
        for place, told in enumerate(rows, start=1):
            row = self._row(model, told, f"{name}, row {place}")
            read += [] if row is None else [row]
            unread += row is None
        there = defaultdict(list)
        for live in _rows_of(model, self.companies):
            there[_identity(live)].append(live)
        for row in read:
            others = there[_identity(row)]
            same = next((each for each in others if values_of(each) == values_of(row)), None)
            if same is not None:
                others.remove(same)
            elif others:
                yield _changed(others.pop(0), values_of(row))
            else:
                yield self._added(row), Action.ADD, {}
        left = [live for others in there.values() for live in others]
        if unread and left:
            self.result.problems.append(f"{name}: nothing is removed, since rows could not be read.")
            return
        yield from ((live, Action.REMOVE, values_of(live)) for live in left)

    def _changes(self, listed: Any) -> Iterator[Wanted]:
        if not isinstance(listed, list):
            raise Unreadable("changes: this must be a list.")
        for place, told in sorted(enumerate(listed, start=1), key=lambda each: not _is_pointed_to(each[1])):
            where = f"change {place}"
            try:
                yield from self._change(told, where)
            except Unreadable as problem:
                self.result.problems.append(f"{where}: {problem}.")

    def _change(self, told: Any, where: str) -> Iterator[Wanted]:
        if not isinstance(told, dict) or told.get("table") not in tables():
            raise Unreadable("there are no rules of this name")
        if told.get("action") not in ACTIONS:
            raise Unreadable(f"its action is none of {', '.join(sorted(ACTIONS))}")
        model, action = tables()[told["table"]], Action(told["action"])
        after = None if action == Action.REMOVE else self._row(model, told.get("after"), f"{where}, after")
        if action == Action.ADD:
            if after is not None:
                yield self._added(after), action, {}
            return
        before = self._row(model, told.get("before"), f"{where}, before")
        if before is None or (action == Action.CHANGE and after is None):
            return
        live = self._live(model, before)
        if action == Action.REMOVE:
            yield live, action, values_of(live)
        elif after is not None:
            yield _changed(live, values_of(after))

    def _added(self, row: PolicyRow) -> PolicyRow:
        """Give a row its key, so that others of the file can point to it."""
        row.pk = next_key(type(row))
        self.keys.add(row)
        return row

    def _live(self, model: type[PolicyRow], wanted: PolicyRow) -> PolicyRow:
        alike = [live for live in _rows_of(model, self.companies) if _identity(live) == _identity(wanted)]
        exact = [live for live in alike if values_of(live) == values_of(wanted)]
        if not alike:
            raise Unreadable("there is no such rule here")
        return (exact or alike)[0]

    def _row(self, model: type[PolicyRow], told: Any, where: str) -> PolicyRow | None:
        """Return a row as the file tells it; None, and its problem noted, where it cannot be read."""
        try:
            return self._checked(model, told)
        except Unreadable as problem:
            self.result.problems.append(f"{where}: {problem}.")
        except ValidationError as problem:
            self.result.problems.append(f"{where}: {' '.join(_messages(problem))}")
        return None

    def _checked(self, model: type[Any], told: Any) -> PolicyRow:
        if not isinstance(told, dict):
            raise Unreadable("this is no row of values by name")
        known = {each.name: each for each in fields_of(model)}
        unknown = sorted(set(told) - set(known))
        if unknown:
            raise Unreadable(f"it has no {', '.join(unknown)}")
        values = {}
        for name, value in told.items():
            each = known[name]
            is_key = isinstance(each, ForeignKey) and value is not None
            values[name] = self.keys.key_of(each.related_model, str(value)) if is_key else value
        row: PolicyRow = model()
        lay_upon(row, values)
        only_here = self.keys.only_here(row)
        row.full_clean(exclude=["release", *only_here], validate_unique=False, validate_constraints=False)
        refused = _refusals(row, only_here)
        if refused:
            raise Unreadable("; ".join(refused))
        row.validate_constraints()
        if drafts.company_of(row) not in self.allowed:
            raise Unreadable("it holds in a company whose rules you do not change")
        # Once more as the database would give it back, so that equal rows are equal.
        lay_upon(row, values_of(row))
        return row


def _refusals(row: PolicyRow, only_here: Collection[str]) -> list[str]:
    """Return what the form of the administration would refuse in a row, of which it is the one judge.

    Whether it can stand beside others shows in the draft, which has all of the file. `only_here` names what
    points to rows that are in the file alone.
    """
    model: Any = type(row)
    form_class = modelform_factory(model, form=admin.site.get_model_admin(model).form, exclude=("release",))
    shown = form_class(instance=row)
    # As a browser sends it: a box that is not ticked says nothing.
    values = {
        name: each.prepare_value(shown.get_initial_for_field(each, name))
        for name, each in shown.fields.items()
    }
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    form = form_class(sent, instance=copy(row))
    return [
        f"{name}: {' '.join(problem.messages)}" if name != NON_FIELD_ERRORS else " ".join(problem.messages)
        for name, problems in form.errors.as_data().items()
        for problem in problems
        if problem.code not in BESIDE_OTHERS and not (problem.code == "invalid_choice" and name in only_here)
    ]


def _is_pointed_to(told: Any) -> bool:
    """Say whether a change of the file adds what others may point to."""
    if not isinstance(told, dict):
        return False
    return told.get("table") in pointed_to() and told.get("action") == Action.ADD


def _changed(live: PolicyRow, after: dict[str, Any]) -> Wanted:
    before = values_of(live)
    lay_upon(live, after)
    return live, Action.CHANGE, before


def _identity(row: PolicyRow) -> tuple[Any, ...]:
    """Return what a row is about: rows alike in it are the same rule, otherwise set."""
    values = values_of(row)
    for name in ("code", "name"):
        if values.get(name):
            return (name, values[name], values.get("company"))
    return tuple(values.get(name) for name in (*ABOUT, "valid_from"))


def _messages(problem: ValidationError) -> list[str]:
    if hasattr(problem, "error_dict"):
        return [f"{name}: {' '.join(each)}" for name, each in problem.message_dict.items()]
    return problem.messages
