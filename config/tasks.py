"""The one task of the house itself."""

from celery import shared_task

from exceptions_app.api import health


@shared_task
def note_heartbeat() -> None:
    """Note for /readyz that the scheduler wakes a worker and that the worker works."""
    health.beat()
