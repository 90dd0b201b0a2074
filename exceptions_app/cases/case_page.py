"""One case with everything its page shows, read in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from erp_connectors.documents.models import Document, OrderLine
from erp_connectors.documents.position import LinePosition
from erp_connectors.exchange.models import Command
from exceptions_app.audit.models import Event
from exceptions_app.cases.clock_views import ClockView, clock_views
from exceptions_app.cases.models import AgreementRow, Case, CaseLine, Task
from exceptions_app.cases.papers import documents_of_case, newest_documents
from exceptions_app.overrides.stated import position_of
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.proposals.models import Proposal
from exceptions_app.proposals.queries import proposals_in_full

EVENTS_SHOWN = 200


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


def _position(line: OrderLine | None) -> LinePosition | None:
    return position_of(line) if line is not None and line.position else None


def factors_of(line: OrderLine | None) -> dict[str, Decimal]:
    """Return the base units in one of each unit of the line's item."""
    if line is None or line.item is None:
        return {}
    return {line.item.base_unit: Decimal(1)} | {pack.unit: pack.factor for pack in line.item.packs.all()}
