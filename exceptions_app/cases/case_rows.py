"""One case as lists show it, read as values in a fixed number of queries, however many rows there are."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from exceptions_app.cases.clock_views import ClockView, clock_views
from exceptions_app.cases.models import CaseLine, Clock, Task
from exceptions_app.proposals.models import Proposal
from exceptions_app.proposals.queries import UNDER_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case as lists show it, whatever it is about; what it is not about is None.

    `lines`: numbers of its open lines, at most three; `item`, `wanted_on` and `actual` are of the first.
    `connection` is where it comes from, `message` the file it came in. `shortfalls`: the uncovered customer
    orders as the newest task names them.
    """

    id: int
    number: str
    headline: str
    type_code: str
    state: str
    severity: int
    amount: Decimal | None
    expected_loss: Decimal
    currency: str
    version: int
    priority: Decimal
    opened_at: datetime
    updated_at: datetime
    escalation_level: int
    supplier: str | None
    tier: str | None
    order_id: int | None
    order: str | None
    team: str
    team_code: str
    owner_id: int | None
    owner_first: str | None
    owner_last: str | None
    owner_username: str | None
    proposal: str | None
    lines: list[str]
    item: str | None
    group_key: str
    document: str | None
    document_kind: str | None
    document_total: Decimal | None
    document_currency: str | None
    warehouse: str | None
    connection: str | None
    message: str | None
    stream: str | None
    wanted_on: date | None
    actual: dict[str, Any] | None
    shortfalls: dict[str, Any] | None
    role: str | None = None
    clock: ClockView | None = None
    supplier_clock: ClockView | None = None

    @property
    def owner(self) -> str:
        """The owner's full name, or their user name."""
        return f"{self.owner_first or ''} {self.owner_last or ''}".strip() or (self.owner_username or "")

    @property
    def expected_on(self) -> date | None:
        """The last day on which something of it is expected now, where the case is about days."""
        found = self.actual or {}
        parts = [part for name in ("late", "early", "parts") for part in found.get(name) or ()]
        days = [part["date"] for part in parts if "date" in part] or found.get("promised") or ()
        return date.fromisoformat(max(days)) if days else None

    @property
    def customer_orders(self) -> list[str]:
        """The customer orders that cannot be covered, each once."""
        items = (self.shortfalls or {}).get("items", ())
        return list(dict.fromkeys(each["order"] for item in items for each in item["orders"]))

    @property
    def metric(self) -> str:
        """What of a supplier's performance it is about."""
        return str((self.actual or {}).get("metric", ""))

    @property
    def initials(self) -> str:
        """Two letters of the owner for a narrow column."""
        letters = (self.owner_first or "")[:1] + (self.owner_last or "")[:1]
        return (letters or (self.owner_username or "")[:2]).upper()


_COLUMNS = {
    "id": "id",
    "number": "number",
    "headline": "headline",
    "type_code": "type_code",
    "state": "state",
    "severity": "severity",
    "amount": "amount",
    "expected_loss": "expected_loss",
    "currency": "company__currency",
    "version": "version",
    "priority": "priority",
    "opened_at": "opened_at",
    "updated_at": "updated_at",
    "escalation_level": "escalation_level",
    "supplier": "supplier__name",
    "tier": "supplier__tier",
    "order_id": "order_id",
    "order": "order__number",
    "team": "team__name",
    "team_code": "team__code",
    "owner_id": "owner_id",
    "owner_first": "owner__first_name",
    "owner_last": "owner__last_name",
    "owner_username": "owner__username",
    "group_key": "group_key",
    "document": "document__number",
    "document_kind": "document__kind",
    "document_total": "document__total",
    "document_currency": "document__currency",
    "warehouse": "warehouse__name",
    "message": "interchange__file_name",
    "stream": "stream__stream",
}

#: Where a case comes from: the first of these that it is about.
_CONNECTIONS = ("interchange", "stream", "document", "order")


def rows_of(found: QuerySet[Any], *, prefix: str = "") -> list[CaseRow]:
    """Read `found` as rows; `prefix` leads from its model to the case."""
    case_id = OuterRef(f"{prefix}id")
    newest = Proposal.objects.filter(case=case_id, state__in=UNDER_WAY).order_by("-created_at")
    lines = CaseLine.objects.filter(case=case_id, cleared_at=None).order_by("line_number", "id")
    tasks = Task.objects.filter(case=case_id).exclude(facts={}).order_by("-id")
    read = {
        "proposal": Subquery(newest.values("state")[:1]),
        "lines": ArraySubquery(lines.exclude(line_number="").values("line_number")[:3]),
        "item": Subquery(lines.values("order_line__description")[:1]),
        "wanted_on": Subquery(lines.values("order_line__requested_on")[:1]),
        "actual": Subquery(lines.values("actual")[:1]),
        "shortfalls": Subquery(tasks.values("facts")[:1]),
        "connection": Coalesce(*(f"{prefix}{about}__connection__name" for about in _CONNECTIONS)),
    }
    found = found.annotate(**{f"_{name}": value for name, value in read.items()})
    names = [*_COLUMNS, *read]
    columns = [prefix + column for column in _COLUMNS.values()] + [f"_{name}" for name in read]
    if prefix:
        names, columns = [*names, "role"], [*columns, "role"]
    return [CaseRow(**dict(zip(names, values, strict=True))) for values in found.values_list(*columns)]


def with_clocks(rows: list[CaseRow], *, now: datetime) -> list[CaseRow]:
    """Give each row the clock of ours that matters most, and the supplier's while it runs.

    A broken promise matters most, then the one due next.
    """
    views = clock_views(Clock.objects.filter(case__in=[row.id for row in rows], stopped_at=None), now=now)
    return [
        replace(
            row,
            clock=min(
                (view for view in views.get(row.id, ()) if view.is_ours),
                key=lambda view: view.left,
                default=None,
            ),
            supplier_clock=next(
                (view for view in views.get(row.id, ()) if not view.is_ours and view.running_since), None
            ),
        )
        for row in rows
    ]
