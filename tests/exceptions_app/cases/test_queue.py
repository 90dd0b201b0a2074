"""A case in the queues: every team once, in its strongest role, as long as it has to do with it."""

from decimal import Decimal

import pytest

from exceptions_app.cases import queue
from exceptions_app.cases.models import Case, QueueEntry, Task, TaskState
from tests.builders.factories import (
    ApprovalFactory,
    ApprovalNeedFactory,
    CaseFactory,
    Ground,
    PurchaseOrderFactory,
    TaskFactory,
    ground,
)

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def case(world: Ground) -> Case:
    order = PurchaseOrderFactory.create(supplier=world.supplier)
    made: Case = CaseFactory.create(order=order, team=world.teams["PRO"])
    queue.sync(made)
    return made


def roles(case: Case) -> dict[str, str]:
    return dict(QueueEntry.objects.filter(case=case).values_list("team__code", "role"))


def test_the_owner_works_and_the_told_teams_know(case: Case) -> None:
    assert roles(case) == {"PRO": "owner", "PLN": "told", "WHS": "told"}


def test_a_task_and_an_approval_outrank_being_told_and_the_owner_outranks_all(
    case: Case, world: Ground
) -> None:
    for team in ("PLN", "CSR", "PRO"):
        TaskFactory.create(case=case, team=world.teams[team])
    for team in ("PLN", "FIN", "PRO"):
        ApprovalNeedFactory.create(
            proposal__case=case, proposal__state="pending_approval", team=world.teams[team]
        )
    queue.sync(case)
    assert roles(case) == {
        "PRO": "owner",
        "PLN": "approval",
        "FIN": "approval",
        "CSR": "task",
        "WHS": "told",
    }


@pytest.mark.parametrize("state", ["draft", "approved", "executing", "settled", "rejected", "void"])
def test_only_a_proposal_that_waits_for_approval_asks_for_it(state: str, case: Case, world: Ground) -> None:
    ApprovalNeedFactory.create(proposal__case=case, proposal__state=state, team=world.teams["FIN"])
    queue.sync(case)
    assert "FIN" not in roles(case)


def test_who_has_approved_or_done_their_task_stays_informed(case: Case, world: Ground) -> None:
    need = ApprovalNeedFactory.create(
        proposal__case=case, proposal__state="pending_approval", team=world.teams["FIN"]
    )
    TaskFactory.create(case=case, team=world.teams["CSR"])
    queue.sync(case)
    ApprovalFactory.create(need=need)
    Task.objects.update(state=TaskState.DONE)
    queue.sync(case)
    assert roles(case) == {"PRO": "owner", "PLN": "told", "WHS": "told", "FIN": "told", "CSR": "told"}


def test_a_team_that_was_asked_back_is_still_asked(case: Case, world: Ground) -> None:
    need = ApprovalNeedFactory.create(
        proposal__case=case, proposal__state="pending_approval", team=world.teams["FIN"]
    )
    ApprovalFactory.create(need=need, decision="asked")
    queue.sync(case)
    assert roles(case)["FIN"] == "approval"


def test_a_team_the_case_was_handed_away_from_is_left_alone(case: Case, world: Ground) -> None:
    case.team = world.teams["FIN"]
    queue.sync(case)
    assert roles(case) == {"FIN": "owner", "PLN": "told", "WHS": "told"}


def test_a_told_team_that_becomes_owner_and_loses_it_is_told_again(case: Case, world: Ground) -> None:
    case.team = world.teams["PLN"]
    queue.sync(case)
    assert roles(case) == {"PLN": "owner", "WHS": "told"}
    case.team = world.teams["PRO"]
    queue.sync(case)
    assert roles(case) == {"PRO": "owner", "PLN": "told", "WHS": "told"}


def test_entries_repeat_the_priority_and_whether_the_case_is_open(case: Case) -> None:
    case.priority = Decimal(7)
    queue.sync(case)
    assert set(QueueEntry.objects.values_list("priority", "is_open")) == {(Decimal(7), True)}
    Case.objects.filter(pk=case.pk).update(state="closed")
    queue.sync(Case.objects.get(pk=case.pk))
    assert set(QueueEntry.objects.values_list("is_open", flat=True)) == {False}
    assert QueueEntry.objects.count() == 3


def test_looking_again_writes_nothing(case: Case, django_assert_num_queries: object) -> None:
    before = set(QueueEntry.objects.values_list("pk", flat=True))
    with django_assert_num_queries(4):  # type: ignore[operator]
        queue.sync(case)
    assert set(QueueEntry.objects.values_list("pk", flat=True)) == before
