"""What the beat wakes: each task drains due rows through one plain function, and is safe to run twice."""

import time
from collections.abc import Callable

from celery import shared_task

from erp_connectors import clock
from exceptions_app import intake, priority, sla
from exceptions_app.api import health
from exceptions_app.asking import follow
from exceptions_app.audit import heads, seals
from exceptions_app.backtest import job
from exceptions_app.detection import watch
from exceptions_app.incidents import suggest
from exceptions_app.notifications import send
from exceptions_app.overrides import sweep as overrides
from exceptions_app.policies import publishing
from exceptions_app.proposals import parts
from exceptions_app.sla import auditor, heartbeat

BATCH = 50
CLOCKS = 200
#: A task ends after this many seconds; what is left is due for the next sweep.
LONGEST = 30.0
#: A backtest may take minutes; between two of its parts others have their turn.
BACKTEST_SLICE = 10.0


@shared_task
def evaluate_due() -> None:
    """Look at the orders that are due."""
    _drain(lambda: intake.evaluate_due(BATCH), BATCH)


@shared_task
def sweep_clocks() -> None:
    """Let what is due on clocks happen, and note that the sweep has run, and until when all is done."""
    now = clock.now()
    _drain(lambda: sla.sweep(now, CLOCKS), CLOCKS)
    heartbeat.beat(heartbeat.SWEEP, done_until=now if sla.is_swept(now) else None)


@shared_task
def sweep_overrides() -> None:
    """End what was set by hand and has run out, and tell of what was contradicted."""
    overrides.sweep()


@shared_task
def audit_clocks() -> None:
    """Compute again what clocks must be, apart from the sweep."""
    auditor.audit()


@shared_task
def suggest_incidents() -> None:
    """Bundle the cases that have come together."""
    suggest.sweep(clock.now())


@shared_task
def sweep_priorities() -> None:
    """Sort the cases anew that have become more urgent."""
    _drain(lambda: priority.sweep(clock.now(), BATCH), BATCH)


@shared_task
def carry_out_decisions() -> None:
    """Carry out decisions on orders that are agreed to since a part of them fell away."""
    parts.carry_out_left()


@shared_task
def publish_policies() -> None:
    """Publish the drafts of rules whose time has come."""
    publishing.publish_due(clock.now())


@shared_task
def send_notifications() -> None:
    """Mail the notifications that are due."""
    _drain(lambda: send.send_due(BATCH), BATCH)


@shared_task
def send_messages() -> None:
    """Send the messages to suppliers that are due."""
    _drain(lambda: follow.send_messages(BATCH), BATCH)


@shared_task
def watch_streams() -> None:
    """Watch the streams that speak to us since lately."""
    watch.watch_streams()


@shared_task
def seal_events() -> None:
    """Chain the events that have been committed."""
    _drain(seals.seal_committed, seals.BLOCK)


@shared_task
def write_audit_head() -> None:
    """Write the head of the chain outside the database when it is time."""
    heads.write_when_due(clock.now())


@shared_task
def run_backtests() -> None:
    """Take backtests further, a part at a time, so that nothing else waits long for the worker."""
    job.sweep(clock.now(), seconds=BACKTEST_SLICE)


@shared_task
def refresh_metrics() -> None:
    """Note that a worker is at work: /readyz asks."""
    health.beat()


def _drain(take_batch: Callable[[], int], full: int) -> None:
    """Take batches until one is not full, or half a minute has passed."""
    stop_at = time.monotonic() + LONGEST
    while take_batch() == full and time.monotonic() < stop_at:
        continue
