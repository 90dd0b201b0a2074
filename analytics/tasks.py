"""Celery wakes these; each calls one plain function."""

from celery import shared_task

from analytics import facts
from erp_connectors import clock


@shared_task
def refresh_facts() -> None:
    """Bring the facts up to date with the orders looked at since the last time."""
    facts.refresh(clock.now())
