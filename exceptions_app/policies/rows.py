"""All rows of the policies as they are now, kept in memory until one of them changes.

The database gives the rows a new stamp whenever one of their tables is written (migration 0003), in the
transaction that writes: whoever sees other rows sees another stamp. What is kept is shared by all threads of
a process, and nobody may change it. `under` lays the changes of a draft over them, in copies.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

from exceptions_app.people.models import Team
from exceptions_app.policies.changes import lay_upon, table_of
from exceptions_app.policies.draft_models import Action
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    PolicyRelease,
    PolicyRow,
    Responsibility,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    SupplierTimeRow,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)
from exceptions_app.policies.shadow_models import DraftShadow

STAMP = "SELECT stamp FROM exceptions_app_policystamp"
#: Rows that are only in a draft have keys from here on: later than any row, as they will be once published.
NOT_YET = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Every policy row there is, whether it holds today or not, with the newest release (None: none yet)
    and the drafts in shadow.

    `calendars` are by code, `companies` and `steps` by the key of the company and the team, `teams` by their
    own, in that order.
    """

    release: PolicyRelease | None
    companies: Mapping[int, CompanyPolicy]
    calendars: Mapping[str, Calendar]
    teams: Mapping[int, Team]
    rates: tuple[ExchangeRate, ...]
    tolerances: tuple[ToleranceRow, ...]
    terms: tuple[TermRow, ...]
    settings: tuple[TypeSetting, ...]
    routing_rules: tuple[RoutingRule, ...]
    responsibilities: tuple[Responsibility, ...]
    service_levels: tuple[ServiceLevelRow, ...]
    supplier_times: tuple[SupplierTimeRow, ...]
    steps: Mapping[int, tuple[EscalationStep, ...]]
    warnings: tuple[ClockWarning, ...]
    impact: tuple[ImpactDefaults, ...]
    bands: tuple[SeverityBands, ...]
    templates: tuple[TaskTemplate, ...]
    approvals: tuple[ApprovalRule, ...]
    in_shadow: tuple[DraftShadow, ...] = ()

    def teams_of(self, company_id: int) -> list[Team]:
        """Return the teams of a company, in the order of their primary keys."""
        return [team for team in self.teams.values() if team.company_id == company_id]


class Change(Protocol):
    """What `under` asks of a change; a PolicyChange is one, saved or not."""

    table: str
    row_id: int | None
    action: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """How the rows of a table are kept: in which order or under which key, with what is read beside them."""

    model: type[Any]
    keep: Callable[[Iterable[Any]], Any]
    related: tuple[str, ...] = ()


def _in_order(rows: Iterable[PolicyRow]) -> tuple[PolicyRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.pk))


def _by(name: str) -> Callable[[Iterable[Any]], Mapping[Any, PolicyRow]]:
    return lambda rows: {getattr(row, name): row for row in rows}


def _tried(rules: Iterable[RoutingRule]) -> tuple[RoutingRule, ...]:
    """Return the rules that are tried, first the one with the lowest position."""
    return tuple(
        sorted((rule for rule in rules if rule.is_active), key=lambda rule: (rule.position, rule.pk))
    )


def _ladders(steps: Iterable[EscalationStep]) -> Mapping[int, tuple[EscalationStep, ...]]:
    of_team: dict[int, list[EscalationStep]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: (step.level, step.pk)):
        of_team[step.team_id].append(step)
    return {team_id: tuple(ladder) for team_id, ladder in of_team.items()}


#: Every table that is kept, by its name in Rows: read like this, and laid over like this by a draft.
TABLES: dict[str, Kept] = {
    "calendars": Kept(Calendar, _by("code")),
    "companies": Kept(
        CompanyPolicy, _by("company_id"), related=("company", "calendar", "fallback_team__calendar")
    ),
    "rates": Kept(ExchangeRate, _in_order),
    "tolerances": Kept(ToleranceRow, _in_order),
    "terms": Kept(TermRow, _in_order),
    "settings": Kept(TypeSetting, _in_order),
    "routing_rules": Kept(RoutingRule, _tried, related=("team__calendar", "person")),
    "responsibilities": Kept(Responsibility, _in_order),
    "service_levels": Kept(ServiceLevelRow, _in_order),
    "supplier_times": Kept(SupplierTimeRow, _in_order),
    "steps": Kept(EscalationStep, _ladders),
    "warnings": Kept(ClockWarning, _in_order),
    "impact": Kept(ImpactDefaults, _in_order, related=("release",)),
    "bands": Kept(SeverityBands, _in_order),
    "templates": Kept(TaskTemplate, _in_order),
    "approvals": Kept(ApprovalRule, _in_order),
}


#: The rows that were read last, with the stamp they had.
_last_read: tuple[UUID, Rows] | None = None
_held: ContextVar[Rows | None] = ContextVar("policy_rows_held", default=None)


def current() -> Rows:
    """Return the rows as they are now: in one query where none has changed since they were read last."""
    global _last_read
    held = _held.get()
    if held is not None:
        return held
    stamp = _stamp()
    kept = _last_read
    if kept is not None and kept[0] == stamp:
        return kept[1]
    rows = _read()
    # Rows newer than their stamp do no harm: the stamp they belong to is another, and they are read again.
    _last_read = None if stamp is None else (stamp, rows)
    return rows


@contextmanager
def held() -> Iterator[Rows]:
    """Let everything inside see the rows as they are now, also where somebody changes them meanwhile."""
    with seeing(current()) as rows:
        yield rows


@contextmanager
def seeing(rows: Rows) -> Iterator[Rows]:
    """Let everything inside see these rows."""
    token = _held.set(rows)
    try:
        yield rows
    finally:
        _held.reset(token)


@contextmanager
def under(changes: Iterable[Change]) -> Iterator[Rows]:
    """Let everything inside see the rows as they would be with the changes; nothing is written.

    A row that is only in the changes has a key from NOT_YET on. Rows keep the release they were published
    with, and new ones have the newest. Raises ValidationError where a value cannot be one of its field.
    """
    with seeing(laid_over(current(), changes)) as rows:
        yield rows


def laid_over(rows: Rows, changes: Iterable[Change]) -> Rows:
    """Return the rows as they would be with the changes; `rows` stay as they are."""
    of_model: dict[str, list[tuple[int, Change]]] = defaultdict(list)
    for place, change in enumerate(changes):
        of_model[change.table].append((place, change))
    laid = {
        name: kept.keep(_with(kept, getattr(rows, name), of_model[table], rows.release))
        for name, kept in TABLES.items()
        if (table := table_of(kept.model)) in of_model
    }
    return _related_anew(replace(rows, **laid)) if laid else rows


def _with(
    kept: Kept, rows: Any, changes: Iterable[tuple[int, Change]], release: PolicyRelease | None
) -> list[PolicyRow]:
    known: dict[int, PolicyRow] = {row.pk: row for row in _flat(rows)}
    for place, change in changes:
        key = NOT_YET + place if change.row_id is None else change.row_id
        if change.action == Action.REMOVE:
            known.pop(key, None)
            continue
        # Of a row that is not kept (a rule that is off) the change itself says every value.
        row = copy(known[key]) if key in known else kept.model(pk=key, release=release)
        lay_upon(row, change.after)
        known[key] = row
    return list(known.values())


def _flat(rows: Any) -> Iterator[PolicyRow]:
    for each in rows.values() if isinstance(rows, Mapping) else rows:
        if isinstance(each, tuple):
            yield from each
        else:
            yield each


def _related_anew(rows: Rows) -> Rows:
    """Let teams, companies and routing rules lead to calendars and teams as they are in the same rows."""
    calendars = {calendar.pk: calendar for calendar in rows.calendars.values()}
    teams = {key: _leading_to(team, calendar=calendars) for key, team in rows.teams.items()}
    return replace(
        rows,
        teams=teams,
        companies={
            key: _leading_to(row, calendar=calendars, fallback_team=teams)
            for key, row in rows.companies.items()
        },
        routing_rules=tuple(_leading_to(rule, team=teams) for rule in rows.routing_rules),
    )


def _leading_to(row: Any, **known: Mapping[int, Any]) -> Any:
    related = copy(row)
    for name, others in known.items():
        other = others.get(getattr(row, f"{name}_id"))
        if other is not None:
            setattr(related, name, other)
    return related


def _stamp() -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        found = cursor.fetchone()
    return None if found is None else found[0]


def _read() -> Rows:
    return Rows(
        release=PolicyRelease.objects.order_by("-number").first(),
        in_shadow=tuple(DraftShadow.objects.filter(ended_at=None).order_by("pk")),
        teams={team.pk: team for team in Team.objects.select_related("company", "calendar").order_by("pk")},
        **{
            name: kept.keep(kept.model._default_manager.select_related(*kept.related or (None,)))
            for name, kept in TABLES.items()
        },
    )
