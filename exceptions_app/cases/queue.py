"""Keeps a case in the queue of every team that has to do with it."""

from collections.abc import Iterable

from exceptions_app.cases.models import Case, QueueEntry, QueueRole, Task, TaskState
from exceptions_app.detection import registry
from exceptions_app.policies import rows
from exceptions_app.proposals.models import ApprovalNeed, ProposalState


def sync(case: Case) -> None:
    """Make the queue entries of the case what they should be, in the transaction that changed it.

    A team has one entry, in its strongest role: owner, then approval, then task, then told. A team that had a
    task or an approval stays informed; one the case was handed away from does not. What is still to do when
    the case has ended stays open for who has to do it.
    """
    wanted = _wanted(case, _asked_to_approve(case))
    kept = {entry.team_id: entry for entry in QueueEntry.objects.filter(case=case)}
    for team_id, entry in kept.items():
        if team_id not in wanted and entry.role != QueueRole.OWNER:
            wanted[team_id] = QueueRole.TOLD
    gone = [entry.pk for team_id, entry in kept.items() if team_id not in wanted]
    if gone:
        QueueEntry.objects.filter(pk__in=gone).delete()
    made: list[QueueEntry] = []
    changed: list[QueueEntry] = []
    for team_id, role in wanted.items():
        entry = kept.get(team_id) or QueueEntry(team_id=team_id, case=case)
        is_open = case.is_open or role == QueueRole.TASK
        if (entry.role, entry.is_open, entry.priority) == (role, is_open, case.priority) and entry.pk:
            continue
        entry.role, entry.is_open, entry.priority = role, is_open, case.priority
        (changed if entry.pk else made).append(entry)
    QueueEntry.objects.bulk_create(made)
    if changed:
        QueueEntry.objects.bulk_update(changed, ["role", "is_open", "priority"])


def enter(case: Case) -> None:
    """Put a case that was just opened into the queues of its team and of all that are told or have a task."""
    QueueEntry.objects.bulk_create(
        QueueEntry(team_id=team_id, case=case, role=role, is_open=True, priority=case.priority)
        for team_id, role in _wanted(case, ()).items()
    )


def _wanted(case: Case, asked_to_approve: Iterable[int]) -> dict[int, QueueRole]:
    """Return each team with the strongest reason it has."""
    wanted: dict[int, QueueRole] = {}
    for team_id in _told(case):
        wanted[team_id] = QueueRole.TOLD
    for team_id in Task.objects.filter(case=case, state=TaskState.OPEN).values_list("team_id", flat=True):
        wanted[team_id] = QueueRole.TASK
    for team_id in asked_to_approve:
        wanted[team_id] = QueueRole.APPROVAL
    if case.is_open or case.team_id not in wanted or wanted[case.team_id] != QueueRole.TASK:
        wanted[case.team_id] = QueueRole.OWNER
    return wanted


def _told(case: Case) -> list[int]:
    codes = registry.exception_type(case.type_code).told
    return [team.pk for team in rows.current().teams_of(case.company_id) if team.code in codes]


def _asked_to_approve(case: Case) -> list[int]:
    needs = ApprovalNeed.objects.filter(proposal__case=case, proposal__state=ProposalState.PENDING)
    return list(needs.open().order_by("pk").values_list("team_id", flat=True))
