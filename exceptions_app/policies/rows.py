"""All rows of the policies as they are now, kept in memory until one of them changes.

The database gives the rows a new stamp whenever one of their tables is written (migration 0004), in the
transaction that writes: whoever sees other rows sees another stamp. What is kept is shared by all threads of
a process, and nobody may change it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from exceptions_app.people.models import Team
from exceptions_app.policies.models import (
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    PolicyRelease,
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

STAMP = "SELECT stamp FROM exceptions_app_policystamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Every policy row there is, whether it holds today or not, with the newest release (None: none yet).

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

    def teams_of(self, company_id: int) -> list[Team]:
        """Return the teams of a company, in the order of their primary keys."""
        return [team for team in self.teams.values() if team.company_id == company_id]


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
    rows = current()
    token = _held.set(rows)
    try:
        yield rows
    finally:
        _held.reset(token)


def _stamp() -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        found = cursor.fetchone()
    return None if found is None else found[0]


def _read() -> Rows:
    calendars = {row.code: row for row in Calendar.objects.all()}
    steps: dict[int, list[EscalationStep]] = defaultdict(list)
    for step in EscalationStep.objects.order_by("level"):
        steps[step.team_id].append(step)
    return Rows(
        release=PolicyRelease.objects.order_by("-number").first(),
        companies={
            row.company_id: row
            for row in CompanyPolicy.objects.select_related("company", "calendar", "fallback_team__calendar")
        },
        calendars=calendars,
        teams={team.pk: team for team in Team.objects.select_related("company", "calendar").order_by("pk")},
        rates=tuple(ExchangeRate.objects.all()),
        tolerances=tuple(ToleranceRow.objects.all()),
        terms=tuple(TermRow.objects.all()),
        settings=tuple(TypeSetting.objects.all()),
        routing_rules=tuple(
            RoutingRule.objects.filter(is_active=True)
            .select_related("team__calendar", "person")
            .order_by("position", "id")
        ),
        responsibilities=tuple(Responsibility.objects.all()),
        service_levels=tuple(ServiceLevelRow.objects.all()),
        supplier_times=tuple(SupplierTimeRow.objects.all()),
        steps={team_id: tuple(of_team) for team_id, of_team in steps.items()},
        warnings=tuple(ClockWarning.objects.all()),
        impact=tuple(ImpactDefaults.objects.select_related("release")),
        bands=tuple(SeverityBands.objects.all()),
        templates=tuple(TaskTemplate.objects.all()),
    )
