"""Backtests in the background: asked for by people, taken further by workers, one batch in a transaction.

What a batch finds is kept together with how far it has come: a worker may be killed at any moment, or two
may have the same backtest, and nothing is found twice. Where the draft or the rules move meanwhile it begins
anew.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from erp_connectors import clock
from erp_connectors.errors import PermanentError
from erp_connectors.exchange.waking import wake
from exceptions_app.backtest.approving import OtherApprovals
from exceptions_app.backtest.compare import Difference
from exceptions_app.backtest.models import (
    UNFINISHED,
    Backtest,
    BacktestCase,
    BacktestProposal,
    BacktestStatus,
)
from exceptions_app.backtest.run import IN_TURN, Counts, Found, Run, Span, Wanted, next_batch
from exceptions_app.backtest.sources import changes_of
from exceptions_app.backtest.totals import Sum, plain_verdict
from exceptions_app.people.models import User
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.models import PolicyStamp

LEASE = timedelta(minutes=2)
AGAIN_IN = timedelta(minutes=1)
MOST_ATTEMPTS = 3
LONGEST_SPAN = timedelta(days=2 * 366)
WAKE = "exceptions_app.tasks.run_backtests"

log = structlog.get_logger(__name__)


class UnusableSpan(PermanentError):
    """History cannot be judged again from then to then; the text says why."""


@transaction.atomic
def ask(draft: PolicyDraft, *, since: datetime, until: datetime, by: User | None, at: datetime) -> Backtest:
    """Ask for a backtest of a draft; one that is still running is stopped. Raises UnusableSpan."""
    if since >= until:
        raise UnusableSpan("Choose a first day that is before the last one.")
    if until - since > LONGEST_SPAN:
        raise UnusableSpan("Choose at most two years.")
    for running in Backtest.objects.select_for_update().filter(draft=draft, status__in=UNFINISHED):
        _end(running, BacktestStatus.STOPPED, at=at)
    asked = Backtest.objects.create(
        draft=draft, version=draft.version, since=since, until=until, asked_by=by, asked_at=at, due_at=at
    )
    wake(WAKE)
    return asked


def stop(backtest: Backtest, *, at: datetime) -> Backtest:
    """End a backtest where it is; what it found stays."""
    with transaction.atomic():
        locked = Backtest.objects.select_for_update().get(pk=backtest.pk)
        if locked.is_unfinished:
            _end(locked, BacktestStatus.STOPPED, at=at)
    return locked


def sweep(now: datetime, *, seconds: float) -> int:
    """Take backtests that are due further for about so many seconds; return how many it were."""
    stop_at = time.monotonic() + seconds
    taken = 0
    while time.monotonic() < stop_at and (backtest := _claim(now)) is not None:
        taken += 1
        _take_further(backtest, stop_at)
    return taken


def _claim(now: datetime) -> Backtest | None:
    with transaction.atomic():
        due = Backtest.objects.select_for_update(skip_locked=True).filter(
            Q(lease_until=None) | Q(lease_until__lt=now), due_at__lte=now, status__in=UNFINISHED
        )
        backtest = due.order_by("due_at", "pk").first()
        if backtest is not None:
            backtest.lease_until = now + LEASE
            backtest.attempts += 1
            backtest.status = BacktestStatus.RUNNING
            backtest.began_at = backtest.began_at or now
            backtest.save()
    return backtest


def _take_further(backtest: Backtest, stop_at: float) -> None:
    """Do batch after batch; an error is kept, and tried again a few times."""
    try:
        _begin_anew_if_moved(backtest)
        run = Run.of(changes_of(backtest.draft), Span(backtest.since, backtest.until))
        wanted = run.wanted()
        left = [each for each in wanted if _is_after(each, backtest)]
        run.counts = Counts.of_plain(backtest.counts) if backtest.counts else run.counts
        while left and time.monotonic() < stop_at:
            batch, left = next_batch(left)
            found = list(run.judge(batch))
            backtest.total = max(len(wanted), backtest.done + len(batch) + len(left))
            if not _keep(backtest, batch, found, run.counts, is_last=not left):
                return
        if not left and backtest.is_unfinished:
            _keep(backtest, (), (), run.counts, is_last=True)
        elif left:
            Backtest.objects.filter(pk=backtest.pk, lease_until=backtest.lease_until).update(
                lease_until=None, attempts=0
            )
    except Exception as problem:
        log.exception("backtest_failed", backtest=backtest.pk)
        _note_failure(backtest, f"{type(problem).__name__}: {problem}")


def _is_after(subject: Wanted, backtest: Backtest) -> bool:
    """Say whether a subject is still to be judged: kinds in their turn, then primary keys."""
    if not backtest.kind:
        return True
    kind, pk = subject
    return (IN_TURN.index(kind), pk) > (IN_TURN.index(backtest.kind), backtest.after)


def _begin_anew_if_moved(backtest: Backtest) -> None:
    """Forget what was found where the draft, or any rule, has moved since it began."""
    stamp = PolicyStamp.objects.values_list("stamp", flat=True).first()
    version = PolicyDraft.objects.values_list("version", flat=True).get(pk=backtest.draft_id)
    if (backtest.stamp, backtest.version) == (stamp, version):
        return
    with transaction.atomic():
        BacktestCase.objects.filter(backtest=backtest).delete()
        BacktestProposal.objects.filter(backtest=backtest).delete()
        backtest.stamp, backtest.version = stamp, version
        backtest.kind, backtest.after, backtest.done = "", 0, 0
        backtest.counts, backtest.cases = {}, 0
        backtest.save()


def _keep(
    backtest: Backtest,
    batch: Sequence[Wanted],
    found: Sequence[Found],
    counts: Counts,
    *,
    is_last: bool,
) -> bool:
    """Keep a batch with how far that is; False where somebody else has the backtest, or it was stopped."""
    now = clock.now()
    with transaction.atomic():
        locked = Backtest.objects.select_for_update().get(pk=backtest.pk)
        if not locked.is_unfinished or locked.lease_until != backtest.lease_until:
            return False
        differences = [each for each in found if isinstance(each, Difference)]
        BacktestCase.objects.bulk_create(_row(backtest, each) for each in differences)
        BacktestProposal.objects.bulk_create(
            _needing(backtest, each) for each in found if isinstance(each, OtherApprovals)
        )
        if batch:
            backtest.kind, backtest.after = batch[-1]
        backtest.done += len(batch)
        backtest.counts, backtest.cases = counts.as_plain(), backtest.cases + len(differences)
        backtest.lease_until, backtest.error = now + LEASE, ""
        if is_last:
            backtest.total = backtest.done
            _end(backtest, BacktestStatus.DONE, at=now)
        else:
            backtest.save()
    return True


def _row(backtest: Backtest, difference: Difference) -> BacktestCase:
    money = Sum()
    money.add(difference)
    return BacktestCase(
        backtest=backtest,
        company_id=difference.company_id,
        supplier_id=difference.supplier_id,
        order_id=difference.order_id,
        document_id=difference.document_id,
        type_code=difference.type_code,
        number=difference.number,
        case=difference.case,
        effects=[effect.value for effect in difference.effects],
        headline=difference.shown.headline,
        team=difference.shown.team,
        amount=None if money.unknown else money.amount,
        expected_loss=money.expected_loss,
        before=difference.before,
        live=plain_verdict(difference.live),
        tried=plain_verdict(difference.tried),
    )


def _needing(backtest: Backtest, found: OtherApprovals) -> BacktestProposal:
    return BacktestProposal(
        backtest=backtest,
        company_id=found.proposal.case.company_id,
        proposal=found.proposal,
        effect=found.effect.value,
        amount=found.amount,
        live=list(found.live),
        tried=list(found.tried),
    )


def _end(backtest: Backtest, status: BacktestStatus, *, at: datetime) -> None:
    backtest.status, backtest.ended_at = status, at
    backtest.due_at = backtest.lease_until = None
    backtest.save()


def _note_failure(backtest: Backtest, told: str) -> None:
    now = clock.now()
    with transaction.atomic():
        locked = Backtest.objects.select_for_update().get(pk=backtest.pk)
        if not locked.is_unfinished:
            return
        locked.error, locked.lease_until, locked.due_at = told[:1000], None, now + AGAIN_IN
        if locked.attempts >= MOST_ATTEMPTS:
            _end(locked, BacktestStatus.FAILED, at=now)
        else:
            locked.save()
