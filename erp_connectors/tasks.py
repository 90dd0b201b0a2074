"""What the beat wakes: each task calls one plain function that drains due rows, and is safe to run twice."""

from celery import shared_task

from erp_connectors.exchange import dispatching, outgoing, polling, processing
from erp_connectors.exchange.channels import folder


@shared_task
def process_inbound() -> None:
    """Process received interchanges that are due, for at most half a minute."""
    processing.process_due()


@shared_task
def pick_up_folders() -> None:
    """Take the files that have arrived in the watched folders."""
    folder.pick_up_all()


@shared_task
def poll_connections() -> None:
    """Read the streams of ERPs that are due."""
    polling.poll_due()


@shared_task
def dispatch_commands() -> None:
    """Send the commands that are due."""
    dispatching.dispatch_due()


@shared_task
def send_outgoing() -> None:
    """Write the outgoing files that are due, for at most half a minute."""
    outgoing.send_due()
