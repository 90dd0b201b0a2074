"""Questions about cases: a page of a queue, its counts, and everything one case shows.

Lists are read as values, by keyset and in a fixed number of queries, however many rows there are. Counts stop
at CAP: "1000+" is all a person needs to know, and an exact count of a long queue costs more than its page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from erp_connectors.documents.models import Document, OrderLine, PurchaseOrder
from erp_connectors.documents.position import LinePosition
from erp_connectors.exchange.models import Command
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.cases.models import (
    OUR_CLOCKS,
    AgreementRow,
    Case,
    CaseLine,
    Clock,
    QueueEntry,
    QueueRole,
    Task,
    TaskState,
)
from exceptions_app.overrides.stated import position_of
from exceptions_app.people.models import Team, User
from exceptions_app.policies import lookup
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.proposals.models import Proposal, ProposalState

PAGE = 50
CAP = 1000
UNDER_WAY = (ProposalState.PENDING, ProposalState.APPROVED, ProposalState.EXECUTING)


class CappedCount(Subquery):
    """How many rows a query has, counted no further than the limit it was sliced to."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"


# --- one row of a list --------------------------------------------------------------------------------------


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
    clock: "ClockView | None" = None
    supplier_clock: "ClockView | None" = None

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


def _rows(found: QuerySet[Any], *, prefix: str = "") -> list[CaseRow]:
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


# --- pages by keyset ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: the row before it (or after it), by the two values the list is sorted by."""

    first: Any
    case_id: int

    def __str__(self) -> str:
        return f"{self.first}~{self.case_id}"

    @classmethod
    def of_priority(cls, text: str) -> Self | None:
        """Read a cursor of a queue; None where it is not one."""
        priority, _, case_id = text.partition("~")
        try:
            return cls(Decimal(priority), int(case_id))
        except (InvalidOperation, ValueError):
            return None

    @classmethod
    def of_moment(cls, text: str) -> Self | None:
        """Read a cursor of a list sorted by change; None where it is not one."""
        moment, _, case_id = text.partition("~")
        try:
            return cls(datetime.fromisoformat(moment), int(case_id))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows with the cursors of their neighbours; None where there is nothing more on that side."""

    rows: list[CaseRow]
    before: str | None = None
    after: str | None = None


def queue_page(
    entries: QuerySet[QueueEntry],
    *,
    now: datetime,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page:
    """Return one page of a queue, most urgent first, in three queries.

    `after` and `before` are cursors of an earlier page; one that cannot be read starts at the top.
    """
    older, newer = Cursor.of_priority(after), Cursor.of_priority(before)
    if newer is not None:
        found = entries.filter(
            Q(priority__gte=newer.first) & (Q(priority__gt=newer.first) | Q(case_id__gt=newer.case_id))
        ).order_by("priority", "case_id")
    else:
        found = entries.order_by("-priority", "-case_id")
        if older is not None:
            found = found.filter(
                Q(priority__lte=older.first) & (Q(priority__lt=older.first) | Q(case_id__lt=older.case_id))
            )
    rows = _rows(found[: size + 1], prefix="case__")
    return _page(rows, size, turned=newer is not None, came_from=older, key="priority", now=now)


def case_list_page(
    cases: QuerySet[Case], *, now: datetime, after: str = "", before: str = "", size: int = PAGE
) -> Page:
    """Return one page of cases, the last changed first, in three queries."""
    older, newer = Cursor.of_moment(after), Cursor.of_moment(before)
    if newer is not None:
        found = cases.filter(
            Q(updated_at__gte=newer.first) & (Q(updated_at__gt=newer.first) | Q(id__gt=newer.case_id))
        ).order_by("updated_at", "id")
    else:
        found = cases.order_by("-updated_at", "-id")
        if older is not None:
            found = found.filter(
                Q(updated_at__lte=older.first) & (Q(updated_at__lt=older.first) | Q(id__lt=older.case_id))
            )
    rows = _rows(found[: size + 1])
    return _page(rows, size, turned=newer is not None, came_from=older, key="updated_at", now=now)


def _page(
    rows: list[CaseRow], size: int, *, turned: bool, came_from: Cursor | None, key: str, now: datetime
) -> Page:
    more, rows = len(rows) > size, rows[:size]
    if turned:
        rows.reverse()
    rows = with_clocks(rows, now=now)
    if not rows:
        return Page(rows=rows)

    def cursor(row: CaseRow) -> str:
        value = getattr(row, key)
        return str(Cursor(value.isoformat() if isinstance(value, datetime) else value, row.id))

    return Page(
        rows=rows,
        before=cursor(rows[0]) if (turned and more) or (not turned and came_from) else None,
        after=cursor(rows[-1]) if turned or more else None,
    )


# --- clocks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """A promise as it stands now. `left` is what remains of it in business minutes, negative when overdue."""

    kind: str
    state: str
    allowed: Decimal
    used: Decimal
    left: Decimal
    used_percent: int
    running_since: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None

    @property
    def is_breached(self) -> bool:
        """True when the promise was broken, whether or not somebody has acted since."""
        return self.breached_at is not None

    @property
    def is_ours(self) -> bool:
        """True for what we promise, False for what the supplier owes."""
        return self.kind in OUR_CLOCKS


def clock_view(clock: Clock, calendar: BusinessCalendar, *, now: datetime) -> ClockView:
    """Return how the clock, which runs on `calendar`, stands at `now`."""
    used = sla.used_by(clock, calendar, now)
    allowed = clock.allowed_minutes
    if clock.stopped_at is not None:
        state = "stopped"
    elif clock.running_since is None:
        state = "paused"
    else:
        state = "breached" if used > allowed or clock.breached_at else "running"
    return ClockView(
        kind=clock.kind,
        state=state,
        allowed=allowed,
        used=used,
        left=allowed - used,
        used_percent=100 if allowed <= 0 else min(100, int(used * 100 / allowed)),
        running_since=clock.running_since,
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        stopped_at=clock.stopped_at,
    )


def clock_views(clocks: QuerySet[Clock], *, now: datetime) -> dict[int, list[ClockView]]:
    """Return, by case, how its clocks stand at `now`."""
    views: dict[int, list[ClockView]] = {}
    calendars: dict[int, BusinessCalendar] = {}
    for clock in clocks.select_related("calendar").order_by("case_id", "id"):
        if clock.calendar_id not in calendars:
            calendars[clock.calendar_id] = lookup.business_calendar(clock.calendar)
        view = clock_view(clock, calendars[clock.calendar_id], now=now)
        views.setdefault(clock.case_id, []).append(view)
    return views


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


# --- counts -------------------------------------------------------------------------------------------------


def open_entries(team: Team, role: str | None = None) -> QuerySet[QueueEntry]:
    """Return what is open in the queue of `team`, in one role or in all."""
    entries = QueueEntry.objects.filter(team=team, is_open=True)
    return entries.filter(role=role) if role else entries


def work_waiting(teams: Iterable[Team]) -> dict[int, int]:
    """Return, by team, how many open cases ask something of it (all roles but "for information"), capped."""
    entries = QueueEntry.objects.filter(team=OuterRef("pk"), is_open=True).exclude(role=QueueRole.TOLD)
    counted = Team.objects.filter(pk__in=[team.pk for team in teams]).annotate(
        waiting=CappedCount(entries.order_by().values("pk")[: CAP + 1])
    )
    return dict(counted.values_list("pk", "waiting"))


def role_counts(team: Team) -> dict[str, int]:
    """Return, by role, how many open cases the queue of `team` holds, and open tasks, capped."""
    annotations = {
        role: CappedCount(
            QueueEntry.objects.filter(team=OuterRef("pk"), is_open=True, role=role)
            .order_by()
            .values("pk")[: CAP + 1]
        )
        for role in QueueRole.values
        if role != QueueRole.TASK
    }
    # Tasks are counted themselves: what a decision leaves to do outlives its case.
    tasks = Task.objects.filter(team=OuterRef("pk"), state=TaskState.OPEN).order_by()
    annotations[QueueRole.TASK.value] = CappedCount(tasks.values("pk")[: CAP + 1])
    counted = Team.objects.filter(pk=team.pk).annotate(**annotations)
    return dict(zip(annotations, counted.values_list(*annotations).get(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSummary:
    """The head of a queue in figures, over its CAP most urgent cases; `is_capped`: there are more."""

    open: int
    breached: int
    due_soon: int
    mine: int
    unassigned: int
    expected_loss: Decimal
    orders: int
    documents: int
    suppliers: int

    @property
    def is_capped(self) -> bool:
        """True when the queue goes on beyond what was counted."""
        return self.open > CAP


def queue_summary(
    entries: QuerySet[QueueEntry], *, person: User, now: datetime, soon: timedelta = timedelta(hours=4)
) -> QueueSummary:
    """Return the figures above a queue, in one query over at most CAP + 1 rows."""
    overdue = Clock.objects.filter(
        case=OuterRef("case_id"),
        kind__in=OUR_CLOCKS,
        stopped_at=None,
        running_since__isnull=False,
        due_at__lte=now,
    )
    head = entries.order_by("-priority", "-case_id").annotate(
        _loss=F("case__expected_loss"),
        _owner=F("case__owner"),
        _order=F("case__order"),
        _document=F("case__document"),
        _supplier=F("case__supplier"),
        _due=F("case__due_at"),
        _overdue=Exists(overdue),
    )[: CAP + 1]
    figures = head.aggregate(
        open=Count("pk"),
        breached=Count("pk", filter=Q(_overdue=True)),
        due_soon=Count("pk", filter=Q(_overdue=False, _due__gt=now, _due__lte=now + soon)),
        mine=Count("pk", filter=Q(_owner=person.pk)),
        unassigned=Count("pk", filter=Q(_owner=None)),
        expected_loss=Sum("_loss"),
        orders=Count("_order", distinct=True),
        documents=Count("_document", distinct=True),
        suppliers=Count("_supplier", distinct=True),
    )
    return QueueSummary(**figures | {"expected_loss": figures["expected_loss"] or Decimal(0)})


# --- one case with everything around it ---------------------------------------------------------------------

EVENTS_SHOWN, DOCUMENTS_SHOWN = 200, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One deviating line: the row, where its order line stands, and what was agreed on it.

    `position` and `factors` are None and empty for a line that belongs to no order line.
    """

    line: CaseLine
    position: LinePosition | None
    factors: dict[str, Decimal]
    tolerance: ToleranceRow | None
    agreements: list[AgreementRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One case with everything its page shows, read in a fixed number of queries."""

    case: Case
    clocks: list[ClockView]
    lines: list[LineView]
    tasks: list[Task]
    proposals: list[Proposal]
    commands: list[Command]
    events: list[Event]
    documents: list[Document]
    siblings: list[Case]


def case_page(case: Case, *, now: datetime) -> CasePage:
    """Return the case with its lines, clocks, tasks, decisions, history and documents.

    Events and documents are the newest ones, oldest event first; documents come without their content.
    """
    lines = list(
        case.lines.select_related("order_line__item", "order_line__warehouse", "release").prefetch_related(
            "order_line__item__packs", "order_line__overrides"
        )
    )
    tolerances = ToleranceRow.objects.select_related("release", "supplier").in_bulk(
        {line.tolerance_id for line in lines if line.tolerance_id}
    )
    agreements: dict[int, list[AgreementRow]] = {}
    for agreement in AgreementRow.objects.filter(case_line__in=lines).order_by("made_at", "id"):
        agreements.setdefault(agreement.case_line_id or 0, []).append(agreement)
    events = case.events.select_related("actor", "release").order_by("-at", "-id")[:EVENTS_SHOWN]
    return CasePage(
        case=case,
        clocks=clock_views(case.clocks.all(), now=now).get(case.pk, []),
        lines=[
            LineView(
                line=line,
                position=_position(line.order_line),
                factors=factors_of(line.order_line),
                tolerance=tolerances.get(line.tolerance_id or 0),
                agreements=agreements.get(line.pk, []),
            )
            for line in lines
        ],
        tasks=list(case.tasks.select_related("team", "done_by").order_by("state", "created_at", "id")),
        proposals=list(proposals_in_full(case.proposals.all())),
        commands=list(
            Command.objects.filter(case_number=case.number, order=case.order_id).order_by("-created_at")
            if case.order_id
            else ()
        ),
        events=list(reversed(events)),
        documents=list(newest_documents(documents_of_case(case))),
        siblings=list(
            Case.objects.filter(order=case.order_id).exclude(pk=case.pk).order_by("-updated_at")[:10]
            if case.order_id
            else ()
        ),
    )


def proposals_in_full(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Return proposals with their lines, needs, approvals and people, newest first."""
    return (
        proposals.select_related("proposed_by", "release", "case__company", "case__team", "case__order")
        .prefetch_related(
            "lines__order_line",
            "edited_by",
            "needs__team",
            "needs__approvals__person",
            "needs__approvals__given_for",
            "needs__approvals__answers__person",
            "kept_apart",
        )
        .order_by("-created_at")
    )


def documents_of_case(case: Case) -> QuerySet[Document]:
    """Return the documents that name the order of the case, and the one it is about."""
    found = documents_of_order(case.order) if case.order else Document.objects.none()
    if case.document is None:
        return found
    return Document.objects.filter(Q(pk__in=found.values("pk")) | Q(pk=case.document.document_id))


def documents_of_order(order: PurchaseOrder) -> QuerySet[Document]:
    """Return the documents that name the order."""
    return Document.objects.filter(
        orders__connection=order.connection_id,
        orders__order_number=order.number,
        orders__supplier_number=order.supplier.number,
    )


def newest_documents(documents: QuerySet[Document]) -> QuerySet[Document]:
    """Return the newest of the documents, without their content."""
    return (
        documents.select_related("transaction__interchange__connection")
        .defer("content", "transaction__interchange__payload", "transaction__reading")
        .order_by("-said_at", "-revision", "-control_number")[:DOCUMENTS_SHOWN]
    )


def _position(line: OrderLine | None) -> LinePosition | None:
    return position_of(line) if line is not None and line.position else None


def factors_of(line: OrderLine | None) -> dict[str, Decimal]:
    """Return the base units in one of each unit of the line's item."""
    if line is None or line.item is None:
        return {}
    return {line.item.base_unit: Decimal(1)} | {pack.unit: pack.factor for pack in line.item.packs.all()}
