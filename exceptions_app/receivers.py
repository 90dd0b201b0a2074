"""Hears the news from below. Each only marks a row, in the transaction of the news."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from erp_connectors.exchange.models import Command
from erp_connectors.signals import command_settled, document_recorded
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.proposals import settle


@receiver(document_recorded, dispatch_uid="watch what a document changed")
def watch_orders(sender: object, *, orders: Sequence[int], **news: Any) -> None:
    """Have the orders looked at that a document changed."""
    watch.mark(SubjectKind.ORDER, orders)


@receiver(command_settled, dispatch_uid="settle what a command was for")
def settle_proposal(sender: object, *, command: Command, **news: Any) -> None:
    """Let the proposal of a command follow its answer."""
    settle.command_settled(command)
