"""A backtest in the background is taken further in parts, and finds nothing twice whatever happens to it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from erp_connectors import clock
from exceptions_app.backtest import job, queries, run
from exceptions_app.backtest.models import Backtest, BacktestCase, BacktestStatus
from exceptions_app.policies.changes import values_of
from exceptions_app.policies.draft_models import PolicyDraft
from tests.bench.backtest_truth import SPAN, run_of, tolerance
from tests.bench.ingest import judge, planted, take_in
from tests.bench.measuring import begin_on_tuesday
from tests.bench.orders import trading_ground
from tests.builders.factories import TUESDAY_TEN, PolicyChangeFactory, PolicyDraftFactory

pytestmark = pytest.mark.django_db
WIDER = tolerance("price_mismatch", percent="15")


@pytest.fixture
def draft(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PolicyDraft]:
    """A draft with a wider tolerance, on a history of 120 lines, in batches of one subject."""
    begin_on_tuesday()
    ground = trading_ground()
    world = planted(ground, 120, seed=56)
    take_in(ground, world.documents)
    judge(world)
    draft: PolicyDraft = PolicyDraftFactory.create()
    PolicyChangeFactory.create(draft=draft, after=values_of(WIDER))
    monkeypatch.setattr(run, "BATCH", 1)
    yield draft
    clock.reset()


def asked(draft: PolicyDraft) -> Backtest:
    return job.ask(draft, since=SPAN.since, until=SPAN.until, by=None, at=TUESDAY_TEN)


def found(backtest: Backtest) -> list[tuple[str, str]]:
    return sorted(BacktestCase.objects.filter(backtest=backtest).values_list("type_code", "number"))


def expected() -> list[tuple[str, str]]:
    return sorted((each.type_code, each.number) for each in run_of(WIDER).differences())


def test_it_ends_with_every_case_and_what_they_come_to(draft: PolicyDraft) -> None:
    backtest = asked(draft)
    assert job.sweep(TUESDAY_TEN, seconds=60) == 1
    backtest.refresh_from_db()
    assert (backtest.status, backtest.percent, backtest.cases) == (BacktestStatus.DONE, 100, 3)
    assert found(backtest) == expected()
    (figure,) = queries.by_effect(BacktestCase.objects.all())
    lost = sum(each.live.amount for each in run_of(WIDER).differences())
    assert (figure.name, figure.cases, figure.amount) == ("not_opened", 3, -lost)
    assert job.sweep(TUESDAY_TEN, seconds=60) == 0


def test_a_part_of_it_is_gone_on_with_and_a_killed_worker_harms_nothing(
    draft: PolicyDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    backtest = asked(draft)
    left = iter([None, None])
    judged = run.Run.judge

    def killed_at_the_third(self: run.Run, batch: Any) -> Any:
        next(left)
        return judged(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(run.Run, "judge", killed_at_the_third)
        job.sweep(TUESDAY_TEN, seconds=60)
    backtest.refresh_from_db()
    assert (backtest.status, backtest.done) == (BacktestStatus.RUNNING, 2)
    assert "StopIteration" in backtest.error

    clock.set_now(TUESDAY_TEN + timedelta(minutes=5))
    assert job.sweep(TUESDAY_TEN + timedelta(minutes=5), seconds=60) == 1
    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.DONE
    assert found(backtest) == expected()


def test_it_begins_anew_when_the_draft_moves(draft: PolicyDraft) -> None:
    backtest = asked(draft)
    job.sweep(TUESDAY_TEN, seconds=60)
    Backtest.objects.update(status=BacktestStatus.RUNNING, due_at=TUESDAY_TEN)
    PolicyDraft.objects.update(version=draft.version + 1)
    job.sweep(TUESDAY_TEN, seconds=60)
    assert found(backtest) == expected()
    backtest.refresh_from_db()
    assert (backtest.version, backtest.cases) == (draft.version + 1, 3)


def test_one_that_is_stopped_is_taken_no_further_and_another_stops_it(draft: PolicyDraft) -> None:
    first = asked(draft)
    second = asked(draft)
    first.refresh_from_db()
    assert first.status == BacktestStatus.STOPPED
    job.stop(second, at=TUESDAY_TEN)
    assert job.sweep(TUESDAY_TEN, seconds=60) == 0


@pytest.mark.parametrize("days", [0, 800])
def test_a_span_that_makes_no_sense_is_refused(draft: PolicyDraft, days: int) -> None:
    with pytest.raises(job.UnusableSpan):
        job.ask(draft, since=SPAN.until - timedelta(days=days), until=SPAN.until, by=None, at=TUESDAY_TEN)


def test_the_command_tells_every_case_and_writes_nothing(draft: PolicyDraft) -> None:
    told = StringIO()
    call_command("backtest", f"--release=draft:{draft.pk}", "--since=2026-11-01", "--json", stdout=told)
    answer = json.loads(told.getvalue())
    assert (answer["draft"], answer["cases"], answer["undone"]) == (draft.pk, 3, False)
    assert sorted((each["type"], each["number"]) for each in answer["differences"]) == expected()
    assert {each["tried"] for each in answer["differences"]} == {None}
    assert not Backtest.objects.exists()


def test_the_command_knows_no_release_that_is_not_there(draft: PolicyDraft) -> None:
    with pytest.raises(CommandError, match="no draft and no release 999"):
        call_command("backtest", "--release=999", "--since=2026-11-01")
