"""A file of rows from an ERP: what belongs together is recorded together, what cannot be read is reported."""

from collections.abc import Iterator, Sequence
from typing import Any

from erp_connectors.connectors.base import RowGroup, UnreadableFile
from erp_connectors.connectors.registry import connector_for
from erp_connectors.documents import bare_rows
from erp_connectors.documents.arrivals import Arrival
from erp_connectors.documents.store import record_many
from erp_connectors.edi import Verdict
from erp_connectors.errors import PermanentError
from erp_connectors.exchange.models import TransactionStatus
from erp_connectors.exchange.work import Reading, Work, add_all, refusal

#: Groups are recorded together until they have so many documents: large steps for large files, short locks.
STEP = 200
Placed = tuple[int, RowGroup]


def read(work: Work) -> None:
    """Record the claimed file group by group, in its own sequence; an unreadable one is quarantined."""
    groups = connector_for(work.connection).read(
        work.payload, file_name=work.interchange.file_name, received_at=work.interchange.received_at
    )
    findings: list[dict[str, Any]] = []
    try:
        for step in _steps(groups, work):
            work.pause_when_due()
            _take(work, step)
    except UnreadableFile as error:
        way_out = "Correct the file or the connection's settings, and deliver it again."
        findings.append(refusal(error, code="UNREADABLE_FILE", layer="file", way_out=way_out))
    with work.step() as now:
        verdict = Verdict.QUARANTINE if findings else _verdict(work)
        work.finish(Reading(verdict=verdict.value, findings=findings, has_errors=bool(findings)), now=now)


def _verdict(work: Work) -> Verdict:
    verdicts = set(work.interchange.transactions.values_list("verdict", flat=True).distinct())
    if verdicts <= {Verdict.ACCEPT}:
        return Verdict.ACCEPT
    return Verdict.QUARANTINE if verdicts == {Verdict.QUARANTINE} else Verdict.ACCEPT_WARN


def _steps(groups: Iterator[RowGroup], work: Work) -> Iterator[list[Placed]]:
    """Yield the groups that are not done yet, some together, with their position in the file."""
    step: list[Placed] = []
    for position, group in enumerate(groups):
        if position in work.done:
            continue
        step.append((position, group))
        if sum(len(group.documents) or 1 for _, group in step) >= STEP:
            yield step
            step = []
    if step:
        yield step


def _take(work: Work, step: Sequence[Placed]) -> None:
    """Record some groups together; where one document cannot be kept, each of them for itself."""
    try:
        with work.step():
            _record(work, step)
    except PermanentError:
        for position, group in step:
            _take_alone(work, position, group)


def _take_alone(work: Work, position: int, group: RowGroup) -> None:
    try:
        with work.step():
            _record(work, [(position, group)])
    except PermanentError as error:
        finding = refusal(error, code=type(error).__name__, layer="row")
        with work.step():
            work.add(position, **_values(group) | _refused(group, [finding]))


def _record(work: Work, step: Sequence[Placed]) -> None:
    connection = work.connection
    suppliers = bare_rows.suppliers(
        {group.supplier for _, group in step if group.supplier and group.documents},
        connection=connection,
        company=connection.company,
    )
    rows = add_all([(work, position, _values(group)) for position, group in step])
    record_many(
        [
            Arrival(
                document=document,
                received_at=work.interchange.received_at,
                supplier=suppliers.get(group.supplier or ""),
                transaction=row,
            )
            for row, (_, group) in zip(rows, step, strict=True)
            for document in group.documents
        ],
        connection=connection,
        company=connection.company,
    )


def _values(group: RowGroup) -> dict[str, Any]:
    problems = [
        {
            "layer": "row",
            "code": "ROW_UNREADABLE",
            "severity": "error",
            "text": problem.message,
            **problem.as_finding(),
        }
        for problem in group.problems
    ]
    values: dict[str, Any] = {
        "kind": group.stream.value,
        "control_number": group.key[:40],
        "offset_from": group.first_row,
        "offset_to": group.last_row,
        "findings": problems,
        "status": TransactionStatus.APPLIED,
        "verdict": (Verdict.ACCEPT_WARN if problems else Verdict.ACCEPT).value,
    }
    return values if group.documents else values | _refused(group, problems)


def _refused(group: RowGroup, findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "status": TransactionStatus.QUARANTINED,
        "verdict": Verdict.QUARANTINE.value,
        "findings": findings,
    }
