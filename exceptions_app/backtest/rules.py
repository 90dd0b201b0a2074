"""Two states of the policies side by side: what differs between them, and what that can reach."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db.models import Model

from exceptions_app.detection import registry
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.detection.types.bucket import BucketType
from exceptions_app.policies.changes import table_of
from exceptions_app.policies.draft_models import Action
from exceptions_app.policies.models import PolicyRow, TermRow, ToleranceRow, TypeSetting
from exceptions_app.policies.rows import Rows, laid_over

#: Which kinds of subject are judged again; messages and streams leave no past to rebuild.
KINDS = (SubjectKind.ORDER, SubjectKind.INVOICE, SubjectKind.DOCUMENT, SubjectKind.SUPPLIER)
#: Says who answers for a row and which release set it: nothing is judged by it.
ABOUT_THE_ROW = frozenset({"release", "owner"})
#: What is kept with the rules and is none.
NO_RULES = frozenset({"release", "in_shadow"})
#: What decides, once a case is there: how grave it is and whose.
WEIGHING = frozenset({"impact", "bands", "rates", "routing_rules", "teams", "companies", "calendars"})
#: By when, and whom to tell.
TIMING = frozenset({"service_levels", "steps", "warnings", "calendars", "teams"})
#: What decides who in a team gets a case, when a supplier is reminded or who is told: not played again.
UNPLAYED = frozenset({"responsibilities", "supplier_times", "templates", "tellings"})
#: What says whom a decision needs: the rules, and the calendars by which days are counted.
APPROVING = frozenset({"approvals", "calendars", "companies", "rates"})
#: What judges decisions only, and no subject.
OF_DECISIONS = frozenset({"approvals"})
#: Other types whose tolerance moves goods from one bucket to another; invoices are judged with the buckets.
MOVES_GOODS = frozenset({"date_later", "date_earlier", "backorder", "shipment_delayed", "delivery_overdue"})
#: Types that judge line by line, at any time alike, and whose tolerance nothing but themselves reads.
READ_ALONE = frozenset({"price_mismatch"})


@dataclass(frozen=True, slots=True)
class Changed:
    """A row as it is in one state of the policies and not in the other."""

    table: str
    row: Model


def changed_rows(live: Rows, tried: Rows) -> tuple[Changed, ...]:
    """Return every row that is in one state and not, or otherwise, in the other: of both states."""
    return tuple(
        Changed(table.name, row)
        for table in fields(Rows)
        for row in _differing(_rows_of(live, table.name), _rows_of(tried, table.name))
    )


def _differing(live: Iterable[Model], tried: Iterable[Model]) -> Iterator[Model]:
    ours, theirs = {row.pk: row for row in live}, {row.pk: row for row in tried}
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(key), theirs.get(key)
        if one is None or other is None or _values(one) != _values(other):
            yield from (row for row in (one, other) if row is not None)


def _rows_of(rows: Rows, table: str) -> Iterator[Model]:
    """Yield the rows of a table, however they are kept."""
    if table in NO_RULES:
        return
    kept = getattr(rows, table)
    for row in kept.values() if isinstance(kept, Mapping) else kept:
        if isinstance(row, Model):
            yield row
        else:
            yield from row


def _values(row: Model) -> dict[str, Any]:
    return {
        column.attname: getattr(row, column.attname)
        for column in row._meta.concrete_fields
        if column.name not in ABOUT_THE_ROW
    }


def holding_already(tried: Rows, changed: Iterable[Changed], since: datetime) -> Rows:
    """Return the tried rows as if those that begin to hold only later had held since `since`.

    History is asked what would have been; a rule that is to begin tomorrow would have been nothing.
    """
    kept = {(table.name, row.pk) for table in fields(Rows) for row in _rows_of(tried, table.name)}
    return laid_over(
        tried,
        [
            _Sooner(table_of(each.row), each.row.pk)
            for each in changed
            if isinstance(each.row, PolicyRow)
            and each.row.valid_from is not None
            and each.row.valid_from > since.date()
            and (each.table, each.row.pk) in kept
        ],
    )


@dataclass(slots=True)
class _Sooner:
    """The change of a row to have held for ever."""

    table: str
    row_id: int | None
    action: str = Action.CHANGE
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=lambda: {"valid_from": None})


def types_alone(changed: Iterable[Changed]) -> frozenset[str]:
    """Return the types that alone can find anything else, where all that changed are their tolerances."""
    codes = {each.row.type_code if isinstance(each.row, ToleranceRow) else "" for each in changed}
    return frozenset(codes) if codes <= READ_ALONE else frozenset()


def kinds_reached(changed: tuple[Changed, ...]) -> frozenset[SubjectKind]:
    """Return which kinds of subject any changed row can touch."""
    return frozenset(kind for each in changed for kind in _kinds(each))


def has_no_past(changed: Changed) -> bool:
    """Say whether a changed row is about a kind of subject that cannot be judged again."""
    row = changed.row
    return isinstance(row, ToleranceRow | TypeSetting) and not kinds_of_type(row.type_code) <= set(KINDS)


def _kinds(changed: Changed) -> frozenset[SubjectKind]:
    row = changed.row
    if changed.table in UNPLAYED | OF_DECISIONS:
        return frozenset()
    if isinstance(row, ToleranceRow | TypeSetting):
        kinds = kinds_of_type(row.type_code)
        if isinstance(row, ToleranceRow) and _moves_goods(row.type_code):
            kinds |= {SubjectKind.INVOICE}
        return kinds
    if isinstance(row, TermRow):
        return frozenset({SubjectKind.ORDER, SubjectKind.INVOICE})
    return frozenset(KINDS)


def kinds_of_type(code: str) -> frozenset[SubjectKind]:
    """Return which kinds of subject a type looks at; none where there is no such type."""
    found = [kind for kind in registry.all_types() if kind.code == code]
    return frozenset(subject for kind in found for subject in (kind.subject, *kind.also_in))


def _moves_goods(code: str) -> bool:
    """Say whether the tolerance of a type decides where goods are, and not only whether that is told."""
    found = [kind for kind in registry.all_types() if kind.code == code and isinstance(kind, BucketType)]
    return code in MOVES_GOODS or any(kind.day_tolerance is not None for kind in found)
