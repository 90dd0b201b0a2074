"""What other teams are to do because of a decision: given once it is carried out, kept when the case ends."""

from pathlib import Path

import pytest

from erp_connectors.connectors.base import Outcome
from erp_connectors.exchange.models import Command
from exceptions_app.cases import actions as case_actions
from exceptions_app.cases.models import QueueEntry, QueueRole, Task, TaskState
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.proposals.models import ProposalState
from tests.builders.factories import change_line
from tests.exceptions_app.proposals.shortage import (
    NOWHERE,
    REQUESTED,
    Shortage,
    answer,
    look,
    ready,
    shortage,
)

ELSEWHERE = {"source": "Warehouse Hamburg"}


def got_from_elsewhere() -> Shortage:
    """Get the one missing piece from elsewhere, within Bea's limit; the command is on the way."""
    short = shortage(NOWHERE, short=1)
    assert short.propose(resolution="source_elsewhere", inputs=ELSEWHERE).state == ProposalState.EXECUTING
    return short


SCENE = got_from_elsewhere


@pytest.fixture
def decided(scene: Shortage, tmp_path: Path) -> Shortage:
    return ready(scene, tmp_path)


def task_of_planning() -> Task:
    return Task.objects.get(team__code="PLN", outlives_case=True)


def test_a_team_is_asked_only_once_the_erp_has_done_it(decided: Shortage) -> None:
    assert not Task.objects.exists()

    answer(Command.objects.get(), Outcome.APPLIED)

    task = task_of_planning()
    assert task.title == "Get 1 EA of SEAL-KIT from Warehouse Hamburg"
    assert task.state == TaskState.OPEN
    assert task.due_at is not None
    assert Notification.objects.filter(team=task.team, kind=NotificationKind.TASK).count() == 1
    assert QueueEntry.objects.get(team=task.team, case=decided.case).role == QueueRole.TASK


def test_a_refused_decision_asks_nobody(decided: Shortage) -> None:
    answer(Command.objects.get(), Outcome.REFUSED, "The period is closed.")

    assert not Task.objects.exists()


def test_the_task_outlives_the_case_and_stays_in_its_queue_until_it_is_done(decided: Shortage) -> None:
    answer(Command.objects.get(), Outcome.APPLIED)
    change_line(decided.line, (99, REQUESTED))
    look(decided.line)
    assert not decided.now().is_open

    task = task_of_planning()
    entry = QueueEntry.objects.get(team=task.team, case=decided.case)
    assert (task.state, entry.is_open, entry.role) == (TaskState.OPEN, True, QueueRole.TASK)
    assert not QueueEntry.objects.get(team=decided.case.team, case=decided.case).is_open

    case_actions.complete_task(task, by=decided.by("pia"), outcome="Transferred")

    entry.refresh_from_db()
    assert not entry.is_open
