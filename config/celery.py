"""The Celery app: what wakes the rows' owners, how often, and in which queue.

Beat is only a metronome. Every entry is a sweep that finds due rows by index, is safe to run twice and beside
itself, and is worthless when late: it expires soon after its successor is due.
"""

import logging.config
import os
import warnings
from pathlib import Path
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import setup_logging, task_prerun, worker_ready
from django.conf import settings
from django.db import close_old_connections
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

QUEUES = ("inbound", "evaluate", "outbound", "notify", "analytics")

# task -> (queue, seconds between two sweeps)
SWEEPS = {
    "erp_connectors.tasks.process_inbound": ("inbound", 1),
    "erp_connectors.tasks.pick_up_folders": ("inbound", 2),
    "erp_connectors.tasks.poll_connections": ("inbound", 5),
    "exceptions_app.tasks.evaluate_due": ("evaluate", 1),
    "exceptions_app.tasks.watch_streams": ("evaluate", 60),
    "exceptions_app.tasks.sweep_clocks": ("evaluate", 5),
    "exceptions_app.tasks.seal_events": ("notify", 1),
    "exceptions_app.tasks.write_audit_head": ("notify", 60),
    "exceptions_app.tasks.audit_clocks": ("analytics", 60),
    "exceptions_app.tasks.sweep_overrides": ("evaluate", 30),
    "exceptions_app.tasks.suggest_incidents": ("evaluate", 10),
    "exceptions_app.tasks.sweep_priorities": ("evaluate", 30),
    "exceptions_app.tasks.publish_policies": ("evaluate", 5),
    "exceptions_app.tasks.carry_out_decisions": ("evaluate", 10),
    "erp_connectors.tasks.dispatch_commands": ("outbound", 1),
    "erp_connectors.tasks.send_outgoing": ("outbound", 2),
    "exceptions_app.tasks.send_notifications": ("notify", 2),
    "exceptions_app.tasks.send_messages": ("notify", 2),
    "exceptions_app.tasks.run_backtests": ("analytics", 5),
    "config.tasks.note_heartbeat": ("evaluate", 10),
    "analytics.tasks.refresh_facts": ("analytics", 30),
}

# What /readyz asks after, or would be told of late: a worker that starts does not wait for the metronome.
AT_ONCE = (
    "config.tasks.note_heartbeat",
    "exceptions_app.tasks.sweep_clocks",
    "exceptions_app.tasks.audit_clocks",
)


class WakingTask(DjangoTask):
    """A task that runs at once or not at all: what is due later is a row with a due time."""

    abstract = True

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Publish the task; a countdown or an eta raises ValueError: a flushed broker forgets both."""
        if options.get("countdown") or options.get("eta"):
            raise ValueError(f"{self.name} must not wait in the broker: write a row with a due time instead.")
        return super().apply_async(*args, **options)


# Celery warns root because of pickled messages; ours are JSON, and Rightline is meant to work as root too.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("rightline", task_cls=WakingTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
app.conf.task_default_queue = "evaluate"
app.conf.task_create_missing_queues = False
app.conf.task_routes = {task: {"queue": queue} for task, (queue, _) in SWEEPS.items()}
app.conf.beat_schedule = {
    task: {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": max(seconds, 2)}}
    for task, (queue, seconds) in SWEEPS.items()
}
app.conf.beat_max_loop_interval = 1
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def use_our_logging(**options: Any) -> None:
    """Format the worker's log lines as everywhere else, and keep Celery from adding handlers of its own."""
    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def let_go_of_broken_connections(**options: Any) -> None:
    """Look at the kept database connection before each task, so that one that broke is opened anew."""
    close_old_connections()


@worker_ready.connect
def say_ready(sender: Any, **options: Any) -> None:
    """Write the file RIGHTLINE_WORKER_READY names, which `manage.py up` awaits, and have the hearts beat."""
    for task in AT_ONCE:
        sender.app.send_task(task)
    if "RIGHTLINE_WORKER_READY" in os.environ:
        Path(os.environ["RIGHTLINE_WORKER_READY"]).write_text(str(os.getpid()))
